import { assertEquals } from "@std/assert";
import { isSameText } from "./same_text.ts";

Deno.test("isSameText() tells a text from every other, of any length", () => {
  for (const [given, expected] of [["", ""], ["a secret", "a secret"], ["grün £", "grün £"]] as const) {
    assertEquals(isSameText(given, expected), true, given);
  }
  for (const given of ["", "a", "a secreT", "a secret ", "a secret\0", "b secret"]) {
    assertEquals(isSameText(given, "a secret"), false, given);
  }
});
