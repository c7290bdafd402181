import type postgres from "postgres";
import { connect, inTransaction, type Sql } from "../platform/database.ts";
import { patiently } from "./patiently.ts";
import { shiftSlots } from "./slots.ts";

const MINUTE = 60_000;

/**
 * Replaces the engine's clock, as only its owner can. It runs so many milliseconds ahead of the real one, or stands
 * still at a given moment.
 */
export async function replaceClock(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create schema if not exists testing;
    create table if not exists testing.clock (stands_at timestamptz, ahead_milliseconds float8 not null default 0);
    insert into testing.clock (ahead_milliseconds) select 0 where not exists (select from testing.clock);
    grant usage on schema testing to service_role;
    grant select on testing.clock to service_role;
    create or replace function engine.clock()
    returns timestamptz language sql volatile security invoker set search_path = ''
    as '
      select
        coalesce(clock.stands_at, pg_catalog.clock_timestamp() + clock.ahead_milliseconds * interval ''1 millisecond'')
      from testing.clock
    ';
  `);
}

/** The engine's time, which stands still until it is moved. */
export class StandingTime {
  /** @param sql as the clock's owner, or as a superuser */
  constructor(private readonly sql: Sql) {}

  /** Lets it stand at the present. */
  async install(): Promise<void> {
    await replaceClock(this.sql);
    await this.set(new Date());
  }

  /** Lets it stand at a moment, such as "2026-06-15T11:00:00Z". */
  async set(moment: Date | string): Promise<void> {
    await this.sql`update testing.clock set stands_at = ${moment}`;
  }

  /** Moves it forward by an interval, such as "90 seconds". */
  async pass(interval: string): Promise<void> {
    await this.sql`update testing.clock set stands_at = stands_at + ${interval}::interval`;
  }
}

/**
 * What happens to the API's slots when time moves: "move along" keeps them as far away as before, "stay" brings them
 * nearer.
 */
export type Slots = "move along" | "stay";

/**
 * The engine's time, and the simulated API's if it asks this one: it goes on by itself, and is moved forward instead of
 * waited for.
 */
export class MovedTime {
  readonly #start: number;
  #ahead: number;

  /** @param start What time it is now. */
  constructor(start: Date = new Date()) {
    this.#start = this.#ahead = start.getTime() - Date.now();
  }

  /** What time it is. */
  now(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  /** By how much it has been moved forward so far. */
  get minutes(): number {
    return (this.#ahead - this.#start) / MINUTE;
  }

  /** Makes it the engine's. */
  async install(adminUrl: string): Promise<void> {
    const sql = connect(adminUrl, { max: 1, name: "moved time", role: "postgres" });
    try {
      await replaceClock(sql);
      await this.reset(sql);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  /** Resets it, as if it had never been moved forward. */
  async reset(sql: Sql): Promise<void> {
    await patiently(() =>
      sql`update testing.clock set stands_at = null, ahead_milliseconds = ${this.#start}`
    );
    this.#ahead = this.#start;
  }

  /** Moves it forward to a moment while no invocation works. The effect is the same as waiting. */
  async moveTo(sql: Sql, moment: Date, slots: Slots): Promise<void> {
    await this.moveBy(sql, moment.getTime() - this.now().getTime(), slots);
  }

  /** Moves it forward to the next whole minute while no invocation works. Resolves to it. */
  async toNextMinute(sql: Sql, slots: Slots): Promise<Date> {
    const minute = new Date((Math.floor(this.now().getTime() / MINUTE) + 1) * MINUTE);
    await this.moveTo(sql, minute, slots);
    return minute;
  }

  /**
   * Puts it forward.
   *
   * @param then Runs in the same transaction, before anything else can react. Its result is resolved to.
   */
  async moveBy<T>(
    sql: Sql,
    milliseconds: number,
    slots: Slots,
    then?: (transaction: postgres.TransactionSql) => Promise<T>,
  ): Promise<T | undefined> {
    if (milliseconds <= 0) return undefined;
    const before = this.#ahead;
    const ahead = before + milliseconds;
    const done = await patiently(() =>
      inTransaction(sql, async (transaction) => {
        const moved = await transaction`
          update testing.clock set ahead_milliseconds = ${ahead} where ahead_milliseconds = ${before} returning true
        `;
        // Does nothing when an earlier try went through and its answer was lost in a restart.
        if (moved.length === 0) return undefined;
        if (slots === "move along") await shiftSlots(transaction, milliseconds);
        return await then?.(transaction);
      })
    );
    this.#ahead = ahead;
    return done;
  }
}
