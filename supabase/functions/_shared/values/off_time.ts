import { isRealDate } from "./dates.ts";
import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
const CLOCK = /^(\d{1,2}):(\d\d)$/;

/**
 * The Racing API, `off_dt`: `2025-10-14T13:44:00+01:00`. The offset is required: without it the moment is a guess.
 * Returned as ISO 8601 with that offset.
 */
export function readOffDt(sent: Sent): Reading<string> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, day = "", hour = "", minute = "", second = "00", offset = ""] = MOMENT.exec(text) ?? [];
  const possible = isRealDate(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!possible || !isPossibleOffset(offset)) {
    return misread("is not a moment with an offset, such as 2025-10-14T13:44:00+01:00");
  }
  const zone = offset === "Z" ? "+00:00" : `${offset.slice(0, 3)}:${offset.slice(-2)}`;
  return known(`${day}T${hour}:${minute}:${second}${zone}`);
}

function isPossibleOffset(offset: string): boolean {
  // Postgres takes up to 15:59, the world uses up to 14:00.
  return offset === "Z" || (Number(offset.slice(1, 3)) <= 14 && Number(offset.slice(-2)) < 60);
}

const LOCAL = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?$/;

/**
 * The Racing API, /racecards/pro, `odds[].updated`: `2025-10-13 14:11:07`, local time in London. Returned with the
 * zone's name, which Postgres accepts as an offset. (The hour that repeats in October is ambiguous.)
 */
export function readLondonMoment(sent: Sent): Reading<string> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, day = "", hour = "", minute = "", second = ""] = LOCAL.exec(text) ?? [];
  const possible = isRealDate(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  return possible
    ? known(`${day} ${hour}:${minute}:${second} Europe/London`)
    : misread("is not a local time such as 2025-10-13 14:11:07");
}

/**
 * The Racing API, cards `off_time`, results `off`: `1:44`, a 12-hour clock without am or pm. Kept as text for showing;
 * the truth about the off is `off_dt`.
 */
export function readOffTime(sent: Sent): Reading<string> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, hour, minute] = CLOCK.exec(text) ?? [];
  return Number(hour) < 24 && Number(minute) < 60 ? known(text) : misread("is not a time of day");
}
