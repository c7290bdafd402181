import { parse } from "@std/toml";
import { z } from "zod";
import { Problem } from "../command_line/problem.ts";
import { open, statement } from "../setup/actions.ts";
import type { Hands } from "../setup/hands.ts";
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
/** The views under the old system's names would keep ours from being removed: they read the old tables alone again. */
const HAS_LEGACY = statement(
  "select to_regprocedure('engine.write_legacy_views(boolean)') is not null and " +
    "to_regclass('legacy_data.moved_objects') is not null as has_legacy",
);
const PART_LEGACY = statement("select engine.write_legacy_views(is_merged => false)");
export const HAS_OLD = statement("select to_regclass('legacy_data.moved_objects') is not null as has_old");
export const COUNT_OLD = statement(
  "select count(*)::integer as tables, " +
    "round(sum(pg_total_relation_size(format('legacy_data.%I', moved.name)::regclass)) / 1e6)::integer as megabytes " +
    "from legacy_data.moved_objects as moved where moved.relkind in ('r', 'p')",
);

/** The tables of an old system that was taken over. They are not ours, and stay. */
export interface OldTables {
  readonly tables: number;
  readonly megabytes: number;
}

/** Those that are in the database; undefined where there are none. */
export async function findOldTables(hands: Hands): Promise<OldTables | undefined> {
  const [old] = await hands.query<{ has_old: boolean }>(HAS_OLD);
  return old?.has_old ? (await hands.query<OldTables>(COUNT_OLD))[0] : undefined;
}

const name = (relations: string, functions: string, versions: string) =>
  statement(
    "select set_config('uninstall.relations', $1, false), set_config('uninstall.functions', $2, false), " +
      "set_config('uninstall.versions', $3, false)",
    open(relations),
    open(functions),
    open(versions),
  );
const list = (names: readonly string[]) => `{${names.join(",")}}`;

const MOST_TRIES = 5;

/** A function that is about to end may still store its page. What a deadlock ended is as it was, and is done again. */
async function removeInPeace(hands: Hands): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      await hands.query(REMOVE);
      return;
    } catch (error) {
      const isDeadlock = error instanceof Error && error.message.startsWith("deadlock detected");
      if (!isDeadlock || tries === MOST_TRIES) throw error;
    }
  }
}

/** The last step of an uninstall that takes the data too: what the schema files made, and nothing else. */
export const removeData: Step = {
  name: "data",
  actions: () => [HAS_SCHEMA, HAS_LEGACY, PART_LEGACY, name("{…}", "{…}", "{…}"), REMOVE],
  async run({ folder }, hands) {
    const [schema] = await hands.query<{ has_schema: boolean }>(HAS_SCHEMA);
    if (!schema?.has_schema) return unchanged("none");
    const { relations, functions } = await readObjects(folder);
    if (relations.length === 0) throw new Problem("The schema files in supabase/schemas are missing.");
    const versions = (await readMigrations(folder)).map(({ version }) => version);
    const [old] = await hands.query<{ has_legacy: boolean }>(HAS_LEGACY);
    if (old?.has_legacy) await hands.query(PART_LEGACY);
    await hands.query(name(list(relations), list(functions), list(versions)));
    await removeInPeace(hands);
    const kept = old?.has_legacy ? "; the old system's tables stay in legacy_data, with views in legacy" : "";
    return changed(`removed ${relations.length} tables and views with all that was in them${kept}`);
  },
};
