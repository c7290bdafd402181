import type { FromIsolate, ToIsolate } from "./edge_prelude.ts";
import { passedOn } from "../../command_line/child_environment.ts";
import type { ServedFunction } from "./function_source.ts";
import { runtimeAnswer, startFailure } from "./runtime_answers.ts";
import { eachLine, pause, settlesWithin } from "./waiting.ts";

/**
 * What an isolate does: it begins to work, has answered a request, and ends when it has nothing left to do, in the
 * background neither.
 */
export interface IsolateWork {
  readonly functionName: string;
  /** Its process. */
  readonly pid: number;
  readonly does: "begin" | "answer" | "end";
  /** Of an answer. */
  readonly status?: number;
}

export interface IsolateOptions {
  /** The deno that runs the functions. */
  readonly denoExecutable: string;
  /** What a function finds in `Deno.env`, in addition to what Deno itself needs. Asked for each new isolate. */
  readonly environment: () => Readonly<Record<string, string>>;
  /** Asked for each new isolate. */
  readonly wallClockSeconds: () => number;
  /** By how much the wall clock of a new isolate is wrong. */
  readonly clockSkewMilliseconds: () => number;
  readonly memoryMegabytes: number;
  /** An isolate that does not listen by then is ended. */
  readonly startSeconds: number;
  readonly onLog: (line: string, functionName: string) => void;
  readonly onWork?: ((work: IsolateWork) => void) | undefined;
}

/** An isolate that has nothing to do is ended after this. */
const IDLE_MILLISECONDS = 20_000;
/** `beforeunload` comes when this share of the wall clock has gone by. */
const UNLOAD_AT = 0.9;
/** An isolate that is ended early has this long for its `beforeunload` listeners. */
const UNLOAD_MILLISECONDS = 200;
/** How many of an isolate's last lines are kept. */
const LINES_KEPT = 20;

/** Why an isolate ended. */
type EndReason = "killed" | "wall_clock" | "early_drop" | "crashed" | "start_timeout";

/** What became of an isolate's start: it listens, it failed, or it was killed before either. */
export type StartOutcome = "listening" | "failed" | "killed";

/** One function in a Deno process of its own, with a wall clock and a limit of memory. */
export class Isolate {
  readonly id = crypto.randomUUID();
  readonly ended: Promise<void>;
  readonly started: Promise<StartOutcome>;
  readonly #process: Deno.ChildProcess;
  #connection: Deno.TcpConn | undefined;
  readonly #port = Promise.withResolvers<number>();
  #requests = 0;
  #pending = 0;
  #retired = false;
  #reason: EndReason = "crashed";
  #timers: ReturnType<typeof setTimeout>[] = [];
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #lastLines: string[] = [];
  #works = false;
  readonly #onWork: (work: Omit<IsolateWork, "functionName" | "pid">) => void;

  /**
   * @param entry The module that it begins with.
   * @param flags How Deno finds what that imports.
   * @param controlPort Where the supervisor of this isolate listens.
   */
  constructor(
    readonly name: string,
    entry: string,
    flags: ServedFunction["flags"],
    controlPort: number,
    options: IsolateOptions,
  ) {
    const child = new Deno.Command(options.denoExecutable, {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        ...flags.args,
        "--allow-net",
        "--allow-env",
        `--v8-flags=--max-old-space-size=${options.memoryMegabytes}`,
        entry,
      ],
      clearEnv: true,
      env: {
        ...passedOn(),
        ...flags.environment,
        NO_COLOR: "1",
        DENO_NO_UPDATE_CHECK: "1",
        DENO_NO_PACKAGE_JSON: "1",
        ...options.environment(),
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
    this.#onWork = (work) => options.onWork?.({ functionName: name, pid: child.pid, ...work });
    const log = (line: string) => options.onLog(line, name);
    const hear = (line: string) => {
      this.#lastLines.push(line);
      if (this.#lastLines.length > LINES_KEPT) this.#lastLines.shift();
      log(line);
    };
    const logging = [eachLine(child.stdout, hear), eachLine(child.stderr, hear)];

    const wallClock = options.wallClockSeconds() * 1000;
    const startTimer = setTimeout(() => void this.kill("start_timeout"), options.startSeconds * 1000);
    this.#timers = [
      startTimer,
      setTimeout(() => this.retire(), wallClock / 2),
      setTimeout(() => this.#tell({ type: "beforeunload", reason: "wall_clock" }), wallClock * UNLOAD_AT),
      setTimeout(() => void this.kill("wall_clock"), wallClock),
    ];
    this.started = this.#port.promise.then(
      () => {
        clearTimeout(startTimer);
        return "listening";
      },
      () => ["killed", "early_drop"].includes(this.#reason) ? "killed" : "failed",
    );
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

  /** What it said last, at most twenty lines. */
  get lastLines(): readonly string[] {
    return this.#reason === "start_timeout"
      ? [...this.#lastLines, "(It was ended, because it listened to nothing.)"]
      : this.#lastLines;
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
      if (message.count > 0) this.#begin();
      this.#whenIdle();
    }
  }

  async call(request: Request): Promise<Response> {
    this.#requests++;
    clearTimeout(this.#idleTimer);
    try {
      const outcome = await this.started;
      if (outcome === "failed") return startFailure();
      if (outcome === "killed") return this.#endedDuringRequest();
      this.#begin();
      try {
        const response = await forward(request, await this.#port.promise);
        this.#onWork({ does: "answer", status: response.status });
        return response;
      } catch {
        // The connection broke: that was the isolate's end, unless the function closed it by itself.
        if (!await settlesWithin(this.ended, 1000)) {
          return runtimeAnswer(500, "WORKER_ERROR", "Function broke off its answer");
        }
        return this.#endedDuringRequest();
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

  #begin(): void {
    if (this.#works) return;
    this.#works = true;
    this.#onWork({ does: "begin" });
  }

  #endedDuringRequest(): Response {
    if (this.#reason === "killed") return runtimeAnswer(502, "WORKER_ERROR", "Function was ended");
    return runtimeAnswer(
      546,
      "WORKER_LIMIT",
      "Function failed due to not having enough compute resources (please check logs)",
    );
  }

  /** Lets it finish what it does, and gives it no new request. */
  retire(): void {
    this.#retired = true;
    this.#whenIdle();
  }

  /** Ends an isolate with nothing to do: at once when it is retired, otherwise unless a request comes soon. */
  #whenIdle(): void {
    clearTimeout(this.#idleTimer);
    if (!this.idle) return;
    if (this.#works) {
      this.#works = false;
      this.#onWork({ does: "end" });
    }
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

/** Forwards a request to an isolate, whose function sees the path without `/functions/v1`. */
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
