/** The real functions and the real database, with faults from a seed: see USAGE in chaos/options.ts. */
import { endOfMonth, formatISO, parseISO, startOfMonth, subMonths } from "date-fns";
import { type Digest, keepAsReference } from "./chaos/digest.ts";
import { driveToEnd, untilStill } from "./chaos/drive.ts";
import { type ChaosOptions, readChaosOptions, repeatCommand, USAGE } from "./chaos/options.ts";
import { Mutex } from "./chaos/mutex.ts";
import { renderOutcomes, toJson } from "./chaos/report.ts";
import {
  type Backfill,
  backfillsOf,
  type DayRange,
  runSeed,
  type SeedOutcome,
  startBackfill,
} from "./chaos/run_seed.ts";
import { type ChaosWorld, startChaosWorld } from "./chaos/world.ts";
import { runTask } from "../command_line/run_main.ts";

/** Far in the past, so that the API no longer changes anything. */
const LAST_MONTH = "2026-06-01";
const REFERENCE_DEADLINE_SECONDS_A_MONTH = 120;

function chooseRange(months: number): DayRange {
  const day = (date: Date) => formatISO(date, { representation: "date" });
  const last = parseISO(LAST_MONTH);
  return { start: day(startOfMonth(subMonths(last, months - 1))), end: day(endOfMonth(last)) };
}

/** The run that the others are compared with. */
async function runWithoutFaults(
  world: ChaosWorld,
  backfills: readonly Backfill[],
  options: ChaosOptions,
): Promise<Digest> {
  await world.empty();
  for (const backfill of backfills) {
    const state = await driveToEnd({
      world,
      mutex: new Mutex(),
      runId: await startBackfill(world, backfill),
      deadlineSeconds: REFERENCE_DEADLINE_SECONDS_A_MONTH * options.months,
      sweep: world.sweep,
      show: (line) => console.error(`without faults: ${line}`),
    });
    await untilStill(world);
    if (state !== "succeeded") {
      throw new Error(
        `The run without faults is not succeeded but ${state}:\n${world.functionLog().slice(-40).join("\n")}`,
      );
    }
  }
  return await keepAsReference(world.sql);
}

async function chaos(options: ChaosOptions): Promise<number> {
  console.error("Starting the local platform …");
  await using world = await startChaosWorld({ apiSpeed: options.apiSpeed, legacy: options.legacy });
  const range = chooseRange(options.months);
  const backfills = backfillsOf(range, options);
  const digest = await runWithoutFaults(world, backfills, options);
  console.error(
    `${range.start} to ${range.end} without faults: ${world.apiCalls().length} API calls, ` +
      `${digest["ra_races"]?.rows} races, ${digest["ra_runners"]?.rows} runners.`,
  );

  const outcomes: SeedOutcome[] = [];
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const outcome = await runSeed({
      ...{ world, range, seed, backfills, digest },
      faults: options.faults,
      show: (line) => console.error(`seed ${seed}: ${line}`),
    });
    outcomes.push(outcome);
    if (outcome.failures.length === 0) {
      console.error(`seed ${seed}: passed after ${outcome.seconds} s`);
      continue;
    }
    console.error(`seed ${seed}: FAILED after ${outcome.seconds} s\n${outcome.dump}`);
    for (const failure of outcome.failures) console.error(`seed ${seed}: ${failure}`);
    console.error(`Repeat it with: ${repeatCommand(options, seed)}`);
  }
  console.log(renderOutcomes(outcomes, options));
  if (options.json) console.log(toJson(outcomes, range));
  return outcomes.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, readChaosOptions, chaos);
