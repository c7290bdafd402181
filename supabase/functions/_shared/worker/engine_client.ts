/**
 * The client of the engine, which is SQL (`supabase/schemas/`): the functions that a worker calls, and how failed calls
 * are repeated.
 */
import { createClient, type PostgrestError } from "@supabase/supabase-js";
import type { Clock } from "../clock.ts";
import type { Database, Json } from "../database_types.ts";
import type { Environment } from "../environment.ts";
import type { Logger } from "../log.ts";
import type { PageRows } from "../pages/rows.ts";
import type { RateBudget } from "../racing_api/client.ts";
import type { FailureClass } from "../racing_api/failure_class.ts";
import type { RacingApiFailure } from "../racing_api/racing_api_error.ts";
import { DatabaseError, type DatabaseFailure } from "./database_error.ts";
import { LeaseLostError } from "./lease_lost_error.ts";
import type { ChunkBounds, Cursor, Feed } from "./paging.ts";
import type { PingDesk } from "./ping.ts";

/** A chunk that this invocation holds the lease of. */
export interface Chunk extends ChunkBounds {
  readonly id: number;
  readonly runId: number;
  readonly leaseToken: string;
  readonly cursor: Cursor;
  /** Results: the API's total for the period as far as known. Horses: how many ids there are. */
  readonly apiTotal: number | null;
  readonly stopTakingPagesAfterSeconds: number;
  readonly stopTakingPagesAfterBusySeconds: number;
  /** How long a call of the API may take. */
  readonly answerTimeoutSeconds: number;
  /** Whether the odds of a card are stored. */
  readonly captureOdds: boolean;
  /** Whether the long texts of cards and results are stored. */
  readonly captureLongTexts: boolean;
}

/** A page ready to be stored. */
export interface IngestPage {
  readonly cursorBefore: Cursor;
  readonly cursorAfter: Cursor;
  readonly apiTotal: number;
  readonly apiCalls: number;
  readonly rows: PageRows;
}

/** What a chunk asks for next. */
export interface NextIds {
  /** In their order, with the day on which each was first seen. Empty: all were asked for. */
  readonly ids: readonly { readonly id: string; readonly seenOn: string }[];
  /** How many are left, these included. */
  readonly left: number;
}

/** What became of a page. */
export interface StoredPage {
  /** False: the run was paused. */
  readonly goOn: boolean;
  /** False: nothing of it could be read. Its rejects are stored, and the cursor stays in front of it. */
  readonly understood: boolean;
}

/** Why an attempt at a chunk failed. */
export interface Failure {
  readonly failureClass: FailureClass;
  /** What happened, without secrets. */
  readonly message: string;
  readonly endpoint: string | null;
  readonly httpStatus: number | null;
  readonly retryAfterSeconds: number | null;
}

/** Where the time of an invocation went, as the endings of a chunk get it. */
export interface InvocationReport {
  readonly slot_seconds: number;
  readonly fetch_seconds: number;
  readonly store_seconds: number;
  readonly other_seconds: number;
  readonly pages: number;
  readonly log_lines: number;
}

/**
 * The engine, as a worker sees it: a method for each SQL function that it calls. What they do to runs and chunks, SQL
 * alone decides.
 */
export interface EngineClient extends RateBudget {
  /**
   * Leases the next chunk of a feed; null when nothing is due, all leases are taken, or the dispatch was answered
   * before.
   * A numbered claim whose answer gets lost is made again, and gets the same lease.
   *
   * @param dispatchId The dispatch's id; null for a request by hand.
   */
  claimChunk(feed: Feed, dispatchId: number | null): Promise<Chunk | null>;
  /** The ids that a chunk asks for behind one of them (null: from the first on). */
  nextIds(chunk: Chunk, afterId: string | null, atMost: number): Promise<NextIds>;
  /** An id that the API surely knows, other than this one; null when there is none. */
  knownId(chunk: Chunk, otherThan?: string): Promise<string | null>;
  /** The rows of the old database that these items are, as SQL has them; null when another feed has work. */
  legacyRows(chunk: Chunk, items: readonly string[]): Promise<unknown>;
  /** Keeps a failed request that is sent again, and renews the lease. */
  noteFailedRequest(chunk: Chunk, failure: RacingApiFailure, message: string, attempt: number): Promise<void>;
  /** Stores a page and moves the cursor in one transaction. */
  ingestPage(chunk: Chunk, page: IngestPage): Promise<StoredPage>;
  /**
   * Ends a chunk whose pages are all in. Resolves to its new state: succeeded, or waiting or dead when races are
   * missing; `ended` when an earlier try ended it and its answer was lost.
   */
  finishChunk(chunk: Chunk, report: InvocationReport): Promise<string>;
  /** Gives a chunk back at its cursor; `progressed` says whether a page was stored since it was claimed. */
  yieldChunk(chunk: Chunk, apiCalls: number, progressed: boolean, report: InvocationReport): Promise<void>;
  /** Ends an attempt that failed. Resolves to the chunk's new state, or to `ended` as above. */
  failChunk(chunk: Chunk, failure: Failure, apiCalls: number, report: InvocationReport): Promise<string>;
}

/** What PostgREST answers for an error that `hold_lease` raised. */
const LEASE_LOST = "PT409";
/** Statement timeout, lock timeout, deadlock: nothing was done, and the next try may pass. */
const ROLLED_BACK = ["57014", "55P03", "40P01"];
/** The most tries: a call that hits the same time limit three times will hit it again. */
const ROLLED_BACK_TRIES = 3;
const ROLLED_BACK_PAUSE_MILLISECONDS = 500;
/**
 * The server is being shut down or started, or a connection of it was lost: by code, because PostgREST answers some
 * with 500, as it does with real faults. Its own codes: no connection, a lost one, no schema cache yet, no free one.
 */
const UNREACHABLE = /^(57P0[1-3]|08...|PGRST00[0-3])$/;
/**
 * A database that restarts is down for seconds, and PostgREST looks for it again after 1, 2, 4 and 8 more. Well within
 * a lease. Giving up earlier would leave the chunk to the sweep, which takes it back two minutes later.
 */
const UNREACHABLE_MILLISECONDS = 20_000;
const UNREACHABLE_PAUSES = { first: 250, longest: 2000 };

interface Answer<T> {
  readonly data: T | null;
  readonly error: PostgrestError | null;
  readonly status: number;
}

async function unwrap<T>(name: string, call: PromiseLike<Answer<T>>): Promise<T> {
  const { data, error, status } = await call;
  if (error) {
    if (error.code === LEASE_LOST) throw new LeaseLostError(error.message);
    const hint = error.hint ? ` (${error.hint})` : "";
    throw new DatabaseError(
      `${name}: ${error.message}${hint}`,
      error.code ?? "",
      failureOf(status, error.code),
    );
  }
  // Void functions answer with no content.
  return data as T;
}

/** @param code Undefined when it is not PostgREST that answers. */
function failureOf(status: number, code: string | undefined): DatabaseFailure {
  if (code !== undefined && ROLLED_BACK.includes(code)) return "rolled back";
  const unreachable =
    // 0: no answer at all. From 502 on something before the database answers.
    status === 0 || status === 429 || status >= 502 ||
    // Each error of the server has a code. One without is of a connection that broke, which PostgREST answers with 400.
    code === "" || code !== undefined && UNREACHABLE.test(code);
  return unreachable ? "unreachable" : "refused";
}

/** What the client needs from outside. */
export interface EngineClientOptions {
  readonly clock: Clock;
  /** Logs each call that is repeated. */
  readonly log: Pick<Logger, "error">;
  readonly fetch?: typeof fetch;
  /** The isolate's time in milliseconds, which a ping reports. Default: `Date.now`. */
  readonly wallClock?: () => number;
}

/**
 * The engine's client, over the project's API.
 *
 * Every call is safe to repeat: a page is known by its cursor, an ending that went through makes the second one a lost
 * lease, and a claim by its dispatch's id and the token that it proposes. Only a claim by hand, which has no id, is
 * not: if its answer is lost, its lease expires by itself.
 */
export function createEngineClient(
  environment: Pick<Environment, "supabaseUrl" | "secretKey">,
  { clock, log, fetch = globalThis.fetch, wallClock = Date.now }: EngineClientOptions,
): EngineClient & PingDesk {
  const client = createClient<Database>(environment.supabaseUrl, environment.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch },
  });

  /** Makes a call until it goes through, or is not worth another try. */
  async function repeat<T>(name: string, call: () => PromiseLike<Answer<T>>): Promise<T> {
    let rolledBack = 0;
    let unreachable = 0;
    let giveUpAt = Infinity;
    for (let attempt = 1;; attempt++) {
      try {
        return await unwrap(name, call());
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        let pause: number;
        if (error.failure === "unreachable") {
          giveUpAt = Math.min(giveUpAt, clock.monotonic() + UNREACHABLE_MILLISECONDS);
          pause = Math.min(UNREACHABLE_PAUSES.first * 2 ** unreachable++, UNREACHABLE_PAUSES.longest);
          if (clock.monotonic() + pause > giveUpAt) throw error;
        } else {
          if (error.failure === "refused" || ++rolledBack === ROLLED_BACK_TRIES) throw error;
          pause = ROLLED_BACK_PAUSE_MILLISECONDS * rolledBack;
        }
        log.error("database call repeated", { name, attempt, message: error.message });
        await clock.sleep(pause);
      }
    }
  }

  /** An ending: when the lease is lost at a second try, the first one went through and its answer was lost. */
  async function end<T>(name: string, call: () => PromiseLike<Answer<T>>): Promise<T | "ended"> {
    let tries = 0;
    try {
      return await repeat(name, () => (tries++, call()));
    } catch (error) {
      if (error instanceof LeaseLostError && tries > 1) return "ended";
      throw error;
    }
  }

  const lease = (chunk: Chunk) => ({ chunk_id: chunk.id, lease_token: chunk.leaseToken });

  return {
    acceptPing: (id) =>
      repeat(
        "answer_ping",
        () => client.rpc("answer_ping", { ping_id: id, function_clock: new Date(wallClock()).toISOString() }),
      ),
    async reportAccount(id, { account, endpoint, httpStatus, message }) {
      await repeat("answer_ping", () =>
        client.rpc("answer_ping", {
          ping_id: id,
          function_clock: new Date(wallClock()).toISOString(),
          account,
          api_endpoint: endpoint,
          ...(httpStatus === null ? {} : { api_status: httpStatus }),
          ...(message === null ? {} : { api_message: message }),
        }));
    },
    reserveSlot: (endpoint) => repeat("reserve_slot", () => client.rpc("reserve_slot", { endpoint })),
    async pushBackSlots(endpoint, seconds) {
      await repeat("push_back_slots", () => client.rpc("push_back_slots", { endpoint, seconds }));
    },
    async claimChunk(feed, dispatchId) {
      const claim = dispatchId === null
        ? { feed }
        : { feed, dispatch_id: dispatchId, proposed_token: crypto.randomUUID() };
      const call = () => client.rpc("claim_chunk", claim);
      // Without an id a repetition would be a new claim.
      const [row] = await (dispatchId === null ? unwrap("claim_chunk", call()) : repeat("claim_chunk", call));
      if (row === undefined) return null;
      return {
        id: row.chunk_id,
        runId: row.run_id,
        feed,
        leaseToken: row.lease_token,
        periodStart: row.period_start,
        periodEnd: row.period_end,
        cursor: { day: row.cursor_day, skip: row.cursor_skip, id: row.cursor_id },
        apiTotal: row.api_total,
        regions: row.regions,
        pageLimit: row.page_limit,
        stopTakingPagesAfterSeconds: row.stop_taking_pages_after_seconds,
        stopTakingPagesAfterBusySeconds: row.stop_taking_pages_after_busy_seconds,
        answerTimeoutSeconds: row.answer_timeout_seconds,
        captureOdds: row.capture_odds,
        captureLongTexts: row.capture_long_texts,
      };
    },
    async nextIds(chunk, afterId, atMost) {
      const rows = await repeat(
        "next_ids",
        () => client.rpc("next_ids", { ...lease(chunk), after_id: afterId ?? "", at_most: atMost }),
      );
      return { ids: rows.map(({ id, seen_on }) => ({ id, seenOn: seen_on })), left: rows[0]?.ids_left ?? 0 };
    },
    async knownId(chunk, otherThan) {
      const other = otherThan === undefined ? {} : { other_than: otherThan };
      return await repeat("known_id", () => client.rpc("known_id", { ...lease(chunk), ...other }));
    },
    async legacyRows(chunk, items) {
      return await repeat(
        "legacy_rows_of",
        () => client.rpc("legacy_rows_of", { ...lease(chunk), items: [...items] }),
      );
    },
    async noteFailedRequest(chunk, { endpoint, httpStatus }, message, attempt) {
      await repeat("note_failed_request", () =>
        client.rpc("note_failed_request", {
          ...lease(chunk),
          message,
          endpoint,
          attempt,
          ...(httpStatus === null ? {} : { http_status: httpStatus }),
        }));
    },
    async ingestPage(chunk, { cursorBefore, cursorAfter, apiTotal, apiCalls, rows }) {
      const page = {
        ...rows,
        cursor_before: cursorBefore,
        cursor_after: cursorAfter,
        api_total: apiTotal,
        api_calls: apiCalls,
      };
      const [stored] = await repeat(
        "ingest_page",
        () => client.rpc("ingest_page", { ...lease(chunk), page: page as unknown as Json }),
      );
      return { goOn: stored?.go_on ?? false, understood: stored?.understood ?? true };
    },
    finishChunk: (chunk, report) =>
      end("finish_chunk", () => client.rpc("finish_chunk", { ...lease(chunk), report: { ...report } })),
    async yieldChunk(chunk, apiCalls, progressed, report) {
      await end("yield_chunk", () =>
        client.rpc("yield_chunk", {
          ...lease(chunk),
          api_calls: apiCalls,
          progressed,
          report: { ...report },
        }));
    },
    failChunk: (chunk, failure, apiCalls, report) =>
      end("fail_chunk", () =>
        client.rpc("fail_chunk", {
          ...lease(chunk),
          failure_class: failure.failureClass,
          message: failure.message,
          api_calls: apiCalls,
          report: { ...report },
          ...(failure.endpoint === null ? {} : { endpoint: failure.endpoint }),
          ...(failure.httpStatus === null ? {} : { http_status: failure.httpStatus }),
          ...(failure.retryAfterSeconds === null ? {} : { retry_after_seconds: failure.retryAfterSeconds }),
        })),
  };
}
