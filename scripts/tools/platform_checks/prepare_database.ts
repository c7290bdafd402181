import { checkDatabase, connect, type Sql } from "../../lab/platform/database.ts";
import { preparePlatformSchema } from "../../lab/platform/platform_schema.ts";
import { Problem } from "../../command_line/problem.ts";

/**
 * Makes an empty database into what a hosted project is before its first migration, as far as a plain Postgres can: the
 * roles, with `postgres` no superuser, the real extensions that the server has, stand-ins for the others, and the
 * default grants of a project that was made before October 2026, the most open ones that the migrations may meet.
 *
 * @param adminUrl a superuser's URL
 * @param password what the role `postgres` is to log in with
 */
export async function prepareDatabase(adminUrl: string, password: string): Promise<void> {
  if ((await checkDatabase(adminUrl)).postgresIsSuperuser) {
    // It would get a new password, which would lock out the logins of the role postgres.
    throw new Problem(
      "On this server the role postgres is a superuser, which it is not on the platform: use a server made with " +
        "a superuser of another name (initdb --username=supabase_admin).",
    );
  }
  const sql = connect(adminUrl, { max: 1, name: "preparation" });
  try {
    await preparePlatformSchema(sql);
    await installPlpgsqlCheck(sql);
    await sql.unsafe(HISTORICAL_DEFAULT_GRANTS);
    await letPostgresOwnIt(sql, password);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/**
 * What the platform granted on each new object of `public` until October 2026. On a project from before that, nothing
 * is closed unless a migration closes it.
 */
export const HISTORICAL_DEFAULT_GRANTS = ["tables", "sequences", "functions"].map((kind) =>
  `alter default privileges for role postgres in schema public
    grant all on ${kind} to postgres, anon, authenticated, service_role;`
).join("\n");

/** What "supabase db lint" asks; the role `postgres` may not install it where it is not trusted. */
async function installPlpgsqlCheck(sql: Sql): Promise<void> {
  const [available] = await sql`select from pg_catalog.pg_available_extensions where name = 'plpgsql_check'`;
  if (available !== undefined) {
    await sql.unsafe("create extension if not exists plpgsql_check with schema extensions");
  }
}

async function letPostgresOwnIt(sql: Sql, password: string): Promise<void> {
  const [name] = await sql<{ database: string; secret: string }[]>`
    select quote_ident(current_database()) as database, quote_literal(${password}::text) as secret
  `;
  await sql.unsafe(`
    alter role postgres password ${name?.secret};
    alter database ${name?.database} owner to postgres;
  `);
}
