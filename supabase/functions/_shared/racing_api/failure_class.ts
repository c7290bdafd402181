/**
 * How far a failure reaches, and so what the database does about it (`fail_chunk`):
 * `transient`: the chunk is tried again later; `chunk`: that chunk is dead, the run goes on; `account`: the run is
 * paused.
 *
 * Each error says its own: the client's by what the API answered, any other by its class. An unexpected error is
 * transient.
 */
export type FailureClass = "transient" | "chunk" | "account";

/**
 * What an HTTP status other than success says: the account is refused, the API is busy or broken, or it refuses the
 * request.
 */
export function failureClassOf(httpStatus: number): FailureClass {
  if (httpStatus === 401 || httpStatus === 403) return "account";
  return httpStatus === 408 || httpStatus === 429 || httpStatus >= 500 ? "transient" : "chunk";
}
