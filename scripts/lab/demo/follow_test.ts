import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "../platform/database.ts";
import { startPlatform } from "../platform/platform.ts";
import { Problem } from "../../command_line/problem.ts";
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
    const problem = await assertRejects(
      () =>
        followRun(sql, run?.id ?? NaN, {
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
  } finally {
    await sql.end({ timeout: 1 });
  }
});
