import type postgres from "postgres";
import { connect, inTransaction, type Sql } from "../platform/database.ts";
import { shiftSlots } from "../world/slots.ts";
import type { Broken, BrokenLease } from "./ledger.ts";
import { patiently } from "../world/patiently.ts";

/**
 * Replaces the engine's clock, as only its owner can, by one that goes on by itself and can be put forward.
 */
export async function installMovedTime(adminUrl: string): Promise<void> {
  const sql = connect(adminUrl, { max: 1, name: "chaos", role: "postgres" });
  try {
    await sql.unsafe(`
      create schema testing;
      create table testing.moved_time (by interval not null);
      insert into testing.moved_time values ('0');
      grant usage on schema testing to service_role;
      grant select on testing.moved_time to service_role;
      create or replace function engine.clock()
      returns timestamptz language sql volatile security invoker set search_path = ''
      as 'select pg_catalog.clock_timestamp() + moved_time.by from testing.moved_time';
    `);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The engine's time, which is put forward instead of being waited for. */
export class MovedTime {
  #milliseconds = 0;

  constructor(private readonly sql: Sql) {}

  /** By how much it was put forward so far. */
  get minutes(): number {
    return this.#milliseconds / 60_000;
  }

  /** What time it is for the engine. */
  async now(): Promise<Date> {
    const [row] = await patiently(() => this.sql<{ now: Date }[]>`select engine.clock() as now`);
    if (row === undefined) throw new Error("The engine's clock gave no time");
    return row.now;
  }

  /** Back to the real time. */
  async reset(): Promise<void> {
    this.#milliseconds = 0;
    await patiently(() => this.sql`update testing.moved_time set by = '0'`);
  }

  /** Puts it forward while nobody works: nothing is different from having waited. Returns the new time. */
  async toNextMinute(): Promise<Date> {
    const [row] = await patiently(() =>
      this.sql<{ milliseconds: number; minute: Date }[]>`
        select
          ceil(extract(epoch from next.minute - engine.clock()) * 1000)::float8 as milliseconds, next.minute
        from (select date_trunc('minute', engine.clock()) + interval '1 minute' as minute) as next
      `
    );
    if (row === undefined) throw new Error("The engine's clock gave no time");
    await this.#moveBy(row.milliseconds, 0);
    return row.minute;
  }

  /** Puts it forward by days, while nobody works. */
  async passDays(days: number): Promise<void> {
    await this.#moveBy(days * 24 * 3_600_000, 0);
  }

  /**
   * Puts it forward under invocations that work, and sweeps, before any of them can do anything about it. For them no time has
   * passed: the slots that they wait for move along, or the API would get in real time what was meant for the time passed over.
   * Resolves to the leases that ran out.
   */
  async underWork(seconds: number): Promise<Broken> {
    return await this.#moveBy(seconds * 1000, seconds * 1000, async (transaction) => {
      const broken = await holdExpiredLeases(transaction);
      await transaction`select engine.sweep()`;
      return broken;
    }) ?? { leases: [], afterError: 0 };
  }

  async #moveBy<T>(
    milliseconds: number,
    slotsBy: number,
    then?: (transaction: postgres.TransactionSql) => Promise<T>,
  ): Promise<T | undefined> {
    const [before, after] = [this.#milliseconds, this.#milliseconds + milliseconds].map((by) =>
      `${by} milliseconds`
    );
    const done = await patiently(() =>
      inTransaction(this.sql, async (transaction) => {
        const moved = await transaction`
          update testing.moved_time set by = ${after ?? ""}::interval where by = ${
          before ?? ""
        }::interval returning by
        `;
        // Nothing when an earlier try went through and its answer was lost in a restart.
        if (moved.length === 0) return undefined;
        await shiftSlots(transaction, slotsBy);
        return await then?.(transaction);
      })
    );
    this.#milliseconds += milliseconds;
    return done;
  }
}

/** The leases in force, whoever waits with a page meanwhile. */
export async function readLeases(sql: postgres.ISql): Promise<Broken> {
  const leases = await sql<BrokenLease[]>`
    select id::integer as chunk, lease_token as token from public.backfill_progress where state = 'working' order by id
  `;
  return { leases: [...leases], afterError: await lastError(sql) };
}

/** The leases that have run out and that nobody has taken back; until the transaction ends, nobody renews them either. */
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
