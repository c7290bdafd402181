import { assertEquals } from "@std/assert";
import { isOneOf, isSameText } from "./same_text.ts";

Deno.test("isSameText() tells a text from every other, of any length", () => {
  for (const [given, expected] of [["", ""], ["a secret", "a secret"], ["grün £", "grün £"]] as const) {
    assertEquals(isSameText(given, expected), true, given);
  }
  for (const given of ["", "a", "a secreT", "a secret ", "a secret\0", "b secret"]) {
    assertEquals(isSameText(given, "a secret"), false, given);
  }
});

Deno.test("isOneOf() finds a text among several, and none among none", () => {
  assertEquals(isOneOf("new", ["new", "old"]), true);
  assertEquals(isOneOf("old", ["new", "old"]), true);
  assertEquals(isOneOf("other", ["new", "old"]), false);
  assertEquals(isOneOf("", []), false);
});
