import type { DatabaseCall } from "../platform/platform.ts";

/** Records the outcome of database function calls, even when their answers are lost. */
export class DatabaseCallWatch {
  readonly #feeds = new Map<number, string>();
  readonly #acceptedAt = new Map<string, number>();
  readonly #readingBegan = new Map<number, Date>();

  /** @param now The engine's time. */
  constructor(private readonly now: () => Date) {}

  /** Makes the call, and remembers it when it was accepted. */
  async watch({ name, body }: DatabaseCall, run: () => Promise<Response>): Promise<Response> {
    const response = await run();
    if (!response.ok) return response;
    if (name === "claim_chunk") await this.#noteClaim(body, response.clone());
    const token = body.match(/"lease_token":"([^"]+)"/)?.[1];
    if (token !== undefined && !isGivingUp(name, body)) this.#acceptedAt.set(token, performance.now());
    const page = name === "ingest_page" ? readPage(body) : undefined;
    if (page?.skip === 0) this.#readingBegan.set(page.chunk, this.now());
    return response;
  }

  /** Whether a page of results is to be stored that is not the first of its month. */
  isMidMonth({ name, body }: DatabaseCall): boolean {
    const page = name === "ingest_page" ? readPage(body) : undefined;
    return page !== undefined && page.skip > 0 && this.#feeds.get(page.chunk) === "results";
  }

  /** Whether an invocation used the lease after a moment of `performance.now`. */
  wasUsedAfter(token: string, moment: number): boolean {
    return (this.#acceptedAt.get(token) ?? -Infinity) > moment;
  }

  /** When the first page of a chunk of results was stored last, by the engine's time. */
  readingBegan(chunk: number): Date | undefined {
    return this.#readingBegan.get(chunk);
  }

  async #noteClaim(body: string, answer: Response): Promise<void> {
    const { feed } = JSON.parse(body) as { feed: string };
    for (const { chunk_id } of await answer.json() as { chunk_id: number }[]) this.#feeds.set(chunk_id, feed);
  }
}

/** Whether the invocation ends because of the database rather than the API. */
function isGivingUp(name: string, body: string): boolean {
  return name === "fail_chunk" && !body.includes('"endpoint":');
}

/** Which page of which chunk; the page is megabytes long and its cursor is at the end. */
export function readPage(body: string): { chunk: number; skip: number } | undefined {
  const chunk = body.match(/"chunk_id":(\d+)/)?.[1];
  const skip = body.slice(body.lastIndexOf('"cursor_before":')).match(/"skip":(\d+)/)?.[1];
  return chunk === undefined || skip === undefined ? undefined : { chunk: Number(chunk), skip: Number(skip) };
}
