import { assert, assertEquals } from "@std/assert";
import { connect } from "../../scripts/lab/platform/database.ts";
import { until } from "../../scripts/lab/test_support/until.ts";
import { bootEverything } from "../../scripts/lab/world/boot.ts";

/** A Saturday in May: nine tenths of its page are odds. */
const DAY = "2025-05-03";
/** What an isolate's objects may take: a quarter of what the platform allows it. */
const MEMORY_MEGABYTES = 64;

Deno.test("cards of two megabytes are stored with all their odds in a quarter of an isolate's memory", async () => {
  const functionLog: string[] = [];
  await using everything = await bootEverything({
    apiSpeed: 50,
    platform: {
      cron: "manual",
      memoryMegabytes: MEMORY_MEGABYTES,
      onFunctionLog: (line) => void functionLog.push(line),
    },
  });
  await using resources = new AsyncDisposableStack();
  const sql = connect(everything.platform.databaseUrl, { max: 1, name: "test" });
  resources.defer(() => sql.end({ timeout: 1 }));
  const answer = await fetch(
    `${everything.api?.url}/racecards/pro?date=${DAY}&region_codes=gb&region_codes=ire`,
    { headers: { authorization: `Basic ${btoa("local:local")}` } },
  );
  const page = await answer.text();
  assert(page.length > 2_000_000, `${page.length} bytes`);

  await sql`update backfill_settings set capture_odds = true`;
  const [run] = await sql<{ id: number }[]>`
    select backfill_start(${DAY}::date, ${DAY}::date, array['racecards'])::integer as id
  `;
  const state = async () =>
    (await sql<{ state: string }[]>`select state from backfill_status where run_id = ${run?.id ?? null}`)[0]
      ?.state;
  await until(async () => ["succeeded", "failed"].includes(await state() ?? ""), "the run's end", {
    more: () => functionLog.join("\n"),
  });
  assertEquals(await state(), "succeeded", functionLog.join("\n"));
  const [stored] = await sql<{ runners: number; errors: number }[]>`
    select
      (select count(distinct (race_id, horse_id))::integer from ra_runner_odds) as runners,
      (select count(*)::integer from ingest_errors) as errors
  `;
  assertEquals(stored?.errors, 0);
  assert((stored?.runners ?? 0) > 300, `${stored?.runners} runners with odds`);
});
