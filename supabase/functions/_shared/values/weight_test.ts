import { assertEquals } from "@std/assert";
import { known, MISSING } from "./reading.ts";
import { readStones } from "./weight.ts";

Deno.test("readStones() turns stones and pounds into pounds", () => {
  assertEquals(readStones("8-10"), known(122));
  assertEquals(readStones("10-0"), known(140));
});

Deno.test("readStones() refuses what is no weight", () => {
  assertEquals(readStones("-"), MISSING);
  for (const sent of ["8-14", "122", "8-"]) {
    assertEquals(readStones(sent).problem, "is not a weight such as 8-10");
  }
});
