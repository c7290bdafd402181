import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { applyMigrations, MigrationError } from "../platform/migrations.ts";
import type { Sql } from "../platform/database.ts";
import type { Platform } from "../platform/platform.ts";
import { startTestPlatform } from "../test_support/test_project.ts";
import { ERAS, nameIn } from "./eras.ts";
import { adopt, ADOPTION, MIGRATIONS, OldProjects } from "./test_support/old_projects.ts";
import { makeEmptyProject } from "./test_support/projects.ts";
import { contentsOf, relationsOf, shapeOf } from "./test_support/read.ts";

const SUPABASE = fromFileUrl(new URL("../../../supabase", import.meta.url));

let platform: Platform;
let old: OldProjects;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
  old = new OldProjects(platform.adminUrl, "taken");
});
Deno.test.afterAll(async () => {
  await old[Symbol.asyncDispose]();
  await platform.stop();
});

const count = async (sql: Sql, from: string) =>
  (await sql.unsafe<{ count: number }[]>(`select count(*)::integer as count from ${from}`))[0]?.count;

for (const era of ERAS) {
  Deno.test(`a database of era ${era} is taken over whole, each old name reads as before, and undo puts it back`, async () => {
    await using project = await old.copy(era, `taken_${era}`);
    const sql = project.connect();
    const names = await relationsOf(sql, "public");
    const before = await contentsOf(sql, "public", names);
    const shape = await shapeOf(sql, "public", names);

    // Between the two migrations nobody misses a table either.
    await adopt(sql);
    assertEquals(await contentsOf(sql, "legacy, public", names), before);
    await applyMigrations(sql, MIGRATIONS);
    assertEquals(await contentsOf(sql, "legacy, public", names, "service_role"), before);
    assertEquals(await contentsOf(sql, "legacy_data", names), before);
    assertEquals(await shapeOf(sql, "legacy_data", names), shape);
    // The old columns, in their order and types.
    const columns = (schema: string) =>
      sql<{ text: string }[]>`
        select format('%s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod)) as text
        from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = to_regnamespace(${schema}) and c.relname = any (${names}) and c.relkind in ('r', 'v')
        order by c.relname, a.attnum
      `;
    assertEquals([...await columns("legacy")], [...await columns("legacy_data")]);

    // Names that ours don't have change nothing for their readers.
    const ours = (await relationsOf(sql, "public")).filter((name) => !names.includes(name));
    const unchanged = names.filter((name) => !/^ra_(mst_(?!ra)|races$|runners$|runner_odds$)/.test(name));
    const free = unchanged.concat(
      era === "c" ? ["ra_mst_races", "ra_mst_runners", "ra_mst_race_results"] : [],
    );
    assert(free.length > 9 && ours.includes("backfill_status"));
    const again = await contentsOf(sql, "public", free, "service_role");
    assertEquals(again, Object.fromEntries(free.map((name) => [name, before[name]])));
    const [horse] = await sql<{ id: string; runs: number }[]>`
      select horse_id as id, count(*)::integer as runs from legacy_data.${sql(nameIn(era, "ra_runners"))}
      group by 1 order by 2 desc, 1 limit 1
    `;
    const [told] = await sql`select count_runners_of(${horse?.id ?? ""})::integer as runs`;
    assertEquals(told?.["runs"], horse?.runs);

    await sql`select legacy_undo()`;
    assertEquals(await relationsOf(sql, "public"), names);
    assertEquals(await contentsOf(sql, "public", names), before);
    assertEquals(await shapeOf(sql, "public", names), shape);
    const left = await sql`
      select nspname::text as name from pg_namespace where nspname in ('engine', 'legacy', 'legacy_data')
      union all select proname::text from pg_proc where pronamespace = 'public'::regnamespace and proname <> 'count_runners_of'
    `;
    assertEquals([...left], []);
    // And once more.
    await applyMigrations(sql, MIGRATIONS);
    assertEquals(await contentsOf(sql, "legacy, public", names), before);
  });
}

Deno.test("on an empty project the first migration leaves nothing", async () => {
  await using project = await makeEmptyProject(platform.adminUrl, "nothing_old");
  const sql = project.connect();
  await adopt(sql);
  assertEquals(await relationsOf(sql, "public"), []);
  assertEquals(await count(sql, "pg_namespace where nspname in ('legacy', 'legacy_data')"), 0);
  assertEquals(await count(sql, "pg_proc where pronamespace::regnamespace::text like 'pg_temp%'"), 0);
});

Deno.test("undo works when only the first migration came through", async () => {
  await using project = await old.copy("b", "half_way");
  const sql = project.connect();
  const names = await relationsOf(sql, "public");
  const before = await contentsOf(sql, "public", names);
  await adopt(sql);
  await sql`select legacy_data.put_back()`;
  assertEquals(await contentsOf(sql, "public", names), before);
  assertEquals(await count(sql, "supabase_migrations.schema_migrations"), 0);
});

Deno.test("writing through an old name is refused with a sentence", async () => {
  await using project = await old.copy("a", "read_only");
  const sql = project.connect();
  await applyMigrations(sql, MIGRATIONS);
  await sql`set role service_role`;
  for (
    const write of [
      "insert into legacy.ra_races (id) values ('rac_1')",
      "update legacy.ra_runners set ofr = 1",
      "update ra_horses set name = 'x'",
      "delete from ra_odds_live",
      "delete from legacy.ra_horse_pedigree",
    ]
  ) {
    await assertRejects(() => sql.unsafe(write), Error, "is a view of what was taken over, and read-only");
  }
});

/** What an attempt of an earlier version left of ours: the base, and masters that are not whole. */
async function leaveHalf(sql: Sql): Promise<string[]> {
  const left: string[] = [];
  for (
    const file of ["base/engine", "base/clock", "base/unchanged_rows", "racing/parents", "racing/people"]
  ) {
    try {
      await sql.unsafe(await Deno.readTextFile(`${SUPABASE}/schemas/${file}.sql`));
      left.push(file);
    } catch {
      // As the attempt did, whose later statements met the old tables.
    }
  }
  await sql.unsafe(`
    create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
    insert into supabase_migrations.schema_migrations (version) values ('20261123000100'), ('20261123000450')
  `);
  return left;
}

for (const era of ERAS) {
  Deno.test(`half of an earlier attempt beside a database of era ${era} is removed while it is empty`, async () => {
    await using project = await old.copy(era, `half_${era}`);
    const sql = project.connect();
    const names = await relationsOf(sql, "public");
    const before = await contentsOf(sql, "public", names);
    const left = await leaveHalf(sql);
    assertEquals(left.includes("racing/parents"), era === "a");
    await applyMigrations(sql, MIGRATIONS);
    assertEquals(await contentsOf(sql, "legacy, public", names), before);
    assertEquals(await count(sql, "public.ra_mst_sires"), 0);
    const versions = await sql`select version from supabase_migrations.schema_migrations order by version`;
    assertEquals(versions.map(({ version }) => version), [ADOPTION, "20261124000100"]);
  });
}

Deno.test("ours with rows in them are neither moved nor removed, and nothing is changed", async () => {
  await using project = await old.copy("a", "half_full");
  const sql = project.connect();
  await leaveHalf(sql);
  await sql`insert into public.ra_mst_owners (id, name, last_seen_on) values ('own_1', 'Somebody', '2025-10-11')`;
  const names = await relationsOf(sql, "public");
  const error = await assertRejects(
    () => adopt(sql),
    MigrationError,
    "ra_mst_owners has rows that were pulled",
  );
  assertStringIncludes(error.message, "uninstall --with-data");
  assertEquals(await relationsOf(sql, "public"), names);
});

Deno.test("a schema of ours that is whole stays when old tables are found beside it", async () => {
  await using project = await makeEmptyProject(platform.adminUrl, "both_whole");
  const sql = project.connect();
  await applyMigrations(sql, MIGRATIONS);
  await sql`delete from supabase_migrations.schema_migrations where version = ${ADOPTION}`;
  await sql`insert into public.ra_mst_owners (id, name, last_seen_on) values ('own_1', 'Somebody', '2025-10-11')`;
  await sql`create table public.ra_horses (id varchar(50) primary key, name varchar(255), sire_id varchar(50),
    dam_id varchar(50), damsire_id varchar(50))`;
  await sql`insert into public.ra_horses values ('hrs_1', 'Old Horse')`;
  await applyMigrations(sql, MIGRATIONS);
  assertEquals([await count(sql, "public.ra_mst_owners"), await count(sql, "legacy_data.ra_horses")], [1, 1]);
  await sql`insert into public.ra_mst_horses (id, name, last_seen_on) values ('hrs_1', 'New Name', '2025-10-11')`;
  assertEquals([...await sql`select id, name from public.ra_horses`], [{ id: "hrs_1", name: "New Name" }]);
});

Deno.test("the very first schema, and other tables of such names, are refused with what to do", async () => {
  for (
    const [name, table, sentence] of [
      ["era_0", "ra_horses (horse_id varchar(50) primary key, horse_name text)", "very first schema"],
      ["era_0_races", "ra_races (race_id text primary key)", "very first schema"],
    ]
  ) {
    await using project = await makeEmptyProject(platform.adminUrl, String(name));
    const sql = project.connect();
    await sql.unsafe(`create table public.${table}`);
    const error = await assertRejects(() => adopt(sql), MigrationError, sentence);
    assertStringIncludes(error.message, "Rename them aside");
    assertEquals(await count(sql, "pg_namespace where nspname = 'legacy_data'"), 0);
  }
});
