import type { Reject } from "../pages/rows.ts";
import type { FailureClass } from "../racing_api/failure_class.ts";
import type { PageRequest } from "./paging.ts";

/** What is known about a page of which nothing could be stored. */
export interface BrokenPage {
  readonly endpoint: PageRequest["endpoint"];
  /** The request as it was sent, so that it can be repeated by hand. */
  readonly query: URLSearchParams;
  readonly rejects: readonly Pick<Reject, "kind" | "reason">[];
}

/**
 * Every race of a page is a reject, or every course or region of a list. One odd element is the feed's mistake, all of
 * them are a change that this code does not know, and the pages after it would be no better: an operator has to look.
 */
export class NothingUnderstoodError extends Error {
  override readonly name = "NothingUnderstoodError";
  readonly failureClass = "chunk" satisfies FailureClass;
  readonly endpoint: PageRequest["endpoint"];

  constructor({ endpoint, query, rejects }: BrokenPage) {
    const [first] = rejects;
    const kind = first?.kind ?? "race";
    const count = rejects.length;
    const elements = count === 1 ? `The one ${kind}` : `None of the ${count} ${kind}s`;
    const could = count === 1 ? "could not" : "could";
    const asked = query.size === 0 ? endpoint : `${endpoint}?${query}`;
    super(
      `${elements} of ${asked} ${could} be understood: ${first?.reason} ` +
        "The raw JSON is in ingest_rejects; the run goes on without this chunk.",
    );
    this.endpoint = endpoint;
  }
}
