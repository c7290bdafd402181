import type { Endpoint } from "../racing_api/client.ts";
import type { FailureClass } from "../racing_api/failure_class.ts";

/**
 * A region of `backfill_settings` is not one of the API's (`sa`, which it calls `saf`): every request for it would be
 * refused, or bring nothing. Asking again gives the same, so the masters fail until the setting is corrected.
 */
export class UnknownRegionError extends Error {
  override readonly name = "UnknownRegionError";
  readonly failureClass = "chunk" satisfies FailureClass;
  readonly endpoint = "/courses/regions" satisfies Endpoint;

  /**
   * @param unknown the codes that the API does not have; at least one
   * @param known those that it has
   */
  constructor(unknown: readonly string[], known: readonly string[]) {
    const what = `${unknown.length === 1 ? "region" : "regions"} ${unknown.join(", ")}`;
    super(
      `The Racing API has no ${what}; it has: ${known.join(", ") || "none"}. ` +
        "Correct the codes in backfill_settings.regions, then retry the run.",
    );
  }
}
