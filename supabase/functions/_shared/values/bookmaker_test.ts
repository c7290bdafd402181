import { assertEquals } from "@std/assert";
import { bookmakerCode, bookmakerType } from "./bookmaker.ts";

Deno.test("bookmakerCode() is the same for every spelling of a name", () => {
  assertEquals(bookmakerCode("Spread Ex"), "spreadex");
  assertEquals(bookmakerCode("Spreadex"), "spreadex");
  assertEquals(bookmakerCode("10 Bet"), "10bet");
  assertEquals(bookmakerCode("Quinn-Bet!"), "quinnbet");
});

Deno.test("bookmakerCode() is null when no letter or digit is left", () => {
  assertEquals(bookmakerCode("???"), null);
});

Deno.test("bookmakerType() says only what the name gives away", () => {
  assertEquals(bookmakerType("someexchange"), "exchange");
  assertEquals(bookmakerType("tote"), "tote");
  assertEquals(bookmakerType("somebet"), "unknown");
});
