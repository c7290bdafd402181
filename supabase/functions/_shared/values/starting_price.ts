import { presentText, type Sent } from "./missing.ts";
import { readDecimal } from "./numbers.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** How the market saw the horse at the off. */
export type Favourite = "favourite" | "joint favourite" | "co-favourite";

/** A starting price as a fraction, and the favourite's letter that stood behind it. */
export interface StartingPrice {
  /** `13/8` or `Evens`. */
  readonly fraction: string;
  readonly favourite: Favourite | null;
}

const PRICE = /^(evens|evs|evn|\d{1,6}\/[1-9]\d{0,5})(f|jf?|cf?)?$/i;
const FAVOURITES: Readonly<Record<string, Favourite>> = {
  f: "favourite",
  j: "joint favourite",
  c: "co-favourite",
};

/** The Racing API, /results, `sp`: `7/2`, `13/8F`, `7/2J` (joint), `7/2C` (co-favourite), `Evens`, `Evs`, `EvensF`. */
export function readStartingPrice(sent: Sent): Reading<StartingPrice> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, price, letter] = PRICE.exec(text.replace(/\s+/g, "")) ?? [];
  if (price === undefined) return misread("is not a starting price such as 13/8F or Evens");
  return known({
    fraction: price.includes("/") ? price : "Evens",
    favourite: (letter && FAVOURITES[letter.charAt(0).toLowerCase()]) || null,
  });
}

/** The Racing API, /results, `sp_dec` and `bsp`: `4.50`. No price is 0, so 0 says that there is none. */
export function readDecimalPrice(sent: Sent): Reading<number> {
  const price = readDecimal(sent, { precision: 10, scale: 2 });
  return price.value === 0 ? MISSING : price;
}
