/**
 * Makes a database as the old system of the same name left it, in `public`, with its faults: tables, keys, indexes,
 * views and rows. The races are those of the simulated API of the same seed, which can give them again.
 */

import { dayOf } from "../racing_api/london.ts";
import { World } from "../racing_api/generator/world.ts";
import type { Sql } from "../platform/database.ts";
import { copyRows } from "./copy_rows.ts";
import { type Era, filesAfterRows, filesBeforeRows } from "./eras.ts";
import { type Fault, type FaultCounts, FAULTS, noFaults } from "./faults.ts";
import { fixedRows, testRows, underscoredBookmakers, WRONG_REGIONS } from "./fixed_rows.ts";
import { Masters } from "./writers/masters.ts";
import { stamp } from "./writers/old_values.ts";
import { type DayOptions, type DayRows, writeDay } from "./writers/races.ts";
import type { Row } from "./writers/row.ts";

export interface OldDatabaseOptions {
  readonly era: Era;
  /** Racing days, each range with both ends, the oldest first. */
  readonly days: readonly { readonly first: string; readonly last: string }[];
  /** Of the simulated world. Default: 1, the simulated API's. */
  readonly seed?: number;
  /** Default: all. */
  readonly faults?: readonly Fault[];
  /** Of a hundred races, how many have no runners while that fault is in. Default: 5; it was 72 at one time. */
  readonly runnersMissingPercent?: number;
}

export interface OldDatabase {
  readonly counts: FaultCounts;
  /** Rows by the first name of their table, of those that were written from races. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Days before the last one that were read on the day, before the ratings were known. */
const DAILY_DAYS = 60;
const DAYS_A_COPY = 20;
const BLANK_DAMSIRE_ONE_IN = 190;
const DAY_MS = 86_400_000;

/** @param sql the project's own role, with one connection */
export async function writeOldDatabase(sql: Sql, options: OldDatabaseOptions): Promise<OldDatabase> {
  const { era, seed = 1, faults = FAULTS, runnersMissingPercent = 5 } = options;
  const last = dayOf(options.days.at(-1)?.last ?? "2025-10-18");
  const writtenAt = stamp(last * DAY_MS + DAY_MS);
  const counts = noFaults();
  const masters = new Masters();
  const rows: Record<string, number> = {};
  await runFiles(sql, filesBeforeRows(era));
  const write = await rowWriter(sql, rows);

  for (const [table, fixed] of fixedRows(writtenAt)) await write(table, fixed);
  counts.wrongRegions = WRONG_REGIONS.length;
  counts.underscoredCodes = underscoredBookmakers();
  const ofDay: DayOptions = {
    ...{ source: new World(seed, { odds: false }), faults: new Set(faults), counts, masters },
    ...{ dailyFrom: last - DAILY_DAYS, runnersMissingPercent, runnersHaveKey: era === "c" },
  };
  for (const { first, last } of options.days) {
    for (let day = dayOf(first); day <= dayOf(last); day += DAYS_A_COPY) {
      const until = Math.min(day + DAYS_A_COPY - 1, dayOf(last));
      const made: DayRows = { races: [], runners: [], results: [] };
      for (let each = day; each <= until; each++) {
        const rowsOfDay = writeDay(each, ofDay);
        for (const kind of ["races", "runners", "results"] as const) {
          for (const row of rowsOfDay[kind]) made[kind].push(row);
        }
      }
      await write("ra_races", made.races);
      await write("ra_runners", made.runners);
      await write("ra_race_results", made.results);
    }
  }
  if (faults.includes("blank ids")) {
    counts.horsesOfBlankIds = masters.pointAtBlanks(BLANK_DAMSIRE_ONE_IN, writtenAt);
    counts.blankIds = 2;
  }
  masters.countNames(counts);
  await writeMasters(masters, write);
  await runFiles(sql, ["derived"]);
  if (faults.includes("test rows")) {
    for (const [table, left] of testRows(writtenAt)) {
      await write(table, left);
      counts.testRows += left.length;
    }
  }
  await runFiles(sql, filesAfterRows(era));
  return { counts, rows };
}

type Write = (table: string, rows: Iterable<Row>) => Promise<void>;

/** Columns that a table has in its era and that a row may name. The others get their default. */
async function rowWriter(sql: Sql, written: Record<string, number>): Promise<Write> {
  const found = await sql<{ table: string; columns: string[] }[]>`
    select table_name as table, array_agg(column_name::text order by ordinal_position) as columns
    from information_schema.columns
    where table_schema = 'public' and table_name like 'ra\\_%'
    group by table_name
  `;
  const columnsOf = new Map(found.map(({ table, columns }) => [table, columns]));
  return async (table, rows) => {
    const given = [...rows];
    const named = new Set<string>();
    for (const row of given) for (const column of Object.keys(row)) named.add(column);
    const columns = (columnsOf.get(table) ?? []).filter((column) => named.has(column));
    if (given.length === 0) return;
    written[table] = (written[table] ?? 0) + await copyRows(sql, table, columns, given);
  };
}

/** Parents first: nothing refers to anything yet, but reading them in this order is easier. */
async function writeMasters(masters: Masters, write: Write): Promise<void> {
  await write("ra_sires", masters.sires.values());
  await write("ra_dams", masters.dams.values());
  await write("ra_damsires", masters.damsires.values());
  await write("ra_horses", masters.horses.values());
  await write("ra_jockeys", masters.jockeys.values());
  await write("ra_trainers", masters.trainers.values());
  await write("ra_owners", masters.owners.values());
  await write("ra_horse_pedigree", masters.pedigrees.values());
}

async function runFiles(sql: Sql, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await sql.unsafe(await Deno.readTextFile(new URL(`./tables/${name}.sql`, import.meta.url))).simple();
  }
}
