/** A stand-in for The Racing API on loopback: same paths, same errors, same rates, generated or replayed races. */

import { breakOff, BrokenOnPurpose } from "../platform/broken_answer.ts";
import { type Answer, blocked, problem, respond } from "./answers.ts";
import { answer, endpointOf, type Plan, planLacking } from "./endpoints.ts";
import { World } from "./generator/world.ts";
import { RateLimits, type Verdict } from "./rates.ts";
import { loadReplay, type ReplaySummary } from "./replay.ts";
import { type ScriptedEvent, withScenario } from "./scenario.ts";

export type { ReplaySummary } from "./replay.ts";

/** How to run the simulated API. */
export interface SimulatedApiOptions {
  /** The same seed always gives the same races. */
  readonly seed: number;
  /** Multiplies every rate: 1 is the real API, 20 answers 40 cards a second. */
  readonly speed: number;
  readonly username: string;
  readonly password: string;
  /** Decides which races are over; the system clock by default. */
  readonly now?: (() => Date) | undefined;
  /** Serves the captured responses of this folder instead of generated races. */
  readonly replayFolder?: string | undefined;
  /** Scripted events for these races. Default: none. */
  readonly scenario?: readonly ScriptedEvent[] | undefined;
  /** 0 or absent: a free one. */
  readonly port?: number | undefined;
  /** Milliseconds that never jump, for rates and the call log; `performance.now` by default. */
  readonly monotonic?: (() => number) | undefined;
}

/** One request that arrived. */
export interface ApiCall {
  /** Arrival in monotonic milliseconds. */
  readonly at: number;
  /** `/results`, `/results/{race_id}`: the name that its rate goes by. */
  readonly endpoint: string;
  /** `/results/rac_1`: what was asked. */
  readonly path: string;
  readonly query: string;
  /** 0 until the answer is sent. */
  readonly status: number;
  /** Of the body on the wire. */
  readonly bytes: number;
  /** From its arrival until its answer was sent. */
  readonly milliseconds: number;
  /** The verdict by the rates, whatever the answer was. */
  readonly verdict: Verdict["kind"];
  /** What was forgiven of the second that it was counted in: jitter, and what this process itself delayed. */
  readonly forgivenMilliseconds: number;
}

/** What a fault hook is told: the n-th call (from 1) of an endpoint. */
export interface FaultedCall {
  readonly endpoint: string;
  readonly path: string;
  readonly query: string;
  readonly n: number;
}

/**
 * A fault to answer with. Without a body, status 200 gives the true answer, late with `delayMs`, cut in the middle
 * with `truncate`, cut in the middle by a broken connection with `breakOff`; any other status gives an empty body.
 */
export interface Fault {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly delayMs?: number;
  readonly truncate?: boolean;
  readonly breakOff?: boolean;
}

/** Asked before each answer; undefined lets it through. */
export type Faults = (call: FaultedCall) => Fault | undefined;

/** A running simulated API. */
export interface SimulatedApi {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly calls: () => readonly ApiCall[];
  /** Replace it to make calls fail. */
  faults: Faults;
  /** The account's plan: what a lower one lacks is answered with 401. Default: Pro. */
  plan: Plan;
  /** What the replay folder holds; undefined when races are generated. */
  readonly replaySummary: ReplaySummary | undefined;
  close(): Promise<void>;
}

const defaultMonotonic = () => performance.now();

/** Starts the simulated API on 127.0.0.1. */
export async function startSimulatedApi(options: SimulatedApiOptions): Promise<SimulatedApi> {
  if (!(options.speed > 0)) {
    throw new RangeError(
      `Cannot start the simulated API as 'speed' must be positive: it is ${options.speed}`,
    );
  }
  const replay = options.replayFolder === undefined ? undefined : await loadReplay(options.replayFolder);
  const source = withScenario(replay?.source ?? new World(options.seed), options.scenario ?? []);
  const now = options.now ?? (() => new Date());
  const monotonic = options.monotonic ?? defaultMonotonic;
  const limits = new RateLimits(options.speed);
  const calls: { -readonly [K in keyof ApiCall]: ApiCall[K] }[] = [];
  const callsOf = new Map<string, number>();
  const credentials = `Basic ${encodeBase64(`${options.username}:${options.password}`)}`;
  let refusals = 0;

  function decide(request: Request, path: string, query: URLSearchParams, verdict: Verdict): Answer {
    if (verdict.kind === "blocked") return blocked(verdict.secondsLeft);
    if (request.headers.get("authorization") !== credentials) {
      return problem(401, "Incorrect username or password", { "www-authenticate": "Basic" });
    }
    const lacking = planLacking(endpointOf(path), api.plan);
    if (lacking !== undefined) return problem(401, `${lacking} Plan required`);
    if (verdict.kind === "too fast") {
      // Clients rarely saw the header; now and then it is there.
      const headers: Record<string, string> = ++refusals % 5 === 0 ? { "retry-after": "1" } : {};
      return problem(429, "Rate limit exceeded", headers);
    }
    if (request.method !== "GET") return problem(405, "Method Not Allowed", { allow: "GET" });
    return answer(source, path, query, now().getTime());
  }

  async function handle(request: Request): Promise<Response> {
    const at = monotonic();
    const url = new URL(request.url);
    const path = url.pathname.startsWith("/v1/") ? url.pathname.slice(3) : url.pathname;
    const endpoint = url.pathname.startsWith("/v1/") ? endpointOf(path) : "outside /v1";
    const n = (callsOf.get(endpoint) ?? 0) + 1;
    callsOf.set(endpoint, n);
    const verdict = limits.arrive(endpoint, at);
    const { kind, forgivenMilliseconds } = verdict;
    const query = url.search.slice(1);
    const call = {
      ...{ at, endpoint, path, query },
      ...{ status: 0, bytes: 0, milliseconds: 0 },
      ...{ verdict: kind, forgivenMilliseconds },
    };
    calls.push(call);
    let decided = decide(request, endpoint === "outside /v1" ? "" : path, url.searchParams, verdict);
    const fault = api.faults({ endpoint, path, query: call.query, n });
    if (fault) decided = applyFault(fault, decided);
    const { response, bytes } = respond(decided, request);
    limits.stalled(at, monotonic() - at);
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    call.status = response.status;
    call.bytes = bytes;
    call.milliseconds = monotonic() - at;
    return fault?.breakOff ? breakOff(response) : response;
  }

  const server = listen(options.port ?? 0, handle);
  const watch = watchForStalls(limits, monotonic);
  const api: SimulatedApi = {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    calls: () => calls,
    faults: () => undefined,
    plan: "Pro",
    replaySummary: replay?.summary,
    close: async () => {
      clearInterval(watch);
      await server.shutdown();
    },
  };
  return api;
}

/**
 * On a machine that shares two cores with a database this process is sometimes delayed. Requests that kept their
 * distance then arrive together. A timer that fires late shows such a delay.
 */
function watchForStalls(limits: RateLimits, monotonic: () => number): ReturnType<typeof setInterval> {
  const interval = 25;
  let last = monotonic();
  return setInterval(() => {
    const at = monotonic();
    const late = at - last - interval;
    // With a clock that tests move by hand, a jump is no stall.
    if (late > 5 && monotonic === defaultMonotonic) limits.stalled(at, late);
    last = at;
  }, interval);
}

function listen(port: number, handle: (request: Request) => Promise<Response>) {
  try {
    return Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen: () => {},
      onError: (error) => {
        if (!(error instanceof BrokenOnPurpose)) console.error("The simulated API failed to answer:", error);
        return new Response(JSON.stringify({ detail: "Internal Server Error" }), { status: 500 });
      },
    }, handle);
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new Error(
        `Cannot start the simulated API as port ${port} is in use: stop what listens there or choose another port`,
        { cause },
      );
    }
    throw cause;
  }
}

function applyFault(fault: Fault, real: Answer): Answer {
  const trueAnswer = fault.status === 200 && fault.body === undefined;
  const body = trueAnswer ? real.body : fault.body ?? "";
  return {
    status: trueAnswer ? real.status : fault.status,
    body: fault.truncate ? body.slice(0, Math.floor(body.length / 2)) : body,
    headers: { ...(trueAnswer ? real.headers : {}), ...fault.headers },
  };
}

function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
