import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { MonthState } from "../coverage_month.ts";
import { type GridMonth, renderGrid } from "./grid.ts";
import { createPaint } from "./paint.ts";

const plain = createPaint(false);

function month(feed: string, text: string | null, state: MonthState = "complete"): GridMonth {
  return { feed, month: text, state, last_error: null, run_id: 1 };
}

function years(feed: string, from: number, to: number): GridMonth[] {
  return Array.from(
    { length: (to - from + 1) * 12 },
    (_, n) => month(feed, `${from + Math.floor(n / 12)}-${String(n % 12 + 1).padStart(2, "0")}-01`),
  );
}

const FAILED: GridMonth = {
  ...month("results", "1991-03-01", "failed"),
  last_error:
    "The Racing API answered 422: the limit is too large for this endpoint and this account, as it says",
  run_id: 7,
};
const SINCE_1988 = [
  month("masters", null),
  ...years("racecards", 2023, 2026),
  ...years("results", 1988, 2026).map((each) => each.month === FAILED.month ? FAILED : each),
];

Deno.test("a failed month of 38 years is within the first 24 lines, with its error and what to do", () => {
  const lines = renderGrid(SINCE_1988, plain).split("\n");
  assert(lines.length > 24);
  const top = lines.slice(0, 24).join("\n");
  assertStringIncludes(top, "F results 1991-03, run 7: The Racing API answered 422");
  assertStringIncludes(top, "darkhorses retry 7");
});

Deno.test("the failed cell itself is within the first 24 lines of a grid since 2015", () => {
  const since2015 = [
    month("masters", null),
    ...years("racecards", 2023, 2026),
    ...years("results", 2015, 2026).map((each) =>
      each.month === "2015-12-01" ? { ...FAILED, month: each.month } : each
    ),
  ];
  const lines = renderGrid(since2015, plain).split("\n");
  assert(lines.length <= 24, `${lines.length} lines`);
  assertEquals(lines.find((line) => line.startsWith("2015"))?.trimEnd().endsWith(" ✓ F"), true);
});

Deno.test("no line is longer than 80 columns, and feeds stand side by side where they fit", () => {
  for (const columns of [40, 80, 200]) {
    const longest = Math.max(
      ...renderGrid(SINCE_1988, plain, columns).split("\n").map((line) => line.length),
    );
    assert(longest <= Math.max(80, columns), `${longest} at ${columns}`);
  }
  assertStringIncludes(renderGrid(SINCE_1988, plain, 80), "racecards                 results");
});

Deno.test("each state has a mark of its own, so that colour alone decides nothing", () => {
  const states: MonthState[] = ["complete", "partial", "missing", "running", "failed", "not_available"];
  const grid = renderGrid(states.map((state, n) => month("results", `2026-0${n + 1}-01`, state)), plain);
  assertEquals(grid.split("\n").at(-1), "2026  ✓ P M R F ·");
  const coloured = renderGrid([month("results", "2026-01-01", "failed")], createPaint(true));
  assertStringIncludes(coloured, "\x1b[41m");
});
