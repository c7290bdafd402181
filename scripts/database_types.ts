/** Writes the database's TypeScript types from its migrated schema, with the supabase CLI; with --check, compares only. */
import { fromFileUrl } from "@std/path";
import { writeOrCheck } from "./generated_file.ts";
import { Problem } from "./local/problem.ts";
import { runMain } from "./local/run_main.ts";
import { supabaseOk } from "./platform_checks/supabase_cli.ts";

const FILE = {
  task: "types",
  path: fromFileUrl(new URL("../supabase/functions/_shared/database_types.ts", import.meta.url)),
  outdated:
    'The database\'s types are not those of the migrations: run "deno task types" and commit the file.',
};

async function generate(databaseUrl: string): Promise<string> {
  const generated = await supabaseOk(
    databaseUrl,
    ...["gen", "types", "--lang", "typescript", "--schema", "public"],
  );
  // The CLI talks to the person before the types begin.
  const start = generated.indexOf("export type Json");
  if (start < 0) throw new Problem(`"supabase gen types" printed no types:\n${generated}`);
  return generated.slice(start);
}

if (import.meta.main) await runMain(() => writeOrCheck(FILE, generate));
