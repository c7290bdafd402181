import { pause, settlesWithin } from "../platform/waiting.ts";

/** Between one look and the next. */
const PAUSE_MILLISECONDS = 20;

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
    const answer = Promise.resolve(condition());
    const left = Math.max(0, deadline - performance.now());
    if (await settlesWithin(answer, left) && await answer) return;
    if (performance.now() >= deadline) break;
    await pause(PAUSE_MILLISECONDS);
  }
  throw new Error([`Waited ${seconds} s for ${what}`, more()].filter(Boolean).join("\n"));
}
