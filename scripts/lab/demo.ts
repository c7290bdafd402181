/** From an empty machine to a filled database, verified: see USAGE in demo/options.ts. */
import { conclude, isComplete, type Outcome } from "./demo/conclusion.ts";
import { followRun } from "./demo/follow.ts";
import { type DemoOptions, readDemoOptions, USAGE } from "./demo/options.ts";
import { type DayRange, lastFullMonths, londonDay } from "./demo/range.ts";
import { renderTable } from "../command_line/render_table.ts";
import { screen } from "../darkhorses/surroundings.ts";
import { askVerification } from "../darkhorses/verification.ts";
import { chunksByState, countRows, findFailures, findHalfDays } from "./demo/verify.ts";
import { bootEverything } from "./world/boot.ts";
import { liftPlanLimit } from "./world/plan_limit.ts";
import { connect, ofWrongCall } from "./platform/database.ts";
import { functionLogPath, keepFunctionLog } from "./platform/function_log.ts";
import { Problem } from "../command_line/problem.ts";
import { describeReplay, type ReplaySummary } from "./racing_api/replay.ts";
import { runTask } from "../command_line/run_main.ts";

function chooseRange(
  { range, months, monthsGiven }: DemoOptions,
  replay: ReplaySummary | undefined,
): DayRange {
  if (range !== undefined) return range;
  if (replay !== undefined && !monthsGiven) {
    const feeds = replay.feeds.filter((feed) => feed.races > 0);
    const start = feeds.map((feed) => feed.firstDay).toSorted().at(0);
    const end = feeds.map((feed) => feed.lastDay).toSorted().at(-1);
    if (start === undefined || end === undefined) {
      throw new Problem(`${replay.folder} holds no race that can be replayed.`);
    }
    return { start, end };
  }
  return lastFullMonths(months, londonDay());
}

async function demo(options: DemoOptions): Promise<number> {
  const start = performance.now();
  const since = () => Math.round((performance.now() - start) / 100) / 10;
  console.error("Starting the local platform …");
  await using everything = await bootEverything(options.boot);
  const started = since();
  console.error(`Everything is up after ${started} s.`);
  const replay = everything.api?.replaySummary;
  if (replay) console.error(describeReplay(replay));

  await using sql = Object.assign(connect(everything.platform.databaseUrl, { max: 2, name: "demo" }), {
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 1 });
    },
  });
  await liftPlanLimit(sql);
  const range = chooseRange(options, replay);
  console.error(`select backfill_start(date '${range.start}', date '${range.end}');`);
  const [run] = await sql<{ id: number }[]>`
    select backfill_start(${range.start}::date, ${range.end}::date)::integer as id
  `.catch((error) => {
    throw ofWrongCall(error);
  });
  if (run === undefined) throw new Error("backfill_start returned nothing");

  const { folder } = everything.platform;
  const status = await followRun(sql, run.id, {
    screen: screen("stderr"),
    logFile: functionLogPath(folder),
    keepLog: () => keepFunctionLog(folder),
  });
  if (status.state !== "succeeded") console.error(`The run is ${status.state}: ${status.what_to_do}`);

  for (const { title, rows } of await askVerification(sql)) {
    console.log(`\n${title}\n${renderTable(rows)}`);
  }
  const counts = await countRows(sql);
  const seconds = since();
  const outcome: Outcome = {
    range,
    succeeded: status.state === "succeeded",
    failures: await findFailures(sql, run.id, { isReplay: replay !== undefined }),
    races: counts.races,
    replayed: replay?.folder,
    halfDays: await findHalfDays(sql, run.id),
    seconds,
    secondsToStart: started,
  };
  for (const sentence of conclude(outcome)) console.error(sentence);
  if (options.json) {
    const { rejects, ...tables } = counts;
    const chunks = await chunksByState(sql, run.id);
    console.log(JSON.stringify({ ...tables, chunks, api_calls: status.api_calls, rejects, seconds }));
  }
  return isComplete(outcome) ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, readDemoOptions, demo);
