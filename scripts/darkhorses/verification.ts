import type { Sql } from "../project/project_database.ts";

/** A question of supabase/snippets/verification.sql with its answer. */
export interface Answered {
  readonly title: string;
  readonly rows: Record<string, unknown>[];
}

/** The driver hands out bigint and numeric as text, for the sake of digits that these counts do not have. */
function asNumber(value: unknown): unknown {
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

/** Asks the verification queries, as a user would in the SQL editor. */
export async function askVerification(sql: Sql): Promise<Answered[]> {
  const text = await Deno.readTextFile(
    new URL("../../supabase/snippets/verification.sql", import.meta.url),
  );
  const answered: Answered[] = [];
  for (const statement of text.split(/;\s*$/m).filter((part) => /\bselect\b/.test(part))) {
    const title = statement.match(/^-- (.+)$/gm)?.at(-1)?.slice(3) ?? "";
    const rows = await sql.unsafe<Record<string, unknown>[]>(statement);
    const numbers = (row: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asNumber(value)]));
    answered.push({ title, rows: rows.map(numbers) });
  }
  return answered;
}
