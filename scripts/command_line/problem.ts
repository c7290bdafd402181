/** An error that the user can fix. Its message says in one sentence what is wrong and what to do. */
export class Problem extends Error {
  override name = "Problem";
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns an operating system's error about temporary files into a `Problem`; returns other errors as they are. */
export function explain(error: unknown, place: string): unknown {
  const text = messageOf(error);
  if (/no space left on device|os error 28|disk quota exceeded/i.test(text)) {
    return new Problem(
      `There is no disk space left in ${place}: free about 150 MB, or point TMPDIR at a disk that has it.`,
      { cause: error },
    );
  }
  if (/read-only file system|os error 30/i.test(text)) {
    return new Problem(`${place} is read-only: point TMPDIR at a folder that is not.`, { cause: error });
  }
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
    return new Problem(`${place} cannot be used (${text}): point TMPDIR at a folder that can.`, {
      cause: error,
    });
  }
  return error;
}
