import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, type Sql } from "../../scripts/lab/platform/database.ts";
import { until } from "../../scripts/lab/test_support/until.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claim, claimed, start } from "./support/chunks.ts";

// The races stand for all tables. Ids of 200 characters make their key larger than 2 MB; each other index is smaller.

const INDEX = "ra_races_pkey";
/** Its minute is the last of ten, so that the next sweep looks for what is to be compacted. */
const BEFORE_A_LOOK = "2026-06-15T11:09:00Z";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset(BEFORE_A_LOOK);
  await db.sql`select stop_schedules()`;
  await db.sql`select cron.unschedule(jobname) from cron.job where jobname = 'engine-compact'`;
  await db.sql`delete from cron.job_run_details`;
  await db.sql`insert into ra_mst_courses (id, name) values ('crs_1', 'Upper Sandbury')`;
  // As a backfill does: the newest first, and so in falling order.
  await db.sql`
    insert into ra_races (id, course_id, region_code, race_date)
    select 'rac_' || lpad((9000000 - nth)::text, 200, '0'), 'crs_1', 'gb', date '2026-06-10' - nth / 40
    from generate_series(1, 8000) as nth
  `;
  await db.admin`vacuum analyze ra_races`;
});

const sizeOf = async (index: string) =>
  (await db.sql<{ bytes: number }[]>`select pg_relation_size(${index}::regclass)::float8 as bytes`)[0]
    ?.bytes ?? NaN;

const job = async () =>
  (await db.sql<{ schedule: string; command: string }[]>`
    select schedule, command from cron.job where jobname = 'engine-compact'
  `)[0];

const compactions = async () => [
  ...await db.sql<{ index_name: string; ended: boolean; error: string | null }[]>`
    select index_name, ended_at is not null as ended, error from engine.compactions order by index_name
  `,
];

async function sweepAfter(interval: string): Promise<void> {
  await db.passTime(interval);
  await db.sql`select engine.sweep()`;
}

/** What pg_cron does with the job, in a session of its own. */
async function runJob(session: Sql = db.sql): Promise<void> {
  const command = (await job())?.command;
  if (command === undefined) throw new Error("Nothing is to be compacted");
  await session.unsafe(command);
}

/** A session of its own, as pg_cron gives each run of a job. */
async function withSession(name: string, work: (session: Sql) => Promise<void>): Promise<void> {
  const session = connect(db.adminUrl, { max: 1, name, role: "postgres" });
  try {
    await work(session);
  } finally {
    await session.end({ timeout: 1 });
  }
}

/** Lets the job fail as a time limit makes it: another transaction keeps it waiting, and it leaves a part behind. */
async function failJob(): Promise<void> {
  await db.sql.begin(async (transaction) => {
    await transaction`update ra_mst_courses set name = 'Lower Sandbury'`;
    await transaction`delete from ra_races where race_date = '2026-06-10'`;
    await withSession("failing job", async (session) => {
      await session`set statement_timeout = '300ms'`;
      await assertRejects(() => runJob(session), Error, "statement timeout");
    });
  });
  await db.admin`
    insert into cron.job_run_details (jobid, command, username, database, status, return_message, start_time, end_time)
    select jobid, command, 'postgres', current_database(), 'failed',
      E'ERROR:  canceling statement due to statement timeout\n', now(), now()
    from cron.job where jobname = 'engine-compact'
  `;
}

Deno.test("an index that a backfill left half empty is compacted once, by a job for the next minute", async () => {
  const before = await sizeOf(INDEX);
  await sweepAfter("1 minute");
  assertEquals(await job(), {
    schedule: "11 11 15 6 *",
    command: `reindex index concurrently public.${INDEX}`,
  });
  // A tick that comes before the job has begun changes nothing.
  await sweepAfter("1 minute");
  assertEquals(await compactions(), [{ index_name: INDEX, ended: false, error: null }]);
  await runJob();
  const after = await sizeOf(INDEX);
  assert(after < 0.7 * before, `${before} bytes before, ${after} after`);
  await sweepAfter("1 minute");
  assertEquals(await compactions(), [{ index_name: INDEX, ended: true, error: null }]);
  assertEquals(await job(), undefined);
  const [noted] = await db.sql`
    select bytes_before::float8 as before, bytes_after::float8 as after from engine.compactions
  `;
  assertEquals({ ...noted }, { before, after });
  const [row] = await db.sql`select state, finding from engine.check_indexes()`;
  assertEquals(row?.["state"], "ok");
  assertMatch(
    row?.["finding"],
    /^ra_races_pkey was the last to be compacted, at .*: \d\.\d MB before, \d\.\d after\.$/,
  );

  for (let nth = 0; nth < 30; nth++) await sweepAfter("1 minute");
  assertEquals(await job(), undefined);
});

Deno.test("an index whose entries take a quarter more since is compacted again, and a small one never", async () => {
  await sweepAfter("1 minute");
  await runJob();
  await sweepAfter("1 minute");
  await db.sql`
    insert into ra_races (id, course_id, region_code, race_date)
    select 'rac_' || lpad((8000000 - nth)::text, 200, '0'), 'crs_1', 'gb', date '2026-06-10' - nth / 40
    from generate_series(1, 12000) as nth
  `;
  await db.admin`analyze ra_races`;
  await sweepAfter("9 minutes");
  assertEquals((await job())?.command, `reindex index concurrently public.${INDEX}`);
  const due = await db.sql`select index_name from engine.indexes_to_compact`;
  assertEquals(due.map((row) => row["index_name"]), [INDEX]);
});

Deno.test("nothing is compacted while days are pulled; horses, which take hours, do not hold it back", async () => {
  await start(db.sql, "2026-06-01", "2026-06-14", { feeds: ["results"] });
  await claimed(db.worker, "results");
  await sweepAfter("1 minute");
  assertEquals(await job(), undefined);
  await db.sql`update backfill_progress set feed = 'horses'`;
  await sweepAfter("10 minutes");
  assertEquals((await job())?.schedule, "21 11 15 6 *");
});

Deno.test("rows are read and written while an index is compacted, and the sweep leaves it alone", async () => {
  await sweepAfter("1 minute");
  await withSession("compaction", async (session) => {
    let compacting = Promise.resolve();
    await db.sql.begin(async (transaction) => {
      await transaction`delete from ra_races where race_date = '2026-06-10'`;
      compacting = runJob(session);
      await until(async () => {
        const waiting = await db.sql`select from pg_locks where not granted`;
        return waiting.length > 0;
      }, "the compaction to wait for that transaction");
      await withSession("page", async (page) => {
        await page`set lock_timeout = '1ms'`;
        await page`insert into ra_races (id, course_id, region_code, race_date) values ('rac_1', 'crs_1', 'gb', '2026-06-01')`;
        await page`update ra_races set race_name = 'Another' where id = 'rac_1'`;
        assertEquals((await page`select race_name from ra_races where id = 'rac_1'`).length, 1);
      });
      // Long after its minute.
      await sweepAfter("7 minutes");
      assertEquals(await compactions(), [{ index_name: INDEX, ended: false, error: null }]);
      assert(await job() !== undefined);
    });
    await compacting;
  });
  await sweepAfter("1 minute");
  assertEquals(await compactions(), [{ index_name: INDEX, ended: true, error: null }]);
});

Deno.test("what a failed compaction leaves over is dropped, and it is tried again the next night", async () => {
  await sweepAfter("1 minute");
  await failJob();
  const left = `${INDEX}_ccnew`;
  await sweepAfter("1 minute");
  const [row] = await db.sql`select state, finding from engine.check_indexes()`;
  assertEquals(row?.["state"], "warning");
  assertMatch(
    row?.["finding"],
    /^ra_races_pkey could not be compacted at .*: canceling statement due to statement timeout\.$/,
  );
  assertEquals((await job())?.command, `drop index concurrently public.${left}`);
  await runJob();
  assertEquals([...await db.sql`select to_regclass(${left}) as left`], [{ left: null }]);
  await sweepAfter("1 minute");
  assertEquals((await compactions()).map(({ index_name }) => index_name), [INDEX]);
  assertEquals(await job(), undefined);
  await sweepAfter("18 minutes");
  assertEquals(await job(), undefined);
  await sweepAfter("20 hours");
  assertEquals((await job())?.command, `reindex index concurrently public.${INDEX}`);
  await runJob();
  await sweepAfter("1 minute");
  assertEquals(await compactions(), [{ index_name: INDEX, ended: true, error: null }]);
});

Deno.test("a job that pg_cron does not run is given up after five minutes", async () => {
  await sweepAfter("1 minute");
  await sweepAfter("5 minutes");
  assertEquals((await compactions())[0]?.ended, false);
  await sweepAfter("1 minute");
  assertEquals(await compactions(), [{
    index_name: INDEX,
    ended: true,
    error: "pg_cron did not run it: see cron.job_run_details",
  }]);
  assertEquals(await job(), undefined);
});

Deno.test("the job's minute is told in the time zone that pg_cron has", async () => {
  await db.sql.begin(async (transaction) => {
    await transaction`select set_config('cron.timezone', 'Asia/Kolkata', true)`;
    await transaction`
      select engine.begin_compaction(due) from engine.indexes_to_compact as due where due.index_name = ${INDEX}
    `;
  });
  assertEquals((await job())?.schedule, "40 16 15 6 *");
});

Deno.test("a backfill stops early enough for its indexes to be compacted, and goes on by itself afterwards", async () => {
  // What is freed while the index is compacted, beside what the new index saves.
  await db.sql`create table testing.ballast as select lpad('', 1900) as text from generate_series(1, 8000)`;
  const run = await start(db.sql, "2026-06-01", "2026-06-14", { feeds: ["results"] });
  await db.sql`
    update backfill_settings
    set database_limit_megabytes = ceil(pg_database_size(current_database()) / 1e6) + 15
  `;
  assertEquals(await claim(db.worker, "results"), undefined);
  const status = async () =>
    (await db.sql`select state, what_to_do from backfill_status where run_id = ${run}`)[0] ?? {};
  const { state, what_to_do } = await status();
  assertEquals(state, "paused");
  assertMatch(
    what_to_do,
    /^The database has \d+ of the \d+ MB that the plan allows\. While there is room for it, its indexes are compacted, which takes some minutes; then the run goes on by itself\.$/,
  );
  // Not only each ten minutes while a run waits.
  await sweepAfter("2 minutes");
  await runJob();
  await sweepAfter("1 minute");
  assertEquals((await status())["state"], "paused", "hardly any room was freed");
  await db.sql`drop table testing.ballast`;
  await sweepAfter("1 minute");
  assertEquals((await status())["state"], "waiting");
  await claimed(db.worker, "results");
});

Deno.test("a run that waits for room is not kept waiting by an index that there is no room to compact", async () => {
  const run = await start(db.sql, "2026-06-01", "2026-06-14", { feeds: ["results"] });
  await db.sql`
    update backfill_settings
    set database_limit_megabytes = ceil(pg_database_size(current_database()) / 1e6) + 6
  `;
  assertEquals(await claim(db.worker, "results"), undefined);
  await sweepAfter("1 minute");
  assertEquals(await job(), undefined);
  const [status] = await db.sql`select what_to_do from backfill_status where run_id = ${run}`;
  assertMatch(status?.["what_to_do"], /Make room, or take a larger plan/);
  // With room it goes on at once, and the index waits for its end.
  await db.sql`update backfill_settings set database_limit_megabytes = default`;
  await sweepAfter("1 minute");
  assertEquals([...await db.sql`select state from backfill_status where run_id = ${run}`], [{
    state: "waiting",
  }]);
  assertEquals(await job(), undefined);
  await db.sql`select backfill_cancel(${run})`;
  await sweepAfter("9 minutes");
  assertEquals((await job())?.command, `reindex index concurrently public.${INDEX}`);
});
