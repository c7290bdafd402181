import { assert, assertEquals } from "@std/assert";
import { UnknownFields } from "./unknown_fields.ts";

function countAll(values: readonly unknown[]) {
  const fields = new UnknownFields();
  for (const pace of values) fields.count("result", { race_id: "rac_1", pace }, new Set(["race_id"]));
  return fields.list();
}

Deno.test("UnknownFields keeps the first and the newest value that is more than a missing one", () => {
  for (const values of [["", "slow", null, "fast", [], "-"], ["slow", "even", "fast"]]) {
    assertEquals(countAll(values).map(({ first_value, newest_value }) => [first_value, newest_value]), [
      ['"slow"', '"fast"'],
    ]);
  }
  assertEquals(countAll([0, false]).map((field) => [field.first_value, field.newest_value]), [[
    "0",
    "false",
  ]]);
  assertEquals(countAll([null, ""]), [
    { object: "result", field: "pace", seen: 2, first_value: null, newest_value: null },
  ]);
});

Deno.test("UnknownFields cuts a long value off, and keeps it storable", () => {
  for (
    const value of ["ä".repeat(5000), "\u{1F40E}".repeat(400), [{ deep: "x".repeat(400) }], "a\0b\uD800"]
  ) {
    const [field] = countAll([value]);
    const kept = field?.first_value ?? "";
    assert(kept.length <= 150 && new TextEncoder().encode(kept).length <= 600 && kept.isWellFormed());
    assert(!kept.includes("\0"));
  }
});
