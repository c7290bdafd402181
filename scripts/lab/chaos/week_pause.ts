import type { Sql } from "../platform/database.ts";
import { pause } from "../platform/waiting.ts";
import type { DatabaseCallWatch } from "./database_call_watch.ts";
import type { Witness } from "./ledger.ts";
import type { MovedTime } from "../world/moved_time.ts";
import type { Mutex } from "./mutex.ts";
import { patiently } from "../world/patiently.ts";

const DAY = 24 * 3_600_000;
const DAYS = 7;
const POLL_MILLISECONDS = 100;

/** What the pause works with. */
export interface WeekPauseOptions {
  readonly sql: Sql;
  readonly time: Pick<MovedTime, "now" | "moveBy">;
  readonly mutex: Mutex;
  readonly databaseCalls: DatabaseCallWatch;
}

interface Week {
  readonly chunk: number;
  /** By the engine's time; undefined until then. */
  resumedAt: Date | undefined;
  coveredAt: Date | null;
}

/**
 * Pauses the run in the middle of a month of results, waits until every chunk has yielded, lets a week pass, and
 * resumes it.
 */
export class WeekPause {
  readonly #weeks: Week[] = [];
  #holding: Promise<void> | undefined;

  constructor(private readonly options: WeekPauseOptions) {}

  /** Whether the run is paused and is going to be resumed. */
  get isHeld(): boolean {
    return this.#holding !== undefined;
  }

  /** Pauses the run now. Resolves to undefined when there is none to pause. */
  async begin(chunk: number): Promise<Witness | undefined> {
    const { sql } = this.options;
    const [run] = await patiently(() =>
      sql<{ id: number }[]>`
        select run_id::integer as id from backfill_progress where id = ${chunk} and state = 'working'
      `
    );
    if (run === undefined || this.isHeld) return undefined;
    await patiently(() =>
      // Only once, even if the first answer is lost.
      sql`select backfill_pause(id) from backfill_runs where id = ${run.id} and paused_at is null`
    );
    const week: Week = { chunk, resumedAt: undefined, coveredAt: null };
    this.#weeks.push(week);
    this.#holding = this.#pass(run.id, week).finally(() => this.#holding = undefined);
    // The error reaches the caller that awaits it in the end.
    this.#holding.catch(() => {});
    return { due: () => this.#isDue(week) ? 1 : 0, found: () => this.#isDue(week) && isOld(week) ? 1 : 0 };
  }

  /** After the run: what coverage says. */
  async conclude(): Promise<void> {
    await this.#holding;
    for (const week of this.#weeks) {
      const [coverage] = await this.options.sql<{ at: Date | null }[]>`
        select max(pulled_at) as at from ra_coverage where chunk_id = ${week.chunk}
      `;
      week.coveredAt = coverage?.at ?? null;
    }
  }

  async #pass(run: number, week: Week): Promise<void> {
    const { sql, time, mutex } = this.options;
    const isWorkedOn = async () =>
      (await patiently(() => sql`select from backfill_progress where run_id = ${run} and state = 'working'`))
        .length > 0;
    while (await isWorkedOn()) await pause(POLL_MILLISECONDS);
    await mutex.run(async () => {
      await time.moveBy(sql, DAYS * DAY, "stay");
      week.resumedAt = time.now();
      await patiently(() =>
        sql`select backfill_resume(run_id) from backfill_status where run_id = ${run} and state = 'paused'`
      );
    });
  }

  /** Unless the month was read again from its first page afterwards: then it is as new as it says. */
  #isDue({ chunk, resumedAt }: Week): boolean {
    const began = this.options.databaseCalls.readingBegan(chunk);
    return resumedAt !== undefined && began !== undefined && began < resumedAt;
  }
}

function isOld({ coveredAt, resumedAt }: Week): boolean {
  return coveredAt !== null && resumedAt !== undefined && coveredAt < resumedAt;
}
