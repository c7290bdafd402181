import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { applyMigrations, runFile } from "../platform/migrations.ts";
import type { Sql } from "../platform/database.ts";
import type { Platform } from "../platform/platform.ts";
import { startTestPlatform } from "../test_support/test_project.ts";
import { ERAS, nameIn } from "./eras.ts";
import { makeEmptyProject } from "./test_support.ts";
import { writeOldDatabase } from "./write_old_database.ts";

const MIGRATIONS = fromFileUrl(new URL("../../../supabase/migrations", import.meta.url));
const DAYS = [{ first: "2022-12-26", last: "2022-12-26" }, { first: "2025-10-11", last: "2025-10-11" }];

let platform: Platform;
Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
});
Deno.test.afterAll(() => platform.stop());

/** Every relation that a reader of the old system may name, with a digest of its rows. */
async function contents(sql: Sql, path: string, names?: readonly string[]): Promise<Map<string, string>> {
  return await sql.begin(async (transaction) => {
    await transaction.unsafe(`set local search_path = ${path}`);
    const relations = names ?? (await transaction<{ name: string }[]>`
      select relname::text as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') order by relname
    `).map(({ name }) => name);
    const found = new Map<string, string>();
    for (const name of relations) {
      const [row] = await transaction.unsafe<{ rows: number; digest: string }[]>(
        `select count(*)::integer as rows, coalesce(md5(string_agg(r::text, '|' order by r::text)), '') as digest from ${name} as r`,
      );
      found.set(name, `${row?.rows} ${row?.digest}`);
    }
    return found;
  }) as Map<string, string>;
}

for (const era of ERAS) {
  Deno.test(`a database of era ${era} is taken over, and each old name reads as before`, async () => {
    await using project = await makeEmptyProject(platform.adminUrl, `taken_${era}`);
    const sql = project.connect();
    await writeOldDatabase(sql, { era, days: DAYS });
    const before = await contents(sql, "public");
    console.time("migrate");
    await applyMigrations(sql, MIGRATIONS);
    console.timeEnd("migrate");
    const after = await contents(sql, "legacy, public", [...before.keys()]);
    assertEquals(after, before);
  });
}
