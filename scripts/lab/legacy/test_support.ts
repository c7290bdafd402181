/** Old databases for tests, each in a database of its own beside the platform's. */

import { connect, type Sql } from "../platform/database.ts";
import { makeOwnDatabase } from "../platform/own_database.ts";
import { preparePlatformSchema } from "../platform/platform_schema.ts";
import { HISTORICAL_DEFAULT_GRANTS } from "../../tools/platform_checks/prepare_database.ts";

/** A database like a hosted project's before its first migration, of a project that is as old as the old system. */
export interface EmptyProject extends AsyncDisposable {
  /** A superuser's. */
  readonly adminUrl: string;
  /** Sessions start as the role `postgres`, as on the platform. */
  connect(max?: number): Sql;
}

/** @param adminUrl a superuser's URL, of a server that may have the database */
export async function makeEmptyProject(adminUrl: string, name: string): Promise<EmptyProject> {
  const resources = new AsyncDisposableStack();
  try {
    const { url } = resources.use(await makeOwnDatabase(adminUrl, name));
    const admin = connect(url, { max: 1, name: "test" });
    try {
      await preparePlatformSchema(admin);
      await admin.unsafe(`alter database ${name} owner to postgres; ${HISTORICAL_DEFAULT_GRANTS}`);
    } finally {
      await admin.end({ timeout: 1 });
    }
    return {
      adminUrl: url,
      connect(max = 1) {
        const sql = connect(url, { max, name: "test", role: "postgres" });
        resources.defer(() => sql.end({ timeout: 1 }));
        return sql;
      },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
}
