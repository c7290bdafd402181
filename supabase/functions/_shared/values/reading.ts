/**
 * What came of one value of the feed: the value; nothing, because none was sent; or nothing, because what was sent
 * could not be understood. A misread value never stops a row, and never reaches Postgres.
 */
export interface Reading<T> {
  readonly value: T | null;
  /** Completes a sentence that begins with the field: "is not a whole number from 0 to 99". Null when all is well. */
  readonly problem: string | null;
}

/** None was sent. */
export const MISSING: Reading<never> = { value: null, problem: null };

/** A value that was understood. */
export function known<T>(value: T): Reading<T> {
  return { value, problem: null };
}

/** A value that was sent and not understood. */
export function misread(problem: string): Reading<never> {
  return { value: null, problem };
}
