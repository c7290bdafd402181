import { fromFileUrl } from "@std/path";
import { startCronWorker } from "./cron_worker.ts";
import { asPostgres, checkDatabase, connect, storeSecret } from "./database.ts";
import { type EdgeRuntime, startEdgeRuntime } from "./edge_runtime.ts";
import { type EmbeddedPostgres, randomPassword, startEmbeddedPostgres } from "./embedded_postgres.ts";
import { type OnDatabaseCall, startGateway } from "./gateway.ts";
import { watchFolder } from "./janitor.ts";
import { fetchFunctionPackages } from "./function_packages.ts";
import { openFunctionLog } from "./function_log.ts";
import { applyMigrations } from "./migrations.ts";
import { type Delivery, type Dispatch, type NetWorker, startNetWorker } from "./net_worker.ts";
import { preparePlatformSchema } from "./platform_schema.ts";
import { explain, Problem } from "../../command_line/problem.ts";
import { isEnding, stopOnSignal } from "../../command_line/shutdown.ts";

export type { DatabaseCall, OnDatabaseCall } from "./gateway.ts";
export type { Delivery, Dispatch } from "./net_worker.ts";
export { Problem } from "../../command_line/problem.ts";

export interface PlatformOptions {
  /** A superuser's URL of a database to use, with the real extensions that it has, instead of the embedded one. */
  databaseUrl?: string;
  /** Default: the project's `supabase/migrations`. */
  migrationsFolder?: string | URL;
  /** Default: the project's `supabase/functions`. */
  functionsFolder?: string | URL;
  /**
   * What the functions' imports are resolved with; null when they import nothing but each other. Default: the project's
   * import map, in the versions of the project's `deno.lock`.
   */
  importMap?: string | URL | null;
  /** Handed to the functions, as `supabase secrets set` does. A function is asked for each new isolate. */
  functionEnvironment?: Record<string, string> | (() => Record<string, string>);
  /**
   * How long an isolate lives; it takes new requests for half of that. A function is asked for each new isolate. Default:
   * 150, as on the Free plan.
   */
  wallClockSeconds?: number | (() => number);
  /** By how much the wall clock of a new isolate is wrong; asked for each. Default: they are right. */
  functionClockSkewMilliseconds?: () => number;
  /** An isolate's memory. Default: 256. */
  memoryMegabytes?: number;
  /** The deno that runs the functions. Default: the one that runs this. */
  denoExecutable?: string;
  /** An isolate that does not listen by then has failed to start. Default: 30. */
  startSeconds?: number;
  /** `manual`: cron jobs run only when `cron.tick` is called. Default: `real-time`. */
  cron?: "real-time" | "manual";
  /** Decides what happens to each request that SQL sends through pg_net's stand-in. Default: delivers all. */
  onDispatch?: (call: Dispatch) => Delivery;
  /**
   * Stands between the functions and the database: may call before, after or instead of `run`, which makes the call.
   * Default: makes it.
   */
  onDatabaseCall?: OnDatabaseCall;
  /** Gets each line that a function logs, in addition to `functions.log` in the platform's folder. */
  onFunctionLog?: (line: string, functionName: string) => void;
  /**
   * Called when a function failed to start three times in a row, with its output and the path of its log. Default:
   * throws it uncaught, which ends the command or test file instead of waiting for a function that will not start.
   */
  onFunctionDown?: (problem: Problem) => void;
  /** Gets a line about slow steps of the start. Default: stderr. */
  say?: (line: string) => void;
  /** Gets the messages of pg_net's stand-in when the database is down. Default: stderr. */
  onNetProblem?: (message: string) => void;
  /**
   * Runs on the migrated database before anything is sent or scheduled from it, for settings. It is given the
   * superuser's URL.
   */
  onMigrated?: (adminUrl: string) => Promise<void>;
  /** False: the database and the gateway only. Then nothing is served or sent, what SQL queues stays in the queue. */
  functions?: boolean;
}

export interface Platform extends AsyncDisposable {
  /** For the role `postgres`. */
  databaseUrl: string;
  /** For the superuser, who may do what only the platform itself may. */
  adminUrl: string;
  supabaseUrl: string;
  secretKey: string;
  publishableKey: string;
  workerSecret: string;
  /** A temporary folder that goes with the platform. */
  folder: string;
  cron: {
    /** Runs the jobs that are due in the minute of `at` and waits until they have ended. */
    tick(at: Date): Promise<void>;
  };
  /** How many isolates have a request or something in the background to do. */
  busyFunctionInstances(): number;
  /** Kills all isolates at once, busy ones too. Resolves to how many. */
  killFunctionInstances(): Promise<number>;
  /** How many dispatches have left pg_net's queue and are not answered or lost yet, late ones included. */
  dispatchesInFlight(): number;
  /**
   * Restarts the embedded database: cleanly, or as after a crash, which empties pg_net's queue. It may be down for a
   * while in between.
   */
  restartDatabase(mode?: "fast" | "immediate", awayMilliseconds?: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a Supabase project in miniature on 127.0.0.1: Postgres, the migrations, cron, pg_net, Vault, the REST gateway
 * and the edge functions. It is stopped by `stop()`, by leaving an `await using` block, by Ctrl+C and by SIGTERM, also
 * while it starts, and leaves no process and no folder behind.
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const stopping = new AbortController();
  const resources = new AsyncDisposableStack();
  const starting = start(options, resources, stopping.signal);

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      stopping.abort(new Problem("The platform was stopped while it was starting."));
      await starting.catch(() => {});
      try {
        await resources.disposeAsync();
      } finally {
        forget();
      }
    })();
    return stopped;
  };
  const forget = stopOnSignal(stop);

  try {
    return { ...await starting, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    // Errors are ignored from here on: the process ends as soon as everything is stopped.
    if (isEnding()) await new Promise(() => {});
    throw error;
  }
}

async function start(
  options: PlatformOptions,
  resources: AsyncDisposableStack,
  stopping: AbortSignal,
): Promise<Omit<Platform, "stop" | typeof Symbol.asyncDispose>> {
  const folder = await temporaryFolder(resources);
  const withFunctions = options.functions ?? true;
  const { say = (line: string) => console.error(line), denoExecutable = Deno.execPath() } = options;
  const functionsFolder = pathOf(options.functionsFolder ?? projectUrl("supabase/functions"));
  const packaged = options.importMap !== null;
  // Before anything else starts, so that a missing network fails here, with a sentence.
  const flags = withFunctions
    ? await fetchFunctionPackages({
      functionsFolder,
      importMap: packaged ? pathOf(options.importMap ?? projectUrl("import_map.json")) : undefined,
      lockFile: packaged ? pathOf(projectUrl("deno.lock")) : undefined,
      denoExecutable,
      folder,
      say,
    })
    : undefined;
  stopping.throwIfAborted();
  const database = await startDatabase(options.databaseUrl, folder, resources, stopping);
  stopping.throwIfAborted();

  const secretKey = `sb_secret_${randomPassword()}`;
  const publishableKey = `sb_publishable_${randomPassword()}`;
  const workerSecret = randomPassword();

  let edge: EdgeRuntime | undefined;
  let net: NetWorker | undefined;
  const gateway = startGateway({
    databaseUrl: database.gatewayUrl,
    secretKey,
    publishableKey,
    onDatabaseCall: options.onDatabaseCall,
    // The isolates need the gateway's address and the gateway needs the isolates; no request comes before both are up.
    ...(withFunctions
      ? {
        callFunction: (name: string, request: Request) =>
          edge?.call(name, request) ?? Promise.resolve(new Response(null, { status: 503 })),
      }
      : {}),
  });
  resources.defer(() => gateway.stop());

  const admin = connect(database.adminUrl, { max: 1, name: "local platform" });
  resources.defer(() => admin.end({ timeout: 1 }));
  const real = await preparePlatformSchema(admin);
  if (database.embedded) await setPasswords(admin, database.passwords);
  stopping.throwIfAborted();

  await migrate(database.adminUrl, pathOf(options.migrationsFolder ?? projectUrl("supabase/migrations")));
  await storeSecret(admin, "project_url", gateway.url, "Where the database reaches the functions");
  await storeSecret(admin, "worker_secret", workerSecret, "What the functions know the database by");
  await options.onMigrated?.(database.adminUrl);
  stopping.throwIfAborted();

  if (flags !== undefined) {
    const log = openFunctionLog(folder, options.onFunctionLog);
    resources.defer(log.close);
    edge = startEdgeRuntime({
      functionsFolder,
      flags,
      denoExecutable,
      environment: () => ({
        SUPABASE_URL: gateway.url,
        SUPABASE_SECRET_KEYS: JSON.stringify({ default: secretKey }),
        SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: publishableKey }),
        SUPABASE_DB_URL: database.url,
        WORKER_SECRET: workerSecret,
        ...eachTime(options.functionEnvironment ?? {})(),
      }),
      wallClockSeconds: eachTime(options.wallClockSeconds ?? 150),
      clockSkewMilliseconds: options.functionClockSkewMilliseconds ?? (() => 0),
      memoryMegabytes: options.memoryMegabytes ?? 256,
      startSeconds: options.startSeconds ?? 30,
      folder,
      onLog: log.write,
      onFunctionDown: (down) => (options.onFunctionDown ?? reportError)(log.describeDown(down)),
    });
    resources.defer(edge.stop);
    if (!real.net) {
      const worker = await startNetWorker({
        databaseUrl: database.adminUrl,
        onDispatch: options.onDispatch,
        onProblem: options.onNetProblem,
      });
      net = worker;
      resources.defer(() => worker.stop());
    }
  }
  const cron = real.cron
    ? undefined
    : startCronWorker({ databaseUrl: database.adminUrl, mode: options.cron ?? "real-time" });
  if (cron) resources.defer(() => cron.stop());
  stopping.throwIfAborted();

  return {
    databaseUrl: database.url,
    adminUrl: database.adminUrl,
    supabaseUrl: gateway.url,
    secretKey,
    publishableKey,
    workerSecret,
    folder,
    cron: {
      async tick(at) {
        if (!cron) {
          throw new Problem("This database has the real pg_cron, which runs the jobs by its own clock.");
        }
        await cron.tick(at);
      },
    },
    busyFunctionInstances: () => edge?.busy() ?? 0,
    killFunctionInstances: async () => await edge?.kill() ?? 0,
    dispatchesInFlight: () => net?.inFlight() ?? 0,
    async restartDatabase(mode = "fast", awayMilliseconds = 0) {
      if (!database.embedded) throw new Problem("Only the embedded database can be restarted.");
      await database.embedded.restart(mode, awayMilliseconds);
    },
  };
}

function eachTime<T extends number | Record<string, string>>(value: T | (() => T)): () => T {
  return typeof value === "function" ? value : () => value;
}

function projectUrl(path: string): URL {
  return new URL(`../../../${path}`, import.meta.url);
}

function pathOf(place: string | URL): string {
  return place instanceof URL ? fromFileUrl(place) : place;
}

async function temporaryFolder(resources: AsyncDisposableStack): Promise<string> {
  let folder: string;
  try {
    folder = await Deno.makeTempDir({ prefix: "darkhorses-" });
  } catch (error) {
    throw explain(
      error,
      `The folder for temporary files${Deno.env.get("TMPDIR") ? ` (${Deno.env.get("TMPDIR")})` : ""}`,
    );
  }
  const janitor = watchFolder(folder);
  resources.defer(async () => {
    await Deno.remove(folder, { recursive: true });
    await janitor.dismiss();
  });
  return folder;
}

interface Database {
  embedded: EmbeddedPostgres | undefined;
  url: string;
  adminUrl: string;
  /** What the gateway logs in with. */
  gatewayUrl: string;
  passwords: Record<string, string>;
}

async function startDatabase(
  givenUrl: string | undefined,
  folder: string,
  resources: AsyncDisposableStack,
  stopping: AbortSignal,
): Promise<Database> {
  if (givenUrl !== undefined) {
    const { postgresIsSuperuser } = await checkDatabase(givenUrl);
    if (postgresIsSuperuser) {
      console.error(
        "The role postgres of this server is a superuser, which it is not on the platform: a right that a migration " +
          "or an operator lacks there does not show here.",
      );
    }
    const url = asPostgres(givenUrl);
    return { embedded: undefined, url, adminUrl: givenUrl, gatewayUrl: givenUrl, passwords: {} };
  }
  const embedded = await startEmbeddedPostgres({ folder, signal: stopping });
  resources.defer(() => embedded.stop());
  const passwords = { postgres: randomPassword(), authenticator: randomPassword() };
  return {
    embedded,
    url: embedded.urlFor("postgres", passwords.postgres),
    adminUrl: embedded.adminUrl,
    gatewayUrl: embedded.urlFor("authenticator", passwords.authenticator),
    passwords,
  };
}

/** The embedded cluster is this platform's own; on a given database no password is changed. */
async function setPasswords(
  sql: ReturnType<typeof connect>,
  passwords: Record<string, string>,
): Promise<void> {
  for (const [role, password] of Object.entries(passwords)) {
    await sql.unsafe(`alter role ${role} password '${password}'`);
  }
  await sql.unsafe("alter database postgres owner to postgres");
}

async function migrate(adminUrl: string, folder: string): Promise<void> {
  const sql = connect(adminUrl, { max: 1, name: "migrations", role: "postgres" });
  try {
    await applyMigrations(sql, folder);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
