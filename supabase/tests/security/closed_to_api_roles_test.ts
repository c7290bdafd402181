import { assert, assertEquals } from "@std/assert";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Platform } from "../../../scripts/lab/platform/platform.ts";
import { attacksOn, notRefused, REFUSED } from "./support/attacks.ts";
import { ourRelations, ourRoutines, type Relation, type Routine } from "./support/catalog.ts";
import { startOpenProject } from "./support/open_project.ts";

let platform: Platform;
let admin: Sql;
let relations: Relation[];
let routines: Routine[];

Deno.test.beforeAll(async () => {
  platform = await startOpenProject();
  admin = connect(platform.adminUrl, { max: 1, name: "test" });
  relations = await ourRelations(admin);
  routines = await ourRoutines(admin);
  assert(relations.length >= 20 && routines.length >= 40, "There must be something to attack");
});
Deno.test.afterAll(async () => {
  await admin.end({ timeout: 1 });
  await platform.stop();
});

for (const role of ["anon", "authenticated"]) {
  for (const exposed of [false, true]) {
    const where = exposed ? ", even with the schema engine open to it" : "";

    Deno.test(`${role} can do nothing to any table, view or sequence${where}`, async () => {
      assertEquals(await notRefused(admin, role, relations.flatMap(attacksOn), exposed), []);
    });

    Deno.test(`${role} can execute no function${where}`, async () => {
      const calls = routines.map(({ schema, name, nulls }) => `select "${schema}"."${name}"(${nulls})`);
      assertEquals(await notRefused(admin, role, calls, exposed), []);
    });
  }

  Deno.test(`${role} can create nothing in our schemas, and cannot become another role`, async () => {
    const attempts = [
      ...["public", "engine", "racing"].flatMap((schema) => [
        `create table ${schema}.intruder ()`,
        `create view ${schema}.intruder as select 1`,
        `create function ${schema}.intruder() returns integer language sql as 'select 1'`,
      ]),
      "create schema intruder",
      "create or replace function engine.clock() returns timestamptz language sql as 'select now()'",
      "alter table public.ra_races disable row level security",
      "create policy intruder on public.ra_races using (true)",
      "set local role service_role",
      "set local role postgres",
      "select vault.create_secret('x', 'worker_secret')",
      "select decrypted_secret from vault.decrypted_secrets",
      "select cron.schedule('intruder', '* * * * *', 'select 1')",
      "update cron.job set command = 'select 1'",
    ];
    assertEquals(await notRefused(admin, role, attempts), []);
  });
}

Deno.test("nothing of ours is granted to public, anon or authenticated", async () => {
  const open = await admin<{ grant: string }[]>`
    with granted as (
      select c.oid::regclass::text as object, privilege.*
      from pg_catalog.pg_class as c
      cross join lateral aclexplode(
        coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
      ) as privilege
      where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all
      select format('%s.%s', a.attrelid::regclass, a.attname), privilege.*
      from pg_catalog.pg_attribute as a
      join pg_catalog.pg_class as c on c.oid = a.attrelid
      cross join lateral aclexplode(a.attacl) as privilege
      where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      union all
      select p.oid::regprocedure::text, privilege.*
      from pg_catalog.pg_proc as p
      cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as privilege
      where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      union all
      select n.nspname, privilege.*
      from pg_catalog.pg_namespace as n
      cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as privilege
      where n.nspname in ('engine', 'racing')
    )
    select format('%s on %s to %s', lower(privilege_type), object,
      coalesce(nullif(grantee, 0)::regrole::text, 'public')) as grant
    from granted
    where grantee in (0, 'anon'::regrole, 'authenticated'::regrole)
    order by 1
  `;
  assertEquals(open.map(({ grant }) => grant), []);
});

/** The gateway's answer, reduced to whether it gave anything away. */
async function ask(path: string, key: string | undefined, init: RequestInit = {}): Promise<[number, string]> {
  const response = await fetch(`${platform.supabaseUrl}/rest/v1/${path}`, {
    ...init,
    headers: {
      "content-type": "application/json",
      ...(key === undefined ? {} : { apikey: key }),
      ...init.headers,
    },
  });
  const body = await response.text();
  return [response.status, (JSON.parse(body) as { code?: string }).code ?? ""];
}

const withoutSchema = (name: string) => name.replace(/^public\./, "");

for (const which of ["the publishable key", "no key", "an unknown key"]) {
  const key = () =>
    which === "no key"
      ? undefined
      : which === "the publishable key"
      ? platform.publishableKey
      : "sb_secret_0";
  const expected = () => which === "the publishable key" ? [401, REFUSED] : [401, ""];

  Deno.test(`through the gateway with ${which}, no table or view is read`, async () => {
    const exposed = relations.filter(({ name, kind }) => name.startsWith("public.") && kind !== "sequence");
    for (const { name } of exposed) {
      assertEquals([name, await ask(withoutSchema(name), key())], [name, expected()]);
    }
  });

  Deno.test(`through the gateway with ${which}, no function is called`, async () => {
    for (const { schema, name, required, isTrigger } of routines) {
      if (schema !== "public" || isTrigger) continue;
      const body = JSON.stringify(Object.fromEntries(required.map((argument) => [argument, null])));
      assertEquals([name, await ask(`rpc/${name}`, key(), { method: "POST", body })], [name, expected()]);
    }
  });
}

Deno.test("through the gateway nothing in engine, vault, net or cron is there, not even with the secret key", async () => {
  const paths = [
    "claimable_chunks",
    "secrets",
    "decrypted_secrets",
    "http_request_queue",
    "job",
    "rpc/clock",
    "rpc/dispatch",
  ];
  for (const schema of ["public", "engine", "racing", "vault", "net", "cron"]) {
    for (const path of paths) {
      const headers = { "accept-profile": schema, "content-profile": schema };
      const init = path.startsWith("rpc/") ? { method: "POST", body: "{}", headers } : { headers };
      const [status] = await ask(path, platform.secretKey, init);
      const isExposed = schema === "public" || schema === "racing";
      assertEquals([schema, path, status], [schema, path, isExposed ? 404 : 406]);
    }
  }
});
