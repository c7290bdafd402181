import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { walk } from "../../../scripts/command_line/walk.ts";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Platform } from "../../../scripts/lab/platform/platform.ts";
import { startOpenProject } from "./support/open_project.ts";

/** The role of the secret key, for the functions and for an operator's scripts. */
let platform: Platform;
let admin: Sql;
Deno.test.beforeAll(async () => {
  platform = await startOpenProject();
  admin = connect(platform.adminUrl, { max: 1, name: "test" });
});
Deno.test.afterAll(async () => {
  await admin.end({ timeout: 1 });
  await platform.stop();
});

/** What an operator may call with the secret key as in the SQL editor; no Edge Function calls them. */
const FOR_OPERATORS = [
  "backfill_cancel",
  "backfill_pause",
  "backfill_plan",
  "backfill_resume",
  "backfill_retry",
  "backfill_start",
  "legacy_copy",
  "legacy_differences",
  "legacy_report",
  "pull_days",
  "pull_masters",
  "silk_url",
];

/** The database functions that the Edge Functions call. */
async function calledByFunctions(): Promise<string[]> {
  const called = new Set<string>();
  for await (const path of walk(fromFileUrl(new URL("../../functions/", import.meta.url)))) {
    if (!path.endsWith(".ts") || path.endsWith("_test.ts")) continue;
    for (const [, name = ""] of (await Deno.readTextFile(path)).matchAll(/\.rpc\(\s*"(\w+)"/g)) {
      called.add(name);
    }
  }
  return [...called];
}

Deno.test("service_role may call what the Edge Functions call and what operators are given, and nothing else", async () => {
  const callable = await admin<{ name: string }[]>`
    select distinct p.proname::text as name
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'public'::regnamespace and has_function_privilege('service_role', p.oid, 'execute')
  `;
  const expected = [...await calledByFunctions(), ...FOR_OPERATORS];
  assertEquals(callable.map(({ name }) => name).sort(), expected.sort());
});

/** The text of everything that service_role can make run with its own rights. */
async function reachableSource(): Promise<string> {
  const [source] = await admin<{ text: string }[]>`
    select string_agg(text, E'\n') as text
    from (
      select p.prosrc as text
      from pg_catalog.pg_proc as p
      where
        p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
        and not p.prosecdef
        and has_function_privilege('service_role', p.oid, 'execute')
      union all
      -- A trigger runs its function without the right to execute it.
      select p.prosrc
      from pg_catalog.pg_trigger as t
      join pg_catalog.pg_proc as p on p.oid = t.tgfoid
      where not t.tgisinternal and not p.prosecdef and has_table_privilege('service_role', t.tgrelid, 'insert, update')
      union all
      select pg_get_viewdef(c.oid)
      from pg_catalog.pg_class as c
      where
        c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
        and c.relkind = 'v'
        and has_table_privilege('service_role', c.oid, 'select')
    ) as sources
  `;
  return source?.text ?? "";
}

Deno.test("service_role may read what is public, and has no right to a table that nothing it runs uses", async () => {
  const source = await reachableSource();
  const grants = await admin<{ name: string; right: string }[]>`
    select format('%I.%I', c.relnamespace::regnamespace, c.relname) as name, lower(privilege.privilege_type) as right
    from pg_catalog.pg_class as c
    cross join lateral aclexplode(c.relacl) as privilege
    where
      c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      and privilege.grantee = 'service_role'::regrole
  `;
  const unused = grants.filter(({ name, right }) => {
    // A table of the same schema may go without its schema in a view.
    const [schema, table = ""] = name.split(".");
    const target = `(${schema}\\.)?${table}\\b`;
    const uses: Record<string, string> = {
      select: `\\b(from|join|update|into) \\(*${target}`,
      insert: `insert into ${target}`,
      // A row is locked with the right to update it.
      update:
        `update ${target}|insert into ${target}[^;]*on conflict[^;]*do update|from ${target}[^;]*for (no key )?update`,
      delete: `delete from ${target}`,
    };
    const use = uses[right];
    return use === undefined || !new RegExp(use, "i").test(source);
  });
  const rights = unused.map(({ name, right }) => `${right} on ${name}`);
  // Over the API an operator sees all that there is to see.
  assertEquals(rights.filter((right) => !/^select on (public|racing)\./.test(right)).sort(), []);
});

Deno.test("service_role may execute no function of engine that nothing it runs makes use of", async () => {
  const source = await reachableSource();
  const granted = await admin<{ name: string }[]>`
    select distinct format('%I.%I', p.pronamespace::regnamespace, p.proname) as name
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'engine'::regnamespace and has_function_privilege('service_role', p.oid, 'execute')
  `;
  assertEquals(granted.filter(({ name }) => !source.includes(`${name}(`)).map(({ name }) => name).sort(), []);
});

const refused = [
  ["delete what was stored", "delete from ra_races"],
  ["empty a table", "truncate ra_runners"],
  ["change the settings", "update backfill_settings set leases_per_feed = 10"],
  ["delete a run", "delete from backfill_runs"],
  ["change what was logged", "update ingest_errors set message = ''"],
  [
    "move the engine's time",
    "create or replace function engine.clock() returns timestamptz language sql as 'select now()'",
  ],
  ["run the sweep", "select engine.sweep()"],
  ["schedule a job", "select cron.schedule('intruder', '* * * * *', 'select 1')"],
  ["reuse an id", "select setval('backfill_runs_id_seq', 1)"],
  ["become the operator", "set role postgres"],
] as const;

for (const [what, statement] of refused) {
  Deno.test(`service_role can't ${what}`, async () => {
    const error = await assertRejects(() =>
      admin.begin(async (transaction) => {
        await transaction.unsafe("set local session authorization service_role");
        await transaction.unsafe(statement);
      })
    );
    assertEquals((error as { code?: string }).code, "42501");
  });
}
