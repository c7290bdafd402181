import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { JSONValue } from "postgres";
import { readProfiles } from "../functions/_shared/pages/read_profiles.ts";
import { chunkRow, claim, claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { cardRace, cardRunner, horse, page, resultRace, resultRunner } from "./support/pages.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
});

const PROFILE = { dob: "2011-06-19", sex: "gelding", sex_code: "G", colour: "b", breeder: "A Stud" };

/** Stores the results of one race a day, each with its horses, as an earlier version would have. */
async function ran(races: Record<string, string[]>): Promise<void> {
  for (const [day, ids] of Object.entries(races)) {
    await db
      .sql`insert into ra_mst_courses (id, name, region_code, is_listed) values ('crs_1', 'Upper Sandbury', 'gb', false) on conflict do nothing`;
    const rows = (list: Record<string, JSONValue>[]) => db.sql.json(list);
    await db.sql`select engine.upsert_horses(${rows(ids.map((id) => horse(id, { last_seen_on: day })))})`;
    await db.sql`select engine.upsert_races(${rows([resultRace(`rac_${day}`, { race_date: day })])})`;
    await db.sql`select engine.upsert_runners(${rows(ids.map((id) => resultRunner(`rac_${day}`, id)))})`;
  }
}

const chunks = async () =>
  (await db.sql<{ words: string }[]>`
    select format('%s to %s: %s %s', period_start, period_end, pages_expected, state) as words
    from backfill_progress where feed = 'horses' order by period_start, id
  `).map(({ words }) => words);

const nextIds = async (lease: Lease, after = "") =>
  (await db.worker<{ words: string }[]>`
    select format('%s %s %s', id, seen_on, ids_left) as words
    from next_ids(${lease.chunk_id}, ${lease.lease_token}, ${after}, 100)
  `).map(({ words }) => words);

/** A page of the horses' answers: a profile each; null for one that the API does not know; "odd" for one not understood. */
function answers(
  skip: number,
  left: number,
  profiles: Record<string, Record<string, JSONValue> | null | "odd">,
) {
  const ids = Object.keys(profiles);
  return {
    ...page({ before: [null, skip], after: [null, skip + ids.length] }, {
      api_total: skip + left,
      api_calls: ids.length,
      horses: Object.entries(profiles).flatMap(([id, profile]) =>
        profile === null || profile === "odd"
          ? []
          : [{ id, name: `Horse ${id}`, last_seen_on: "1999-01-01", ...profile }]
      ),
      asked: Object.entries(profiles).map(([id, profile]) => (
        { id, is_known: profile === "odd" ? null : profile !== null }
      )),
      rejects: ids.filter((id) => profiles[id] === "odd").map((id) => ({
        kind: "horse",
        race_id: null,
        horse_id: id,
        race_date: null,
        path: "id",
        reason: "id is missing.",
        raw: { skip },
      })),
    }),
    cursor_after: { day: null, skip: skip + ids.length, id: ids.at(-1) ?? null },
  };
}

const schedule = async () => (await db.sql`select engine.start_due_pulls() as started`)[0]?.["started"];
const freshness = async () =>
  (await db.sql`select state from data_freshness where feed = 'horses'`)[0]?.["state"];
const grid = async () =>
  (await db.sql<{ words: string }[]>`
    select format('%s %s %s/%s', month, state, days_covered, days) as words
    from coverage_months where feed = 'horses' order by month
  `).map(({ words }) => words);

/** Lets nothing but the horses be due. */
async function scheduleOnlyHorses(): Promise<void> {
  await db.sql`update pull_schedules set enabled = name = 'horses'`;
  await db.sql`select start_schedules()`;
}

Deno.test("a horse belongs to the month of its first stored run, and a chunk is a month that has some", async () => {
  await ran({
    "2019-05-04": ["hrs_1", "hrs_2"],
    "2019-05-20": ["hrs_2", "hrs_3"],
    "2019-07-01": ["hrs_1", "hrs_4"],
    "2026-06-01": ["hrs_4"],
  });
  const [planned] = await db.sql`
    select chunks, api_calls, races, runners, note from backfill_plan('1988-01-01', feeds => array['horses'])
  `;
  const { note, ...figures } = planned ?? {};
  assertEquals(figures, { chunks: 2, api_calls: 4, races: 0, runners: 0 });
  assertMatch(
    note,
    /^The horses are asked for only while no other feed has anything to do\. All of it fits: /,
  );
  await start(db.sql, "1988-01-01", null, { feeds: ["horses"] });
  assertEquals(await chunks(), [
    "2019-05-01 to 2019-06-01: 3 waiting",
    "2019-07-01 to 2019-08-01: 1 waiting",
  ]);
  const july = await claimed(db.worker, "horses");
  assertEquals(july.period_start, "2019-07-01");
  assertEquals(await nextIds(july), ["hrs_4 2019-07-01 1"]);
  const may = await claimed(db.worker, "horses");
  assertEquals(await nextIds(may), ["hrs_1 2019-05-04 3", "hrs_2 2019-05-04 3", "hrs_3 2019-05-20 3"]);
  assertEquals(await nextIds(may, "hrs_2"), ["hrs_3 2019-05-20 1"]);
  assertEquals(await grid(), ["2019-05-01 running 0/31", "2019-07-01 running 0/31"]);
});

Deno.test("a horse is asked for once: one that is complete, and one whose profile lacks something, never again", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const lease = await claimed(db.worker, "horses");
  const { breeder: _, ...withoutBreeder } = PROFILE;
  await ingest(db.worker, lease, answers(0, 2, { hrs_1: PROFILE, hrs_2: withoutBreeder }));
  assertEquals(await nextIds(lease, "hrs_2"), []);
  assertEquals(await finish(db.worker, lease), "succeeded");
  assertEquals(await chunks(), ["2019-05-01 to 2019-06-01: 2 succeeded"]);
  assertEquals(await grid(), ["2019-05-01 complete 31/31"]);
  const stored = await db
    .sql`select id, dob::text, card_seen_on, last_seen_on::text from ra_mst_horses order by id`;
  assertEquals(
    stored.map((row) => ({ ...row })),
    ["hrs_1", "hrs_2"].map((id) => (
      { id, dob: "2011-06-19", card_seen_on: null, last_seen_on: "2019-05-04" }
    )),
  );
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const [again] = await db.sql`select chunks, what_to_do from backfill_status order by run_id desc limit 1`;
  assertEquals({ ...again }, {
    chunks: "0/0",
    what_to_do:
      "Nothing was pulled. No horses from 2019-05-01 to 2019-05-31 are left to ask for. They become known with the races that are stored.",
  });
  // To have all of them again, somebody has to say so.
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"], reprocess: "all" });
  assertEquals(await nextIds(await claimed(db.worker, "horses")), [
    "hrs_1 2019-05-04 2",
    "hrs_2 2019-05-04 2",
  ]);
});

Deno.test("a horse that the API does not know is noted once, and asked for again after a month", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  const ask = async () => {
    await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
    const lease = await claim(db.worker, "horses");
    return lease && { lease, ids: await nextIds(lease) };
  };
  const first = await ask();
  await ingest(db.worker, first!.lease, answers(0, 2, { hrs_1: null, hrs_2: PROFILE }));
  assertEquals(await finish(db.worker, first!.lease), "succeeded");
  await db.passTime("27 days");
  assertEquals(await ask(), undefined);
  await db.passTime("5 days");
  const second = await ask();
  assertEquals(second?.ids, ["hrs_1 2019-05-04 1"]);
  await ingest(db.worker, second!.lease, answers(0, 1, { hrs_1: null }));
  assertEquals(await finish(db.worker, second!.lease), "succeeded");
  assertEquals(await ask(), undefined);
  const noted = await db.sql`select id, is_known from engine.ids_asked`;
  assertEquals(noted.map((row) => ({ ...row })), [{ id: "hrs_1", is_known: false }]);
  assertEquals((await db.sql`select from ingest_rejects`).length, 0);
});

Deno.test("a horse that the API knows at last has no note left, whether it was unknown before or not understood", async () => {
  for (const before of [null, "odd"] as const) {
    await db.reset();
    await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
    const ask = async (left: number, profiles: Parameters<typeof answers>[2]) => {
      await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
      const lease = await claimed(db.worker, "horses");
      await ingest(db.worker, lease, answers(0, left, profiles));
      assertEquals(await finish(db.worker, lease), "succeeded");
    };
    const notes = async () =>
      (await db.sql`select id, is_known from engine.ids_asked`).map(({ id, is_known }) => [id, is_known]);
    const rejects = async () =>
      (await db.sql`select horse_id from ingest_rejects`).map((row) => row["horse_id"]);
    await ask(2, { hrs_1: before, hrs_2: PROFILE });
    assertEquals(await notes(), [["hrs_1", before === null ? false : null]]);
    assertEquals(await rejects(), before === null ? [] : ["hrs_1"]);
    // Not at once.
    await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
    assertEquals(await claim(db.worker, "horses"), undefined);
    await db.passTime("32 days");
    await ask(1, { hrs_1: PROFILE });
    assertEquals([await notes(), await rejects()], [[], []]);
  }
});

Deno.test("a profile that is read takes the rejects of its own horse away, and no others", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  const odd = (horse: string, path: string) => ({
    kind: "value",
    race_id: null,
    horse_id: horse,
    race_date: null,
    path,
    reason: "is not a real date",
    raw: { value: "?" },
  });
  const ask = async (rejects: Record<string, JSONValue>[], ...ids: string[]) => {
    await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"], reprocess: "all" });
    const lease = await claimed(db.worker, "horses");
    const profiles = Object.fromEntries(ids.map((id) => [id, PROFILE]));
    await ingest(db.worker, lease, { ...answers(0, ids.length, profiles), rejects });
  };
  await db.sql`
    insert into ingest_rejects (feed, kind, race_id, horse_id, path, reason, raw, fingerprint)
    values ('results', 'runner', 'rac_1', 'hrs_1', '', 'It is odd.', '{}', 'of another feed')
  `;
  await ask([odd("hrs_1", "dob"), odd("hrs_1", "sex"), odd("hrs_2", "dob")], "hrs_1", "hrs_2");
  assertEquals((await db.sql`select from ingest_rejects`).length, 4);
  await db.sql`select backfill_cancel(id) from backfill_runs`;
  await ask([odd("hrs_1", "sex")], "hrs_1");
  assertEquals(
    (await db.sql`select feed, horse_id, path from ingest_rejects order by id`).map((row) =>
      Object.values(row)
    ),
    [["results", "hrs_1", ""], ["horses", "hrs_1", "sex"], ["horses", "hrs_2", "dob"]],
  );
});

Deno.test("what a result says of the horse's only day stands against its profile, for the horse and its parents", async () => {
  const day = "2019-05-04";
  const resultRows = {
    sires: [{ id: "sir_1", name: "Night Clerk", region_code: "fr", last_seen_on: day }],
    horses: [horse("hrs_1", { name: "As It Ran", region_code: "fr", sire_id: "sir_1", last_seen_on: day })],
  };
  // Each of the profile's values is the greater one.
  const body = { ...PROFILE, id: "hrs_1", name: "Zed (GB)", sire_id: "sir_2", sire: "Zed's Sire (GB)" };
  const profile = readProfiles([
    { id: "hrs_1", seenOn: day, body },
    { id: "hrs_2", seenOn: day, body: { ...body, id: "hrs_2", sire_id: "sir_1" } },
  ]);
  const bring = async ({ sires, horses }: { sires: unknown[]; horses: unknown[] }) => {
    await db.sql`select engine.upsert_sires(${JSON.stringify(sires)}::text::jsonb)`;
    await db.sql`select engine.upsert_horses(${JSON.stringify(horses)}::text::jsonb)`;
  };
  for (const order of [[resultRows, profile], [profile, resultRows]]) {
    await db.reset();
    for (const rows of order) await bring(rows);
    const [stored] = await db.sql`
      select horse.name, horse.region_code, horse.dob::text, horse.last_seen_on::text, horse.sire_id, sire.name as sire,
        sire.region_code as sire_region
      from ra_mst_horses as horse join ra_mst_sires as sire on sire.id = horse.sire_id
      where horse.id = 'hrs_1'
    `;
    assertEquals({ ...stored }, {
      name: "As It Ran",
      region_code: "fr",
      dob: PROFILE.dob,
      last_seen_on: day,
      sire_id: "sir_1",
      sire: "Night Clerk",
      sire_region: "fr",
    });
  }
});

Deno.test("a newer profile corrects an older one, and neither replaces what a card says", async () => {
  const profile = async (profile: Record<string, JSONValue>) => {
    await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"], reprocess: "all" });
    const lease = await claimed(db.worker, "horses");
    await ingest(db.worker, lease, answers(0, 1, { hrs_1: profile }));
    assertEquals(await finish(db.worker, lease), "succeeded");
  };
  const stored = async () =>
    Object.values((await db.sql`select dob::text, sex, colour, breeder from ra_mst_horses`)[0] ?? {});
  await ran({ "2019-05-04": ["hrs_1"] });
  await profile(PROFILE);
  // Lower than the first ones, and one is missing.
  await profile({ ...PROFILE, dob: "2010-01-01", sex: "colt", colour: null, breeder: "A Better Stud" });
  assertEquals(await stored(), ["2010-01-01", "colt", "b", "A Better Stud"]);
  const card = horse("hrs_1", { dob: "2009-01-01", last_seen_on: "2019-05-04", card_seen_on: "2019-05-04" });
  await db.sql`select engine.upsert_horses(${db.sql.json([card])})`;
  await profile({ ...PROFILE, dob: "2012-01-01" });
  assertEquals((await stored())[0], "2009-01-01");
});

Deno.test("an interrupted chunk goes on at its cursor, and what it has stored stays", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2", "hrs_3"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"], reprocess: "all" });
  const lease = await claimed(db.worker, "horses");
  await ingest(db.worker, lease, answers(0, 3, { hrs_1: PROFILE }));
  const [status] = await db.sql`select percent::float8 from backfill_status`;
  assertEquals(status?.["percent"], 33.3);
  // The isolate is ended without a word.
  await db.passTime("2 minutes");
  await db.sql`select engine.sweep()`;
  const [again] = await db.worker`
    select lease_token, chunk_id, cursor_id, cursor_skip
    from claim_chunk('horses', (select min(id) from engine.dispatches where feed = 'horses'))
  `;
  assertEquals([again?.["cursor_id"], again?.["cursor_skip"]], ["hrs_1", 1]);
  const second = { ...lease, lease_token: again?.["lease_token"] };
  assertEquals(await nextIds(second, "hrs_1"), ["hrs_2 2019-05-04 2", "hrs_3 2019-05-04 2"]);
  await assertRejects(() => nextIds(lease), Error, "is lost");
  // Not all were asked for: it is read again.
  assertEquals(await finish(db.worker, second), "waiting");
  const row = await chunkRow(db.sql, lease.chunk_id);
  assertEquals([row.last_error, row.cursor_skip], ["1 of 3 ids asked for", 0]);
});

Deno.test("a chunk whose horses got their cards meanwhile has nothing to ask for, and succeeds", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const lease = await claimed(db.worker, "horses");
  await ingest(db.worker, lease, answers(0, 2, { hrs_1: PROFILE }));
  await db.sql`update ra_mst_horses set dob = '2015-01-01', sex = 'mare', colour = 'b', breeder = 'Somebody'`;
  assertEquals(await nextIds(lease, "hrs_1"), []);
  assertEquals(await finish(db.worker, lease), "succeeded");
});

Deno.test("a chunk that has asked for all it was given succeeds, and what came up meanwhile is the next run's", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const lease = await claimed(db.worker, "horses");
  assertEquals((await nextIds(lease)).length, 2);
  await ingest(db.worker, lease, answers(0, 2, { hrs_1: PROFILE, hrs_2: null }));
  await ran({ "2019-05-05": ["hrs_3"] });
  assertEquals(await finish(db.worker, lease), "succeeded");
  assertEquals((await db.sql`select from ingest_errors`).length, 0);
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  assertEquals(await nextIds(await claimed(db.worker, "horses")), ["hrs_3 2019-05-05 1"]);
});

Deno.test("what a card says stands, whether it came before the profile or after it", async () => {
  const card = { dob: "2012-01-01", sex: "colt", sex_code: "C", colour: "ch", breeder: null };
  const bring = async (days: string[]) => {
    const rows = days.map((day) => horse("hrs_1", { ...card, last_seen_on: day, card_seen_on: day }));
    for (const row of rows) await db.sql`select engine.upsert_horses(${db.sql.json([row])})`;
  };
  const profile = async () => {
    await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"], reprocess: "all" });
    const lease = await claimed(db.worker, "horses");
    await ingest(db.worker, lease, answers(0, 1, { hrs_1: PROFILE }));
    assertEquals(await finish(db.worker, lease), "succeeded");
  };
  for (const order of [[bring, profile], [profile, bring]]) {
    await db.reset();
    await ran({ "2019-05-04": ["hrs_1"] });
    for (const step of order) await step(["2026-06-01"]);
    const [row] = await db.sql`
      select dob::text, sex, sex_code, colour, breeder, card_seen_on::text, last_seen_on::text from ra_mst_horses
    `;
    // The card lacks the breeder, and the profile has it.
    assertEquals({ ...row }, {
      ...card,
      breeder: PROFILE.breeder,
      card_seen_on: "2026-06-01",
      last_seen_on: "2026-06-01",
    });
  }
});

Deno.test("horses get no slot and no lease while another feed has work, and go on when it has none", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  const slot = async () =>
    (await db.worker`select reserve_slot('/horses/{horse_id}/pro') as wait`)[0]?.["wait"];
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const lease = await claimed(db.worker, "horses");
  assertEquals(await slot(), 0);

  // A pull is claimable.
  await db.sql`select pull_days('2026-06-01', feeds => array['results'])`;
  const taken = async () =>
    (await db.sql`select cardinality(taken_slots) as n from racing_api_limits where endpoint = 'account'`)[0]
      ?.["n"];
  const before = await taken();
  assertEquals([await slot(), await taken()], [null, before]);
  const [answer] = await db.worker`select yield_chunk(${lease.chunk_id}, ${lease.lease_token}, 1) as state`;
  assertEquals(answer?.["state"], "waiting");
  assertEquals(await claim(db.worker, "horses"), undefined);
  assertEquals((await db.sql`select from engine.dispatches where feed = 'horses'`).length, 0);
  // It is worked on.
  const results = await claimed(db.worker, "results");
  assertEquals([await slot(), await claim(db.worker, "horses")], [null, undefined]);
  // It is over, and its end lets the horses go on.
  await ingest(db.worker, results, page({ before: [null, 0], after: [null, 0] }));
  assertEquals(await finish(db.worker, results), "succeeded");
  assertEquals(await slot() !== null, true);
  await claimed(db.worker, "horses");
  // A pull that waits for its next attempt needs no slot.
  await db.sql`select pull_days('2026-06-02', feeds => array['results'])`;
  assertEquals(await slot(), null);
  await db
    .sql`update backfill_progress set next_attempt_at = engine.clock() + interval '1 hour' where feed = 'results'`;
  assertEquals(await slot() !== null, true);
});

Deno.test("other feeds are planned at their full rate beside horses, and horses after them", async () => {
  const rate = async (feed: string, beside: string[]) =>
    (await db.sql`select round(engine.allowed_rate(${feed}, ${beside}), 2)::float8 as rate`)[0]?.["rate"];
  assertEquals([
    await rate("results", ["racecards", "horses"]),
    await rate("horses", ["racecards", "results"]),
  ], [
    4.5,
    4.5,
  ]);
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  await start(db.sql, "2025-01-01", "2025-12-31", { feeds: ["racecards"] });
  const left = await db.sql<{ seconds: number }[]>`
    select extract(epoch from time_left)::float8 as seconds from backfill_status order by run_id
  `;
  // 365 days at 1.8 calls a second; then two horses at 4.5.
  assertEquals(left.map(({ seconds }) => seconds), [203, 203]);
});

Deno.test("the time left of horses is that of all others, each counted once, and then their own, as it turns out", async () => {
  const ids = Array.from({ length: 12 }, (_, nth) => `hrs_${10 + nth}`);
  await ran({ "2019-05-04": ids });
  const secondsLeft = async (run: number) =>
    (await db.sql<{ seconds: number }[]>`
      select extract(epoch from time_left)::float8 as seconds from backfill_status where run_id = ${run}
    `)[0]?.seconds ?? NaN;
  const now = async () =>
    (await db.sql<{ seconds: number }[]>`select extract(epoch from engine.clock())::float8 as seconds`)[0]
      ?.seconds ?? NaN;
  const call = async (endpoint: string) => {
    const [slot] = await db.worker<{ wait: number }[]>`select reserve_slot(${endpoint})::float8 as wait`;
    await db.passTime(`${slot?.wait} milliseconds`);
  };
  await db.sql`update racing_api_limits set calls_per_second = 0.1 where endpoint = '/courses'`;
  try {
    // Other calls were made just before, so that each of these waits.
    await call("/courses");
    await call("/horses/{horse_id}/pro");
    const run = await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["masters", "horses"] });
    const [planned, begin] = [await secondsLeft(run), await now()];
    const masters = await claimed(db.worker, "masters");
    for (const nth of [0, 1]) {
      await call("/courses");
      await ingest(db.worker, masters, page({ before: [null, nth], after: [null, nth + 1] }));
    }
    await finish(db.worker, masters);
    const horses = await claimed(db.worker, "horses");
    for (const [skip, id] of ids.entries()) {
      await call("/horses/{horse_id}/pro");
      await ingest(db.worker, horses, answers(skip, ids.length - skip, { [id]: PROFILE }));
    }
    assertEquals(await finish(db.worker, horses), "succeeded");
    // Two calls at 0.09 a second, and twelve at 4.5.
    assertEquals([planned, Math.round(await now() - begin)], [25, 25]);
  } finally {
    await db.sql`update racing_api_limits set calls_per_second = 1 where endpoint = '/courses'`;
  }
});

Deno.test("the schedule asks for a new horse within a day of its first run, and starts nothing for none", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await scheduleOnlyHorses();
  assertEquals(await schedule(), 0);
  assertEquals((await db.sql`select from backfill_runs`).length, 0);
  assertEquals(await freshness(), "fresh");
  await ran({ "2026-06-15": ["hrs_1"], "2021-03-01": ["hrs_2"] });
  // 05:00 in London.
  await db.setTime("2026-06-16T03:59:00Z");
  assertEquals(await schedule(), 0);
  await db.setTime("2026-06-16T04:00:30Z");
  assertEquals(await schedule(), 1);
  assertEquals(await chunks(), [
    "2021-03-01 to 2021-04-01: 1 waiting",
    "2026-06-01 to 2026-06-17: 1 waiting",
  ]);
  const lease = await claimed(db.worker, "horses");
  assertEquals(await nextIds(lease), ["hrs_1 2026-06-15 1"], "the newest month goes first");
  await ingest(db.worker, lease, answers(0, 1, { hrs_1: PROFILE }));
  assertEquals(await finish(db.worker, lease), "succeeded");
  assertEquals(await freshness(), "fresh");
});

Deno.test("the next morning's pull leaves what waits alone, adds what is new, and its chunks go first", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await ran({ "2021-03-01": ["hrs_1"], "2026-05-04": ["hrs_2"], "2026-06-14": ["hrs_3"] });
  await scheduleOnlyHorses();
  assertEquals(await schedule(), 1);
  const waiting = [
    "2021-03-01 to 2021-04-01: 1 waiting",
    "2026-05-01 to 2026-06-01: 1 waiting",
    "2026-06-01 to 2026-06-16: 1 waiting",
  ];
  assertEquals(await chunks(), waiting);
  // A day of which each minute went to others. What ran yesterday has a chunk that waits.
  await ran({ "2026-06-15": ["hrs_4"] });
  await db.setTime("2026-06-16T04:00:30Z");
  assertEquals([await schedule(), await chunks()], [0, waiting]);
  // Another month is new, and so are the days that no chunk of its month has.
  await ran({ "2020-01-01": ["hrs_5"], "2026-06-16": ["hrs_6"] });
  await db.setTime("2026-06-17T04:00:30Z");
  assertEquals(await schedule(), 1);
  assertEquals(await chunks(), [
    "2020-01-01 to 2020-02-01: 1 waiting",
    ...waiting,
    "2026-06-16 to 2026-06-18: 1 waiting",
  ]);
  const runs = await db.sql`
    select start_date::text, state, chunks from backfill_runs join backfill_status using (start_date) order by id
  `;
  assertEquals(runs.map((row) => ({ ...row })), [
    { start_date: "2021-03-01", state: "waiting", chunks: "0/3" },
    { start_date: "2020-01-01", state: "waiting", chunks: "0/2" },
  ]);
  const newest = await claimed(db.worker, "horses");
  assertEquals(await nextIds(newest), ["hrs_6 2026-06-16 1"]);
  await ingest(db.worker, newest, answers(0, 1, { hrs_6: PROFILE }));
  assertEquals(await finish(db.worker, newest), "succeeded");
  // The rest of the month waits, and the grid says so.
  assertEquals((await grid()).at(-1), "2026-06-01 running 0/17");
  await claimed(db.worker, "horses");
  assertEquals(await nextIds(await claimed(db.worker, "horses")), [
    "hrs_3 2026-06-14 2",
    "hrs_4 2026-06-15 2",
  ]);
});

Deno.test("the next morning's pull replaces one that is paused", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await ran({ "2026-05-04": ["hrs_1"], "2026-04-04": ["hrs_2"] });
  await scheduleOnlyHorses();
  await schedule();
  const lease = await claimed(db.worker, "horses");
  await db
    .worker`select fail_chunk(${lease.chunk_id}, ${lease.lease_token}, 'account', 'The API answered 401')`;
  await db.setTime("2026-06-16T04:00:30Z");
  assertEquals(await schedule(), 1);
  const runs = await db.sql`select state, chunks from backfill_status order by run_id`;
  assertEquals(runs.map((row) => ({ ...row })), [
    { state: "cancelled", chunks: "0/2" },
    { state: "waiting", chunks: "0/2" },
  ]);
});

Deno.test("horses leave the tick to the schedules that start something in it, and look for their ids once", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await ran({ "2021-03-01": ["hrs_1"], "2026-05-04": ["hrs_2"] });
  // A gap is to be closed.
  await start(db.sql, "2026-05-04", "2026-05-04", { feeds: ["results"] });
  await db
    .sql`update backfill_progress set state = 'dead', last_error = 'gone', ended_at = engine.clock() where feed = 'results'`;
  await db.sql`select start_schedules()`;
  const tick = () =>
    db.admin.begin(async (sql) => {
      await sql`set local track_functions = 'pl'`;
      await sql`select engine.start_due_pulls()`;
      const [row] = await sql`
      select pg_stat_get_xact_function_calls(
        'engine.ids_to_ask(text, date, date, text, text)'::regprocedure
      )::integer as calls
    `;
      return row?.["calls"] ?? 0;
    });
  assertEquals(await tick(), 0);
  const ofIds = () => db.sql`select last_due_at, last_error from pull_schedules where pulls = 'ids'`;
  assertEquals([...await ofIds()], [{ last_due_at: null, last_error: null }]);
  await db.passTime("1 minute");
  assertEquals(await tick(), 1);
  const started = await db.sql`select feeds[1] as feed, kind from backfill_runs order by id`;
  assertEquals(started.slice(-2).map((row) => ({ ...row })), [
    { feed: "results", kind: "gaps" },
    { feed: "horses", kind: "schedule" },
  ]);
});

Deno.test("horses are not fresh by a pull of which all was given up or cancelled, however old it was", async () => {
  for (const end of ["dead", "cancelled"]) {
    await db.reset("2026-06-15T05:30:00Z");
    await scheduleOnlyHorses();
    await schedule();
    assertEquals(await freshness(), "fresh", "there was nothing to ask for");
    await ran({ "2026-06-15": ["hrs_1"] });
    await db.setTime("2026-06-16T04:00:30Z");
    await schedule();
    // The next morning leaves it alone.
    await db.setTime("2026-06-17T04:00:30Z");
    await schedule();
    const lease = await claimed(db.worker, "horses");
    await db.passTime("1 minute");
    if (end === "dead") {
      await db
        .worker`select fail_chunk(${lease.chunk_id}, ${lease.lease_token}, 'chunk', 'The endpoint is gone')`;
    } else await db.sql`select backfill_cancel(${lease.run_id})`;
    await db.setTime("2026-06-18T03:50:00Z");
    assertEquals(await freshness(), "late", end);
    await db.setTime("2026-06-18T04:00:30Z");
    assertEquals(await schedule(), 1);
    const again = await claimed(db.worker, "horses");
    await ingest(db.worker, again, answers(0, 1, { hrs_1: PROFILE }));
    assertEquals(await finish(db.worker, again), "succeeded");
    assertEquals(await freshness(), "fresh");
  }
});

Deno.test("horses have a day more than other feeds before they are late, and an alert says so", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await ran({ "2019-05-04": ["hrs_1"] });
  await scheduleOnlyHorses();
  await schedule();
  assertEquals(await freshness(), "waiting");
  await db.setTime("2026-06-16T04:50:00Z");
  await schedule();
  assertEquals(await freshness(), "waiting");
  await db.setTime("2026-06-17T04:50:00Z");
  await schedule();
  assertEquals(await freshness(), "late");
});

Deno.test("with its schedule switched off nothing of it is started, promised or missing", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await ran({ "2019-05-04": ["hrs_1"] });
  await scheduleOnlyHorses();
  assertEquals(await schedule(), 1);
  const gaps = () => db.sql`select day::text, kind, missing from coverage_gaps where feed = 'horses'`;
  assertEquals((await gaps()).map((row) => ({ ...row })), [
    { day: "2019-05-01", kind: "never_pulled", missing: "not all ids of the month were asked for" },
  ]);
  await db.sql`update pull_schedules set enabled = false where name = 'horses'`;
  await db.passTime("3 days");
  assertEquals(await schedule(), 0);
  assertEquals([await freshness(), (await gaps()).length], ["not_scheduled", 0]);
  assertEquals(
    await db.sql`select * from engine.start_due_pulls()`.then(([row]) => row?.["start_due_pulls"]),
    0,
  );
});

Deno.test("a month that was given up shows in the grid, in the gaps and as an alert, and is tried again the next morning", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await ran({ "2019-05-04": ["hrs_1"], "2019-06-04": ["hrs_2"] });
  await scheduleOnlyHorses();
  await schedule();
  const june = await claimed(db.worker, "horses");
  await db.worker`select fail_chunk(${june.chunk_id}, ${june.lease_token}, 'chunk', 'The endpoint is gone')`;
  assertEquals(await grid(), ["2019-05-01 running 0/31", "2019-06-01 failed 0/30"]);
  assertEquals((await db.sql`select from coverage_gaps where feed = 'horses'`).length, 2);
  // Another month that succeeds does not make it good.
  const may = await claimed(db.worker, "horses");
  await ingest(db.worker, may, answers(0, 1, { hrs_1: PROFILE }));
  await db.passTime("1 minute");
  assertEquals(await finish(db.worker, may), "succeeded");
  const alerts = () => db.sql`select subject from engine.chunks_given_up`;
  assertEquals((await alerts()).map(({ subject }) => subject), ["scheduled pulls, horses"]);
  await db.setTime("2026-06-16T04:00:30Z");
  await schedule();
  const again = await claimed(db.worker, "horses");
  await ingest(db.worker, again, answers(0, 1, { hrs_2: PROFILE }));
  assertEquals(await finish(db.worker, again), "succeeded");
  assertEquals((await alerts()).length, 0);
  assertEquals(await grid(), ["2019-05-01 complete 31/31", "2019-06-01 complete 30/30"]);
});

Deno.test("a month that was given up is not missing any more once cards have completed its horses", async () => {
  await db.reset("2026-06-15T05:30:00Z");
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"] });
  await scheduleOnlyHorses();
  await schedule();
  const lease = await claimed(db.worker, "horses");
  await ingest(db.worker, lease, answers(0, 2, { hrs_1: PROFILE }));
  await db
    .worker`select fail_chunk(${lease.chunk_id}, ${lease.lease_token}, 'chunk', 'The endpoint is gone')`;
  const troubles = async () => [
    await grid(),
    (await db.sql`select from coverage_gaps where feed = 'horses'`).length,
    (await db.sql`select from engine.chunks_given_up`).length,
  ];
  assertEquals(await troubles(), [["2019-05-01 failed 0/31"], 1, 1]);
  // It was unknown a month ago, and is to be asked for again.
  await db.sql`insert into engine.ids_asked (feed, id, is_known) values ('horses', 'hrs_2', false)`;
  assertEquals(await troubles(), [["2019-05-01 complete 31/31"], 0, 0]);
  await db.passTime("32 days");
  assertEquals(await troubles(), [["2019-05-01 failed 0/31"], 1, 1]);
  await db.sql`update ra_mst_horses set dob = '2015-01-01', sex = 'mare', colour = 'b', breeder = 'Somebody'`;
  assertEquals(await troubles(), [["2019-05-01 complete 31/31"], 0, 0]);
});

Deno.test("a dead part of a month counts until a later chunk has its days, not another part of the month", async () => {
  await ran({ "2019-05-04": ["hrs_1"], "2019-05-20": ["hrs_2"] });
  const part = async (from: string, to: string) => {
    await start(db.sql, from, to, { feeds: ["horses"] });
    return await claimed(db.worker, "horses");
  };
  const first = await part("2019-05-01", "2019-05-10");
  await db
    .worker`select fail_chunk(${first.chunk_id}, ${first.lease_token}, 'chunk', 'The endpoint is gone')`;
  const second = await part("2019-05-11", "2019-05-31");
  assertEquals(await grid(), ["2019-05-01 running 0/31"]);
  await ingest(db.worker, second, answers(0, 1, { hrs_2: PROFILE }));
  assertEquals(await finish(db.worker, second), "succeeded");
  assertEquals(await grid(), ["2019-05-01 failed 0/31"]);
  const whole = await part("2019-05-01", "2019-05-31");
  await ingest(db.worker, whole, answers(0, 1, { hrs_1: PROFILE }));
  assertEquals(await finish(db.worker, whole), "succeeded");
  assertEquals(await grid(), ["2019-05-01 complete 31/31"]);
});

Deno.test("a later chunk that ends earlier than a dead one does not hide what is left of its month", async () => {
  await ran({ "2019-05-04": ["hrs_1"], "2019-05-20": ["hrs_2"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const whole = await claimed(db.worker, "horses");
  await db
    .worker`select fail_chunk(${whole.chunk_id}, ${whole.lease_token}, 'chunk', 'The endpoint is gone')`;
  await db.passTime("1 minute");
  await start(db.sql, "2019-05-01", "2019-05-10", { feeds: ["horses"] });
  const part = await claimed(db.worker, "horses");
  await ingest(db.worker, part, answers(0, 1, { hrs_1: PROFILE }));
  assertEquals(await finish(db.worker, part), "succeeded");
  assertEquals(await grid(), ["2019-05-01 failed 0/31"]);
  await db.sql`select engine.watch()`;
  assertEquals(
    (await db.sql`select from alerts where kind = 'dead_chunks' and resolved_at is null`).length,
    1,
  );
});

Deno.test("horses that lack something are found by their index, however many are complete", async () => {
  await db.sql`
    insert into ra_mst_horses (id, name, last_seen_on, dob, sex, colour, breeder)
    select 'hrs_' || n, 'Horse ' || n, '2020-01-01', case when n > 10 then date '2015-01-01' end, 'mare', 'b', 'A Stud'
    from generate_series(1, 3000) as n
  `;
  await db.sql`analyze ra_mst_horses`;
  const plan = await db.sql`explain select id from engine.ids_wanted where feed = 'horses'`;
  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  assertEquals(text.includes("ra_mst_horses_incomplete"), true, text);
});

Deno.test("the nightly upkeep keeps the newest run of each month, so that the grid stays", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2"], "2019-06-04": ["hrs_3"] });
  await scheduleOnlyHorses();
  await schedule();
  const ask = async (left: number, profiles: Parameters<typeof answers>[2]) => {
    const lease = await claimed(db.worker, "horses");
    await ingest(db.worker, lease, answers(0, left, profiles));
    assertEquals(await finish(db.worker, lease), "succeeded");
  };
  await ask(1, { hrs_3: PROFILE });
  await ask(2, { hrs_1: PROFILE, hrs_2: null });
  // The one that was unknown is asked for again, in a run of its own.
  await db.passTime("35 days");
  await schedule();
  await ask(1, { hrs_2: null });
  await db.passTime("35 days");
  await schedule();
  await ask(1, { hrs_2: PROFILE });
  await db.passTime("35 days");
  const runs = async () =>
    (await db.sql`select id::integer from backfill_runs order by id`).map(({ id }) => id);
  assertEquals(await runs(), [1, 2, 3]);
  await db.sql`select * from engine.purge()`;
  assertEquals(await runs(), [1, 3]);
  assertEquals(await grid(), ["2019-05-01 complete 31/31", "2019-06-01 complete 30/30"]);
});

Deno.test("known_id() finds another horse each time, and reads few of them", async () => {
  await db.sql`
    insert into ra_mst_horses (id, name, last_seen_on, dob, sex, sex_code, colour, breeder, card_seen_on)
    select
      'hrs_' || nth, 'Horse ' || nth, '2019-05-04', '2015-03-01', 'gelding', 'G', case when nth % 7 > 0 then 'b' end,
      'A Stud', case when nth % 2 = 0 then date '2026-05-04' end
    from generate_series(1, 20000) as nth
  `;
  await ran({ "2019-05-04": ["hrs_x"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const lease = await claimed(db.worker, "horses");
  const known = async (other: string | null = null) =>
    (await db.worker<{ id: string }[]>`
      select known_id(${lease.chunk_id}, ${lease.lease_token}, ${other}) as id
    `)[0]?.id ?? "none";
  const found: string[] = [];
  for (let nth = 0; nth < 20; nth++) found.push(await known());
  assert(new Set(found).size > 10, found.join());
  // Complete, and not from a card.
  for (const id of found) assertEquals([Number(id.slice(4)) % 7 > 0, Number(id.slice(4)) % 2], [true, 1], id);
  const read = await db.admin.begin(async (sql) => {
    await sql`select known_id(${lease.chunk_id}, ${lease.lease_token})`;
    const [row] = await sql`
      select pg_stat_get_xact_tuples_returned('ra_mst_horses'::regclass)::integer as rows
    `;
    return row?.["rows"];
  });
  assert(read < 500, `${read} rows`);
  await db.sql`delete from ra_mst_horses where id not in ('hrs_1', 'hrs_2', 'hrs_x')`;
  assertEquals([await known(), await known("hrs_1"), await known("hrs_2")], ["hrs_1", "hrs_2", "hrs_1"]);
  await db.sql`delete from ra_mst_horses where id = 'hrs_2'`;
  assertEquals(await known("hrs_1"), "none");
});

Deno.test("each function that a worker calls about ids may take a minute", async () => {
  const limits = await db.sql`
    select proname, proconfig @> '{statement_timeout=60s}' as may from pg_catalog.pg_proc
    where pronamespace = 'public'::regnamespace and proname in ('next_ids', 'known_id') order by 1
  `;
  assertEquals(limits.map((row) => ({ ...row })), [{ proname: "known_id", may: true }, {
    proname: "next_ids",
    may: true,
  }]);
});

Deno.test("a horse that only runs on cards is complete from the first, and nobody asks for it", async () => {
  await ran({});
  await db
    .sql`insert into ra_mst_courses (id, name, region_code, is_listed) values ('crs_1', 'Upper Sandbury', 'gb', false) on conflict do nothing`;
  await db.sql`select engine.upsert_horses(${
    db.sql.json([horse("hrs_1", { ...PROFILE, card_seen_on: "2026-06-01" })])
  })`;
  await db.sql`select engine.upsert_races(${db.sql.json([cardRace("rac_1")])})`;
  await db.sql`select engine.upsert_runners(${db.sql.json([cardRunner("rac_1", "hrs_1")])})`;
  assertEquals(
    (await db.sql`select * from engine.plan_chunks('1988-01-01', '2026-06-15', 'horses', 'missing')`).length,
    0,
  );
});

Deno.test("one odd profile that was asked for alone is a reject, and a page of odd ones ends the chunk", async () => {
  await ran({ "2019-05-04": ["hrs_1", "hrs_2", "hrs_3"] });
  await start(db.sql, "2019-05-01", "2019-05-31", { feeds: ["horses"] });
  const lease = await claimed(db.worker, "horses");
  const broken = answers(0, 3, { hrs_1: "odd", hrs_2: "odd" });
  assertEquals((await ingest(db.worker, lease, broken)).understood, false);
  assertEquals((await chunkRow(db.sql, lease.chunk_id)).cursor_skip, 0);
  const alone = answers(0, 3, { hrs_1: "odd" });
  assertEquals((await ingest(db.worker, lease, alone)).understood, true);
  assertEquals(await nextIds(lease, "hrs_1"), ["hrs_2 2019-05-04 2", "hrs_3 2019-05-04 2"]);
});
