import { readArguments } from "./command_line/read_arguments.ts";
import { anyText } from "./command_line/option_values.ts";
import { runTask } from "./command_line/run_main.ts";
import { Problem } from "./command_line/problem.ts";
import { READERS, type Readers } from "./setup/step.ts";
import { setUp } from "./setup/set_up.ts";
import { terminalSurroundings } from "./setup/surroundings.ts";

const USAGE = `Sets a Supabase project up, or brings it up to date. Run it again whenever you like.

  deno task setup [options]

It looks at everything before it touches anything, asks for what it does not know, and keeps the answers in supabase/.env,
which Git ignores and only you may read. Then: schema, function secrets, functions, Vault, cron jobs, daily schedules, and
a first pull as the proof. What is as it should be is left alone. After an interruption, run it again: it goes on.

  --project-ref REF        the project; asked for otherwise
  --yes                    ask nothing: everything is in supabase/.env or in the environment
  --dry-run                print every command and statement, with secrets hidden, and do none of them
  --publish READERS        let authenticated users, or with anon everybody who has the publishable key, read the racing data
                           over the API; darkhorses unpublish takes that back
  --rotate-worker-secret   replace the secret between the database and the functions; no dispatch is lost
  --help                   show this

Settings, in supabase/.env or in the environment: PROJECT_REF, DATABASE_URL, RACING_API_USERNAME, RACING_API_PASSWORD, and
if you like ALERT_WEBHOOK_URL, DATABASE_LIMIT_MEGABYTES (500, the free plan's), PROJECT_URL (a custom domain).
`;

function readReaders(text: string): Readers {
  const readers = READERS.find((known) => known === text);
  if (readers !== undefined) return readers;
  throw new Problem(`--publish must be ${READERS.join(" or ")}, not "${text}".`);
}

const readOptions = (args: readonly string[]) =>
  readArguments(args, {
    task: "setup",
    flags: ["yes", "dry-run", "rotate-worker-secret"],
    values: { "project-ref": anyText, publish: readReaders },
  });

async function setup(options: ReturnType<typeof readOptions>): Promise<number> {
  await setUp({
    projectRef: options["project-ref"],
    yes: options.yes,
    dryRun: options["dry-run"],
    rotateWorkerSecret: options["rotate-worker-secret"],
    publish: options.publish,
  }, terminalSurroundings());
  return 0;
}

if (import.meta.main) await runTask(USAGE, readOptions, setup);
