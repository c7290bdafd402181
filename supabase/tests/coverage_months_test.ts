import { assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, start } from "./support/chunks.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
// A Monday in June 2026.
Deno.test.beforeEach(() => db.reset());

interface Month {
  readonly month: string | null;
  readonly state: string;
  readonly days: number | null;
  readonly days_covered: number | null;
}

async function months(feed: string): Promise<[string | null, string, number | null, number | null][]> {
  const rows = await db.sql<Month[]>`
    select to_char(month, 'YYYY-MM') as month, state, days, days_covered
    from coverage_months where feed = ${feed} order by month
  `;
  return rows.map((row) => [row.month, row.state, row.days, row.days_covered]);
}

/** Days that were pulled long after they were settled, with all of their races, or with so many fewer. */
async function cover(feed: string, from: string, to: string, missing = 0): Promise<void> {
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select ${feed}, day, 40, 40 - ${missing}::integer, ${missing}, greatest(day + interval '10 days', engine.clock()), '{gb,ire}'
    from generate_series(${from}::date, ${to}::date, interval '1 day') as day
  `;
}

const endChunks = (run: number, state: string, error: string | null = null) =>
  db.sql`
    update backfill_progress set state = ${state}, last_error = ${error}, ended_at = engine.clock() where run_id = ${run}
  `;

Deno.test("nothing asked for gives no month, and the masters are missing", async () => {
  assertEquals(await months("results"), []);
  assertEquals(await months("masters"), [[null, "missing", null, null]]);
});

Deno.test("a feed has a row for each month that was asked for, and none for others", async () => {
  const run = await start(db.sql, "2026-03-15", "2026-04-30", { feeds: ["results"] });
  assertEquals(await months("results"), [
    ["2026-03", "running", 31, 0],
    ["2026-04", "running", 30, 0],
  ]);
  await endChunks(run, "succeeded");
  assertEquals((await months("results"))[1], ["2026-04", "missing", 30, 0]);
  await db.sql`update backfill_progress set state = 'waiting', ended_at = null`;
  await db.sql`select backfill_cancel(${run})`;
  assertEquals(await months("results"), []);
});

Deno.test("a month is complete when all of its days are covered, and partial when some are", async () => {
  await cover("results", "2026-03-01", "2026-04-30");
  await cover("results", "2026-05-01", "2026-05-30");
  assertEquals(await months("results"), [
    ["2026-03", "complete", 31, 31],
    ["2026-04", "complete", 30, 30],
    ["2026-05", "partial", 31, 30],
  ]);
  const [may] = await db.sql`
    select races_in_api, races_stored, races_rejected from coverage_months where feed = 'results' and month = '2026-05-01'
  `;
  assertEquals({ ...may }, { races_in_api: 1200, races_stored: 1200, races_rejected: 0 });
});

Deno.test("a day of which races are missing is not covered", async () => {
  await cover("results", "2026-05-01", "2026-05-31", 2);
  assertEquals((await months("results"))[0], ["2026-05", "partial", 31, 0]);
});

Deno.test("the current month has the days that can be known by now: cards up to today, results up to yesterday", async () => {
  await cover("racecards", "2026-06-01", "2026-06-22");
  await cover("results", "2026-06-01", "2026-06-14");
  assertEquals(await months("racecards"), [["2026-06", "complete", 15, 15]]);
  assertEquals(await months("results"), [["2026-06", "complete", 14, 14]]);
});

Deno.test("on the first of a month there is no result of it yet", async () => {
  await db.setTime("2026-07-01T11:00:00Z");
  await cover("results", "2026-06-01", "2026-06-30");
  assertEquals(await months("results"), [["2026-06", "complete", 30, 30]]);
});

Deno.test("months before the first day of a feed are not available, and the first one has fewer days", async () => {
  await start(db.sql, "2022-12-01", "2023-02-28", { feeds: ["racecards", "results"] });
  assertEquals((await months("racecards")).slice(0, 3), [
    ["2022-12", "not_available", 0, 0],
    ["2023-01", "running", 9, 0],
    ["2023-02", "running", 28, 0],
  ]);
  assertEquals((await months("results"))[0]?.slice(0, 3), ["2022-12", "running", 31]);
});

Deno.test("a dead chunk makes its month failed, with its error, until another pull has brought its days", async () => {
  const run = await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await endChunks(run, "succeeded");
  await db.sql`
    update backfill_progress set state = 'dead', last_error = 'No such day' where period_start = '2026-04-01'
  `;
  await cover("results", "2026-05-01", "2026-06-14");
  const read = () =>
    db.sql`
      select state, chunks_live, chunks_dead, last_error, run_id::integer
      from coverage_months where feed = 'results' and month = '2026-04-01'
    `.then(([row]) => ({ ...row }));
  assertEquals(await read(), {
    state: "failed",
    chunks_live: 0,
    chunks_dead: 1,
    last_error: "No such day",
    run_id: run,
  });
  // The run to retry stays that of the dead chunk.
  const [later] = await db
    .sql`select pull_days(date '2026-04-10', feeds => array['results'])::integer as run`;
  assertEquals(await read().then(({ state, run_id }) => ({ state, run_id })), {
    state: "failed",
    run_id: run,
  });
  await endChunks(later?.["run"], "succeeded");
  await cover("results", "2026-04-01", "2026-04-29");
  assertEquals(await read().then(({ state, run_id }) => ({ state, run_id })), {
    state: "failed",
    run_id: run,
  });
  await cover("results", "2026-04-30", "2026-04-30");
  assertEquals(await read(), {
    state: "complete",
    chunks_live: 0,
    chunks_dead: 0,
    last_error: null,
    run_id: later?.["run"],
  });
});

Deno.test("at night a month lacks nothing while yesterday waits for its nightly pull, as coverage_gaps says", async () => {
  await db.setTime("2026-06-15T22:00:00Z");
  const run = await start(db.sql, "2026-06-15", "2026-06-15", { feeds: ["results"] });
  await endChunks(run, "dead", "No such day");
  await cover("results", "2026-06-01", "2026-06-14");
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    values ('results', '2026-06-15', 40, 40, 0, engine.clock(), '{gb,ire}')
  `;
  const gaps = async () => (await db.sql`select from coverage_gaps where feed = 'results'`).length;
  await db.setTime("2026-06-15T23:30:00Z");
  assertEquals([await months("results"), await gaps()], [[["2026-06", "complete", 15, 15]], 0]);
  await db.setTime("2026-06-16T03:30:00Z");
  assertEquals([await months("results"), await gaps()], [[["2026-06", "failed", 15, 14]], 1]);
});

Deno.test("a chunk that is tried again is running, and says what it failed of", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await db.worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'transient', 'No answer')`;
  const [may] = await db.sql`
    select state, chunks_live, last_error from coverage_months where feed = 'results' and month = '2026-05-01'
  `;
  assertEquals({ ...may }, { state: "running", chunks_live: 1, last_error: "No answer" });
});

Deno.test("daily pulls are in the grid as backfills are", async () => {
  await db.sql`select pull_days(date '2026-06-14', feeds => array['results'])`;
  assertEquals(await months("results"), [["2026-06", "running", 14, 0]]);
});

Deno.test("the masters have one row with the state of their newest run", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["masters"] });
  assertEquals(await months("masters"), [[null, "running", null, null]]);
  await endChunks(run, "dead", "Unknown region");
  assertEquals(await months("masters"), [[null, "failed", null, null]]);
  const [row] = await db.sql`select last_error, run_id::integer from coverage_months where feed = 'masters'`;
  assertEquals({ ...row }, { last_error: "Unknown region", run_id: run });
  const [again] = await db.sql`select pull_masters()::integer as run`;
  await endChunks(again?.["run"], "succeeded");
  assertEquals(await months("masters"), [[null, "complete", null, null]]);
  const [cancelled] = await db.sql`select pull_masters()::integer as run`;
  await db.sql`select backfill_cancel(${cancelled?.["run"]})`;
  assertEquals(await months("masters"), [[null, "complete", null, null]]);
});
