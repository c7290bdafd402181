import type postgres from "postgres";
import { breakOff } from "../platform/broken_answer.ts";
import type { Sql } from "../platform/database.ts";
import type { DatabaseCall, OnDatabaseCall, Platform } from "../platform/platform.ts";
import { pause } from "../platform/waiting.ts";
import type { DatabaseCallWatch } from "./database_call_watch.ts";
import { choose, chooseBetween } from "./chance.ts";
import type { FaultKind } from "./fault_kinds.ts";
import type { FaultPlan } from "./fault_plan.ts";
import type { Broken, FaultLedger } from "./ledger.ts";
import { readLeases } from "./leases.ts";
import type { Mutex } from "./mutex.ts";
import { patiently } from "../world/patiently.ts";
import { CROWD, type QueueFaults } from "./queue_faults.ts";
import type { SecretFault, SecretFaults } from "./secret_faults.ts";
import type { WeekPause } from "./week_pause.ts";

/** What the faults work with. */
export interface DatabaseFaultsOptions {
  readonly plan: FaultPlan;
  readonly ledger: FaultLedger;
  readonly platform: Pick<Platform, "killFunctionInstances" | "busyFunctionInstances" | "restartDatabase">;
  /** A superuser's connections. */
  readonly sql: Sql;
  /** Faults that affect everything happen one at a time. */
  readonly mutex: Mutex;
  /** Lets all leases run out, and sweeps. */
  readonly letLeasesRunOut: () => Promise<Broken>;
  readonly databaseCalls: DatabaseCallWatch;
  readonly queue: QueueFaults;
  readonly secrets: SecretFaults;
  readonly week: WeekPause;
}

/** What may happen to any call under a lease. */
const ANYWHERE = [
  "long_restarts",
  "wrong_secrets",
  "crowded_queues",
  "ids_start_over",
] as const satisfies readonly FaultKind[];
/** Less than the functions try for. */
const AWAY_MILLISECONDS = [2000, 5000] as const;
/** Less than pg_net waits for an answer. */
const SLOW_MILLISECONDS = [500, 3000] as const;
/** How long an invocation may take to show that it survived a restart. */
const UNTIL_BACK_MILLISECONDS = 20_000;

/** What may happen to the call of a database function. */
function kindsFor(name: string, isMidMonth: boolean): readonly FaultKind[] {
  switch (name) {
    case "ingest_page":
      return [
        ...ANYWHERE,
        ...(isMidMonth ? ["weeks_asleep"] as const : []),
        "killed_before_page",
        "killed_within_page",
        "killed_after_page",
        "lost_answers",
        "database_restarts",
        "expired_leases",
      ];
    case "claim_chunk":
      return ["killed_after_page", "lost_answers", "database_restarts"];
    case "finish_chunk":
    case "yield_chunk":
    case "fail_chunk":
      return [...ANYWHERE, "killed_before_page", "killed_after_page", "lost_answers", "database_restarts"];
    default:
      return ["lost_answers"];
  }
}

/** What a call is about, without what differs from run to run. */
export function concernsOf({ name, body }: DatabaseCall): string {
  const of = (pattern: RegExp) => body.match(pattern)?.[1] ?? "";
  // The page is megabytes long and its cursor is at the end.
  const cursor = name === "ingest_page"
    ? body.slice(body.lastIndexOf('"cursor_before":')).match(/\{[^}]*\}/)?.[0]
    : "";
  return [
    name,
    of(/"chunk_id":(\d+)/),
    name === "ingest_page" ? cursor ?? "" : of(/"(?:feed|endpoint)":"([^"]*)"/),
  ].join(" ");
}

/** How long a transaction may take to get where it is to be broken. */
const UNTIL_WITHIN_MILLISECONDS = 5000;

/** Breaks invocations, answers and the database during calls of database functions, as the plan says. */
export function databaseFaults(options: DatabaseFaultsOptions): OnDatabaseCall {
  const { plan, ledger, platform, sql, mutex, databaseCalls, queue, secrets, week } = options;

  const kill = async (kind: FaultKind, concerns: string): Promise<void> => {
    ledger.invocationsKilled += platform.busyFunctionInstances();
    await platform.killFunctionInstances();
    ledger.killed();
    ledger.noteBroken(kind, concerns, await patiently(() => readLeases(sql)));
  };

  const within = async (
    kind: FaultKind,
    concerns: string,
    run: () => Promise<Response>,
  ): Promise<Response> => {
    // The runners are written late in the transaction: a session that waits for them has written the races.
    const holder = await sql.reserve();
    try {
      await holder`begin`;
      await holder`lock table public.ra_runners in share mode`;
      const answer = run();
      const settled = answer.then(() => true, () => true);
      let blocked: number[] = [];
      const deadline = performance.now() + UNTIL_WITHIN_MILLISECONDS;
      while (blocked.length === 0 && performance.now() < deadline) {
        if (await Promise.race([settled, pause(5).then(() => false)])) break;
        blocked = await blockedBy(holder);
      }
      if (blocked.length === 0) {
        plan.takeBack(kind);
        return await answer;
      }
      await kill(kind, concerns);
      const rollBack = choose([true, false], plan.seed, kind, concerns, "roll back");
      if (rollBack) {
        await holder`select pg_terminate_backend(pid) from unnest(${`{${blocked}}`}::text::integer[]) as pid`;
      }
      await holder`rollback`;
      return await answer;
    } finally {
      await holder`rollback`.catch(() => {});
      holder.release();
    }
  };

  const restart = async (awayMilliseconds: number, ...parts: readonly string[]): Promise<void> => {
    const mode = choose<"fast" | "immediate">(["fast", "immediate"], plan.seed, ...parts, "mode");
    await platform.restartDatabase(mode, awayMilliseconds);
    if (mode === "immediate") queue.emptied();
    await patiently(() => sql`select 1`);
    ledger.broken();
  };

  /** An invocation that held a lease goes on under it, unless something else has ended it. */
  const outlive = async (kind: FaultKind, concerns: string): Promise<void> => {
    const begin = performance.now();
    const { leases } = await patiently(() => readLeases(sql));
    await restart(chooseBetween(...AWAY_MILLISECONDS, plan.seed, kind, concerns, "away"), kind, concerns);
    const end = performance.now();
    const owed = () =>
      ledger.hasEndings(begin, end + UNTIL_BACK_MILLISECONDS)
        ? []
        : leases.filter((lease) => !ledger.isBroken(lease));
    ledger.note(kind, concerns, {
      type: "witness",
      witness: {
        due: () => owed().length,
        found: () => owed().filter(({ token }) => databaseCalls.wasUsedAfter(token, end)).length,
      },
    });
  };

  return async (call, makeCall) => {
    const concerns = concernsOf(call);
    const run = () => databaseCalls.watch(call, makeCall);
    const kind = plan.decide(kindsFor(call.name, databaseCalls.isMidMonth(call)), concerns);
    switch (kind) {
      case undefined:
        return await run();
      case "killed_before_page":
        await mutex.run(() => kill(kind, concerns));
        return answerToDead();
      case "killed_within_page":
        return await mutex.run(() => within(kind, concerns, run));
      case "killed_after_page":
        return await mutex.run(async () => {
          const answer = await run();
          await kill(kind, concerns);
          return answer;
        });
      case "lost_answers": {
        ledger.note(kind, concerns);
        const answer = await run();
        await answer.body?.cancel();
        return choose([brokenConnection, gatewayTimeout], plan.seed, kind, concerns)();
      }
      case "database_restarts":
        return await mutex.run(async () => {
          const answer = run();
          await pause(chooseBetween(0, 40, plan.seed, kind, concerns));
          await restart(0, kind, concerns);
          // The call may have finished before the restart. That is fine.
          const { status } = await answer;
          ledger.note(kind, concerns, { type: status >= 500 || status === 400 ? "of its kind" : "none" });
          return await answer;
        });
      case "long_restarts":
        return await mutex.run(async () => {
          const answer = run();
          await outlive(kind, concerns);
          return await answer;
        });
      case "wrong_secrets":
        return await mutex.run(async () => {
          if (secrets.areBroken || week.isHeld) plan.takeBack(kind);
          else {
            const how = choose<SecretFault>(["missing", "another"], plan.seed, kind, concerns);
            ledger.note(kind, `${how}, ${concerns}`, { type: "witness", witness: await secrets.break(how) });
          }
          return await run();
        });
      case "crowded_queues":
        return await mutex.run(async () => {
          const size = chooseBetween(...CROWD, plan.seed, kind, concerns);
          const slow = chooseBetween(...SLOW_MILLISECONDS, plan.seed, kind, concerns, "slow");
          const witness = await queue.crowd(size, slow);
          ledger.note(kind, `${size} requests, ${concerns}`, { type: "witness", witness });
          return await run();
        });
      case "ids_start_over":
        return await mutex.run(async () => {
          const witness = await queue.startOver();
          ledger.broken();
          ledger.note(kind, concerns, { type: "witness", witness });
          return await run();
        });
      case "weeks_asleep":
        return await mutex.run(async () => {
          const chunk = Number(call.body.match(/"chunk_id":(\d+)/)?.[1]);
          // Without the secret, resuming the run could dispatch nothing.
          const witness = secrets.areBroken ? undefined : await week.begin(chunk);
          if (witness === undefined) plan.takeBack(kind);
          else ledger.note(kind, concerns, { type: "witness", witness });
          return await run();
        });
      case "expired_leases":
        return await mutex.run(async () => {
          ledger.noteBroken(kind, concerns, await options.letLeasesRunOut());
          return await run();
        });
      default:
        throw new Error(`${kind} is not a fault of a database call`);
    }
  };
}

/** The sessions that wait for this one. */
async function blockedBy(holder: postgres.ReservedSql): Promise<number[]> {
  const rows = await holder<{ pid: number }[]>`
    select pid from pg_catalog.pg_stat_activity where pg_backend_pid() = any(pg_catalog.pg_blocking_pids(pid))
  `;
  return rows.map((row) => row.pid);
}

/** The answer to an invocation that has been killed. */
function answerToDead(): Response {
  return new Response(null, { status: 503 });
}

function brokenConnection(): Response {
  return breakOff(Response.json(null));
}

function gatewayTimeout(): Response {
  return new Response("The upstream server is timing out", { status: 504 });
}
