import type { Sql } from "../local/database.ts";

/** A row of backfill_status, as far as the demo shows it. */
export interface RunStatus {
  readonly state: string;
  readonly chunks_total: number;
  readonly chunks_succeeded: number;
  readonly chunks_dead: number;
  readonly percent: number;
  readonly api_calls: number;
  readonly races_stored: number;
  readonly runners_stored: number;
  readonly seconds_left: number | null;
  readonly pause_reason: string | null;
  readonly last_error: string | null;
}

const ENDED = ["succeeded", "completed_with_failures", "cancelled", "paused"];
const POLL_MILLISECONDS = 250;
/** Where lines can't be written over, one every so often is enough. */
const LINE_EVERY_MILLISECONDS = 5000;

async function readStatus(sql: Sql, runId: number): Promise<RunStatus> {
  const [row] = await sql<RunStatus[]>`
    select
      state, chunks_total::integer, chunks_succeeded::integer, chunks_dead::integer, percent::float8, api_calls::integer,
      races_stored::integer, runners_stored::integer,
      ceil(extract(epoch from time_left))::integer as seconds_left, pause_reason, last_error
    from backfill_status
    where run_id = ${runId}
  `;
  if (row === undefined) throw new Error(`Run ${runId} is not in backfill_status`);
  return row;
}

/** One line: chunks, calls, rows, time left. */
export function progressLine(status: RunStatus): string {
  const left = status.seconds_left === null ? "" : `, ${status.seconds_left} s left`;
  return `${status.state}: ${
    status.percent.toFixed(1)
  } %, chunks ${status.chunks_succeeded}/${status.chunks_total}, ` +
    `${status.api_calls} calls, ${status.races_stored} races, ${status.runners_stored} runners${left}`;
}

/** Shows a run's progress on stderr until it has ended or is paused, and resolves to its last status. */
export async function followRun(sql: Sql, runId: number, signal: AbortSignal): Promise<RunStatus> {
  const overwrite = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  let lastLine = -Infinity;
  while (true) {
    signal.throwIfAborted();
    const status = await readStatus(sql, runId);
    const ended = ENDED.includes(status.state);
    const line = progressLine(status);
    if (overwrite) Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}${ended ? "\n" : ""}`));
    else if (ended || performance.now() - lastLine >= LINE_EVERY_MILLISECONDS) {
      console.error(line);
      lastLine = performance.now();
    }
    if (ended) return status;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}
