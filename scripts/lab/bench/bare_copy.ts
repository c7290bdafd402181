import { join } from "@std/path";
import postgres from "postgres";
import type { Sql } from "../platform/database.ts";
import { temporaryFolder } from "../platform/temporary_folder.ts";
import { inOrderOfReferences, percentile } from "./arithmetic.ts";
import { walBytes } from "./counters.ts";
import { sessionClock } from "./session_clock.ts";

/** What a bare COPY of the same rows took. */
export interface BareCopy {
  /** By the session's clock. */
  readonly seconds: number;
  readonly walBytes: number;
  readonly runners: number;
  /** Of the copy of ra_runners. */
  readonly heapBytes: number;
  readonly indexBytes: number;
}

/** The schema that the copies are in, for as long as they are measured. */
const SCHEMA = "bench";
/** The median of so many: a COPY of a sample takes less than a second. */
const ROUNDS = 3;
/** A file that the server can't open, or may not. */
const NO_FILE = ["58P01", "42501"];

/** The tables that pages are stored in, each after those that it refers to. */
export async function tablesOfPages(sql: Sql): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select tablename as name from pg_tables
    where schemaname = 'public' and tablename like 'ra\\_%' and tablename <> 'ra_coverage' order by 1
  `;
  return inOrderOfReferences(tables.map(({ name }) => name), await references(sql));
}

interface Reference {
  readonly from: string;
  readonly to: string;
  readonly definition: string;
}

async function references(sql: Sql): Promise<Reference[]> {
  return await sql<Reference[]>`
    select from_table.relname as from, to_table.relname as to, pg_get_constraintdef(reference.oid) as definition
    from pg_constraint as reference
    join pg_class as from_table on from_table.oid = reference.conrelid
    join pg_class as to_table on to_table.oid = reference.confrelid
    where reference.contype = 'f' and reference.connamespace = 'public'::regnamespace
      and from_table.relname like 'ra\\_%' and to_table.relname like 'ra\\_%'
  `;
}

/**
 * Copies the rows that are stored, as they are, into empty tables with the same columns, checks, indexes and foreign
 * keys, a COPY a table. The server reads files, so that no connection is waited for. Null when it can't read this
 * machine's.
 *
 * @param sql a superuser's, with one connection
 */
export async function bareCopy(sql: Sql): Promise<BareCopy | null> {
  await using resources = new AsyncDisposableStack();
  const folder = await temporaryFolder(resources);
  // The server may be another user's.
  await Deno.chmod(folder, 0o755);
  const tables = await tablesOfPages(sql);
  const files = new Map(tables.map((table) => [table, join(folder, table)]));
  for (const [table, file] of files) await writeRows(sql, table, file);
  await makeEmptyCopies(sql, tables);
  try {
    return await copyInRounds(sql, files);
  } catch (error) {
    if (error instanceof postgres.PostgresError && NO_FILE.includes(error.code)) return null;
    throw error;
  } finally {
    await sql.unsafe(`drop schema ${SCHEMA} cascade`);
  }
}

async function copyInRounds(sql: Sql, files: ReadonlyMap<string, string>): Promise<BareCopy> {
  const tables = [...files.keys()];
  const all = tables.map((table) => `${SCHEMA}.${table}`).join(", ");
  const seconds: number[] = [];
  const clock = await sessionClock(sql);
  let written = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // In a transaction of its own: Postgres writes no WAL for what is copied into a table that its transaction emptied.
    await sql.unsafe(`truncate ${all}`);
    const before = await walBytes(sql);
    const start = clock();
    for (const [table, file] of files) {
      await sql.unsafe(`copy ${SCHEMA}.${table} from '${file.replaceAll("'", "''")}'`);
    }
    seconds.push(clock() - start);
    written = await walBytes(sql) - before;
  }
  const [size] = await sql<Pick<BareCopy, "runners" | "heapBytes" | "indexBytes">[]>`
    select
      (select count(*)::integer from bench.ra_runners) as runners,
      pg_table_size('bench.ra_runners')::float8 as "heapBytes", pg_indexes_size('bench.ra_runners')::float8 as "indexBytes"
  `;
  if (size === undefined) throw new Error("The copies have no size");
  return { ...size, seconds: percentile(seconds, 0.5) ?? NaN, walBytes: written };
}

async function makeEmptyCopies(sql: Sql, tables: readonly string[]): Promise<void> {
  await sql.unsafe(`drop schema if exists ${SCHEMA} cascade; create schema ${SCHEMA}`);
  for (const table of tables) {
    await sql.unsafe(`create table ${SCHEMA}.${table} (like public.${table} including all)`);
  }
  // What LIKE leaves out: the settings of the tables, and foreign keys.
  const settings = await sql<{ table: string; settings: string }[]>`
    select relname as table, array_to_string(reloptions, ', ') as settings
    from pg_class where relnamespace = 'public'::regnamespace and relname in ${
    sql([...tables])
  } and reloptions is not null
  `;
  for (const { table, settings: given } of settings) {
    await sql.unsafe(`alter table ${SCHEMA}.${table} set (${given})`);
  }
  for (const { from, to, definition } of await references(sql)) {
    if (!tables.includes(from) || !tables.includes(to)) continue;
    const moved = definition.replace(/REFERENCES (public\.)?/, `REFERENCES ${SCHEMA}.`);
    await sql.unsafe(`alter table ${SCHEMA}.${from} add ${moved}`);
  }
}

/** A line of COPY's text format. */
export function copyLine(values: readonly (string | null)[]): string {
  const escaped = (value: string) => value.replace(/[\\\t\n\r]/g, (sign) => ESCAPES[sign] ?? sign);
  return `${values.map((value) => value === null ? "\\N" : escaped(value)).join("\t")}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/**
 * Writes a table's rows in COPY's text format. Not by COPY itself: postgres.js 3.4.9 pauses its connection when rows come
 * faster than they are taken, and on Deno never lets it go on.
 */
async function writeRows(sql: Sql, table: string, file: string): Promise<void> {
  const columns = await sql<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum
  `;
  const texts = columns.map(({ name }) => `${name}::text`).join(", ");
  const rows: (string | null)[][] = await sql.unsafe(`select ${texts} from public.${table}`).values();
  await Deno.writeTextFile(file, rows.map(copyLine).join(""), { mode: 0o644 });
}
