import { assert, assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "../../../supabase/tests/support/test_database.ts";
import { readPageData } from "./read_page_data.ts";
import { renderPage } from "./render_page.ts";
import { judge } from "./verdict.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

Deno.test("of a new database the page says that nothing was asked for yet", async () => {
  const data = await readPageData(db.sql, "local");
  assertEquals(judge(data).headline, "Nothing was asked for yet");
  assertEquals([data.runs, data.alerts, data.errors, data.throughput.bins], [[], [], [], []]);
  assertEquals(data.made_at.toISOString(), "2026-06-15T11:00:00.000Z");
  assert(renderPage(data).includes("backfill_start"));
});

Deno.test("a dead chunk is a failed month with its error, beside the run, the error log, the calls and the usage", async () => {
  await db.sql`select backfill_start('2026-04-01', '2026-05-31', '{results}')`;
  await db.sql`
    update backfill_progress
    set
      state = 'dead', last_error = 'The API said <no>.', ended_at = engine.clock(), started_at = engine.clock(),
      last_page_at = engine.clock(), api_calls = 3, races_stored = 12
    where period_start = '2026-05-01'
  `;
  await db.sql`
    insert into ingest_errors (run_id, feed, failure_class, endpoint, http_status, attempt, message)
    values (1, 'results', 'chunk', '/results', 422, 1, 'The API said <no>.')
  `;
  await db.sql`
    insert into engine.racing_api_calls (run_id, feed, counted_from, calls)
    values (1, 'results', engine.clock() - interval '20 seconds', 3)
  `;
  const data = await readPageData(db.sql, "local");
  const failed = data.months.filter(({ state }) => state === "failed");
  assertEquals(failed.map(({ feed, month, last_error, run_id }) => [feed, month, last_error, run_id]), [
    ["results", "2026-05-01", "The API said <no>.", 1],
  ]);
  assertEquals(data.runs.map(({ run_id, state, chunks_dead }) => [run_id, state, chunks_dead]), [[
    1,
    "running",
    1,
  ]]);
  assertEquals(data.errors.map(({ http_status, message }) => [http_status, message]), [[
    422,
    "The API said <no>.",
  ]]);
  assertEquals(data.throughput.bin_seconds, 10);
  assertEquals(data.throughput.bins.map(({ feed, races, calls }) => [feed, races, calls]), [
    ["results", 0, 3],
    ["results", 12, 0],
  ]);
  assertEquals(data.usage.at(0)?.day, "2026-06-15");
  assertEquals(data.usage.at(0)?.api_calls, 3);
  assertEquals(data.freshness.map(({ feed }) => feed), ["results", "racecards", "horses", "masters"]);
  assertEquals(data.database_limit_megabytes, 500);
  const page = renderPage(data);
  assert(page.includes("1 month failed") && page.includes("The API said &lt;no&gt;."), page);
});

Deno.test("reading changes nothing and waits for nobody", async () => {
  await db.sql.begin(async (other) => {
    await other`lock table backfill_progress, ra_coverage, alerts in exclusive mode`;
    assertEquals((await readPageData(db.sql, "local")).months.filter(({ state }) => state === "failed"), []);
  });
});
