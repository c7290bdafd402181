import { type ProfileAnswer, readProfiles } from "../pages/read_profiles.ts";
import { HORSE_PROFILE } from "../racing_api/client.ts";
import { RacingApiError } from "../racing_api/racing_api_error.ts";
import type { FetchedPage, FetchTools } from "./fetch_page.ts";
import type { IdQueue } from "./id_queue.ts";
import type { Cursor, PageRequest } from "./paging.ts";

/** A page is stored after this time with what it has, so that slow answers never outlast the lease. */
const LONGEST_PAGE_MILLISECONDS = 10_000;

/**
 * The profiles of the next horses, a call each, as one page; null when all were asked for.
 *
 * A call that fails ends the page in front of its horse, so that what came before it is stored first.
 */
export async function fetchProfiles(
  cursor: Cursor,
  request: PageRequest,
  { ids: queue, api, clock }: FetchTools,
  signal: AbortSignal,
): Promise<FetchedPage | null> {
  const { ids, left } = await queue.next(cursor.id ?? null);
  if (ids.length === 0) return null;
  const begin = clock.monotonic();
  const answers: ProfileAnswer[] = [];
  let busyMilliseconds = 0;
  let failure: unknown;
  for (const { id, seenOn } of ids) {
    if (answers.length > 0 && clock.monotonic() - begin >= LONGEST_PAGE_MILLISECONDS) break;
    try {
      const answer = await api.get(HORSE_PROFILE, request.query, signal, id);
      busyMilliseconds += answer.busyMilliseconds;
      answers.push({ id, seenOn, body: answer.body });
    } catch (error) {
      if (isUnknown(error)) answers.push({ id, seenOn, body: null });
      else if (answers.length === 0) throw error;
      else {
        failure = error;
        break;
      }
    }
  }
  if (answers.some(({ body }) => body !== null)) queue.hasKnownOne = true;
  if (!queue.hasKnownOne) {
    busyMilliseconds += await refuseIfGone(answers.length, request, { queue, api }, signal);
  }
  queue.done(answers.length);

  const start = clock.monotonic();
  const rows = readProfiles(answers);
  busyMilliseconds += clock.monotonic() - start;
  return {
    request,
    page: {
      cursorBefore: cursor,
      cursorAfter: {
        day: null,
        skip: cursor.skip + answers.length,
        id: answers.at(-1)?.id ?? cursor.id ?? null,
      },
      apiTotal: cursor.skip + left,
      rows,
    },
    raceCount: 0,
    busyMilliseconds,
    ...(failure === undefined ? {} : { failure }),
  };
}

function isUnknown(error: unknown): boolean {
  return error instanceof RacingApiError && error.failure.httpStatus === 404;
}

/**
 * Few horses are unknown to the API, but those that a chunk has left may be just these. So when it has known none yet,
 * one that it surely knows is asked for, and another one if it has lost that: if it answers 404 for both too, the
 * endpoint is gone, and no horse is noted. While there is no such horse, a single one is believed. Resolves to how long
 * the answer took to read.
 */
async function refuseIfGone(
  unknown: number,
  { query }: PageRequest,
  { queue, api }: { queue: IdQueue; api: FetchTools["api"] },
  signal: AbortSignal,
): Promise<number> {
  const lost: string[] = [];
  while (lost.length < 2) {
    const knownId = await queue.knownId(lost[0]);
    if (knownId === null) break;
    try {
      const { busyMilliseconds } = await api.get(HORSE_PROFILE, query, signal, knownId);
      queue.hasKnownOne = true;
      return busyMilliseconds;
    } catch (error) {
      if (!isUnknown(error)) throw error;
      lost.push(knownId);
    }
  }
  if (lost.length === 0 && unknown === 1) return 0;
  throw new RacingApiError(
    `${HORSE_PROFILE} answered 404 for each of ${unknown} horses` +
      `${
        lost.length === 0 ? "" : `, and for ${lost.join(" and ")}, which the API knew`
      }. Does the API still have it?`,
    { failureClass: "chunk", endpoint: HORSE_PROFILE, httpStatus: 404, retryAfterSeconds: null },
  );
}
