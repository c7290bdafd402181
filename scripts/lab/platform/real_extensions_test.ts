import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { asPostgres, connect, type Sql } from "./database.ts";
import { makePlatformSchema, preparePlatformSchema } from "./platform_schema.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded_postgres.ts";

/**
 * No registry carries pg_net and Vault. Here extensions with their names, in this test's own Postgres, stand for the
 * real ones. The test is about who installs them and what is granted on them.
 */

let folder: string;
let postgres: EmbeddedPostgres;
let admin: Sql;

const EXTENSIONS: Record<string, { control: string; script: string }> = {
  pg_net: {
    control: "relocatable = false",
    script: `
      create schema if not exists net;
      create table net.http_request_queue (id bigserial);
      grant usage on schema net to public;
      grant all on all tables in schema net to public;
      grant all on all sequences in schema net to public;
    `,
  },
  pg_cron: {
    control: "relocatable = false\nschema = pg_catalog",
    script: `
      create schema cron;
      create table cron.job (jobid bigserial);
      create table cron.job_run_details (jobid bigint);
      create function cron.schedule(text) returns bigint language sql as 'select 1::bigint';
      revoke all on function cron.schedule(text) from public;
    `,
  },
  supabase_vault: {
    control: "relocatable = false\nschema = vault",
    script: `
      create table vault.secrets (name text, secret text);
      create function vault._crypto_aead_det_decrypt(text) returns text language plpgsql as 'begin return $1; end';
      create function vault.create_secret(text) returns void language sql security definer
      as 'insert into vault.secrets (secret) values ($1)';
      create function vault.update_secret(text) returns void language sql as 'select';
      revoke all on all functions in schema vault from public;
      create view vault.decrypted_secrets as
      select name, vault._crypto_aead_det_decrypt(secret) as decrypted_secret from vault.secrets;
    `,
  },
};

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  postgres = await startEmbeddedPostgres({ folder, signal: new AbortController().signal });
  const extensions = join(folder, "postgres", "share", "postgresql", "extension");
  for (const [name, { control, script }] of Object.entries(EXTENSIONS)) {
    await Deno.writeTextFile(join(extensions, `${name}.control`), `default_version = '1.0'\n${control}\n`);
    await Deno.writeTextFile(join(extensions, `${name}--1.0.sql`), script);
  }
  admin = connect(postgres.adminUrl, { max: 1, name: "test" });
});
Deno.test.afterAll(async () => {
  // Where the server did not start, that is the error to tell.
  await admin?.end({ timeout: 1 });
  await postgres?.stop();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an extension that the server has and does not load is a sentence, and nothing is made", async () => {
  await assertRejects(
    () => preparePlatformSchema(admin),
    Error,
    "The server has pg_net but does not load it: put pg_net into shared_preload_libraries",
  );
  assertEquals((await admin`select from pg_catalog.pg_roles where rolname = 'anon'`).length, 0);
});

Deno.test("real extensions are installed by the superuser, and the role postgres finds them with the platform's grants", async () => {
  // A second time changes nothing: the database may be used again.
  for (let times = 0; times < 2; times++) {
    await makePlatformSchema(admin, { net: true, cron: true, vault: true });
  }
  const installed = await admin<{ name: string; owner: string }[]>`
    select extname as name, extowner::regrole::text as owner
    from pg_catalog.pg_extension where extname = any (${Object.keys(EXTENSIONS)}) order by 1
  `;
  assertEquals([...installed], [
    { name: "pg_cron", owner: "supabase_admin" },
    { name: "pg_net", owner: "supabase_admin" },
    { name: "supabase_vault", owner: "supabase_admin" },
  ]);
  const operator = connect(asPostgres(postgres.adminUrl), { max: 1, name: "test" });
  try {
    await operator`select vault.create_secret('hidden')`;
    assertEquals(
      (await operator`select decrypted_secret from vault.decrypted_secrets`)[0]?.["decrypted_secret"],
      "hidden",
    );
    await operator`select cron.schedule('a job')`;
    await operator`select from cron.job`;
    await operator`delete from cron.job_run_details`;
    await assertRejects(() => operator`delete from cron.job`.execute(), Error, "permission denied");
    await operator`insert into net.http_request_queue default values`;
    await operator`set role service_role`;
    assertEquals((await operator`select decrypted_secret from vault.decrypted_secrets`).length, 1);
    await operator`set role authenticated`;
    await assertRejects(
      () => operator`select from vault.decrypted_secrets`.execute(),
      Error,
      "permission denied",
    );
  } finally {
    await operator.end({ timeout: 1 });
  }
});

Deno.test("asPostgres() keeps the URL's other options, and writes the role so that psql reads it too", () => {
  const url = new URL(asPostgres("postgres://root:pass@127.0.0.1:5432/postgres?sslmode=disable"));
  assertEquals([url.username, url.pathname, url.searchParams.get("sslmode")], [
    "root",
    "/postgres",
    "disable",
  ]);
  assertEquals(
    url.searchParams.get("options"),
    '-c role=postgres -c search_path="$user",public,extensions',
  );
  assert(!url.search.includes("+"), url.search);
});
