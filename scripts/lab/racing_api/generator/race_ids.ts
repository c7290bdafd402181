/** Race ids that say which race they belong to, so that one race can be made without remembering any other. */

import { dayOf } from "../london.ts";
import { hashNumbers } from "./random.ts";

const FIRST_DAY = dayOf("1988-01-01");
/** From this day on the ids no longer fit into 32 bits. */
const LONG_IDS_FROM = dayOf("2026-01-01");
/** 16 meetings of up to 9 races. */
export const SLOTS_A_DAY = 160;

const SHORT = { base: 200_000, day: 840, slot: 5 };
const LONG = { base: 32_300_000_000, day: 1_600_000, slot: 9_973 };

/** The id of a race; `slot` is ten times the meeting plus the number of the race. */
export function raceId(seed: number, day: number, slot: number): string {
  const { base, day: step, slot: stride } = day >= LONG_IDS_FROM ? LONG : SHORT;
  const since = day >= LONG_IDS_FROM ? day - LONG_IDS_FROM : day - FIRST_DAY;
  return `rac_${base + since * step + slot * stride + hashNumbers(seed, 31) % stride}`;
}

/** The day and slot of a race id of this seed, or undefined for an id that no race has. */
export function parseRaceId(seed: number, id: string): { day: number; slot: number } | undefined {
  const digits = /^rac_(\d{1,14})$/.exec(id)?.[1];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  const { base, day: step, slot: stride } = value >= LONG.base ? LONG : SHORT;
  const rest = value - base - hashNumbers(seed, 31) % stride;
  if (rest < 0 || (rest % step) % stride !== 0) return undefined;
  const slot = (rest % step) / stride;
  if (slot >= SLOTS_A_DAY) return undefined;
  return { day: Math.floor(rest / step) + (value >= LONG.base ? LONG_IDS_FROM : FIRST_DAY), slot };
}
