import { assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { start } from "./support/chunks.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
});

const gaps = async () => [
  ...await db.sql`
    select feed, day::text, kind, missing, tries, given_up_at is not null as given_up from coverage_gaps order by feed, day, kind
  `,
];

/** Days of a feed that were pulled wholly, just now. */
async function cover(feed: string, first: string, last: string, races = 0): Promise<void> {
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select ${feed}, day, ${races}, ${races}, 0, engine.clock(), '{gb,ire}'
    from generate_series(${first}::date, ${last}::date, interval '1 day') as day
    on conflict (feed, day) do update set races_stored = excluded.races_stored, pulled_at = excluded.pulled_at
  `;
}

/** Ends every chunk, as if it had been pulled. */
const endChunks = () =>
  db.sql`
    update backfill_progress set state = 'succeeded', ended_at = engine.clock(), lease_token = null, lease_until = null
    where state in ('waiting', 'working')
  `;

async function storeRace(id: string, day: string, columns: { abandoned?: boolean; result?: boolean } = {}) {
  await db.sql`
    insert into ra_mst_courses (id, name, region_code, is_listed) values ('crs_1', 'Upper Sandbury', null, false)
    on conflict do nothing
  `;
  await db.sql`insert into ra_mst_regions (code, name) values ('gb', 'Great Britain') on conflict do nothing`;
  await db.sql`
    insert into ra_races (id, course_id, region_code, race_date, card_date, race_name, has_card, has_result, is_abandoned)
    values (
      ${id}, 'crs_1', 'gb', ${day}, ${day}, 'The Lamplighter', true, ${columns.result ?? false}, ${
    columns.abandoned ?? false
  }
    )
  `;
}

Deno.test("an empty database does not look complete: a row per feed says that nothing was asked for", async () => {
  const missing =
    "no run has asked for any day: begin with backfill_plan and backfill_start, or with start_schedules";
  assertEquals(
    await gaps(),
    ["racecards", "results"].map((feed) => ({
      feed,
      day: null,
      kind: "nothing_asked_for",
      missing,
      tries: 0,
      given_up: false,
    })),
  );
  // The nightly closing has no day to pull.
  const [closed] = await db.sql<{ runs: number }[]>`select engine.close_gaps() as runs`;
  assertEquals([closed?.runs, (await db.sql`select from backfill_runs`).length], [0, 0]);
  assertEquals((await db.sql`select from engine.gap_pulls`).length, 0);
});

for (
  const [what, ask] of [
    ["a run", () => db.sql`select backfill_start(date '2026-05-01', date '2026-05-01', array['masters'])`],
    ["start_schedules()", () => db.sql`select start_schedules()`],
    ["stored coverage", () => cover("results", "2026-05-01", "2026-05-01")],
  ] as const
) {
  Deno.test(`after ${what}, no row says that nothing was asked for`, async () => {
    await ask();
    assertEquals((await gaps()).filter(({ kind }) => kind === "nothing_asked_for"), []);
  });
}

Deno.test("an empty day is known to be empty, a day never pulled is a gap", async () => {
  await start(db.sql, "2026-05-01", "2026-05-03", { feeds: ["results"] });
  await cover("results", "2026-05-01", "2026-05-02");
  assertEquals(await gaps(), [{
    feed: "results",
    day: "2026-05-03",
    kind: "never_pulled",
    missing: "never pulled completely",
    tries: 0,
    given_up: false,
  }]);
});

Deno.test("a race with a card and no result is a question after two days, an abandoned one is none", async () => {
  await cover("results", "2026-06-12", "2026-06-15");
  await storeRace("rac_1", "2026-06-13");
  await storeRace("rac_2", "2026-06-13", { abandoned: true });
  await storeRace("rac_3", "2026-06-13", { result: true });
  await storeRace("rac_4", "2026-06-14");
  assertEquals((await gaps()).map(({ day, kind, missing }) => ({ day, kind, missing })), [
    { day: "2026-06-13", kind: "no_result", missing: "a race with a card and without a result: rac_1" },
  ]);
  await db.passTime("1 day");
  assertEquals((await gaps()).map(({ day }) => day), ["2026-06-13", "2026-06-14"]);
});

Deno.test("with the schedules on, every day since the last backfill is expected", async () => {
  await start(db.sql, "2026-05-01", "2026-06-10", { feeds: ["results"] });
  await endChunks();
  await cover("results", "2026-05-01", "2026-06-10");
  assertEquals(await gaps(), []);
  await db.sql`select start_schedules()`;
  await cover("results", "2026-06-11", "2026-06-12");
  assertEquals((await gaps()).filter(({ feed }) => feed === "results").map(({ day }) => day), [
    "2026-06-13",
    "2026-06-14",
  ]);
});

Deno.test("a trial of an old month does not make all the days since expected", async () => {
  await start(db.sql, "2015-01-01", "2015-01-31", { feeds: ["results"] });
  await endChunks();
  await cover("results", "2015-01-01", "2015-01-31");
  await db.sql`select start_schedules()`;
  assertEquals(await gaps(), []);
});

Deno.test("days of a feed whose schedules are switched off are not expected", async () => {
  await db.sql`select start_schedules()`;
  await db.sql`update pull_schedules set enabled = false where 'racecards' = any (feeds) and pulls = 'days'`;
  await db.passTime("2 days");
  assertEquals((await gaps()).map(({ feed, day }) => `${feed} ${day}`), [
    "results 2026-06-15",
    "results 2026-06-16",
  ]);
});

Deno.test("a day that was last pulled before its late ratings is a gap once the schedules no longer reach it", async () => {
  await start(db.sql, "2026-06-08", "2026-06-15", { feeds: ["results"] });
  await endChunks();
  await cover("results", "2026-06-08", "2026-06-14");
  await db.passTime("7 days");
  // By now the 9th was pulled six days after it, the 10th only five.
  assertEquals((await gaps()).filter(({ kind }) => kind === "provisional").map(({ day }) => day), [
    "2026-06-10",
    "2026-06-11",
    "2026-06-12",
    "2026-06-13",
    "2026-06-14",
  ]);
  const [gap] = await gaps();
  assertEquals(gap?.["missing"], "pulled before late ratings and corrections were in");
});

Deno.test("the days of a cancelled run are no gaps, its dead ones neither", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-03", { feeds: ["results"] });
  await db.sql`
    update backfill_progress set state = 'dead', last_error = 'The API answered 422', ended_at = engine.clock()
  `;
  assertEquals((await gaps()).length, 3);
  await db.sql`select backfill_cancel(${run})`;
  assertEquals(await gaps(), []);
});

Deno.test("without any backfill, days are expected from the day on which the schedules were switched on", async () => {
  await db.sql`select start_schedules()`;
  assertEquals(await gaps(), []);
  await db.passTime("2 days");
  assertEquals((await gaps()).map(({ feed, day }) => `${feed} ${day}`), [
    "racecards 2026-06-15",
    "racecards 2026-06-16",
    "results 2026-06-15",
    "results 2026-06-16",
  ]);
});

Deno.test("close_gaps() pulls each stretch of missing days, and nothing between them", async () => {
  await start(db.sql, "2026-05-20", "2026-06-05", { feeds: ["racecards"] });
  await endChunks();
  await cover("racecards", "2026-05-21", "2026-05-29");
  await cover("racecards", "2026-06-02", "2026-06-04");
  assertEquals((await db.sql`select engine.close_gaps() as days`)[0]?.["days"], 5);
  const chunks = await db.sql`
    select period_start::text, period_end::text, kind, cursor_day::text, pages_planned
    from backfill_progress where state = 'waiting' order by period_start
  `;
  const chunk = (first: string, end: string, pages: number) => ({
    period_start: first,
    period_end: end,
    kind: "gaps",
    cursor_day: first,
    pages_planned: pages,
  });
  assertEquals([...chunks], [
    chunk("2026-05-20", "2026-05-21", 1),
    chunk("2026-05-30", "2026-06-01", 2),
    chunk("2026-06-01", "2026-06-02", 1),
    chunk("2026-06-05", "2026-06-06", 1),
  ]);
});

Deno.test("close_gaps() leaves alone what a live run pulls, and with no gap it starts nothing", async () => {
  await start(db.sql, "2026-05-20", "2026-06-05", { feeds: ["racecards"] });
  assertEquals((await db.sql`select engine.close_gaps() as days`)[0]?.["days"], 0);
  assertEquals((await db.sql`select from backfill_runs`).length, 1);
});

Deno.test("close_gaps() gives a day up after three pulls, and forgets it once it is stored", async () => {
  await start(db.sql, "2026-05-20", "2026-05-20", { feeds: ["results"] });
  await endChunks();
  const pulled: number[] = [];
  for (let night = 1; night <= 5; night++) {
    const [row] = await db.sql<{ days: number }[]>`select engine.close_gaps() as days`;
    pulled.push(row?.days ?? NaN);
    await endChunks();
    await db.passTime("1 day");
  }
  assertEquals(pulled, [1, 1, 1, 0, 0]);
  assertEquals((await gaps()).map(({ tries, given_up }) => ({ tries, given_up })), [{
    tries: 3,
    given_up: true,
  }]);
  await cover("results", "2026-05-20", "2026-05-20");
  await db.sql`select engine.close_gaps()`;
  assertEquals((await db.sql`select from engine.gap_pulls`).length, 0);
});

Deno.test("close_gaps() does not count a second try of the same night", async () => {
  await start(db.sql, "2026-05-20", "2026-05-20", { feeds: ["results"] });
  await endChunks();
  const closed = async () => (await db.sql`select engine.close_gaps() as days`)[0]?.["days"];
  assertEquals(await closed(), 1);
  await endChunks();
  await db.passTime("11 hours");
  assertEquals(await closed(), 0);
  await db.passTime("2 hours");
  assertEquals(await closed(), 1);
});

Deno.test("close_gaps() tries the days of a stretch one by one when the stretch brought nothing", async () => {
  await start(db.sql, "2026-05-20", "2026-05-22", { feeds: ["results"] });
  await endChunks();
  const chunks = async () => {
    await db.sql`select engine.close_gaps()`;
    const rows = await db.sql`
      select period_start::text as first, period_end::text as "end" from backfill_progress where state = 'waiting' order by 1
    `;
    await endChunks();
    await db.passTime("1 day");
    return rows.map((row) => `${row["first"]} to ${row["end"]}`);
  };
  assertEquals(await chunks(), ["2026-05-20 to 2026-05-23"]);
  assertEquals(await chunks(), [
    "2026-05-20 to 2026-05-21",
    "2026-05-21 to 2026-05-22",
    "2026-05-22 to 2026-05-23",
  ]);
});

Deno.test("close_gaps() replaces an earlier closing that was paused", async () => {
  await start(db.sql, "2026-05-20", "2026-05-20", { feeds: ["results"] });
  await endChunks();
  await db.sql`select engine.close_gaps()`;
  await db.sql`update backfill_runs set paused_at = engine.clock(), pause_reason = '401' where kind = 'gaps'`;
  await db.passTime("1 day");
  assertEquals((await db.sql`select engine.close_gaps() as days`)[0]?.["days"], 1);
  const states = await db.sql`select state from backfill_progress where kind = 'gaps' order by id`;
  assertEquals(states.map(({ state }) => state), ["cancelled", "waiting"]);
});

Deno.test("close_gaps() pulls a day that was tried before apart from the days around it", async () => {
  await start(db.sql, "2026-05-20", "2026-05-24", { feeds: ["results"] });
  await endChunks();
  await db.sql`
    insert into engine.gap_pulls (feed, day, tries, last_try_at) values ('results', '2026-05-22', 1, engine.clock() - interval '1 day')
  `;
  await db.sql`select engine.close_gaps()`;
  const chunks = await db.sql`
    select period_start::text as first, period_end::text as "end" from backfill_progress where state = 'waiting' order by 1
  `;
  assertEquals(chunks.map((chunk) => `${chunk["first"]} to ${chunk["end"]}`), [
    "2026-05-20 to 2026-05-22",
    "2026-05-22 to 2026-05-23",
    "2026-05-23 to 2026-05-25",
  ]);
});

Deno.test("a night on which the account was refused does not count as a try of a day", async () => {
  await start(db.sql, "2026-05-20", "2026-05-20", { feeds: ["results"] });
  await endChunks();
  for (let night = 1; night <= 6; night++) {
    assertEquals((await db.sql`select engine.close_gaps() as days`)[0]?.["days"], 1, `night ${night}`);
    await db
      .sql`update backfill_runs set paused_at = engine.clock(), pause_reason = '401' where paused_at is null and kind = 'gaps'`;
    await db.passTime("1 day");
  }
});

Deno.test("a backfill that was cancelled for its dead chunk still says since when days are expected", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-06-10", { feeds: ["results"] });
  await db.sql`
    update backfill_progress set
      state = case when period_start = '2026-05-01' then 'dead' else 'succeeded' end, last_error = 'unreadable', ended_at = engine.clock()
  `;
  await cover("results", "2026-06-01", "2026-06-10");
  await db.sql`select start_schedules()`;
  await db.sql`select backfill_cancel(${run})`;
  assertEquals((await gaps()).filter(({ feed }) => feed === "results").map(({ day }) => day), [
    "2026-06-11",
    "2026-06-12",
    "2026-06-13",
    "2026-06-14",
  ]);
});

Deno.test("close_gaps() pulls at most gap_days_a_night of a feed, the newest first", async () => {
  await db.sql`update backfill_settings set gap_days_a_night = 3`;
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await endChunks();
  assertEquals((await db.sql`select engine.close_gaps() as days`)[0]?.["days"], 3);
  const [chunk] = await db
    .sql`select period_start::text, period_end::text from backfill_progress where state = 'waiting'`;
  assertEquals({ ...chunk }, { period_start: "2026-05-29", period_end: "2026-06-01" });
});

Deno.test("yesterday's results are no gap before their nightly pull is due", async () => {
  await db.reset("2026-06-15T22:30:00Z");
  await start(db.sql, "2026-06-15", "2026-06-15", { feeds: ["results"] });
  await cover("results", "2026-06-15", "2026-06-15", 36);
  await db.passTime("2 hours");
  assertEquals(await gaps(), []);
  await db.passTime("4 hours");
  assertEquals((await gaps()).map(({ kind }) => kind), ["provisional"]);
});

/** The chunks that single days of a feed make, newest day last. */
async function stretches(feed: string, days: string[]): Promise<string[]> {
  const rows = await db.sql<{ first: string; end: string; pages: number }[]>`
    select period_start::text as first, period_end::text as "end", pages_expected as pages
    from engine.plan_stretches(${feed}, ${days}::date[])
  `;
  return rows.map(({ first, end, pages }) => `${first} to ${end}: ${pages}`);
}

Deno.test("plan_stretches() makes one chunk of days that follow each other, and ends it with the month", async () => {
  assertEquals(
    await stretches("racecards", ["2026-05-03", "2026-05-30", "2026-05-31", "2026-06-01", "2026-06-02"]),
    [
      "2026-05-03 to 2026-05-04: 1",
      "2026-05-30 to 2026-06-01: 2",
      "2026-06-01 to 2026-06-03: 2",
    ],
  );
  assertEquals(await stretches("racecards", []), []);
});

Deno.test("plan_stretches() expects a page a day of cards, and of results as many as their races fill", async () => {
  const week = ["10", "11", "12", "13", "14", "15", "16"].map((day) => `2026-05-${day}`);
  assertEquals(await stretches("racecards", week), ["2026-05-10 to 2026-05-17: 7"]);
  // 36 races a day, 100 a page.
  assertEquals(await stretches("results", week), ["2026-05-10 to 2026-05-17: 3"]);
  assertEquals(await stretches("results", week.slice(0, 2)), ["2026-05-10 to 2026-05-12: 1"]);
  await db.sql`update engine.feeds set page_limit = 10 where name = 'results'`;
  assertEquals(await stretches("results", week), ["2026-05-10 to 2026-05-17: 26"]);
});

Deno.test("plan_stretches() plans a day that was tried before alone, in its own feed only", async () => {
  await db.sql`
    insert into engine.gap_pulls (feed, day, tries) values
      ('results', '2026-05-11', 1), ('results', '2026-05-12', 2),
      -- Its try was given back.
      ('results', '2026-05-14', 0)
  `;
  const days = ["10", "11", "12", "13", "14"].map((day) => `2026-05-${day}`);
  assertEquals(await stretches("results", days), [
    "2026-05-10 to 2026-05-11: 1",
    "2026-05-11 to 2026-05-12: 1",
    "2026-05-12 to 2026-05-13: 1",
    "2026-05-13 to 2026-05-15: 1",
  ]);
  assertEquals(await stretches("racecards", days), ["2026-05-10 to 2026-05-15: 5"]);
});
