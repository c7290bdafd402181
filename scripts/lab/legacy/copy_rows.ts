import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Sql } from "../platform/database.ts";
import type { Row } from "./writers/row.ts";

/** Copies rows into a table of `public`; what a row does not name is null. */
export async function copyRows(
  sql: Sql,
  table: string,
  columns: readonly string[],
  rows: Iterable<Row>,
): Promise<number> {
  const count = { rows: 0 };
  const into = await sql.unsafe(`copy public.${table} (${columns.join(", ")}) from stdin`).writable();
  await pipeline(Readable.from(pieces(columns, rows, count)), into);
  return count.rows;
}

const PIECE = 1 << 18;

function* pieces(columns: readonly string[], rows: Iterable<Row>, count: { rows: number }) {
  let text = "";
  for (const row of rows) {
    for (let i = 0; i < columns.length; i++) {
      text += (i === 0 ? "" : "\t") + encode(row[columns[i] as string]);
    }
    text += "\n";
    count.rows++;
    if (text.length < PIECE) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

const SPECIAL = /[\\\t\n\r]/;

function encode(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return "\\N";
  const text = String(value);
  if (!SPECIAL.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll(
    "\r",
    "\\r",
  );
}
