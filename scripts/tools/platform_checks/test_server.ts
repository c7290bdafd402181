import { fromFileUrl } from "@std/path";
import { connect, type Sql } from "../../lab/platform/database.ts";
import { applyMigrations } from "../../lab/platform/migrations.ts";
import { makeOwnDatabase, urlOfDatabase } from "../../lab/platform/own_database.ts";
import { prepareDatabase } from "./prepare_database.ts";

const MIGRATIONS = fromFileUrl(new URL("../../../supabase/migrations", import.meta.url));
const TEMPLATE = "suite_template";

/** A server on which each test file gets a database of its own. */
export interface TestServer extends AsyncDisposable {
  /** The given database has the real pg_net, which sends what a test wants to find in the queue. */
  readonly sendsByItself: boolean;
  /** Runs something with the URL of a new migrated database, and drops it afterwards. */
  withDatabase<T>(work: (url: string) => Promise<T>): Promise<T>;
  /** The URL of the given database, emptied and migrated again; its cron jobs are there but do not run. */
  renewGiven(): Promise<string>;
}

/**
 * @param adminUrl a superuser's URL. The server's extensions with a worker of their own, pg_cron and pg_net, work in
 * one database of a server, the given one; the others have stand-ins.
 */
export async function openTestServer(adminUrl: string): Promise<TestServer> {
  await using starting = new AsyncDisposableStack();
  const server = connect(adminUrl, { max: 2, name: "test server" });
  starting.defer(() => server.end({ timeout: 1 }));
  const urlOf = (database: string) => urlOfDatabase(adminUrl, database);
  const template = starting.use(await makeOwnDatabase(adminUrl, TEMPLATE));
  await migrateAnew(template.url);

  const net = await server`select from pg_catalog.pg_available_extensions where name = 'pg_net'`;

  let databases = 0;
  const resources = starting.move();
  return {
    sendsByItself: net.length > 0,
    async withDatabase(work) {
      const name = `suite_${++databases}`;
      await server.unsafe(`drop database if exists ${name}`);
      await server.unsafe(`create database ${name} template ${TEMPLATE}`);
      try {
        // A job belongs to the database that it was scheduled in.
        await withSql(urlOf(name), async (sql) => void await sql`update cron.job set database = ${name}`);
        return await work(urlOf(name));
      } finally {
        await server.unsafe(`drop database ${name} with (force)`);
      }
    },
    async renewGiven() {
      await withSql(adminUrl, async (sql) => {
        await sql.unsafe(`
          drop schema if exists racing, engine, testing, supabase_migrations cascade;
          drop schema public cascade;
          create schema public authorization pg_database_owner;
          grant usage on schema public to public;
        `);
        // What the file before has scheduled. On a new server the migration creates the table.
        await sql.unsafe(
          `do $$ begin if to_regclass('cron.job') is not null then delete from cron.job; end if; end $$`,
        );
        await migrateAnew(adminUrl);
        await sql`select cron.alter_job(job_id => jobid, active => false) from cron.job`;
        await sql`truncate net.http_request_queue, net._http_response`;
      });
      return adminUrl;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function migrateAnew(adminUrl: string): Promise<void> {
  await prepareDatabase(adminUrl, crypto.randomUUID());
  const sql = connect(adminUrl, { max: 1, name: "migrations", role: "postgres" });
  try {
    await applyMigrations(sql, MIGRATIONS);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function withSql(url: string, work: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = connect(url, { max: 1, name: "test server" });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
