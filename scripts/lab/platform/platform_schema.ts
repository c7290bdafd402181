import type { Sql } from "./database.ts";
import { Problem } from "../../command_line/problem.ts";

/** Which of the platform's parts the database has as real extensions; stand-ins are made for the others. */
export interface RealExtensions {
  net: boolean;
  cron: boolean;
  vault: boolean;
}

/**
 * Makes what a hosted project has before its first migration: roles, rights, Vault, and stand-ins for what is
 * missing.
 */
export async function preparePlatformSchema(sql: Sql): Promise<RealExtensions> {
  const real = await findRealExtensions(sql);
  if (real.net || real.cron) await checkPreloaded(sql, real);
  await makePlatformSchema(sql, real);
  return real;
}

/** Those that are installed, and those that can be. */
async function findRealExtensions(sql: Sql): Promise<RealExtensions> {
  // A schema without its extension is the stand-in of an earlier start: it stays, even if the extension was installed
  // since.
  const usable = await sql<{ name: string }[]>`
    select extension.name
    from (values ('pg_net', 'net'), ('pg_cron', 'cron'), ('supabase_vault', 'vault')) as known (name, schema)
    join pg_catalog.pg_available_extensions as extension on extension.name = known.name
    where extension.installed_version is not null or to_regnamespace(known.schema) is null
  `;
  const has = (name: string) => usable.some((extension) => extension.name === name);
  return { net: has("pg_net"), cron: has("pg_cron"), vault: has("supabase_vault") };
}

/**
 * Installs the real extensions and the platform's grants on them as the superuser, and stand-ins for the others. The
 * role `postgres` finds all of them, as on the platform, and could not install them itself.
 */
export async function makePlatformSchema(sql: Sql, real: RealExtensions): Promise<void> {
  await run(sql, "roles.sql");
  if (real.vault) await sql.unsafe("create extension if not exists supabase_vault");
  else await run(sql, "vault.sql");
  await run(sql, "vault_rights.sql");
  // The real extension's own script grants its rights to everybody.
  if (real.net) await sql.unsafe("create extension if not exists pg_net with schema extensions");
  else await run(sql, "net.sql");
  if (real.cron) {
    await sql.unsafe("create extension if not exists pg_cron with schema pg_catalog");
    await run(sql, "pg_cron_rights.sql");
  } else await run(sql, "cron.sql");
}

/** Both extensions have background workers, and fail late and obscurely when the server does not load them. */
async function checkPreloaded(sql: Sql, real: RealExtensions): Promise<void> {
  const [settings] = await sql<
    { libraries: string; cron: string | null; net: string | null; current: string }[]
  >`
    select
      current_setting('shared_preload_libraries') as libraries,
      current_setting('cron.database_name', true) as cron,
      current_setting('pg_net.database_name', true) as net,
      current_database() as current
  `;
  const libraries = (settings?.libraries ?? "").split(",").map((name) => name.trim());
  const current = settings?.current;
  const workers = [
    { name: "pg_net", isReal: real.net, setting: "pg_net.database_name", worksIn: settings?.net },
    { name: "pg_cron", isReal: real.cron, setting: "cron.database_name", worksIn: settings?.cron },
  ];
  for (const { name, isReal, setting, worksIn } of workers) {
    if (!isReal) continue;
    if (!libraries.includes(name)) {
      throw new Problem(
        `The server has ${name} but does not load it: put ${name} into shared_preload_libraries in postgresql.conf ` +
          "and restart the server.",
      );
    }
    if (worksIn !== current) {
      throw new Problem(
        `The server's ${name} works in the database "${worksIn}", not in "${current}": set ` +
          `${setting} = '${current}' in postgresql.conf and restart the server.`,
      );
    }
  }
}

async function run(sql: Sql, file: string): Promise<void> {
  await sql.unsafe(await Deno.readTextFile(new URL(`./stand_ins/${file}`, import.meta.url)));
}
