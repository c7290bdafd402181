import { join } from "@std/path";
import { parse } from "@std/toml";
import { z } from "zod";
import { Problem } from "../../command_line/problem.ts";

const config = z.object({
  db: z.object({ migrations: z.object({ schema_paths: z.array(z.string()) }) }),
});

/** The schema files that `config.toml` lists, in its order and as it writes them. */
export async function readSchemaPaths(supabaseFolder: string): Promise<readonly string[]> {
  const read = config.safeParse(parse(await Deno.readTextFile(join(supabaseFolder, "config.toml"))));
  if (read.success) return read.data.db.migrations.schema_paths;
  throw new Problem(
    "supabase/config.toml has no list schema_paths under [db.migrations]: put the files there.",
  );
}
