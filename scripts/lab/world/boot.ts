import { connect } from "../platform/database.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../platform/platform.ts";
import { Problem } from "../../command_line/problem.ts";
import type { ScriptedEvent } from "../racing_api/scenario.ts";
import { type SimulatedApi, startSimulatedApi } from "../racing_api/server.ts";
import { stopOnSignal } from "../../command_line/shutdown.ts";
import { freeSlots } from "./slots.ts";

export interface BootOptions {
  /** A folder of captured responses that the simulated API answers from, instead of from its seed. */
  replay?: string | undefined;
  /** A superuser's URL of a database to use instead of the embedded one. */
  databaseUrl?: string | undefined;
  /** How many times as fast as the real one the simulated API is, its rate limits included. Default: 1. */
  apiSpeed?: number | undefined;
  /** What the simulated API's races are made from: the same seed, the same races. Default: 1. */
  seed?: number | undefined;
  /** Use the real Racing API with this account; nothing is simulated then. */
  live?: { username: string; password: string } | undefined;
  /** Whom the simulated API lets in. Default: local, local. */
  account?: { username: string; password: string } | undefined;
  /** The simulated API's time, by which races are over. Default: the system's. */
  apiNow?: (() => Date) | undefined;
  /** Scripted events on the simulated API's racing days. */
  scenario?: readonly ScriptedEvent[] | undefined;
  /** The other options of the platform. */
  platform?: Omit<PlatformOptions, "databaseUrl">;
}

export interface Everything extends AsyncDisposable {
  platform: Platform;
  /** The simulated API; not there with `live`. */
  api?: SimulatedApi;
  stop(): Promise<void>;
}

const SIMULATED_ACCOUNT = { username: "local", password: "local" };

/** Starts the simulated Racing API and the platform whose functions call it. */
export async function bootEverything(options: BootOptions = {}): Promise<Everything> {
  const { databaseUrl, live, apiSpeed = 1 } = options;
  const resources = new AsyncDisposableStack();
  let stopped: Promise<void> | undefined;
  const stop = () => stopped ??= resources.disposeAsync().finally(() => forget());
  const forget = stopOnSignal(stop);
  try {
    const account = live ?? options.account ?? SIMULATED_ACCOUNT;
    const api = live ? undefined : await startSimulatedApi({
      ...account,
      port: 0,
      speed: apiSpeed,
      seed: options.seed ?? 1,
      replayFolder: options.replay,
      now: options.apiNow,
      scenario: options.scenario,
    }).catch((error: Error) => {
      // An error about the user's folder is one sentence, without a stack.
      throw options.replay === undefined ? error : new Problem(error.message, { cause: error });
    });
    if (api) resources.defer(() => api.close());
    const platform = await startPlatform({
      ...options.platform,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      functionEnvironment: () => ({
        RACING_API_USERNAME: account.username,
        RACING_API_PASSWORD: account.password,
        ...(api === undefined ? {} : { RACING_API_URL: api.url }),
        ...own(options.platform?.functionEnvironment),
      }),
      onMigrated: async (adminUrl) => {
        if (api) await setRates(adminUrl, apiSpeed);
        await options.platform?.onMigrated?.(adminUrl);
      },
    });
    resources.defer(platform.stop);
    return { platform, ...(api === undefined ? {} : { api }), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function own(environment: PlatformOptions["functionEnvironment"]): Record<string, string> {
  return (typeof environment === "function" ? environment() : environment) ?? {};
}

/**
 * An API that is N times as fast is called N times as often, also on a database that was used at another speed
 * before.
 */
export async function setRates(adminUrl: string, factor: number): Promise<void> {
  const sql = connect(adminUrl, { max: 1, name: "local platform" });
  try {
    await sql`
      update public.racing_api_limits
      set calls_per_second = documented_calls_per_second * ${factor}::text::numeric
    `;
    await freeSlots(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
