import { readArguments } from "../command_line/read_arguments.ts";
import { bootEverything, type BootOptions } from "./world/boot.ts";
import { BOOT_OPTIONS_HELP, BOOT_VALUES, bootOptions } from "./world/boot_options.ts";
import { Problem } from "../command_line/problem.ts";
import { describeReplay } from "./racing_api/replay.ts";
import { runTask } from "../command_line/run_main.ts";
import { stopOnSignal } from "../command_line/shutdown.ts";

const USAGE = `Runs the whole product on this machine: Postgres, the functions and a simulated Racing API.

  deno task local [options] [-- COMMAND …]

With a COMMAND: runs it with DATABASE_URL, SUPABASE_URL and SUPABASE_SECRET_KEY in its environment, stops everything when
it ends, and exits with its code. A function that does not start stops everything with exit code 1. Without: prints the
three values and runs until Ctrl+C.

${BOOT_OPTIONS_HELP}
  --help               show this
`;

/** The options of the local platform. */
interface LocalOptions {
  readonly help: boolean;
  readonly boot: BootOptions;
  readonly command: readonly string[];
}

function readLocalOptions(args: readonly string[]): LocalOptions {
  const split = args.indexOf("--");
  const command = split < 0 ? [] : args.slice(split + 1);
  const given = readArguments(split < 0 ? args : args.slice(0, split), {
    task: "local",
    values: BOOT_VALUES,
    words: true,
  });
  const [word] = given.words;
  if (word !== undefined) {
    throw new Problem(
      `There is no argument "${word}": put -- before a command (see deno task local --help).`,
    );
  }
  if (split >= 0 && command.length === 0 && !given.help) throw new Problem("There is no command after --.");
  return { help: given.help, boot: bootOptions(given), command };
}

/** Runs the command to its end, beside the platform. Returns its exit code. */
async function runCommand(
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

async function local(options: LocalOptions): Promise<number> {
  const stays = options.command.length === 0;
  await using everything = await bootEverything({
    ...options.boot,
    // The user may be editing the function: the next request starts it again.
    ...(stays ? { platform: { onFunctionDown: (problem) => console.error(problem.message) } } : {}),
  });
  const { platform, api } = everything;
  // On stderr: what the command prints is its own.
  if (api?.replaySummary) console.error(describeReplay(api.replaySummary));
  const env = {
    DATABASE_URL: platform.databaseUrl,
    SUPABASE_URL: platform.supabaseUrl,
    SUPABASE_SECRET_KEY: platform.secretKey,
  };
  if (!stays) return await runCommand(options.command, env);
  for (const [name, value] of Object.entries(env)) console.log(`${name}=${value}`);
  console.log(
    `Everything runs, with a ${
      api?.replaySummary ? `replay of ${api.replaySummary.folder}` : "simulated Racing API"
    } at ${api?.url}. What the functions log is in ${platform.folder}/functions.log.` +
      " Ctrl+C stops and removes all of it.",
  );
  return await new Promise<never>(() => {});
}

if (import.meta.main) await runTask(USAGE, readLocalOptions, local);
