/**
 * What is known about a failed call, which decides how long to repeat it.
 *
 * `refused`: the database answered, and would again. `rolled back`: it gave up (a time limit, a deadlock) and changed
 * nothing; a few more tries may pass. `unreachable`: it is unknown whether it was done, because no answer came or the
 * database is down, such as during a restart.
 */
export type DatabaseFailure = "refused" | "rolled back" | "unreachable";

/** A call of a database function failed. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  /** SQLSTATE or PostgREST's code; empty when no answer came. */
  readonly code: string;
  readonly failure: DatabaseFailure;

  constructor(message: string, code: string, failure: DatabaseFailure) {
    super(message);
    this.code = code;
    this.failure = failure;
  }
}
