import { join, toFileUrl } from "@std/path";
import type { FromIsolate } from "./edge_prelude.ts";
import type { FindFunction, ServedFunction } from "./function_source.ts";
import { Isolate, type IsolateOptions } from "./isolate.ts";
import { runtimeAnswer, startFailure } from "./runtime_answers.ts";
import { eachLine } from "./waiting.ts";

/** A function that does not start, three times in a row. */
export interface FunctionDown {
  readonly functionName: string;
  /** What its isolate said last, at most twenty lines. */
  readonly lastLines: readonly string[];
}

export interface EdgeRuntimeOptions extends IsolateOptions {
  readonly findFunction: FindFunction;
  /** A folder for the isolates' entry modules. */
  readonly folder: string;
  /** Called when a function has failed to start three times in a row, and again after three more. */
  readonly onFunctionDown: (down: FunctionDown) => void;
}

export interface EdgeRuntime {
  call(name: string, request: Request): Promise<Response>;
  /** How many isolates have a request or something in the background to do. */
  busy(): number;
  /** Lets the isolates of a function finish what they do, and starts new ones for its next requests. */
  retire(name: string): void;
  /** Kills all isolates at once, busy ones too. Resolves to how many. */
  kill(): Promise<number>;
  stop(): Promise<void>;
}

/** A function has no more isolates than this for new requests; beyond that they share. */
const MAX_ISOLATES = 6;
/** One failed start may be due to a busy machine; this many are due to the function. */
const STARTS_BEFORE_DOWN = 3;

/**
 * Serves functions as the hosted platform does: in isolates with a wall clock and a limit of memory, kept warm between
 * requests. An isolate is a Deno process here. It takes no new request after half its wall clock, is ended when it then
 * has nothing left to do, and killed at the wall clock even while it works.
 *
 * A request to a function that does not start is answered 503, as on the platform. Here the start is also tried again
 * without a request, and `onFunctionDown` is called after the third failure.
 */
export function startEdgeRuntime(options: EdgeRuntimeOptions): EdgeRuntime {
  const isolates = new Map<string, Isolate>();
  const entries = new Map<string, string>();
  const failedStarts = new Map<string, number>();
  let stopped = false;

  const control = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of control) void listenTo(connection, isolates);
  })();

  // Without a pause between the choice and the start: requests that come together must see each other's isolates.
  const start = (name: string, served: ServedFunction): Isolate => {
    // Written once: another isolate may be reading it.
    const entry = entries.get(served.module) ??
      writeEntry(join(options.folder, `${name}-${entries.size}.ts`), served.module);
    entries.set(served.module, entry);
    const isolate = new Isolate(name, entry, served.flags, control.addr.port, options);
    isolates.set(isolate.id, isolate);
    void isolate.ended.then(() => isolates.delete(isolate.id));
    void watchStart(isolate, served);
    return isolate;
  };

  const watchStart = async (isolate: Isolate, served: ServedFunction): Promise<void> => {
    const { name } = isolate;
    const outcome = await isolate.started;
    if (outcome === "listening") failedStarts.delete(name);
    if (outcome !== "failed" || stopped) return;
    const failed = (failedStarts.get(name) ?? 0) + 1;
    failedStarts.set(name, failed % STARTS_BEFORE_DOWN);
    if (failed < STARTS_BEFORE_DOWN) start(name, served);
    else options.onFunctionDown({ functionName: name, lastLines: isolate.lastLines });
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
      if (stopped) return runtimeAnswer(503, "SERVICE_UNAVAILABLE", "The platform is stopping");
      const served = await options.findFunction(name);
      if (served === undefined) {
        return runtimeAnswer(404, "NOT_FOUND", "Requested function was not found");
      }
      if (served.needsJwt) return runtimeAnswer(401, "UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT");
      let isolate: Isolate;
      try {
        isolate = choose(name) ?? start(name, served);
      } catch (reason) {
        options.onLog(reason instanceof Error ? reason.message : String(reason), name);
        return startFailure();
      }
      return await isolate.call(request);
    },
    busy: () => Array.from(isolates.values()).filter((isolate) => !isolate.idle).length,
    retire(name) {
      for (const isolate of isolates.values()) if (isolate.name === name) isolate.retire();
    },
    kill,
    async stop() {
      stopped = true;
      await kill();
      control.close();
      await accepting;
    },
  };
}

/** The module that an isolate begins with: static imports, because dynamic ones would need the right to read files. */
function writeEntry(entry: string, module: string): string {
  const modules = [new URL("./edge_prelude.ts", import.meta.url), toFileUrl(module)];
  Deno.writeTextFileSync(
    entry,
    modules.map((imported) => `import ${JSON.stringify(imported.href)};\n`).join(""),
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
    // The isolate was killed. Its process's end says so.
  }
}
