import { join } from "@std/path";
import { connect, type Sql } from "../../lab/platform/database.ts";
import { applyMigrations, runFile } from "../../lab/platform/migrations.ts";
import { makeOwnDatabase } from "../../lab/platform/own_database.ts";
import { preparePlatformSchema } from "../../lab/platform/platform_schema.ts";
import { Problem } from "../../command_line/problem.ts";
import { HISTORICAL_DEFAULT_GRANTS } from "../platform_checks/prepare_database.ts";
import { findDifferences } from "../schema_dump/differences.ts";
import { readStatements, type SchemaStatement } from "../schema_dump/statements.ts";
import { INITIAL_IS_GENERATED } from "./migrations.ts";
import { readSchemaFiles, type SchemaFile } from "./schema_files.ts";

/**
 * What the platform grants on a new object by itself. A grant that only one side revokes shows under the old defaults.
 */
const PROJECTS = [
  { since: "October 2026", grants: "" },
  { since: "before October 2026", grants: HISTORICAL_DEFAULT_GRANTS },
];

const WHAT_TO_DO = INITIAL_IS_GENERATED
  ? 'run "deno task schema", or take out the migration that says otherwise'
  : "write a migration that makes of the one what the other is";

/**
 * Checks that the migrations make the database that the schema files make, in databases of its own beside the given
 * one.
 *
 * @param adminUrl a superuser's URL
 * @throws {Problem} that names each object that differs, and its lines
 */
export async function checkSameDatabase(adminUrl: string, supabaseFolder: string): Promise<void> {
  const files = await readSchemaFiles(supabaseFolder);
  for (const { since, grants } of PROJECTS) {
    await using resources = new AsyncDisposableStack();
    // One after the other: both make the roles, which belong to the server.
    const migrated = await openDatabase(adminUrl, "made_by_migrations", grants, resources);
    const made = await openDatabase(adminUrl, "made_by_schemas", grants, resources);
    const [one, other] = await Promise.all([
      applyMigrations(migrated, join(supabaseFolder, "migrations")).then(() => readStatements(migrated)),
      applySchemaFiles(made, files).then(() => readStatements(made)),
    ]);
    refuseDifferences(one, other, `a project from ${since}`);
  }
}

/**
 * Checks that a database which was migrated already, on a project from before October 2026, is the one that the
 * schema files make.
 *
 * @throws {Problem} that names each object that differs, and its lines
 */
export async function checkMigratedDatabase(adminUrl: string, supabaseFolder: string): Promise<void> {
  const files = await readSchemaFiles(supabaseFolder);
  await using resources = new AsyncDisposableStack();
  const made = await openDatabase(adminUrl, "made_by_schemas", HISTORICAL_DEFAULT_GRANTS, resources);
  const migrated = connect(adminUrl, { max: 1, name: "schema check" });
  resources.defer(() => migrated.end({ timeout: 1 }));
  await applySchemaFiles(made, files);
  refuseDifferences(await readStatements(migrated), await readStatements(made), "this database");
}

/** Makes a database like a project's before its first migration. Resolves to a session of `postgres` in it. */
async function openDatabase(
  adminUrl: string,
  name: string,
  grants: string,
  resources: AsyncDisposableStack,
): Promise<Sql> {
  const { url } = resources.use(await makeOwnDatabase(adminUrl, name));
  const admin = connect(url, { max: 1, name: "schema check" });
  try {
    await preparePlatformSchema(admin);
    await admin.unsafe(`alter database ${name} owner to postgres; ${grants}`);
  } finally {
    await admin.end({ timeout: 1 });
  }
  const sql = connect(url, { max: 1, name: "schema check", role: "postgres" });
  resources.defer(() => sql.end({ timeout: 1 }));
  return sql;
}

async function applySchemaFiles(sql: Sql, files: readonly SchemaFile[]): Promise<void> {
  await sql.begin(async (transaction) => {
    for (const { path } of files) await runFile(transaction, path);
  });
}

function refuseDifferences(
  migrated: readonly SchemaStatement[],
  made: readonly SchemaStatement[],
  where: string,
): void {
  const differences = findDifferences(migrated, made, ["the migrations", "the schema files"]);
  if (differences.length === 0) return;
  throw new Problem(
    `On ${where} the migrations make another database than the schema files: ${WHAT_TO_DO}.\n\n${
      differences.join("\n\n")
    }`,
  );
}
