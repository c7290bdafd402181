import { assertEquals } from "@std/assert";
import { readPosition } from "./position.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readPosition() reads a place, also of a dead heat", () => {
  assertEquals(readPosition("1"), known({ position: 1, code: null }));
  assertEquals(readPosition("=2"), known({ position: 2, code: null }));
  assertEquals(readPosition(15), known({ position: 15, code: null }));
});

Deno.test("readPosition() keeps the letters, those never seen before as well", () => {
  for (const code of ["PU", "F", "UR", "BD", "RO", "RR", "SU", "REF", "DSQ", "LFT", "CO", "VOI", "XYZ"]) {
    assertEquals(readPosition(code.toLowerCase()), known({ position: null, code }));
  }
});

Deno.test("readPosition() refuses what is neither", () => {
  assertEquals(readPosition("–"), MISSING);
  for (const sent of ["0", "1st", "-1", "?"]) {
    assertEquals(readPosition(sent).problem, "is not a position or letters such as PU");
  }
});
