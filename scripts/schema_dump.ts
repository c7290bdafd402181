/** Writes the golden dump of the schema from its migrated database; with --check, compares only. */
import { fromFileUrl } from "@std/path";
import { writeOrCheck } from "./generated_file.ts";
import { connect } from "./local/database.ts";
import { runMain } from "./local/run_main.ts";
import { renderSchema, withoutQualifiersInViews } from "./schema_dump/render.ts";
import { readStatements } from "./schema_dump/statements.ts";

const FILE = {
  task: "schema",
  path: fromFileUrl(new URL("../supabase/schema.golden.sql", import.meta.url)),
  outdated: "The schema is not that of supabase/schema.golden.sql: " +
    'run "deno task schema", look at what changed, and commit the file.',
  comparable: withoutQualifiersInViews,
};

async function generate(databaseUrl: string): Promise<string> {
  const sql = connect(databaseUrl, { max: 1, name: "schema dump" });
  try {
    return renderSchema(await readStatements(sql));
  } finally {
    await sql.end({ timeout: 1 });
  }
}

if (import.meta.main) await runMain(() => writeOrCheck(FILE, generate));
