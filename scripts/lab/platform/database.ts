import postgres from "postgres";
import { Problem } from "../../command_line/problem.ts";

export type Sql = postgres.Sql;

/** Turns the database's error about a wrong SQL call into a `Problem` with its message and hint. */
export function ofWrongCall(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError)) return error;
  return new Problem([error.message, error.hint].filter(Boolean).join(". "), { cause: error });
}

export interface ConnectOptions {
  /** Connections at most. */
  max: number;
  /** Shown in pg_stat_activity. */
  name: string;
  /** The role that the session starts as, when it is not the one that logs in. */
  role?: string;
  /**
   * False: arrays cannot be sent or read. postgres.js asks for their types on each new connection, and when that
   * connection is lost meanwhile, the process ends. Use false to survive restarts. Default: true.
   */
  arrays?: boolean;
}

/**
 * When a connection is lost, postgres.js 3.4.9 keeps its unwritten bytes, and on the next connection waits forever to
 * write them. It writes a larger message at once: then the first try to connect fails, and the second is clean.
 */
const MORE_THAN_IS_COLLECTED = "x".repeat(1024);

/** A pool of connections that opens them when they are needed. */
export function connect(url: string, { max, name, role, arrays = true }: ConnectOptions): Sql {
  return postgres(url, {
    max,
    onnotice: () => {},
    connect_timeout: 10,
    // Otherwise a few failures while the database restarts make the pool wait for up to 20 s.
    backoff: () => 0.1,
    fetch_types: arrays,
    connection: {
      application_name: name,
      "local_platform.padding": MORE_THAN_IS_COLLECTED,
      // The session's start value, which `reset role` returns to.
      ...(role === undefined ? {} : { role }),
    },
  });
}

/** Whether the database was down or went down, rather than refused the query. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) return /^(08|57P)/.test(error.code);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE)/.test(code);
}

/**
 * `sql.begin`, for a database that may go down in the middle.
 *
 * postgres.js 3.4.9 sends a rollback after each failure, even on a lost connection, which ends the process
 * (porsager/postgres#1208). `begin` rejects by itself when its connection is lost, so the failure is withheld from it
 * until then.
 */
export async function inTransaction<T>(
  sql: Sql,
  work: (transaction: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  // postgres.js types the result as if it could unwrap arrays of queries; what is none is passed through as it is.
  return await sql.begin(async (transaction) => {
    try {
      return await work(transaction);
    } catch (error) {
      if (isConnectionLoss(error)) await new Promise(() => {});
      throw error;
    }
  }) as T;
}

/**
 * Refuses a database that cannot become a local platform, and says what is missing. Resolves to
 * whether the role `postgres` of its server is a superuser, which it is not on the platform.
 */
export async function checkDatabase(url: string): Promise<{ postgresIsSuperuser: boolean }> {
  const sql = connect(url, { max: 1, name: "local platform" });
  try {
    const [facts] = await sql<{ superuser: boolean; version: number; postgresIsSuperuser: boolean }[]>`
      select
        rolsuper as superuser,
        current_setting('server_version_num')::integer as version,
        exists (select from pg_catalog.pg_roles where rolname = 'postgres' and rolsuper) as "postgresIsSuperuser"
      from pg_catalog.pg_roles
      where rolname = current_user
    `;
    if (!facts?.superuser) {
      throw new Problem(
        "The role in --database-url is no superuser: the local platform makes roles and extensions, give a " +
          "superuser's URL (like postgres://supabase_admin:...@127.0.0.1:5432/postgres).",
      );
    }
    if (facts.version < 150000) {
      throw new Problem(
        `The database is Postgres ${Math.floor(facts.version / 10000)}; 15 or newer is needed.`,
      );
    }
    return { postgresIsSuperuser: facts.postgresIsSuperuser };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(
      `The database in --database-url cannot be used: ${error instanceof Error ? error.message : error}.`,
      { cause: error },
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/**
 * The URL by which a superuser's sessions start as the role `postgres` of the platform, with the search path that it
 * logs in with there (roles.sql). It needs and changes no password. A session of it may become any role that the
 * superuser may, and has the rights of `postgres` until then.
 */
export function asPostgres(superuserUrl: string): string {
  const url = new URL(superuserUrl);
  const options = ["-c role=postgres", '-c search_path="$user",public,extensions'].join(" ");
  // URLSearchParams writes a space as "+", which libpq takes for a plus.
  url.search = [url.search.slice(1), `options=${encodeURIComponent(options)}`].filter(Boolean).join("&");
  return url.href;
}

/**
 * The settings that `alter role … set` gave a role. Postgres applies them at login only; the gateway and the cron
 * worker, which become a role later, apply them themselves, as PostgREST and pg_cron's own login do.
 */
export async function roleSettings(sql: postgres.ISql, role: string): Promise<Record<string, string>> {
  const rows = await sql<{ name: string; value: string }[]>`
    select split_part(setting, '=', 1) as name, substr(setting, strpos(setting, '=') + 1) as value
    from pg_catalog.pg_roles
    join pg_catalog.pg_db_role_setting on pg_db_role_setting.setrole = pg_roles.oid
    cross join unnest(pg_db_role_setting.setconfig) as setting
    where
      pg_roles.rolname = ${role}
      and pg_db_role_setting.setdatabase in (
        0, (select oid from pg_catalog.pg_database where datname = current_database())
      )
    order by pg_db_role_setting.setdatabase
  `;
  return Object.fromEntries(rows.map((row) => [row.name, row.value]));
}

/** Creates or updates a Vault secret. */
export async function storeSecret(
  sql: Sql,
  name: string,
  secret: string,
  description: string,
): Promise<void> {
  const [existing] = await sql<{ id: string }[]>`select id from vault.secrets where name = ${name}`;
  if (existing !== undefined) await sql`select vault.update_secret(${existing.id}::uuid, ${secret})`;
  else await sql`select vault.create_secret(${secret}, ${name}, ${description})`;
}
