import type { Sql } from "../platform/database.ts";
import { Problem } from "../../command_line/problem.ts";

/** A row of backfill_status_details, as far as the demo shows it. */
export interface RunStatus {
  readonly state: string;
  readonly chunks_total: number;
  readonly chunks_succeeded: number;
  readonly chunks_dead: number;
  readonly percent: number;
  readonly api_calls: number;
  readonly races: number;
  readonly runners: number;
  readonly seconds_left: number | null;
  /** Until the next attempt, when nothing is worked on and nothing is due; else null. */
  readonly seconds_to_wait: number | null;
  readonly what_to_do: string;
  readonly last_error: string | null;
}

const ENDED = ["succeeded", "completed_with_failures", "cancelled", "paused"];
const POLL_MILLISECONDS = 250;
/** Where a line cannot be overwritten, print one only now and then. */
const LINE_EVERY_MILLISECONDS = 5000;
/** Longer than a hop and a slow page together. */
const QUIET_MILLISECONDS = 15_000;
/** Longer than the first attempt after a failure takes to come, and two sweeps. */
const GIVE_UP_MILLISECONDS = 120_000;

async function readStatus(sql: Sql, runId: number): Promise<RunStatus> {
  const [row] = await sql<RunStatus[]>`
    select
      state, chunks_total::integer, chunks_succeeded::integer, chunks_dead::integer, percent::float8, api_calls::integer,
      races::integer, runners::integer,
      ceil(extract(epoch from time_left))::integer as seconds_left, what_to_do, last_error,
      (
        select ceil(extract(epoch from min(next_attempt_at) filter (where next_attempt_at > engine.clock()) - engine.clock()))::integer
        from backfill_progress
        where run_id = ${runId} and state in ('waiting', 'working')
        having bool_and(state = 'waiting') and not exists (select from engine.claimable_chunks where run_id = ${runId})
      ) as seconds_to_wait
    from backfill_status_details
    where run_id = ${runId}
  `;
  if (row === undefined) throw new Error(`Run ${runId} is not in backfill_status_details`);
  return row;
}

/** One line: chunks, calls, rows, time left. */
export function progressLine(status: RunStatus): string {
  const left = status.seconds_to_wait !== null
    ? `, next attempt in ${status.seconds_to_wait} s`
    : status.seconds_left === null
    ? ""
    : `, ${status.seconds_left} s left`;
  return `${status.state}: ${
    status.percent.toFixed(1)
  } %, chunks ${status.chunks_succeeded}/${status.chunks_total}, ` +
    `${status.api_calls} calls, ${status.races} races and ${status.runners} runners${left}`;
}

/** Shows lines on stderr. New progress overwrites the old where possible. */
class ProgressDisplay {
  readonly #overwrite = Deno.stderr.isTerminal();
  #shownAt = -Infinity;

  progress(line: string, last: boolean): void {
    if (this.#overwrite) {
      // A line that wraps cannot be overwritten.
      this.#write(`\r\x1b[K${line.slice(0, Deno.consoleSize().columns - 1)}${last ? "\n" : ""}`);
    } else if (last || performance.now() - this.#shownAt >= LINE_EVERY_MILLISECONDS) {
      this.#shownAt = performance.now();
      this.#write(`${line}\n`);
    }
  }

  message(text: string): void {
    this.#write(`${this.#overwrite ? "\r\x1b[K" : ""}${text}\n`);
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}

/** What `followRun` needs in addition to the run. */
export interface FollowOptions {
  /** Shown when nothing moves: where to look. */
  readonly logFile: string;
  /** Keeps that file and returns its new path. */
  readonly keepLog: () => string;
  /** Milliseconds, as of `performance.now`. */
  readonly now?: () => number;
}

/**
 * Shows a run's progress on stderr until it has ended or is paused, and resolves to its last status. Each error is
 * shown once, and so is where to look when nothing moves.
 *
 * @throws {Problem} when nothing has moved for two minutes, with what `backfill_status` says is to be done
 */
export async function followRun(sql: Sql, runId: number, options: FollowOptions): Promise<RunStatus> {
  const { logFile, keepLog, now = () => performance.now() } = options;
  const display = new ProgressDisplay();
  let shownError: string | null = null;
  let before = "";
  let movedAt = now();
  let saidSo = false;
  while (true) {
    const status = await readStatus(sql, runId);
    if (status.last_error !== null && status.last_error !== shownError) {
      shownError = status.last_error;
      display.message(`An attempt failed: ${shownError}`);
    }
    const moved = `${status.api_calls} ${status.percent} ${status.chunks_succeeded}`;
    const quiet = now() - movedAt;
    if (moved !== before) {
      before = moved;
      movedAt = now();
      saidSo = false;
    } else if (quiet > GIVE_UP_MILLISECONDS && !ENDED.includes(status.state)) {
      display.progress(progressLine(status), true);
      throw new Problem(
        `Nothing has moved for two minutes: given up. The database says: ${status.what_to_do}` +
          (status.last_error === null ? "" : ` The last error: ${status.last_error}`) +
          `\nWhat the functions logged is in ${keepLog()}.`,
      );
    } else if (quiet > QUIET_MILLISECONDS && !saidSo) {
      saidSo = true;
      display.message(
        `Nothing has moved for ${QUIET_MILLISECONDS / 1000} s; the functions' log is ${logFile}`,
      );
    }
    const ended = ENDED.includes(status.state);
    display.progress(progressLine(status), ended);
    if (ended) return status;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}
