import type { Chunk, EngineClient, NextIds } from "./engine_client.ts";

/** What an invocation gets done: 45 seconds at five calls a second. */
const IDS_AT_ONCE = 225;

/** The ids that an invocation asks for next. The database looks through a month of runs to find them, so seldom. */
export class IdQueue {
  #ids: NextIds["ids"] = [];
  #left = 0;

  /** Whether the API knew one of those that were asked for, or another that was asked for to see. */
  hasKnownOne = false;

  constructor(
    private readonly engine: Pick<EngineClient, "nextIds" | "knownId">,
    private readonly chunk: Chunk,
  ) {}

  /** Those of the next page, and how many are left with them. `afterId` is the last one that was asked for. */
  async next(afterId: string | null): Promise<NextIds> {
    if (this.#ids.length === 0) {
      const { ids, left } = await this.engine.nextIds(this.chunk, afterId, IDS_AT_ONCE);
      this.#ids = ids;
      this.#left = left;
    }
    return { ids: this.#ids.slice(0, this.chunk.pageLimit), left: this.#left };
  }

  /** One that the API surely knows, other than this one; null when there is none yet. */
  async knownId(otherThan?: string): Promise<string | null> {
    return await this.engine.knownId(this.chunk, otherThan);
  }

  /** Takes the first ones off: they were asked for. */
  done(count: number): void {
    this.#ids = this.#ids.slice(count);
    this.#left -= count;
  }
}
