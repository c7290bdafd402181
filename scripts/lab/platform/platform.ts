import { fromFileUrl } from "@std/path";
import { isEnding, stopOnSignal } from "../../command_line/shutdown.ts";
import { Problem } from "../../command_line/problem.ts";
import { startCronWorker } from "./cron_worker.ts";
import { connect, type Sql, storeSecret } from "./database.ts";
import { type EdgeRuntime, startEdgeRuntime } from "./edge_runtime.ts";
import { randomPassword } from "./embedded_postgres.ts";
import { openFunctionLog } from "./function_log.ts";
import { type FindFunction, functionsOfFolder } from "./function_source.ts";
import { startGateway } from "./gateway.ts";
import { applyMigrations } from "./migrations.ts";
import { type NetWorker, startNetWorker } from "./net_worker.ts";
import type { Platform, PlatformOptions } from "./platform_options.ts";
import { readExposedSchemas } from "./exposed_schemas.ts";
import { preparePlatformSchema } from "./platform_schema.ts";
import { setPasswords, startDatabase } from "./project_database.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import { makeUserToken } from "./user_token.ts";

export type { DatabaseCall, OnDatabaseCall } from "./gateway.ts";
export type { IsolateWork } from "./isolate.ts";
export type { Delivery, Dispatch } from "./net_worker.ts";
export type { Platform, PlatformOptions } from "./platform_options.ts";
export { Problem } from "../../command_line/problem.ts";

/** The environment variable that names a folder which `copyDatabaseTo` filled, to start new embedded databases with. */
export const PREPARED_DATABASE = "DARKHORSES_PREPARED_DATABASE";

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
  const { denoExecutable = Deno.execPath() } = options;
  // Before anything else starts, so that a missing network fails here, with a sentence.
  const findFunction = withFunctions
    ? options.emptyWith ?? await functionsOfProject(options, folder)
    : undefined;
  stopping.throwIfAborted();
  const database = await startDatabase(
    options.databaseUrl,
    folder,
    preparedFor(options),
    resources,
    stopping,
  );
  stopping.throwIfAborted();

  const secretKey = `sb_secret_${randomPassword()}`;
  const publishableKey = `sb_publishable_${randomPassword()}`;
  const workerSecret = randomPassword();

  let edge: EdgeRuntime | undefined;
  let net: NetWorker | undefined;
  const jwtSecret = randomPassword();
  const exposed = await exposedInConfig();
  const gateway = startGateway({
    databaseUrl: database.gatewayUrl,
    secretKey,
    publishableKey,
    jwtSecret,
    exposedSchemas: options.exposedSchemas ?? (() => exposed),
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

  if (options.emptyWith === undefined) {
    await fillDatabase(admin, database.adminUrl, options, { projectUrl: gateway.url, workerSecret });
  }
  stopping.throwIfAborted();

  if (findFunction !== undefined) {
    const log = openFunctionLog(folder, options.onFunctionLog);
    resources.defer(log.close);
    edge = startEdgeRuntime({
      findFunction,
      denoExecutable,
      environment: () => ({
        SUPABASE_URL: gateway.url,
        SUPABASE_SECRET_KEYS: JSON.stringify({ default: secretKey }),
        SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: publishableKey }),
        SUPABASE_DB_URL: database.url,
        ...(options.emptyWith ? {} : { WORKER_SECRET: workerSecret }),
        ...eachTime(options.functionEnvironment ?? {})(),
      }),
      wallClockSeconds: eachTime(options.wallClockSeconds ?? 150),
      clockSkewMilliseconds: options.functionClockSkewMilliseconds ?? (() => 0),
      memoryMegabytes: options.memoryMegabytes ?? 256,
      startSeconds: options.startSeconds ?? 30,
      folder,
      onLog: log.write,
      onWork: options.onIsolateWork,
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
    signIn: (user) =>
      makeUserToken(
        { sub: user, role: "authenticated", aud: "authenticated", exp: Math.floor(Date.now() / 1000) + 3600 },
        jwtSecret,
      ),
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
    retireFunctionInstances: (name) => edge?.retire(name),
    killFunctionInstances: async () => await edge?.kill() ?? 0,
    dispatchesInFlight: () => net?.inFlight() ?? 0,
    async restartDatabase(mode = "fast", awayMilliseconds = 0) {
      if (!database.embedded) throw new Problem("Only the embedded database can be restarted.");
      await database.embedded.restart(mode, awayMilliseconds);
    },
    async copyDatabaseTo(folder) {
      if (!database.embedded) throw new Problem("Only the embedded database can be copied.");
      await database.embedded.copyTo(folder);
    },
  };
}

function preparedFor({ prepared, emptyWith, migrationsFolder }: PlatformOptions): string | undefined {
  if (prepared !== undefined || emptyWith !== undefined || migrationsFolder !== undefined) return prepared;
  return Deno.env.get(PREPARED_DATABASE) || undefined;
}

/** What is asked for each time: the value, or what a function returns. */
function eachTime<T extends number | Record<string, string>>(value: T | (() => T)): () => T {
  return typeof value === "function" ? value : () => value;
}

function projectUrl(path: string): URL {
  return new URL(`../../../${path}`, import.meta.url);
}

function pathOf(place: string | URL): string {
  return place instanceof URL ? fromFileUrl(place) : place;
}

/** The schemas that the project's API serves, as `supabase start` reads them. */
async function exposedInConfig(): Promise<readonly string[]> {
  return readExposedSchemas(await Deno.readTextFile(projectUrl("supabase/config.toml")));
}

function functionsOfProject(options: PlatformOptions, folder: string): Promise<FindFunction> {
  const packaged = options.importMap !== null;
  return functionsOfFolder({
    functionsFolder: pathOf(options.functionsFolder ?? projectUrl("supabase/functions")),
    importMap: packaged ? pathOf(options.importMap ?? projectUrl("import_map.json")) : undefined,
    lockFile: packaged ? pathOf(projectUrl("deno.lock")) : undefined,
    denoExecutable: options.denoExecutable ?? Deno.execPath(),
    folder,
    say: options.say ?? ((line) => console.error(line)),
  });
}

/** Migrates, and stores what the database reaches the functions with. */
async function fillDatabase(
  admin: Sql,
  adminUrl: string,
  options: PlatformOptions,
  secrets: { projectUrl: string; workerSecret: string },
): Promise<void> {
  const sql = connect(adminUrl, { max: 1, name: "migrations", role: "postgres" });
  try {
    await applyMigrations(sql, pathOf(options.migrationsFolder ?? projectUrl("supabase/migrations")));
  } finally {
    await sql.end({ timeout: 1 });
  }
  await storeSecret(admin, "project_url", secrets.projectUrl, "Where the database reaches the functions");
  await storeSecret(admin, "worker_secret", secrets.workerSecret, "What the functions know the database by");
  await options.onMigrated?.(adminUrl);
}
