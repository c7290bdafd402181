/** How the API writes distances, times, lengths, prices and money. */

import { DOLLAR_REGIONS, EURO_REGIONS } from "./regions.ts";

const YARDS_A_FURLONG = 220;

/** `2m53y`, `7f`, `1m2f110y` */
export function exactDistance(yards: number): string {
  const miles = Math.floor(yards / 1760);
  const furlongs = Math.floor((yards % 1760) / YARDS_A_FURLONG);
  const rest = yards % YARDS_A_FURLONG;
  return `${miles ? `${miles}m` : ""}${furlongs ? `${furlongs}f` : ""}${rest ? `${rest}y` : ""}`;
}

/** Furlongs to the nearest half. */
export function halfFurlongs(yards: number): number {
  return Math.round(yards / (YARDS_A_FURLONG / 2)) / 2;
}

/** `2m½f`, `5½f`, `1m`: to the nearest half furlong. */
export function roundDistance(yards: number): string {
  const total = halfFurlongs(yards);
  const miles = Math.floor(total / 8);
  const furlongs = Math.floor(total - miles * 8);
  const half = total % 1 ? "½" : "";
  return `${miles ? `${miles}m` : ""}${furlongs || half ? `${furlongs || ""}${half}f` : ""}`;
}

/** `9-7` from 133 pounds. */
export function stones(lbs: number): string {
  return `${Math.floor(lbs / 14)}-${lbs % 14}`;
}

/** `2:19.97`; the seconds are not padded: `5:1.46`. */
export function raceTime(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${((hundredths % 6000) / 100).toFixed(2)}`;
}

/** `1m 43.25s (slow by 5.55s)` */
export function winningTime(seconds: number, slowBy: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - minutes * 60).toFixed(2);
  const text = minutes ? `${minutes}m ${rest}s` : `${rest}s`;
  return slowBy > 0
    ? `${text} (slow by ${slowBy.toFixed(2)}s)`
    : `${text} (fast by ${(-slowBy).toFixed(2)}s)`;
}

/** `.75`, `2.5`, `0.3`, `12`: lengths as printed: halves and quarters without the leading zero, noses with it. */
export function lengths(value: number): string {
  if (value === 0) return "0";
  const rounded = value < 0.5 ? Math.round(value * 20) / 20 : Math.round(value * 4) / 4;
  return rounded >= 0.5 && rounded < 1 ? String(rounded).slice(1) : String(rounded);
}

/** The money of a region in front of an amount. */
export function currencyOf(region: string): string {
  if (EURO_REGIONS.has(region)) return "€";
  return DOLLAR_REGIONS.has(region) ? "$" : region === "jpn" ? "¥" : "£";
}

/** `£4,606`, `€6,195` */
export function cardPrize(amount: number, region: string): string {
  return `${currencyOf(region)}${String(Math.floor(amount)).replace(/\B(?=(\d{3})+$)/g, ",")}`;
}

/** `4187.20` at home, `€5900` in euros. */
export function resultPrize(amount: number, region: string): string {
  const currency = currencyOf(region);
  return currency === "£" ? amount.toFixed(2) : `${currency}${Math.round(amount)}`;
}

/** `£3.25`, `£7`: a tote dividend for one unit. */
export function dividend(amount: number, region: string): string {
  const rounded = Math.max(1, Math.round(amount * 10) / 10);
  return `${EURO_REGIONS.has(region) ? "€" : "£"}${rounded % 1 ? rounded.toFixed(2) : rounded}`;
}

/** A price of the bookmakers' ladder. */
export interface Price {
  readonly fraction: string;
  readonly decimal: number;
}

/** The prices that bookmakers offer, shortest first. */
export const LADDER: readonly Price[] =
  ("1/10 1/8 1/6 1/5 2/9 1/4 2/7 3/10 1/3 4/11 2/5 4/9 1/2 8/15 4/7 8/13 4/6 8/11 4/5 5/6 10/11 Evens 11/10 6/5 5/4 " +
    "11/8 6/4 13/8 7/4 15/8 2/1 9/4 5/2 11/4 3/1 100/30 7/2 4/1 9/2 5/1 11/2 6/1 13/2 7/1 15/2 8/1 17/2 9/1 10/1 " +
    "11/1 12/1 14/1 16/1 18/1 20/1 22/1 25/1 28/1 33/1 40/1 50/1 66/1 80/1 100/1 125/1 150/1 200/1 250/1")
    .split(" ").map((fraction) => {
      const [over = 1, under = 1] = fraction === "Evens" ? [1, 1] : fraction.split("/").map(Number);
      return { fraction, decimal: Math.round((1 + over / under) * 100) / 100 };
    });

/** The place in the ladder of the price nearest to a chance of winning. */
export function ladderIndex(chance: number): number {
  const fair = 1 / Math.max(chance, 0.003);
  let low = 0;
  let high = LADDER.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((LADDER[middle]?.decimal ?? 0) < fair) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The address of the picture of an owner's colours: three folders down, named by the last three characters of the file's
 * name, the last one first; a few lie elsewhere.
 */
export function silkUrl(ownerId: string): string {
  const digits = ownerId.slice("own_".length);
  const serial = Number(digits);
  if (serial % 500 === 0) return `https://www.rp-assets.com/svg/other/${digits}.svg`;
  const name = digits.slice(-6) + (serial % 7 === 0 ? "b" : "");
  return `https://www.rp-assets.com/svg/${name.at(-1)}/${name.at(-2)}/${name.at(-3)}/${name}.svg`;
}
