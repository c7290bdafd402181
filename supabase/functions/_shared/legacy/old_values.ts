/** Values as the writers of the old database left them, where they differ from what The Racing API sends. */
import {
  furlongsOf,
  metresOf,
  readDistanceText,
  readFurlongs,
  readWholeDistance,
} from "../values/distance.ts";
import { presentText, type Sent } from "../values/missing.ts";
import { readDecimal } from "../values/numbers.ts";
import { known, misread, MISSING, type Reading } from "../values/reading.ts";
import type { Currency } from "../values/regions.ts";

/** Its own validators left rows behind whose id or name begins so. */
const TEST = "**TEST**";
/** Two regions have codes of its own; the API's are on the right. */
const REGIONS: ReadonlyMap<string, string> = new Map([["sa", "saf"], ["ita", "ity"]]);

/** A row that the old system's tests left behind: it is no racing data. */
export function isTest(...sent: readonly Sent[]): boolean {
  return sent.some((one) => typeof one === "string" && one.startsWith(TEST));
}

/** A region's code, upper or lower case there, as the API has it in lower case. */
export function readOldRegion(sent: Sent): string | null {
  const code = presentText(sent)?.toLowerCase() ?? null;
  return code === null ? null : REGIONS.get(code) ?? code;
}

const CLOCK = /^(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?$/;

/**
 * `off_time`: the API's `1:44` of the afternoon, cast to a time of the night, 01:44:00. Returned as it was printed.
 * Midnight is what stands where none was known.
 */
export function readOldOffTime(sent: Sent): Reading<string> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, hour = "", minute = ""] = CLOCK.exec(text) ?? [];
  if (!(Number(hour) < 24 && Number(minute) < 60) || hour === "") return misread("is not a time of day");
  if (Number(hour) === 0 && Number(minute) === 0) return MISSING;
  return known(`${Number(hour) % 12 || 12}:${minute}`);
}

/** A race's distance, from three columns that mean something else after a card than after a result. */
export interface OldDistance {
  readonly yards: number | null;
  readonly metres: number | null;
  readonly furlongs: number | null;
  readonly cardDistance: string | null;
  readonly cardDistanceRound: string | null;
  readonly resultDistance: string | null;
}

/** The three columns as they are. */
export interface OldDistanceColumns {
  readonly distance: Sent;
  readonly distance_f: Sent;
  readonly distance_round: Sent;
}

const YARDS_PER_METRE = 1 / 0.9144;
/** No race is as long in furlongs or as short in metres. */
const METRES_FROM = 100;

/**
 * A card wrote `16.0`, `2m53y`, `2m`: furlongs, the exact text, the rounded one. A result wrote `3267`, `16f`, `2m`:
 * metres, furlongs, its own text, which is rounded too. From metres the yards are known to about one.
 * `distance_m` lost yards and half furlongs, and is not read.
 */
export function readOldDistance(
  { distance, distance_f, distance_round }: OldDistanceColumns,
): Reading<OldDistance> {
  const round = presentText(distance_round);
  const number = readDecimal(distance, { precision: 10, scale: 2 });
  if (number.value !== null && number.value >= METRES_FROM) {
    const metres = readWholeDistance(distance);
    const yards = metres.value === null ? null : Math.round(metres.value * YARDS_PER_METRE);
    const furlongs = readFurlongs(distance_f);
    return {
      value: {
        ...{ yards, metres: metres.value, furlongs: furlongs.value ?? furlongsOf(yards) },
        ...{ cardDistance: null, cardDistanceRound: null, resultDistance: round },
      },
      problem: metres.problem ?? furlongs.problem,
    };
  }
  const yards = readDistanceText(distance_f);
  const furlongs = readFurlongs(distance);
  return {
    value: {
      ...{ yards: yards.value, metres: metresOf(yards.value) },
      furlongs: furlongs.value ?? furlongsOf(yards.value),
      ...{ cardDistance: presentText(distance_f), cardDistanceRound: round, resultDistance: null },
    },
    problem: number.problem ?? yards.problem ?? furlongs.problem,
  };
}

/** An amount that was pounds, or a bare number of a race in Great Britain: euros became null. */
export function readOldPrize(
  sent: Sent,
  region: string,
): Reading<{ readonly amount: number; readonly currency: Currency | null }> {
  const { value, problem } = readDecimal(sent, { precision: 12, scale: 2 });
  // Nothing says what a number in a race elsewhere was: pounds were written as pounds there too.
  return {
    value: value === null ? null : { amount: value, currency: region === "gb" ? "GBP" : null },
    problem,
  };
}

/** Lengths as `1.25L`, `0` or a number. */
export function withoutUnit(sent: Sent): Sent {
  return typeof sent === "string" ? sent.replace(/\s*L$/i, "") : sent;
}

/** The sex of a horse: a word from cards and profiles, a letter from results. */
export function readOldSex(sent: Sent): { readonly word: string | null; readonly code: string | null } {
  const text = presentText(sent);
  if (text === null) return { word: null, code: null };
  return text.length === 1
    ? { word: null, code: text.toUpperCase() }
    : { word: text.toLowerCase(), code: null };
}
