/** From an empty machine to a filled database, verified: see USAGE in demo/options.ts. */
import { TZDate } from "@date-fns/tz";
import { formatISO } from "date-fns";
import { followRun } from "./demo/follow.ts";
import { type DemoOptions, readDemoOptions, USAGE } from "./demo/options.ts";
import { type DayRange, lastFullMonths } from "./demo/range.ts";
import { renderTable } from "../command_line/render_table.ts";
import { askVerification } from "../darkhorses/verification.ts";
import { chunksByState, countRows, findFailures } from "./demo/verify.ts";
import { bootEverything, type Everything } from "./world/boot.ts";
import { connect, ofWrongCall } from "./platform/database.ts";
import { functionLogPath, keepFunctionLog } from "./platform/function_log.ts";
import { Problem } from "../command_line/problem.ts";
import { describeReplay } from "./racing_api/replay.ts";
import { runTask } from "../command_line/run_main.ts";

function chooseRange(options: DemoOptions, everything: Everything): DayRange {
  const today = formatISO(TZDate.tz("Europe/London"), { representation: "date" });
  if (options.startDate !== undefined) return { start: options.startDate, end: options.endDate ?? today };
  const replay = everything.api?.replaySummary;
  if (replay !== undefined && !options.monthsGiven) {
    const feeds = replay.feeds.filter((feed) => feed.races > 0);
    const start = feeds.map((feed) => feed.firstDay).toSorted().at(0);
    const end = feeds.map((feed) => feed.lastDay).toSorted().at(-1);
    if (start === undefined || end === undefined) {
      throw new Problem(`${replay.folder} holds no race that can be replayed.`);
    }
    return { start, end };
  }
  return lastFullMonths(options.months, today);
}

function liveAccount(): { username: string; password: string } {
  const username = Deno.env.get("RACING_API_USERNAME");
  const password = Deno.env.get("RACING_API_PASSWORD");
  if (!username || !password) {
    throw new Problem("--live needs RACING_API_USERNAME and RACING_API_PASSWORD in the environment.");
  }
  return { username, password };
}

async function demo(options: DemoOptions): Promise<number> {
  const start = performance.now();
  const since = () => Math.round((performance.now() - start) / 100) / 10;
  console.error("Starting the local platform …");
  await using everything = await bootEverything({
    ...options.boot,
    live: options.live ? liveAccount() : undefined,
  });
  const started = since();
  console.error(`Everything is up after ${started} s.`);
  const replay = everything.api?.replaySummary;
  if (replay) console.error(describeReplay(replay));

  await using sql = Object.assign(connect(everything.platform.databaseUrl, { max: 2, name: "demo" }), {
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 1 });
    },
  });
  const range = chooseRange(options, everything);
  console.error(`select backfill_start(date '${range.start}', date '${range.end}');`);
  const [run] = await sql<{ id: number }[]>`
    select backfill_start(${range.start}::date, ${range.end}::date)::integer as id
  `.catch((error) => {
    throw ofWrongCall(error);
  });
  if (run === undefined) throw new Error("backfill_start returned nothing");

  const { folder } = everything.platform;
  const status = await followRun(sql, run.id, {
    logFile: functionLogPath(folder),
    keepLog: () => keepFunctionLog(folder),
  });
  if (status.state !== "succeeded") console.error(`The run is ${status.state}: ${status.what_to_do}`);

  for (const { title, rows } of await askVerification(sql)) {
    console.log(`\n${title}\n${renderTable(rows)}`);
  }
  const failures = await findFailures(sql, run.id);
  for (const failure of failures) console.error(failure);

  const counts = await countRows(sql);
  const complete = status.state === "succeeded" && failures.length === 0;
  const seconds = since();
  console.error(
    complete
      ? `Complete: ${range.start} to ${range.end} in ${seconds} s, of which ${started} s were the start.` +
        (counts.races === 0 ? " The API has no race in this range." : "")
      : `Not complete: ${range.start} to ${range.end}, ${failures.length} failures.`,
  );
  if (options.json) {
    const { rejects, ...tables } = counts;
    const chunks = await chunksByState(sql, run.id);
    console.log(JSON.stringify({ ...tables, chunks, api_calls: status.api_calls, rejects, seconds }));
  }
  return complete ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, readDemoOptions, demo);
