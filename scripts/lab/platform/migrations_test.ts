import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { connect, type Sql } from "./database.ts";
import { applyMigrations, MigrationError } from "./migrations.ts";
import type { Platform } from "./platform.ts";
import { startTestPlatform, writeProject } from "../test_support/test_project.ts";

let platform: Platform;
let sql: Sql;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({
    migrations: {
      "20260101000000_first.sql":
        "create table public.things (id bigint);\n-- a comment\ncomment on table things is 'x;y';",
      "20260102000000_second.sql": "insert into public.things values (1);",
      "notes.sql": "this is no migration",
    },
  }, { functions: false });
  sql = connect(platform.databaseUrl, { max: 1, name: "test" });
});
Deno.test.beforeEach(async () => {
  await sql`delete from supabase_migrations.schema_migrations where version like '9%'`;
});
Deno.test.afterAll(async () => {
  await sql.end();
  await platform.stop();
});

async function apply(migrations: Record<string, string>): Promise<string[]> {
  const folder = await writeProject({ migrations });
  try {
    return await applyMigrations(sql, join(folder, "migrations"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("migrations are applied in the order of their names and recorded as the Supabase CLI does", async () => {
  const rows =
    await sql`select version, name, statements from supabase_migrations.schema_migrations order by version`;
  assertEquals(rows.map((row) => ({ ...row })), [
    {
      version: "20260101000000",
      name: "first",
      statements: ["create table public.things (id bigint)", "comment on table things is 'x;y'"],
    },
    { version: "20260102000000", name: "second", statements: ["insert into public.things values (1)"] },
  ]);
});

Deno.test("what a migration makes belongs to postgres", async () => {
  const [row] = await sql`select relowner::regrole::text as owner from pg_class where relname = 'things'`;
  assertEquals(row?.owner, "postgres");
});

Deno.test("a migration that is recorded is not applied again", async () => {
  assertEquals(await apply({ "20260102000000_second.sql": "insert into public.things values (2);" }), []);
  assertEquals((await sql`select id from public.things`).map((row) => row.id), ["1"]);
});

Deno.test("an error names the file, the line and what Postgres says", async () => {
  const error = await assertRejects(
    () => apply({ "9001_bad.sql": "-- one\nselect 'ü';\n\nselect 1,\n  oops;\n" }),
    MigrationError,
  );
  assertStringIncludes(error.message, '9001_bad.sql:5: column "oops" does not exist (42703)');
  assertStringIncludes(error.message, "in the statement of line 4:\n    select 1,");
});

Deno.test("an error inside a function's body names the line within the file", async () => {
  const error = await assertRejects(
    () =>
      apply({ "9001_bad.sql": "create function f() returns int\nlanguage sql\nas $$\n  select oops\n$$;" }),
    MigrationError,
  );
  assertStringIncludes(error.message, "9001_bad.sql:4: ");
});

Deno.test("a migration that fails leaves nothing behind, those before it stay", async () => {
  await assertRejects(
    () =>
      apply({
        "9001_good.sql": "create table public.good (id bigint)",
        "9002_half.sql": "create table public.half (id bigint); select 1 / 0;",
      }),
    MigrationError,
    "9002_half.sql:1: division by zero (22012)",
  );
  const [row] = await sql`select to_regclass('public.good') as good, to_regclass('public.half') as half`;
  assertEquals({ ...row }, { good: "good", half: null });
  await sql`drop table public.good`;
});

Deno.test("a migration needs no more than the platform's postgres may do", async () => {
  await assertRejects(
    () => apply({ "9001_super.sql": "create role boss superuser" }),
    MigrationError,
    "permission denied to create role",
  );
});

Deno.test("a folder that isn't there is named", async () => {
  await assertRejects(
    () => applyMigrations(sql, "/nowhere"),
    Error,
    "There is no folder of migrations at /nowhere.",
  );
});
