import { Problem } from "./problem.ts";
import { endWith, isEnding } from "./shutdown.ts";

/**
 * Runs a command's `main` and exits with the code it returns, or with 1 after an error. Of a `Problem` it prints only
 * the message. An uncaught error, such as that of a function that does not start, also stops everything and ends the
 * command. Errors in `main` while the process is ending are ignored.
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
