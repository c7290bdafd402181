import { connect, type Sql } from "../platform/database.ts";
import { DatabaseCallWatch } from "./database_call_watch.ts";
import { checkOutcome } from "./checks.ts";
import type { Digest } from "./digest.ts";
import { sweepTwice } from "./double_sweep.ts";
import { driveToEnd, untilStill } from "./drive.ts";
import { dumpState } from "./dump_state.ts";
import type { FaultKind } from "./fault_kinds.ts";
import { FaultPlan } from "./fault_plan.ts";
import { FaultLedger } from "./ledger.ts";
import { Mutex } from "./mutex.ts";
import { QueueFaults } from "./queue_faults.ts";
import { SecretFaults } from "./secret_faults.ts";
import { seedHooks } from "./seed_hooks.ts";
import { patiently } from "../world/patiently.ts";
import { describeMissingTraces, findTraces, readRecords, type Trace } from "./traces.ts";
import { WeekPause } from "./week_pause.ts";
import { type ChaosWorld, NO_FAULTS } from "./world.ts";

/** A range of days, both ends included. */
export interface DayRange {
  readonly start: string;
  readonly end: string;
}

/** The outcome of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  readonly seconds: number;
  readonly apiCalls: number;
  readonly invocationsKilled: number;
  readonly interruptions: number;
  /** Minutes that were skipped instead of waited for. */
  readonly minutesPassedOver: number;
  readonly traces: readonly Trace[];
  /** What failed, a sentence each. Empty when the seed passed. */
  readonly failures: readonly string[];
  /** The state after a failure. */
  readonly dump: string;
}

/** What a seed is run with. */
export interface RunSeedOptions {
  readonly world: ChaosWorld;
  readonly range: DayRange;
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  readonly backfills: readonly Backfill[];
  /** What the database must hold afterwards. */
  readonly digest: Digest;
  readonly show: (line: string) => void;
}

/** In real time, on a busy machine with two cores. */
const DEADLINE_SECONDS_A_MONTH = 240;

/** A backfill: its days, and its feeds when they are not the default ones. */
interface BackfillOfDays extends DayRange {
  readonly feeds?: readonly string[];
}

/** A backfill, or the copy of the old database. */
export type Backfill = BackfillOfDays | "copy";

/** There are no cards of these days, so nothing but their profiles has the horses' dates of birth. */
const DAYS_WITHOUT_CARDS: DayRange = { start: "2022-06-07", end: "2022-06-08" };

/**
 * What is run one after the other. Horses become known with the results, so they have a run of their own; the copy
 * stands back while another feed has work.
 */
export function backfillsOf(
  range: DayRange,
  { horses, legacy }: { readonly horses: boolean; readonly legacy: boolean },
): readonly Backfill[] {
  return [
    range,
    ...horses
      ? [{ ...DAYS_WITHOUT_CARDS, feeds: ["results"] }, { ...DAYS_WITHOUT_CARDS, feeds: ["horses"] }]
      : [],
    ...legacy ? ["copy" as const] : [],
  ];
}

/** Starts a backfill on the world as it is. Resolves to the run's id. */
export async function startBackfill(world: ChaosWorld, backfill: Backfill): Promise<number> {
  const sql: Sql = connect(world.platform.databaseUrl, { max: 1, name: "chaos" });
  try {
    const [run] = backfill === "copy"
      ? await sql<{ id: number }[]>`select legacy_copy()::integer as id`
      : await sql<{ id: number }[]>`
        select backfill_start(
          ${backfill.start}::date, ${backfill.end}::date,
          ${backfill.feeds === undefined ? null : [...backfill.feeds]}::text[]
        )::integer as id
      `;
    if (run === undefined) throw new Error("The start of a run returned nothing");
    return run.id;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Runs the backfill with the faults of a seed, and checks the result. */
export async function runSeed(options: RunSeedOptions): Promise<SeedOutcome> {
  const { world, range, seed, faults, backfills, digest, show } = options;
  await world.empty();
  const begin = performance.now();
  const plan = new FaultPlan(seed, faults);
  const ledger = new FaultLedger((kind) => plan.takeBack(kind));
  const mutex = new Mutex();
  const { sql, time, platform } = world;
  const databaseCalls = new DatabaseCallWatch(() => time.now());
  const queue = new QueueFaults({
    world,
    onCrowdLost: () => plan.takeBack("crowded_queues"),
  });
  const secrets = new SecretFaults(sql, platform.workerSecret);
  const week = new WeekPause({ sql, time, mutex, databaseCalls });
  world.setHooks(
    seedHooks({ ...{ world, plan, ledger, mutex }, ...{ databaseCalls, queue, secrets, week } }),
  );
  const months = Math.max(
    1,
    Math.round((Date.parse(range.end) - Date.parse(range.start)) / (30 * 86_400_000)),
  );
  const drive = (runId: number) =>
    driveToEnd({
      world,
      mutex,
      runId,
      deadlineSeconds: DEADLINE_SECONDS_A_MONTH * months,
      show,
      isHeld: () => week.isHeld,
      sweep: async (minute) => {
        if (plan.decide(["double_sweeps"], "sweep") === undefined) await world.sweep(minute);
        else {
          ledger.note("double_sweeps", minute.toISOString());
          await sweepTwice(world, minute);
        }
        await secrets.afterSweep();
      },
    });
  let state = "succeeded";
  const runIds: number[] = [];
  for (const backfill of backfills) {
    if (state !== "succeeded") break;
    // A restart may have taken the database away, and a start asks for the Vault secret that a fault has changed.
    await secrets.mend();
    const runId = await patiently(() => startBackfill(world, backfill));
    runIds.push(runId);
    state = await drive(runId);
  }
  world.setHooks(NO_FAULTS);
  await secrets.mend();
  const failures: string[] = [];
  if (state !== "gave up") failures.push(...await checkSilence(world));
  failures.push(...await checkOutcome(world, { runIds, state, digest, faults }));
  if (state !== "gave up") {
    await queue.conclude();
    await week.conclude();
  }

  const records = await readRecords(world.sql, {
    functionLog: world.functionLog(),
    apiCalls: world.apiCalls(),
  });
  const traces = findTraces(ledger, records);
  failures.push(...describeMissingTraces(traces, faults));
  for (const kind of faults) {
    if (ledger.of(kind).length === 0) {
      failures.push(`${kind} was never injected: the run had no occasion for it.`);
    }
  }
  return {
    seed,
    seconds: Math.round((performance.now() - begin) / 100) / 10,
    apiCalls: world.apiCalls().length,
    invocationsKilled: ledger.invocationsKilled,
    interruptions: records.errors.filter(({ failureClass }) => failureClass === "interruption").length,
    minutesPassedOver: Math.round(world.time.minutes),
    traces,
    failures,
    dump: failures.length === 0 ? "" : await dumpState(world, ledger),
  };
}

/** One sweep notes the last lost dispatch. The next finds nothing to do and sends no dispatch. */
async function checkSilence(world: ChaosWorld): Promise<string[]> {
  await untilStill(world);
  await world.sweep(await world.toNextMinute());
  await untilStill(world);
  const before = world.apiCalls().length;
  await world.sweep(await world.toNextMinute());
  if (await world.queuedRequests() > 0) return ["A sweep after the end of the run sends a dispatch."];
  await untilStill(world);
  const after = world.apiCalls().length;
  return after > before ? [`After the end of the run the API was called ${after - before} times.`] : [];
}
