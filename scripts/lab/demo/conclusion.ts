import { count } from "../../darkhorses/rendering/words.ts";
import type { DayRange } from "./range.ts";
import type { HalfDay } from "./verify.ts";

/** How a demo came out. */
export interface Outcome {
  readonly range: DayRange;
  /** Whether the run succeeded. */
  readonly succeeded: boolean;
  /** A sentence each. */
  readonly failures: readonly string[];
  readonly races: number;
  /** The folder that was replayed. */
  readonly replayed: string | undefined;
  readonly halfDays: readonly HalfDay[];
  readonly seconds: number;
  readonly secondsToStart: number;
}

export function isComplete({ succeeded, failures }: Outcome): boolean {
  return succeeded && failures.length === 0;
}

/** The last sentences: what is wrong, or that nothing is. */
export function conclude(outcome: Outcome): string[] {
  const { range, failures, races, replayed, halfDays, seconds, secondsToStart } = outcome;
  const days = range.start === range.end ? range.start : `${range.start} to ${range.end}`;
  const halves = replayed === undefined ? [] : describeHalves(replayed, halfDays);
  if (!isComplete(outcome)) {
    const reason = failures.length === 0
      ? "the run did not succeed"
      : `${count(failures.length, "failure")}, as above`;
    return [...failures, ...halves, `Not complete: ${days}, ${reason}.`];
  }
  return [
    ...halves,
    `Complete: ${days} in ${seconds} s, of which ${secondsToStart} s were the start.` +
    (races === 0 ? " The API has no race in this range." : ""),
  ];
}

/** Of which races a replay holds one half only. */
function describeHalves(folder: string, days: readonly HalfDay[]): string[] {
  const sentence = (lacking: string, has: string, of: (day: HalfDay) => number) => {
    const races = days.reduce((sum, day) => sum + of(day), 0);
    const dates = days.filter((day) => of(day) > 0).map(({ day }) => day);
    const [first] = dates;
    const last = dates.at(-1);
    if (first === undefined) return [];
    const when = first === last ? first : `${count(dates.length, "day")} from ${first} to ${last}`;
    return [
      `${folder} holds no ${lacking} of ${count(races, "race")} with a ${has} (${when}): ` +
      `stored with the ${has} alone.`,
    ];
  };
  return [
    ...sentence("result", "card", (day) => day.without_result),
    ...sentence("card", "result", (day) => day.without_card),
  ];
}
