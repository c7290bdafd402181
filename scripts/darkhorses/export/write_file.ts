import { stringify } from "@std/csv/stringify";
import { fileWriter, parquetWriteRows } from "hyparquet-writer";
import { type Column, parquetElement, parquetRow } from "./columns.ts";

/** A row as the database's driver hands it out: every value is text. */
export type TextRow = Readonly<Record<string, string | null>>;

export const FORMATS = ["csv", "parquet"] as const;
export type Format = typeof FORMATS[number];

/** So many rows of Parquet stand together, and in memory at a time. */
const ROW_GROUP = 10_000;

/**
 * Writes rows into a file as they come. It has another name until it is complete, so that an interruption never leaves
 * half of one under the right name. Resolves to how many rows it has.
 */
export async function writeFile(
  path: string,
  format: Format,
  columns: readonly Column[],
  batches: AsyncIterable<readonly TextRow[]>,
): Promise<number> {
  const unfinished = `${path}.unfinished`;
  const rows = format === "csv"
    ? await writeCsv(unfinished, columns, batches)
    : await writeParquet(unfinished, columns, batches);
  await Deno.rename(unfinished, path);
  return rows;
}

async function writeCsv(
  path: string,
  columns: readonly Column[],
  batches: AsyncIterable<readonly TextRow[]>,
): Promise<number> {
  const names = columns.map(({ name }) => name);
  const encoder = new TextEncoder();
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const write = async (lines: readonly (readonly (string | null)[])[]) => {
    let bytes = encoder.encode(stringify(lines, { headers: false }));
    while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
  };
  await write([names]);
  let rows = 0;
  for await (const batch of batches) {
    await write(batch.map((row) => names.map((name) => row[name] ?? null)));
    rows += batch.length;
  }
  await file.syncData();
  return rows;
}

async function writeParquet(
  path: string,
  columns: readonly Column[],
  batches: AsyncIterable<readonly TextRow[]>,
): Promise<number> {
  const read = parquetRow(columns);
  let rows = 0;
  await parquetWriteRows({
    writer: fileWriter(path),
    rows: (async function* () {
      for await (const batch of batches) {
        rows += batch.length;
        for (const row of batch) yield read(row);
      }
    })(),
    columns: columns.map(({ name }) => ({ name })),
    schema: [{ name: "root", num_children: columns.length }, ...columns.map(parquetElement)],
    rowGroupSize: ROW_GROUP,
    createdBy: "DarkHorses",
  });
  return rows;
}
