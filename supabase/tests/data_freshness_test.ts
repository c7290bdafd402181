import { assert, assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
});

async function states(): Promise<Record<string, string>> {
  const rows = await db.sql<{ feed: string; state: string }[]>`select feed, state from data_freshness`;
  return Object.fromEntries(rows.map(({ feed, state }) => [feed, state]));
}

async function pulled(feed: string, day: string, races: number): Promise<void> {
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    values (${feed}, ${day}, ${races}, ${races}, 0, engine.clock(), '{gb,ire}')
    on conflict (feed, day) do update set pulled_at = excluded.pulled_at
  `;
}

Deno.test("in an empty database nothing was asked for, and without schedules nothing is promised", async () => {
  const feeds = await db.sql<
    { name: string; by_default: boolean }[]
  >`select name, by_default from engine.feeds where name = any (engine.feed_names())`;
  assertEquals(await states(), Object.fromEntries(feeds.map(({ name }) => [name, "nothing_asked_for"])));
  await db.sql`select backfill_start(date '2026-05-01')`;
  assertEquals(
    await states(),
    Object.fromEntries(
      feeds.map(({ name, by_default }) => [name, by_default ? "not_scheduled" : "nothing_asked_for"]),
    ),
  );
});

Deno.test("a feed is late when its pull is not done by the end of the grace, and fresh again once it is", async () => {
  await db.reset("2026-06-15T05:00:00Z");
  await db.sql`select start_schedules()`;
  assertEquals((await states())["racecards"], "waiting");
  // Due at 07:00 in London, 06:00Z; 45 minutes of grace.
  await db.setTime("2026-06-15T06:44:00Z");
  assertEquals((await states())["racecards"], "waiting");
  await db.passTime("2 minutes");
  assertEquals((await states())["racecards"], "late");
  await pulled("racecards", "2026-06-15", 40);
  assertEquals((await states())["racecards"], "fresh");
});

Deno.test("right after start_schedules() nothing is late before the grace is over, even what was due in the morning", async () => {
  await db.sql`select start_schedules()`;
  // Noon in London: the cards of 07:00 were due before the schedules were on.
  assertEquals((await states())["racecards"], "waiting");
  await db.passTime("44 minutes");
  // Calling it again does not begin another grace.
  await db.sql`select start_schedules()`;
  assertEquals((await states())["racecards"], "waiting");
  await db.passTime("1 minute");
  assertEquals((await states())["racecards"], "late");
});

Deno.test("stop_schedules() leaves nothing due and nothing late", async () => {
  await db.sql`select start_schedules()`;
  await pulled("racecards", "2026-06-15", 40);
  await db.passTime("2 days");
  assertEquals((await states())["racecards"], "late");
  const due = () =>
    db.sql`select from data_freshness where next_due_at is not null or expected_since is not null`;
  assert((await due()).length > 0);
  await db.sql`select stop_schedules()`;
  assertEquals((await due()).length, 0);
  assertEquals(await states(), {
    horses: "nothing_asked_for",
    masters: "nothing_asked_for",
    racecards: "not_scheduled",
    results: "nothing_asked_for",
  });
});

Deno.test("a feed without an enabled schedule is not scheduled, whatever the others are", async () => {
  await db.sql`select start_schedules()`;
  await db.sql`update pull_schedules set enabled = false where 'racecards' = any (feeds) and pulls = 'days'`;
  await pulled("racecards", "2026-06-15", 40);
  await pulled("results", "2026-06-15", 40);
  await db.passTime("1 day");
  assertEquals([(await states())["racecards"], (await states())["results"]], ["not_scheduled", "late"]);
  const [row] = await db.sql`select next_due_at from data_freshness where feed = 'racecards'`;
  assertEquals(row?.["next_due_at"], null);
});

Deno.test("a Christmas without racing is as fresh as any day, because it was pulled", async () => {
  await db.reset("2026-12-25T05:00:00Z");
  await db.sql`select start_schedules()`;
  await db.setTime("2026-12-25T20:00:00Z");
  assertEquals([(await states())["racecards"], (await states())["results"]], ["late", "late"]);
  await pulled("racecards", "2026-12-25", 0);
  await pulled("results", "2026-12-25", 0);
  assertEquals([(await states())["racecards"], (await states())["results"]], ["fresh", "fresh"]);
});

Deno.test("a project that slept for days is late when it wakes, however recent its newest pull looks", async () => {
  await db.reset("2026-06-15T05:00:00Z");
  await db.sql`select start_schedules()`;
  await pulled("racecards", "2026-06-15", 40);
  await pulled("results", "2026-06-15", 40);
  await db.passTime("3 days");
  assertEquals([(await states())["racecards"], (await states())["results"]], ["late", "late"]);
});

Deno.test("a backfill of old days makes no feed fresh", async () => {
  await db.reset("2026-06-15T05:00:00Z");
  await db.sql`select start_schedules()`;
  await pulled("results", "2026-06-15", 40);
  await db.passTime("1 day");
  await db.passTime("12 hours");
  await pulled("results", "2015-01-01", 30);
  assertEquals((await states())["results"], "late");
});

Deno.test("the view says the newest day, the last pull and the next one", async () => {
  await db.reset("2026-06-15T05:00:00Z");
  await db.sql`select start_schedules()`;
  await pulled("racecards", "2026-06-15", 40);
  const [row] = await db.sql`
    select newest_day, last_pulled_at, next_due_at from data_freshness where feed = 'racecards'
  `;
  assertEquals({ ...row }, {
    newest_day: null,
    last_pulled_at: new Date("2026-06-15T05:00:00Z"),
    next_due_at: new Date("2026-06-15T06:00:00Z"),
  });
});

Deno.test("with thousands of results and no card, no race is read to find the newest card", async () => {
  await db
    .sql`insert into ra_mst_courses (id, name, region_code, is_listed) values ('crs_1', 'Upper Sandbury', null, false)`;
  await db.sql`insert into ra_mst_regions (code, name) values ('gb', 'Great Britain')`;
  await db.sql`
    insert into ra_races (id, course_id, region_code, race_date, race_name, has_result)
    select 'rac_' || nth, 'crs_1', 'gb', date '2026-06-14' - nth / 36, 'The Lamplighter', true
    from generate_series(1, 5000) as nth
  `;
  await db.sql`vacuum analyze ra_races`;
  const newest = () =>
    db.sql<{ feed: string; day: string | null }[]>`
    select feed, newest_day::text as day from data_freshness where feed in ('racecards', 'results') order by feed
  `;
  assertEquals((await newest()).map(({ day }) => day), [null, "2026-06-14"]);
  const plan = await db.sql<{ "QUERY PLAN": string }[]>`
    explain (analyze, timing off, summary off) select feed, newest_day from data_freshness
  `;
  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  assert(!text.includes("Rows Removed by Filter: 5000"), text);
  assert(text.includes("ra_races_card_date"), text);

  await db.sql`update ra_races set has_card = true, card_date = race_date where race_date < '2026-06-01'`;
  assertEquals((await newest()).map(({ day }) => day), ["2026-05-31", "2026-06-14"]);
});
