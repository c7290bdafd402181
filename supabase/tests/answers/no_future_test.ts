import { assert } from "@std/assert";
import type postgres from "postgres";
import { Random } from "../../../scripts/lab/racing_api/generator/random.ts";
import { dateOf, dayOf } from "../../../scripts/lab/racing_api/london.ts";
import { askCard, askDrawBias, askRunnerForm, askStrikeRates } from "../support/answers/asked.ts";
import { theOnly } from "../support/api_bodies.ts";
import { assertSameAnswers } from "../support/answers/compare.ts";
import type { Answer } from "../support/answers/expected.ts";
import { smallWorld, storeWorld } from "../support/answers/small_world.ts";
import { startTestDatabase, type TestDatabase } from "../support/test_database.ts";

/** More trials: ANSWERS_TRIALS=500 deno test -A supabase/tests/answers/no_future_test.ts; ANSWERS_SEED is another world. */
const SEED = Number(Deno.env.get("ANSWERS_SEED") ?? 1);
const TRIALS = Number(Deno.env.get("ANSWERS_TRIALS") ?? 40);
const FIRST_DAY = dayOf("2026-03-20");
const DAYS = 45;

let db: TestDatabase;
Deno.test.beforeAll(async () => {
  db = await startTestDatabase();
  await db.reset();
  await storeWorld(db.sql, smallWorld(SEED));
});
Deno.test.afterAll(() => db.stop());

/** Does something to the database, asks, and takes it back. */
async function afterwards<T>(
  change: (sql: postgres.TransactionSql) => Promise<unknown>,
  ask: (sql: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const answers: T[] = [];
  const undo = new Error("undo");
  await db.sql.begin(async (sql) => {
    await change(sql);
    answers.push(await ask(sql));
    throw undo;
  }).catch((error) => {
    if (error !== undo) throw error;
  });
  return theOnly(answers);
}

/** Every figure up to a day, by what it was asked with. */
async function upTo(
  sql: Parameters<typeof askCard>[0],
  { day, entity, by }: { readonly day: string; readonly entity: string; readonly by: string },
): Promise<Map<string, Map<string, Answer>>> {
  const answers = new Map<string, Map<string, Answer>>();
  answers.set("runner_form", await askRunnerForm(sql, `race_date <= '${day}'`));
  answers.set("card", await askCard(sql, day));
  answers.set(`strike_rates ${entity} ${by}`, await askStrikeRates(sql, entity, by, null, day));
  answers.set("draw_bias", await askDrawBias(sql, "crs_0", ["distance"], day));
  return answers;
}

Deno.test("without everything after a day, each figure up to that day is the same", async () => {
  const random = new Random(`days ${SEED}`);
  let figures = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const day = dateOf(FIRST_DAY + random.int(0, DAYS - 1));
    const entity = random.pick(["trainer", "jockey", "pair", "owner", "sire", "dam", "damsire"]);
    const by = random.pick(["all", "course", "distance", "going", "class", "code", "age", "month"]);
    const before = await upTo(db.sql, { day, entity, by });
    const after = await afterwards(
      (sql) => sql`delete from ra_races where race_date > ${day}`,
      (sql) => upTo(sql, { day, entity, by }),
    );
    for (const [what, answer] of before) {
      assertSameAnswers(after.get(what) ?? new Map(), answer, `${what} up to ${day}`);
      figures += [...answer.values()].reduce((sum, row) => sum + Object.keys(row).length, 0);
    }
  }
  console.log(`${TRIALS} trials, ${figures} figures compared.`);
  assert(figures > 1000 * TRIALS);
});

/** What runner_form says of a race itself and of what is known of it after the off. */
const AFTER_THE_OFF = new Set([
  "has_run",
  "ran",
  "places_paid",
  "position",
  "position_code",
  "is_winner",
  "is_placed",
  "prb",
  "sp_decimal",
  "sp_probability",
  "sp_profit",
  "bsp",
  "rpr",
]);

Deno.test("without its own result and all that was not over before its off, what stands beside a runner is the same", async () => {
  const random = new Random(`races ${SEED}`);
  const races = await db.sql<{ id: string; date: string }[]>`
    select id, race_date::text as date from ra_races order by id
  `;
  let figures = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const race = random.pick(races);
    const ask = async (sql: Parameters<typeof askCard>[0]) => {
      const card = [...await askCard(sql, race.date)].filter(([, row]) => row["race_id"] === race.id);
      const form = [...await askRunnerForm(sql, `race_id = '${race.id}'`)].map(([key, row]) =>
        [
          key,
          Object.fromEntries(Object.entries(row).filter(([column]) => !AFTER_THE_OFF.has(column))),
        ] as const
      );
      return { card: new Map(card), form: new Map<string, Answer>(form) };
    };
    const before = await ask(db.sql);
    const after = await afterwards(async (sql) => {
      await sql`
        delete from ra_races as other
        using racing.races as one, racing.races as later
        where one.race_id = ${race.id} and later.race_id = other.id and other.id <> one.race_id
          and later.happened_at >= one.known_before
      `;
      await sql`
        update ra_runners set has_result = false, position = null, position_code = null, sp_decimal = null, bsp = null,
          rpr = null
        where race_id = ${race.id}
      `;
      await sql`update ra_races set has_result = false where id = ${race.id}`;
    }, ask);
    assertSameAnswers(after.card, before.card, `card of ${race.id}`);
    assertSameAnswers(after.form, before.form, `runner_form of ${race.id}`);
    figures += [...before.card.values(), ...before.form.values()]
      .reduce((sum, row) => sum + Object.keys(row).length, 0);
  }
  console.log(`${TRIALS} trials, ${figures} figures compared.`);
  assert(figures > 50 * TRIALS);
});
