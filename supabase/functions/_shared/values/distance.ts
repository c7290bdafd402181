import { mixedNumber } from "./fractions.ts";
import { presentText, type Sent } from "./missing.ts";
import { fitDecimal, readInteger } from "./numbers.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

const PARTS = /^(?:([\d.¼½¾]+)m)?(?:([\d.¼½¾]+)f)?(?:(\d{1,5})y(?:ds?)?)?$/;
const YARDS_PER_MILE = 1760;
const YARDS_PER_FURLONG = 220;
const METRES_PER_YARD = 0.9144;
/** Ten times the longest race there is; keeps every figure inside its column. */
const MAX_YARDS = 80_000;

/** The Racing API, cards `distance`, results `dist`, in yards: `2m53y`, `1m`, `7½f`, `1m½f`, `2m4½f`. */
export function readDistanceText(sent: Sent): Reading<number> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [whole, miles = "0", furlongs = "0", yards = "0"] =
    PARTS.exec(text.toLowerCase().replace(/\s+/g, "")) ?? [];
  const total = mixedNumber(miles) * YARDS_PER_MILE + mixedNumber(furlongs) * YARDS_PER_FURLONG +
    Number(yards);
  return whole !== undefined && total > 0 && total <= MAX_YARDS
    ? known(Math.round(total))
    : misread("is not a distance such as 2m4½f or 1m53y");
}

/** The Racing API, results `dist_y` and `dist_m`: whole yards or metres, metres also as `2400.0`. 0 says nothing. */
export function readWholeDistance(sent: Sent): Reading<number> {
  const { value, problem } = readInteger(sent);
  if (value === null) return { value, problem };
  if (value > MAX_YARDS) return misread("is longer than any race");
  return value === 0 ? MISSING : known(value);
}

/** The Racing API, furlongs: cards `distance_f` `16.0`, results `dist_f` `8f` and `8.5f`. 0 says nothing. */
export function readFurlongs(sent: Sent): Reading<number> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const furlongs = mixedNumber(text.replace(/\s*f$/i, ""));
  if (Number.isNaN(furlongs)) return misread("is not a number of furlongs");
  return furlongs === 0 ? MISSING : fitDecimal(furlongs, { precision: 6, scale: 2 });
}

/** Yards as whole metres. */
export function metresOf(yards: number | null): number | null {
  return yards === null ? null : Math.round(yards * METRES_PER_YARD);
}

/** Yards as furlongs, to the hundredth. */
export function furlongsOf(yards: number | null): number | null {
  return yards === null ? null : Math.round(yards / YARDS_PER_FURLONG * 100) / 100;
}
