import { assert, assertEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claimed, finish, ingest, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

const chunks = (runId: number) =>
  db.sql<{ feed: string; period_start: string; period_end: string; place_in_run: number }[]>`
    select feed, period_start::text, period_end::text, place_in_run
    from backfill_progress where run_id = ${runId} order by feed, place_in_run
  `;

Deno.test("backfill_start() cuts the range into calendar months, newest first", async () => {
  const run = await start(db.sql, "2026-03-20", "2026-05-10", { feeds: ["results"] });
  assertEquals([...await chunks(run)].map(({ feed: _, ...rest }) => rest), [
    { period_start: "2026-05-01", period_end: "2026-05-11", place_in_run: 1 },
    { period_start: "2026-04-01", period_end: "2026-05-01", place_in_run: 2 },
    { period_start: "2026-03-20", period_end: "2026-04-01", place_in_run: 3 },
  ]);
});

Deno.test("backfill_start() takes the oldest month first on request", async () => {
  const run = await start(db.sql, "2026-03-20", "2026-04-10", { feeds: ["results"], newestFirst: false });
  assertEquals((await chunks(run)).map((chunk) => chunk.period_start), ["2026-03-20", "2026-04-01"]);
});

Deno.test("backfill_start() freezes the end at today in London, not in UTC", async () => {
  await db.reset("2026-06-15T23:30:00Z");
  const run = await start(db.sql, "2026-06-01", null, { feeds: ["results"] });
  assertEquals((await chunks(run)).at(-1)?.period_end, "2026-06-17");
});

Deno.test("backfill_start() plans no card before 2023-01-23, because there is none", async () => {
  const run = await start(db.sql, "2022-11-01", "2023-02-28", { feeds: ["racecards"] });
  assertEquals((await chunks(run)).map((chunk) => chunk.period_start), ["2023-02-01", "2023-01-23"]);
});

Deno.test("backfill_start() plans cards up to a week ahead and results up to today", async () => {
  const run = await start(db.sql, "2026-06-14", "2026-06-20");
  const ends = Object.fromEntries((await chunks(run)).map((chunk) => [chunk.feed, chunk.period_end]));
  assertEquals(ends, { masters: "2026-06-21", racecards: "2026-06-21", results: "2026-06-16" });
});

Deno.test("backfill_start() dispatches the masters first, and nothing else before they are in", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31");
  assertEquals(
    (await db.takeDispatches()).map((dispatch) => [new URL(dispatch.url).pathname, dispatch.body]),
    [
      ["/functions/v1/masters", { feed: "masters", dispatch: 1 }],
    ],
  );
});

Deno.test("backfill_start() makes as many dispatches of a feed as leases are allowed", async () => {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["racecards", "results"] });
  const dispatches = await db.takeDispatches();
  assertEquals(dispatches.map((dispatch) => dispatch.body["feed"]), [
    "racecards",
    "racecards",
    "results",
    "results",
  ]);
  assertEquals(new Set(dispatches.map((dispatch) => dispatch.signature)).size, 4);
});

const nonsense: [string, () => Promise<unknown>, string][] = [
  [
    "a start after the end",
    () => start(db.sql, "2026-05-02", "2026-05-01"),
    "The start date 2026-05-02 is after the end date 2026-05-01",
  ],
  [
    "results of tomorrow",
    () => start(db.sql, "2026-06-16", null, { feeds: ["results"] }),
    "The start date 2026-06-16 is in the future: there are no results after 2026-06-15 yet",
  ],
  [
    "cards of more than a week ahead",
    () => start(db.sql, "2026-06-23", null),
    "there are no racecards or results after 2026-06-22 yet",
  ],
  [
    "a null among the feeds",
    () => db.sql`select backfill_start(date '2026-05-01', feeds => array[null])`,
    "The list of feeds contains a null",
  ],
  [
    "a feed named twice",
    () => start(db.sql, "2026-05-01", null, { feeds: ["results", "results"] }),
    "The feed results is in the list twice",
  ],
  ["pull_days() of no day", () => db.sql`select pull_days(null)`, "The first day is missing"],
  [
    "pull_days() of more than a month",
    () => db.sql`select pull_days('2026-05-01', '2026-06-01')`,
    "From 2026-05-01 to 2026-06-01 is more than the 31 days that pull_days pulls",
  ],
  ["a start before 1988", () => start(db.sql, "1987-12-31", "2026-05-01"), "before 1988-01-01"],
  ["an end too far ahead", () => start(db.sql, "2026-06-01", "2026-06-23"), "more than 7 days ahead"],
  ["an unknown feed", () => start(db.sql, "2026-05-01", null, { feeds: ["odds"] }), 'Unknown feed "odds"'],
  ["no feed at all", () => start(db.sql, "2026-05-01", null, { feeds: [] }), "The list of feeds is empty"],
  [
    "an unknown reprocess",
    () => start(db.sql, "2026-05-01", null, { reprocess: "some" }),
    'Unknown value "some" for reprocess',
  ],
  ["a missing start", () => db.sql`select backfill_start(null)`, "The start date is missing"],
];
for (const [what, call, sentence] of nonsense) {
  Deno.test(`backfill_start() refuses ${what} and starts nothing`, async () => {
    const error: Error & { hint?: string } = await assertRejects(call, Error, sentence);
    assert((error.hint ?? "") !== "", "It says nothing about what to do");
    assertEquals((await db.sql`select from backfill_runs`).length, 0);
    assertEquals(await db.takeDispatches(), []);
  });
}

Deno.test("a second backfill_start() of a range in progress is refused", async () => {
  const run = await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await assertRejects(
    () => start(db.sql, "2026-05-20", "2026-06-10", { feeds: ["results"] }),
    Error,
    `Run ${run} is still working on results in this range`,
  );
  await start(db.sql, "2026-05-20", "2026-06-10", { feeds: ["racecards"] });
  await start(db.sql, "2026-06-01", "2026-06-10", { feeds: ["results"] });
});

Deno.test("a second backfill_start() in the range of a paused run says how to resume or end that run", async () => {
  const run = await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_pause(${run})`;
  const error = await assertRejects(
    () => start(db.sql, "2026-05-20", "2026-06-10", { feeds: ["results"] }),
    Error,
    `Run ${run} is paused and has yet to pull results in this range`,
  );
  assertEquals(
    (error as Error & { hint?: string }).hint,
    `Let it go on: select backfill_resume(${run}); or end it: select backfill_cancel(${run});`,
  );
});

Deno.test("pull_days() goes before a backfill that works on the same days, and pulls days that are known too", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  const [run] = await db.sql`select pull_days('2026-05-03')::integer as id`;
  assertEquals(
    (await chunks(run?.["id"])).map((chunk) => [chunk.feed, chunk.period_start, chunk.period_end]),
    [
      ["racecards", "2026-05-03", "2026-05-04"],
      ["results", "2026-05-03", "2026-05-04"],
    ],
  );
  assertEquals((await claimed(db.worker, "results")).period_start, "2026-05-03");
});

Deno.test("two starts at the same time do not both find the range free", async () => {
  const both = await Promise.allSettled([
    start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] }),
    start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] }),
  ]);
  assertEquals(both.map((one) => one.status).toSorted(), ["fulfilled", "rejected"]);
});

Deno.test("reprocess missing plans only the days that coverage lacks, failed and all what they say", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await ingest(db.worker, lease, page({ before: [null, 0], after: [null, 0] }));
  assertEquals(await finish(db.worker, lease), "succeeded");

  const missing = await start(db.sql, "2026-04-29", "2026-06-02", { feeds: ["results"] });
  assertEquals((await chunks(missing)).map((chunk) => [chunk.period_start, chunk.period_end]), [
    ["2026-06-01", "2026-06-03"],
    ["2026-04-29", "2026-05-01"],
  ]);
  const nothing = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  assertEquals([...await chunks(nothing)], []);
  const [status] = await db.sql`select state, percent::float8 from backfill_status where run_id = ${nothing}`;
  assertEquals({ ...status }, { state: "succeeded", percent: 100 });

  const failed = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"], reprocess: "failed" });
  assertEquals([...await chunks(failed)], []);
  const all = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"], reprocess: "all" });
  assertEquals((await chunks(all)).map((chunk) => chunk.period_start), ["2026-05-01"]);
});

Deno.test("a day pulled before it was over counts as missing once it is over", async () => {
  await start(db.sql, "2026-06-15", "2026-06-15", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await ingest(db.worker, lease, page({ before: [null, 0], after: [null, 0] }));
  await finish(db.worker, lease);
  assertEquals((await chunkRow(db.sql, lease.chunk_id)).state, "succeeded");
  await db.passTime("1 day");
  const run = await start(db.sql, "2026-06-15", "2026-06-15", { feeds: ["results"] });
  assertEquals((await chunks(run)).length, 1);
});

const whatToDo = async (run: number) =>
  (await db.sql<{ text: string }[]>`select what_to_do as text from backfill_status where run_id = ${run}`)[0]
    ?.text;

Deno.test("a run without chunks says why, for each of its feeds", async () => {
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select 'results', day, 36, 36, 0, engine.clock(), '{gb,ire}'
    from generate_series(date '2022-05-01', date '2022-05-31', interval '1 day') as day
  `;
  const run = await start(db.sql, "2022-05-01", "2022-05-31", { feeds: ["racecards", "results"] });
  assertEquals(
    await whatToDo(run),
    "Nothing was pulled. There are no racecards before 2023-01-23. Complete already: the results from 2022-05-01 to " +
      "2022-05-31. To pull them again, use reprocess => 'all'.",
  );
});

Deno.test("backfill_start() and pull_days() of tomorrow pull its cards and leave the results out", async () => {
  const run = await start(db.sql, "2026-06-16", null);
  assertEquals((await chunks(run)).map((chunk) => chunk.feed), ["masters", "racecards"]);
  const [byHand] = await db.sql<{ id: number }[]>`select pull_days('2026-06-17')::integer as id`;
  assertEquals((await chunks(byHand?.id ?? NaN)).map((chunk) => chunk.feed), ["racecards"]);
  const [kept] = await db.sql`select left_out from backfill_runs where id = ${byHand?.id ?? null}`;
  assertEquals(kept?.["left_out"], "There are no results after 2026-06-15 yet.");
});

Deno.test("pull_days() is today in London, and pull_masters() a run of the masters", async () => {
  await db.reset("2026-06-15T23:30:00Z");
  const [today] = await db.sql<{ id: number }[]>`select pull_days()::integer as id`;
  assertEquals((await chunks(today?.id ?? NaN)).map((chunk) => chunk.period_start), [
    "2026-06-16",
    "2026-06-16",
  ]);
  const [masters] = await db.sql<{ id: number }[]>`select pull_masters()::integer as id`;
  assertEquals((await chunks(masters?.id ?? NaN)).map((chunk) => chunk.feed), ["masters"]);
  const [run] = await db.sql`select kind from backfill_runs where id = ${masters?.id ?? null}`;
  assertEquals(run?.["kind"], "by_hand");
});
