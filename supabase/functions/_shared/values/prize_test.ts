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

Deno.test("readPrize() knows the currency of every country that races", () => {
  assertEquals(readPrize("4187.20", "fr"), known({ amount: 4187.2, currency: "EUR" }));
  assertEquals(readPrize("5000", "hk"), known({ amount: 5000, currency: "HKD" }));
  assertEquals(readPrize("AED 5,000", "uae"), known({ amount: 5000, currency: "AED" }));
  assertEquals(readPrize("A$5,000", "gb"), known({ amount: 5000, currency: "AUD" }));
});

Deno.test("readPrize() takes a sign that several currencies share for that of the race's region", () => {
  for (const [region, currency] of [["usa", "USD"], ["aus", "AUD"], ["hk", "HKD"], ["gb", "USD"]] as const) {
    assertEquals(readPrize("$5,000", region), known({ amount: 5000, currency }));
  }
  assertEquals(readPrize("¥5,000", "jpn"), known({ amount: 5000, currency: "JPY" }));
  assertEquals(readPrize("¥5,000", "chn"), known({ amount: 5000, currency: "CNY" }));
});

Deno.test("readPrize() keeps an amount whose currency is unknown, and says so", () => {
  assertEquals(readPrize("4187.20", "bul"), {
    value: { amount: 4187.2, currency: null },
    problem: "has no currency, and that of the region bul is unknown",
  });
  assertEquals(readPrize("₿5", "gb"), {
    value: { amount: 5, currency: null },
    problem: "is in a currency that is not known: ₿",
  });
});

Deno.test("readPrize() guesses nothing about three digits behind a point", () => {
  for (const sent of ["£5.900", "€ 5.900", "5.900", "£5.900,00"]) {
    assertEquals(readPrize(sent, "ire"), {
      value: null,
      problem: "has three digits behind a point, which may be thousands or a fraction",
    });
  }
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
