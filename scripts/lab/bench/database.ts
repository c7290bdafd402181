import type { Sql } from "../platform/database.ts";
import { percentile } from "./arithmetic.ts";

/** A table with its indexes and its long values. */
export interface TableSize {
  readonly name: string;
  readonly bytes: number;
}

/** How large the database is. */
export interface DatabaseSize {
  readonly databaseBytes: number;
  readonly runners: number;
  /** Of ra_runners, its long values included. */
  readonly heapBytes: number;
  readonly indexBytes: number;
  /** The ten largest. */
  readonly tables: readonly TableSize[];
}

/**
 * Compacts the indexes that are due, as the sweep and pg_cron do it, without waiting for a minute of cron each time.
 *
 * @param sql the operator's
 */
export async function compactIndexes(sql: Sql, admin: Sql): Promise<void> {
  const switchTick = (on: boolean) => admin`update cron.job set active = ${on} where jobname = 'engine-tick'`;
  // It would begin one of its own.
  await switchTick(false);
  while (await compactNext(sql, admin));
  await switchTick(true);
}

/** Returns whether there was one to compact. */
async function compactNext(sql: Sql, admin: Sql): Promise<boolean> {
  await sql`
    select engine.begin_compaction(due)
    from engine.indexes_to_compact as due
    where not exists (select from engine.compactions where ended_at is null)
    order by due.bytes desc
    limit 1
  `;
  const [job] = await sql<{ jobid: string; command: string }[]>`
    select jobid, command from cron.job where jobname = 'engine-compact'
  `;
  if (job === undefined) return false;
  await admin`update cron.job set active = false where jobid = ${job.jobid}`;
  await sql.unsafe(job.command);
  await sql`select engine.has_ended(under_way) from engine.compactions as under_way where under_way.ended_at is null`;
  return true;
}

/** @param admin a superuser's: vacuums first, because rows that autovacuum has not removed yet are no growth */
export async function measureSize(admin: Sql): Promise<DatabaseSize> {
  await admin`vacuum analyze`;
  const [size] = await admin<Omit<DatabaseSize, "tables">[]>`
    select
      pg_database_size(current_database())::float8 as "databaseBytes",
      (select count(*)::integer from ra_runners) as runners,
      pg_table_size('ra_runners')::float8 as "heapBytes",
      pg_indexes_size('ra_runners')::float8 as "indexBytes"
  `;
  const tables = await admin<TableSize[]>`
    select oid::regclass::text as name, pg_total_relation_size(oid)::float8 as bytes
    from pg_class where relkind = 'r' order by bytes desc, name limit 10
  `;
  if (size === undefined) throw new Error("The database has no size");
  return { ...size, tables };
}

/** Bytes of the tables with racing data. Coverage is not among them: it says when a day was last pulled. */
export async function racingBytes(sql: Sql): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select sum(pg_total_relation_size(oid))::float8 as bytes
    from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname like 'ra\\_%' and relname <> 'ra_coverage'
  `;
  return row?.bytes ?? NaN;
}

/** What is asked all the time, by cron and by people. */
const STATEMENTS = {
  sweep: "select engine.sweep()",
  backfill_status: "select * from public.backfill_status",
  coverage_gaps: "select * from public.coverage_gaps",
  coverage_months: "select * from public.coverage_months",
} as const;
type Asked = keyof typeof STATEMENTS;

/** Milliseconds there and back, in the median. */
export interface StatementTimes {
  readonly selectOne: number;
  readonly statements: Readonly<Record<Asked, number>>;
}

const ROUNDS = 30;

/**
 * Asks them in turn, `select 1` each time too, so that whatever slows the machine down slows all of them.
 *
 * @param sql the operator's, with one connection
 */
export async function timeStatements(sql: Sql): Promise<StatementTimes> {
  const times = new Map<string, number[]>();
  const texts = ["select 1", ...Object.values(STATEMENTS)];
  for (let round = 0; round < ROUNDS; round++) {
    for (const text of texts) {
      const start = performance.now();
      await sql.unsafe(text);
      const taken = performance.now() - start;
      times.set(text, [...times.get(text) ?? [], taken]);
    }
  }
  const median = (text: string) => percentile(times.get(text) ?? [], 0.5) ?? NaN;
  const statements = Object.entries(STATEMENTS).map(([name, text]) => [name, median(text)]);
  return { selectOne: median("select 1"), statements: Object.fromEntries(statements) };
}

/** What a month of the schedules makes, by the engine's own plans of what each pulls. */
export interface MonthOfPulls {
  readonly invocations: number;
  readonly pages: number;
}

const DAYS_OF_A_MONTH = 30;

/**
 * By the plan, because a month can't be lived through here. Gaps pull nothing while nothing is missing. The horses are those
 * of the last day, as if none of them had been asked for: more than come.
 */
export async function planMonth(sql: Sql, lastDay: string): Promise<MonthOfPulls> {
  const [month] = await sql<MonthOfPulls[]>`
    select
      sum(pull.times * plan.invocations)::integer as invocations,
      sum(pull.times * ceil(plan.api_calls::numeric / case feed.counted_by when 'ids' then feed.page_limit else 1 end))::integer
        as pages
    from (
      select
        cardinality(known.at_times) * case when known.day_of_month is null then ${DAYS_OF_A_MONTH} else 1 end as times,
        known.feeds,
        case known.pulls when 'ids' then ${lastDay}::date else engine.london_day() + known.first_day end as first_day,
        case known.pulls when 'ids' then ${lastDay}::date else engine.london_day() + known.last_day end as last_day
      from pull_schedules as known
      where known.enabled and known.pulls <> 'gaps'
    ) as pull
    cross join lateral backfill_plan(pull.first_day, pull.last_day, pull.feeds, 'all') as plan
    join engine.feeds as feed on feed.name = plan.feed
  `;
  if (month === undefined) throw new Error("There is no schedule");
  return month;
}
