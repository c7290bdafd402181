import { mixedNumber } from "./fractions.ts";
import { presentText, type Sent } from "./missing.ts";
import { fitDecimal } from "./numbers.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/**
 * The margins that have a name, in the lengths that the feed itself uses for them (0.05, 0.1, 0.2, 0.3). A distance is
 * "more than 30 lengths", of which 30 is all that can be said.
 */
const NAMED_MARGINS: ReadonlyMap<string, number> = new Map([
  ["dht", 0],
  ["dh", 0],
  ["nse", 0.05],
  ["ns", 0.05],
  ["shd", 0.1],
  ["sh", 0.1],
  ["hd", 0.2],
  ["snk", 0.25],
  ["nk", 0.3],
  ["dist", 30],
  ["dis", 30],
]);

/** The Racing API, /results, `btn` and `ovr_btn`: `.75`, `0.3`, `0`, `-`; a named margin (`nk`) is accepted too. */
export function readBeatenLengths(sent: Sent): Reading<number> {
  const text = presentText(sent)?.toLowerCase();
  if (text === undefined) return MISSING;
  const named = NAMED_MARGINS.get(text);
  if (named !== undefined) return known(named);
  const lengths = mixedNumber(text);
  return Number.isNaN(lengths)
    ? misread("is not a number of lengths")
    : fitDecimal(lengths, { precision: 8, scale: 2 });
}
