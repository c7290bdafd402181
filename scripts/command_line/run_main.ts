import { Problem } from "./problem.ts";
import { endWith, isEnding } from "./shutdown.ts";

/**
 * Runs a command's `main` and exits with the code it returns: 1 after an error, of which a `Problem` is told in its one
 * sentence. An error that is thrown where nobody catches it, as of a function that does not start, ends the command
 * likewise, after everything is stopped. While the process is being ended, what goes wrong in `main` is no news.
 */
export async function runMain(main: () => Promise<number>): Promise<never> {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    if (isEnding()) return;
    tell(event.error);
    void endWith(1);
  });
  let code: number;
  try {
    code = await main();
  } catch (error) {
    if (!isEnding()) tell(error);
    code = 1;
  }
  if (isEnding()) await new Promise(() => {});
  Deno.exit(code);
}

/** Runs a task with the options that it was given, or prints its usage when it was asked for `--help`. */
export async function runTask<Options extends { readonly help: boolean }>(
  usage: string,
  readOptions: (args: readonly string[]) => Options,
  task: (options: Options) => Promise<number>,
): Promise<never> {
  return await runMain(async () => {
    const options = readOptions(Deno.args);
    if (!options.help) return await task(options);
    console.log(usage);
    return 0;
  });
}

function tell(error: unknown): void {
  console.error(error instanceof Problem ? error.message : error);
}
