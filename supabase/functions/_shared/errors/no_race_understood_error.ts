import type { Endpoint } from "../racing_api/client.ts";
import type { FailureClass } from "./failure_class.ts";

/** What is known about a page of which no race could be stored. */
export interface BrokenPage {
  readonly endpoint: Endpoint;
  /** As it was asked for, so that the call can be repeated by hand. */
  readonly query: URLSearchParams;
  readonly raceCount: number;
  /** Why the first of them could not be understood: a sentence. */
  readonly firstReason: string;
}

/**
 * Every race of a page is a reject. One odd race is the feed's mistake, all of them are a change that this code does not know,
 * and the pages after it would be no better: somebody has to look.
 */
export class NoRaceUnderstoodError extends Error {
  override readonly name = "NoRaceUnderstoodError";
  readonly failureClass = "chunk" satisfies FailureClass;
  readonly endpoint: Endpoint;

  constructor({ endpoint, query, raceCount, firstReason }: BrokenPage) {
    const races = raceCount === 1 ? "The one race" : `None of the ${raceCount} races`;
    const could = raceCount === 1 ? "could not" : "could";
    super(
      `${races} of ${endpoint}?${query} ${could} be understood: ${firstReason} ` +
        "The raw JSON is in ingest_rejects; the run goes on without this chunk.",
    );
    this.endpoint = endpoint;
  }
}
