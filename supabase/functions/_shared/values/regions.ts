/** Regions of racing as /courses/regions lists them, in lower case, with the currency of their prizes. */
const CURRENCIES = {
  GBP: "gb jer gue",
  EUR: "ire fr ger ity spa bel hol aut slo svn gr cyp",
  USD: "usa pr pan",
  AUD: "aus",
  NZD: "nz",
  CAD: "can",
  HKD: "hk",
  SGD: "sin",
  BBD: "bar",
  JPY: "jpn",
  CNY: "chn",
  KRW: "kor",
  MOP: "mac",
  MYR: "mal",
  INR: "ind",
  AED: "uae",
  SAR: "ksa",
  QAR: "qa",
  BHD: "bhr",
  OMR: "omn",
  ILS: "isr",
  TRY: "tur",
  RUB: "rus",
  CHF: "swi",
  DKK: "den",
  SEK: "swe",
  NOK: "nor",
  PLN: "pol",
  HUF: "hun",
  CZK: "cze",
  ZAR: "saf",
  MUR: "mau",
  MAD: "mor",
  ARS: "arg",
  BRL: "brz",
  CLP: "chi",
  PEN: "per",
  UYU: "uru",
} as const;

/** A currency code of ISO 4217 that prizes of a region are in. */
export type Currency = keyof typeof CURRENCIES;

/** Regions whose money has changed, so that an amount without a sign does not say which it is. */
const OF_CHANGING_CURRENCY = "bul yug".split(" ");

/** Countries that breed horses and are no region of the API. */
const ONLY_BREEDING =
  "alg aze col cro cub ecu est fin jam kaz ken lat lit lux mex por rom ser svk tri tun ukr uzb ven zim".split(
    " ",
  );

const currencyByRegion: ReadonlyMap<string, Currency> = new Map(
  Object.entries(CURRENCIES).flatMap(([currency, regions]) =>
    regions.split(" ").map((region): [string, Currency] => [region, currency as Currency])
  ),
);
const currencies: ReadonlySet<string> = new Set(Object.keys(CURRENCIES));
const birthRegions: ReadonlySet<string> = new Set([
  ...currencyByRegion.keys(),
  ...OF_CHANGING_CURRENCY,
  ...ONLY_BREEDING,
]);

/** The currency of a region's prizes, or null for one that is not known. In lower case, as the codes are stored. */
export function currencyOfRegion(region: string): Currency | null {
  return currencyByRegion.get(region) ?? null;
}

/** The currency of that code, or null for a code that no region uses. */
export function knownCurrency(code: string): Currency | null {
  return currencies.has(code) ? code as Currency : null;
}

/** Whether a code, in lower case, is that of a country where horses are bred or raced: `ire`, not `ii` or `aw`. */
export function isRegion(code: string): boolean {
  return birthRegions.has(code);
}
