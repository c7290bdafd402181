import { assertEquals } from "@std/assert";
import { uk } from "./calendar.ts";
import { Diary } from "./diary.ts";

const gap = { feed: "results", day: "2026-10-22", kind: "never_pulled" };

Deno.test("a gap lasts from when it was first seen until it was not there any more", () => {
  const diary = new Diary();
  diary.noteMorning(uk("2026-10-24", "06:00"), [gap]);
  diary.noteGaps(uk("2026-10-24", "06:01"), [{ ...gap, kind: "provisional" }]);
  diary.noteGaps(uk("2026-10-24", "06:02"), []);
  assertEquals(diary.gaps, [{
    ...gap,
    seenAt: uk("2026-10-24", "06:00"),
    closedAt: uk("2026-10-24", "06:02"),
  }]);
  assertEquals(diary.on("2026-10-24").gapsInTheMorning, 1);
  assertEquals([diary.closedOn("2026-10-24").length, diary.closedOn("2026-10-25").length], [1, 0]);
});

Deno.test("what happens after midnight in London is of that day, in summer as well", () => {
  const diary = new Diary();
  diary.noteCall(new Date("2026-10-20T23:30:00Z"));
  diary.noteCall(new Date("2026-10-27T23:30:00Z"));
  assertEquals([diary.on("2026-10-21").apiCalls, diary.on("2026-10-27").apiCalls], [1, 1]);
});

Deno.test("runs are counted by what asked for them", () => {
  const diary = new Diary();
  const run = { feeds: ["results"], startDate: "2026-10-20", endDate: "2026-10-20" };
  diary.noteRuns([
    { ...run, id: 1, requestedBy: "postgres", createdAt: uk("2026-10-20", "09:00") },
    { ...run, id: 2, requestedBy: "schedule day_results", createdAt: uk("2026-10-20", "13:45") },
    { ...run, id: 3, requestedBy: "schedule day_results", createdAt: uk("2026-10-20", "14:45") },
  ]);
  assertEquals([diary.runsOn("2026-10-20"), diary.runCountOn("2026-10-20")], ["backfill, day_results 2×", 3]);
});
