/** Writes the database's TypeScript types from its migrated schema, with the supabase CLI; with --check, compares only. */
import { fromFileUrl } from "@std/path";
import { startPlatform } from "./local/platform.ts";
import { Problem } from "./local/problem.ts";
import { runMain } from "./local/run_main.ts";

const CLI = "supabase@3.1.0";
const FILE = fromFileUrl(new URL("../supabase/functions/_shared/database_types.ts", import.meta.url));

async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Problem(`${command} ${args[0]} failed: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}

async function generate(): Promise<string> {
  await using platform = await startPlatform({ functions: false, cron: "manual" });
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
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, generated.slice(start));
    await run(Deno.execPath(), [
      "fmt",
      "--quiet",
      "--config",
      fromFileUrl(new URL("../deno.json", import.meta.url)),
      file,
    ]);
    return await Deno.readTextFile(file);
  } finally {
    await Deno.remove(file);
  }
}

async function main(): Promise<number> {
  const types = await generate();
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(FILE, types);
    return 0;
  }
  if (types === await Deno.readTextFile(FILE)) return 0;
  throw new Problem(
    'The database\'s types are not those of the migrations: run "deno task types" and commit the file.',
  );
}

if (import.meta.main) await runMain(main);
