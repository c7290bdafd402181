import { presentText, type Sent } from "./missing.ts";
import { fitDecimal } from "./numbers.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** Money with its currency (ISO 4217). Neither is of use without the other. */
export interface Prize {
  readonly amount: number;
  readonly currency: string;
}

const MONEY = /^([£€]?)\s*(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d*)?$/;
const CURRENCY_OF_SYMBOL: Readonly<Record<string, string>> = { "£": "GBP", "€": "EUR" };
const CURRENCY_OF_REGION: ReadonlyMap<string, string> = new Map([["gb", "GBP"], ["ire", "EUR"]]);

/**
 * The Racing API, `prize`: cards say `£4,606` and `€6,195`, results `4187.20` and `€5900`, and `""` for no prize.
 * A bare number is in the currency of the race's region (lower case).
 */
export function readPrize(sent: Sent, region: string): Reading<Prize> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, symbol = "", whole, fraction = ""] = MONEY.exec(text) ?? [];
  if (whole === undefined) return misread("is not an amount in pounds or euros");
  const currency = CURRENCY_OF_SYMBOL[symbol] ?? CURRENCY_OF_REGION.get(region);
  if (currency === undefined) return misread(`has no currency, and that of the region ${region} is unknown`);
  const amount = fitDecimal(Number(whole.replaceAll(",", "") + fraction), { precision: 12, scale: 2 });
  return amount.value === null
    ? misread("is too large an amount")
    : known({ amount: amount.value, currency });
}
