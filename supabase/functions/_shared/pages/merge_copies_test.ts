import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { mergeCopies } from "./merge_copies.ts";

Deno.test("mergeCopies() takes a value rather than none, the later of two, and says which they were", () => {
  const [merged, ...others] = mergeCopies(
    [{ id: "a", x: "1", y: "", z: "5" }, { id: "a", x: "-", y: 2, z: 5, w: "new" }, { id: "a", x: "3" }],
    "id",
    [],
  );
  assertEquals(others, []);
  assertEquals(merged, {
    raw: { id: "a", x: "3", y: 2, z: 5, w: "new" },
    index: 0,
    copies: 3,
    contradictions: [{ field: "x", sent: ["1", "3"] }],
  });
});

Deno.test("mergeCopies() puts lists together where it is told to", () => {
  const list = [{ id: 1, runners: [1], quotes: [1] }, { id: "1", runners: [2], quotes: [] }];
  assertEquals(mergeCopies(list, "id", ["runners"]).map(({ raw }) => raw), [
    { id: "1", runners: [1, 2], quotes: [1] },
  ]);
});

Deno.test("mergeCopies() leaves alone what has no id, and keeps everything's place", () => {
  const list = [null, "race", { id: "" }, { id: "" }, { id: {} }, ["a"], { id: "a" }];
  assertEquals(
    mergeCopies(list, "id", []).map(({ raw, index }) => [raw, index]),
    list.map((raw, i) => [raw, i]),
  );
});

Deno.test("mergeCopies() never throws, and has no id twice", () => {
  const element = fc.oneof(fc.anything(), fc.record({ id: fc.constantFrom("a", "b", 3), x: fc.jsonValue() }));
  fc.assert(fc.property(fc.array(element), (list) => {
    const ids = mergeCopies(list, "id", ["x"]).flatMap(({ raw }) =>
      typeof raw === "object" && raw !== null && "id" in raw && typeof raw.id === "string" &&
        /^[ab]$/.test(raw.id)
        ? [raw.id]
        : []
    );
    return new Set(ids).size === ids.length;
  }));
});
