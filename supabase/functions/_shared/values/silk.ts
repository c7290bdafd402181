import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** Where the pictures lie: three folders down, named by the file's last three characters, the last one first. */
const PATTERN = /^https:\/\/www\.rp-assets\.com\/svg\/(.)\/(.)\/(.)\/([0-9a-z]+)\.svg$/;

/**
 * The Racing API, /racecards/pro and /results, `silk_url`: `https://www.rp-assets.com/svg/1/2/3/327321.svg`. Read as
 * what is stored of it: the file's name where the address follows from it, as SQL's `silk_url()` knows, else the whole
 * address.
 */
export function readSilk(sent: Sent): Reading<string> {
  const url = presentText(sent);
  if (url === null) return MISSING;
  if (!url.includes("/")) return misread("is not an address");
  const [, last, secondLast, thirdLast, name = ""] = url.match(PATTERN) ?? [];
  return known(name !== "" && name.endsWith(`${thirdLast}${secondLast}${last}`) ? name : url);
}
