import { assertEquals } from "@std/assert";
import { readDraw } from "./draw.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readDraw() has no stall where the API sends 0", () => {
  assertEquals(readDraw("0"), MISSING);
  assertEquals(readDraw("12"), known(12));
  assertEquals(readDraw("abc").problem, "is not a whole number from 0 to 32767");
});
