import { join, normalize, relative } from "@std/path";
import { walk } from "../../command_line/walk.ts";
import { Problem } from "../../command_line/problem.ts";
import { readSchemaPaths } from "./project_config.ts";

/** A longer file has more than one concern and is hard to read. */
const MOST_LINES = 300;

export interface SchemaFile {
  /** From the folder `supabase` on: `schemas/base/clock.sql`. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/**
 * Reads the source of the schema, in the order of `schema_paths` in `config.toml`.
 *
 * @throws {Problem} with a sentence for each file that is not listed, not there, listed twice or too long
 */
export async function readSchemaFiles(supabaseFolder: string): Promise<SchemaFile[]> {
  const listed = (await readSchemaPaths(supabaseFolder)).map((path) => normalize(path));
  const there = new Set<string>();
  for await (const path of walk(join(supabaseFolder, "schemas"))) {
    if (path.endsWith(".sql")) there.add(relative(supabaseFolder, path));
  }

  const wrong: string[] = [];
  for (const name of [...there].toSorted()) {
    if (!listed.includes(name)) {
      wrong.push(
        `supabase/${name} is not in schema_paths of supabase/config.toml: put it where it is to be read.`,
      );
    }
  }
  const files: SchemaFile[] = [];
  for (const [index, name] of listed.entries()) {
    if (!there.has(name)) {
      wrong.push(`supabase/config.toml lists ${name}, which is not there: take it from schema_paths.`);
    } else if (listed.indexOf(name) < index) {
      wrong.push(`supabase/config.toml lists ${name} twice: take one of them from schema_paths.`);
    } else {
      const path = join(supabaseFolder, name);
      const text = await Deno.readTextFile(path);
      const lines = text.trimEnd().split("\n").length;
      if (lines > MOST_LINES) {
        wrong.push(
          `supabase/${name} has ${lines} lines: split it, ${MOST_LINES} are the most that a file may have.`,
        );
      }
      files.push({ name, path, text });
    }
  }
  if (wrong.length > 0) throw new Problem(wrong.join("\n"));
  return files;
}
