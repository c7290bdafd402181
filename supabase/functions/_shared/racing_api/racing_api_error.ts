import type { FailureClass } from "./failure_class.ts";

/** What is known about a call of The Racing API that failed. */
export interface RacingApiFailure {
  readonly failureClass: FailureClass;
  readonly endpoint: string;
  /** HTTP status; null when no answer came. */
  readonly httpStatus: number | null;
  /** What the API asked for in Retry-After; null when it did not. */
  readonly retryAfterSeconds: number | null;
}

/** A call of The Racing API failed for good, or for this invocation. */
export class RacingApiError extends Error {
  override readonly name = "RacingApiError";
  readonly failure: RacingApiFailure;

  constructor(message: string, failure: RacingApiFailure, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
