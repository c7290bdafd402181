import { dirname, join } from "@std/path";
import { addDays, formatISO, parseISO } from "date-fns";
import { messageOf, Problem } from "../../command_line/problem.ts";
import type { Sql } from "../../project/project_database.ts";
import { guardExport } from "./guard_export.ts";
import type { Period } from "./periods.ts";
import { exportQuery, type Relation } from "./relation.ts";
import { type Format, type TextRow, writeFile } from "./write_file.ts";

/** A file of an export. */
export interface ExportedFile {
  readonly file: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Null of one that was there already: it is not read. */
  readonly rows: number | null;
  readonly bytes: number;
  readonly state: "written" | "kept";
}

export interface ExportOptions {
  readonly relation: Relation;
  readonly format: Format;
  /** Each becomes a file; undefined is all rows. */
  readonly periods: readonly (Period | undefined)[];
  /** A folder, or the one file that all of it goes into. */
  readonly out: string;
  /** Write also what is there already. */
  readonly again: boolean;
  readonly onFile: (file: ExportedFile) => void;
}

/** How many rows the database sends at a time. */
const BATCH = 1000;
/** The daily pulls ask for the results of a week again. */
const SETTLED_AFTER_DAYS = 7;

/** Whether a path names a file, not a folder. */
export const isFileName = (path: string): boolean => /\.(csv|parquet)$/.test(path);

/**
 * Writes what is not there yet, file by file, and hands out each as it is complete.
 *
 * @throws {Problem} when another export of the same into the same place is at work
 */
export async function exportFiles(sql: Sql, options: ExportOptions): Promise<ExportedFile[]> {
  const { relation, format, periods, out, again, onFile } = options;
  const files: ExportedFile[] = [];
  await makeFolder(isFileName(out) ? dirname(out) : out);
  await using _guard =
    await (isFileName(out)
      ? guardExport(`${out}.lock`, out)
      : guardExport(join(out, `${relation.name}.lock`), `${relation.name} into ${out}`));
  for (const period of periods) {
    const file = isFileName(out)
      ? out
      : join(out, `${[relation.name, ...period ? [period.label] : []].join("_")}.${format}`);
    const days = { from: period?.first ?? null, to: period?.last ?? null };
    const there = await lookAt(file);
    // Ratings and corrections come for a week, what has no days may have more rows by now, and a file that the user
    // named may hold something else.
    if (
      !again && !isFileName(out) && period !== undefined && there !== undefined &&
      there.writtenOn > settledOn(period)
    ) {
      files.push({ file, ...days, rows: null, bytes: there.bytes, state: "kept" });
    } else {
      const rows = await exportPeriod(sql, file, options, period);
      files.push({ file, ...days, rows, bytes: (await lookAt(file))?.bytes ?? 0, state: "written" });
    }
    const [newest] = files.slice(-1);
    if (newest !== undefined) onFile(newest);
  }
  return files;
}

/**
 * Writes one file. In a session of its own: what is set holds, no statement is ended for taking long, and one that was
 * lost after the file before is not asked again, which the driver answers with an error that nobody can catch.
 */
async function exportPeriod(
  sql: Sql,
  file: string,
  { relation, format }: ExportOptions,
  period: Period | undefined,
): Promise<number> {
  const session = await sql.reserve();
  try {
    await session.unsafe(
      "set statement_timeout = 0; set default_transaction_read_only = on; set datestyle = 'ISO'",
    )
      .simple();
    const { text, values } = exportQuery(relation, format, period);
    const batches = session.unsafe<TextRow[]>(text, values).cursor(BATCH);
    return await writeFile(file, format, relation.columns, batches).catch(explainFile(file));
  } finally {
    session.release();
  }
}

async function makeFolder(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw new Problem(`The folder ${folder} cannot be made: ${messageOf(error)}.`, { cause: error });
  });
}

/** The day after which the rows of a period hardly change. */
function settledOn({ last }: Period): string {
  return formatISO(addDays(parseISO(last), SETTLED_AFTER_DAYS), { representation: "date" });
}

/** The size of a file, and the day in UTC on which it was written; undefined when there is none. */
async function lookAt(file: string): Promise<{ bytes: number; writtenOn: string } | undefined> {
  try {
    const { size, mtime } = await Deno.stat(file);
    return { bytes: size, writtenOn: mtime?.toISOString().slice(0, 10) ?? "" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** An error of the file, which is not one of the database, in a sentence. */
function explainFile(file: string): (error: unknown) => never {
  return (error) => {
    const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
    if (/^(ENOSPC|EACCES|EROFS|EISDIR|ENOTDIR|EPERM|EDQUOT|EFBIG)$/.test(code)) {
      throw new Problem(`${file} cannot be written: ${messageOf(error)}.`, { cause: error });
    }
    throw error;
  };
}
