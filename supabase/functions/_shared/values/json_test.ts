import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { jsonList, storableJson } from "./json.ts";

Deno.test("storableJson() returns the very same object when nothing has to change", () => {
  const sent = { quotes: [{ quote: "Ran well", distance_f: 16 }], empty: null };
  assertStrictEquals(storableJson(sent), sent);
});

Deno.test("storableJson() cleans text and keys at any depth", () => {
  assertEquals(storableJson({ "a\0": ["x\0y", { b: "\ud800" }] }), { a: ["xy", { b: "" }] });
});

Deno.test("storableJson() keeps a key __proto__ as a key", () => {
  const stored = storableJson(JSON.parse('{"__proto__": {"draw": "a\\u0000"}}'));
  assertEquals(JSON.stringify(stored), '{"__proto__":{"draw":"a"}}');
});

Deno.test("storableJson() cuts off JSON that is nested too deep", () => {
  const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
  assertEquals(JSON.stringify(storableJson(deep)).length, 64 * 2 + "null".length);
});

Deno.test("storableJson() leaves nothing that jsonb refuses, and changes nothing on a second look", () => {
  fc.assert(fc.property(fc.jsonValue({ stringUnit: "binary" }), (sent) => {
    const stored = storableJson(sent);
    JSON.stringify(stored, (key, value) => {
      for (const text of [key, value]) {
        if (typeof text === "string") assert(text.isWellFormed() && !text.includes("\0"));
      }
      return value;
    });
    assertStrictEquals(storableJson(stored), stored);
  }));
});

Deno.test("jsonList() says null for a list of nothing", () => {
  assertEquals(jsonList([]), null);
  assertEquals(jsonList(null), null);
  assertEquals(jsonList(undefined), null);
  assertEquals(jsonList([{ type: "Wind Surgery" }]), [{ type: "Wind Surgery" }]);
});
