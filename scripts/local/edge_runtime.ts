import { join, toFileUrl } from "@std/path";
import type { FromIsolate, ToIsolate } from "./edge_prelude.ts";
import { eachLine, pause, settlesWithin } from "./waiting.ts";

export interface EdgeRuntimeOptions {
  /** Each folder in it, apart from those that begin with `_` or `.`, is a function. */
  functionsFolder: string;
  importMap: string | undefined;
  /** The deno that runs the functions. */
  denoExecutable: string;
  /** What a function finds in `Deno.env`, besides what Deno itself needs. */
  environment: Record<string, string>;
  /** Asked for each new isolate. */
  wallClockSeconds: () => number;
  /** By how much the wall clock of a new isolate is wrong. */
  clockSkewMilliseconds: () => number;
  memoryMegabytes: number;
  /** A folder for the isolates' entry modules. */
  folder: string;
  onLog: (line: string, functionName: string) => void;
}

export interface EdgeRuntime {
  call(name: string, request: Request): Promise<Response>;
  /** How many isolates have a request or something in the background to do. */
  busy(): number;
  /** Ends all isolates at once, amid whatever they do. Resolves to how many. */
  kill(): Promise<number>;
  stop(): Promise<void>;
}

/** A function has no more isolates than this for new requests; beyond that they share. */
const MAX_ISOLATES = 6;
/** An isolate that has nothing to do is ended after this. */
const IDLE_MILLISECONDS = 20_000;
/** `beforeunload` comes when this share of the wall clock has gone by. */
const UNLOAD_AT = 0.9;
/** An isolate that is ended early has this long for its `beforeunload` listeners. */
const UNLOAD_MILLISECONDS = 200;

/** What Deno needs to find its cache and the network; nothing else of the caller's environment reaches a function. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "LOCALAPPDATA",
  "SystemRoot",
  "TMPDIR",
  "TEMP",
  "XDG_CACHE_HOME",
  "DENO_DIR",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "SSL_CERT_FILE",
  "NPM_CONFIG_REGISTRY",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
];

/**
 * Serves functions as the hosted platform does: in isolates with a wall clock and a limit of memory, kept warm between
 * requests. An isolate is a Deno process here. It takes no new request after half its wall clock, is ended when it then
 * has nothing left to do, and killed at the wall clock even amid its work.
 */
export function startEdgeRuntime(options: EdgeRuntimeOptions): EdgeRuntime {
  const isolates = new Map<string, Isolate>();
  const entries = new Map<string, string>();
  let stopped = false;

  const control = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of control) void listenTo(connection, isolates);
  })();

  // Without a pause between the choice and the start: requests that come together must see each other's isolates.
  const start = (name: string): Isolate => {
    // Written once: another isolate may be reading it.
    const entry = entries.get(name) ?? writeEntry(options, name);
    entries.set(name, entry);
    const isolate = new Isolate(name, entry, control.addr.port, options);
    isolates.set(isolate.id, isolate);
    void isolate.ended.then(() => isolates.delete(isolate.id));
    return isolate;
  };

  const choose = (name: string): Isolate | undefined => {
    const usable = Array.from(isolates.values()).filter((isolate) => isolate.name === name && isolate.usable);
    const idle = usable.find((isolate) => isolate.idle);
    if (idle || usable.length < MAX_ISOLATES) return idle;
    return usable.sort((a, b) => a.load - b.load)[0];
  };

  const kill = async () => {
    const killed = await Promise.all(Array.from(isolates.values(), (isolate) => isolate.kill("killed")));
    return killed.length;
  };

  return {
    async call(name, request) {
      if (stopped) return error(503, "SERVICE_UNAVAILABLE", "The platform is stopping");
      if (!await isFunction(options.functionsFolder, name)) {
        return error(404, "NOT_FOUND", "Requested function was not found");
      }
      let isolate: Isolate;
      try {
        isolate = choose(name) ?? start(name);
      } catch (reason) {
        options.onLog(reason instanceof Error ? reason.message : String(reason), name);
        return error(503, "BOOT_ERROR", "Function failed to start (please check logs)");
      }
      return await isolate.call(request);
    },
    busy: () => Array.from(isolates.values()).filter((isolate) => !isolate.idle).length,
    kill,
    async stop() {
      stopped = true;
      await kill();
      control.close();
      await accepting;
    },
  };
}

function error(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status });
}

async function isFunction(folder: string, name: string): Promise<boolean> {
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) return false;
  const info = await Deno.stat(join(folder, name, "index.ts")).catch(() => undefined);
  return info?.isFile ?? false;
}

/** The module that an isolate begins with: static imports, because dynamic ones would need the right to read files. */
function writeEntry({ folder, functionsFolder }: EdgeRuntimeOptions, name: string): string {
  const entry = join(folder, `${name}.ts`);
  const modules = [
    new URL("./edge_prelude.ts", import.meta.url),
    toFileUrl(join(functionsFolder, name, "index.ts")),
  ];
  Deno.writeTextFileSync(
    entry,
    modules.map((module) => `import ${JSON.stringify(module.href)};\n`).join(""),
  );
  return entry;
}

/** Reads what one isolate says, and hands the connection to its supervisor. */
async function listenTo(connection: Deno.TcpConn, isolates: Map<string, Isolate>): Promise<void> {
  let isolate: Isolate | undefined;
  try {
    await eachLine(connection.readable, (line) => {
      const message = JSON.parse(line) as FromIsolate;
      if (message.type === "hello") {
        isolate = isolates.get(message.isolate);
        isolate?.connected(connection);
      } else isolate?.told(message);
    });
  } catch {
    // An isolate that was killed: its process says what there is to say.
  }
}

type EndReason = "killed" | "wall_clock" | "early_drop" | "crashed";

class Isolate {
  readonly id = crypto.randomUUID();
  readonly ended: Promise<void>;
  #process: Deno.ChildProcess;
  #connection: Deno.TcpConn | undefined;
  #port = Promise.withResolvers<number>();
  #requests = 0;
  #pending = 0;
  #retired = false;
  #reason: EndReason = "crashed";
  #timers: ReturnType<typeof setTimeout>[] = [];
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly name: string, entry: string, controlPort: number, options: EdgeRuntimeOptions) {
    const passedOn = PASSED_ON.flatMap((variable) => {
      const value = Deno.env.get(variable);
      return value === undefined ? [] : [[variable, value]];
    });
    const child = new Deno.Command(options.denoExecutable, {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--no-lock",
        "--node-modules-dir=none",
        ...(options.importMap === undefined ? [] : [`--import-map=${options.importMap}`]),
        "--allow-net",
        "--allow-env",
        `--v8-flags=--max-old-space-size=${options.memoryMegabytes}`,
        entry,
      ],
      clearEnv: true,
      env: {
        ...Object.fromEntries(passedOn),
        NO_COLOR: "1",
        DENO_NO_UPDATE_CHECK: "1",
        DENO_NO_PACKAGE_JSON: "1",
        ...options.environment,
        EDGE_CONTROL_PORT: String(controlPort),
        EDGE_ISOLATE: this.id,
        EDGE_CLOCK_SKEW: String(options.clockSkewMilliseconds()),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // Out of the terminal's process group: on Ctrl+C the platform ends its isolates itself.
      ...(Deno.build.os === "windows" ? {} : { detached: true }),
    }).spawn();
    this.#process = child;
    const log = (line: string) => options.onLog(line, name);
    const logging = [eachLine(child.stdout, log), eachLine(child.stderr, log)];

    const wallClock = options.wallClockSeconds() * 1000;
    this.#timers = [
      setTimeout(() => this.#retire(), wallClock / 2),
      setTimeout(() => this.#tell({ type: "beforeunload", reason: "wall_clock" }), wallClock * UNLOAD_AT),
      setTimeout(() => void this.kill("wall_clock"), wallClock),
    ];
    this.#port.promise.catch(() => {});
    this.ended = (async () => {
      await child.status;
      this.#retired = true;
      this.#timers.forEach(clearTimeout);
      clearTimeout(this.#idleTimer);
      try {
        this.#connection?.close();
      } catch {
        // Closed already, when its readable side ended.
      }
      await Promise.all(logging);
      this.#port.reject(new Error("The isolate ended"));
      // As the hosted runtime puts it into the function's log.
      log(JSON.stringify({ event: "shutdown", reason: this.#reason }));
    })();
  }

  /** May take new requests. */
  get usable(): boolean {
    return !this.#retired;
  }

  get idle(): boolean {
    return this.load === 0;
  }

  get load(): number {
    return this.#requests + this.#pending;
  }

  connected(connection: Deno.TcpConn): void {
    this.#connection = connection;
  }

  told(message: FromIsolate): void {
    if (message.type === "listening") this.#port.resolve(message.port);
    if (message.type === "pending") {
      this.#pending = message.count;
      this.#whenIdle();
    }
  }

  async call(request: Request): Promise<Response> {
    this.#requests++;
    clearTimeout(this.#idleTimer);
    try {
      let port: number;
      try {
        port = await this.#port.promise;
      } catch {
        if (this.#reason !== "crashed") return this.#endedAmidRequest();
        return error(503, "BOOT_ERROR", "Function failed to start (please check logs)");
      }
      try {
        return await forward(request, port);
      } catch {
        // The connection broke: that was the isolate's end, unless the function closed it by itself.
        if (!await settlesWithin(this.ended, 1000)) {
          return error(500, "WORKER_ERROR", "Function broke off its answer");
        }
        return this.#endedAmidRequest();
      }
    } finally {
      this.#requests--;
      this.#whenIdle();
    }
  }

  async kill(reason: EndReason): Promise<void> {
    this.#retired = true;
    if (this.#reason === "crashed") this.#reason = reason;
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.ended;
  }

  #endedAmidRequest(): Response {
    if (this.#reason === "killed") return error(502, "WORKER_ERROR", "Function was ended");
    return error(
      546,
      "WORKER_LIMIT",
      "Function failed due to not having enough compute resources (please check logs)",
    );
  }

  #retire(): void {
    this.#retired = true;
    this.#whenIdle();
  }

  /** An isolate with nothing to do is ended: at once when it is retired, otherwise unless something comes soon. */
  #whenIdle(): void {
    clearTimeout(this.#idleTimer);
    if (!this.idle) return;
    this.#idleTimer = setTimeout(() => void this.#drop(), this.#retired ? 0 : IDLE_MILLISECONDS);
  }

  async #drop(): Promise<void> {
    this.#retired = true;
    this.#tell({ type: "beforeunload", reason: "early_drop" });
    await pause(UNLOAD_MILLISECONDS);
    await this.kill("early_drop");
  }

  #tell(message: ToIsolate): void {
    this.#connection?.write(new TextEncoder().encode(JSON.stringify(message) + "\n")).catch(() => {});
  }
}

/** Hands a request on to an isolate, whose function sees the path without `/functions/v1`. */
async function forward(request: Request, port: number): Promise<Response> {
  const url = new URL(request.url);
  const headers = new Headers(request.headers);
  for (const name of ["host", "connection", "content-length", "accept-encoding"]) headers.delete(name);
  const body = request.body === null ? null : await request.arrayBuffer();
  const path = url.pathname.replace(/^\/functions\/v1/, "");
  const response = await fetch(`http://127.0.0.1:${port}${path}${url.search}`, {
    method: request.method,
    headers,
    body,
    redirect: "manual",
  });
  const content = await response.arrayBuffer();
  const answered = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding", "connection"]) {
    answered.delete(name);
  }
  const noBody = [101, 204, 205, 304].includes(response.status);
  return new Response(noBody ? null : content, { status: response.status, headers: answered });
}
