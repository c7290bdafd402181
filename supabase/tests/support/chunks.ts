import type { JSONValue } from "postgres";
import type { Sql } from "../../../scripts/lab/platform/database.ts";

/** A lease as `claim_chunk` hands it out. */
export interface Lease {
  readonly chunk_id: string;
  readonly run_id: string;
  readonly lease_token: string;
  readonly period_start: string;
  readonly period_end: string;
  readonly cursor_day: string | null;
  readonly cursor_skip: number;
  readonly api_total: number | null;
}

/** Starts a run and returns its id. */
export async function start(
  sql: Sql,
  startDate: string,
  endDate: string | null,
  options: { feeds?: string[]; newestFirst?: boolean; reprocess?: string } = {},
): Promise<number> {
  const [run] = await sql<{ id: number }[]>`
    select backfill_start(
      ${startDate}::date, ${endDate}::date, ${options.feeds ?? null}::text[], ${options.newestFirst ?? true},
      ${options.reprocess ?? "missing"}
    )::integer as id
  `;
  return run?.id ?? NaN;
}

/** Claims a chunk for the feed's oldest dispatch in transit; undefined when there is none. */
export async function claim(worker: Sql, feed: string): Promise<Lease | undefined> {
  const [lease] = await worker<Lease[]>`
    select
      chunk_id, run_id, lease_token, period_start::text, period_end::text, cursor_day::text, cursor_skip, api_total
    from claim_chunk(${feed}, (select min(id) from engine.dispatches where feed = ${feed}))
  `;
  return lease;
}

/** Claims a chunk that must be there. */
export async function claimed(worker: Sql, feed: string): Promise<Lease> {
  const lease = await claim(worker, feed);
  if (lease === undefined) throw new Error(`No chunk of ${feed} could be claimed`);
  return lease;
}

/** Stores a page under a lease. */
export async function ingest(
  worker: Sql,
  lease: Lease,
  page: Record<string, JSONValue>,
): Promise<{ lease_until: Date; go_on: boolean; understood: boolean }> {
  const [answer] = await worker<{ lease_until: Date; go_on: boolean; understood: boolean }[]>`
    select * from ingest_page(${lease.chunk_id}, ${lease.lease_token}, ${worker.json(page)})
  `;
  if (answer === undefined) throw new Error("ingest_page returned no row");
  return answer;
}

/** Ends a chunk whose pages are all in. */
export async function finish(worker: Sql, lease: Lease): Promise<string | undefined> {
  const [answer] = await worker<{ state: string }[]>`
    select finish_chunk(${lease.chunk_id}, ${lease.lease_token}) as state
  `;
  return answer?.state;
}

/** The chunk's row, as far as tests look at it. */
export async function chunkRow(sql: Sql, id: string): Promise<{
  state: string;
  cursor_day: string | null;
  cursor_skip: number;
  attempts: number;
  interruptions: number;
  repulls: number;
  pages_done: number;
  api_calls: number;
  wait_seconds: number;
  last_error: string | null;
}> {
  const [row] = await sql<Awaited<ReturnType<typeof chunkRow>>[]>`
    select
      state, cursor_day::text, cursor_skip, attempts, interruptions, repulls, pages_done, api_calls,
      extract(epoch from next_attempt_at - engine.clock())::float8 as wait_seconds, last_error
    from backfill_progress
    where id = ${id}
  `;
  if (row === undefined) throw new Error(`There is no chunk ${id}`);
  return row;
}
