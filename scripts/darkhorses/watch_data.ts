import type { Sql } from "../project/project_database.ts";
import { ask } from "./database.ts";
import { readStatuses, type RunStatus } from "./statuses.ts";

/** How far one feed of a run is. */
export interface FeedProgress {
  readonly feed: string;
  readonly percent: number;
  readonly chunks_succeeded: number;
  readonly chunks_total: number;
}

/** A run at one moment. */
export interface Snapshot {
  readonly run: RunStatus;
  readonly feeds: readonly FeedProgress[];
  /** What the rate limits allow the feeds that are left. */
  readonly calls_allowed: number;
  /** False while the time left is only what the rate limits allow, because no pace was seen yet. */
  readonly pace_known: boolean;
  /** The latest ones, apart from requests that succeeded when they were sent again. */
  readonly errors: readonly {
    readonly occurred_at: string;
    readonly feed: string;
    readonly message: string;
  }[];
  /** Runs that go on beside it. */
  readonly other_runs: number;
}

/** Runs that go on by themselves, backfills first. */
export async function readLiveRuns(sql: Sql): Promise<number[]> {
  const rows = await ask<{ run_id: number }>(
    sql,
    sql`
    select live.run_id
    from engine.live_chunks as live
    where live.paused_at is null
    group by live.run_id
    order by bool_or(live.kind = 'backfill') desc, live.run_id
  `,
  );
  return rows.map(({ run_id }) => run_id);
}

/** The newest run that somebody asked for; undefined when nobody has. */
export async function readNewestRun(sql: Sql): Promise<number | undefined> {
  const [newest] = await ask<{ id: number }>(
    sql,
    sql`select id from public.backfill_runs where kind in ('backfill', 'by_hand') order by id desc limit 1`,
  );
  return newest?.id;
}

/** Undefined when there is no such run. */
export async function readSnapshot(
  sql: Sql,
  run: number,
  otherRuns: number,
): Promise<Snapshot | undefined> {
  const [status] = await readStatuses(sql, { run, limit: 1 });
  if (status === undefined) return undefined;
  const feeds = await ask<FeedProgress & { calls_allowed: number; pace_known: boolean }>(
    sql,
    sql`
    select
      progress.feed,
      round(coalesce(100 * progress.pages_done / nullif(progress.pages_expected, 0), 100), 1) as percent,
      count(*) filter (where chunk.state = 'succeeded') as chunks_succeeded,
      count(*) as chunks_total,
      60 * case when progress.pages_left > 0
        then engine.allowed_rate(
          progress.feed,
          array(select left_over.feed from engine.feed_progress as left_over
            where left_over.run_id = progress.run_id and left_over.pages_left > 0)
        )
        else 0
      end as calls_allowed,
      progress.pages_left = 0 or engine.pace(progress.feed) is not null as pace_known
    from engine.feed_progress as progress
    join engine.feeds as feed on feed.name = progress.feed
    join public.backfill_progress as chunk on chunk.run_id = progress.run_id and chunk.feed = progress.feed
    where progress.run_id = ${run}::bigint
    group by progress.run_id, progress.feed, progress.pages_done,
      progress.pages_expected, progress.pages_left, feed.place
    order by feed.place
  `,
  );
  const errors = await ask<Snapshot["errors"][number]>(
    sql,
    sql`
    select error.occurred_at, error.feed, error.message
    from public.ingest_errors as error
    where error.run_id = ${run}::bigint and error.failure_class <> 'retried'
    order by error.occurred_at desc, error.id desc
    limit 3
  `,
  );
  return {
    run: status,
    feeds: feeds.map(({ calls_allowed: _, pace_known: __, ...feed }) => feed),
    calls_allowed: Math.round(feeds.reduce((sum, feed) => sum + feed.calls_allowed, 0)),
    pace_known: feeds.every((feed) => feed.pace_known),
    errors,
    other_runs: otherRuns,
  };
}
