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
    select state, count(*)::integer as chunks from backfill_progress where run_id = ${runId} group by state
      order by state
  `;
  return Object.fromEntries(rows.map((row) => [row.state, row.chunks]));
}

/** A racing day on which some races have a card or a result only. */
export interface HalfDay {
  readonly day: string;
  readonly without_card: number;
  readonly without_result: number;
}

/** Days of a run on which races lack what the feeds that it pulled have of others. */
export async function findHalfDays(sql: Sql, runId: number): Promise<HalfDay[]> {
  return await sql<HalfDay[]>`
    select
      race.race_date::text as day,
      count(*) filter (where not race.has_card)::integer as without_card,
      count(*) filter (where not race.has_result and not race.is_abandoned)::integer as without_result
    from backfill_runs as run
    join ra_races as race on race.race_date between run.start_date and run.end_date
    where run.id = ${runId}
    group by race.race_date
    having bool_or(not race.has_card) or bool_or(not race.has_result and not race.is_abandoned)
    order by race.race_date
  `;
}

/**
 * A sentence for each chunk that did not succeed and each day that is missing. That the API has no result of a race
 * with a card is none in a replay, whose files hold what they hold.
 */
export async function findFailures(
  sql: Sql,
  runId: number,
  { isReplay }: { readonly isReplay: boolean },
): Promise<string[]> {
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
    where day between start_date and end_date and not (kind = 'no_result' and ${isReplay})
    order by feed, day
  `;
  return [
    ...chunks.map((chunk) =>
      `The ${chunk.feed} chunk from ${chunk.period_start} is ${chunk.state}` +
      (chunk.last_error === null ? "." : `: ${chunk.last_error}`)
    ),
    ...days.map((day) => `The ${day.feed} of ${day.day} are not complete: ${day.missing}.`),
  ];
}
