import type { Sql } from "../project/project_database.ts";

/** A snippet's question with its answer. */
export interface Answered {
  readonly title: string;
  readonly rows: Record<string, unknown>[];
}

const SNIPPETS = new URL("../../supabase/snippets/", import.meta.url);
/** The three checks of a filled database. */
const VERIFICATION = ["verify_races_by_year", "verify_counts", "verify_races_with_runners"] as const;

/** The driver hands out bigint and numeric as text, for the sake of digits that these counts do not have. */
function asNumber(value: unknown): unknown {
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

/** Asks the verification queries, as a user would in the SQL editor. */
export async function askVerification(sql: Sql): Promise<Answered[]> {
  const answered: Answered[] = [];
  for (const name of VERIFICATION) {
    const statement = await Deno.readTextFile(new URL(`${name}.sql`, SNIPPETS));
    const title = /^-- (.+)$/m.exec(statement)?.[1] ?? name;
    const rows = await sql.unsafe<Record<string, unknown>[]>(statement);
    const numbers = (row: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asNumber(value)]));
    answered.push({ title, rows: rows.map(numbers) });
  }
  return answered;
}
