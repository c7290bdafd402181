import { assert, assertEquals } from "@std/assert";
import { excerpt, UnknownFields } from "./unknown_fields.ts";

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

Deno.test("UnknownFields keeps a value whole and storable, so that a secret in it can be found", () => {
  const [field] = countAll([{ deep: "x".repeat(400), odd: "a\0b\uD800" }]);
  assertEquals(field?.first_value, JSON.stringify({ deep: "x".repeat(400), odd: "ab" }));
});

Deno.test("excerpt() cuts a value off by its bytes, never within a character, and keeps it storable", () => {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  for (const sign of ["x", "ä", "€", "\u{1F40E}"]) {
    for (const before of ["", "x", "xx", "xxx"]) {
      const kept = excerpt(before + sign.repeat(500));
      assert(kept.endsWith(`${sign}…`) && kept.isWellFormed(), kept);
      assert(bytes(kept) <= 150 && bytes(kept) > 150 - bytes(sign), `${bytes(kept)} bytes`);
    }
    const fits = sign.repeat(Math.floor(150 / bytes(sign)));
    assertEquals(excerpt(fits), fits);
    assert(excerpt(fits + sign) !== fits + sign);
  }
  assertEquals(excerpt("a\0b\uD83D"), "ab");
});
