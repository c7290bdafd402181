import { pause, settlesWithin } from "../platform/waiting.ts";

/** Between one look and the next, at least. */
const PAUSE_MILLISECONDS = 20;
/** A look that takes longer, such as a query, comes more seldom: it would keep a processor from what is waited for. */
const PAUSES_A_LOOK = 4;
const LONGEST_PAUSE_MILLISECONDS = 500;

export interface UntilOptions {
  /** Default: 60. */
  readonly seconds?: number;
  /** Said with the failure, such as a log. */
  readonly more?: () => string;
}

/**
 * Waits until a condition holds. One that never settles counts as false.
 *
 * @param what What is waited for, for the message of the failure.
 * @throws {Error} when it does not hold in time, and what the condition throws
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  { seconds = 60, more = () => "" }: UntilOptions = {},
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const asked = performance.now();
    const answer = Promise.resolve(condition());
    const left = Math.max(0, deadline - asked);
    if (await settlesWithin(answer, left) && await answer) return;
    const now = performance.now();
    if (now >= deadline) break;
    const wanted = Math.min(PAUSES_A_LOOK * (now - asked), LONGEST_PAUSE_MILLISECONDS);
    await pause(Math.min(Math.max(PAUSE_MILLISECONDS, wanted), deadline - now));
  }
  throw new Error([`Waited ${seconds} s for ${what}`, more()].filter(Boolean).join("\n"));
}
