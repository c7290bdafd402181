import { Problem } from "../../command_line/problem.ts";
import { stopOnSignal } from "../../command_line/shutdown.ts";

/** A task's own arguments, and the command after `--`; undefined when there is no `--`. */
export function splitCommand(
  args: readonly string[],
): { own: readonly string[]; command: readonly string[] | undefined } {
  const split = args.indexOf("--");
  return split < 0
    ? { own: args, command: undefined }
    : { own: args.slice(0, split), command: args.slice(split + 1) };
}

/** Runs a command to its end, beside what this process has started. Returns its exit code. */
export async function runCommand(
  [program = "", ...args]: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args, env, stdin: "inherit" }).spawn();
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Problem(`The command "${program}" cannot be run: ${reason}.`, { cause: error });
  }
  const forget = stopOnSignal(async () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already, perhaps by the same Ctrl+C.
    }
    await child.status;
  });
  const status = await child.status;
  forget();
  return status.code;
}
