import type { Clock } from "./clock.ts";

/** What an invocation spends its time on. Of what it does at once, the first of these counts. */
const ACTIVITIES = ["store", "fetch", "slot"] as const;
export type Activity = typeof ACTIVITIES[number];

/**
 * Where the time of an invocation goes. Each moment counts once, so that the parts add up to the whole: the next page
 * is fetched while one is stored, and only what takes longer than the storing delays anything.
 */
export class TimeSheet {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #underWay: Record<Activity, number> = { store: 0, fetch: 0, slot: 0 };
  readonly #milliseconds: Record<Activity | "other", number> = { store: 0, fetch: 0, slot: 0, other: 0 };
  #countedUpTo: number;

  /** The time counts from now on. */
  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#countedUpTo = clock.monotonic();
  }

  /** Does some work and counts its time. */
  async during<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
    this.#count();
    this.#underWay[activity]++;
    try {
      return await work();
    } finally {
      this.#count();
      this.#underWay[activity]--;
    }
  }

  /** Seconds so far, in whole milliseconds. */
  seconds(): Record<Activity | "other", number> {
    this.#count();
    const { store, fetch, slot, other } = this.#milliseconds;
    const seconds = (milliseconds: number) => Math.round(milliseconds) / 1000;
    return { store: seconds(store), fetch: seconds(fetch), slot: seconds(slot), other: seconds(other) };
  }

  #count(): void {
    const now = this.#clock.monotonic();
    const activity = ACTIVITIES.find((one) => this.#underWay[one] > 0) ?? "other";
    this.#milliseconds[activity] += now - this.#countedUpTo;
    this.#countedUpTo = now;
  }
}
