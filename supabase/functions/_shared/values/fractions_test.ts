import { assertEquals } from "@std/assert";
import { mixedNumber } from "./fractions.ts";

Deno.test("mixedNumber() reads whole numbers, decimals and printed fractions", () => {
  assertEquals(["8", "8.5", ".75", "8½", "½", "1¼", "¾"].map(mixedNumber), [
    8,
    8.5,
    0.75,
    8.5,
    0.5,
    1.25,
    0.75,
  ]);
});

Deno.test("mixedNumber() is no number for anything else", () => {
  for (const text of ["", "½8", "8.5½", "1.2.3", "-1", "abc"]) assertEquals(mixedNumber(text), NaN);
});
