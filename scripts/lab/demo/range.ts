import { TZDate } from "@date-fns/tz";
import {
  addDays,
  differenceInCalendarMonths,
  endOfMonth,
  formatISO,
  parseISO,
  startOfMonth,
  subMonths,
} from "date-fns";
import { Problem } from "../../command_line/problem.ts";

/** An inclusive range of days, as YYYY-MM-DD. */
export interface DayRange {
  readonly start: string;
  readonly end: string;
}

/** As in engine.feeds: the first day of results, and how many days ahead there are cards. */
const FIRST_DAY = "1988-01-01";
const DAYS_AHEAD = 7;

const day = (date: Date) => formatISO(date, { representation: "date" });

/** Today in London, as YYYY-MM-DD. */
export function londonDay(): string {
  return day(TZDate.tz("Europe/London"));
}

/** The last so many full months before the month of `today` (YYYY-MM-DD). */
export function lastFullMonths(months: number, today: string): DayRange {
  const thisMonth = startOfMonth(parseISO(today));
  return { start: day(subMonths(thisMonth, months)), end: day(endOfMonth(subMonths(thisMonth, 1))) };
}

/** How many full months before that of `today` The Racing API has. */
export function mostMonths(today: string): number {
  return differenceInCalendarMonths(parseISO(today), parseISO(FIRST_DAY));
}

/**
 * Refuses days that backfill_start would refuse, before anything is booted for them.
 *
 * @throws {Problem} about the first one that is wrong, with the days that there are
 */
export function checkDays(start: string, end: string, today: string): void {
  const lastDay = day(addDays(parseISO(today), DAYS_AHEAD));
  if (start > end) {
    throw new Problem(`The start date ${start} is after the end date ${end}: swap them.`);
  }
  if (start < FIRST_DAY) {
    throw new Problem(
      `The start date ${start} is before ${FIRST_DAY}, the first day of The Racing API: start then or later.`,
    );
  }
  if (end > lastDay) {
    const which = start > lastDay ? `start date ${start}` : `end date ${end}`;
    throw new Problem(
      `The ${which} is more than ${DAYS_AHEAD} days ahead: there are no cards after ${lastDay} yet.`,
    );
  }
}
