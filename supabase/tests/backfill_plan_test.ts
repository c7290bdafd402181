import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { start } from "./support/chunks.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

interface Plan {
  readonly feed: string;
  readonly chunks: number;
  readonly api_calls: number;
  readonly minutes: number;
  readonly races: number;
  readonly runners: number;
  readonly megabytes: number;
  readonly invocations: number;
  readonly note: string | null;
}

async function plan(
  startDate: string,
  endDate: string,
  feeds: string[] | null = null,
  reprocess = "missing",
): Promise<Plan[]> {
  return [
    ...await db.sql<Plan[]>`
      select feed, chunks, api_calls, minutes::float8, races, runners, megabytes::float8, invocations, note
      from backfill_plan(${startDate}::date, ${endDate}::date, ${feeds}::text[], ${reprocess})
    `,
  ];
}

Deno.test("backfill_plan() prices a year, a row per feed, and starts nothing", async () => {
  const rows = await plan("2025-01-01", "2025-12-31");
  assertEquals(
    rows.map(({ feed, chunks, api_calls, minutes, races }) => ({ feed, chunks, api_calls, minutes, races })),
    [
      { feed: "masters", chunks: 1, api_calls: 2, minutes: 0, races: 0 },
      { feed: "racecards", chunks: 12, api_calls: 365, minutes: 3.4, races: 13140 },
      // 36 races a day in pages of 100: twelve for a month of 31 days, eleven for the others.
      { feed: "results", chunks: 12, api_calls: 139, minutes: 0.5, races: 13140 },
    ],
  );
  for (const { runners, megabytes, invocations } of rows.slice(1)) {
    assertEquals([runners > 100_000, megabytes > 5, invocations >= 12], [true, true, true]);
  }
  assertEquals((await db.sql`select from backfill_runs`).length, 0);
  assertEquals((await db.sql`select from backfill_progress`).length, 0);
  assertEquals(await db.takeDispatches(), []);
});

Deno.test("backfill_plan() plans exactly the chunks and calls that backfill_start() then has", async () => {
  const planned = await plan("2022-11-15", "2026-06-10");
  await start(db.sql, "2022-11-15", "2026-06-10");
  const started = await db.sql`
    select feed, count(*)::integer as chunks, sum(pages_planned)::integer as api_calls
    from backfill_progress group by feed order by feed
  `;
  assertEquals(planned.map(({ feed, chunks, api_calls }) => ({ feed, chunks, api_calls })), [...started]);
});

Deno.test("backfill_plan() knows that cards begin on 2023-01-23 and that older results need the add-on", async () => {
  const [, cards, results] = await plan("2022-06-01", "2023-01-24");
  assertEquals([cards?.chunks, cards?.api_calls], [1, 2]);
  assertEquals(cards?.note, "The API has no racecards before 2023-01-23: none are planned.");
  assertMatch(
    results?.note ?? "",
    /^The results before 2025-06-15 need the historical add-on of The Racing API\. All of it fits: /,
  );
  const [, recentCards, recentResults] = await plan("2025-06-15", "2025-07-01");
  assertEquals(recentCards?.note, null);
  assertMatch(recentResults?.note ?? "", /^All of it fits: the database will have about \d+ of 500 MB\.$/);
  const [only] = await plan("2015-01-01", "2015-12-31", ["racecards"]);
  assertEquals([only?.chunks, only?.api_calls, only?.note], [
    0,
    0,
    "There are no racecards before 2023-01-23.",
  ]);
});

Deno.test("backfill_plan() leaves out what is stored already", async () => {
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select 'results', day, 36, 36, 0, engine.clock(), '{gb,ire}'
    from generate_series('2025-01-01', '2025-11-30', interval '1 day') as day
  `;
  const [results] = await plan("2025-01-01", "2025-12-31", ["results"]);
  assertEquals([results?.chunks, results?.api_calls], [1, 12]);
});

Deno.test("backfill_plan() goes by what is known once a year of it is", async () => {
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select 'results', day, 20, 20, 0, engine.clock(), '{gb,ire}'
    from generate_series('2024-01-01', '2024-12-31', interval '1 day') as day
  `;
  const [results] = await plan("2025-01-01", "2025-01-31", ["results"]);
  assertEquals([results?.races, results?.api_calls], [620, 7]);
});

/** How often a function of the engine was called while something ran. */
async function callsOf(name: string, statement: string): Promise<number> {
  const count = async () => {
    await db.admin`select pg_stat_force_next_flush()`;
    const [row] = await db.admin<{ calls: number }[]>`
      select coalesce(sum(calls), 0)::integer as calls from pg_stat_user_functions
      where schemaname = 'engine' and funcname = ${name}
    `;
    return row?.calls ?? NaN;
  };
  await db.admin`set track_functions = 'all'`;
  const before = await count();
  await db.admin.unsafe(statement);
  return await count() - before;
}

Deno.test("a plan of decades reads the coverage once a feed, not once a chunk or a day", async () => {
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select feed, day, 36, 36, 0, engine.clock(), '{gb,ire}'
    from
      unnest(array['racecards', 'results']) as feed,
      generate_series('2015-01-01', '2026-06-01', interval '1 day') as day
  `;
  const plans = ["all", "missing", "failed"].map((reprocess) =>
    `select * from backfill_plan('1988-01-01', reprocess => '${reprocess}')`
  );
  for (const statement of [...plans, "select backfill_start('1988-01-01', reprocess => 'all')"]) {
    assert(await callsOf("races_per_day", statement) <= 3, statement);
  }
  for (const statement of [...plans, "select * from coverage_gaps"]) {
    assertEquals(await callsOf("lacks_coverage", statement), 0, statement);
    assert(await callsOf("london_day", statement) < 100, statement);
  }
  assert(await callsOf("races_per_day", "select engine.close_gaps()") <= 1);
  // Thousands of days are not compared one by one either.
  const explained = await db.admin<
    { "QUERY PLAN": string }[]
  >`explain (analyze, timing off) select * from coverage_gaps`;
  const compared = explained.flatMap((row) =>
    /Rows Removed by Join Filter: (\d+)/.exec(row["QUERY PLAN"])?.[1] ?? []
  );
  assert(Math.max(0, ...compared.map(Number)) < 1_000_000, compared.join());
});

Deno.test("backfill_plan() costs minutes by the rates in force", async () => {
  await db.sql`update racing_api_limits set calls_per_second = 1 where endpoint = '/racecards/pro'`;
  const [cards] = await plan("2025-01-01", "2025-12-31", ["racecards"]);
  assertEquals(cards?.minutes, 6.8);
  await db.sql`update racing_api_limits set calls_per_second = documented_calls_per_second`;
});

Deno.test("backfill_plan() refuses the arguments that backfill_start() refuses", async () => {
  await assertRejects(() => plan("2026-05-02", "2026-05-01"), Error, "is after the end date");
  await assertRejects(() => plan("1987-01-01", "2026-05-01"), Error, "before 1988-01-01");
  await assertRejects(() => plan("2026-05-01", "2026-05-02", ["odds"]), Error, 'Unknown feed "odds"');
});

const sizeOf = (rows: readonly Plan[]) => rows.reduce((sum, { megabytes }) => sum + megabytes, 0);
const noteOf = (rows: readonly Plan[]) =>
  rows.map(({ note }) => note).filter((note) => note !== null).join(" ");

/** Sets the limit so that a backfill may bring so many megabytes, or less than one more. */
const leaveRoomFor = (megabytes: number) =>
  db.sql`
    update backfill_settings
    set database_limit_megabytes = ceil(pg_database_size(current_database()) / 1e6 + ${megabytes}::numeric) + 15
  `;

Deno.test("backfill_plan() says from which day on its range fits, whichever feeds are asked for", async () => {
  for (const feeds of [null, ["results"], ["racecards"], ["masters", "results"]]) {
    const rows = await plan("2023-02-01", "2025-12-31", feeds);
    await leaveRoomFor(sizeOf(rows) / 2);
    const note = noteOf(await plan("2023-02-01", "2025-12-31", feeds));
    const [, since = "", month = ""] =
      /((\d{4}-\d\d)-01) to 2025-12-31 fits: with all of it the database would have about \d+ MB, and a run pauses at \d+ of the \d+ MB/
        .exec(note) ?? [];
    assert(since !== "", note);
    assertMatch(noteOf(await plan(since, "2025-12-31", feeds)), /All of it fits: /);
    const before = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 2, 1));
    const more = noteOf(await plan(before.toISOString().slice(0, 10), "2025-12-31", feeds));
    assert(more.includes(`${since} to 2025-12-31 fits: `), more);
  }
});

Deno.test("backfill_plan() says that all of it fits, or none, and counts only what is not stored yet", async () => {
  const rows = await plan("2025-01-01", "2025-12-31", ["results"]);
  await leaveRoomFor(sizeOf(rows) + 1);
  assertMatch(noteOf(await plan("2025-01-01", "2025-12-31", ["results"])), /All of it fits: /);
  await leaveRoomFor(1);
  assertMatch(noteOf(await plan("2025-01-01", "2025-12-31", ["results"])), /None of it fits: /);
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select 'results', day, 36, 36, 0, engine.clock(), '{gb,ire}'
    from generate_series('2025-01-01', '2025-12-29', interval '1 day') as day
  `;
  await leaveRoomFor(5);
  assertMatch(noteOf(await plan("2025-01-01", "2025-12-31", ["results"])), /All of it fits: /);
  assertEquals(noteOf(await plan("2025-01-01", "2025-12-31", ["masters"])), "");
});

Deno.test("backfill_plan() of a range that is pulled again counts the room for what is not stored yet, and all calls", async () => {
  const whole = await plan("2025-01-01", "2025-12-31", ["results"]);
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select 'results', day, 36, 36, 0, engine.clock(), '{gb,ire}'
    from generate_series('2025-01-01', '2025-11-15', interval '1 day') as day
  `;
  const [missing] = await plan("2025-01-01", "2025-12-31", ["results"]);
  const [again] = await plan("2025-01-01", "2025-12-31", ["results"], "all");
  assertEquals([again?.api_calls, again?.races], [whole[0]?.api_calls, whole[0]?.races]);
  assert((missing?.megabytes ?? 0) > 0, `${missing?.megabytes} MB`);
  assertEquals(again?.megabytes, missing?.megabytes);
  await leaveRoomFor(1);
  const [stored] = await plan("2025-01-01", "2025-11-15", ["results"], "all");
  assertEquals([stored?.megabytes, stored?.chunks, / fits: /.test(stored?.note ?? "")], [0, 11, false]);
});

Deno.test("backfill_plan() counts long texts only while they are captured", async () => {
  const megabytes = async (feeds: string[]) => sizeOf(await plan("2025-01-01", "2025-12-31", feeds));
  const runnersOf = async (feed: string) =>
    (await plan("2025-01-01", "2025-12-31", [feed]))[0]?.runners ?? NaN;
  for (const [feed, bytes] of [["racecards", 520], ["results", 105]] as const) {
    const withTexts = await megabytes([feed]);
    await db.sql`update backfill_settings set capture_long_texts = false`;
    const saved = withTexts - await megabytes([feed]);
    await db.sql`update backfill_settings set capture_long_texts = true`;
    const expected = await runnersOf(feed) * bytes / 1e6;
    assert(Math.abs(saved - expected) < 0.2, `${feed}: ${saved} MB saved instead of ${expected}`);
  }
});
