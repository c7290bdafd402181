import { connect, type Sql } from "../platform/database.ts";
import { type OldDatabase, type OldDatabaseOptions, writeOldDatabase } from "./write_old_database.ts";

/**
 * Puts an old database into legacy_data of a project that has our tables already. The generator writes into `public`, as
 * the old system did, so another schema has that name for a moment.
 */
export async function putOldDatabase(adminUrl: string, options: OldDatabaseOptions): Promise<OldDatabase> {
  const admin = connect(adminUrl, { max: 1, name: "old database" });
  const put = async (sql: Sql) => {
    await sql`drop schema if exists legacy_data cascade`;
    await sql`alter schema public rename to ours`;
    await sql`create schema public`;
    const made = await writeOldDatabase(sql, options);
    await sql`alter schema public rename to legacy_data`;
    await sql`alter schema ours rename to public`;
    await sql`grant usage on schema legacy_data to service_role, postgres`;
    await sql`grant select on all tables in schema legacy_data to service_role, postgres`;
    await sql`analyze`;
    return made;
  };
  try {
    return await put(admin);
  } finally {
    await admin.end({ timeout: 1 });
  }
}
