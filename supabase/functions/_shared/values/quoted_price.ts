import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

const PRICE = /^(?:\d{1,6}\/[1-9]\d{0,5}|\d{1,8}(?:\.\d{1,4})?|ev(?:en)?s)$/i;

/**
 * The Racing API, /racecards/pro, `odds[].fractional`: `7/2`, `Evens`, and at exchanges a decimal price (`3.35`).
 * Kept as it is printed; `-` says that there is no offer, and `SP` that there is none before the off.
 */
export function readQuotedPrice(sent: Sent): Reading<string> {
  const text = presentText(sent);
  if (text === null || text.toUpperCase() === "SP") return MISSING;
  return PRICE.test(text) ? known(text) : misread("is not a price such as 7/2");
}
