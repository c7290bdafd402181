import { readDate } from "../values/dates.ts";
import { readId } from "../values/ids.ts";
import type { Sent } from "../values/missing.ts";
import { readCourseName } from "../values/names.ts";
import { readOffDt } from "../values/off_time.ts";
import { type ElementParser, type ParsedElement, type Refusal, rejectElement } from "./element_parser.ts";
import type { RunnerEntities } from "./entities.ts";
import { harvest, sortedBy } from "./harvest.ts";
import { mergeCopies, type MergedElement } from "./merge_copies.ts";
import { RowReader } from "./row_reader.ts";
import type { CourseRow, OddsRow, PageRows, RaceRow, Reject, RunnerRow } from "./rows.ts";
import type { UnknownFields } from "./unknown_fields.ts";

/** What cards and results have in common, checked. */
export interface CheckedRace {
  race_id: string;
  date: string;
  course_id: string;
  /** Lower case. */
  region: string;
  course?: Sent;
  runners?: unknown[] | null | undefined;
}

/** A race that passed its feed's schema. */
export interface RaceElement<Race extends RaceRow> {
  readonly race: CheckedRace;
  readonly toRow: (read: RowReader) => Race;
}

/** A runner that passed its feed's schema. */
export interface RunnerElement<Runner extends RunnerRow> {
  readonly horse_id: string;
  readonly toEntry: (race: CheckedRace, read: RowReader) => RunnerEntry<Runner>;
}

/** A runner, read: its row and the master rows it brings. */
export interface RunnerEntry<Runner extends RunnerRow> {
  readonly row: Runner;
  readonly entities: RunnerEntities;
  readonly odds: readonly OddsRow[];
}

/** How the races of one feed are read. */
export interface Feed<Race extends RaceRow, Runner extends RunnerRow> {
  readonly parseRace: ElementParser<RaceElement<Race>>;
  readonly parseRunner: ElementParser<RunnerElement<Runner>>;
  /** A better reason for a race that cannot be read, where the feed knows one. */
  readonly explainReject?: (raw: unknown) => string | null;
}

/** Which races become rows. */
export interface RaceOptions {
  /** The regions that were asked for, in lower case; all when there are none. */
  readonly regions?: readonly string[];
}

interface RaceEntry<Race extends RaceRow, Runner extends RunnerRow> {
  readonly row: Race;
  readonly course: CourseRow;
  readonly runners: ReadonlyMap<string, RunnerEntry<Runner>>;
  readonly rejects: readonly Reject[];
}

/**
 * Reads the races of a page. Each race and each runner is read on its own: one that cannot be read is a reject, and the
 * rest is kept. A race that comes twice is one, with all that either copy says, and so is a horse that comes twice in a
 * race. A race of a region that was not asked for is left out.
 */
export function collectRaces<Race extends RaceRow, Runner extends RunnerRow>(
  feed: Feed<Race, Runner>,
  list: readonly unknown[],
  unknownFields: UnknownFields,
  { regions }: RaceOptions = {},
): PageRows<Race, Runner> {
  const races = new Map<string, RaceEntry<Race, Runner>>();
  const rejects: Reject[] = [];
  const leftOut: string[] = [];
  const copies: string[] = [];
  for (
    const element of mergeCopies(list, { idField: "race_id", joined: ["runners"], parse: feed.parseRace })
  ) {
    const entry = readRaceEntry(feed, element, unknownFields);
    if (!("row" in entry)) {
      rejects.push(entry);
      continue;
    }
    const { id, region_code } = entry.row;
    for (let copy = 2; copy <= element.copies; copy++) copies.push(id);
    if (regions === undefined || regions.includes(region_code)) races.set(id, entry);
    else leftOut.push(id);
  }

  const entries = sortedBy(races.values(), (entry) => entry.row.id);
  const runners = entries.flatMap((entry) =>
    sortedBy(entry.runners.values(), (runner) => runner.row.horse_id)
  );
  return {
    regions: [],
    ...harvest(entries.map((entry) => entry.course), runners.map((runner) => runner.entities)),
    races: entries.map((entry) => entry.row),
    runners: runners.map((runner) => runner.row),
    odds: runners.flatMap((runner) => runner.odds),
    rejects: [...rejects, ...entries.flatMap((entry) => entry.rejects)],
    unknown_fields: unknownFields.list(),
    left_out: leftOut,
    copies,
  };
}

function readRaceEntry<Race extends RaceRow, Runner extends RunnerRow>(
  feed: Feed<Race, Runner>,
  { raw, contradictions, setAside }: MergedElement,
  unknownFields: UnknownFields,
): RaceEntry<Race, Runner> | Reject {
  const parsed = feed.parseRace(raw, unknownFields);
  if (!parsed.ok) return rejectRace(raw, parsed, feed.explainReject);
  const { race, toRow } = parsed.element;
  const rejects: Reject[] = [];
  const read = new RowReader(
    { race_id: race.race_id, horse_id: null, race_date: race.date, prefix: "" },
    rejects,
  );
  read.noteSetAside([...setAside, ...parsed.setAside]);
  read.noteContradictions(contradictions);
  const isListSetAside = parsed.setAside.some(({ field }) => field === "runners");
  if ((race.runners ?? null) === null && !isListSetAside) {
    read.noteMissing("runners", null, "every race has a list of them");
  }
  const row = toRow(read);
  const runners = new Map<string, RunnerEntry<Runner>>();
  const merging = { idField: "horse_id", joined: ["odds"], parse: feed.parseRunner };
  for (const element of mergeCopies(race.runners ?? [], merging)) {
    const entry = readRunnerEntry(feed.parseRunner(element.raw, unknownFields), element, race, rejects);
    if (entry !== null) runners.set(entry.row.horse_id, entry);
  }
  const course: CourseRow = {
    id: race.course_id,
    name: readCourseName(race.course),
    region_code: race.region,
    is_listed: false,
  };
  return { row, course, runners, rejects };
}

function readRunnerEntry<Runner extends RunnerRow>(
  parsed: ParsedElement<RunnerElement<Runner>>,
  { raw, index, contradictions, setAside }: MergedElement,
  race: CheckedRace,
  rejects: Reject[],
): RunnerEntry<Runner> | null {
  const path = `runners[${index}]`;
  const place = { race_id: race.race_id, race_date: race.date };
  if (!parsed.ok) {
    rejects.push({ ...rejectElement("runner", raw, path, parsed), ...place });
    return null;
  }
  const { horse_id, toEntry } = parsed.element;
  const read = new RowReader({ ...place, horse_id, prefix: `${path}.` }, rejects);
  read.noteSetAside([...setAside, ...parsed.setAside]);
  read.noteContradictions(contradictions);
  return toEntry(race, read);
}

function rejectRace(
  raw: unknown,
  refusal: Refusal,
  explain: ((raw: unknown) => string | null) | undefined,
): Reject {
  return {
    ...rejectElement("race", raw, "", refusal),
    race_id: readId(scalarField(raw, "race_id")).value,
    // Coverage counts by day, so the day is looked for in other fields too.
    race_date: readDate(scalarField(raw, "date")).value ??
      readOffDt(scalarField(raw, "off_dt")).value?.slice(0, "2025-10-14".length) ?? null,
    reason: explain?.(raw) ?? refusal.reason,
  };
}

/** A field of an element that did not pass its schema. */
function scalarField(raw: unknown, field: string): Sent {
  if (typeof raw !== "object" || raw === null) return null;
  const sent: unknown = Object.getOwnPropertyDescriptor(raw, field)?.value;
  return typeof sent === "string" || typeof sent === "number" ? sent : null;
}
