import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { connect, type Sql } from "../../scripts/lab/platform/database.ts";
import { applyMigrations } from "../../scripts/lab/platform/migrations.ts";
import { makeOwnDatabase } from "../../scripts/lab/platform/own_database.ts";
import { preparePlatformSchema } from "../../scripts/lab/platform/platform_schema.ts";
import { harvest } from "../functions/_shared/pages/harvest.ts";
import { readResultsPage } from "../functions/_shared/pages/read_results.ts";
import { resultBody, resultsBody, theOnly } from "./support/api_bodies.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

const MIGRATIONS = fromFileUrl(new URL("../migrations", import.meta.url));

const HORSE = theOnly(readResultsPage(resultsBody([resultBody()])).rows.horses);

/** In which order a collation of English and code points do not agree. */
const NAMES = ["de Lacy", "Zed", "Émile", "O'Brien", "OBrien", "o brien", "\u{1F40E}", "\uFFFD"];

let db: TestDatabase;
let english: Sql;
const resources = new AsyncDisposableStack();

/** A migrated database whose text sorts as in a hosted project, by the rules of a language. */
Deno.test.beforeAll(async () => {
  db = resources.adopt(await startTestDatabase(), (database) => database.stop());
  const { url } = resources.use(await makeOwnDatabase(db.adminUrl, "english", { icuLocale: "en-GB" }));
  english = resources.adopt(connect(url, { max: 1, name: "test" }), (sql) => sql.end({ timeout: 1 }));
  await preparePlatformSchema(english);
  await applyMigrations(english, MIGRATIONS);
});
Deno.test.afterAll(() => resources.disposeAsync());

const owner = (name: string) => ({ id: "own_1", name, last_seen_on: "2026-06-01" });

/** The name that stays when each comes on a page of its own. */
async function inDatabase(sql: Sql, names: readonly string[]): Promise<unknown> {
  await sql`delete from ra_mst_owners`;
  for (const name of names) await sql`select engine.upsert_owners(${sql.json([owner(name)])})`;
  return (await sql`select name from ra_mst_owners`)[0]?.["name"];
}

/** The name that stays when all come on one page. */
function onOnePage(names: readonly string[]): string | null | undefined {
  const nobody = { sire: null, dam: null, damsire: null, jockey: null, trainer: null, bookmakers: [] };
  const runners = names.map((name) => ({ ...nobody, owner: owner(name), horse: HORSE }));
  return harvest([], runners).owners[0]?.name;
}

Deno.test("the database of this test does not sort text by code point", async () => {
  assertEquals((await english`select 'de Lacy' < 'Zed' as is_before`)[0]?.["is_before"], true);
});

Deno.test("of two names of one day the same one stays, on one page or two, in any order and any collation", async () => {
  for (const one of NAMES) {
    for (const other of NAMES) {
      const names = [onOnePage([one, other]), onOnePage([other, one])];
      for (const sql of [db.sql, english]) {
        names.push(
          await inDatabase(sql, [one, other]) as string,
          await inDatabase(sql, [other, one]) as string,
        );
      }
      assertEquals(new Set(names).size, 1, `${one} and ${other}: ${names.join(", ")}`);
    }
  }
});
