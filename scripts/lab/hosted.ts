import { factor, type ValueReader } from "../command_line/option_values.ts";
import { Problem } from "../command_line/problem.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { runTask } from "../command_line/run_main.ts";
import { type Era, ERAS } from "./legacy/eras.ts";
import { writeOldDatabase } from "./legacy/write_old_database.ts";
import { connect } from "./platform/database.ts";
import { startHostedProject } from "./world/hosted_project.ts";
import { runCommand, splitCommand } from "./world/run_command.ts";

const USAGE = `Rehearses with a project that is as new as one on the website, and with the real supabase CLI.

  deno task hosted [options] -- COMMAND …

Starts an empty database, a stand-in of Supabase's Management API, and a simulated Racing API, all on 127.0.0.1, and runs
the COMMAND with all that setup needs in its environment, such as

  deno task hosted -- npx -y deno task setup --yes
  deno task hosted -- bash

Then everything is stopped, and the command's exit code is that of this one. Nothing reaches Supabase.

  --api-speed N        the documented rates times N. Default: 1
  --old-database STATE fill the database as the earlier system of the same name left it, in state a, b or c of
                       docs/taking_over.md, with three days of racing
  --help               show this
`;

interface HostedOptions {
  readonly help: boolean;
  readonly apiSpeed: number;
  readonly oldDatabase: Era | undefined;
  readonly command: readonly string[];
}

const era: ValueReader<Era> = (text, name) => {
  const found = ERAS.find((known) => known === text);
  if (found === undefined) throw new Problem(`--${name} must be a, b or c, not "${text}".`);
  return found;
};

function readOptions(args: readonly string[]): HostedOptions {
  const { own, command = [] } = splitCommand(args);
  const given = readArguments(own, {
    task: "hosted",
    values: { "api-speed": factor(100), "old-database": era },
  });
  if (command.length === 0 && !given.help) {
    throw new Problem("There is no command: see deno task hosted --help.");
  }
  return {
    help: given.help,
    apiSpeed: given["api-speed"] ?? 1,
    oldDatabase: given["old-database"],
    command,
  };
}

/** Days with and without cards of the API. */
const OLD_DAYS = [{ first: "2022-12-28", last: "2022-12-29" }, { first: "2025-10-11", last: "2025-10-11" }];

async function hosted({ apiSpeed, oldDatabase, command }: HostedOptions): Promise<number> {
  await using project = await startHostedProject({ apiSpeed });
  if (oldDatabase !== undefined) {
    const sql = connect(project.databaseUrl, { max: 1, name: "old system" });
    try {
      await writeOldDatabase(sql, { era: oldDatabase, days: OLD_DAYS });
    } finally {
      await sql.end({ timeout: 5 });
    }
  }
  return await runCommand(command, {
    ...project.environment,
    // Never the settings of a real project.
    DARKHORSES_SETTINGS: `${project.platform.folder}/settings.env`,
    ALERT_WEBHOOK_URL: "",
    WORKER_SECRET: "",
    PROJECT_REF: project.ref,
    PROJECT_URL: project.supabaseUrl,
    DATABASE_URL: project.databaseUrl,
    RACING_API_USERNAME: project.account.username,
    RACING_API_PASSWORD: project.account.password,
  });
}

if (import.meta.main) await runTask(USAGE, readOptions, hosted);
