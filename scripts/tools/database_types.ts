/**
 * Writes the database's TypeScript types: its tables and functions with the supabase CLI, and who owns which column from the
 * comments; with --check, compares only.
 */
import { fromFileUrl } from "@std/path";
import { readColumnOwners, renderColumnOwners } from "./database_types/column_owners.ts";
import { writeOrCheck } from "./generated_file.ts";
import { connect } from "../lab/platform/database.ts";
import { Problem } from "../command_line/problem.ts";
import { runMain } from "../command_line/run_main.ts";
import { supabaseOk } from "./platform_checks/supabase_cli.ts";

const FILE = {
  task: "types",
  path: fromFileUrl(new URL("../../supabase/functions/_shared/database_types.ts", import.meta.url)),
  outdated:
    'The database\'s types are not those of the migrations: run "deno task types" and commit the file.',
};

async function generate(databaseUrl: string): Promise<string> {
  return `${await tablesAndFunctions(databaseUrl)}\n${await columnOwners(databaseUrl)}`;
}

async function tablesAndFunctions(databaseUrl: string): Promise<string> {
  const generated = await supabaseOk(
    databaseUrl,
    ...["gen", "types", "--lang", "typescript", "--schema", "public,racing"],
  );
  // The CLI talks to the person before the types begin.
  const start = generated.indexOf("export type Json");
  if (start < 0) throw new Problem(`"supabase gen types" printed no types:\n${generated}`);
  return generated.slice(start);
}

async function columnOwners(databaseUrl: string): Promise<string> {
  const sql = connect(databaseUrl, { max: 1, name: "database types" });
  try {
    return renderColumnOwners(await readColumnOwners(sql));
  } finally {
    await sql.end({ timeout: 1 });
  }
}

if (import.meta.main) await runMain(() => writeOrCheck(FILE, generate));
