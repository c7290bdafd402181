import type { Clock } from "../clock.ts";
import type { LogFields, Logger } from "../log.ts";
import type { UnknownField } from "../pages/rows.ts";
import { excerpt } from "../pages/unknown_fields.ts";
import { UnreadableBodyError } from "../pages/unreadable_body_error.ts";
import type { RacingApiClient } from "../racing_api/client.ts";
import { RacingApiError } from "../racing_api/racing_api_error.ts";
import { StandBackError } from "../racing_api/stand_back_error.ts";
import type { TimeSheet } from "../time_sheet.ts";
import type { Chunk, EngineClient, Failure, InvocationReport } from "./engine_client.ts";
import { fetchPage } from "./fetch_page.ts";
import { IdQueue } from "./id_queue.ts";
import { LeaseLostError } from "./lease_lost_error.ts";
import { NothingUnderstoodError } from "./nothing_understood_error.ts";
import { requestAt } from "./paging.ts";
import { UnknownRegionError } from "./unknown_region_error.ts";

/** What working on a chunk needs from outside. */
export interface Workshop {
  readonly engine: EngineClient;
  readonly api: Pick<RacingApiClient, "get" | "takeCallCount">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Started with the claim. The API's client counts into it too. */
  readonly times: TimeSheet;
  /** Aborted when the isolate is about to end: the fetch is dropped and the lease given back. */
  readonly retire?: AbortSignal;
}

/** How an invocation left its chunk. */
export type Outcome = "succeeded" | "waiting" | "dead" | "ended" | "yielded" | "lease lost" | "failed";

/** How taking pages ended: they are all in, or it is time to yield and why. */
type Ending = "all in" | "time" | "busy" | "paused" | "retired" | "stood back";

/** What storing pages leaves: how many there were, and the line of the last one while it is not written. */
interface Stored {
  pages: number;
  line?: LogFields;
}

/** Thrown by work in progress when the isolate is about to end. */
const RETIRED = new Error("The isolate is about to be ended");

/**
 * Works on a leased chunk until its pages are all in, its time is up, or it fails; then ends it in the database.
 *
 * The next page is fetched while this one is stored, so that neither waits for the other. Never throws: it reports a
 * failure to the database and to the log. When even that fails, the lease expires and the sweep takes the chunk back.
 */
export async function workOnChunk(chunk: Chunk, workshop: Workshop): Promise<Outcome> {
  const { engine, api, log } = workshop;
  const stored: Stored = { pages: 0 };
  const report = () => reportOf(workshop, stored.pages);
  const writePage = (fields: LogFields = {}): boolean => {
    const { line } = stored;
    if (line === undefined) return false;
    delete stored.line;
    log.info("page stored", { ...line, ...fields });
    return true;
  };
  // In the line of the last page where there is one: the platform keeps 100 lines of a function in 10 s.
  const sayEnd = (ended: string, fields: LogFields) => {
    if (!writePage({ ended, ...fields })) log.info(ended, fields);
  };
  try {
    const ending = await takePages(chunk, workshop, stored);
    if (ending !== "all in") {
      // Standing back is no interruption, however often it happens.
      const progressed = stored.pages > 0 || ending === "stood back";
      await engine.yieldChunk(chunk, api.takeCallCount(), progressed, report());
      sayEnd("yielded", { reason: ending, pages: stored.pages });
      return "yielded";
    }
    const state = await engine.finishChunk(chunk, report());
    sayEnd("finished", { state });
    return state === "succeeded" || state === "dead" || state === "ended" ? state : "waiting";
  } catch (error) {
    writePage();
    if (error instanceof LeaseLostError) {
      // The run was cancelled, or another invocation has the lease.
      log.info("lease lost", { message: error.message });
      return "lease lost";
    }
    const failure = describeFailure(error, log);
    log.error("failed", { ...failure });
    try {
      const state = await engine.failChunk(chunk, failure, api.takeCallCount(), report());
      log.info("gave the chunk back", { state });
    } catch (second) {
      // The lease expires, and the sweep counts an interruption.
      log.error("could not give the chunk back", { message: String(second) });
    }
    return "failed";
  }
}

/** Where the time went so far. The line that is going to say how the invocation ended is counted already. */
export function reportOf({ times, log }: Pick<Workshop, "times" | "log">, pages: number): InvocationReport {
  const seconds = times.seconds();
  return {
    slot_seconds: seconds.slot,
    fetch_seconds: seconds.fetch,
    store_seconds: seconds.store,
    other_seconds: seconds.other,
    pages,
    log_lines: log.lines + 1,
  };
}

/** Fetches and stores page after page, counts them, and leaves the line of the last one for the end of the chunk. */
async function takePages(chunk: Chunk, workshop: Workshop, stored: Stored): Promise<Ending> {
  const { engine, api, clock, log, times, retire } = workshop;
  const start = clock.monotonic();
  const abort = new AbortController();
  const dropFetch = () => abort.abort(RETIRED);
  retire?.addEventListener("abort", dropFetch, { once: true });
  if (retire?.aborted) dropFetch();
  let busyMilliseconds = 0;
  const timeIsUp = (): "time" | "busy" | undefined => {
    if (clock.monotonic() - start >= chunk.stopTakingPagesAfterSeconds * 1000) return "time";
    if (busyMilliseconds >= chunk.stopTakingPagesAfterBusySeconds * 1000) return "busy";
  };

  const tools = { api, clock, engine, ids: new IdQueue(engine, chunk) };
  let next = fetchPage(chunk, chunk.cursor, chunk.apiTotal, tools, abort.signal);
  try {
    while (true) {
      const fetched = await next;
      if (fetched === null) return "all in";
      const { request, page, raceCount } = fetched;
      const unknownFields = page.rows.unknown_fields.map((field) => storedField(field, log));
      const rows = { ...page.rows, unknown_fields: unknownFields };
      busyMilliseconds += fetched.busyMilliseconds;
      const stop = timeIsUp();
      next = stop || fetched.failure !== undefined
        ? Promise.resolve(null)
        : fetchPage(chunk, page.cursorAfter, page.apiTotal, tools, abort.signal);
      // A failure of the prefetch is handled in its turn, after this page is stored.
      next.catch(() => {});

      const storing = clock.monotonic();
      const apiCalls = api.takeCallCount();
      const { goOn, understood } = await times.during(
        "store",
        () => engine.ingestPage(chunk, { ...page, rows, apiCalls }),
      );
      if (!understood) throw new NothingUnderstoodError({ ...request, rejects: page.rows.rejects });
      stored.pages++;
      // One line a page, for its calls too: the platform keeps 100 lines of a function in 10 s, and at the documented
      // rates two a page were more than that. A call that fails has a line of its own.
      const line = {
        endpoint: request.endpoint,
        api_calls: apiCalls,
        day: page.cursorBefore.day,
        skip: page.cursorBefore.skip,
        races: page.rows.races.length,
        runners: page.rows.runners.length,
        horses: page.rows.horses.length,
        rejects: page.rows.rejects.length,
        left_out: page.rows.left_out.length,
        copies: page.rows.copies.length,
        race_count: raceCount,
        api_total: page.apiTotal,
        store_ms: Math.round(clock.monotonic() - storing),
        busy_ms: Math.round(fetched.busyMilliseconds),
      };
      const allIn = requestAt(chunk, page.cursorAfter, page.apiTotal) === null;
      if (fetched.failure === undefined && (allIn || stop !== undefined || !goOn)) {
        stored.line = line;
        return allIn ? "all in" : stop ?? "paused";
      }
      log.info("page stored", line);
      if (fetched.failure !== undefined) throw fetched.failure;
    }
  } catch (error) {
    if (error === RETIRED) return "retired";
    if (error instanceof StandBackError) return "stood back";
    throw error;
  } finally {
    retire?.removeEventListener("abort", dropFetch);
    abort.abort();
  }
}

/**
 * Values of a field that nobody knows yet are shown to operators: without secrets, and cut off only then, because
 * half a secret is not found.
 */
function storedField(field: UnknownField, log: Logger): UnknownField {
  const stored = (value: string | null) => value === null ? null : excerpt(log.redact(value));
  return { ...field, first_value: stored(field.first_value), newest_value: stored(field.newest_value) };
}

/** What `fail_chunk` is told. An unexpected error is tried again: the next version of the code may handle it. */
function describeFailure(error: unknown, log: Logger): Failure {
  const message = log.redact(error instanceof Error ? error.message : String(error)).slice(0, 1000);
  const nothing = { message, endpoint: null, httpStatus: null, retryAfterSeconds: null };
  if (error instanceof RacingApiError) return { ...error.failure, message };
  if (error instanceof UnreadableBodyError) return { ...nothing, failureClass: error.failureClass };
  if (error instanceof NothingUnderstoodError || error instanceof UnknownRegionError) {
    return { ...nothing, failureClass: error.failureClass, endpoint: error.endpoint };
  }
  return { ...nothing, failureClass: "transient" };
}
