import { assertEquals } from "@std/assert";
import { readBoolean } from "./booleans.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readBoolean() reads booleans, and their text and number", () => {
  for (const sent of [true, "true", "True", "1", 1]) assertEquals(readBoolean(sent), known(true));
  for (const sent of [false, "false", "0", 0]) assertEquals(readBoolean(sent), known(false));
});

Deno.test("readBoolean() tells a missing value from one that it can't read", () => {
  assertEquals(readBoolean(null), MISSING);
  assertEquals(readBoolean(""), MISSING);
  assertEquals(readBoolean("perhaps").problem, "is not true or false");
});
