import { assertEquals } from "@std/assert";
import { readQuotedPrice } from "./quoted_price.ts";

Deno.test("readQuotedPrice() keeps fractions, evens and the decimals of exchanges as they are printed", () => {
  for (const sent of ["7/2", "85/40", "Evens", "EVS", "3.35", "210"]) {
    assertEquals(readQuotedPrice(sent), { value: sent, problem: null });
  }
});

Deno.test("readQuotedPrice() tells no offer from one that it can't read", () => {
  for (const sent of ["-", "", null, "SP", "sp"]) {
    assertEquals(readQuotedPrice(sent), { value: null, problem: null });
  }
  for (const sent of ["7/0", "-3", "SPF", "1/2/3", "9".repeat(400)]) {
    assertEquals(readQuotedPrice(sent), { value: null, problem: "is not a price such as 7/2" });
  }
});
