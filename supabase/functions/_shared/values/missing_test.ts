import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { presentText, storableText } from "./missing.ts";

Deno.test("presentText() takes every way of saying nothing for nothing", () => {
  for (const sent of ["", " ", "-", "–", " – ", "\0", null, undefined, Infinity, NaN]) {
    assertEquals(presentText(sent), null);
  }
});

Deno.test("presentText() trims, and keeps a dash that is part of a text", () => {
  assertEquals(presentText("  542- "), "542-");
  assertEquals(presentText("0-70"), "0-70");
});

Deno.test("presentText() takes numbers and booleans for their text", () => {
  assertEquals(presentText(7), "7");
  assertEquals(presentText(0), "0");
  assertEquals(presentText(false), "false");
});

Deno.test("storableText() takes out NUL and half surrogate pairs only", () => {
  assertEquals(storableText("a\0b\ud800c\udc00d"), "abcd");
  assertEquals(storableText("Ré 🐎 ½"), "Ré 🐎 ½");
});

Deno.test("storableText() makes any string well-formed and leaves a well-formed one alone", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const stored = storableText(text);
    return stored.isWellFormed() && !stored.includes("\0") && storableText(stored) === stored;
  }));
});
