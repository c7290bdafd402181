import { join } from "@std/path";
import { stopOnSignal } from "../../command_line/shutdown.ts";
import { type Deployments, keepDeployments } from "../management_api/deployments.ts";
import type { ListedProject, ProjectState } from "../management_api/project_state.ts";
import { queriesOn } from "../management_api/queries.ts";
import { type ManagementApi, startManagementApi } from "../management_api/server.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../platform/platform.ts";
import { type SimulatedApi, startSimulatedApi } from "../racing_api/server.ts";
import { setRates } from "./boot.ts";

/** What a hosted project is started with. */
export interface HostedProjectOptions {
  /** Default: a ref of the laboratory's. */
  readonly ref?: string;
  /** Whether it is paused. Default: it is not. */
  readonly paused?: boolean;
  /** `17.6.1.001`. Default: that. */
  readonly databaseVersion?: string;
  /** Other projects of the account: the API lists them and has nothing else of them. Default: one, paused. */
  readonly otherProjects?: readonly ListedProject[];
  /** Access tokens that are let in, in addition to `token`. */
  readonly tokens?: readonly string[];
  /** How many times as fast as the real one the simulated Racing API is. Default: 1. */
  readonly apiSpeed?: number;
  /** Default: real-time, as on the platform. */
  readonly cron?: PlatformOptions["cron"];
  /** Gets each line that a function logs. */
  readonly onFunctionLog?: PlatformOptions["onFunctionLog"];
}

/** A Supabase project as it is made on the website: empty, in the cloud as far as the CLI can tell. */
export interface HostedProject extends AsyncDisposable {
  readonly ref: string;
  /** An access token of its account. */
  readonly token: string;
  /** What `--profile` or SUPABASE_PROFILE leads the CLI to this project with. */
  readonly profileFile: string;
  /** What a process gets, in addition to its own environment, so that the supabase CLI in it works on this project. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the dashboard shows as connection string, with the password of the role `postgres`. */
  readonly databaseUrl: string;
  /** Where its functions and its REST API are. */
  readonly supabaseUrl: string;
  /** Where the Management API is. */
  readonly managementUrl: string;
  /** The requests that came to the Management API. */
  readonly requests: ManagementApi["requests"];
  /** The projects, tokens, secrets and functions that the Management API answers from. */
  readonly state: ProjectState;
  /** Pauses the project for the Management API, and its functions; `resume` wakes it. The database stays up. */
  pause(): void;
  resume(): void;
  /** The simulated Racing API, and whom it lets in. */
  readonly racingApi: SimulatedApi;
  readonly account: { readonly username: string; readonly password: string };
  /** Lets the migrated database call the Racing API as fast as that is here. */
  matchApiSpeed(): Promise<void>;
  readonly platform: Platform;
  stop(): Promise<void>;
}

const REF = "labprojectabcdefghij";
const TOKEN = "sbp_0123456789abcdef0123456789abcdef01234567";
const OTHER: ListedProject = {
  ref: "otherprojectabcdefgh",
  name: "Other project",
  region: "us-east-1",
  status: "INACTIVE",
  databaseVersion: "15.8.1.020",
};

/** Starts an empty project, the Management API in front of it, and the Racing API that its functions will call. */
export async function startHostedProject(options: HostedProjectOptions = {}): Promise<HostedProject> {
  const resources = new AsyncDisposableStack();
  let stopped: Promise<void> | undefined;
  const stop = () => stopped ??= resources.disposeAsync().finally(() => forget());
  const forget = stopOnSignal(stop);
  try {
    return { ...await start(options, resources), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: HostedProjectOptions,
  resources: AsyncDisposableStack,
): Promise<Omit<HostedProject, "stop" | typeof Symbol.asyncDispose>> {
  const { ref = REF, apiSpeed = 1 } = options;
  const account = { username: "lab-account", password: "a-password-that-must-not-be-written-down" };
  const racingApi = await startSimulatedApi({ ...account, seed: 1, speed: apiSpeed });
  resources.defer(() => racingApi.close());

  const platformSecrets: Record<string, string> = {};
  const project: ListedProject = {
    ref,
    name: "Laboratory",
    region: "eu-central-1",
    status: options.paused ? "INACTIVE" : "ACTIVE_HEALTHY",
    databaseVersion: options.databaseVersion ?? "17.6.1.001",
  };
  const state: ProjectState = {
    tokens: new Set([TOKEN, ...options.tokens ?? []]),
    projects: new Map([project, ...options.otherProjects ?? [OTHER]].map((each) => [each.ref, each])),
    ref,
    secrets: new Map(),
    platformSecrets,
    functions: new Map(),
    rest: { db_schema: "public,graphql_public", max_rows: 1000, db_extra_search_path: "public, extensions" },
    uploaded: new Map(),
  };

  const deployments: Deployments = keepDeployments(state, () => platform.folder);
  const platform = await startPlatform({
    emptyWith: (name) => project.status === "INACTIVE" ? Promise.resolve(undefined) : deployments.find(name),
    functionEnvironment: () => ({
      RACING_API_URL: racingApi.url,
      ...Object.fromEntries(Array.from(state.secrets, ([name, { value }]) => [name, value])),
    }),
    exposedSchemas: () => state.rest.db_schema.split(",").map((schema) => schema.trim()),
    // A deployed function may be broken: its callers and its log say so.
    onFunctionDown: () => {},
    ...(options.cron === undefined ? {} : { cron: options.cron }),
    ...(options.onFunctionLog === undefined ? {} : { onFunctionLog: options.onFunctionLog }),
  });
  resources.defer(platform.stop);
  const keys = { publishable: platform.publishableKey, secret: platform.secretKey };
  Object.assign(platformSecrets, {
    SUPABASE_URL: platform.supabaseUrl,
    SUPABASE_DB_URL: platform.databaseUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
  });

  const management = startManagementApi(state, {
    build: deployments.build,
    changed: platform.retireFunctionInstances,
    now: () => new Date(),
    runSql: queriesOn(() => platform.databaseUrl),
    keys: () => keys,
  });
  resources.defer(management.stop);

  const profileFile = join(platform.folder, "profile.yaml");
  await Deno.writeTextFile(profileFile, profile(management.url));
  const home = join(platform.folder, "supabase-home");
  await Deno.mkdir(home);
  return {
    ...{ ref, token: TOKEN, profileFile, state, racingApi, account, platform },
    environment: {
      SUPABASE_PROFILE: profileFile,
      SUPABASE_ACCESS_TOKEN: TOKEN,
      RACING_API_URL: racingApi.url,
      // Where a login is kept: never the developer's own.
      SUPABASE_HOME: home,
      SUPABASE_NO_KEYRING: "1",
      SUPABASE_TELEMETRY_DISABLED: "1",
      SUPABASE_NO_UPDATE_NOTIFIER: "1",
      // A database on loopback has no TLS.
      PGSSLMODE: "disable",
      NO_COLOR: "1",
    },
    databaseUrl: platform.databaseUrl,
    supabaseUrl: platform.supabaseUrl,
    managementUrl: management.url,
    requests: management.requests,
    pause: () => void (project.status = "INACTIVE"),
    resume: () => void (project.status = "ACTIVE_HEALTHY"),
    matchApiSpeed: () => setRates(platform.adminUrl, apiSpeed),
  };
}

/**
 * The hosts of a project are made from its ref and this; there is none on loopback, so the laboratory hands out URLs.
 */
function profile(apiUrl: string): string {
  return [
    "name: laboratory",
    `api_url: ${apiUrl}`,
    `dashboard_url: ${apiUrl}/dashboard`,
    `docs_url: ${apiUrl}/docs`,
    "project_host: supabase.test",
    "",
  ].join("\n");
}
