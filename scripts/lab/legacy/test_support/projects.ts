/** Old databases for tests, each in a database of its own beside the platform's. */

import { connect, type Sql } from "../../platform/database.ts";
import { urlOfDatabase } from "../../platform/own_database.ts";
import { preparePlatformSchema } from "../../platform/platform_schema.ts";
import { HISTORICAL_DEFAULT_GRANTS } from "../../../tools/platform_checks/prepare_database.ts";

/** A database like a hosted project's before its first migration, of a project that is as old as the old system. */
export interface EmptyProject extends AsyncDisposable {
  /** A superuser's. */
  readonly adminUrl: string;
  /** Sessions start as the role `postgres`, as on the platform. */
  connect(max?: number): Sql;
}

/** @param adminUrl a superuser's URL, of a server that may have the database */
export async function makeEmptyProject(adminUrl: string, name: string): Promise<EmptyProject> {
  return await makeDatabase(adminUrl, name, async (url, server) => {
    await server.unsafe(`create database ${name}`);
    const admin = connect(url, { max: 1, name: "test" });
    try {
      // The real extensions work in one database of a server. A schema without its extension counts as a stand-in.
      await admin.unsafe("create schema cron; create schema net;");
      await preparePlatformSchema(admin);
      await admin.unsafe(`alter database ${name} owner to postgres; ${HISTORICAL_DEFAULT_GRANTS}`);
    } finally {
      await admin.end({ timeout: 1 });
    }
  });
}

/** Copies a database to which nobody is connected: making an old one takes seconds, copying it does not. */
export async function copyProject(adminUrl: string, from: string, name: string): Promise<EmptyProject> {
  return await makeDatabase(adminUrl, name, async (_url, server) => {
    await server.unsafe(`create database ${name} template ${from} owner postgres`);
    await server.unsafe(
      `alter role postgres in database ${name} set search_path = "$user", public, extensions`,
    );
  });
}

async function makeDatabase(
  adminUrl: string,
  name: string,
  make: (url: string, server: Sql) => Promise<void>,
): Promise<EmptyProject> {
  const url = urlOfDatabase(adminUrl, name);
  const server = connect(adminUrl, { max: 1, name: "test" });
  const sessions: Sql[] = [];
  let ended: Promise<void> | undefined;
  const end = () =>
    ended ??= (async () => {
      try {
        for (const sql of sessions) await sql.end({ timeout: 1 });
        await server.unsafe(`drop database if exists ${name} with (force)`);
      } finally {
        await server.end({ timeout: 1 });
      }
    })();
  try {
    await server.unsafe(`drop database if exists ${name} with (force)`);
    await make(url, server);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    adminUrl: url,
    connect(max = 1) {
      const sql = connect(url, { max, name: "test", role: "postgres" });
      sessions.push(sql);
      return sql;
    },
    [Symbol.asyncDispose]: end,
  };
}
