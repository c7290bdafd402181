import { assert, assertEquals } from "@std/assert";
import { inTransaction } from "../../scripts/lab/platform/database.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

// What has ended costs nothing: a database with years of it, in which nothing is to do.

const RACES = 20_000;
const UNFINISHED = 3;
const RUNS = 2000;
const JOBS = ["engine.sweep()", "engine.watch()", "engine.start_due_pulls()"];

let db: TestDatabase;
Deno.test.beforeAll(async () => {
  db = await startTestDatabase();
  // Half an hour, and more, before the next pull is due.
  await db.reset("2026-06-15T11:35:00Z");
  await fill();
});
Deno.test.afterAll(() => db.stop());

/** Twenty years with a race or two a day, and thousands of pulls that succeeded. */
async function fill(): Promise<void> {
  await db.sql`insert into ra_mst_regions (code, name) values ('gb', 'Great Britain')`;
  await db.sql`
    insert into ra_mst_courses (id, name, region_code, is_listed) values ('crs_1', 'Upper Sandbury', 'gb', false)
  `;
  await db.sql`
    insert into ra_races (id, course_id, region_code, race_date, card_date, has_card, has_result)
    select 'rac_' || nth, 'crs_1', 'gb', day.day, day.day, true, nth > ${UNFINISHED}
    from generate_series(1, ${RACES}) as nth
    cross join lateral (select date '2026-06-10' - nth / 3 as day) as day
  `;
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select feed, day, 3, 3, 0, engine.clock(), '{gb,ire}'
    from
      unnest(array['racecards', 'results']) as feed,
      generate_series(date '2026-06-10' - ${RACES} / 3, date '2026-06-15', interval '1 day') as day
  `;
  await db.sql`
    insert into backfill_runs (start_date, end_date, feeds, newest_first, reprocess, kind)
    select date '2026-06-14', date '2026-06-14', array['results'], true, 'all', 'schedule'
    from generate_series(1, ${RUNS})
  `;
  await db.sql`
    insert into backfill_progress (
      run_id, feed, period_start, period_end, kind, place_in_run, state, pages_planned, pages_expected, ended_at
    )
    select run.id, feed, run.start_date, run.end_date + 1, run.kind, 1, 'succeeded', 1, 1, engine.clock()
    from backfill_runs as run, unnest(array['racecards', 'results']) as feed
  `;
  await db.sql`select start_schedules()`;
  // The first tick starts what was never pulled, which ends at once.
  await db.sql`select engine.start_due_pulls()`;
  await db.sql`
    update backfill_progress set state = 'succeeded', ended_at = engine.clock(), reading_since = engine.clock()
    where state = 'waiting'
  `;
  await db.takeDispatches();
  for (const job of JOBS) await db.sql.unsafe(`select ${job}`);
  await db.admin`vacuum analyze`;
}

/** How many rows of a table a statement reads. */
async function rowsRead(statement: string, table: string): Promise<number> {
  return await inTransaction(db.sql, async (transaction) => {
    const read = async () => {
      const [row] = await transaction<{ rows: number }[]>`
        select (seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as rows
        from pg_stat_xact_user_tables where relid = ${table}::regclass
      `;
      return row?.rows ?? NaN;
    };
    const before = await read();
    await transaction.unsafe(statement);
    return await read() - before;
  });
}

for (const job of JOBS) {
  Deno.test(`with nothing to do, ${job} reads no race, and no chunk that has ended`, async () => {
    assertEquals(await rowsRead(`select ${job}`, "ra_races"), 0);
    assertEquals(await rowsRead(`select ${job}`, "backfill_progress"), 0);
  });
}

Deno.test("coverage_gaps reads the races that have a card and no result, and no other", async () => {
  const gaps = await db.sql`select missing from coverage_gaps where kind = 'no_result'`;
  assertEquals(gaps.length, 2, "the third race of 10 June is of the 9th");
  assertEquals(await rowsRead("select * from coverage_gaps", "ra_races"), UNFINISHED);
});

Deno.test("freshness and months are told without reading races", async () => {
  for (const view of ["data_freshness", "coverage_months"]) {
    const rows = await rowsRead(`select * from ${view}`, "ra_races");
    // The newest of each feed, from the end of an index.
    assert(rows <= UNFINISHED + 2, `${view} reads ${rows} races`);
  }
});

Deno.test("in most idle minutes a tick runs no part and writes nothing, and in the others heartbeats and locks", async () => {
  const position = async () => {
    const [row] = await db.sql<{ bytes: number }[]>`
      select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes
    `;
    return row?.bytes ?? NaN;
  };
  const [job] = await db.sql<
    { command: string }[]
  >`select command from cron.job where jobname = 'engine-tick'`;
  const minutes = 30;
  let bytes = 0;
  let quiet = 0;
  for (let minute = 0; minute < minutes; minute++) {
    await db.passTime("1 minute");
    const before = await position();
    await db.sql.unsafe(job?.command ?? "");
    const written = await position() - before;
    bytes += written;
    if (written === 0) quiet++;
  }
  assertEquals(await db.takeDispatches(), []);
  assert(quiet >= 25, `${quiet} of ${minutes} minutes wrote nothing`);
  assert(bytes < 300 * minutes, `${bytes} bytes in ${minutes} minutes`);
});
