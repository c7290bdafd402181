import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isAfter } from "./code_points.ts";

Deno.test("isAfter() goes by code point: capitals before small letters, letters before accents", () => {
  for (const [first, second] of [["Zed", "de Lacy"], ["Zed", "Émile"], ["A", "A B"], ["", "a"]] as const) {
    assertEquals([isAfter(second, first), isAfter(first, second)], [true, false]);
  }
  assertEquals(isAfter("same", "same"), false);
});

Deno.test("isAfter() puts a character beyond 16 bits behind all others", () => {
  assertEquals(isAfter("\u{1F40E}", "\uFFFD"), true);
  assertEquals("\u{1F40E}" > "\uFFFD", false);
});

Deno.test("isAfter() agrees with the bytes of UTF-8, which Postgres compares", () => {
  const bytes = (text: string) => [...new TextEncoder().encode(text)];
  const text = fc.string({ unit: "grapheme-composite" });
  fc.assert(fc.property(text, text, (one, other) => {
    const [a, b] = [bytes(one), bytes(other)];
    const at = a.findIndex((byte, index) => byte !== b[index]);
    const expected = at >= 0 && (a[at] ?? 0) > (b[at] ?? -1);
    return isAfter(one, other) === expected;
  }));
});
