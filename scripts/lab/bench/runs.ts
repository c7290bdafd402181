import { Problem } from "../../command_line/problem.ts";
import { screen } from "../../darkhorses/surroundings.ts";
import { followRun } from "../demo/follow.ts";
import type { DayRange } from "../demo/range.ts";
import { ofWrongCall, type Sql } from "../platform/database.ts";
import { functionLogPath, keepFunctionLog } from "../platform/function_log.ts";
import type { Platform } from "../platform/platform.ts";
import { until } from "../test_support/until.ts";
import { fillFloor } from "./arithmetic.ts";
import { between, type Counters, readCounters } from "./counters.ts";

/** Each look takes time of the database that is measured. */
const POLL_MILLISECONDS = 1000;

/** What a run came to. */
export interface RunFigures extends Counters {
  readonly calls: number;
  readonly plannedCalls: number;
  readonly invocations: number;
  readonly plannedInvocations: number;
  readonly pages: number;
  readonly runnersSent: number;
  readonly seconds: number;
  /** The least that the rate limits allow. */
  readonly floorSeconds: number;
}

/** Connections to the platform's database. */
export interface Connections {
  /** The operator's. */
  readonly sql: Sql;
  /** A superuser's, one connection. */
  readonly admin: Sql;
}

/**
 * Runs a backfill to its end, when its last invocation is over too.
 *
 * @throws {Problem} when it did not succeed, with what backfill_status says is to be done
 */
export async function measureRun(
  { sql, admin }: Connections,
  platform: Platform,
  { start, end }: DayRange,
  reprocess: "missing" | "all",
): Promise<RunFigures> {
  const [planned] = await sql<{ plannedCalls: number; plannedInvocations: number }[]>`
    select sum(api_calls)::integer as "plannedCalls", sum(invocations)::integer as "plannedInvocations"
    from backfill_plan(${start}::date, ${end}::date, reprocess => ${reprocess})
  `.catch((error) => {
    throw ofWrongCall(error);
  });
  const before = await readCounters(admin);
  const [run] = await sql<{ id: number }[]>`
    select backfill_start(${start}::date, ${end}::date, reprocess => ${reprocess})::integer as id
  `.catch((error) => {
    throw ofWrongCall(error);
  });
  if (planned === undefined || run === undefined) throw new Error("backfill_start returned nothing");
  const status = await followRun(sql, run.id, {
    screen: screen("stderr"),
    logFile: functionLogPath(platform.folder),
    keepLog: () => keepFunctionLog(platform.folder),
    pollMilliseconds: POLL_MILLISECONDS,
  });
  if (status.state !== "succeeded") {
    throw new Problem(`The run from ${start} to ${end} is ${status.state}: ${status.what_to_do}`);
  }
  await until(() => platform.busyFunctionInstances() === 0, "the end of the last invocation");
  return { ...planned, ...await readRun(sql, run.id), ...between(before, await readCounters(admin)) };
}

async function readRun(
  sql: Sql,
  run: number,
): Promise<
  Pick<RunFigures, "calls" | "invocations" | "pages" | "runnersSent" | "seconds" | "floorSeconds">
> {
  const [came] = await sql<
    Pick<RunFigures, "calls" | "invocations" | "pages" | "runnersSent" | "seconds">[]
  >`
    select
      sum(chunk.api_calls)::integer as calls, sum(chunk.invocations)::integer as invocations,
      sum(chunk.pages_done)::integer as pages, sum(chunk.runners_stored)::integer as "runnersSent",
      extract(epoch from max(chunk.ended_at) - min(run.created_at))::float8 as seconds
    from backfill_progress as chunk
    join backfill_runs as run on run.id = chunk.run_id
    where run.id = ${run}
  `;
  const feeds = await sql<{ calls: number; callsPerSecond: number }[]>`
    select sum(chunk.api_calls)::integer as calls, rate.calls_per_second::float8 as "callsPerSecond"
    from backfill_progress as chunk
    join engine.feed_rates as rate on rate.feed = chunk.feed
    where chunk.run_id = ${run}
    group by rate.feed, rate.calls_per_second
  `;
  const [account] = await sql<{ rate: number }[]>`
    select (calls_per_second * (1 - headroom))::float8 as rate from racing_api_limits where endpoint = 'account'
  `;
  if (came === undefined || account === undefined) throw new Error("The run is gone");
  return { ...came, floorSeconds: fillFloor(feeds, account.rate) };
}
