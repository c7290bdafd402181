import { assert, assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { FIRST_DAY, LAST_DAY, planCalendar, uk } from "./calendar.ts";

Deno.test("seven in the morning is another instant after the clocks went back", () => {
  assertEquals(uk("2026-10-24", "07:00").toISOString(), "2026-10-24T06:00:00.000Z");
  assertEquals(uk("2026-10-25", "07:00").toISOString(), "2026-10-25T07:00:00.000Z");
});

Deno.test("the whole fortnight has each kind of event, an outage of six hours and two sleeps, for any seed", () => {
  for (const seed of [1, 2, 3, 10]) {
    const calendar = planCalendar(seed, FIRST_DAY, LAST_DAY);
    assertEquals(calendar.script.map(({ kind }) => kind), [
      "ratings together",
      "result corrected",
      "race added late",
      "result in two steps",
      "meeting moved",
      "meeting abandoned",
    ]);
    assertEquals(calendar.asleep.length, 2);
    assertEquals(calendar.outages.map(({ from, to }) => (to.getTime() - from.getTime()) / 3_600_000), [6]);
    assertEquals(planCalendar(seed, FIRST_DAY, LAST_DAY), calendar);
  }
});

Deno.test("a part of it has only what lies within it", () => {
  const { script, asleep, outages, start, end, remarks } = planCalendar(1, "2026-10-24", "2026-10-26");
  assertEquals(script.map(({ kind }) => kind), ["meeting moved", "meeting abandoned"]);
  assertEquals([asleep, outages], [[], []]);
  assertEquals([start.toISOString(), end.toISOString()], [
    "2026-10-24T08:00:00.000Z",
    "2026-10-27T08:00:00.000Z",
  ]);
  assert(remarks.get("2026-10-25")?.includes("clocks go back"));
});

Deno.test("a part that begins or ends asleep, or backwards, is refused with a sentence", () => {
  assertThrows(() => planCalendar(1, "2026-10-22", "2026-10-26"), Problem, "would begin");
  assertThrows(() => planCalendar(1, "2026-10-20", "2026-10-22"), Problem, "would end");
  assertThrows(() => planCalendar(1, "2026-10-25", "2026-10-24"), Problem, "is after");
});
