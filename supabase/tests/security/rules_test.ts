import { assertEquals, assertMatch } from "@std/assert";
import { connect, type Sql } from "../../../scripts/local/database.ts";
import type { Platform } from "../../../scripts/local/platform.ts";
import { startOpenProject } from "./support/open_project.ts";

/** What holds of every object of ours, whichever migration made it. */
let platform: Platform;
let sql: Sql;
Deno.test.beforeAll(async () => {
  platform = await startOpenProject();
  sql = connect(platform.adminUrl, { max: 1, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
});

const OURS = "in ('public'::regnamespace, 'engine'::regnamespace)";
const MIGRATIONS = new URL("../../migrations/", import.meta.url);

async function names(query: string): Promise<string[]> {
  return (await sql.unsafe<{ name: string }[]>(query)).map(({ name }) => name).toSorted();
}

async function migrations(): Promise<string> {
  const files = (await Array.fromAsync(Deno.readDir(MIGRATIONS))).map(({ name }) => name).toSorted();
  return (await Promise.all(files.map((name) => Deno.readTextFile(new URL(name, MIGRATIONS))))).join("\n");
}

Deno.test("row level security is on for every table, also for those in engine", async () => {
  assertEquals(
    await names(`
      select c.oid::regclass::text as name from pg_catalog.pg_class as c
      where c.relnamespace ${OURS} and c.relkind in ('r', 'p') and not c.relrowsecurity
    `),
    [],
  );
});

Deno.test("there is no policy: without one nobody gets a row by a grant that slipped in", async () => {
  assertEquals(
    await names(
      "select format('%s on %s', policyname, tablename) as name from pg_policies where schemaname in ('public', 'engine')",
    ),
    [],
  );
});

Deno.test("every function's search path is empty, so that nobody can put an object of theirs in the way", async () => {
  assertEquals(
    await names(`
      select p.oid::regprocedure::text as name from pg_catalog.pg_proc as p
      where p.pronamespace ${OURS} and not coalesce(p.proconfig @> array['search_path=""'], false)
    `),
    [],
  );
});

Deno.test("every view reads with the rights of whoever asks it", async () => {
  assertEquals(
    await names(`
      select c.oid::regclass::text as name from pg_catalog.pg_class as c
      where c.relnamespace ${OURS} and c.relkind in ('v', 'm') and not coalesce(c.reloptions @> array['security_invoker=true'], false)
    `),
    [],
  );
});

Deno.test("every function says whose rights it has, and one that lends its owner's has a written reason", async () => {
  const source = await migrations();
  const declared = source.match(/^create (or replace )?function/gm) ?? [];
  assertEquals((source.match(/^security (invoker|definer)$/gm) ?? []).length, declared.length);

  const definers = await names(`
    select format('%I.%I', p.pronamespace::regnamespace, p.proname) as name
    from pg_catalog.pg_proc as p where p.pronamespace ${OURS} and p.prosecdef
  `);
  for (const name of definers) {
    const [, comment = ""] =
      source.match(new RegExp(`((?:^--.*\\n)*)^create (?:or replace )?function ${name}\\(`, "m")) ?? [];
    assertMatch(
      comment,
      /^-- Security definer, (so that|because) /m,
      `${name} lends its owner's rights without a reason`,
    );
  }
});

Deno.test("everything of ours belongs to the role that runs the migrations, which is no superuser", async () => {
  assertEquals(
    await names(`
      select distinct owner::regrole::text as name
      from (
        select relowner as owner from pg_catalog.pg_class as c where c.relnamespace ${OURS}
        union all select proowner from pg_catalog.pg_proc as p where p.pronamespace ${OURS}
        union all select nspowner from pg_catalog.pg_namespace where nspname = 'engine'
      ) as owners
    `),
    ["postgres"],
  );
  // On a server whose superuser is called postgres there is nothing to see.
  const [role] = await sql<{ rolsuper: boolean; rolname: string }[]>`
    select rolsuper, current_user as rolname from pg_catalog.pg_roles where rolname = 'postgres'
  `;
  assertEquals(role?.rolsuper, role?.rolname === "postgres");
});

Deno.test("an extension that a migration makes is told its schema, and that is not public", async () => {
  const made = (await migrations()).match(/create extension [^;]*/g) ?? [];
  assertEquals(made.filter((statement) => !/ with schema (extensions|pg_catalog)$/.test(statement)), []);
});

Deno.test("nothing of ours is published: no change of a row leaves the database by itself", async () => {
  assertEquals(
    await names(`
      select format('%s.%s', schemaname, tablename) as name from pg_catalog.pg_publication_tables
      where schemaname in ('public', 'engine')
    `),
    [],
  );
});

Deno.test("over the API only the schema public is there", async () => {
  const config = await Deno.readTextFile(new URL("../../config.toml", import.meta.url));
  assertEquals(config.match(/^schemas = .*$/gm), ['schemas = ["public"]']);
});
