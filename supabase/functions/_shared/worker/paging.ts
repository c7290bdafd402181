import { addDays, formatISO, parseISO } from "date-fns";
import { type Endpoint, HORSE_PROFILE } from "../racing_api/client.ts";

/** The feeds, in the order in which a run wants them. */
export const FEEDS = ["masters", "racecards", "results", "horses", "legacy"] as const;
export type Feed = (typeof FEEDS)[number];

/** What the feed legacy reads in the place of an endpoint: the schema with the tables of the old database. */
export const OLD_DATABASE = "legacy_data";

/** Where a chunk goes on; the columns cursor_day and cursor_skip of `backfill_progress`. */
export interface Cursor {
  /** Racecards: the day to pull next. Null for the other feeds. */
  readonly day: string | null;
  /**
   * Results: rows of the period pulled so far. Racecards: rows of the day. Masters: lists pulled. Horses: ids asked
   * for. Legacy: items copied.
   */
  readonly skip: number;
  /** Horses: the id that was asked for last. Legacy: the last item. Null or absent before it, and for other feeds. */
  readonly id?: string | null;
}

/** What of a chunk decides which pages it has. */
export interface ChunkBounds {
  readonly feed: Feed;
  /** First day, inclusive, as YYYY-MM-DD. */
  readonly periodStart: string;
  /** Last day, exclusive. */
  readonly periodEnd: string;
  readonly regions: readonly string[];
  readonly pageLimit: number;
}

/** One request for one page. */
export interface PageRequest {
  readonly endpoint: Endpoint | typeof OLD_DATABASE;
  readonly query: URLSearchParams;
}

/** The lists of the masters feed, in the order of their cursor. */
export const MASTER_LISTS = ["/courses/regions", "/courses"] as const satisfies readonly Endpoint[];

function dayAfter(day: string, days: number): string {
  return formatISO(addDays(parseISO(day), days), { representation: "date" });
}

/**
 * The request for the page at a cursor; null when the chunk's pages are all in.
 *
 * @param apiTotal What the API said it has for the period (results), or how many ids there are (horses); null before
 * the first page.
 */
export function requestAt(bounds: ChunkBounds, cursor: Cursor, apiTotal: number | null): PageRequest | null {
  const query = new URLSearchParams();
  switch (bounds.feed) {
    case "masters": {
      const endpoint = MASTER_LISTS[cursor.skip];
      if (endpoint === undefined) return null;
      if (endpoint === "/courses") bounds.regions.forEach((region) => query.append("region_codes", region));
      return { endpoint, query };
    }
    case "racecards":
      if (cursor.day === null || cursor.day >= bounds.periodEnd) return null;
      query.set("date", cursor.day);
      bounds.regions.forEach((region) => query.append("region_codes", region));
      query.set("limit", String(bounds.pageLimit));
      query.set("skip", String(cursor.skip));
      return { endpoint: "/racecards/pro", query };
    case "results":
      if (apiTotal !== null && cursor.skip >= apiTotal) return null;
      query.set("start_date", bounds.periodStart);
      query.set("end_date", dayAfter(bounds.periodEnd, -1));
      bounds.regions.forEach((region) => query.append("region", region));
      query.set("limit", String(bounds.pageLimit));
      query.set("skip", String(cursor.skip));
      return { endpoint: "/results", query };
    case "horses":
      // A call for each of the next ids, which the database knows.
      return apiTotal !== null && cursor.skip >= apiTotal ? null : { endpoint: HORSE_PROFILE, query };
    case "legacy":
      return apiTotal !== null && cursor.skip >= apiTotal ? null : { endpoint: OLD_DATABASE, query };
  }
}

/**
 * The cursor after a page.
 *
 * @param page `total` as the API said it, `raceCount` the races that the page holds, readable or not: the API may
 * answer with fewer than the limit asked for, so only what came is counted.
 */
export function cursorAfter(
  bounds: ChunkBounds,
  cursor: Cursor,
  page: { readonly total: number; readonly raceCount: number },
): Cursor {
  if (bounds.feed === "masters") return { day: null, skip: cursor.skip + 1 };
  const skip = cursor.skip + page.raceCount;
  if (bounds.feed === "results" || cursor.day === null || skip < page.total) return { day: cursor.day, skip };
  return { day: dayAfter(cursor.day, 1), skip: 0 };
}
