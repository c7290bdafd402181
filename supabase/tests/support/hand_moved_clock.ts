import type { Clock } from "../../functions/_shared/clock.ts";

/** Time for tests: sleeping moves it at once. */
export class HandMovedClock implements Clock {
  #now = 1_000_000;
  /** How long each sleep was, in milliseconds. */
  readonly sleeps: number[] = [];

  monotonic(): number {
    return this.#now;
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(milliseconds);
    this.pass(milliseconds);
    // As with a real timer, other ready work goes first.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
