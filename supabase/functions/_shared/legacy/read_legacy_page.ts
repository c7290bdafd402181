import { sortedBy } from "../pages/harvest.ts";
import { RowReader } from "../pages/row_reader.ts";
import {
  emptyPageRows,
  type LegacyRaceRow,
  type LegacyRunnerRow,
  type OddsHistoryRow,
  type OddsRow,
  type PageRows,
  type Reject,
} from "../pages/rows.ts";
import { readDate } from "../values/dates.ts";
import { storableJson } from "../values/json.ts";
import { OldBookmakers, readOldOdds } from "./old_odds.ts";
import { oldId, OldMasters } from "./old_masters.ts";
import { readOldNotes } from "./old_notes.ts";
import { type RaceKey, readOldRace } from "./old_race.ts";
import { column, first, groupBy, lastWritten, type OldRow, type OldTables, oldTables } from "./old_rows.ts";
import { type OldRun, readOldRunner } from "./old_runner.ts";
import { isTest, readOldRegion } from "./old_values.ts";

/**
 * The rows that items of the old database become: races with what belongs to them, and master rows. An item is a kind
 * and an id: `race rac_1`, `horses hrs_2`; or a day of the file of prices, which SQL copies by itself.
 *
 * @param answer what the database has of the items: the old rows by kind
 */
export function readLegacyPage(items: readonly string[], answer: unknown): PageRows {
  const tables = oldTables(answer);
  const page = {
    tables,
    races: groupBy(tables.races, "id"),
    knownRaces: groupBy(tables.known_races, "id"),
    runners: groupBy(tables.runners, "race_id"),
    results: groupBy(tables.results, "race_id"),
    runnerOdds: groupBy(tables.runner_odds, "race_id"),
    live: groupBy(tables.odds_live, "race_id"),
    earlier: groupBy(tables.odds_history, "race_id"),
    notes: groupBy(tables.supplementary, "race_id"),
    masters: new OldMasters(tables),
    bookmakers: new OldBookmakers(tables.bookmakers),
    rejects: [],
    rows: { races: [], runners: [], odds: [], history: [] },
  } satisfies LegacyPage;
  for (const item of items) {
    const gap = item.indexOf(" ");
    const [kind, id] = [item.slice(0, gap), item.slice(gap + 1)];
    if (kind === "race") readItem(id, page);
    else noteMaster(kind, id, page.masters);
  }
  return {
    ...emptyPageRows(),
    ...page.masters.rows(),
    bookmakers: page.bookmakers.rows(),
    races: sortedBy<LegacyRaceRow>(page.rows.races, (race) => race.id),
    runners: sortedBy<LegacyRunnerRow>(page.rows.runners, (runner) => `${runner.race_id} ${runner.horse_id}`),
    odds: page.rows.odds,
    odds_history: page.rows.history,
    rejects: page.rejects,
    asked: items.map((id) => ({ id, is_known: true })),
  };
}

type Groups = ReadonlyMap<string, readonly OldRow[]>;

interface LegacyPage {
  readonly tables: OldTables;
  readonly races: Groups;
  readonly knownRaces: Groups;
  readonly runners: Groups;
  readonly results: Groups;
  readonly runnerOdds: Groups;
  readonly live: Groups;
  readonly earlier: Groups;
  readonly notes: Groups;
  readonly masters: OldMasters;
  readonly bookmakers: OldBookmakers;
  readonly rejects: Reject[];
  readonly rows: {
    readonly races: LegacyRaceRow[];
    readonly runners: LegacyRunnerRow[];
    readonly odds: OddsRow[];
    readonly history: OddsHistoryRow[];
  };
}

function noteMaster(kind: string, id: string, masters: OldMasters): void {
  switch (kind) {
    case "sires":
    case "dams":
    case "damsires":
      masters.parent(kind, id, null);
      return;
    case "jockeys":
    case "trainers":
    case "owners":
      masters.person(kind, id, null);
      return;
    case "courses":
      masters.course(id);
      return;
    case "runner_prices":
      return;
    default:
      masters.horse(id);
  }
}

function readItem(id: string, page: LegacyPage): void {
  const race = page.races.get(id)?.[0];
  const known = page.knownRaces.get(id)?.[0];
  const runs = runsOf(page.runners.get(id) ?? [], page.results.get(id) ?? []);
  const key = keyOf(id, race, known, page.masters);
  if ("reason" in key) {
    const day = readDate(first(column(race, "date"), column(page.results.get(id)?.[0], "race_date"))).value;
    page.rejects.push({
      ...{ kind: "race", race_id: id, horse_id: null, race_date: day },
      ...{ reason: key.reason, path: key.path },
      raw: storableJson({
        race: race ?? null,
        runners: page.runners.get(id) ?? [],
        results: page.results.get(id) ?? [],
      }),
    });
    return;
  }
  const place = { race_id: id, race_date: key.date, prefix: "" };
  if (race !== undefined) {
    page.rows.races.push(readOldRace(race, key, new RowReader({ ...place, horse_id: null }, page.rejects)));
  }
  const odds = {
    runnerOdds: page.runnerOdds.get(id) ?? [],
    live: page.live.get(id) ?? [],
    earlier: page.earlier.get(id) ?? [],
  };
  for (const [horseId, run] of runs) {
    const sent = run.runner ?? run.result;
    if (isTest(horseId, column(sent, "horse_name"))) continue;
    const horse_id = page.masters.horse(horseId, { ...run.result, ...run.runner });
    if (horse_id === null) {
      page.rejects.push({
        ...{ kind: "runner", race_id: id, horse_id: null, race_date: key.date },
        ...{ reason: "horse_id is missing.", path: "horse_id", raw: storableJson({ ...run }) },
      });
      continue;
    }
    const read = new RowReader({ ...place, horse_id, prefix: `${horse_id}.` }, page.rejects);
    const ofHorse = (rows: readonly OldRow[]) => rows.filter((row) => column(row, "horse_id") === horse_id);
    const notes = readOldNotes(ofHorse(page.notes.get(id) ?? []));
    page.rows.runners.push({
      ...readOldRunner(run, { race_id: id, horse_id, region: key.region }, page.masters, read),
      ...notes,
    });
    const { last, history } = readOldOdds(
      { race_id: id, horse_id },
      {
        runnerOdds: ofHorse(odds.runnerOdds),
        live: ofHorse(odds.live),
        earlier: ofHorse(odds.earlier),
      },
      page.bookmakers,
      read,
    );
    page.rows.odds.push(...last);
    page.rows.history.push(...history);
  }
}

/** The rows of each horse in a race, copies of a row as one. */
function runsOf(runners: readonly OldRow[], results: readonly OldRow[]): ReadonlyMap<string, OldRun> {
  const ofRunners = groupBy(runners, "horse_id");
  const ofResults = groupBy(results, "horse_id");
  return new Map(
    [...new Set([...ofRunners.keys(), ...ofResults.keys()])].map((horseId) => [
      horseId,
      { runner: lastWritten(ofRunners.get(horseId)), result: lastWritten(ofResults.get(horseId)) },
    ]),
  );
}

/** What a race cannot be without; or which of it is missing. A race that we have says it for one that is lost there. */
function keyOf(
  id: string,
  race: OldRow | undefined,
  known: OldRow | undefined,
  masters: OldMasters,
): RaceKey | { readonly reason: string; readonly path: string } {
  if (race === undefined && known === undefined) {
    return {
      reason: "The old database has runners of the race, but not the race, and the API did not bring it.",
      path: "",
    };
  }
  const courseId = race === undefined
    ? oldId(column(known, "course_id"))
    : masters.course(column(race, "course_id"), race);
  if (courseId === null) return { reason: "course_id is missing.", path: "course_id" };
  const { value: date } = readDate(first(column(race, "date"), column(known, "date")));
  if (date === null) return { reason: "date is missing or is not a date.", path: "date" };
  const region = readOldRegion(first(column(race, "region"), column(known, "region"))) ??
    masters.regionOfCourse(courseId);
  if (region === null) return { reason: "region is missing, and that of its course is too.", path: "region" };
  return { id, course_id: courseId, region, date };
}
