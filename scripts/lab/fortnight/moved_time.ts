import { connect, inTransaction, type Sql } from "../platform/database.ts";
import { shiftSlots } from "../world/slots.ts";

/**
 * One time for the engine and for the simulated API, which goes on by itself and is moved while nobody works.
 *
 * Its like in chaos/ starts from the present and goes minute by minute; this one starts on any day.
 */
export class MovedTime {
  #by: number;

  constructor(start: Date) {
    this.#by = start.getTime() - Date.now();
  }

  /** What time it is. */
  now(): Date {
    return new Date(Date.now() + this.#by);
  }

  /** Replaces the engine's clock, as only its owner can. */
  async install(adminUrl: string): Promise<void> {
    const sql = connect(adminUrl, { max: 1, name: "fortnight", role: "postgres" });
    try {
      await sql.unsafe(`
        create schema testing;
        create table testing.moved_time (milliseconds float8 not null);
        insert into testing.moved_time values (${this.#by});
        grant usage on schema testing to service_role;
        grant select on testing.moved_time to service_role;
        create or replace function engine.clock()
        returns timestamptz language sql volatile security invoker set search_path = ''
        as 'select pg_catalog.clock_timestamp() + t.milliseconds * interval ''1 millisecond'' from testing.moved_time as t';
      `);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  /** Puts it forward to a moment; nothing is different from having waited. */
  async moveTo(sql: Sql, moment: Date): Promise<void> {
    const step = moment.getTime() - this.now().getTime();
    if (step <= 0) return;
    const by = this.#by + step;
    await inTransaction(sql, async (transaction) => {
      await transaction`update testing.moved_time set milliseconds = ${by}`;
      await shiftSlots(transaction, step);
    });
    this.#by = by;
  }
}
