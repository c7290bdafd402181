import { KNOWN_BOOKMAKERS } from "../pages/known_bookmakers.ts";
import { leaveOutLongTexts } from "../pages/long_texts.ts";
import { readCourses, readRegions } from "../pages/read_courses.ts";
import { readRacecardsPage } from "../pages/read_racecards.ts";
import { readResultsPage } from "../pages/read_results.ts";
import type { PageRows } from "../pages/rows.ts";
import type { Endpoint, HORSE_PROFILE } from "../racing_api/client.ts";
import { UnknownRegionError } from "./unknown_region_error.ts";

/** A page of any endpoint. */
export interface ReadPage {
  /** How many elements the API has for the request. */
  readonly total: number;
  /** How many of them are on this page, understood or not. */
  readonly raceCount: number;
  readonly rows: PageRows;
}

/** What a chunk says about how its pages are read. */
export interface ReadOptions {
  /**
   * The codes that are pulled, lower case. /courses/regions lists all there are; the others are asked for these
   * alone, and what comes of another one is left out.
   */
  readonly regions: readonly string[];
  readonly captureOdds: boolean;
  readonly captureLongTexts: boolean;
}

/** The endpoints that answer with a page. */
export type PagedEndpoint = Exclude<Endpoint, typeof HORSE_PROFILE>;

/**
 * Turns the body of an endpoint into rows.
 *
 * @throws {UnreadableBodyError} when the body is not what the endpoint answers
 * @throws {UnknownRegionError} when a region that is pulled is not among the API's
 */
export function readPage(
  endpoint: PagedEndpoint,
  body: unknown,
  { regions, captureOdds, captureLongTexts }: ReadOptions,
): ReadPage {
  switch (endpoint) {
    case "/racecards/pro":
      return kept(readRacecardsPage(body, { captureOdds, regions }), captureLongTexts);
    case "/results":
      return kept(readResultsPage(body, { regions }), captureLongTexts);
    case "/courses": {
      const { total, rows } = readCourses(body);
      return { total, raceCount: rows.courses.length, rows };
    }
    case "/courses/regions": {
      const { rows, missing } = readRegions(body, regions);
      if (missing.length > 0) throw new UnknownRegionError(missing, rows.regions.map(({ code }) => code));
      const pulled = rows.regions.filter((region) => regions.includes(region.code));
      // The API has no list of bookmakers: those known by name come along with the first list that it has.
      return {
        total: rows.regions.length,
        raceCount: rows.regions.length,
        rows: { ...rows, regions: pulled, bookmakers: [...KNOWN_BOOKMAKERS] },
      };
    }
  }
}

function kept(page: ReadPage, longTexts: boolean): ReadPage {
  return longTexts ? page : { ...page, rows: leaveOutLongTexts(page.rows) };
}
