/** A call of a database function failed. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  /** SQLSTATE or PostgREST's code; empty when no answer came. */
  readonly code: string;
  /** True when no answer came or the server was unable to give one, so that the same call may succeed a moment later. */
  readonly mayBeTriedAgain: boolean;

  constructor(message: string, code: string, mayBeTriedAgain: boolean) {
    super(message);
    this.code = code;
    this.mayBeTriedAgain = mayBeTriedAgain;
  }
}
