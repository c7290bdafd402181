import type { OnDatabaseCall } from "../platform/platform.ts";

/** A page as a function stored it. */
export interface StoredPage {
  readonly chunk: number;
  /** As ingest_page gets it: JSON. */
  readonly page: string;
}

/**
 * Keeps the pages with races from a day on, and those without races (the lists of courses and regions), as the
 * functions hand them to the database.
 */
export class PageSample {
  readonly pages: StoredPage[] = [];
  #isOver = false;

  constructor(private readonly firstDay: string) {}

  readonly onDatabaseCall: OnDatabaseCall = ({ name, body }, run) => {
    if (name === "ingest_page" && !this.#isOver) this.#keep(body);
    return run();
  };

  /** Keeps no more. */
  end(): void {
    this.#isOver = true;
  }

  #keep(body: string): void {
    // Looked for in the text: reading each page of eleven years would slow the fill down.
    const [, day] = /"race_date":"(\d{4}-\d{2}-\d{2})"/.exec(body) ?? [];
    if (day !== undefined && day < this.firstDay) return;
    const { chunk_id, page }: { chunk_id: number; page: unknown } = JSON.parse(body);
    const kept = { chunk: chunk_id, page: JSON.stringify(page) };
    const last = this.pages.findLast(({ chunk }) => chunk === chunk_id);
    // A call that was sent again, because its answer was lost, is the same page.
    if (last?.page !== kept.page) this.pages.push(kept);
  }
}
