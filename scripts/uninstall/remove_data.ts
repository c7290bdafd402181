import { parse } from "@std/toml";
import { z } from "zod";
import { Problem } from "../command_line/problem.ts";
import { open, statement } from "../setup/actions.ts";
import { changed, type Step, unchanged } from "../setup/step.ts";
import { readMigrations } from "../setup/steps/migrations.ts";
import { HAS_SCHEMA } from "./take_away.ts";

const config = z.object({ db: z.object({ migrations: z.object({ schema_paths: z.array(z.string()) }) }) });

/** Names of what schema files make in `public`. */
export interface OurObjects {
  readonly relations: readonly string[];
  readonly functions: readonly string[];
}

/** Reads from schema files what they make in `public`. */
export function objectsOf(sql: string): OurObjects {
  const named = (pattern: RegExp) =>
    [...new Set([...sql.matchAll(pattern)].map(([, name = ""]) => name))].toSorted();
  return {
    relations: named(/^create (?:table|view) public\.(\w+)/gm),
    functions: named(/^create (?:or replace )?function public\.(\w+)/gm),
  };
}

async function readObjects(folder: string): Promise<OurObjects> {
  const { db } = config.parse(parse(await Deno.readTextFile(`${folder}/supabase/config.toml`)));
  const files = db.migrations.schema_paths.map((path) => Deno.readTextFile(`${folder}/supabase/${path}`));
  return objectsOf((await Promise.all(files)).join("\n"));
}

const SQL = await Deno.readTextFile(new URL("./remove_data.sql", import.meta.url));
const REMOVE = statement(SQL.replace(/^--.*\n/gm, "").trim());
const name = (relations: string, functions: string, versions: string) =>
  statement(
    "select set_config('uninstall.relations', $1, false), set_config('uninstall.functions', $2, false), " +
      "set_config('uninstall.versions', $3, false)",
    open(relations),
    open(functions),
    open(versions),
  );
const list = (names: readonly string[]) => `{${names.join(",")}}`;

/** The last step of an uninstall that takes the data too: what the schema files made, and nothing else. */
export const removeData: Step = {
  name: "data",
  actions: () => [HAS_SCHEMA, name("{…}", "{…}", "{…}"), REMOVE],
  async run({ folder }, hands) {
    const [schema] = await hands.query<{ has_schema: boolean }>(HAS_SCHEMA);
    if (!schema?.has_schema) return unchanged("none");
    const { relations, functions } = await readObjects(folder);
    if (relations.length === 0) throw new Problem("The schema files in supabase/schemas are missing.");
    const versions = (await readMigrations(folder)).map(({ version }) => version);
    await hands.query(name(list(relations), list(functions), list(versions)));
    await hands.query(REMOVE);
    return changed(`removed ${relations.length} tables and views with all that was in them`);
  },
};
