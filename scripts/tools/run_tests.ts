/** Runs the tests: see USAGE. */
import { fromFileUrl } from "@std/path";
import { runMain } from "../command_line/run_main.ts";
import { PREPARED_DATABASE, startPlatform } from "../lab/platform/platform.ts";
import { temporaryFolder } from "../lab/platform/temporary_folder.ts";
import { runCommand } from "../lab/world/run_command.ts";

const USAGE = `Runs all tests, on an embedded Postgres and over real HTTP.

  deno task test [OPTION...]

  OPTION   is handed to "deno test", such as --filter TEXT

Each test file that needs a database starts one of its own, from a copy of one that is migrated here, once.
`;

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** What takes longest begins first: at the end the other processors would wait for it. */
const LONG = [
  "scripts/setup/set_up_test.ts",
  "scripts/lab/fortnight_test.ts",
  "scripts/setup/interrupted_test.ts",
  "scripts/setup/old_database_test.ts",
  "scripts/lab/legacy/take_over_test.ts",
  "scripts/lab/chaos_test.ts",
  "supabase/functions/_shared/worker/fetch_legacy_test.ts",
  "scripts/tools/platform_checks/documented_commands_test.ts",
  "scripts/uninstall/uninstall_test.ts",
  "scripts/lab/racing_api/generator/world_test.ts",
  "scripts/lab/legacy/under_load_test.ts",
  "supabase/tests/check_setup_test.ts",
];

/** Returns the exit code of "deno test". */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  await using resources = new AsyncDisposableStack();
  const folder = await temporaryFolder(resources);
  await prepareDatabase(folder);
  const paths = [...LONG, "scripts", "supabase"].map((path) => ROOT + path);
  const command = [Deno.execPath(), "test", "-A", "--parallel", ...paths, ...args];
  return await runCommand(command, { [PREPARED_DATABASE]: folder });
}

async function prepareDatabase(folder: string): Promise<void> {
  await using platform = await startPlatform({ functions: false, cron: "manual" });
  await platform.copyDatabaseTo(folder);
}

if (import.meta.main) await runMain(() => main(Deno.args));
