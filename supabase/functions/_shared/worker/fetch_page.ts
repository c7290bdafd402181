import type { Clock } from "../clock.ts";
import { HORSE_PROFILE, type RacingApiClient } from "../racing_api/client.ts";
import { RacingApiError } from "../racing_api/racing_api_error.ts";
import type { Chunk, EngineClient, IngestPage } from "./engine_client.ts";
import { fetchLegacy } from "./fetch_legacy.ts";
import { fetchProfiles } from "./fetch_profiles.ts";
import type { IdQueue } from "./id_queue.ts";
import { type Cursor, cursorAfter, OLD_DATABASE, type PageRequest, requestAt } from "./paging.ts";
import { readPage } from "./read_page.ts";

/** What fetching a page needs from outside. */
export interface FetchTools {
  /** Of a feed that asks for ids. */
  readonly ids: IdQueue;
  readonly api: Pick<RacingApiClient, "get">;
  /** Of the old database. */
  readonly engine: Pick<EngineClient, "legacyRows">;
  readonly clock: Clock;
}

/** A page that came and is not stored yet. */
export interface FetchedPage {
  readonly request: PageRequest;
  readonly page: Omit<IngestPage, "apiCalls">;
  readonly raceCount: number;
  readonly busyMilliseconds: number;
  /** What ended the page early. It counts once the page is stored. */
  readonly failure?: unknown;
}

/** The page at a cursor; null when the chunk's pages are all in. */
export async function fetchPage(
  chunk: Chunk,
  cursor: Cursor,
  apiTotal: number | null,
  tools: FetchTools,
  signal: AbortSignal,
): Promise<FetchedPage | null> {
  const request = requestAt(chunk, cursor, apiTotal);
  if (request === null) return null;
  const { endpoint, query } = request;
  if (endpoint === OLD_DATABASE) return await fetchLegacy(chunk, cursor, request, tools, signal);
  if (endpoint === HORSE_PROFILE) return await fetchProfiles(cursor, request, tools, signal);
  const { api, clock } = tools;
  const answer = await api.get(endpoint, query, signal);

  const start = clock.monotonic();
  const { total, raceCount, rows } = readPage(endpoint, answer.body, chunk);
  const busyMilliseconds = answer.busyMilliseconds + clock.monotonic() - start;

  const after = cursorAfter(chunk, cursor, { total, raceCount });
  if (after.day === cursor.day && after.skip === cursor.skip && total > cursor.skip) {
    // Going on would ask for the same page forever.
    throw new RacingApiError(
      `${endpoint} says there are ${total} but sent none after ${cursor.skip}`,
      {
        failureClass: "transient",
        endpoint,
        httpStatus: 200,
        retryAfterSeconds: null,
      },
    );
  }
  return {
    request,
    page: { cursorBefore: cursor, cursorAfter: after, apiTotal: total, rows },
    raceCount,
    busyMilliseconds,
  };
}
