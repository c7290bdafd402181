import { assertEquals, assertThrows } from "@std/assert";
import { readCourses, readRegions } from "./read_courses.ts";
import { UnreadableBodyError } from "./unreadable_body_error.ts";

const penshire = { id: "crs_8001", course: "Penshire-AW", region_code: "GB", region: "Great Britain" };

Deno.test("readCourses() lists the courses by the name that /courses gives them", () => {
  const { rows, total } = readCourses({ courses: [penshire], total: 69 });
  assertEquals(total, 69);
  assertEquals(rows.courses, [{ id: "crs_8001", name: "Penshire-AW", region_code: "gb", is_listed: true }]);
  assertEquals(rows.rejects, []);
});

Deno.test("readCourses() rejects a course without an id and keeps the others", () => {
  const nameless = { ...penshire, id: null };
  const { rows } = readCourses({ courses: [nameless, penshire, 7], total: 3 });
  assertEquals(rows.courses.length, 1);
  assertEquals(rows.rejects.map(({ kind, path, reason, raw }) => ({ kind, path, reason, raw })), [
    { kind: "course", path: "id", reason: "id is missing.", raw: nameless },
    { kind: "course", path: "", reason: "It is not an object.", raw: 7 },
  ]);
});

Deno.test("readCourses() counts fields that it does not know", () => {
  const { rows } = readCourses({ courses: [{ ...penshire, latitude: 1 }], total: 1 });
  assertEquals(rows.unknown_fields, [{
    object: "course",
    field: "latitude",
    seen: 1,
    first_value: "1",
    newest_value: "1",
  }]);
});

Deno.test("readCourses() refuses a body that is no list of courses", () => {
  assertThrows(() => readCourses([]), UnreadableBodyError, "a list courses and a number total");
});

Deno.test("readRegions() lists every region in lower case and names the wanted ones that are not there", () => {
  const body = [{ region: "South Africa", region_code: "saf" }, {
    region: "Great Britain",
    region_code: "GB",
  }];
  const { rows, missing } = readRegions(body, ["gb", "sa", "GB"]);
  assertEquals(rows.regions, [{ code: "gb", name: "Great Britain" }, { code: "saf", name: "South Africa" }]);
  // What is pulled is compared with what is stored, letter by letter.
  assertEquals(missing, ["sa", "GB"]);
});

Deno.test("readRegions() rejects a region without a code", () => {
  const { rows } = readRegions([{ region: "Nowhere", region_code: "" }], []);
  assertEquals(rows.regions, []);
  assertEquals(rows.rejects.map(({ kind, reason }) => ({ kind, reason })), [
    { kind: "region", reason: "region_code is missing." },
  ]);
});

Deno.test("readRegions() refuses a body that is no list", () => {
  assertThrows(() => readRegions({ detail: "Not Found" }, []), UnreadableBodyError, "a list of regions");
});
