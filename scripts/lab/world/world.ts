import { connect, type Sql } from "../platform/database.ts";
import type { Platform, PlatformOptions } from "../platform/platform.ts";
import type { SimulatedApi } from "../racing_api/server.ts";
import { present } from "../test_support/present.ts";
import { bootEverything, type BootOptions } from "./boot.ts";
import type { MovedTime } from "./moved_time.ts";
import { patiently } from "./patiently.ts";

/** Everything is real but the API and the time, which the laboratory controls. */
export interface World extends AsyncDisposable {
  readonly platform: Platform;
  readonly api: SimulatedApi;
  /** The superuser's. */
  readonly sql: Sql;
  readonly time: MovedTime;
  /** The account of the API. */
  readonly account: Account;
  /** Secrets that must not leak, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Whether an invocation works or a dispatch is in transit. Requests in pg_net's queue do not count. */
  isAlive(): boolean;
  /** How many requests are in pg_net's queue. */
  queuedRequests(): Promise<number>;
}

interface Account {
  readonly username: string;
  readonly password: string;
}

/** What a world is made of. */
export interface WorldOptions extends Pick<BootOptions, "seed" | "databaseUrl" | "scenario" | "apiNow"> {
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly apiSpeed: number;
  /** The engine's; the simulated API's too when `apiNow` asks it. */
  readonly time: MovedTime;
  /** Where alerts go. */
  readonly webhookUrl: string;
  /**
   * Connections of `sql` at most, and whether they outlive a restart of the database, for which they do without
   * arrays.
   */
  readonly connections: { readonly max: number; readonly outliveRestarts: boolean };
  /** What the API does to a call. */
  readonly onApiCall: SimulatedApi["faults"];
  readonly platform: PlatformOptions;
}

/** Boots it. Cron runs only when `tick` is called. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { name, time, webhookUrl, connections, onApiCall, platform: platformOptions, ...boot } = options;
  // Long enough not to occur in a text by accident.
  const account = { username: `${name}-account`, password: "a-password-that-must-not-be-written-down" };
  await using starting = new AsyncDisposableStack();
  const everything = starting.use(
    await bootEverything({
      ...boot,
      account,
      platform: {
        ...platformOptions,
        cron: "manual",
        onMigrated: async (adminUrl) => {
          await time.install(adminUrl);
          await platformOptions.onMigrated?.(adminUrl);
        },
      },
    }),
  );
  const { platform } = everything;
  const api = present(everything.api, "simulated API");
  api.faults = onApiCall;
  const { max, outliveRestarts } = connections;
  const sql = connect(platform.adminUrl, { max, name, arrays: !outliveRestarts });
  starting.defer(() => sql.end({ timeout: 1 }));
  await sql`select vault.create_secret(${webhookUrl}, 'alert_webhook_url')`;

  const resources = starting.move();
  return {
    ...{ platform, api, sql, time, account },
    secrets: {
      "the worker secret": platform.workerSecret,
      "the secret key": platform.secretKey,
      "the API password": account.password,
      "the API credentials": btoa(`${account.username}:${account.password}`),
    },
    isAlive: () => platform.busyFunctionInstances() > 0 || platform.dispatchesInFlight() > 0,
    async queuedRequests() {
      const [row] = await patiently(() =>
        sql<{ queued: number }[]>`select count(*)::integer as queued from net.http_request_queue`
      );
      return row?.queued ?? 0;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
