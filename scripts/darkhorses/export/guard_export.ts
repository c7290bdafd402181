import { Problem } from "../../command_line/problem.ts";

/** Tries to get a lock before giving up: each time another export ended, and took its file away, in between. */
const ATTEMPTS = 5;

/**
 * Keeps other exports away from the files of this one, until it is disposed of. The lock is the operating system's, on
 * a file beside them: it ends with the process, however that ends, and what a killed one leaves keeps nobody out.
 *
 * @param path Where that file is.
 * @param what What is written, for the sentence.
 * @throws {Problem} when another export has the lock
 */
export async function guardExport(path: string, what: string): Promise<AsyncDisposable> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const file = await Deno.open(path, { write: true, create: true });
    if (!await file.tryLock(true)) {
      file.close();
      break;
    }
    if (await isStillThere(path, file)) return { [Symbol.asyncDispose]: () => release(path, file) };
    file.close();
  }
  throw new Problem(
    `Another export is writing ${what}: wait until it has ended, or give this one another place with --out.`,
  );
}

/** Whether the locked file is the one that others will find: its last owner takes it away. */
async function isStillThere(path: string, file: Deno.FsFile): Promise<boolean> {
  const [found, ours] = await Promise.all([Deno.stat(path).catch(() => undefined), file.stat()]);
  return found?.ino === ours.ino;
}

async function release(path: string, file: Deno.FsFile): Promise<void> {
  // First it goes, then the lock does: in the other order it could be somebody else's by then.
  await Deno.remove(path).catch(() => {});
  file.close();
}
