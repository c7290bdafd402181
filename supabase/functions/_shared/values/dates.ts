import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

const DAY = /^([1-9]\d{3})-(\d\d)-(\d\d)$/;

/** The Racing API, `date` and `dob`: `2025-10-14`, and a day that the calendar has. */
export function readDate(sent: Sent): Reading<string> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  return isRealDate(text) ? known(text) : misread("is not a real date of the form 2025-10-14");
}

/** True for 2024-02-29, false for 2015-02-30, for the year 0 and for anything that is not yyyy-mm-dd. */
export function isRealDate(text: string): boolean {
  const parts = DAY.exec(text);
  if (parts === null) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
