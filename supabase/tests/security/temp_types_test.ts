import { assert, assertEquals } from "@std/assert";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Platform } from "../../../scripts/lab/platform/platform.ts";
import { ourRoutines } from "./support/catalog.ts";
import { startOpenProject } from "./support/open_project.ts";

/**
 * Everybody may make temporary types, and Postgres looks for a type among them first, unless the search path says
 * otherwise. A function that names `text` then runs the session's own code on its values, with the rights that it
 * lends.
 */
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

/** What a function may name as a type. `integer`, `bigint` and other words of the grammar can't be overlaid. */
const TYPES = ["text", "jsonb", "bytea", "date", "timestamptz", "uuid"];

/** The rights that code can get: the owner's and the caller's. */
const ROLES = ["postgres", "service_role"];

/** A session of service_role in which each of these types runs code that notes whose rights it has. */
async function attackersSession(): Promise<Sql> {
  const session = connect(platform.adminUrl, { max: 1, name: "attacker", role: "service_role" });
  // Sequences, because they keep what a transaction that failed has counted.
  for (const role of ROLES) {
    await session.unsafe(`
      create temporary sequence ${role}_has_run;
      grant usage on sequence ${role}_has_run to public;
    `);
  }
  for (const type of TYPES) {
    await session.unsafe(`
      create function pg_temp.evil(value pg_catalog.${type}) returns boolean language plpgsql as $$
      begin
        perform pg_catalog.nextval(format('pg_temp.%I', current_user || '_has_run'));
        return true;
      end
      $$;
      create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.evil(value));
    `);
  }
  return session;
}

async function rightsTaken(session: Sql): Promise<string[]> {
  const taken: string[] = [];
  for (const role of ROLES) {
    const [row] = await session.unsafe<{ has: boolean }[]>(`select is_called as has from ${role}_has_run`);
    if (row?.has) taken.push(role);
  }
  return taken;
}

Deno.test("the attack works on a function that lends its owner's rights and has an empty search path", async () => {
  const session = await attackersSession();
  try {
    await admin.unsafe(`
      create function public.careless() returns void language plpgsql security definer set search_path = '' as $$
      declare
        word text := 'one';
      begin
      end
      $$;
      alter function public.careless() owner to postgres;
      grant execute on function public.careless() to service_role;
    `);
    await session`select public.careless()`;
    assertEquals(await rightsTaken(session), ["postgres"]);
  } finally {
    await admin`drop function if exists public.careless()`;
    await session.end({ timeout: 1 });
  }
});

Deno.test("no temporary type of service_role gets the rights of a function that lends its owner's", async () => {
  const lenders = await admin<{ signature: string }[]>`
    select p.oid::regprocedure::text as signature
    from pg_catalog.pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      and p.prosecdef
      and has_function_privilege('service_role', p.oid, 'execute')
    order by 1
  `;
  assertEquals(lenders.map(({ signature }) => signature), [
    "engine.dispatch(text)",
    "engine.refuse_broken_setup(text[])",
  ]);
  const session = await attackersSession();
  try {
    // Compiled with these types, for as long as the session lasts.
    await session`select net.http_post('http://127.0.0.1:1'::pg_catalog.text, '{}'::pg_catalog.jsonb)`;
    // The type of the argument was settled when the function was made.
    await session`select engine.dispatch('results'::pg_catalog.text)`;
    await session`select engine.refuse_broken_setup('{results}'::pg_catalog.text[])`;
    assertEquals((await rightsTaken(session)).filter((role) => role !== "service_role"), []);
  } finally {
    await session.end({ timeout: 1 });
  }
});

Deno.test("no function that service_role may call gives it those rights", async () => {
  const session = await attackersSession();
  try {
    for (const { schema, name, nulls } of await ourRoutines(admin)) {
      const call = `select "${schema}"."${name}"(${nulls.replaceAll("::", "::pg_catalog.")})`;
      await session.unsafe(call).catch(() => {});
    }
    const day = "'2026-06-01'::pg_catalog.date";
    await session.unsafe(`select public.backfill_start(${day}, ${day}, reprocess => 'all'::pg_catalog.text)`);
    const taken = await rightsTaken(session);
    assert(
      taken.length > 0,
      "What runs with service_role's own rights is its own business, and shows the attack",
    );
    assertEquals(taken, ["service_role"]);
  } finally {
    await session.end({ timeout: 1 });
  }
});
