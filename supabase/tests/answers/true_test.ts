import { assert } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "../support/test_database.ts";
import { askCard, askDrawBias, askProfile, askRunnerForm, askStrikeRates } from "../support/answers/asked.ts";
import { assertSameAnswers } from "../support/answers/compare.ts";
import { type Answer, Expected } from "../support/answers/expected.ts";
import { capturedPages, generatedPages, storePages } from "../support/answers/loaded_pages.ts";
import { readRawRows } from "../support/answers/raw_rows.ts";
import { smallWorld, storeWorld } from "../support/answers/small_world.ts";

/** Another seed gives another world: ANSWERS_SEED=7 deno test -A supabase/tests/answers/true_test.ts */
const SEED = Number(Deno.env.get("ANSWERS_SEED") ?? 1);
const ENTITIES = ["trainer", "jockey", "pair", "owner", "sire", "dam", "damsire"];
const BY = ["all", "course", "distance", "going", "class", "code", "age", "month"];

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

/** Holds every answer to what is worked out from the rows once more; returns how many rows were compared. */
async function checkAnswers(): Promise<number> {
  const raw = await readRawRows(db.sql);
  const expected = new Expected(raw);
  let compared = 0;
  const same = (
    actual: Parameters<typeof assertSameAnswers>[0],
    wanted: Parameters<typeof assertSameAnswers>[1],
    what: string,
  ) => {
    assertSameAnswers(actual, wanted, what);
    compared += wanted.size;
  };
  // As the role that an API key has, and row level security with it.
  const sql = db.worker;
  same(await askRunnerForm(sql), expected.runnerForm(), "runner_form");
  const days = [...new Set(raw.races.map(({ race_date }) => race_date))].toSorted();
  for (const day of days) same(await askCard(sql, day), expected.card(day), `card of ${day}`);
  const middle = days[Math.floor(days.length / 2)] ?? null;
  for (const entity of ENTITIES) {
    for (const by of BY) {
      const what = `strike_rates ${entity} by ${by}`;
      const all = await askStrikeRates(sql, entity, by, null, null);
      same(all, expected.strikeRates(entity, by, null, null), what);
      const part = await askStrikeRates(sql, entity, by, middle, days.at(-1) ?? null);
      same(part, expected.strikeRates(entity, by, middle, days.at(-1) ?? null), `${what} since ${middle}`);
      await checkOne(entity, by, all);
    }
  }
  for (const course of new Set(raw.races.map(({ course_id }) => course_id))) {
    for (const by of [[], ["distance"], ["going"], ["field"], ["distance", "going", "field"]]) {
      const what = `draw_bias ${course} by ${by}`;
      same(await askDrawBias(sql, course, by, null), expected.drawBias(course, by, null), what);
    }
  }
  for (const { id } of raw.horses.slice(0, 25)) {
    const own = expected.profile((horse) => horse.id === id);
    same(await askProfile(sql, "horse_profile", id), own, `profile of ${id}`);
  }
  for (const kind of ["sire", "dam", "damsire"] as const) {
    for (const id of [...new Set(raw.horses.flatMap((horse) => horse[`${kind}_id`] ?? []))].slice(0, 8)) {
      const own = expected.profile((horse) => horse[`${kind}_id`] === id);
      same(await askProfile(sql, "progeny", id), own, `progeny of ${id}`);
    }
  }
  return compared;
}

/** Of one of them, the figures are those that it has among all. */
async function checkOne(entity: string, by: string, all: ReadonlyMap<string, Answer>): Promise<void> {
  const [row] = [...all.values()].filter(({ entity_id }) => entity_id !== null);
  if (row === undefined) return;
  const id = String(row["entity_id"]);
  const own = new Map([...all].filter(([, { entity_id }]) => entity_id === id));
  assertSameAnswers(
    await askStrikeRates(db.worker, entity, by, null, null, id),
    own,
    `${entity} ${id} by ${by}`,
  );
}

Deno.test("every measure of a small world with all that is rare is what TypeScript makes of its rows", async () => {
  for (const seed of [SEED, SEED + 1]) {
    await db.reset();
    await storeWorld(db.sql, smallWorld(seed));
    console.log(`Small world ${seed}: ${await checkAnswers()} rows of answers compared.`);
  }
});

Deno.test("every measure of generated races is what TypeScript makes of their rows", async () => {
  const dates = ["2026-05-02", "2026-05-24"];
  await storePages(db.sql, generatedPages(SEED, dates, "2026-06-15T11:00:00Z"));
  console.log(`Generated races: ${await checkAnswers()} rows of answers compared.`);
});

Deno.test("every measure of captured races is what TypeScript makes of their rows", async () => {
  const pages = await capturedPages();
  if (pages.length === 0) return;
  await storePages(db.sql, pages);
  const compared = await checkAnswers();
  assert(compared > 0);
  console.log(`Captured races: ${compared} rows of answers compared.`);
});
