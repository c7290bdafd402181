import { z } from "zod";
import { systemClock } from "../clock.ts";
import {
  type Environment,
  type GetVariable,
  readEnvironment,
  readRacingApiAccount,
  secretsOf,
} from "../environment.ts";
import { createLogger, type Logger } from "../log.ts";
import { MissingSettingError } from "../missing_setting_error.ts";
import { RacingApiClient } from "../racing_api/client.ts";
import { TimeSheet } from "../time_sheet.ts";
import { type Chunk, createEngineClient, type EngineClient, type Failure } from "./engine_client.ts";
import type { Feed } from "./paging.ts";
import { answerPing } from "./ping.ts";
import { isOneOf } from "./same_text.ts";
import { isSignature, judge } from "./signature.ts";
import { reportOf, workOnChunk } from "./work_on_chunk.ts";

/** The part of the platform's runtime that keeps an isolate alive after the answer is sent. */
declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void };

/** The body names the feed. The body of a dispatch also has its id and its expiry. */
const LARGEST_BODY_BYTES = 1024;
/** pg_net waits no longer either. */
const LONGEST_BODY_MILLISECONDS = 5000;

function answer(status: number, body: Record<string, unknown>): Response {
  return Response.json(body, { status });
}

/** Whether the request was sent by hand, with the secret itself. */
function showsSecret(request: Request, workerSecrets: readonly string[]): boolean {
  const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  return isOneOf(given, workerSecrets);
}

/** Reads at most so many bytes, for at most so long; null when there are more, or the body breaks off. */
async function readSmallBody(request: Request): Promise<string | null> {
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), LONGEST_BODY_MILLISECONDS);
  try {
    const decoder = new TextDecoder();
    let text = "";
    for (let length = 0;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      length += value.length;
      if (length > LARGEST_BODY_BYTES) return null;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    void reader.cancel().catch(() => {});
  }
}

/** A request to work on a feed. */
interface Dispatch {
  readonly feed: Feed;
  /** Null for a request by hand. */
  readonly id: number | null;
}

/** A request to say whether the function works. */
interface Ping {
  /** Its id. Null for a request by hand, which only asks whether the secret is known. */
  readonly ping: number | null;
}

/** Why a request is refused. `message` is for the caller, `log` only for the log. */
interface Refusal {
  readonly status: 400 | 401;
  readonly message: string;
  readonly log?: string;
}

const UNAUTHORIZED: Refusal = { status: 401, message: "Unauthorized" };

/** The body as JSON of a form; undefined when it is anything else. */
async function readBody<T>(request: Request, form: z.ZodType<T>): Promise<T | undefined> {
  try {
    return form.safeParse(JSON.parse(await readSmallBody(request) ?? "")).data;
  } catch {
    return undefined;
  }
}

/** Authenticates and reads a request, before the database is asked for anything. */
async function readDispatch(
  request: Request,
  { functionName, feeds, workerSecrets }: {
    functionName: string;
    feeds: readonly Feed[];
    workerSecrets: readonly string[];
  },
): Promise<Dispatch | Ping | Refusal> {
  const feed = z.enum(feeds);
  if (showsSecret(request, workerSecrets)) {
    const body = await readBody(
      request,
      z.union([z.strictObject({ feed }), z.strictObject({ ping: z.literal(true) })]),
    );
    if (body === undefined) {
      return { status: 400, message: `Send {"feed": "${feeds.join('" | "')}"}` };
    }
    return "ping" in body ? { ping: null } : { feed: body.feed, id: null };
  }
  const signature = request.headers.get("x-call-signature");
  if (!isSignature(signature)) return UNAUTHORIZED;
  const count = z.int().positive();
  const body = await readBody(
    request,
    z.union([
      z.strictObject({ feed, dispatch: count, expires: count }),
      z.strictObject({ ping: count, expires: count }),
    ]),
  );
  if (body === undefined) return UNAUTHORIZED;

  const isPing = "ping" in body;
  const [subject, id] = isPing ? ["ping", body.ping] : [body.feed, body.dispatch];
  const now = Date.now();
  const verdict = judge({ functionName, subject, id, expires: body.expires }, signature, workerSecrets, now);
  if (verdict === "good") return isPing ? { ping: id } : { feed: body.feed, id };
  if (verdict === "forged") return UNAUTHORIZED;
  const seconds = Math.round(body.expires - now / 1000);
  return {
    status: 401,
    message:
      `The ${
        isPing ? "ping" : "dispatch"
      } is too old, or the clocks of the database and the function differ; ` +
      "see the function's log",
    log: `The ${
      isPing ? `ping ${id}` : `dispatch ${id} of ${subject}`
    } is ${verdict}: by this machine's clock it ${
      seconds < 0 ? `ran out ${-seconds} s ago` : `runs out in ${seconds} s`
    }. Either it was in transit for minutes, or this clock and the database's differ by more than a minute`,
  };
}

/** Aborts when the platform announces the end of the isolate. */
const retire = new AbortController();
globalThis.addEventListener("beforeunload", () => retire.abort());

async function work(chunk: Chunk, engine: EngineClient, log: Logger, get: GetVariable): Promise<void> {
  const times = new TimeSheet(systemClock);
  try {
    const account = readRacingApiAccount(get);
    const api = new RacingApiClient({
      account,
      budget: engine,
      clock: systemClock,
      fetch: globalThis.fetch,
      onRetry: (error, attempt) => {
        const message = log.redact(error.message);
        log.error("api call failed", { ...error.failure, message, attempt });
        return engine.noteFailedRequest(chunk, error.failure, message, attempt);
      },
      times,
      answerTimeoutSeconds: chunk.answerTimeoutSeconds,
    });
    await workOnChunk(chunk, { engine, api, clock: systemClock, log, times, retire: retire.signal });
  } catch (error) {
    if (!(error instanceof MissingSettingError)) throw error;
    log.error("failed", { message: error.message });
    const failure: Failure = {
      failureClass: error.failureClass,
      message: error.message,
      endpoint: null,
      httpStatus: null,
      retryAfterSeconds: null,
    };
    await engine.failChunk(chunk, failure, 0, reportOf({ times, log }, 0));
  }
}

async function answerInBackground(
  ping: number,
  { environment, feeds, log, get }: {
    environment: Environment;
    feeds: readonly Feed[];
    log: Logger;
    get: GetVariable;
  },
): Promise<void> {
  try {
    await answerPing(ping, {
      desk: createEngineClient(environment, { clock: systemClock, log }),
      feeds,
      readAccount: () => readRacingApiAccount(get),
      clock: systemClock,
      fetch: globalThis.fetch,
      log,
    });
  } catch (error) {
    log.error("ping not answered", { ping, message: error instanceof Error ? error.message : String(error) });
  }
}

/**
 * Serves an Edge Function: authenticates the request, claims a chunk of the feed it names, answers 202 at once and
 * works on.
 *
 * A ping is answered 200 at once, claims nothing, and is reported on through `answer_ping`.
 *
 * SQL signs each dispatch (`X-Call-Signature`, over function, feed, id and expiry). A request by hand carries the
 * worker secret itself (`Authorization: Bearer …`) and has no id.
 *
 * Answers: 401 without one of the two, 405 for other methods than POST, 400 for a body by hand other than `{"feed":
 * …}` and `{"ping": true}`, 200 with `{"claimed": false}` when there is nothing to do, 202 with run, chunk and feed,
 * 500 when a setting is missing (the log says which), 503 when the database can't be reached.
 *
 * @param functionName What the function is deployed as.
 */
export function serve(functionName: string, feeds: readonly Feed[]): void {
  const get: GetVariable = (name) => Deno.env.get(name);
  const log = createLogger(secretsOf(get));

  Deno.serve(async (request) => {
    try {
      if (request.method !== "POST") return answer(405, { message: "Use POST" });
      const environment = readEnvironment(get);
      const { workerSecrets } = environment;
      const dispatch = await readDispatch(request, { functionName, feeds, workerSecrets });
      if ("status" in dispatch) {
        if (dispatch.log !== undefined) log.error("dispatch refused", { message: dispatch.log });
        return answer(dispatch.status, { message: dispatch.message });
      }
      if ("ping" in dispatch) {
        if (dispatch.ping !== null) {
          EdgeRuntime.waitUntil(answerInBackground(dispatch.ping, { environment, feeds, log, get }));
        }
        return answer(200, { pong: functionName });
      }

      const { feed, id } = dispatch;
      const engine = createEngineClient(environment, {
        clock: systemClock,
        log: log.with({ feed, dispatch: id }),
      });
      const claiming = engine.claimChunk(feed, id);
      // The claim waits for a database that restarts, longer than pg_net waits for the answer. The isolate must not end
      // before that.
      EdgeRuntime.waitUntil(claiming.catch(() => {}));
      const chunk = await claiming;
      if (chunk === null) {
        log.info("nothing to claim", { feed, dispatch: id });
        return answer(200, { claimed: false });
      }
      // No line for the claim: engine.invocations has it, and the lines of the pages say which dispatch it was.
      const chunkLog = log.with({ run: chunk.runId, chunk: chunk.id, feed, dispatch: id });
      const chunkEngine = createEngineClient(environment, { clock: systemClock, log: chunkLog });
      EdgeRuntime.waitUntil(work(chunk, chunkEngine, chunkLog, get));
      return answer(202, { run: chunk.runId, chunk: chunk.id, feed });
    } catch (error) {
      log.error("dispatch failed", { message: error instanceof Error ? error.message : String(error) });
      if (error instanceof MissingSettingError) {
        return answer(500, { message: "A setting is missing; see the log" });
      }
      return answer(503, { message: "The database can't be reached; see the log" });
    }
  });
}
