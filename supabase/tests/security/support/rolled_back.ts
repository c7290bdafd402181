import type postgres from "postgres";
import type { Sql } from "../../../../scripts/lab/platform/database.ts";

class RollBack extends Error {}

/** Does something in a transaction that leaves nothing and sends nothing. */
export async function rolledBack(
  sql: Sql,
  work: (transaction: postgres.TransactionSql) => Promise<void>,
): Promise<void> {
  await sql.begin(async (transaction) => {
    await work(transaction);
    throw new RollBack();
  }).catch((error) => {
    if (!(error instanceof RollBack)) throw error;
  });
}
