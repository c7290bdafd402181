import { bookmakerCode, bookmakerType } from "../values/bookmaker.ts";
import { isAfter } from "../values/code_points.ts";
import type { RunnerEntities } from "./entities.ts";
import type { BookmakerRow, CourseRow, HorseRow, MasterRows, SeenRow } from "./rows.ts";

/**
 * The entities of a page: the API has no list of them, so each runner brings its own. One row an id, and no id without
 * a row, because runners refer to them.
 */
export function harvest(courses: readonly CourseRow[], runners: readonly RunnerEntities[]): MasterRows {
  return {
    courses: oneEach(courses),
    bookmakers: harvestBookmakers(runners),
    sires: newestOfEach(runners.map((runner) => runner.sire)),
    dams: newestOfEach(runners.map((runner) => runner.dam)),
    damsires: newestOfEach(runners.map((runner) => runner.damsire)),
    horses: newestOfEach(runners.map((runner) => runner.horse)).map(withoutKnownNames),
    jockeys: newestOfEach(runners.map((runner) => runner.jockey)),
    trainers: newestOfEach(runners.map((runner) => runner.trainer)),
    owners: newestOfEach(runners.map((runner) => runner.owner)),
  };
}

function oneEach(courses: readonly CourseRow[]): CourseRow[] {
  const byId = new Map<string, CourseRow>();
  for (const course of courses) byId.set(course.id, overlay(byId.get(course.id), course));
  return sortedBy(byId.values(), (row) => row.id);
}

/**
 * The newest racing day decides; what it leaves out is taken from the older one. On one day the greater value stays,
 * as in the database (`engine.merge_rule`), so that it does not matter how races are cut into pages.
 */
function newestOfEach<Row extends SeenRow>(rows: readonly (Row | null)[]): Row[] {
  const byId = new Map<string, Row>();
  for (const row of rows) {
    if (row === null) continue;
    const before = byId.get(row.id);
    byId.set(row.id, before === undefined ? row : newer(before, row));
  }
  return sortedBy(byId.values(), (row) => row.id);
}

function newer<Row extends SeenRow>(one: Row, other: Row): Row {
  if (one.last_seen_on > other.last_seen_on) return overlay(other, one);
  if (one.last_seen_on < other.last_seen_on) return overlay(one, other);
  const columns = Object.entries(other).map(([column, value]) => {
    const before = one[column as keyof Row];
    const keep = before !== null && before !== undefined &&
      (value === null || isAfter(String(before), String(value)));
    return [column, keep ? before : value];
  });
  return { ...one, ...Object.fromEntries(columns) };
}

/** A parent's name stands only while no run of the horse brings the id, as in the database. */
function withoutKnownNames(horse: HorseRow): HorseRow {
  return {
    ...horse,
    sire_name: horse.sire_id === null ? horse.sire_name : null,
    dam_name: horse.dam_id === null ? horse.dam_name : null,
    damsire_name: horse.damsire_id === null ? horse.damsire_name : null,
  };
}

/** The first row, with its nulls filled from the second. */
function overlay<Row extends object>(lower: Row | undefined, upper: Row): Row {
  if (lower === undefined || !Object.values(upper).includes(null)) return upper;
  const known = Object.entries(upper).filter(([, value]) => value !== null);
  return { ...lower, ...Object.fromEntries(known) };
}

function harvestBookmakers(runners: readonly RunnerEntities[]): BookmakerRow[] {
  const names = new Set<string>();
  for (const runner of runners) {
    for (const name of runner.bookmakers) names.add(name);
  }
  const byCode = new Map<string, BookmakerRow>();
  for (const name of names) {
    const code = bookmakerCode(name);
    if (code !== null && !byCode.has(code)) byCode.set(code, { code, name, type: bookmakerType(code) });
  }
  return sortedBy(byCode.values(), (row) => row.code);
}

/** By code unit: fast, stable and independent of any collation. */
export function sortedBy<Row>(rows: Iterable<Row>, key: (row: Row) => string): Row[] {
  return [...rows].sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    return a < b ? -1 : a > b ? 1 : 0;
  });
}
