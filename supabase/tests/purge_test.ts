import { assertEquals, assertRejects } from "@std/assert";
import { until } from "../../scripts/lab/test_support/until.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { start } from "./support/chunks.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

async function purge(): Promise<Record<string, number>> {
  const rows = await db.sql<{ what: string; deleted: number }[]>`
    select what, rows_deleted::integer as deleted from engine.purge()
  `;
  return Object.fromEntries(rows.map(({ what, deleted }) => [what, deleted]));
}

Deno.test("the upkeep runs every night", async () => {
  const jobs = await db.sql`select schedule, command from cron.job where jobname = 'engine-upkeep'`;
  assertEquals([...jobs], [{ schedule: "10 4 * * *", command: "select * from engine.purge()" }]);
});

Deno.test("what is older than the settings say goes, what is younger stays", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`
    insert into ingest_errors (occurred_at, feed, failure_class, attempt, message)
    select engine.clock() - days * interval '1 day', 'results', 'transient', 1, 'down' from unnest(array[89, 91]) as days
  `;
  await db.sql`
    insert into engine.racing_api_calls (run_id, feed, counted_from, calls)
    select ${run}, 'results', engine.clock() - days * interval '1 day', 1 from unnest(array[6, 8]) as days
  `;
  await db.sql`
    insert into alerts (kind, subject, message, raised_at, resolved_at)
    select 'gap', days::text, 'gone', engine.clock() - interval '400 days', engine.clock() - days * interval '1 day'
    from unnest(array[179, 181]) as days
  `;
  await db.sql`
    insert into alerts (kind, subject, message, raised_at) values ('gap', 'open', 'stands', engine.clock() - interval '400 days')
  `;
  // The first was cut off when the server stopped, so that it has no end.
  await db.admin`delete from cron.job_run_details`;
  await db.admin`
    insert into cron.job_run_details (jobid, status, end_time)
    select jobid, 'succeeded', now() - old.days * interval '1 day'
    from cron.job, (values (1, null), (2, 8), (3, 6)) as old (place, days) where jobname = 'engine-tick' order by old.place
  `;
  const deleted = await purge();
  assertEquals(deleted, {
    ingest_errors: 1,
    racing_api_calls: 1,
    invocations: 0,
    daily_usage: 0,
    backfill_runs: 0,
    ingest_rejects: 0,
    alerts: 1,
    "cron.job_run_details": 2,
  });
  assertEquals((await db.sql`select from alerts`).length, 2);
});

Deno.test("scheduled runs that ended long ago go, but for the newest of their kind; backfills and live runs stay", async () => {
  await db.sql`
    insert into backfill_runs (start_date, end_date, feeds, newest_first, reprocess, kind, created_at)
    select '2026-05-01', '2026-05-01', array['results'], true, 'all', kind, engine.clock() - days * interval '1 day'
    from (values ('schedule', 50), ('schedule', 40), ('schedule', 35), ('gaps', 40), ('backfill', 400)) as old (kind, days)
  `;
  await db.sql`
    insert into backfill_progress (run_id, feed, period_start, period_end, kind, place_in_run, pages_planned, pages_expected)
    select min(id), 'results', '2026-05-01', '2026-05-02', 'schedule', 1, 1, 1 from backfill_runs where kind = 'schedule'
  `;
  assertEquals((await purge())["backfill_runs"], 1);
  const left = await db
    .sql`select kind, (engine.clock()::date - created_at::date) as days from backfill_runs order by 1, 2`;
  assertEquals([...left].map(({ kind, days }) => [kind, days]), [
    ["backfill", 400],
    ["gaps", 40],
    ["schedule", 35],
    ["schedule", 50],
  ]);
});

Deno.test("what a purged run stored and covered stays", async () => {
  await db.sql`
    insert into backfill_runs (start_date, end_date, feeds, newest_first, reprocess, kind, created_at)
    select '2026-05-01', '2026-05-01', array['results'], true, 'all', 'schedule', engine.clock() - days * interval '1 day'
    from unnest(array[50, 40]) as days
  `;
  await db.sql`
    insert into backfill_progress (
      run_id, feed, period_start, period_end, kind, place_in_run, pages_planned, pages_expected, state, ended_at
    )
    select id, 'results', '2026-05-01', '2026-05-02', 'schedule', 1, 1, 1, 'succeeded', created_at from backfill_runs
  `;
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions, chunk_id)
    select 'results', '2026-05-01', 3, 3, 0, engine.clock(), '{gb}', min(id) from backfill_progress
  `;
  assertEquals((await purge())["backfill_runs"], 1);
  const [day] = await db.sql`select races_stored, chunk_id from ra_coverage`;
  assertEquals({ ...day }, { races_stored: 3, chunk_id: null });
});

/** An old scheduled pull that was given up, and a newer one of its kind. Returns the old one's id. */
async function oldDeadRun(): Promise<number> {
  await db.sql`
    insert into backfill_runs (start_date, end_date, feeds, newest_first, reprocess, kind, created_at)
    select '2026-05-01', '2026-05-02', array['results'], true, 'all', 'schedule', engine.clock() - days * interval '1 day'
    from unnest(array[40, 1]) as days
  `;
  await db.sql`
    insert into backfill_progress (
      run_id, feed, period_start, period_end, kind, place_in_run, pages_planned, pages_expected, state, ended_at, last_error
    )
    select id, 'results', '2026-05-01', '2026-05-03', 'schedule', 1, 1, 1, 'dead', created_at, 'unreadable' from backfill_runs
  `;
  return 1;
}

/** Resolves once something has ended or waits for a lock. */
async function settledOrBlocked(work: Promise<unknown>): Promise<void> {
  let settled = false;
  work.then(() => settled = true, () => settled = true);
  const waiting = async () =>
    (await db.admin`
      select from pg_catalog.pg_stat_activity where wait_event_type = 'Lock' and application_name like 'test%'
    `).length > 0;
  await until(async () => await waiting() || settled, "the end of the work, or a lock that it waits for");
}

for (const [steering, states] of [["retry", ["dead"]], ["cancel", ["waiting", "working", "dead"]]] as const) {
  Deno.test(`the upkeep and a ${steering} of an old scheduled run do not deadlock: the run stays for another night`, async () => {
    const run = await oldDeadRun();
    const session = await db.sql.reserve();
    try {
      // As far as steering comes before the upkeep does.
      await session`begin`;
      await session`select engine.hold_chunks(${run}, ${states as unknown as string[]})`;
      const night = purge();
      await settledOrBlocked(night);
      await session.unsafe(`select backfill_${steering}(${run})`);
      await session`commit`;
      assertEquals((await night)["backfill_runs"], 0);
    } finally {
      await session`rollback`;
      session.release();
    }
    assertEquals((await db.sql`select from backfill_runs where id = ${run}`).length, 1);
  });
}

Deno.test("the upkeep does not wait for coverage or rejects that are being written", async () => {
  await oldDeadRun();
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, chunk_id, regions)
    values ('results', '2026-05-01', 3, 3, 0, engine.clock(), 1, '{gb,ire}')
  `;
  await db.sql`
    insert into ingest_rejects (feed, kind, path, reason, raw, fingerprint, run_id, chunk_id, last_seen_at, acknowledged_at)
    select
      'results', 'race', '', 'No course', '{}', old.fingerprint, old.run_id, old.run_id,
      engine.clock() - interval '91 days', engine.clock() - old.acknowledged * interval '1 day'
    from (values ('of no run', null, 91), ('of the run', 1, null)) as old (fingerprint, run_id, acknowledged)
  `;
  const purged = async (table: string) =>
    await db.sql.begin(async (transaction) => {
      await transaction.unsafe(`select from ${table} for update`);
      const { backfill_runs, ingest_rejects } = await purge();
      return [backfill_runs, ingest_rejects];
    });
  assertEquals(await purged("ingest_rejects"), [0, 0]);
  assertEquals(await purged("ra_coverage"), [0, 1]);
  assertEquals((await purge())["backfill_runs"], 1);
});

Deno.test("rejects go when they were acknowledged and last met long ago; those not acknowledged stay", async () => {
  await db.sql`
    insert into ingest_rejects (feed, kind, path, reason, raw, fingerprint, last_seen_at, acknowledged_at)
    select
      'results', 'race', '', 'No course', '{}', old.fingerprint,
      engine.clock() - old.met * interval '1 day', engine.clock() - old.acknowledged * interval '1 day'
    from (values ('gone', 100, 91), ('young', 100, 89), ('comes still', 1, 100), ('unread', 400, null)) as old (fingerprint, met, acknowledged)
  `;
  assertEquals((await purge())["ingest_rejects"], 1);
  const left = await db.sql<{ fingerprint: string }[]>`select fingerprint from ingest_rejects order by 1`;
  assertEquals(left.map(({ fingerprint }) => fingerprint), ["comes still", "unread", "young"]);
});

Deno.test("a runner of a result that could not be understood stays a reject: it says that the horse ran", async () => {
  await db.sql`
    insert into ingest_rejects (feed, kind, path, reason, raw, fingerprint, last_seen_at, acknowledged_at)
    select old.feed, old.kind, '', 'No weight', '{}', old.feed || old.kind, old.met, old.met
    from (values ('results', 'runner'), ('results', 'race'), ('racecards', 'runner')) as rejects (feed, kind)
    cross join lateral (select rejects.feed, rejects.kind, engine.clock() - interval '91 days' as met) as old
  `;
  assertEquals((await purge())["ingest_rejects"], 2);
  const left = await db.sql`select feed, kind from ingest_rejects`;
  assertEquals(left.map((row) => ({ ...row })), [{ feed: "results", kind: "runner" }]);
});

Deno.test("a locked alert blocks the upkeep for a limited time, then the upkeep rolls back", async () => {
  await db.sql`
    insert into alerts (kind, subject, message, raised_at, resolved_at)
    values ('gap', 'x', 'x', engine.clock() - interval '300 days', engine.clock() - interval '299 days')
  `;
  await db.sql`alter function engine.purge() set lock_timeout = '20ms'`;
  try {
    await db.sql.begin(async (transaction) => {
      await transaction`update alerts set message = 'looked at'`;
      await assertRejects(() => purge(), Error, "lock timeout");
    });
    assertEquals((await purge())["alerts"], 1);
  } finally {
    await db.sql`alter function engine.purge() set lock_timeout = '10s'`;
  }
});
