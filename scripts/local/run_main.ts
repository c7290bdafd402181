import { Problem } from "./problem.ts";
import { endingSignal } from "./shutdown.ts";

/**
 * Runs a command's `main` and exits with the code it returns: 1 after an error, of which a `Problem` is told in its one
 * sentence. When a signal is ending the process, what goes wrong in `main` meanwhile is no news; the signal's own exit
 * code stands.
 */
export async function runMain(main: () => Promise<number>): Promise<never> {
  let code: number;
  try {
    code = await main();
  } catch (error) {
    if (endingSignal() === undefined) console.error(error instanceof Problem ? error.message : error);
    code = 1;
  }
  if (endingSignal() !== undefined) await new Promise(() => {});
  Deno.exit(code);
}
