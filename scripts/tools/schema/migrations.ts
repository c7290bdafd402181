import { join } from "@std/path";
import { Problem } from "../../command_line/problem.ts";
import { checkFile, writeFile } from "../generated_file.ts";
import type { SchemaFile } from "./schema_files.ts";

/**
 * Until 1.0 the initial migration is written by `deno task schema`, from the schema files, and must be what they
 * make: the schema changes every day, and every database is a new one.
 *
 * From 1.0 on this is false. Then no migration that was released is ever changed, each change of the schema files
 * comes with a migration written by hand, and what is checked is only that both make the same database.
 */
export const INITIAL_IS_GENERATED: boolean = true;

const INITIAL = "20261124000100_initial.sql";

/** Kept free, before the initial migration, for one that adopts a database from before it. */
export const RESERVED_VERSION = "20261124000000";

const HEAD =
  '-- Generated from supabase/schemas by "deno task schema": change the files there, not this one.\n';

/** The whole schema as one migration. */
export function makeInitialMigration(files: readonly SchemaFile[]): string {
  return HEAD + files.map(({ name, text }) => `\n-- ${name}\n\n${text}`).join("");
}

/** Writes the initial migration where it is another text. Resolves to a sentence about it. */
export async function writeInitialMigration(
  supabaseFolder: string,
  files: readonly SchemaFile[],
): Promise<string> {
  return await writeFile(join(supabaseFolder, "migrations", INITIAL), makeInitialMigration(files));
}

/** @throws {Problem} when the initial migration is not what the schema files make */
export async function checkInitialMigration(
  supabaseFolder: string,
  files: readonly SchemaFile[],
): Promise<void> {
  await checkFile(
    {
      path: join(supabaseFolder, "migrations", INITIAL),
      outdated:
        `supabase/migrations/${INITIAL} is not what supabase/schemas make: run "deno task schema" and commit the file.`,
    },
    makeInitialMigration(files),
  );
}

/** @throws {Problem} with a sentence for each migration that cannot be applied after the initial one */
export async function checkMigrationNames(supabaseFolder: string): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(join(supabaseFolder, "migrations")));
  const wrong: string[] = [];
  for (const { name } of entries.toSorted((one, other) => one.name < other.name ? -1 : 1)) {
    const [, version] = name.match(/^(\d{14})_\w+\.sql$/) ?? [];
    if (version === undefined) {
      wrong.push(`supabase/migrations/${name} is not called like ${INITIAL}: it would never be applied.`);
    } else if (version <= RESERVED_VERSION && !name.includes("_adopt")) {
      wrong.push(
        `supabase/migrations/${name} has a version that is not above ${RESERVED_VERSION}, which is reserved for ` +
          "adopting an old database: give it a later one.",
      );
    }
  }
  if (wrong.length > 0) throw new Problem(wrong.join("\n"));
}
