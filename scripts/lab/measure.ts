/** Plan and reality of a backfill, side by side: see USAGE in measure/options.ts. */
import { renderTable } from "../command_line/render_table.ts";
import { liftPlanLimit } from "./world/plan_limit.ts";
import { bootEverything } from "./world/boot.ts";
import { connect, ofWrongCall, type Sql } from "./platform/database.ts";
import { Problem } from "../command_line/problem.ts";
import { runTask } from "../command_line/run_main.ts";
import { type MeasureOptions, readMeasureOptions, USAGE } from "./measure/options.ts";
import { judgeTimeLeft, type Sample } from "./measure/time_left.ts";

interface FeedFigures {
  readonly feed: string;
  readonly chunks: number;
  readonly api_calls: number;
  readonly minutes: number;
  readonly races: number;
  readonly runners: number;
  readonly megabytes: number | null;
  readonly invocations: number;
}

const POLL_MILLISECONDS = 500;
const FIGURES = ["chunks", "api_calls", "minutes", "races", "runners", "megabytes", "invocations"] as const;

async function plan(sql: Sql, { startDate, endDate, feeds }: MeasureOptions): Promise<FeedFigures[]> {
  return await sql<FeedFigures[]>`
    select feed, chunks, api_calls, minutes::float8, races, runners, megabytes::float8, invocations
    from backfill_plan(${startDate}::date, ${endDate}::date, ${feeds ? [...feeds] : null}::text[])
  `;
}

/** What the run took. The database grows as a whole, so the last feed's row carries its megabytes. */
async function reality(sql: Sql, run: number, grownBy: number): Promise<FeedFigures[]> {
  const rows = await sql<FeedFigures[]>`
    select
      feed, count(*)::integer as chunks, sum(api_calls)::integer as api_calls,
      round(extract(epoch from max(ended_at) - min(started_at)) / 60, 1)::float8 as minutes,
      sum(races_stored)::integer as races, sum(runners_stored)::integer as runners, null as megabytes,
      sum(invocations)::integer as invocations
    from backfill_progress where run_id = ${run}
    group by feed order by feed
  `;
  return rows.map((row, nth) => nth === rows.length - 1 ? { ...row, megabytes: grownBy } : row);
}

async function databaseMegabytes(sql: Sql): Promise<number> {
  const [row] = await sql<{ megabytes: number }[]>`
    select (pg_database_size(current_database()) / 1e6)::float8 as megabytes
  `;
  return row?.megabytes ?? NaN;
}

interface Status {
  readonly state: string;
  readonly percent: number;
  readonly secondsLeft: number | null;
  readonly calls_per_minute: number | null;
  readonly what_to_do: string;
}

async function follow(
  sql: Sql,
  run: number,
): Promise<{ samples: Sample[]; seconds: number; status: Status }> {
  const start = performance.now();
  const samples: Sample[] = [];
  while (true) {
    const [status] = await sql<Status[]>`
      select
        state, percent::float8, extract(epoch from time_left)::float8 as "secondsLeft",
        calls_per_minute::float8, what_to_do
      from backfill_status where run_id = ${run}
    `;
    if (status === undefined) throw new Error(`Run ${run} is not in backfill_status`);
    const at = (performance.now() - start) / 1000;
    if (!["waiting", "running"].includes(status.state)) return { samples, seconds: at, status };
    samples.push({ at, percent: status.percent, secondsLeft: status.secondsLeft ?? 0 });
    if (samples.length % 20 === 0) {
      console.error(
        `${status.percent} %, ${status.calls_per_minute} calls a minute, ${
          Math.round(status.secondsLeft ?? 0)
        } s left`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

async function measure(options: MeasureOptions): Promise<number> {
  await using everything = await bootEverything(options.boot);
  const sql = connect(everything.platform.databaseUrl, { max: 2, name: "measure" });
  try {
    await liftPlanLimit(sql);
    await measureRun(sql, options);
    if (!options.horses) return 0;
    const before = await horsesWithoutBirth(sql);
    await measureRun(sql, { ...options, feeds: ["horses"] });
    const { horses, without } = await horsesWithoutBirth(sql);
    console.log(
      `\nOf ${horses} horses, ${before.without} had no date of birth before, and ${without} after.`,
    );
    return 0;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function horsesWithoutBirth(sql: Sql): Promise<{ horses: number; without: number }> {
  const [counted] = await sql<{ horses: number; without: number }[]>`
    select count(*)::integer as horses, count(*) filter (where dob is null)::integer as without from ra_mst_horses
  `;
  return counted ?? { horses: NaN, without: NaN };
}

/** One run: its plan, what it came to, and how good the forecast was. */
async function measureRun(sql: Sql, options: MeasureOptions): Promise<void> {
  const planned = await plan(sql, options).catch((error) => {
    throw ofWrongCall(error);
  });
  const before = await databaseMegabytes(sql);
  const [run] = await sql<{ id: number }[]>`
      select backfill_start(
        ${options.startDate}::date, ${options.endDate}::date, ${
    options.feeds ? [...options.feeds] : null
  }::text[]
      )::integer as id
    `;
  if (run === undefined) throw new Error("backfill_start returned nothing");
  const { samples, seconds, status } = await follow(sql, run.id);
  if (status.state !== "succeeded") throw new Problem(`The run is ${status.state}: ${status.what_to_do}`);
  // Vacuums first, because rows that autovacuum has not removed yet are no growth.
  await sql`vacuum analyze`;
  const real = await reality(sql, run.id, Math.round(await databaseMegabytes(sql) - before));
  const timeLeft = judgeTimeLeft(samples, seconds);

  const sideBySide = planned.flatMap((row) => {
    const came = real.find(({ feed }) => feed === row.feed);
    return [
      { feed: row.feed, figures: "planned", ...pick(row) },
      ...(came ? [{ feed: row.feed, figures: "came to", ...pick(came) }] : []),
    ];
  });
  console.log(`Plan and reality of ${options.startDate} to ${options.endDate}, ${seconds.toFixed(1)} s`);
  console.log(renderTable(sideBySide));
  console.log("\nThe time left, forecast and actual");
  console.log(renderTable(timeLeft.map((row) => ({ ...row }))));
  if (options.json) console.log(JSON.stringify({ seconds, planned, came_to: real, time_left: timeLeft }));
}

function pick(row: FeedFigures): Record<string, number | null> {
  return Object.fromEntries(FIGURES.map((name) => [name, row[name]]));
}

if (import.meta.main) await runTask(USAGE, readMeasureOptions, measure);
