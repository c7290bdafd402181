/** Writes the data dictionary from the comments in the migrated database; with --check, compares only. */
import { fromFileUrl } from "@std/path";
import { readSchema } from "./data_dictionary/read.ts";
import { renderDictionary } from "./data_dictionary/render.ts";
import { writeOrCheck } from "./generated_file.ts";
import { connect } from "../lab/platform/database.ts";
import { runMain } from "../command_line/run_main.ts";

const FILE = {
  task: "dictionary",
  path: fromFileUrl(new URL("../../docs/data_dictionary.md", import.meta.url)),
  outdated:
    'The data dictionary is not that of the migrations: run "deno task dictionary" and commit the file.',
};

async function generate(databaseUrl: string): Promise<string> {
  const sql = connect(databaseUrl, { max: 1, name: "data dictionary" });
  try {
    return renderDictionary(await readSchema(sql));
  } finally {
    await sql.end({ timeout: 1 });
  }
}

if (import.meta.main) await runMain(() => writeOrCheck(FILE, generate));
