/**
 * Loaded into each isolate before the function: makes a plain Deno process look like the hosted edge runtime.
 *
 * It talks to its supervisor over one connection, a line of JSON a message. When that connection ends, so does the
 * process: no isolate outlives its platform, however that ended. Runs on Deno 2.1.4 as well.
 */

/** What an isolate tells its supervisor. */
export type FromIsolate =
  | { type: "hello"; isolate: string }
  | { type: "listening"; port: number }
  | { type: "pending"; count: number };

/** What a supervisor tells its isolate. */
export type ToIsolate = { type: "beforeunload"; reason: string };

const controlPort = Number(Deno.env.get("EDGE_CONTROL_PORT"));
const isolate = Deno.env.get("EDGE_ISOLATE") ?? "";
const clockSkew = Number(Deno.env.get("EDGE_CLOCK_SKEW") ?? 0);
for (const name of ["EDGE_CONTROL_PORT", "EDGE_ISOLATE", "EDGE_CLOCK_SKEW"]) Deno.env.delete(name);
if (clockSkew !== 0) setClockWrong(clockSkew);

// No top-level await: modules imported beside this one would be evaluated before it was done.
const connection = Deno.connect({ hostname: "127.0.0.1", port: controlPort });
let sending: Promise<unknown> = connection;
tell({ type: "hello", isolate });
connection.then(obey, leave);

function tell(message: FromIsolate): void {
  const line = new TextEncoder().encode(JSON.stringify(message) + "\n");
  sending = sending.then(async () => {
    const connected = await connection;
    for (let sent = 0; sent < line.length;) sent += await connected.write(line.subarray(sent));
  }).catch(leave);
}

async function obey(connected: Deno.TcpConn): Promise<void> {
  try {
    let rest = "";
    for await (const text of connected.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const message = JSON.parse(line) as ToIsolate;
        globalThis.dispatchEvent(new CustomEvent("beforeunload", { detail: { reason: message.reason } }));
      }
    }
  } catch {
    // A broken connection is the same as a closed one.
  }
  leave();
}

/** Makes the wall clock of this isolate wrong. What measures durations (`performance.now`, timers) stays right. */
function setClockWrong(milliseconds: number): void {
  const RightDate = Date;
  const now = () => RightDate.now() + milliseconds;
  const WrongDate = new Proxy(RightDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new RightDate(now()).toString(),
    get: (target, name, receiver) => name === "now" ? now : Reflect.get(target, name, receiver),
  });
  RightDate.prototype.constructor = WrongDate;
  globalThis.Date = WrongDate;
  console.log(JSON.stringify({ event: "wrong clock", milliseconds: Date.now() - RightDate.now() }));
}

function leave(): never {
  Deno.exit(0);
}

let pending = 0;

Object.defineProperty(globalThis, "EdgeRuntime", {
  value: {
    waitUntil<T>(promise: Promise<T>): Promise<T> {
      tell({ type: "pending", count: ++pending });
      Promise.resolve(promise)
        .catch((error) => console.error("Error in EdgeRuntime.waitUntil:", error))
        .finally(() => tell({ type: "pending", count: --pending }));
      return promise;
    },
  },
});

type Handler = Deno.ServeHandler<Deno.NetAddr>;
const serve: typeof Deno.serve = Deno.serve;

Object.defineProperty(Deno, "serve", {
  value: (first: Handler | (Deno.ServeTcpOptions & { handler?: Handler }), second?: Handler) => {
    const handler = typeof first === "function" ? first : second ?? first.handler;
    if (handler === undefined) throw new TypeError("Deno.serve() needs a handler");
    const server = serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
    tell({ type: "listening", port: server.addr.port });
    return server;
  },
});
