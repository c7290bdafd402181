import { presentText, type Sent } from "./missing.ts";
import { fitDecimal } from "./numbers.ts";
import { misread, MISSING, type Reading } from "./reading.ts";

const TIME = /^(?:(\d{1,3}):)?(\d{1,4}(?:\.\d*)?)$/;

/**
 * The Racing API, /results, `time`, in seconds: `2:19.97`, `0:59.78`, `5:1.46` (the seconds are not padded), `59.31`,
 * `-`. A time of 0 says that there is none.
 */
export function readRaceTime(sent: Sent): Reading<number> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, minutes, rest] = TIME.exec(text) ?? [];
  const seconds = Number(rest);
  if (rest === undefined || (minutes !== undefined && seconds >= 60)) {
    return misread("is not a time such as 2:19.97");
  }
  const total = Number(minutes ?? 0) * 60 + seconds;
  return total === 0 ? MISSING : fitDecimal(total, { precision: 8, scale: 2 });
}
