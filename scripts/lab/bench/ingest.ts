import type { Sql } from "../platform/database.ts";
import { type BareCopy, bareCopy, tablesOfPages } from "./bare_copy.ts";
import type { StoredPage } from "./page_sample.ts";
import { sessionClock } from "./session_clock.ts";

/** What storing pages took, and what a bare COPY of the rows that are stored then. */
export interface Ingest {
  readonly pages: number;
  /** Runners on these pages. One with a card and a result is on two. */
  readonly runnersSent: number;
  /** By the session's clock. */
  readonly seconds: number;
  /** Null when the server can't read this machine's files. */
  readonly copy: BareCopy | null;
}

/** What storing pages of each feed took, in empty tables where each row is new, and of both. */
export interface IngestFigures {
  readonly cards: Ingest;
  readonly results: Ingest;
  /** Results, and then the cards of the same races, which change most rows: written twice, copied once. */
  readonly resultsAndCards: Ingest;
}

const TOKEN = "00000000-0000-4000-8000-000000000000";

/**
 * Stores the pages of a fill once more, in emptied tables, one after another and with nothing else going on, by
 * ingest_page itself: rows, rejects, coverage, cursor and lease, a transaction a page. In the fill an invocation also
 * waits for the other feed's rows, for the gateway and for the processor that the isolates share, so its own times
 * would count what a COPY that runs alone does not have. Pages are in a table and rows in files of the server before the
 * time begins, so the way to the database is in neither; that JSON is read is in it.
 *
 * The tables are emptied before, and cron is switched off: it is the last that is done with a database.
 *
 * @param sql a superuser's, with one connection
 */
export async function measureIngest(sql: Sql, pages: readonly StoredPage[]): Promise<IngestFigures> {
  // The sweep would take chunks back whose leases nobody renews, and have them worked on meanwhile.
  await sql`update cron.job set active = false`;
  await sql`create temporary table page_sample (nth integer primary key, page text)`;
  // Uncompressed: to compress them is no part of storing a page.
  await sql`alter table page_sample alter column page set storage external`;
  const ofFeed = await pagesByFeed(sql, pages);
  const { lists = [], pages: results = [], days: cards = [] } = ofFeed;
  await emptyTables(sql);
  // The lists come first in each run, and are a few rows.
  await store(sql, lists);
  const cardsAlone = await store(sql, cards);
  const cardsCopy = await bareCopy(sql);
  await emptyTables(sql);
  await store(sql, lists);
  const afterResults = await store(sql, results);
  const resultsCopy = await bareCopy(sql);
  const afterCards = await store(sql, cards);
  return {
    cards: { pages: cards.length, ...cardsAlone, copy: cardsCopy },
    results: { pages: results.length, ...afterResults, copy: resultsCopy },
    resultsAndCards: {
      pages: results.length + cards.length,
      runnersSent: afterResults.runnersSent + afterCards.runnersSent,
      seconds: afterResults.seconds + afterCards.seconds,
      copy: await bareCopy(sql),
    },
  };
}

async function emptyTables(sql: Sql): Promise<void> {
  const tables = (await tablesOfPages(sql)).map((table) => `public.${table}`).join(", ");
  await sql.unsafe(
    `truncate ${tables}, public.ra_coverage, public.ingest_rejects, public.ingest_unknown_fields, engine.pages_read cascade`,
  );
}

type PagesByFeed = Partial<Record<"lists" | "days" | "pages", StoredPage[]>>;

async function pagesByFeed(sql: Sql, pages: readonly StoredPage[]): Promise<PagesByFeed> {
  const chunks = await sql<{ id: number; counted_by: keyof PagesByFeed }[]>`
    select chunk.id::integer, feed.counted_by
    from backfill_progress as chunk
    join engine.feeds as feed on feed.name = chunk.feed
    where chunk.id in ${sql(pages.map(({ chunk }) => chunk))}
  `;
  const countedBy = new Map(chunks.map((chunk) => [chunk.id, chunk.counted_by]));
  return Object.groupBy(pages, ({ chunk }) => countedBy.get(chunk) ?? "lists");
}

/** Stores pages of one feed under leases of their chunks, which are over and are worked on once more. */
async function store(
  sql: Sql,
  pages: readonly StoredPage[],
): Promise<{ seconds: number; runnersSent: number }> {
  if (pages.length === 0) return { seconds: 0, runnersSent: 0 };
  const chunks = [...new Set(pages.map(({ chunk }) => chunk))];
  await sql`
    update backfill_progress
    set state = 'working', lease_token = ${TOKEN}, lease_until = engine.clock() + interval '10 minutes', ended_at = null
    where id in ${sql(chunks)}
  `;
  const clock = await sessionClock(sql);
  let seconds = 0;
  let runnersSent = 0;
  for (const [nth, { chunk, page }] of pages.entries()) {
    const { cursor_before: { day, skip, id }, runners }: SentPage = JSON.parse(page);
    runnersSent += runners.length;
    await sql`
      update backfill_progress set cursor_day = ${day}::date, cursor_skip = ${skip}, cursor_id = ${id ?? null}
      where id = ${chunk}
    `;
    await sql`insert into page_sample (nth, page) values (${nth}, ${page})`;
    const start = clock();
    await sql`
      select stored.lease_until
      from page_sample as sample, ingest_page(${chunk}, ${TOKEN}, sample.page::jsonb) as stored
      where sample.nth = ${nth}
    `;
    seconds += clock() - start;
  }
  await sql`truncate page_sample`;
  await sql`
    update backfill_progress
    set state = 'succeeded', lease_token = null, lease_until = null, ended_at = engine.clock()
    where id in ${sql(chunks)}
  `;
  return { seconds, runnersSent };
}

interface SentPage {
  readonly cursor_before: {
    readonly day: string | null;
    readonly skip: number;
    readonly id?: string | null;
  };
  readonly runners: readonly unknown[];
}
