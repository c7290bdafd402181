import { join } from "@std/path";
import { copyPostgres, type PostgresBinaries, postgresIn } from "./postgres_binaries.ts";
import { explain, Problem } from "../../command_line/problem.ts";
import { eachLine, pause, settlesWithin } from "./waiting.ts";

/** The role that owns the cluster, named as on the hosted platform. */
const SUPERUSER = "supabase_admin";

const ATTEMPTS_AT_A_PORT = 5;

/** Durability is switched off: the instance is thrown away, and a start in a second is worth more. */
const SETTINGS: Record<string, string> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_connections: "100",
  shared_buffers: "128MB",
  timezone: "UTC",
  log_timezone: "UTC",
  jit: "off",
  logging_collector: "off",
  password_encryption: "scram-sha-256",
};

export interface EmbeddedPostgres {
  /** The superuser's URL. */
  adminUrl: string;
  /** The URL of another role. */
  urlFor(role: string, password: string): string;
  /**
   * Stops and starts the server: cleanly (`fast`), or as after a crash (`immediate`), which empties unlogged tables.
   *
   * @param awayMilliseconds How long the server is down in between. Default: 0.
   */
  restart(mode: "fast" | "immediate", awayMilliseconds?: number): Promise<void>;
  /**
   * Copies the cluster and the programs into an existing folder, for others to start with. The server is down meanwhile.
   */
  copyTo(folder: string): Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** An existing folder, for this instance alone. */
  folder: string;
  /** A folder that `copyTo` filled: its programs, and a copy of its cluster instead of an empty one. */
  prepared?: string | undefined;
  signal: AbortSignal;
}

/** Starts a Postgres of its own on a free port of 127.0.0.1, with its cluster in `folder`. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, prepared, signal } = options;
  const account = await otherAccount();
  try {
    if (prepared !== undefined) {
      await copyCluster(prepared, folder, account);
      const password = await Deno.readTextFile(join(prepared, "password"));
      return await new Server(postgresIn(join(prepared, "postgres")), folder, password, account).start(
        signal,
      );
    }
    const password = randomPassword();
    const binaries = await copyPostgres(join(folder, "postgres"));
    signal.throwIfAborted();
    await makeCluster({ binaries, folder, password, account, signal });
    return await new Server(binaries, folder, password, account).start(signal);
  } catch (error) {
    throw explain(error, folder);
  }
}

/** A password that needs no quoting in SQL or in a URL. */
export function randomPassword(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/**
 * The account to run Postgres under, because it refuses to run as root: `nobody` for root, otherwise the current one.
 */
interface Account {
  uid: number;
  gid: number;
}

async function otherAccount(): Promise<Account | undefined> {
  if (Deno.build.os === "windows" || Deno.uid() !== 0) return undefined;
  const passwd = await Deno.readTextFile("/etc/passwd").catch(() => "");
  const [, uid, gid] = passwd.match(/^nobody:[^:]*:(-?\d+):(-?\d+):/m) ?? [];
  // macOS writes its nobody as -2.
  return { uid: Number(uid ?? 65534) >>> 0, gid: Number(gid ?? 65534) >>> 0 };
}

interface Cluster {
  binaries: PostgresBinaries;
  folder: string;
  password: string;
  account: Account | undefined;
  signal: AbortSignal;
}

async function makeCluster({ binaries, folder, password, account, signal }: Cluster): Promise<void> {
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  await Deno.mkdir(data, { mode: 0o700 });
  await Deno.writeTextFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) {
    // The folder was made for root alone; the other account has to pass through it, and needs no more than that.
    await Deno.chmod(folder, 0o711);
    await Deno.chown(data, account.uid, account.gid);
    await Deno.chown(passwordFile, account.uid, account.gid);
  }
  const initdb = await runInitdb({ binaries, folder, account, signal }, data, passwordFile);
  signal.throwIfAborted();
  await Deno.remove(passwordFile);
  if (!initdb.success) {
    const output = new TextDecoder().decode(initdb.stderr).trim();
    if (/permission denied|could not access directory/i.test(output)) throw notReachable(folder, output);
    throw new Error(`initdb failed: ${output}`);
  }
}

/** As the account that owns it, so that the copy is its own too. */
async function copyCluster(from: string, to: string, account: Account | undefined): Promise<void> {
  if (account !== undefined) await Deno.chmod(to, 0o711);
  const data = join(to, "data");
  await Deno.mkdir(data, { mode: 0o700 });
  if (account !== undefined) await Deno.chown(data, account.uid, account.gid);
  const { success, stderr } = await new Deno.Command("cp", {
    args: ["-R", `${join(from, "data")}/.`, data],
    ...processOptions(to, account),
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`The cluster was not copied: ${new TextDecoder().decode(stderr).trim()}`);
}

async function runInitdb(
  { binaries, folder, account, signal }: Omit<Cluster, "password">,
  data: string,
  passwordFile: string,
): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(binaries.initdb, {
      args: [
        ["--pgdata", data],
        ["--username", SUPERUSER],
        ["--pwfile", passwordFile],
        ["--auth", "scram-sha-256"],
        ["--encoding", "UTF8"],
        // Postgres' own C.UTF-8, the same on every machine and the quickest to make (0.45 s against 0.57 s).
        ["--locale-provider", "builtin"],
        ["--builtin-locale", "C.UTF-8"],
        ["--locale", "C"],
        ["--no-sync"],
      ].flat(),
      ...processOptions(folder, account),
      stdout: "piped",
      stderr: "piped",
      signal,
    }).output();
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied && account !== undefined) {
      throw notReachable(folder, error);
    }
    throw error;
  }
}

function notReachable(folder: string, cause: unknown): Problem {
  return new Problem(
    `Postgres does not run as root, and the account it runs under instead cannot reach ${folder}: point TMPDIR at a ` +
      "folder that every user can read, or run this as another user than root.",
    { cause },
  );
}

function processOptions(folder: string, account: Account | undefined) {
  const env: Record<string, string> = { LC_ALL: "C", TZ: "UTC", PATH: Deno.env.get("PATH") ?? "" };
  const systemRoot = Deno.env.get("SystemRoot");
  if (systemRoot !== undefined) env.SystemRoot = systemRoot;
  return { cwd: folder, clearEnv: true, env, stdin: "null" as const, ...account };
}

class Server implements EmbeddedPostgres {
  #port = 0;
  #process: Deno.ChildProcess | undefined;
  #log: string[] = [];

  constructor(
    private readonly binaries: PostgresBinaries,
    private readonly folder: string,
    private readonly password: string,
    private readonly account: Account | undefined,
  ) {}

  get adminUrl(): string {
    return this.urlFor(SUPERUSER, this.password);
  }

  urlFor(role: string, password: string): string {
    return `postgres://${role}:${password}@127.0.0.1:${this.#port}/postgres`;
  }

  async start(signal: AbortSignal): Promise<this> {
    for (let attempt = 1;; attempt++) {
      this.#port = freePort();
      try {
        await this.#launch(signal);
        return this;
      } catch (error) {
        // Another program may have taken the free port before its use.
        const taken = error instanceof PortTaken;
        if (!taken || attempt === ATTEMPTS_AT_A_PORT) throw error;
      }
    }
  }

  async restart(mode: "fast" | "immediate", awayMilliseconds = 0): Promise<void> {
    await this.#end(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await pause(awayMilliseconds);
    await this.#launch(new AbortController().signal);
  }

  async copyTo(folder: string): Promise<void> {
    await this.#end("SIGINT");
    await copyCluster(this.folder, folder, this.account);
    await copyPostgres(join(folder, "postgres"));
    await Deno.writeTextFile(join(folder, "password"), this.password, { mode: 0o600 });
    await this.#launch(new AbortController().signal);
  }

  async stop(): Promise<void> {
    await this.#end("SIGINT");
  }

  async #launch(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#log = [];
    const settings = { ...SETTINGS, port: String(this.#port) };
    const server = new Deno.Command(this.binaries.postgres, {
      args: ["-D", join(this.folder, "data")].concat(
        Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ),
      ...processOptions(this.folder, this.account),
      stdout: "null",
      stderr: "piped",
      // Out of the terminal's process group: on Ctrl+C the platform ends first, then its database.
      detached: Deno.build.os !== "windows",
    }).spawn();
    this.#process = server;

    const ready = Promise.withResolvers<void>();
    ready.promise.catch(() => {});
    const abort = () => ready.reject(signal.reason);
    signal.addEventListener("abort", abort);
    const logging = eachLine(server.stderr, (line) => {
      this.#log.push(line);
      if (this.#log.length > 200) this.#log.shift();
      if (line.includes("database system is ready to accept connections")) ready.resolve();
    });
    void Promise.all([server.status, logging]).then(() => ready.reject(this.#failure()));
    try {
      await ready.promise;
    } catch (error) {
      await this.#end("SIGQUIT");
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #failure(): Error {
    const log = this.#log.join("\n");
    if (/could not bind .* address .*: Address already in use|only one usage of each socket/i.test(log)) {
      return new PortTaken(
        `Port ${this.#port} of 127.0.0.1 was taken by another program while Postgres started, ` +
          `${ATTEMPTS_AT_A_PORT} times running: try again.`,
      );
    }
    return new Error(`Postgres did not start: ${log.trim() || "it wrote nothing"}`);
  }

  /** Ends the server in the given way, and more firmly when it takes too long. */
  async #end(first: "SIGINT" | "SIGQUIT"): Promise<void> {
    const server = this.#process;
    if (server === undefined) return;
    this.#process = undefined;
    if (Deno.build.os === "windows") {
      await new Deno.Command(this.binaries.pgCtl, {
        args: ["stop", "-D", join(this.folder, "data"), "-m", first === "SIGINT" ? "fast" : "immediate"],
        ...processOptions(this.folder, this.account),
        stdout: "null",
        stderr: "null",
      }).output();
    }
    for (const [signal, patience] of [[first, 10_000], ["SIGQUIT", 5_000], ["SIGKILL", 5_000]] as const) {
      try {
        server.kill(signal);
      } catch {
        // It has ended already.
      }
      if (await settlesWithin(server.status, patience)) return;
    }
  }
}

class PortTaken extends Problem {}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
