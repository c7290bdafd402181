import type { Sql } from "../platform/database.ts";

/** What the demo prints with --json. */
export interface Counts {
  readonly races: number;
  readonly runners: number;
  readonly horses: number;
  readonly jockeys: number;
  readonly trainers: number;
  readonly owners: number;
  readonly sires: number;
  readonly dams: number;
  readonly damsires: number;
  readonly courses: number;
  readonly bookmakers: number;
  readonly regions: number;
  readonly rejects: number;
}

/** Counts every table that a run fills. */
export async function countRows(sql: Sql): Promise<Counts> {
  const [counts] = await sql<Counts[]>`
    select
      (select count(*)::integer from ra_races) as races,
      (select count(*)::integer from ra_runners) as runners,
      (select count(*)::integer from ra_mst_horses) as horses,
      (select count(*)::integer from ra_mst_jockeys) as jockeys,
      (select count(*)::integer from ra_mst_trainers) as trainers,
      (select count(*)::integer from ra_mst_owners) as owners,
      (select count(*)::integer from ra_mst_sires) as sires,
      (select count(*)::integer from ra_mst_dams) as dams,
      (select count(*)::integer from ra_mst_damsires) as damsires,
      (select count(*)::integer from ra_mst_courses) as courses,
      (select count(*)::integer from ra_mst_bookmakers) as bookmakers,
      (select count(*)::integer from ra_mst_regions) as regions,
      (select count(*)::integer from ingest_rejects) as rejects
  `;
  if (counts === undefined) throw new Error("Counting the tables gave no row");
  return counts;
}

/** How many chunks of a run are in which state. */
export async function chunksByState(sql: Sql, runId: number): Promise<Record<string, number>> {
  const rows = await sql<{ state: string; chunks: number }[]>`
    select state, count(*)::integer as chunks from backfill_progress where run_id = ${runId} group by state order by state
  `;
  return Object.fromEntries(rows.map((row) => [row.state, row.chunks]));
}

/** A sentence for each chunk that did not succeed and each day that is missing. */
export async function findFailures(sql: Sql, runId: number): Promise<string[]> {
  const chunks = await sql<
    { feed: string; period_start: string; state: string; last_error: string | null }[]
  >`
    select feed, period_start::text, state, last_error
    from backfill_progress
    where run_id = ${runId} and state <> 'succeeded'
    order by feed, period_start
  `;
  const days = await sql<{ feed: string; day: string; missing: string }[]>`
    select feed, day::text, missing
    from coverage_gaps, (select start_date, end_date from backfill_runs where id = ${runId}) as run
    where day between start_date and end_date
    order by feed, day
  `;
  return [
    ...chunks.map((chunk) =>
      `The ${chunk.feed} chunk from ${chunk.period_start} is ${chunk.state}` +
      (chunk.last_error === null ? "." : `: ${chunk.last_error}`)
    ),
    ...days.map((day) => `The ${day.feed} of ${day.day} are missing: ${day.missing}.`),
  ];
}
