import { assert, assertEquals } from "@std/assert";
import { askStrikeRates } from "../support/answers/asked.ts";
import { assertSameAnswers } from "../support/answers/compare.ts";
import type { Answer } from "../support/answers/expected.ts";
import { smallWorld, storeWorld } from "../support/answers/small_world.ts";
import { startTestDatabase, type TestDatabase } from "../support/test_database.ts";

const ENTITIES = ["trainer", "jockey", "pair", "owner", "sire", "dam", "damsire"];
const BY = ["all", "course", "distance", "going", "class", "code", "age", "month"];
const SEED = Number(Deno.env.get("ANSWERS_SEED") ?? 1);

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.sql`select racing.keep_no_runs()`;
  await db.reset();
  await storeWorld(db.sql, smallWorld(SEED));
});

type Answers = ReadonlyMap<string, ReadonlyMap<string, Answer>>;

/** Strike rates of everybody and of one of them, by one thing or another. */
async function ask(asked: readonly (readonly [entity: string, by: string])[]): Promise<Answers> {
  const answers = new Map<string, Map<string, Answer>>();
  for (const [entity, by] of asked) {
    const all = await askStrikeRates(db.worker, entity, by, null, null);
    answers.set(`${entity} by ${by}`, all);
    const part = await askStrikeRates(db.worker, entity, by, "2026-04-01", "2026-04-20");
    answers.set(`${entity} by ${by} in April`, part);
    const id = [...all.values()].map(({ entity_id }) => entity_id).find((known) => known !== null);
    const one = await askStrikeRates(db.worker, entity, by, null, null, String(id));
    answers.set(`${entity} ${id} by ${by}`, one);
  }
  return answers;
}

/** Everybody by everything. */
const askAll = () => ask(ENTITIES.flatMap((entity) => BY.map((by) => [entity, by] as const)));
/** What a change of any kind is in. */
const askSome = () => ask([["trainer", "going"], ["sire", "age"]]);

function assertSame(actual: Answers, expected: Answers): void {
  for (const [what, answer] of expected) assertSameAnswers(actual.get(what) ?? new Map(), answer, what);
}

/** Keeps as the tick does; returns how many ticks had something to do. */
async function keep(): Promise<number> {
  for (let ticks = 0; ticks < 100; ticks++) {
    if (await count("racing.changed_days") === 0) return ticks;
    await db.passTime("1 minute");
    await db.sql`select engine.keep_changed_days()`;
  }
  throw new Error("There is no end to the days that have changed");
}

async function count(table: string): Promise<number> {
  const [row] = await db.sql.unsafe<{ rows: number }[]>(`select count(*)::integer as rows from ${table}`);
  return row?.rows ?? NaN;
}

const daysChanged = async () =>
  (await db.sql<{ day: string }[]>`
    select distinct race_date::text as day from racing.changed_days order by 1
  `).map(({ day }) => day);

Deno.test("what is kept, what is not kept yet and what is worked out give the same answers", async () => {
  const workedOut = await askAll();
  const [told] = await db.sql<{ days: number }[]>`select * from racing.keep_runs()`;
  // A part is kept, and a part is not.
  await db.sql`delete from racing.changed_days where race_date > '2026-04-10'`;
  await db.sql`
    insert into racing.kept_days
    select kept.* from (select distinct race_date from ra_races where has_result and race_date > '2026-04-10') as day
    cross join lateral racing.runs_of_day(day.race_date) as kept
  `;
  assertSame(await askAll(), workedOut);
  assertEquals(await keep(), 1);
  assertEquals(await count("racing.kept_days"), told?.days);
  assertSame(await askAll(), workedOut);
  await db.sql`select racing.keep_no_runs()`;
  assertEquals(await count("racing.kept_days"), 0);
});

Deno.test("with runs kept, an answer reads what is kept", async () => {
  await db.sql`select racing.keep_runs()`;
  await keep();
  await db.sql`update racing.kept_days set trainers = array_fill('Somebody'::text, array[runs])`;
  const answers = await askStrikeRates(db.worker, "trainer", "all", null, null);
  assertEquals([...answers.keys()], ["Somebody|all"]);
});

for (
  const [what, change, days] of [
    [
      "a runner's position",
      "update ra_runners set position = 9 where race_id = (select id from one) and position = 1",
      1,
    ],
    [
      "a runner's trainer",
      "update ra_runners set trainer_id = 'trn_1', trainer_name = null where race_id = (select id from one)",
      1,
    ],
    ["a runner that is gone", "delete from ra_runners where race_id = (select id from one)", 1],
    ["a race that is gone", "delete from ra_races where id = (select id from one)", 1],
    ["a race that moved", "update ra_races set race_date = '2026-06-30' where id = (select id from one)", 2],
    ["a race's going", "update ra_races set going = 'Heavy' where id = (select id from one)", 1],
  ] as const
) {
  Deno.test(`${what} is in the answer at once, and kept again by the next tick`, async () => {
    await db.sql`select racing.keep_runs()`;
    await keep();
    await db.sql.unsafe(`
      with one as (
        select race.id from ra_races as race
        where race.has_result and race.going is distinct from 'Heavy' and exists (
          select from ra_runners as winner
          where winner.race_id = race.id and winner.position = 1 and winner.trainer_id <> 'trn_1'
        )
        order by race.id limit 1
      )
      ${change}
    `);
    assertEquals((await daysChanged()).length, days);
    const atOnce = await askSome();
    assertEquals(await keep(), 1);
    const kept = await askSome();
    await db.sql`select racing.keep_no_runs()`;
    const workedOut = await askSome();
    assertSame(atOnce, workedOut);
    assertSame(kept, workedOut);
  });
}

Deno.test("a horse's new sire, and a going that becomes known, change the days that they are in", async () => {
  await db.sql`select racing.keep_runs()`;
  await keep();
  await db
    .sql`update ra_mst_horses set sire_id = 'sir_2', sire_name = null where id = 'hrs_3' and sire_id is distinct from 'sir_2'`;
  await db.sql`update ra_mst_horses set name = 'Another' where id = 'hrs_4'`;
  const ran = await db.sql<{ day: string }[]>`
    select distinct run.race_date::text as day from racing.runs as run where run.horse_id = 'hrs_3' order by 1
  `;
  assertEquals(await daysChanged(), ran.map(({ day }) => day));
  await keep();
  await db
    .sql`insert into racing.goings (key, surface, rank, going_group) values ('bottomless', 'turf', 10, 'heavy')`;
  try {
    assertEquals((await daysChanged()).length, await count("racing.kept_days"));
    const atOnce = await askSome();
    await keep();
    const kept = await askSome();
    await db.sql`select racing.keep_no_runs()`;
    const workedOut = await askSome();
    assertSame(atOnce, workedOut);
    assertSame(kept, workedOut);
  } finally {
    await db.sql`delete from racing.goings where key = 'bottomless'`;
  }
});

Deno.test("what changes no run, or nothing at all, changes no day", async () => {
  await db.sql`select racing.keep_runs()`;
  await keep();
  await db.sql`update ra_runners set position = position`;
  await db.sql`update ra_races set going = 'Soft' where not has_result`;
  await db.sql`update ra_runners set headgear = 'v' where not has_result`;
  assertEquals(await daysChanged(), []);
});

Deno.test("a change that is not committed when its day is kept is kept by the next tick", async () => {
  await db.sql`select racing.keep_runs()`;
  await keep();
  const [race] = await db.sql<{ id: string; day: string }[]>`
    select id, race_date::text as day from ra_races where has_result order by id limit 1
  `;
  await db.sql.begin(async (page) => {
    await page`update ra_runners set age = 10 where race_id = ${race?.id ?? ""}`;
    // Somebody else's change of the same day, which is committed.
    await db.sql`insert into racing.changed_days (race_date) values (${race?.day ?? ""})`;
    assertEquals(await keep(), 1);
  });
  assertEquals(await daysChanged(), [race?.day]);
  const atOnce = await askSome();
  await keep();
  assertSame(await askSome(), atOnce);
});

Deno.test("while none are kept, nothing is noted and the tick has no such part", async () => {
  await db.sql`update ra_runners set age = 5`;
  await db.sql`update ra_races set going = 'Soft'`;
  assertEquals(await count("racing.changed_days"), 0);
  const parts = async () =>
    (await db.sql<{ parts: string[] }[]>`select engine.take_parts_due() as parts`)[0]?.parts;
  assertEquals((await parts())?.includes("keeping"), false);
  await db.sql`select racing.keep_runs()`;
  assertEquals((await parts())?.includes("keeping"), true);
});

Deno.test("the tick rests once all is kept, and keeps none without room", async () => {
  await db.sql`select racing.keep_runs()`;
  await db.sql`update backfill_settings set database_limit_megabytes = 1`;
  await db.sql`select engine.keep_changed_days()`;
  assertEquals(await count("racing.kept_days"), 0);
  const [full] = await db.sql`select state from engine.check_kept_runs()`;
  assertEquals(full?.["state"], "warning");
  await db.sql`update backfill_settings set database_limit_megabytes = default`;
  await keep();
  const due = async () =>
    (await db.sql<{ minutes: number }[]>`
      select (extract(epoch from due_at - engine.clock()) / 60)::float8 as minutes from engine.heartbeats where name = 'keeping'
    `)[0]?.minutes ?? NaN;
  assert(await due() < 1);
  await db.sql`select engine.keep_changed_days()`;
  assert(await due() > 14);
  const [check] = await db.sql`select state, finding from engine.check_kept_runs()`;
  assertEquals(check?.["state"], "ok");
  assert(String(check?.["finding"]).startsWith(`${await count("racing.kept_days")} days are kept`));
});
