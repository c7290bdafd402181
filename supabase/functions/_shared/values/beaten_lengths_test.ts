import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readBeatenLengths } from "./beaten_lengths.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readBeatenLengths() reads lengths, also without the leading zero", () => {
  assertEquals(readBeatenLengths(".75"), known(0.75));
  assertEquals(readBeatenLengths("0.3"), known(0.3));
  assertEquals(readBeatenLengths("0"), known(0));
  assertEquals(readBeatenLengths("51"), known(51));
  assertEquals(readBeatenLengths("1¾"), known(1.75));
});

Deno.test("readBeatenLengths() reads a dash as missing, not as zero", () => {
  assertEquals(readBeatenLengths("-"), MISSING);
});

Deno.test("readBeatenLengths() knows the margins that have a name", () => {
  const named = { dht: 0, nse: 0.05, shd: 0.1, hd: 0.2, NK: 0.3, dist: 30 };
  for (const [text, lengths] of Object.entries(named)) assertEquals(readBeatenLengths(text), known(lengths));
});

Deno.test("readBeatenLengths() refuses what is no margin or fits no column", () => {
  assertEquals(readBeatenLengths("miles").problem, "is not a number of lengths");
  assertEquals(readBeatenLengths("-2").value, null);
  assertEquals(readBeatenLengths(1e9).value, null);
});

Deno.test("readBeatenLengths() never throws, and never returns what the column can't hold", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.double()), (sent) => {
    const { value } = readBeatenLengths(sent);
    return value === null || (value >= 0 && value < 1e6);
  }));
});
