import { readLegacyPage } from "../legacy/read_legacy_page.ts";
import { leaveOutLongTexts } from "../pages/long_texts.ts";
import { StandBackError } from "../racing_api/stand_back_error.ts";
import type { Chunk } from "./engine_client.ts";
import type { FetchedPage, FetchTools } from "./fetch_page.ts";
import { type Cursor, OLD_DATABASE, type PageRequest } from "./paging.ts";

/** The next items of the old database as one page; null when all were copied. */
export async function fetchLegacy(
  chunk: Chunk,
  cursor: Cursor,
  request: PageRequest,
  { ids: queue, engine, clock }: FetchTools,
  signal: AbortSignal,
): Promise<FetchedPage | null> {
  const { ids, left } = await queue.next(cursor.id ?? null);
  if (ids.length === 0) return null;
  signal.throwIfAborted();
  const items = ids.map(({ id }) => id);
  const answer = await engine.legacyRows(chunk, items);
  if (answer === null) throw new StandBackError(OLD_DATABASE);
  signal.throwIfAborted();
  queue.done(items.length);

  const start = clock.monotonic();
  const read = readLegacyPage(items, answer);
  const rows = chunk.captureLongTexts ? read : leaveOutLongTexts(read);
  const busyMilliseconds = clock.monotonic() - start;
  return {
    request,
    page: {
      cursorBefore: cursor,
      cursorAfter: { day: null, skip: cursor.skip + items.length, id: items.at(-1) ?? cursor.id ?? null },
      apiTotal: cursor.skip + left,
      rows,
    },
    raceCount: items.length,
    busyMilliseconds,
  };
}
