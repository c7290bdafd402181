import { factor } from "../command_line/option_values.ts";
import { Problem } from "../command_line/problem.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { runTask } from "../command_line/run_main.ts";
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
  --help               show this
`;

interface HostedOptions {
  readonly help: boolean;
  readonly apiSpeed: number;
  readonly command: readonly string[];
}

function readOptions(args: readonly string[]): HostedOptions {
  const { own, command = [] } = splitCommand(args);
  const given = readArguments(own, { task: "hosted", values: { "api-speed": factor(100) } });
  if (command.length === 0 && !given.help) {
    throw new Problem("There is no command: see deno task hosted --help.");
  }
  return { help: given.help, apiSpeed: given["api-speed"] ?? 1, command };
}

async function hosted({ apiSpeed, command }: HostedOptions): Promise<number> {
  await using project = await startHostedProject({ apiSpeed });
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
