import { assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());

/** Fails with the names of those that should not be there. */
function assertNone(offenders: readonly { name: string }[], fault: string): void {
  assertEquals(offenders.map(({ name }) => name).sort(), [], fault);
}

Deno.test("every table and view of public, engine and racing has a comment", async () => {
  const silent = await db.sql<{ name: string }[]>`
    select format('%s.%s', c.relnamespace::regnamespace, c.relname) as name
    from pg_catalog.pg_class as c
    where
      c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      and c.relkind in ('r', 'p', 'v', 'm')
      and obj_description(c.oid, 'pg_class') is null
  `;
  assertNone(silent, "These have no comment");
});

Deno.test("every function of public, engine and racing has a comment", async () => {
  const silent = await db.sql<{ name: string }[]>`
    select p.oid::regprocedure::text as name
    from pg_catalog.pg_proc as p
    where
      p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      and obj_description(p.oid, 'pg_proc') is null
  `;
  assertNone(silent, "These have no comment");
});

Deno.test("every column of races, runners and harvested masters begins its comment with the feed that owns it", async () => {
  const merged = [
    "ra_mst_damsires",
    "ra_mst_dams",
    "ra_mst_horses",
    "ra_mst_jockeys",
    "ra_mst_owners",
    "ra_mst_sires",
    "ra_mst_trainers",
    "ra_races",
    "ra_runners",
  ];
  const silent = await db.sql<{ name: string }[]>`
    select format('%s.%s', table_name, column_name) as name from engine.column_owners
    where table_name in ${db.sql(merged)} and owner is null
  `;
  assertNone(silent, "These do not say whose they are");
  const [owned] = await db.sql`
    select array_agg(distinct table_name order by table_name) as tables from engine.column_owners
      where owner is not null
  `;
  assertEquals(owned?.["tables"].toSorted(), merged.toSorted(), "Tables that name owners are merged by them");
});

Deno.test("every column of the racing tables has a comment", async () => {
  const silent = await db.sql<{ name: string }[]>`
    select format('%s.%s', a.attrelid::regclass, a.attname) as name
    from pg_catalog.pg_class as c
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where
      c.relnamespace = 'public'::regnamespace
      and c.relkind = 'r'
      and c.relname like 'ra\\_%'
      and col_description(c.oid, a.attnum) is null
  `;
  assertNone(silent, "These do not say what they mean");
});

Deno.test("every column of racing's tables, views and rows of functions has a comment", async () => {
  const silent = await db.sql<{ name: string }[]>`
    select format('%s.%s', a.attrelid::regclass, a.attname) as name
    from pg_catalog.pg_class as c
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where
      c.relnamespace = 'racing'::regnamespace
      and c.relkind in ('r', 'p', 'v', 'm', 'c')
      and col_description(c.oid, a.attnum) is null
  `;
  assertNone(silent, "These do not say what they mean");
});

Deno.test("every function of public, engine and racing sets its search path", async () => {
  const open = await db.sql<{ name: string }[]>`
    select p.oid::regprocedure::text as name
    from pg_catalog.pg_proc as p
    where
      p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      and not exists (select from unnest(p.proconfig) as setting where setting like 'search\\_path=%')
  `;
  assertNone(open, "These find their objects by the caller's search path");
});

Deno.test("no function of public, engine and racing is executable by public, anon or authenticated", async () => {
  const open = await db.sql<{ name: string }[]>`
    select format('%s by %s', p.oid::regprocedure, role) as name
    from pg_catalog.pg_proc as p
    cross join unnest(array['public', 'anon', 'authenticated']) as role
    where
      p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      and has_function_privilege(role, p.oid, 'execute')
  `;
  assertNone(open, "These are executable");
});

Deno.test("row level security is on for every table of public", async () => {
  const open = await db.sql<{ name: string }[]>`
    select c.oid::regclass::text as name
    from pg_catalog.pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
  `;
  assertNone(open, "These have no row level security");
});
