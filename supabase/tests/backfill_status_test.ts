import { assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";
import { nodesOf, type PlanNode } from "./support/plan_nodes.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

async function status(run: number) {
  const [row] = await db.sql<
    {
      state: string;
      percent: number;
      calls_per_minute: number | null;
      seconds_left: number | null;
      what_to_do: string;
    }[]
  >`
    select
      state, percent::float8, calls_per_minute::float8, round(extract(epoch from time_left))::integer as seconds_left,
      what_to_do
    from backfill_status where run_id = ${run}
  `;
  if (row === undefined) throw new Error(`There is no run ${run}`);
  return row;
}

/** Stores so many pages of a chunk of results whose period has so many races, one in every so many seconds. */
async function pullResults(pages: number, total: number, secondsAPage: number): Promise<void> {
  const held = await claimed(db.worker, "results");
  await storePages(held, { pages, total, secondsAPage });
  if (pages * 100 >= total) {
    // The pages of this test carry no races; what counts here is how many there are.
    await db.sql`update engine.pages_read set races_in_api = 0 where chunk_id = ${held.chunk_id}`;
    await finish(db.worker, held);
  }
}

/** Stores so many pages of a lease, from its cursor or the given page on. */
async function storePages(
  held: Lease,
  { from = 0, pages, total, secondsAPage }: {
    readonly from?: number;
    readonly pages: number;
    readonly total: number;
    readonly secondsAPage: number;
  },
): Promise<void> {
  for (let nth = from; nth < from + pages; nth++) {
    await db.passTime(`${secondsAPage} seconds`);
    const next = Math.min(total, 100 * (nth + 1));
    await ingest(
      db.worker,
      held,
      page({ before: [null, 100 * nth], after: [null, next] }, { api_total: total, api_calls: 1 }),
    );
  }
}

Deno.test("the time left corrects the months to come by those that are known", async () => {
  // Four months planned with 12, 11, 12 and 12 pages; the newest turns out to have 24.
  const run = await start(db.sql, "2026-01-01", "2026-04-30", { feeds: ["results"] });
  const [planned] = await db
    .sql`select array_agg(pages_planned order by place_in_run) as pages from backfill_progress`;
  assertEquals(planned?.["pages"], [11, 12, 11, 12]);
  assertEquals((await status(run)).seconds_left, Math.round(46 / 4.5));
  await pullResults(22, 2200, 0.1);
  // Twice as many as planned: 24, 22 and 24 are left.
  assertEquals((await status(run)).seconds_left, Math.round(70 / 4.5));
  assertEquals((await status(run)).percent, 23.9);
});

Deno.test("the time left uses the recent rate when that is lower than the limit", async () => {
  const run = await start(db.sql, "2026-01-01", "2026-04-30", { feeds: ["results"] });
  // A page every two seconds instead of the nine that the limits allow; 11 of them are left, and 35 of other months.
  await pullResults(30, 6000, 2);
  const known = 60 - 30;
  const others = (12 + 11 + 12) * 60 / 11;
  assertEquals((await status(run)).seconds_left, Math.round((known + others) / 0.5));
  // The last one belongs to the ten seconds that have just begun.
  assertEquals((await status(run)).calls_per_minute, 29);
});

Deno.test("five calls are a pace, before that the limits count", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  // The first page comes late, as from a function that starts cold: that is no pace.
  await db.passTime("20 seconds");
  await storePages(held, { pages: 4, total: 2000, secondsAPage: 4 });
  assertEquals((await status(run)).seconds_left, Math.round(16 / 4.5));
  await storePages(held, { from: 4, pages: 1, total: 2000, secondsAPage: 4 });
  assertEquals((await status(run)).seconds_left, 15 * 4);
});

Deno.test("pages that take half a minute have their pace, and one that does not come lowers it", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await storePages(held, { pages: 6, total: 2000, secondsAPage: 30 });
  assertEquals((await status(run)).seconds_left, 14 * 30);
  await db.passTime("50 seconds");
  assertEquals((await status(run)).seconds_left, 14 * 200 / 5);
});

Deno.test("a pace that was slow at first is forgotten", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await storePages(held, { pages: 10, total: 9000, secondsAPage: 10 });
  await storePages(held, { from: 10, pages: 50, total: 9000, secondsAPage: 1 });
  assertEquals((await status(run)).seconds_left, 30);
});

Deno.test("a pause is no part of the pace", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await storePages(held, { pages: 5, total: 2000, secondsAPage: 4 });
  await db.sql`select backfill_pause(${run})`;
  await db.worker`select yield_chunk(${held.chunk_id}, ${held.lease_token}, api_calls => 0)`;
  await db.passTime("5 minutes");
  assertEquals((await status(run)).seconds_left, 15 * 4);
  await db.sql`select backfill_resume(${run})`;
  await storePages(await claimed(db.worker, "results"), { from: 5, pages: 1, total: 2000, secondsAPage: 4 });
  assertEquals((await status(run)).seconds_left, 14 * 4);
});

Deno.test("the time left adds the masters to the feeds that wait for them", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["masters", "results"] });
  assertEquals((await status(run)).seconds_left, Math.round(2 / 0.9 + 12 / 4.5));
});

Deno.test("the time left of a run includes the runs that go before it", async () => {
  const first = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const second = await start(db.sql, "2026-04-01", "2026-04-30", { feeds: ["results"] });
  assertEquals([(await status(first)).seconds_left, (await status(second)).seconds_left], [3, 5]);
  await db.sql`select backfill_pause(${first})`;
  assertEquals((await status(second)).seconds_left, 2);
});

Deno.test("the time left includes the wait for a next attempt", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await db.worker`
    select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'transient', 'busy', retry_after_seconds => 1000)
  `;
  assertEquals((await status(run)).seconds_left, 1000);
});

Deno.test("percent stays below 100 while a page is left", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await pullResults(9999 / 100 | 0, 10_000, 0);
  assertEquals((await status(run)).percent, 99);
  await db.sql`update backfill_progress set pages_done = 9999, pages_expected = 10000`;
  assertEquals((await status(run)).percent, 99.9);
});

Deno.test("an ended run has no time left and no rate, and says whether anything is to be done", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await pullResults(1, 50, 1);
  assertEquals(await status(run), {
    state: "succeeded",
    percent: 100,
    calls_per_minute: null,
    seconds_left: null,
    what_to_do: "Nothing.",
  });
});

Deno.test("the progress of one run reads the chunks of no other, and each of its own once", async () => {
  await start(db.sql, "1990-01-01", "1999-12-31", { feeds: ["results"] });
  const run = await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`analyze backfill_progress`;
  const rowsRead = async (query: ReturnType<typeof db.sql>) => {
    const [explained] = await db.sql<{ "QUERY PLAN": [{ Plan: PlanNode }] }[]>`
      explain (analyze, timing off, format json) ${query}
    `;
    return nodesOf(explained?.["QUERY PLAN"][0].Plan)
      .filter((node) => node["Relation Name"] === "backfill_progress")
      .map((scan) => scan["Actual Rows"] * scan["Actual Loops"]);
  };
  assertEquals(await rowsRead(db.sql`select * from engine.feed_progress where run_id = ${run}`), [5]);
  await db.sql`
    update backfill_progress set state = 'succeeded', ended_at = engine.clock() where run_id <> ${run}
  `;
  await db.sql`analyze backfill_progress`;
  const all = await rowsRead(db.sql`select * from backfill_status_details where run_id = ${run}`);
  assertEquals(all.filter((rows) => rows > 5), []);
});

Deno.test("the status has what is read most, and its details have the rest", async () => {
  const columns = async (view: string) =>
    (await db.sql<{ name: string }[]>`
      select attname as name from pg_attribute where attrelid = ${view}::regclass and attnum > 0 order by attnum
    `).map(({ name }) => name);
  assertEquals(await columns("backfill_status"), [
    "run_id",
    "state",
    "percent",
    "time_left",
    "start_date",
    "end_date",
    "feeds",
    "chunks",
    "races",
    "runners",
    "calls_per_minute",
    "what_to_do",
    "last_error",
  ]);
  const details = new Set(await columns("backfill_status_details"));
  assertEquals((await columns("backfill_status")).filter((name) => !details.has(name)), ["chunks"]);
});

Deno.test("chunks are said as so many of so many, and the time left is in whole seconds", async () => {
  const run = await start(db.sql, "2026-01-01", "2026-04-30", { feeds: ["results"] });
  await pullResults(1, 50, 1);
  const [row] = await db.sql`select chunks, time_left::text from backfill_status where run_id = ${run}`;
  assertEquals(row?.["chunks"], "1/4");
  assertEquals(/^\d\d:\d\d:\d\d$/.test(row?.["time_left"]), true, row?.["time_left"]);
});

Deno.test("a race that came as a card and as a result is one race, month by month", async () => {
  const run = await start(db.sql, "2026-03-01", "2026-05-31", { feeds: ["racecards", "results"] });
  const stored = (feed: string, month: string, races: number, runners: number) =>
    db.sql`
      update backfill_progress set races_stored = ${races}, runners_stored = ${runners}
      where feed = ${feed} and period_start = ${month}
    `;
  await stored("racecards", "2026-05-01", 1000, 10_500);
  await stored("results", "2026-05-01", 990, 9700);
  await stored("racecards", "2026-04-01", 200, 2000);
  await stored("results", "2026-04-01", 900, 8800);
  const [row] = await db.sql`
    select races::integer, runners::integer, races_stored::integer, runners_stored::integer
    from backfill_status_details where run_id = ${run}
  `;
  assertEquals({ ...row }, { races: 1900, runners: 19_300, races_stored: 3090, runners_stored: 31_000 });
});
