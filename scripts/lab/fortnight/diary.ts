import { dateOf, londonDay } from "../racing_api/london.ts";

/** A row of coverage_gaps. */
export interface Gap {
  readonly feed: string;
  readonly day: string;
  readonly kind: string;
}

/** A gap, from when it was first seen until it was closed. */
export interface GapStory extends Gap {
  readonly seenAt: Date;
  closedAt: Date | undefined;
}

/** A run that was started. */
export interface StartedRun {
  readonly id: number;
  readonly requestedBy: string;
  readonly feeds: readonly string[];
  readonly startDate: string;
  readonly endDate: string;
  readonly createdAt: Date;
}

/** The notes of a UK day. */
export interface DayNotes {
  readonly day: string;
  apiCalls: number;
  /** Gaps at six in the morning, or on waking; undefined when the project slept. */
  gapsInTheMorning: number | undefined;
}

/** The UK day of a moment, as YYYY-MM-DD. */
export function ukDay(moment: Date): string {
  return dateOf(londonDay(moment.getTime()));
}

/** What happens, by the UK day on which it does. */
export class Diary {
  readonly #days = new Map<string, DayNotes>();
  readonly #open = new Map<string, GapStory>();
  readonly gaps: GapStory[] = [];
  readonly runs: StartedRun[] = [];

  /** The notes of a UK day; empty when nothing happened. */
  on(day: string): DayNotes {
    let notes = this.#days.get(day);
    if (notes === undefined) {
      notes = { day, apiCalls: 0, gapsInTheMorning: undefined };
      this.#days.set(day, notes);
    }
    return notes;
  }

  noteCall(at: Date): void {
    this.on(ukDay(at)).apiCalls++;
  }

  noteRuns(runs: readonly StartedRun[]): void {
    this.runs.push(...runs);
  }

  /** All gaps there are at a moment: those not seen before are new, those seen before and not any more are closed. */
  noteGaps(at: Date, gaps: readonly Gap[]): void {
    const key = ({ feed, day }: Gap) => `${feed} ${day}`;
    const now = new Set(gaps.map(key));
    for (const [name, story] of this.#open) {
      if (now.has(name)) continue;
      story.closedAt = at;
      this.#open.delete(name);
    }
    for (const gap of gaps) {
      if (this.#open.has(key(gap))) continue;
      const story = { ...gap, seenAt: at, closedAt: undefined };
      this.#open.set(key(gap), story);
      this.gaps.push(story);
    }
  }

  noteMorning(at: Date, gaps: readonly Gap[]): void {
    this.noteGaps(at, gaps);
    this.on(ukDay(at)).gapsInTheMorning ??= gaps.length;
  }

  /** The runs started on a UK day, by what asked for them: `morning_cards, day_cards 7×`. */
  runsOn(day: string): string {
    const counts = new Map<string, number>();
    for (const { createdAt, requestedBy } of this.runs) {
      if (ukDay(createdAt) !== day) continue;
      const name = requestedBy.replace(/^schedule /, "").replace(/^postgres$/, "backfill");
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, times]) => times === 1 ? name : `${name} ${times}×`).join(", ");
  }

  /** How many runs were started on a UK day. */
  runCountOn(day: string): number {
    return this.runs.filter(({ createdAt }) => ukDay(createdAt) === day).length;
  }

  /** The gaps closed on a UK day. */
  closedOn(day: string): GapStory[] {
    return this.gaps.filter(({ closedAt }) => closedAt !== undefined && ukDay(closedAt) === day);
  }
}
