import { presentText, type Sent } from "./missing.ts";
import { fitDecimal } from "./numbers.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";
import { type Currency, currencyOfRegion, knownCurrency } from "./regions.ts";

/** Money with its currency (ISO 4217); null where nothing says which it is. */
export interface Prize {
  readonly amount: number;
  readonly currency: Currency | null;
}

/** Three digits behind a point may be thousands ("£5.900"), so they are not taken for pence. */
const MONEY = /^(\p{Sc}|[A-Z]{1,3}\$|[A-Z]{3})?\s*(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d{0,2})?$/u;
const PRINTED_THOUSANDS = /\d\.\d{3}/;
const CURRENCY_OF_SIGN: ReadonlyMap<string, Currency> = new Map([
  ["£", "GBP"],
  ["€", "EUR"],
  ["US$", "USD"],
  ["A$", "AUD"],
  ["AU$", "AUD"],
  ["C$", "CAD"],
  ["CA$", "CAD"],
  ["HK$", "HKD"],
  ["NZ$", "NZD"],
  ["S$", "SGD"],
  ["R$", "BRL"],
]);
/** Signs that several currencies share: that of the race's region is meant if it is one of them, else the first. */
const SHARED_SIGNS: ReadonlyMap<string, readonly Currency[]> = new Map([
  ["$", ["USD", "AUD", "CAD", "NZD", "HKD", "SGD", "BBD", "ARS", "CLP", "UYU"]],
  ["¥", ["JPY", "CNY"]],
]);

/**
 * The Racing API, `prize`: cards say `£4,606` and `€6,195`, results `4187.20` and `€5900`, and `""` for no prize.
 * A bare number is in the currency of the race's region (lower case). Where the currency is unknown, that is a problem,
 * but leaves the amount.
 */
export function readPrize(sent: Sent, region: string): Reading<Prize> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, sign, whole, fraction = ""] = MONEY.exec(text) ?? [];
  if (whole === undefined) {
    return misread(
      PRINTED_THOUSANDS.test(text)
        ? "has three digits behind a point, which may be thousands or a fraction"
        : "is not an amount of money",
    );
  }
  const amount = fitDecimal(Number(whole.replaceAll(",", "") + fraction), { precision: 12, scale: 2 });
  if (amount.value === null) return misread("is too large an amount");
  const currency = sign === undefined ? currencyOfRegion(region) : currencyOfSign(sign, region);
  if (currency !== null) return known({ amount: amount.value, currency });
  return {
    value: { amount: amount.value, currency },
    problem: sign === undefined
      ? `has no currency, and that of the region ${region} is unknown`
      : `is in a currency that is not known: ${sign}`,
  };
}

function currencyOfSign(sign: string, region: string): Currency | null {
  const shared = SHARED_SIGNS.get(sign);
  if (shared === undefined) return CURRENCY_OF_SIGN.get(sign) ?? knownCurrency(sign);
  return shared.find((currency) => currency === currencyOfRegion(region)) ?? shared[0] ?? null;
}
