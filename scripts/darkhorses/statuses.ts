import type { Sql } from "../project/project_database.ts";
import { ask } from "./database.ts";

/** A run, as backfill_status_details has it. */
export interface RunStatus {
  readonly run_id: number;
  readonly state: string;
  readonly percent: number;
  /** Null when nothing remains. */
  readonly seconds_left: number | null;
  readonly start_date: string;
  readonly end_date: string;
  readonly feeds: readonly string[];
  readonly chunks_total: number;
  readonly chunks_succeeded: number;
  readonly chunks_dead: number;
  /** Each counted once, although it comes as a card and as a result. */
  readonly races: number;
  readonly runners: number;
  readonly rows_rejected: number;
  readonly api_calls: number;
  readonly calls_per_minute: number | null;
  readonly what_to_do: string;
  readonly last_error: string | null;
  readonly last_error_at: string | null;
  readonly created_at: string;
  readonly ended_at: string | null;
}

/** States in which a run goes on by itself. */
export const GOES_ON: readonly string[] = ["waiting", "running"];
/** States in which somebody should look. */
export const NEEDS_SOMEBODY: readonly string[] = ["paused", "completed_with_failures"];

/** One run, or those that are not over and, newest first, the others. */
export async function readStatuses(
  sql: Sql,
  { run, limit }: { run: number | undefined; limit: number },
): Promise<RunStatus[]> {
  return await ask(
    sql,
    sql`
    select
      run_id, state, percent, ceil(extract(epoch from time_left))::integer as seconds_left, start_date, end_date, feeds,
      chunks_total, chunks_succeeded, chunks_dead, races, runners, rows_rejected, api_calls,
      calls_per_minute, what_to_do, last_error, last_error_at, created_at, ended_at
    from public.backfill_status_details
    where ${run ?? null}::bigint is null or run_id = ${run ?? null}::bigint
    order by state in ('waiting', 'running', 'paused') desc, run_id desc
    limit ${limit}
  `,
  );
}
