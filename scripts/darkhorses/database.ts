import type postgres from "postgres";
import { Problem } from "../command_line/problem.ts";
import { explainDatabaseError, type Sql } from "../project/project_database.ts";
import type { Surroundings } from "./surroundings.ts";

/** The rows of a query as JSON has them: numbers as numbers, times and days as text, columns in their order. */
export async function ask<Row>(sql: Sql, query: postgres.Fragment): Promise<Row[]> {
  const rows = await sql<{ row: Row }[]>`select row_to_json(answer) as row from (${query}) as answer`;
  return rows.map(({ row }) => row);
}

/** The one row of a query. */
export async function askOne<Row>(sql: Sql, query: postgres.Fragment): Promise<Row> {
  const [row] = await ask<Row>(sql, query);
  if (row === undefined) throw new Error("The database answered without a row");
  return row;
}

/** Works with the project's database, and lets go of it at the end. */
export async function withDatabase<T>(
  around: Surroundings,
  work: (sql: Sql, url: URL) => Promise<T>,
): Promise<T> {
  const url = await around.databaseUrl();
  const sql = around.connect(url);
  try {
    return await work(sql, url);
  } catch (error) {
    throw explain(error, url);
  } finally {
    await sql.end({ timeout: 1 }).catch(() => {});
  }
}

/** The SQLSTATE of an error, or Node's code of it; empty without. */
export function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Whether the database was down or went down, rather than refused the query. */
export function isConnectionLoss(error: unknown): boolean {
  return /^(08|57P|53300|CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOST|ENET|ETIMEDOUT)/
    .test(
      codeOf(error),
    );
}

export function explain(error: unknown, url: URL): unknown {
  if (/^(42P01|42883|3F000|42703)$/.test(codeOf(error))) {
    const message = error instanceof Error ? error.message : "";
    return new Problem(
      `The database at ${url.host} lacks what this command asks for (${message}). "npx -y deno task darkhorses setup" brings ` +
        "it up to date.",
      { cause: error },
    );
  }
  return explainDatabaseError(error, url);
}
