import { putOldDatabase } from "../legacy/put_old_database.ts";
import { connect, type Sql } from "../platform/database.ts";
import type { Delivery, Dispatch, OnDatabaseCall } from "../platform/platform.ts";
import { pause } from "../platform/waiting.ts";
import type { ApiCall, Faults } from "../racing_api/server.ts";
import { MovedTime } from "../world/moved_time.ts";
import { patiently } from "../world/patiently.ts";
import { freeSlots } from "../world/slots.ts";
import { startWorld, type World } from "../world/world.ts";
import { type Others, startOthers } from "./others.ts";

/** What may go wrong; each run brings its own. */
export interface Hooks {
  readonly onDispatch: (dispatch: Dispatch) => Delivery;
  readonly onDatabaseCall: OnDatabaseCall;
  readonly onApiCall: Faults;
  /** Asked for each new isolate. */
  readonly clockSkewMilliseconds: () => number;
  readonly wallClockSeconds: () => number;
  readonly onFunctionLog: (line: string) => void;
}

/** Nothing goes wrong. */
export const NO_FAULTS: Hooks = {
  onDispatch: () => "deliver",
  onDatabaseCall: (_call, run) => run(),
  onApiCall: () => undefined,
  clockSkewMilliseconds: () => 0,
  wallClockSeconds: () => 150,
  onFunctionLog: () => {},
};

/** The shortest timeout in which a page of cards arrives, on a machine with two cores. */
const ANSWER_TIMEOUT_SECONDS = 2;
/** The races that are made: the same for each seed of faults. */
const DATA_SEED = 1;

/** A world in which things go wrong, one run after the other. */
export interface ChaosWorld extends World {
  readonly apiSpeed: number;
  /** How long the functions wait for an answer of the API. */
  readonly answerTimeoutSeconds: number;
  /** The other users of pg_net, and the server that gets the alerts. */
  readonly others: Others;
  /** Uses these faults from now on. */
  setHooks(hooks: Hooks): void;
  /** What the functions have logged since `empty`. */
  functionLog(): readonly string[];
  /** The API's calls since `empty`. */
  apiCalls(): readonly ApiCall[];
  /** A cron tick at this minute. */
  sweep(minute: Date): Promise<void>;
  /** Moves time forward to the next minute, while no invocation works. Resolves to it. */
  toNextMinute(): Promise<Date>;
  /** As after the migrations: no isolate, no run, no rows. */
  empty(): Promise<void>;
}

export interface ChaosWorldOptions {
  readonly apiSpeed: number;
  /** Whether an old database was taken over: of a day without cards, and of one that is pulled too. */
  readonly legacy: boolean;
}

const OLD_DAYS = [{ first: "2022-12-29", last: "2022-12-29" }, { first: "2026-06-12", last: "2026-06-12" }];

/** Boots it. */
export async function startChaosWorld(options: ChaosWorldOptions): Promise<ChaosWorld> {
  let hooks = NO_FAULTS;
  let functionLog: string[] = [];
  let callsBefore = 0;
  await using starting = new AsyncDisposableStack();
  const others = starting.use(startOthers());
  const time = new MovedTime();
  const world = starting.use(
    await startWorld({
      name: "chaos",
      apiSpeed: options.apiSpeed,
      seed: DATA_SEED,
      time,
      webhookUrl: others.webhookUrl,
      connections: { max: 6, outliveRestarts: true },
      onApiCall: (call) => hooks.onApiCall(call),
      platform: {
        onMigrated: async (adminUrl) => {
          await prepare(adminUrl);
          if (options.legacy) {
            await putOldDatabase(adminUrl, { era: "b", days: OLD_DAYS, seed: DATA_SEED });
          }
        },
        onDispatch: (dispatch) => hooks.onDispatch(dispatch),
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
  const { platform, api, sql } = world;

  const resources = starting.move();
  return {
    ...world,
    apiSpeed: options.apiSpeed,
    answerTimeoutSeconds: ANSWER_TIMEOUT_SECONDS,
    others,
    setHooks: (given) => hooks = given,
    functionLog: () => functionLog,
    apiCalls: () => api.calls().slice(callsBefore),
    sweep: (minute) => patiently(() => platform.cron.tick(minute)),
    toNextMinute: () => time.toNextMinute(sql, "stay"),
    async empty() {
      hooks = NO_FAULTS;
      await platform.killFunctionInstances();
      await sql`truncate net.http_request_queue`;
      while (platform.dispatchesInFlight() > 0) await pause(50);
      await platform.killFunctionInstances();
      await truncateAll(sql);
      await time.reset(sql);
      await freeSlots(sql);
      functionLog = [];
      callsBefore = api.calls().length;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function prepare(adminUrl: string): Promise<void> {
  const sql = connect(adminUrl, { max: 1, name: "chaos" });
  try {
    // By default the embedded database loses its last commits in a crash; a hosted one does not.
    await sql`alter database postgres set synchronous_commit = on`;
    await sql`update backfill_settings set answer_timeout_seconds = ${ANSWER_TIMEOUT_SECONDS}`;
    // Only the sweep belongs to a backfill. The second one is for two at once.
    await sql`update cron.job set active = false`;
    await sql`
      insert into cron.job (jobname, schedule, command, database, username, active)
      select sweep.name, job.schedule, 'select engine.sweep()', job.database, job.username, sweep.is_first
      from cron.job as job, (values ('first-sweep', true), ('second-sweep', false)) as sweep (name, is_first)
      where job.jobname = 'engine-tick'
    `;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function truncateAll(sql: Sql): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name
    from pg_catalog.pg_tables
    where (schemaname in ('public', 'engine')
        and tablename not in ('backfill_settings', 'racing_api_limits', 'locks', 'feeds'))
      or (schemaname, tablename) in (
        ('cron', 'job_run_details'), ('net', '_http_response'), ('net', 'http_request_queue')
      )
  `;
  await sql.unsafe(`truncate ${tables.map(({ name }) => name).join(", ")} restart identity cascade`);
}
