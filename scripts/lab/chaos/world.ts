import { bootEverything } from "../world/boot.ts";
import { connect, type Sql } from "../platform/database.ts";
import type { ChainedCall, Delivery, OnDatabaseCall, Platform } from "../platform/platform.ts";
import { present } from "../test_support/present.ts";
import type { ApiCall, Faults, SimulatedApi } from "../racing_api/server.ts";
import { freeSlots } from "../world/slots.ts";
import { pause } from "../platform/waiting.ts";
import { installMovedTime, MovedTime } from "./moved_time.ts";
import { type Others, startOthers } from "./others.ts";
import { patiently } from "../world/patiently.ts";

/** What may go wrong; each run brings its own. */
export interface Hooks {
  readonly onChainedCall: (call: ChainedCall) => Delivery;
  readonly onDatabaseCall: OnDatabaseCall;
  readonly onApiCall: Faults;
  /** Asked for each new isolate. */
  readonly clockSkewMilliseconds: () => number;
  readonly wallClockSeconds: () => number;
  readonly onFunctionLog: (line: string) => void;
}

/** Nothing goes wrong. */
export const NO_FAULTS: Hooks = {
  onChainedCall: () => "deliver",
  onDatabaseCall: (_call, run) => run(),
  onApiCall: () => undefined,
  clockSkewMilliseconds: () => 0,
  wallClockSeconds: () => 150,
  onFunctionLog: () => {},
};

/** Long enough that it stands in no text by accident. */
const ACCOUNT = { username: "chaos-account", password: "a-password-that-must-not-be-written-down" };
/** The shortest that a page of cards passes in, on a machine with two cores. */
const ANSWER_TIMEOUT_SECONDS = 2;
/** The races that are made: the same for each seed of faults. */
const DATA_SEED = 1;

/** Everything real but the API, with its faults and its time in our hands. */
export interface World extends AsyncDisposable {
  readonly platform: Platform;
  readonly api: SimulatedApi;
  readonly apiSpeed: number;
  readonly account: { readonly username: string; readonly password: string };
  /** How long the functions wait for an answer of the API. */
  readonly answerTimeoutSeconds: number;
  /** Who else uses pg_net, and gets the alerts. */
  readonly others: Others;
  /** The superuser's. */
  readonly sql: Sql;
  readonly time: MovedTime;
  /** From here on these faults; what the functions log goes to a list of its own. */
  setHooks(hooks: Hooks): void;
  /** What the functions have logged since `empty`. */
  functionLog(): readonly string[];
  /** The API's calls since `empty`. */
  apiCalls(): readonly ApiCall[];
  /** Whether somebody works, or is on the way. What stands in pg_net's queue is not counted. */
  isAlive(): boolean;
  /** A cron tick at this minute. */
  sweep(minute: Date): Promise<void>;
  /** As after the migrations: no isolate, no run, no rows. */
  empty(): Promise<void>;
}

/** Boots it. */
export async function startWorld(options: { readonly apiSpeed: number }): Promise<World> {
  let hooks = NO_FAULTS;
  let functionLog: string[] = [];
  let callsBefore = 0;
  await using starting = new AsyncDisposableStack();
  const others = starting.use(startOthers());
  const everything = starting.use(
    await bootEverything({
      apiSpeed: options.apiSpeed,
      seed: DATA_SEED,
      account: ACCOUNT,
      platform: {
        cron: "manual",
        onMigrated: (adminUrl) => prepare(adminUrl, others.webhookUrl),
        onChainedCall: (call) => hooks.onChainedCall(call),
        onDatabaseCall: (call, run) => hooks.onDatabaseCall(call, run),
        functionClockSkewMilliseconds: () => hooks.clockSkewMilliseconds(),
        wallClockSeconds: () => hooks.wallClockSeconds(),
        onFunctionLog: (line) => {
          functionLog.push(line);
          hooks.onFunctionLog(line);
        },
        // Restarts of the database are what chaos is for.
        onNetProblem: () => {},
      },
    }),
  );
  const { platform } = everything;
  const api = present(everything.api, "simulated API");
  api.faults = (call) => hooks.onApiCall(call);
  const sql = connect(platform.adminUrl, { max: 6, name: "chaos", arrays: false });
  starting.defer(() => sql.end({ timeout: 1 }));
  const time = new MovedTime(sql);

  const resources = starting.move();
  return {
    platform,
    api,
    apiSpeed: options.apiSpeed,
    account: ACCOUNT,
    answerTimeoutSeconds: ANSWER_TIMEOUT_SECONDS,
    others,
    sql,
    time,
    setHooks: (given) => hooks = given,
    functionLog: () => functionLog,
    apiCalls: () => api.calls().slice(callsBefore),
    isAlive: () => platform.busyFunctionInstances() > 0 || platform.callsInFlight() > 0,
    sweep: (minute) => patiently(() => platform.cron.tick(minute)),
    async empty() {
      hooks = NO_FAULTS;
      await platform.killFunctionInstances();
      await sql`truncate net.http_request_queue`;
      while (platform.callsInFlight() > 0) await pause(50);
      await platform.killFunctionInstances();
      await truncateAll(sql);
      await time.reset();
      await freeSlots(sql);
      functionLog = [];
      callsBefore = api.calls().length;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function prepare(adminUrl: string, webhookUrl: string): Promise<void> {
  await installMovedTime(adminUrl);
  const sql = connect(adminUrl, { max: 1, name: "chaos" });
  try {
    // The embedded database forgets what it has committed last when it crashes, unless told otherwise; a hosted one does not.
    await sql`alter database postgres set synchronous_commit = on`;
    await sql`update backfill_settings set answer_timeout_seconds = ${ANSWER_TIMEOUT_SECONDS}`;
    await sql`select vault.create_secret(${webhookUrl}, 'alert_webhook_url')`;
    // Only the sweep belongs to a backfill. The second one is for two at once.
    await sql`update cron.job set active = (command like '%engine.sweep()%')`;
    await sql`
      insert into cron.job (jobname, schedule, command, database, username, active)
      select 'second-sweep', schedule, command, database, username, false
      from cron.job where command like '%engine.sweep()%'
    `;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function truncateAll(sql: Sql): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name
    from pg_catalog.pg_tables
    where (schemaname in ('public', 'engine') and tablename not in ('backfill_settings', 'racing_api_limits', 'locks', 'feeds'))
      or (schemaname, tablename) in (('cron', 'job_run_details'), ('net', '_http_response'), ('net', 'http_request_queue'))
  `;
  await sql.unsafe(`truncate ${tables.map(({ name }) => name).join(", ")} restart identity cascade`);
}
