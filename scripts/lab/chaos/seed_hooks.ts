import { apiFaults } from "./api_faults.ts";
import { dispatchFaults } from "./dispatch_faults.ts";
import type { DatabaseCallWatch } from "./database_call_watch.ts";
import { chance, chooseBetween } from "./chance.ts";
import { databaseFaults } from "./database_faults.ts";
import type { FaultPlan } from "./fault_plan.ts";
import type { FaultLedger } from "./ledger.ts";
import { passTimeUnderWork } from "./leases.ts";
import type { Mutex } from "./mutex.ts";
import type { QueueFaults } from "./queue_faults.ts";
import type { SecretFaults } from "./secret_faults.ts";
import type { WeekPause } from "./week_pause.ts";
import type { ChaosWorld, Hooks } from "./world.ts";

/** Longer than a lease. */
const PAST_A_LEASE_SECONDS = 91;
/** Longer than a dispatch takes to arrive. */
const PAST_A_CALL_SECONDS = 20;
/** The functions accept no more: a signed dispatch would be expired, or expire too late. */
const MOST_SECONDS_WRONG = 59;

/** The faults of a seed. */
export interface SeedHooksOptions {
  readonly world: ChaosWorld;
  readonly plan: FaultPlan;
  readonly ledger: FaultLedger;
  readonly mutex: Mutex;
  readonly databaseCalls: DatabaseCallWatch;
  readonly queue: QueueFaults;
  readonly secrets: SecretFaults;
  readonly week: WeekPause;
}

/** All faults of a seed except the double sweeps. */
export function seedHooks(options: SeedHooksOptions): Hooks {
  const { world, plan, ledger, mutex, databaseCalls, queue, secrets, week } = options;
  const { platform, account, answerTimeoutSeconds } = world;
  const isolates = { clocks: 0, lives: 0 };
  const onOwnDispatch = dispatchFaults(
    plan,
    ledger,
    () => mutex.run(() => passTimeUnderWork(world, PAST_A_CALL_SECONDS)),
  );
  return {
    onApiCall: apiFaults(plan, ledger, { account, answerTimeoutSeconds }),
    onDispatch: (dispatch) =>
      queue.loses(dispatch.url)
        ? "drop"
        : world.others.isTheirs(dispatch.url)
        ? "deliver"
        : onOwnDispatch(dispatch),
    onDatabaseCall: databaseFaults({
      plan,
      ledger,
      platform,
      sql: world.sql,
      mutex,
      letLeasesRunOut: () => passTimeUnderWork(world, PAST_A_LEASE_SECONDS),
      ...{ databaseCalls, queue, secrets, week },
    }),
    clockSkewMilliseconds() {
      const nth = ++isolates.clocks;
      if (plan.decide(["wrong_clocks"], "isolate") === undefined) return 0;
      const seconds = chooseBetween(10, MOST_SECONDS_WRONG, plan.seed, "wrong_clocks", nth);
      const sign = chance(plan.seed, "wrong_clocks", nth, "sign") < 0.5 ? -1 : 1;
      ledger.note("wrong_clocks", `isolate ${nth}, ${sign * seconds} seconds`);
      return sign * seconds * 1000;
    },
    onFunctionLog(line) {
      if (isEndDuringWork(line)) ledger.ended();
    },
    wallClockSeconds() {
      const nth = ++isolates.lives;
      if (plan.decide(["short_lives"], "isolate") === undefined) return 150;
      const seconds = chooseBetween(20, 40, plan.seed, "short_lives", nth) / 10;
      // An isolate that is killed earlier leaves no trace of its short life.
      ledger.note("short_lives", `isolate ${nth}, ${seconds} s`, { type: "of its kind" }, seconds * 1000);
      return seconds;
    },
  };
}

/** Whether an isolate ended while it worked. It drops its request to the API and logs nothing. */
function isEndDuringWork(line: string): boolean {
  return /"event":"shutdown","reason":"(wall_clock|crashed)"|"(event|ended)":"yielded".*"reason":"retired"/
    .test(
      line,
    );
}
