import type { Region } from "../source.ts";

/** Code and country, in the API's own codes (`saf` and `ity`, not `sa` and `ita`). */
const CODES = `
  gb Great Britain|ire Ireland|fr France|ger Germany|ity Italy|spa Spain|swi Switzerland|bel Belgium|hol Holland|
  den Denmark|swe Sweden|nor Norway|aut Austria|pol Poland|hun Hungary|cze Czech Republic|slo Slovakia|svn Slovenia|
  yug Yugoslavia|bul Bulgaria|gr Greece|cyp Cyprus|tur Turkey|rus Russia|isr Israel|jer Jersey|gue Guernsey|
  usa USA|can Canada|pan Panama|pr Puerto Rico|bar Barbados|arg Argentina|brz Brazil|chi Chile|per Peru|uru Uruguay|
  aus Australia|nz New Zealand|hk Hong Kong|mac Macau|chn China|jpn Japan|kor Korea|sin Singapore|mal Malaysia|
  ind India|saf South Africa|mau Mauritius|mor Morocco|uae United Arab Emirates|ksa Saudi Arabia|qa Qatar|
  bhr Bahrain|omn Oman`;

/** The 55 regions of the API. */
export const REGIONS: readonly Region[] = CODES.split("|").map((entry) => {
  const [code = "", ...name] = entry.trim().split(" ");
  return { region: name.join(" "), region_code: code };
});

/** Regions whose prize money is in euros. */
export const EURO_REGIONS: ReadonlySet<string> = new Set([
  "ire",
  "fr",
  "ger",
  "ity",
  "spa",
  "bel",
  "hol",
  "gr",
]);

/** Regions whose prize money is in dollars of their own. */
export const DOLLAR_REGIONS: ReadonlySet<string> = new Set(["usa", "can", "aus", "nz", "hk", "sin"]);
