import { readArguments } from "./command_line/read_arguments.ts";
import { runTask } from "./command_line/run_main.ts";
import { terminalSurroundings } from "./setup/surroundings.ts";
import { uninstall } from "./uninstall/uninstall.ts";

const USAGE =
  `Takes away what setup brought to a project: schedules, cron jobs, functions, secrets. The data stays.

  deno task uninstall [options]

Runs that are not finished are cancelled. After an interruption, run it again. "deno task setup" brings all of it back.

  --with-data   remove the schema with all racing data, runs and logs too; asks twice
  --yes         ask nothing
  --dry-run     print every command and statement, and do none of them
  --help        show this
`;

const readOptions = (args: readonly string[]) =>
  readArguments(args, { task: "uninstall", flags: ["yes", "dry-run", "with-data"] });

async function main(options: ReturnType<typeof readOptions>): Promise<number> {
  await uninstall(
    { yes: options.yes, dryRun: options["dry-run"], withData: options["with-data"] },
    terminalSurroundings(),
  );
  return 0;
}

if (import.meta.main) await runTask(USAGE, readOptions, main);
