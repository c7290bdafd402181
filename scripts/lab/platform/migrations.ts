import postgres from "postgres";
import { basename, join } from "@std/path";
import { Problem } from "../../command_line/problem.ts";
import { splitStatements, type Statement } from "./split_statements.ts";

/** A migration that Postgres refused; the message names the file, the line and what Postgres said. */
export class MigrationError extends Problem {
  override name = "MigrationError";
}

const FILE_NAME = /^(\d+)_(.*)\.sql$/;

/**
 * Applies the folder's migrations that the database has not had yet, in the order of their names, each in a transaction
 * of its own, and records them where the Supabase CLI does. Returns the files applied.
 */
export async function applyMigrations(sql: postgres.Sql, folder: string): Promise<string[]> {
  const files = await migrationFiles(folder);
  await sql.unsafe(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (
      version text not null primary key,
      statements text[],
      name text
    );
  `);
  const recorded = await sql<
    { version: string }[]
  >`select version from supabase_migrations.schema_migrations`;
  const versions = new Set(recorded.map((row) => row.version));

  const applied: string[] = [];
  for (const file of files) {
    const [, version = "", name = ""] = basename(file).match(FILE_NAME) ?? [];
    if (versions.has(version)) continue;
    versions.add(version);
    await apply(sql, file, version, name);
    applied.push(file);
  }
  return applied;
}

async function migrationFiles(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter((entry) => entry.isFile && FILE_NAME.test(entry.name))
      .map((entry) => entry.name).sort().map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Problem(`There is no folder of migrations at ${folder}.`, { cause: error });
    }
    throw error;
  }
}

async function apply(sql: postgres.Sql, file: string, version: string, name: string): Promise<void> {
  await sql.begin(async (transaction) => {
    const texts = await runFile(transaction, file);
    await transaction`
      insert into supabase_migrations.schema_migrations (version, name, statements)
      values (${version}, ${name}, ${texts})
    `;
  });
}

/**
 * Runs a file's statements, and returns them. They are all sent at once: to wait for each answer takes longer than most
 * of them do.
 *
 * @throws {MigrationError} about the one that Postgres refused
 */
export async function runFile(transaction: postgres.TransactionSql, file: string): Promise<string[]> {
  const statements = splitStatements(await Deno.readTextFile(file));
  const outcomes = await Promise.allSettled(
    statements.map((statement) => transaction.unsafe(statement.text).simple()),
  );
  // Postgres refuses all that come after the first one that failed.
  const failed = outcomes.findIndex(({ status }) => status === "rejected");
  const [statement, outcome] = [statements[failed], outcomes[failed]];
  if (statement !== undefined && outcome?.status === "rejected") {
    const error: unknown = outcome.reason;
    if (!(error instanceof postgres.PostgresError)) throw error;
    throw new MigrationError(describe(file, statement, error), { cause: error });
  }
  return statements.map(({ text }) => text);
}

function describe(file: string, statement: Statement, error: postgres.PostgresError): string {
  const position = Number(error.position ?? 1);
  // Postgres counts characters where JavaScript counts UTF-16 units.
  const before = Array.from(statement.text).slice(0, position - 1).join("");
  const line = statement.line + before.split("\n").length - 1;
  const start = statement.text.split("\n").slice(0, 3).join("\n");
  const more = [
    error.detail && `Detail: ${error.detail}`,
    error.hint && `Hint: ${error.hint}`,
    error.where && `Context: ${error.where}`,
  ].filter(Boolean).map((text) => `\n  ${text}`).join("");
  return `${file}:${line}: ${error.message} (${error.code})${more}\n  in the statement of line ${statement.line}:\n` +
    start.replaceAll(/^/gm, "    ");
}
