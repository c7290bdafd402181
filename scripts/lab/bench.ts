/** A fill's figures, each against a floor or a baseline of the same run: see USAGE in bench/options.ts. */
import { addDays, formatISO, parseISO } from "date-fns";
import { renderTable } from "../command_line/render_table.ts";
import { runTask } from "../command_line/run_main.ts";
import { percentile } from "./bench/arithmetic.ts";
import { compactIndexes, measureSize, planMonth, racingBytes, timeStatements } from "./bench/database.ts";
import { type EdgeFigures, figuresOf, type Measured, objectOf, rowsOf } from "./bench/figures.ts";
import { measureIngest } from "./bench/ingest.ts";
import { InvocationWatch } from "./bench/invocation_watch.ts";
import { LineWatch } from "./bench/line_watch.ts";
import { type BenchOptions, readBenchOptions, USAGE } from "./bench/options.ts";
import { PageSample } from "./bench/page_sample.ts";
import { type Connections, measureRun } from "./bench/runs.ts";
import type { DayRange } from "./demo/range.ts";
import { connect, type Sql } from "./platform/database.ts";
import { makeOwnDatabase } from "./platform/own_database.ts";
import type { Platform } from "./platform/platform.ts";
import { bootEverything } from "./world/boot.ts";
import { liftPlanLimit } from "./world/plan_limit.ts";

/** Enough for thousands of runners, and a COPY that takes more than moments. */
const SAMPLE_DAYS = 60;
const SECOND_PASS_DAYS = 30;

function lastDays({ start, end }: DayRange, days: number): DayRange {
  const first = formatISO(addDays(parseISO(end), 1 - days), { representation: "date" });
  return { start: first < start ? start : first, end };
}

/** What looks on while the range is filled. */
interface Watches {
  readonly invocations: InvocationWatch;
  readonly lines: LineWatch;
  readonly sample: PageSample;
}

async function bench(options: BenchOptions): Promise<number> {
  const { range, boot } = options;
  const watches: Watches = {
    invocations: new InvocationWatch(),
    lines: new LineWatch(),
    sample: new PageSample(lastDays(range, SAMPLE_DAYS).start),
  };
  await using resources = new AsyncDisposableStack();
  // What was there before would be counted, and would be lost when the tables are emptied.
  const own = boot.databaseUrl === undefined
    ? undefined
    : resources.use(await makeOwnDatabase(boot.databaseUrl, `bench_${Deno.pid}`));
  const { platform } = resources.use(
    await bootEverything({
      ...boot,
      databaseUrl: own?.url,
      platform: {
        onDatabaseCall: watches.sample.onDatabaseCall,
        onFunctionLog: watches.lines.onFunctionLog,
        onIsolateWork: watches.invocations.onWork,
      },
    }),
  );
  const open = (url: string, max: number) => {
    const sql = connect(url, { max, name: "bench" });
    resources.defer(() => sql.end({ timeout: 1 }));
    return sql;
  };
  const sql = open(platform.databaseUrl, 1);
  await liftPlanLimit(sql);
  await sql`update backfill_settings set capture_long_texts = ${options.hasLongTexts}`;
  const measured = await measure(platform, options, watches, { sql, admin: open(platform.adminUrl, 1) });

  const figures = figuresOf(measured);
  const { start, end } = range;
  const cores = navigator.hardwareConcurrency;
  console.log(
    `${start} to ${end}${
      options.hasLongTexts ? "" : " without long texts"
    }, the API at ${boot.apiSpeed} times the ` +
      `documented rates, ${cores} cores. Of two runs on one machine, compare how many times the baseline a figure is, ` +
      `not its value.\n`,
  );
  console.log(renderTable(rowsOf(figures)));
  if (options.json) {
    console.log(
      JSON.stringify({
        start_date: start,
        end_date: end,
        api_speed: boot.apiSpeed,
        long_texts: options.hasLongTexts,
        cores,
        figures: objectOf(figures),
      }),
    );
  }
  return 0;
}

async function measure(
  platform: Platform,
  { range, isFull }: BenchOptions,
  watches: Watches,
  connections: Connections,
): Promise<Measured> {
  const { sql, admin } = connections;
  say(`Filling ${range.start} to ${range.end} …`);
  const fill = await measureRun(connections, platform, range, "missing");
  watches.sample.end();
  const edge = await edgeFigures(sql, watches);
  const filled = await measureSize(admin);
  say("Compacting the indexes …");
  await compactIndexes(sql, admin);
  const size = await measureSize(admin);
  say("Asking the engine's views …");
  const statements = await timeStatements(sql);
  const month = await planMonth(sql, range.end);
  const again = lastDays(range, SECOND_PASS_DAYS);
  say(`Pulling ${again.start} to ${again.end} again …`);
  const bytesBefore = await racingBytes(sql);
  const second = await measureRun(connections, platform, again, "all");
  const growthBytes = await racingBytes(sql) - bytesBefore;
  // Last, because it empties the tables.
  say(`Storing ${watches.sample.pages.length} pages again, and copying their rows …`);
  const ingest = await measureIngest(admin, watches.sample.pages);
  return {
    ...{ isFull, fill, edge, filled, size, statements, month, ingest },
    secondPass: { ...second, growthBytes, racingBytes: bytesBefore },
  };
}

/** As it is now, before anything else runs. */
async function edgeFigures(sql: Sql, { invocations, lines }: Watches): Promise<EdgeFigures> {
  const [busiest] = await sql<{ rate: number }[]>`
    select sum(of_feed.rate)::float8 as rate
    from (
      select feed.function_name, min(limits.documented_calls_per_second * (1 - limits.headroom)) as rate
      from engine.feeds as feed
      join racing_api_limits as limits on limits.endpoint = any (feed.endpoints)
      where not feed.in_background
      group by feed.name
    ) as of_feed
    group by of_feed.function_name
    order by rate desc
    limit 1
  `;
  const { cpuSeconds } = invocations;
  return {
    requests: invocations.requests,
    cpuMedianSeconds: percentile(cpuSeconds, 0.5),
    cpuNinetyFifthSeconds: percentile(cpuSeconds, 0.95),
    memory: invocations.memory,
    logLines: lines.lines,
    mostLogLinesInTenSeconds: lines.mostInTenSeconds,
    documentedCallsPerSecond: busiest?.rate ?? NaN,
  };
}

function say(text: string): void {
  console.error(text);
}

if (import.meta.main) await runTask(USAGE, readBenchOptions, bench);
