import type { Sql } from "../platform/database.ts";

/** Lets a fill grow as large as it is: this machine's disk is no plan's. */
export async function liftPlanLimit(sql: Sql): Promise<void> {
  await sql`update backfill_settings set database_limit_megabytes = 1000000`;
}
