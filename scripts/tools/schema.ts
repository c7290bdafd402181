/** Checks the migrations against the schema files: see USAGE. */
import { fromFileUrl } from "@std/path";
import { startPlatform } from "../lab/platform/platform.ts";
import { Problem } from "../command_line/problem.ts";
import { runTask } from "../command_line/run_main.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { checkSameDatabase } from "./schema/same_database.ts";
import {
  checkInitialMigration,
  checkMigrationNames,
  INITIAL_IS_GENERATED,
  writeInitialMigration,
} from "./schema/migrations.ts";
import { readSchemaFiles } from "./schema/schema_files.ts";

const USAGE = `Writes the initial migration from the schema files in supabase/schemas.

  deno task schema [--check]

  --check   write nothing; exit with 1 when the migration differs, or when the migrations and the schema files make
            different databases
  --help    show this
`;

const SUPABASE = fromFileUrl(new URL("../../supabase", import.meta.url));

const readOptions = (args: readonly string[]) => readArguments(args, { task: "schema", flags: ["check"] });

async function main(options: ReturnType<typeof readOptions>): Promise<number> {
  const files = await readSchemaFiles(SUPABASE);
  await checkMigrationNames(SUPABASE);
  if (!options.check) {
    if (!INITIAL_IS_GENERATED) {
      throw new Problem(
        "Migrations are written by hand since 1.0: add one to supabase/migrations for what you changed in supabase/schemas, " +
          'and run "deno task schema --check".',
      );
    }
    console.error(await writeInitialMigration(SUPABASE, files));
    return 0;
  }
  if (INITIAL_IS_GENERATED) await checkInitialMigration(SUPABASE, files);
  const migrationsFolder = await Deno.makeTempDir();
  try {
    await using platform = await startPlatform({ functions: false, cron: "manual", migrationsFolder });
    await checkSameDatabase(platform.adminUrl, SUPABASE);
  } finally {
    await Deno.remove(migrationsFolder);
  }
  return 0;
}

if (import.meta.main) await runTask(USAGE, readOptions, main);
