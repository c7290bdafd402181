import { readArguments } from "../command_line/read_arguments.ts";
import { bootEverything, type BootOptions } from "./world/boot.ts";
import { BOOT_OPTIONS_HELP, BOOT_VALUES, bootOptions } from "./world/boot_options.ts";
import { Problem } from "../command_line/problem.ts";
import { runCommand, splitCommand } from "./world/run_command.ts";
import { describeReplay } from "./racing_api/replay.ts";
import { runTask } from "../command_line/run_main.ts";

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
  const { own, command } = splitCommand(args);
  const given = readArguments(own, { task: "local", values: BOOT_VALUES, words: true });
  const [word] = given.words;
  if (word !== undefined) {
    throw new Problem(
      `There is no argument "${word}": put -- before a command (see deno task local --help).`,
    );
  }
  if (command?.length === 0 && !given.help) throw new Problem("There is no command after --.");
  return { help: given.help, boot: bootOptions(given), command: command ?? [] };
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
