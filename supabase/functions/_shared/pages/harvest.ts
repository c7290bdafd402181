import { bookmakerCode, bookmakerType } from "../values/bookmaker.ts";
import { isAfter } from "../values/code_points.ts";
import { isSameName } from "../values/names.ts";
import type { RunnerEntities } from "./entities.ts";
import type { BookmakerRow, CourseRow, HorseRow, MasterRows, ParentRow, SeenRow } from "./rows.ts";

/**
 * The entities of a page: the API has no list of them, so each runner brings its own. One row an id, and no id without
 * a row, because runners refer to them.
 */
export function harvest(courses: readonly CourseRow[], runners: readonly RunnerEntities[]): MasterRows {
  const [sires, dams, damsires] = [
    newestOfEach(runners.map((runner) => runner.sire)),
    newestOfEach(runners.map((runner) => runner.dam)),
    newestOfEach(runners.map((runner) => runner.damsire)),
  ];
  const horses = runners.map((runner) => runner.horse);
  return {
    courses: oneEach(courses),
    bookmakers: harvestBookmakers(runners),
    sires,
    dams,
    damsires,
    horses: newestOfEach(horses, (older, newer) => overlayHorse(older, newer, { sires, dams, damsires }))
      .map(withoutKnownNames),
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
function newestOfEach<Row extends SeenRow>(
  rows: readonly (Row | null)[],
  merge: (older: Row, newer: Row) => Row = overlay,
): Row[] {
  const byId = new Map<string, Row>();
  for (const row of rows) {
    if (row === null) continue;
    const before = byId.get(row.id);
    byId.set(row.id, before === undefined ? row : newer(before, row, merge));
  }
  return sortedBy(byId.values(), (row) => row.id);
}

function newer<Row extends SeenRow>(one: Row, other: Row, merge: (older: Row, newer: Row) => Row): Row {
  if (one.last_seen_on > other.last_seen_on) return merge(other, one);
  if (one.last_seen_on < other.last_seen_on) return merge(one, other);
  const columns = Object.entries(other).map(([column, value]) => {
    const before = one[column as keyof Row];
    const keep = before !== null && before !== undefined &&
      (value === null || isAfter(String(before), String(value)));
    return [column, keep ? before : value];
  });
  return { ...one, ...Object.fromEntries(columns) };
}

/** A newer run that names another parent without an id takes the older one's id away, as in the database. */
function overlayHorse(
  older: HorseRow,
  newer: HorseRow,
  { sires, dams, damsires }: Record<"sires" | "dams" | "damsires", readonly ParentRow[]>,
): HorseRow {
  const id = (parents: readonly ParentRow[], newerName: string | null, olderId: string | null) => {
    if (newerName === null || olderId === null) return olderId;
    const known = parents.find((parent) => parent.id === olderId)?.name ?? null;
    return known === null || isSameName(known, newerName) ? olderId : null;
  };
  return overlay({
    ...older,
    sire_id: id(sires, newer.sire_name, older.sire_id),
    dam_id: id(dams, newer.dam_name, older.dam_id),
    damsire_id: id(damsires, newer.damsire_name, older.damsire_id),
  }, newer);
}

/** A parent's name stands only while its id does not, as in the database. */
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
