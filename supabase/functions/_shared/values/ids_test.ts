import { assertEquals } from "@std/assert";
import { readId, readRegionCode } from "./ids.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readId() keeps an id as opaque text, however large its number", () => {
  assertEquals(readId("rac_32300502975"), known("rac_32300502975"));
  assertEquals(readId(32300502975), known("32300502975"));
});

Deno.test("readId() takes the id of an undeclared jockey for missing", () => {
  assertEquals(readId(""), MISSING);
});

Deno.test("readId() refuses what no index of Postgres can hold", () => {
  assertEquals(readId("x".repeat(200)).value?.length, 200);
  assertEquals(readId("x".repeat(201)).problem, "is longer than 200 characters");
});

Deno.test("readRegionCode() brings every code to lower case", () => {
  assertEquals(readRegionCode("GB"), known("gb"));
  assertEquals(readRegionCode("ire"), known("ire"));
  assertEquals(readRegionCode(""), MISSING);
});
