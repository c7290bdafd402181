import type { OnDatabaseCall } from "../platform/platform.ts";

/** A pull in progress. */
export interface Pull {
  readonly chunk: number;
  readonly run: number;
  readonly feed: string;
  /** Half-open, as YYYY-MM-DD. */
  readonly from: string;
  readonly to: string;
}

const ENDINGS = ["finish_chunk", "yield_chunk", "fail_chunk"];

/**
 * Stands between the functions and the database, and notes when two pull the same day of a feed at once. A pull lasts
 * from the answer of its claim until its ending is called, so that a pull right after an ending is not mistaken for an
 * overlap.
 */
export class PullWatch {
  readonly #pulling = new Map<string, Pull>();
  /** Pulls that met, in words. */
  readonly overlaps: string[] = [];
  /** Pulls seen. */
  pulls = 0;

  readonly onDatabaseCall: OnDatabaseCall = async (call, run) => {
    if (ENDINGS.includes(call.name)) {
      this.#pulling.delete(String((JSON.parse(call.body) as Record<string, unknown>)["lease_token"]));
    }
    const response = await run();
    if (call.name !== "claim_chunk" || !response.ok) return response;
    const text = await response.text();
    for (const row of JSON.parse(text) as Record<string, string | number>[]) {
      const feed = String((JSON.parse(call.body) as Record<string, unknown>)["feed"]);
      this.begin(String(row["lease_token"]), {
        chunk: Number(row["chunk_id"]),
        run: Number(row["run_id"]),
        feed,
        from: String(row["period_start"]),
        to: String(row["period_end"]),
      });
    }
    return new Response(text, { status: response.status, headers: response.headers });
  };

  /** Notes a pull that begins. */
  begin(lease: string, pull: Pull): void {
    this.pulls++;
    for (const other of this.#pulling.values()) {
      // The same chunk again: its lease ran out before.
      if (other.chunk === pull.chunk || other.feed !== pull.feed || pull.feed === "masters") continue;
      if (other.from < pull.to && other.to > pull.from) {
        this.overlaps.push(
          `Runs ${other.run} and ${pull.run} pulled ${pull.feed} of the same days at once: ` +
            `${other.from} to ${other.to} and ${pull.from} to ${pull.to}.`,
        );
      }
    }
    this.#pulling.set(lease, pull);
  }

  /** Notes that it has ended. */
  end(lease: string): void {
    this.#pulling.delete(lease);
  }
}
