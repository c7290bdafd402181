import postgres from "postgres";
import { ApiRefusal, type ApiRequest, readJson } from "./answers.ts";

/** Runs SQL as the role `postgres`. */
export type RunSql = (sql: string, readOnly: boolean) => Promise<readonly Record<string, unknown>[]>;

/**
 * `db query --remote=REF`: runs SQL with no other right than the access token's, and answers the last statement's
 * rows.
 */
export async function runQuery(request: ApiRequest, run: RunSql): Promise<Response> {
  const { query, read_only: readOnly = false } = readJson(request, isQuery);
  try {
    return Response.json(await run(query, readOnly), { status: 201 });
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    const hint = error.hint === undefined ? "" : `\nHINT: ${error.hint}`;
    throw new ApiRefusal(400, `Failed to run sql query: ERROR: ${error.code}: ${error.message}${hint}\n`);
  }
}

/** Whole numbers come as numbers and times as the database writes them, as from the API. */
const TYPES = {
  wholeNumber: {
    to: 20,
    from: [20],
    serialize: String,
    parse: (text: string) => Number.isSafeInteger(Number(text)) ? Number(text) : text,
  },
  time: { to: 1184, from: [1082, 1114, 1184], serialize: String, parse: (text: string) => text },
};

/** Runs each query on a connection of its own, as the API does: nothing that a session sets outlives it. */
export function queriesOn(databaseUrl: () => string): RunSql {
  return async (query, readOnly) => {
    const sql = postgres(databaseUrl(), {
      max: 1,
      onnotice: () => {},
      types: TYPES,
      connection: readOnly ? { default_transaction_read_only: true } : {},
    });
    try {
      return Array.from(lastRows(await sql.unsafe(query).simple()));
    } finally {
      await sql.end({ timeout: 1 });
    }
  };
}

/** Several statements have a list of results, one has its rows. */
function lastRows(result: unknown): readonly Record<string, unknown>[] {
  const results = result as readonly unknown[];
  const last = results.at(-1);
  return (Array.isArray(last) ? last : results) as readonly Record<string, unknown>[];
}

function isQuery(value: unknown): value is { query: string; read_only?: boolean } {
  return typeof value === "object" && value !== null && "query" in value && typeof value.query === "string";
}
