import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "../platform/database.ts";
import { startPlatform } from "../platform/platform.ts";
import { Problem } from "../../command_line/problem.ts";
import { createPaint } from "../../darkhorses/rendering/paint.ts";
import { followRun } from "./follow.ts";

Deno.test("a run that does not move for two minutes is given up, with what the database says is to be done", async () => {
  // Without functions no chunk is claimed.
  await using platform = await startPlatform({ functions: false, cron: "manual" });
  const sql = connect(platform.adminUrl, { max: 1, name: "test" });
  try {
    const [run] = await sql<{ id: number }[]>`
      select backfill_start(date '2026-06-01', date '2026-06-02')::integer as id
    `;
    let kept = 0;
    let now = 0;
    let shown = "";
    const problem = await assertRejects(
      () =>
        followRun(sql, run?.id ?? NaN, {
          screen: {
            out: (text) => shown += text,
            paint: createPaint(false),
            live: undefined,
            columns: () => 80,
          },
          logFile: "functions.log",
          keepLog: () => `kept-${++kept}.log`,
          now: () => now += 20_000,
        }),
      Problem,
    );
    const [status] = await sql<{ what_to_do: string }[]>`select what_to_do from backfill_status`;
    assertStringIncludes(problem.message, "Nothing has moved for two minutes: given up.");
    assertStringIncludes(problem.message, status?.what_to_do ?? "no status");
    assertStringIncludes(problem.message, "What the functions logged is in kept-1.log.");
    assertEquals(kept, 1);
    const lines = shown.trimEnd().split("\n");
    assertMatch(
      lines[0] ?? "",
      /^at least 3 s left, 0 %, run \d+ waiting \| 0\/3 chunks \| 0 races, 0 runners$/,
    );
    // Nothing changed, so there is no other line but this one.
    assertEquals(lines.slice(1), ["Nothing has moved for 15 s; the functions' log is functions.log"]);
  } finally {
    await sql.end({ timeout: 1 });
  }
});
