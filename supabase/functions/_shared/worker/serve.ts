import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { systemClock } from "../clock.ts";
import { type GetVariable, readEnvironment, readRacingApiAccount, secretsOf } from "../environment.ts";
import { MissingSettingError } from "../errors/missing_setting_error.ts";
import { createLogger, type Logger } from "../log.ts";
import { RacingApiClient } from "../racing_api/client.ts";
import { type Chunk, connectEngine, type Engine } from "./database.ts";
import type { Feed } from "./paging.ts";
import { workOnChunk } from "./work_on_chunk.ts";

/** The part of the platform's runtime that keeps an isolate alive after the answer is sent. */
interface EdgeRuntime {
  waitUntil(promise: Promise<unknown>): void;
}

/** A call's body says the feed and the call's number. */
const LARGEST_BODY_BYTES = 1024;

function answer(status: number, body: Record<string, unknown>): Response {
  return Response.json(body, { status });
}

/** Compares in constant time: hashes are of equal length, whatever came. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const hash = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return timingSafeEqual(await hash(given), await hash(expected));
}

async function isAuthorized(request: Request, workerSecret: string): Promise<boolean> {
  const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  return await isSame(given, workerSecret);
}

/** Reads at most so many bytes; null when there are more. */
async function readSmallBody(request: Request): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > LARGEST_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text();
}

/** What a call asks for. */
interface Call<F extends Feed> {
  readonly feed: F;
  /** Null when somebody calls by hand. */
  readonly id: number | null;
}

async function readCall<F extends Feed>(
  request: Request,
  feeds: readonly [F, ...F[]],
): Promise<Call<F> | null> {
  const body = await readSmallBody(request).catch(() => null);
  if (body === null) return null;
  try {
    const { data } = z.strictObject({ feed: z.enum(feeds), call: z.int().positive().optional() })
      .safeParse(JSON.parse(body));
    return data === undefined ? null : { feed: data.feed as F, id: data.call ?? null };
  } catch {
    return null;
  }
}

/** Aborts when the platform announces the end of the isolate. */
const retire = new AbortController();
globalThis.addEventListener("beforeunload", () => retire.abort());

async function work(chunk: Chunk, engine: Engine, log: Logger, get: GetVariable): Promise<void> {
  try {
    const account = readRacingApiAccount(get);
    const api = new RacingApiClient({
      account,
      budget: engine,
      clock: systemClock,
      fetch: globalThis.fetch,
      onCall: (endpoint, outcome) => log.info("api call", { endpoint, outcome }),
      onRetry: (error, attempt) => {
        const message = log.redact(error.message);
        log.error("api call failed", { ...error.failure, message, attempt });
        return engine.noteFailedRequest(chunk, error.failure, message, attempt);
      },
      answerTimeoutSeconds: chunk.answerTimeoutSeconds,
    });
    await workOnChunk(chunk, { engine, api, clock: systemClock, log, retire: retire.signal });
  } catch (error) {
    if (!(error instanceof MissingSettingError)) throw error;
    log.error("failed", { message: error.message });
    await engine.failChunk(chunk, {
      failureClass: "account",
      message: error.message,
      endpoint: null,
      httpStatus: null,
      retryAfterSeconds: null,
    }, 0);
  }
}

/**
 * Serves an Edge Function: authenticates the call, claims a chunk of the feed it names, answers 202 at once and works on.
 *
 * Answers: 401 without the worker secret, 405 for other methods than POST, 400 for a body other than `{"feed": …}` with or
 * without the `call` that SQL numbers its calls by, 200 with `{"claimed": false}` when there is nothing to do, 202 with run,
 * chunk and feed, 500 when a setting is missing (the log says which), 503 when the database can't be reached.
 */
export function serve<F extends Feed>(feeds: readonly [F, ...F[]]): void {
  const get: GetVariable = (name) => Deno.env.get(name);
  const runtime = (globalThis as unknown as { EdgeRuntime: EdgeRuntime }).EdgeRuntime;
  const log = createLogger(secretsOf(get));

  Deno.serve(async (request) => {
    try {
      if (request.method !== "POST") return answer(405, { message: "Use POST" });
      const environment = readEnvironment(get);
      if (!await isAuthorized(request, environment.workerSecret)) {
        return answer(401, { message: "Unauthorized" });
      }
      const call = await readCall(request, feeds);
      if (call === null) return answer(400, { message: `Send {"feed": "${feeds.join('" | "')}"}` });

      const { feed, id } = call;
      const engine = connectEngine(environment, { clock: systemClock, log: log.with({ feed, call: id }) });
      const chunk = await engine.claimChunk(feed, id);
      if (chunk === null) {
        log.info("nothing to claim", { feed, call: id });
        return answer(200, { claimed: false });
      }
      const chunkLog = log.with({ run: chunk.runId, chunk: chunk.id, feed });
      chunkLog.info("claimed", {
        call: id,
        period_start: chunk.periodStart,
        period_end: chunk.periodEnd,
        ...chunk.cursor,
      });
      const chunkEngine = connectEngine(environment, { clock: systemClock, log: chunkLog });
      runtime.waitUntil(work(chunk, chunkEngine, chunkLog, get));
      return answer(202, { run: chunk.runId, chunk: chunk.id, feed });
    } catch (error) {
      log.error("call failed", { message: error instanceof Error ? error.message : String(error) });
      if (error instanceof MissingSettingError) {
        return answer(500, { message: "A setting is missing; see the log" });
      }
      return answer(503, { message: "The database can't be reached; see the log" });
    }
  });
}
