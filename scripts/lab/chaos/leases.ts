import type postgres from "postgres";
import type { MovedTime } from "../world/moved_time.ts";
import type { Sql } from "../platform/database.ts";
import type { Broken, BrokenLease } from "./ledger.ts";

/**
 * Moves time forward while invocations work, and sweeps before any of them can react. For them no time has passed: the
 * slots that they wait for move too, or the API would be called too fast. Resolves to the leases that expired.
 */
export async function passTimeUnderWork(
  { sql, time }: { readonly sql: Sql; readonly time: MovedTime },
  seconds: number,
): Promise<Broken> {
  const broken = await time.moveBy(sql, seconds * 1000, "move along", async (transaction) => {
    const expired = await holdExpiredLeases(transaction);
    await transaction`select engine.sweep()`;
    return expired;
  });
  return broken ?? { leases: [], afterError: 0 };
}

/** The leases in force, even while an invocation waits with a page. */
export async function readLeases(sql: postgres.ISql): Promise<Broken> {
  const leases = await sql<BrokenLease[]>`
    select id::integer as chunk, lease_token as token from public.backfill_progress where state = 'working' order by id
  `;
  return { leases: [...leases], afterError: await lastError(sql) };
}

/** The leases that have expired and are not taken back yet. They cannot be renewed until the transaction ends. */
async function holdExpiredLeases(transaction: postgres.TransactionSql): Promise<Broken> {
  const leases = await transaction<BrokenLease[]>`
    select id::integer as chunk, lease_token as token
    from public.backfill_progress
    where state = 'working' and lease_until < engine.clock()
    order by id
    for update
  `;
  return { leases: [...leases], afterError: await lastError(transaction) };
}

async function lastError(sql: postgres.ISql): Promise<number> {
  const [last] = await sql<
    { id: number }[]
  >`select coalesce(max(id), 0)::integer as id from public.ingest_errors`;
  return last?.id ?? 0;
}
