import { assertEquals } from "@std/assert";
import { FIRST_DAY, LAST_DAY, planCalendar, uk } from "./calendar.ts";
import { describeAlerts, expectedTroubles, missedTimes, normalDays } from "./checks.ts";

const whole = planCalendar(1, FIRST_DAY, LAST_DAY);

Deno.test("a normal day is neither the first one nor one with a sleep or an outage", () => {
  assertEquals(normalDays(whole), [
    "2026-10-21",
    "2026-10-25",
    "2026-10-26",
    "2026-12-23",
    "2026-12-24",
    "2026-12-25",
    "2026-12-26",
    "2026-12-27",
    "2026-12-28",
  ]);
});

Deno.test("a schedule keeps its UK time on both sides of the end of summer time", () => {
  const calendar = planCalendar(1, "2026-10-24", "2026-10-25");
  const schedules = [{ name: "evening_results", times: ["20:00"] }];
  const runsAt = (...moments: readonly string[]) => ({
    runs: moments.map((moment, id) => ({
      ...{ id, requestedBy: "schedule evening_results", feeds: ["results"] },
      ...{ startDate: "2026-10-24", endDate: "2026-10-24", createdAt: new Date(moment) },
    })),
  });
  assertEquals(missedTimes(schedules, runsAt("2026-10-24T19:00:01Z", "2026-10-25T20:00:01Z"), calendar), []);
  assertEquals(missedTimes(schedules, runsAt("2026-10-24T19:00:01Z", "2026-10-25T19:00:01Z"), calendar), [
    "evening_results did not start at 2026-10-25T20:00:00.000Z.",
  ]);
});

Deno.test("nothing is due while the project sleeps, and an outage excuses what fails in it", () => {
  const asleep = { ...whole, end: uk("2026-10-24", "08:00"), outages: [] };
  const schedules = [{ name: "day_results", times: ["13:45"] }];
  assertEquals(missedTimes(schedules, { runs: [] }, asleep).length, 2);
  const outage = { ...whole, start: uk("2026-10-27", "09:00"), end: uk("2026-10-28", "05:00"), asleep: [] };
  assertEquals(missedTimes(schedules, { runs: [] }, outage), []);
});

Deno.test("each trouble is reported once, and once when it is resolved; a standstill only once", () => {
  assertEquals(expectedTroubles(whole), [
    "freshness racecards",
    "freshness results",
    "standstill the sweep",
    "standstill the sweep",
  ]);
  const calendar = { asleep: [], outages: whole.outages };
  const tell = (phase: "raised" | "resolved", subject: string) => ({
    ...{ phase, subject, kind: "freshness" },
    at: uk("2026-10-27", "14:46"),
  });
  const told = ["racecards", "results"].flatMap((feed) => [tell("raised", feed), tell("resolved", feed)]);
  assertEquals(describeAlerts(calendar, told), []);
  assertEquals(describeAlerts(calendar, [...told, tell("raised", "results")]), [
    '"freshness results" should be reported as raised 1 times and was 2 times.',
  ]);
  assertEquals(describeAlerts(calendar, told.slice(1)).length, 1);
});
