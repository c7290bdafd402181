import { assert, assertEquals } from "@std/assert";
import { cardRunner, course, racecard, racecardsPage, result, resultRunner, resultsPage } from "./schemas.ts";

const RACE = { race_id: "rac_1", date: "2025-10-14", course_id: "crs_1", region: "GB" };

Deno.test("a race needs its id, day, course and region, and nothing else", () => {
  assertEquals(racecard.safeParse(RACE).success, true);
  assertEquals(result.safeParse({ ...RACE, runners: [] }).success, true);
  for (const field of Object.keys(RACE)) {
    for (const missing of [undefined, null, "", "-"]) {
      assertEquals(racecard.safeParse({ ...RACE, [field]: missing }).success, false, `${field}: ${missing}`);
    }
  }
});

Deno.test("a result needs its list of runners, because who is not in it did not run", () => {
  assertEquals(result.safeParse(RACE).success, false);
});

Deno.test("a runner needs the id of its horse, and nothing else", () => {
  for (const schema of [cardRunner, resultRunner]) {
    assertEquals(schema.safeParse({ horse_id: "hrs_1" }).success, true);
    assertEquals(schema.safeParse({ horse: "Wet Ink" }).success, false);
  }
});

Deno.test("a value may be a text, a number, a boolean, null or absent", () => {
  for (const draw of ["5", 5, true, null, undefined]) {
    assertEquals(cardRunner.safeParse({ horse_id: "hrs_1", draw }).success, true);
  }
  assertEquals(cardRunner.safeParse({ horse_id: "hrs_1", draw: {} }).success, false);
});

Deno.test("ids and days are checked and regions lower case when they leave the schema", () => {
  const { region, date } = racecard.parse(RACE);
  assertEquals([region, date], ["gb", "2025-10-14"]);
  assertEquals(racecard.safeParse({ ...RACE, date: "2015-02-30" }).success, false);
  assertEquals(course.parse({ id: 17 }).id, "17");
});

Deno.test("unknown fields pass", () => {
  assertEquals(cardRunner.parse({ horse_id: "hrs_1", pace: "front" }).pace, "front");
});

Deno.test("a page needs its list and a number as its total", () => {
  assertEquals(racecardsPage.safeParse({ racecards: [], total: 0 }).success, true);
  assertEquals(resultsPage.safeParse({ results: [], total: "0" }).success, false);
  assertEquals(resultsPage.safeParse({ results: null, total: 0 }).success, false);
});

Deno.test("an odd echo of limit or skip costs no page", () => {
  const page = { results: [], total: 0, limit: [null], skip: { from: 3 } };
  assert(resultsPage.safeParse(page).success);
});
