import type { Problem } from "../../command_line/problem.ts";
import type { FindFunction } from "./function_source.ts";
import type { OnDatabaseCall } from "./gateway.ts";
import type { IsolateWork } from "./isolate.ts";
import type { Delivery, Dispatch } from "./net_worker.ts";

export interface PlatformOptions {
  /** A superuser's URL of a database to use, with the real extensions that it has, instead of the embedded one. */
  databaseUrl?: string;
  /**
   * A folder that `copyDatabaseTo` filled, to start the embedded database from: half of a start is migrating. Default,
   * with the project's migrations: what the environment variable DARKHORSES_PREPARED_DATABASE names.
   */
  prepared?: string;
  /** Default: the project's `supabase/migrations`. */
  migrationsFolder?: string | URL;
  /** Default: the project's `supabase/functions`. */
  functionsFolder?: string | URL;
  /**
   * What the functions' imports are resolved with; null when they import nothing but each other. Default: the project's
   * import map, in the versions of the project's `deno.lock`.
   */
  importMap?: string | URL | null;
  /** The schemas that the API serves, the default one first. Default: those of the project's `supabase/config.toml`. */
  exposedSchemas?: () => readonly string[];
  /** Handed to the functions, as `supabase secrets set` does. A function is asked for each new isolate. */
  functionEnvironment?: Record<string, string> | (() => Record<string, string>);
  /**
   * Starts the project as empty as a new hosted one: no migration, nothing in Vault, no worker secret, and no
   * function but what this finds later. Default: the project of the two folders.
   */
  emptyWith?: FindFunction;
  /**
   * How long an isolate lives; it takes new requests for half of that. A function is asked for each new isolate.
   * Default: 150, as on the Free plan.
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
  /** Told when an isolate begins to work, answers, and has nothing left to do. */
  onIsolateWork?: (work: IsolateWork) => void;
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
  /** A token as a user gets it who signs in, good for an hour; `user` becomes its `sub`. */
  signIn(user: string): Promise<string>;
  /** A temporary folder that goes with the platform. */
  folder: string;
  cron: {
    /** Runs the jobs that are due in the minute of `at` and waits until they have ended. */
    tick(at: Date): Promise<void>;
  };
  /** How many isolates have a request or something in the background to do. */
  busyFunctionInstances(): number;
  /** Lets the isolates of a function finish what they do, and starts new ones for its next requests. */
  retireFunctionInstances(functionName: string): void;
  /** Kills all isolates at once, busy ones too. Resolves to how many. */
  killFunctionInstances(): Promise<number>;
  /** How many dispatches have left pg_net's queue and are not answered or lost yet, late ones included. */
  dispatchesInFlight(): number;
  /**
   * Restarts the embedded database: cleanly, or as after a crash, which empties pg_net's queue. It may be down for a
   * while in between.
   */
  restartDatabase(mode?: "fast" | "immediate", awayMilliseconds?: number): Promise<void>;
  /** Copies the embedded database into an existing folder. It is down meanwhile, and what is connected breaks. */
  copyDatabaseTo(folder: string): Promise<void>;
  stop(): Promise<void>;
}
