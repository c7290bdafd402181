import { addDays, addMonths, format, lastDayOfMonth, startOfMonth } from "date-fns";

/** Days of one file, both included. */
export interface Period {
  readonly first: string;
  readonly last: string;
  /** How the file is called after them: `2026-10`, or both days of a part of a month. */
  readonly label: string;
}

const DAY = "yyyy-MM-dd";

/** The months of a range, the first and last cut where the range begins and ends. */
export function periodsOf(from: string, to: string): Period[] {
  const periods: Period[] = [];
  let first = localDay(from);
  const end = localDay(to);
  while (first <= end) {
    const monthsEnd = lastDayOfMonth(first);
    const last = monthsEnd < end ? monthsEnd : end;
    const isWhole = startOfMonth(first).getTime() === first.getTime() &&
      last.getTime() === monthsEnd.getTime();
    const days = { first: format(first, DAY), last: format(last, DAY) };
    periods.push({ ...days, label: isWhole ? format(first, "yyyy-MM") : `${days.first}_${days.last}` });
    first = startOfMonth(addMonths(first, 1));
  }
  return periods;
}

/** The day after, for ranges that leave their end out. */
export function dayAfter(day: string): string {
  return format(addDays(localDay(day), 1), DAY);
}

function localDay(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}
