import { assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, finish, ingest, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

Deno.test("a chunk has its place among the run's chunks of its feed, and its last day is inclusive", async () => {
  const run = await start(db.sql, "2026-03-10", "2026-05-31", { feeds: ["racecards", "results"] });
  await start(db.sql, "2020-01-01", "2020-12-31", { feeds: ["results"] });
  const rows = await db.sql`
    select place, feed, first_day::text, last_day::text, state, kind, took
    from backfill_chunks where run_id = ${run} and feed = 'results' order by chunk_id
  `;
  assertEquals(rows.map((row) => ({ ...row })), [
    {
      place: "1/3",
      feed: "results",
      first_day: "2026-05-01",
      last_day: "2026-05-31",
      state: "waiting",
      kind: "backfill",
      took: null,
    },
    {
      place: "2/3",
      feed: "results",
      first_day: "2026-04-01",
      last_day: "2026-04-30",
      state: "waiting",
      kind: "backfill",
      took: null,
    },
    {
      place: "3/3",
      feed: "results",
      first_day: "2026-03-10",
      last_day: "2026-03-31",
      state: "waiting",
      kind: "backfill",
      took: null,
    },
  ]);
});

Deno.test("an ended chunk says how long it took in whole seconds, and has no next attempt", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(
    db.worker,
    held,
    page({ before: [null, 0], after: [null, 0] }, { api_total: 0, api_calls: 1 }),
  );
  await db.passTime("83.4567 seconds");
  assertEquals(await finish(db.worker, held), "succeeded");
  const [row] = await db.sql`
    select took::text, next_attempt_at, api_calls, invocations, attempts, last_error from backfill_chunks
  `;
  assertEquals({ ...row }, {
    took: "00:01:23",
    next_attempt_at: null,
    api_calls: 1,
    invocations: 1,
    attempts: 0,
    last_error: null,
  });
});

Deno.test("a chunk that failed waits for its next attempt, with its error", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await db.worker`
    select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'transient', 'busy', retry_after_seconds => 1000)
  `;
  const [row] = await db.sql`
    select state, attempts, last_error, extract(epoch from next_attempt_at - engine.clock())::integer as wait
    from backfill_chunks
  `;
  assertEquals({ ...row }, { state: "waiting", attempts: 1, last_error: "busy", wait: 1000 });
});
