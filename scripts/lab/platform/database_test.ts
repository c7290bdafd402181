import { assertEquals, assertRejects } from "@std/assert";
import { connect, type Sql } from "./database.ts";
import type { Platform } from "./platform.ts";
import { startTestPlatform } from "../test_support/test_project.ts";

let platform: Platform;
let sql: Sql;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
  sql = connect(platform.databaseUrl, { max: 2, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end();
  await platform.stop();
});

Deno.test("the roles have the rights and limits of a hosted project", async () => {
  const roles = await sql`
    select rolname, rolsuper, rolcanlogin, rolinherit, rolbypassrls, rolconfig
    from pg_roles
    where rolname in ('postgres', 'anon', 'authenticated', 'service_role', 'authenticator')
    order by rolname
  `;
  const role = (
    rolname: string,
    login: boolean,
    inherit: boolean,
    bypass: boolean,
    config: string[] | null,
  ) => ({
    rolname,
    rolsuper: false,
    rolcanlogin: login,
    rolinherit: inherit,
    rolbypassrls: bypass,
    rolconfig: config,
  });
  assertEquals([...roles].map((row) => ({ ...row })), [
    role("anon", false, false, false, ["statement_timeout=3s"]),
    role("authenticated", false, false, false, ["statement_timeout=8s"]),
    role("authenticator", true, false, false, ["statement_timeout=8s", "lock_timeout=8s"]),
    role("postgres", true, true, true, null),
    role("service_role", false, false, true, null),
  ]);
});

Deno.test("postgres owns the database and may create schemas in it, but is not a superuser", async () => {
  const [database] = await sql`
    select pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()
  `;
  assertEquals(database?.owner, "postgres");
  await sql.begin(async (transaction) => {
    await transaction`create schema mine`;
    await transaction`create table public.things (id bigint)`;
    await transaction`rollback and chain`;
  });
  await assertRejects(() => sql`alter system set work_mem = '8MB'`.execute(), Error, "permission denied");
});

Deno.test("a new table in public is open to its owner only", async () => {
  await sql`create table public.fresh (id bigint)`;
  const [rights] = await sql`
    select
      has_table_privilege('anon', 'public.fresh', 'select') as anon,
      has_table_privilege('authenticated', 'public.fresh', 'select') as authenticated,
      has_table_privilege('service_role', 'public.fresh', 'select') as service_role
  `;
  assertEquals({ ...rights }, { anon: false, authenticated: false, service_role: false });
});

Deno.test("extensions are found without naming their schema", async () => {
  const [row] = await sql`select encode(digest('a', 'sha256'), 'hex') as digest`;
  assertEquals(row?.digest.slice(0, 8), "ca978112");
});

Deno.test("the clock of the database is UTC", async () => {
  const [row] = await sql`select current_setting('timezone') as zone`;
  assertEquals(row?.zone, "UTC");
});

Deno.test("Vault holds the project's address and the worker secret before anything else happens", async () => {
  const secrets = await sql`select name, decrypted_secret from vault.decrypted_secrets order by name`;
  assertEquals([...secrets].map((row) => ({ ...row })), [
    { name: "project_url", decrypted_secret: platform.supabaseUrl },
    { name: "worker_secret", decrypted_secret: platform.workerSecret },
  ]);
});

Deno.test("a Vault secret is made, changed and deleted, and is not stored as it reads", async () => {
  const [made] = await sql`select vault.create_secret('first', 'mine', 'what it is for') as id`;
  await sql`select vault.update_secret(${made?.id}, 'sécond')`;
  const [row] = await sql`
    select secret, decrypted_secret, description from vault.decrypted_secrets where name = 'mine'
  `;
  assertEquals(row?.decrypted_secret, "sécond");
  assertEquals(row?.description, "what it is for");
  assertEquals(row?.secret === "sécond", false);
  await assertRejects(
    () => sql`select vault.create_secret('again', 'mine')`.execute(),
    Error,
    "secrets_name_idx",
  );
  await sql`delete from vault.secrets where name = 'mine'`;
});

Deno.test("service_role reads Vault, anon and authenticated do not", async () => {
  const read = (role: string) =>
    sql.begin(async (transaction) => {
      await transaction`select set_config('role', ${role}, true)`;
      return await transaction`select decrypted_secret from vault.decrypted_secrets where name = 'project_url'`;
    });
  assertEquals((await read("service_role"))[0]?.decrypted_secret, platform.supabaseUrl);
  await assertRejects(() => read("anon"), Error, "permission denied");
  await assertRejects(() => read("authenticated"), Error, "permission denied");
});

Deno.test("a role that reads a secret needs the right to decrypt, which the view alone does not give", async () => {
  const admin = connect(platform.adminUrl, { max: 1, name: "test" });
  try {
    await admin`create role has_the_view`;
    await admin`grant usage on schema vault to has_the_view`;
    await admin`grant select on vault.decrypted_secrets to has_the_view`;
    await assertRejects(
      () =>
        admin.begin(async (transaction) => {
          await transaction`set local role has_the_view`;
          await transaction`select decrypted_secret from vault.decrypted_secrets`;
        }),
      Error,
      "permission denied for function _crypto_aead_det_decrypt",
    );
  } finally {
    await admin.end({ timeout: 1 });
  }
  const [may] = await sql`
    select
      has_function_privilege('postgres', p.oid, 'execute') as postgres,
      has_function_privilege('service_role', p.oid, 'execute') as service_role,
      has_function_privilege('authenticated', p.oid, 'execute') as authenticated
    from pg_catalog.pg_proc as p where p.proname = '_crypto_aead_det_decrypt'
  `;
  assertEquals({ ...may }, { postgres: true, service_role: true, authenticated: false });
});

Deno.test("pg_net's queue is open to every login, and the role postgres cannot change that", async () => {
  const [owners] = await sql`
    select
      (select n.nspowner::regrole::text from pg_catalog.pg_namespace as n where n.nspname = 'net') as schema,
      (select t.tableowner::text from pg_catalog.pg_tables as t where t.tablename = 'http_request_queue') as queue,
      (select t.tableowner::text from pg_catalog.pg_tables as t where t.tablename = '_http_response') as answers
  `;
  assertEquals({ ...owners }, {
    schema: "supabase_admin",
    queue: "supabase_admin",
    answers: "supabase_admin",
  });
  await sql`revoke all on all tables in schema net from public`;
  await sql`revoke usage on schema net from public`;
  await sql`create role anybody`;
  await sql`grant anybody to postgres`;
  await sql.begin(async (transaction) => {
    await transaction`select net.http_post('http://127.0.0.1:1/', '{"a": 1}')`;
    await transaction`set local role anybody`;
    const read = await transaction`select convert_from(body, 'utf8') as body from net.http_request_queue`;
    assertEquals(read.map(({ body }) => body), ['{"a": 1}']);
    await transaction`select net.http_post('http://127.0.0.1:1/')`;
    assertEquals((await transaction`delete from net.http_request_queue returning id`).length, 2);
    await transaction`select from net._http_response`;
  });
});

Deno.test("a database of one's own must be given with a superuser's URL", async () => {
  await assertRejects(
    () => startTestPlatform({}, { databaseUrl: platform.databaseUrl, functions: false }),
    Error,
    "The role in --database-url is no superuser",
  );
});

Deno.test("a database that isn't there is named as the reason", async () => {
  const nobody = new URL(platform.adminUrl);
  nobody.port = "1";
  await assertRejects(
    () => startTestPlatform({}, { databaseUrl: nobody.href, functions: false }),
    Error,
    "The database in --database-url cannot be used",
  );
});

Deno.test("a platform may be set up twice on the same database, which it then uses as postgres and not as the superuser", async () => {
  const again = await startTestPlatform({}, { databaseUrl: platform.adminUrl, functions: false });
  try {
    const [row] = await sql`select decrypted_secret from vault.decrypted_secrets where name = 'project_url'`;
    assertEquals(row?.decrypted_secret, again.supabaseUrl);
    const owner = connect(again.databaseUrl, { max: 1, name: "test" });
    try {
      const [session] = await owner`
        select
          current_user as role, current_setting('is_superuser') as is_superuser, current_setting('search_path') as path,
          pg_catalog.has_database_privilege(current_database(), 'create') as may_create
      `;
      assertEquals({ ...session }, {
        role: "postgres",
        is_superuser: "off",
        path: '"$user",public,extensions',
        may_create: true,
      });
      await assertRejects(
        () => owner`alter system set work_mem = '8MB'`.execute(),
        Error,
        "permission denied",
      );
    } finally {
      await owner.end({ timeout: 1 });
    }
    const response = await fetch(`${again.supabaseUrl}/rest/v1/nothing`, {
      headers: { apikey: again.secretKey },
    });
    assertEquals((await response.json()).code, "PGRST205");
  } finally {
    await again.stop();
  }
});
