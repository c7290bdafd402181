/** Writes the database's TypeScript types from its migrated schema, with the supabase CLI; with --check, compares only. */
import { fromFileUrl } from "@std/path";
import { run, writeOrCheck } from "./generated_file.ts";
import type { Platform } from "./local/platform.ts";
import { Problem } from "./local/problem.ts";
import { runMain } from "./local/run_main.ts";

const CLI = "supabase@3.1.0";
const FILE = {
  path: fromFileUrl(new URL("../supabase/functions/_shared/database_types.ts", import.meta.url)),
  outdated:
    'The database\'s types are not those of the migrations: run "deno task types" and commit the file.',
};

async function generate(platform: Platform): Promise<string> {
  const generated = await run("npx", [
    "-y",
    CLI,
    "gen",
    "types",
    "--lang",
    "typescript",
    "--schema",
    "public",
    `--remote=${platform.databaseUrl}`,
  ]);
  // The CLI talks to the person before the types begin.
  const start = generated.indexOf("export type Json");
  if (start < 0) throw new Problem(`"supabase gen types" printed no types:\n${generated}`);
  return generated.slice(start);
}

if (import.meta.main) await runMain(() => writeOrCheck(FILE, generate));
