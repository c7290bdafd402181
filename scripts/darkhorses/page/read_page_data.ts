import type postgres from "postgres";
import type { CoverageMonth } from "../coverage_month.ts";
import type {
  FeedFreshness,
  IngestError,
  OpenAlert,
  PageData,
  RunStatus,
  Throughput,
  ThroughputBin,
  UsageDay,
} from "./page_data.ts";

const THROUGHPUT_DAYS = 7;
/** API calls are counted by ten seconds, so nothing shorter. */
const BIN_SECONDS = [10, 60, 300, 900, 3600, 10_800] as const;
/** More bars are thinner than a finger on a phone. */
const BINS = 60;
const ERRORS = 12;
const RUNS = 4;
const USAGE_DAYS = 90;

/**
 * Reads what a page shows, all of it as of one moment. Needs the rights of an operator (`postgres`).
 *
 * @param project what the page calls the project
 *
 * @throws {postgres.PostgresError} when the database is not one of this project's
 */
export async function readPageData(sql: postgres.Sql, project: string): Promise<PageData> {
  return await sql.begin("isolation level repeatable read read only", async (snapshot) => {
    const [now] = await snapshot<{ made_at: Date; database_limit_megabytes: number }[]>`
      select engine.clock() as made_at, s.database_limit_megabytes from public.backfill_settings as s
    `;
    if (now === undefined) throw new Error("backfill_settings has no row");
    return {
      project,
      ...now,
      months: await readMonths(snapshot),
      runs: await readRuns(snapshot),
      gaps: await countGaps(snapshot),
      throughput: await readThroughput(snapshot, now.made_at),
      freshness: await readFreshness(snapshot),
      alerts: await readAlerts(snapshot),
      errors: await readErrors(snapshot),
      usage: await readUsage(snapshot),
    };
  });
}

async function readMonths(sql: postgres.TransactionSql): Promise<CoverageMonth[]> {
  return [
    ...await sql<CoverageMonth[]>`
      select
        m.feed, m.month::text, m.state, coalesce(m.days, 0)::integer as days,
        coalesce(m.days_covered, 0)::integer as days_covered, coalesce(m.races_in_api, 0)::integer as races_in_api,
        coalesce(m.races_stored, 0)::integer as races_stored, coalesce(m.races_rejected, 0)::integer as races_rejected,
        coalesce(m.chunks_live, 0)::integer as chunks_live, coalesce(m.chunks_dead, 0)::integer as chunks_dead,
        m.last_error, m.run_id::integer
      from public.coverage_months as m
      -- Results are what most people want, masters what nobody looks at.
      order by m.month is null, m.feed desc, m.month
    `,
  ];
}

async function readRuns(sql: postgres.TransactionSql): Promise<RunStatus[]> {
  return [
    ...await sql<RunStatus[]>`
      select
        r.run_id::integer, r.state, to_json(r.feeds) as feeds, r.start_date::text, r.end_date::text, r.percent::float8,
        r.chunks_total::integer, r.chunks_succeeded::integer, r.chunks_dead::integer,
        ceil(extract(epoch from r.time_left))::integer as seconds_left, r.what_to_do
      from public.backfill_status_details as r
      join public.backfill_runs as run on run.id = r.run_id
      where r.state in ('running', 'waiting', 'paused') or run.kind in ('backfill', 'by_hand')
      order by r.state in ('running', 'waiting', 'paused') desc, r.run_id desc
      limit ${RUNS}
    `,
  ];
}

async function countGaps(sql: postgres.TransactionSql): Promise<number> {
  const [missing] = await sql<{ days: number }[]>`
    select count(*)::integer as days from public.coverage_gaps as gap where gap.day is not null
  `;
  return missing?.days ?? 0;
}

/** The shortest stretch of time that leaves the bars wide enough to see. */
export function binSeconds(spanSeconds: number): number {
  return BIN_SECONDS.find((seconds) => spanSeconds / seconds < BINS) ?? Math.max(...BIN_SECONDS);
}

async function readThroughput(sql: postgres.TransactionSql, now: Date): Promise<Throughput> {
  const since = new Date(now.getTime() - THROUGHPUT_DAYS * 86_400_000);
  const [first] = await sql<{ at: Date | null }[]>`
    select least(
      (select min(c.last_page_at) from public.backfill_progress as c where c.last_page_at >= ${since}),
      (select min(counted.counted_from) from engine.racing_api_calls as counted where counted.counted_from >= ${since})
    ) as at
  `;
  const bin_seconds = binSeconds((now.getTime() - (first?.at ?? now).getTime()) / 1000);
  const bins = await sql<ThroughputBin[]>`
    with done as (
      -- A chunk's races count with its last page: a month's pages go in within minutes. It may end days later.
      select c.feed, c.last_page_at as at, c.races_stored as races, 0 as calls
      from public.backfill_progress as c
      where c.last_page_at >= ${since}
      union all
      select counted.feed, counted.counted_from, 0, counted.calls
      from engine.racing_api_calls as counted
      where counted.counted_from >= ${since}
    )
    select
      date_bin(${bin_seconds} * interval '1 second', done.at, timestamptz 'epoch') as starts_at, done.feed,
      sum(done.races)::integer as races, sum(done.calls)::integer as calls
    from done
    group by 1, 2
    having sum(done.races) > 0 or sum(done.calls) > 0
    order by 1, 2 desc
  `;
  return { bin_seconds, bins: [...bins] };
}

async function readFreshness(sql: postgres.TransactionSql): Promise<FeedFreshness[]> {
  return [
    ...await sql<FeedFreshness[]>`
      select f.feed, f.state, f.newest_day::text, f.last_pulled_at, f.expected_since, f.next_due_at
      from public.data_freshness as f
      order by f.feed = 'masters', f.feed desc
    `,
  ];
}

async function readAlerts(sql: postgres.TransactionSql): Promise<OpenAlert[]> {
  return [
    ...await sql<OpenAlert[]>`
      select a.kind, a.subject, a.message, a.raised_at
      from public.alerts as a
      where a.resolved_at is null
      order by a.raised_at desc, a.id desc
    `,
  ];
}

async function readErrors(sql: postgres.TransactionSql): Promise<IngestError[]> {
  return [
    ...await sql<IngestError[]>`
      select e.occurred_at, e.feed, e.failure_class, e.endpoint, e.http_status, e.message, e.run_id::integer
      from public.ingest_errors as e
      -- A request that succeeded when it was sent again needs no attention.
      where e.failure_class <> 'retried'
      order by e.occurred_at desc, e.id desc
      limit ${ERRORS}
    `,
  ];
}

async function readUsage(sql: postgres.TransactionSql): Promise<UsageDay[]> {
  return [
    ...await sql<UsageDay[]>`
      select
        u.day::text, coalesce(u.api_calls, 0)::integer as api_calls, coalesce(u.invocations, 0)::integer as invocations,
        u.log_lines::integer, u.database_megabytes::float8
      from public.usage_by_day as u
      order by u.day desc
      limit ${USAGE_DAYS}
    `,
  ];
}
