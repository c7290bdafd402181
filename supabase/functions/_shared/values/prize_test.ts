import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readPrize } from "./prize.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readPrize() keeps pounds and euros apart", () => {
  assertEquals(readPrize("£4,606", "gb"), known({ amount: 4606, currency: "GBP" }));
  assertEquals(readPrize("€6,195", "ire"), known({ amount: 6195, currency: "EUR" }));
  assertEquals(readPrize("€5900", "ire"), known({ amount: 5900, currency: "EUR" }));
  assertEquals(readPrize("£1,234,567.89", "ire"), known({ amount: 1234567.89, currency: "GBP" }));
});

Deno.test("readPrize() gives a bare number the currency of the race's region", () => {
  assertEquals(readPrize("4187.20", "gb"), known({ amount: 4187.2, currency: "GBP" }));
  assertEquals(readPrize(4187.2, "ire"), known({ amount: 4187.2, currency: "EUR" }));
});

Deno.test("readPrize() never has an amount without a currency", () => {
  assertEquals(readPrize("4187.20", "fr").problem, "has no currency, and that of the region fr is unknown");
  assertEquals(readPrize("$5,000", "gb"), { value: null, problem: "is not an amount in pounds or euros" });
});

Deno.test("readPrize() knows no prize from one that it can't read", () => {
  for (const sent of ["", "-", "–", null]) assertEquals(readPrize(sent, "gb"), MISSING);
  for (const sent of ["plenty", "£", "£-5", "£4,60"]) assertEquals(readPrize(sent, "gb").value, null);
  assertEquals(readPrize("£10000000000", "gb").problem, "is too large an amount");
});

Deno.test("readPrize() reads back any amount, with and without commas", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (pence) => {
    const amount = pence / 100;
    const grouped = amount.toLocaleString("en-GB", { minimumFractionDigits: 2 });
    return readPrize(`€${grouped}`, "gb").value?.amount === amount &&
      readPrize(amount, "gb").value?.amount === amount;
  }));
});
