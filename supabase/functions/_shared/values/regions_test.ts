import { assert, assertEquals } from "@std/assert";
import { REGIONS } from "../../../../scripts/lab/racing_api/generator/regions.ts";
import { currencyOfRegion, isRegion, knownCurrency } from "./regions.ts";

Deno.test("every region that the API lists is known, and all but two have a currency", () => {
  const codes = REGIONS.map(({ region_code }) => region_code);
  assertEquals(codes.filter((code) => !isRegion(code)), []);
  assertEquals(codes.filter((code) => currencyOfRegion(code) === null).sort(), ["bul", "yug"]);
});

Deno.test("the currencies of the great racing countries are their own", () => {
  const pairs = "gb GBP|ire EUR|fr EUR|usa USD|aus AUD|hk HKD|jpn JPY|uae AED|saf ZAR".split("|");
  for (const pair of pairs) {
    const [region = "", currency] = pair.split(" ");
    assertEquals(currencyOfRegion(region), currency);
  }
});

Deno.test("what stands in brackets behind a name without being a country is no region", () => {
  for (const code of ["ii", "iii", "aw", "rh", "jr", "", "IRE"]) assert(!isRegion(code), code);
});

Deno.test("a code that no region pays in is no currency here", () => {
  assertEquals([knownCurrency("AED"), knownCurrency("XXX"), knownCurrency("aed")], ["AED", null, null]);
});
