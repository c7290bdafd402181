import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Snapshot } from "../watch_data.ts";
import { createPaint } from "./paint.ts";
import { bar, renderWatch, watchLine } from "./watch_view.ts";
import { count, duration } from "./words.ts";

const SNAPSHOT: Snapshot = {
  run: {
    run_id: 3,
    state: "running",
    percent: 45.1,
    seconds_left: 7080,
    start_date: "2015-01-01",
    end_date: "2025-10-31",
    feeds: ["masters", "racecards", "results"],
    chunks_total: 131,
    chunks_succeeded: 45,
    chunks_dead: 0,
    races: 51_234,
    runners: 512_345,
    rows_rejected: 2,
    api_calls: 1020,
    calls_per_minute: 268,
    what_to_do: "Wait: it goes on by itself.",
    last_error: null,
    last_error_at: null,
    created_at: "2026-11-25T04:00:00Z",
    ended_at: null,
  },
  feeds: [
    { feed: "masters", percent: 100, chunks_succeeded: 1, chunks_total: 1 },
    { feed: "racecards", percent: 40, chunks_succeeded: 12, chunks_total: 34 },
    { feed: "results", percent: 33.3, chunks_succeeded: 32, chunks_total: 96 },
  ],
  calls_allowed: 378,
  pace_known: true,
  errors: [{
    occurred_at: "2026-11-25T04:10:00Z",
    feed: "results",
    message:
      "The Racing API answered 503, and\nthis sentence goes on for longer than any terminal is wide, as errors do",
  }],
  other_runs: 2,
};

Deno.test("the view begins with the time left, and no line is longer than the terminal is wide", () => {
  for (const columns of [60, 80, 200]) {
    const lines = renderWatch(
      SNAPSHOT,
      createPaint(false),
      columns,
      "The connection is lost (ECONNRESET): trying again.",
    )
      .split("\n");
    assertMatch(lines[0] ?? "", /^1 h 58 min left/);
    assert(lines.every((line) => line.length <= columns), `${columns} columns:\n${lines.join("\n")}`);
    assertEquals(lines.filter((line) => /█|░/.test(line)).length, 3);
    assertStringIncludes(lines.join("\n"), "268 a minute, of 378 that the limits allow");
    assertMatch(lines.at(-1) ?? "", /connection is lost/);
  }
});

Deno.test("there is no escape sequence without colour, and the same text with it", () => {
  const coloured = renderWatch(SNAPSHOT, createPaint(true), 80);
  const plain = renderWatch(SNAPSHOT, createPaint(false), 80);
  assert(!plain.includes("\x1b"));
  // deno-lint-ignore no-control-regex -- the escape sequences are what is removed
  assertEquals(coloured.replace(/\x1b\[\d+m/g, ""), plain);
});

Deno.test("in a pipe a snapshot is one line", () => {
  const line = watchLine(SNAPSHOT);
  assert(!line.includes("\n"));
  assertMatch(line, /^1 h 58 min left, 45\.1 %, run 3 running \| 45\/131 chunks/);
});

Deno.test("until a pace was seen, the time left is the least that the rate limits allow", () => {
  const early: Snapshot = { ...SNAPSHOT, pace_known: false };
  assertMatch(watchLine(early), /^at least 1 h 58 min left/);
  assertMatch(renderWatch(early, createPaint(false), 80), /^at least 1 h 58 min left/);
  const soon = watchLine({ ...early, run: { ...SNAPSHOT.run, seconds_left: 0 } });
  assertMatch(soon, /^time left not known yet/);
  const ended = watchLine({ ...early, run: { ...SNAPSHOT.run, state: "succeeded", seconds_left: null } });
  assertMatch(ended, /^nothing left/);
  assert(!ended.includes("last error"), "of a run that succeeded, errors are history");
  const cancelled = watchLine({ ...early, run: { ...SNAPSHOT.run, state: "cancelled", seconds_left: null } });
  assertMatch(cancelled, /^45\.1 %, run 3 cancelled/);
});

Deno.test("one race is no races", () => {
  assertEquals([0, 1, 2, 1203].map((races) => count(races, "race")), [
    ...["0 races", "1 race", "2 races", "1,203 races"],
  ]);
});

Deno.test("a bar is as wide as it should be, and full only at 100 percent", () => {
  for (const percent of [-1, 0, 0.4, 50, 99, 100, 120]) assertEquals(bar(percent, 20).length, 20);
  assertEquals(bar(100, 4), "████");
  assertEquals(bar(62, 4), "██▌░");
});

Deno.test("a duration has two units at most, and is never rounded down", () => {
  assertEquals([0, 0.2, 59, 60, 3599, 3661, 90_000, 864_000].map(duration), [
    ...["0 s", "1 s", "59 s", "1 min", "59 min 59 s", "1 h 1 min", "1 d 1 h", "10 d"],
  ]);
});
