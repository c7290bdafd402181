import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runHere } from "../../scripts/darkhorses/test_support/run_here.ts";
import { contentsOf, relationsOf } from "../../scripts/lab/legacy/test_support/read.ts";
import { writeOldDatabase } from "../../scripts/lab/legacy/write_old_database.ts";
import { connect, type Sql } from "../../scripts/lab/platform/database.ts";
import { applyMigrations } from "../../scripts/lab/platform/migrations.ts";
import { type Platform, startPlatform } from "../../scripts/lab/platform/platform.ts";
import { until } from "../../scripts/lab/test_support/until.ts";
import { differencesOf, type OldRows, readOldRows } from "./support/old_rows.ts";

/**
 * An old database, taken over by the migrations and copied by the functions as they are deployed. Everything is real but
 * the API, which nobody may call.
 */
let platform: Platform;
let sql: Sql;
let names: string[];
/** What readers of the old database read, before the migrations. */
let before: OldRows;
const functionLog: string[] = [];

const MIGRATIONS = fromFileUrl(new URL("../migrations", import.meta.url));
/** A day without cards, with an orphan, and one of later times. */
const DAYS = [{ first: "2022-12-29", last: "2022-12-29" }, { first: "2025-10-11", last: "2025-10-11" }];
const NOBODY = "http://127.0.0.1:9";

/** Makes of a given database, which has our schema already, one that never had it. */
async function emptyGiven(databaseUrl: string): Promise<void> {
  const admin = connect(databaseUrl, { max: 1, name: "test" });
  try {
    await admin.unsafe(`
      drop schema if exists racing, engine, testing, supabase_migrations cascade;
      drop schema public cascade;
      create schema public authorization pg_database_owner;
      grant usage on schema public to public;
      delete from cron.job;
    `);
  } finally {
    await admin.end({ timeout: 1 });
  }
}

Deno.test.beforeAll(async () => {
  const databaseUrl = Deno.env.get("TEST_DATABASE_URL");
  if (databaseUrl !== undefined) await emptyGiven(databaseUrl);
  // The project begins without a schema, as the old system had it.
  const noMigrations = await Deno.makeTempDir();
  try {
    platform = await startPlatform({
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      migrationsFolder: noMigrations,
      cron: "manual",
      functionEnvironment: {
        ...{ RACING_API_URL: NOBODY, RACING_API_USERNAME: "nobody", RACING_API_PASSWORD: "nobody's" },
      },
      onFunctionLog: (line) => void functionLog.push(line),
    });
  } finally {
    await Deno.remove(noMigrations, { recursive: true });
  }
  sql = connect(platform.databaseUrl, { max: 2, name: "test", role: "postgres" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
});

Deno.test("the migrations take an old database over, and each old name reads what it read", async () => {
  const old = connect(platform.databaseUrl, { max: 1, name: "old system", role: "postgres" });
  try {
    await writeOldDatabase(old, { era: "b", days: DAYS });
    names = await relationsOf(old, "public");
    before = await readOldRows(old, "public", names);
    const contents = await contentsOf(old, "public", names);
    await applyMigrations(old, MIGRATIONS);
    assertEquals(await contentsOf(old, "legacy, public", names, "service_role"), contents);
  } finally {
    await old.end({ timeout: 1 });
  }
});

Deno.test('"legacy copy" has the deployed functions bring all that was there, without a call of the API', async () => {
  await sql`update backfill_settings set capture_odds = true, capture_long_texts = true`;
  const { code, out, err } = await runHere(["legacy", "copy", "--json"], platform.databaseUrl);
  assertEquals(code, 0, out + err);
  await until(
    async () => {
      const [run] = await sql<
        { state: string }[]
      >`select state from backfill_status order by run_id desc limit 1`;
      return run?.state === "succeeded";
    },
    "the end of the copy",
    { more: () => functionLog.join("\n") },
  );
  const [copied] = await sql`
    select
      (select count(*) from ra_races where from_legacy)
        = (select count(*) from legacy_data.ra_races where not starts_with(id, '**TEST**')) as races,
      (select count(*) from ra_runners where from_legacy) > 500 as runners,
      (select count(*) from ra_runner_odds where from_legacy) > 100 as odds,
      (select count(*) from ra_runner_odds_history) > (select count(*) from ra_runner_odds) as history,
      (select count(*) from ra_runner_prices) > 100 as prices,
      (select count(*) from ra_runners where medical is not null or quotes is not null) > 0 as notes,
      (select count(*)::integer from engine.racing_api_calls) as calls,
      (select count(distinct chunk.feed)::integer from backfill_progress as chunk) as feeds
  `;
  assertEquals({ ...copied }, {
    ...{
      races: true,
      runners: true,
      odds: true,
      history: true,
      prices: true,
      notes: true,
      calls: 0,
      feeds: 1,
    },
  });
  // What is left there says why.
  const left = await sql<{ name: string }[]>`
    select concat_ws(': ', old_table, reason) as name from engine.rows_only_in_legacy() where rows > 0
  `;
  assertEquals(left.map(({ name }) => name).toSorted(), [
    "ra_odds_historical: no horse of that name in the race",
    "ra_odds_historical: no name of the horse, or neither course nor off time",
    "ra_odds_historical: no race of ours there and then",
  ]);
  const invocations = functionLog.filter((line) => line.includes('"feed":"legacy"'));
  assert(invocations.length > 0, functionLog.join("\n"));
});

Deno.test("after a copy each old name reads the rows that it read, but for what is documented", async () => {
  const after = await readOldRows(sql, "legacy", names);
  assertEquals(differencesOf(before, after), []);
});
