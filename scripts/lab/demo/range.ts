import { endOfMonth, formatISO, parseISO, startOfMonth, subMonths } from "date-fns";

/** An inclusive range of days, as YYYY-MM-DD. */
export interface DayRange {
  readonly start: string;
  readonly end: string;
}

const day = (date: Date) => formatISO(date, { representation: "date" });

/** The last so many full months before the month of `today` (YYYY-MM-DD). */
export function lastFullMonths(months: number, today: string): DayRange {
  const thisMonth = startOfMonth(parseISO(today));
  return { start: day(subMonths(thisMonth, months)), end: day(endOfMonth(subMonths(thisMonth, 1))) };
}
