import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ElementParser } from "./element_parser.ts";
import { mergeCopies } from "./merge_copies.ts";

/** Takes any object without a field `broken`; an object in a field is odd. */
const parse: ElementParser<unknown> = (raw) => {
  if (typeof raw !== "object" || raw === null || "broken" in raw) {
    return { ok: false, field: "broken", reason: "It is broken." };
  }
  const odd = Object.entries(raw).filter(([, sent]) =>
    typeof sent === "object" && sent !== null && !Array.isArray(sent)
  );
  return { ok: true, element: raw, setAside: odd.map(([field, sent]) => ({ field, sent })) };
};

const merge = (list: readonly unknown[], joined: readonly string[] = []) =>
  mergeCopies(list, { idField: "id", joined, parse });

Deno.test("mergeCopies() takes a value rather than none, the later of two, and says which they were", () => {
  const [merged, ...others] = merge(
    [{ id: "a", x: "1", y: "", z: "5" }, { id: "a", x: "-", y: 2, z: 5, w: "new" }, { id: "a", x: "3" }],
  );
  assertEquals(others, []);
  assertEquals(merged, {
    raw: { id: "a", x: "3", y: 2, z: 5, w: "new" },
    index: 0,
    copies: 3,
    contradictions: [{ field: "x", sent: ["1", "3"] }],
    setAside: [],
  });
});

Deno.test("mergeCopies() puts lists together where it is told to", () => {
  const list = [{ id: 1, runners: [1], quotes: [1] }, { id: "1", runners: [2], quotes: [] }];
  assertEquals(merge(list, ["runners"]).map(({ raw }) => raw), [
    { id: "1", runners: [1, 2], quotes: [1] },
  ]);
});

Deno.test("mergeCopies() leaves alone what has no id, and keeps everything's place", () => {
  const list = [null, "race", { id: "" }, { id: "" }, { id: {} }, ["a"], { id: "a" }];
  assertEquals(
    merge(list).map(({ raw, index }) => [raw, index]),
    list.map((raw, i) => [raw, i]),
  );
});

Deno.test("mergeCopies() leaves a copy that can't be read where it is, and merges the others without it", () => {
  const broken = { id: "a", x: "9", broken: true };
  const list = [broken, { id: "a", x: "1" }, { id: "b" }, broken, { id: "a", y: "2" }];
  assertEquals(merge(list).map(({ raw, index, copies }) => [raw, index, copies]), [
    [broken, 0, 1],
    [{ id: "a", x: "1", y: "2" }, 1, 2],
    [{ id: "b" }, 2, 1],
    [broken, 3, 1],
  ]);
  assertEquals(merge([broken, broken]).map(({ raw }) => raw), [broken, broken]);
});

Deno.test("mergeCopies() takes a value that can be read rather than an odd one, in either order, and returns that", () => {
  const odd = { a: 1 };
  for (
    const list of [[{ id: "a", x: "1" }, { id: "a", x: odd }], [{ id: "a", x: odd }, { id: "a", x: "1" }]]
  ) {
    assertEquals(merge(list).map(({ raw, contradictions, setAside }) => [raw, contradictions, setAside]), [
      [{ id: "a", x: "1" }, [], [{ field: "x", sent: odd }]],
    ]);
  }
});

Deno.test("mergeCopies() never throws, and has no id twice", () => {
  const element = fc.oneof(fc.anything(), fc.record({ id: fc.constantFrom("a", "b", 3), x: fc.jsonValue() }));
  fc.assert(fc.property(fc.array(element), (list) => {
    const ids = merge(list, ["x"]).flatMap(({ raw }) =>
      typeof raw === "object" && raw !== null && "id" in raw && typeof raw.id === "string" &&
        /^[ab]$/.test(raw.id)
        ? [raw.id]
        : []
    );
    return new Set(ids).size === ids.length;
  }));
});
