/** Serves captured responses of the real API: any bag of JSON files, indexed by race and racing day. */

import { REGIONS } from "./generator/regions.ts";
import { dateOf, dayOf, isDate } from "./london.ts";
import { type CapturedItem, type Feed, readCapture } from "./replay_files.ts";
import type { Course, ListedRace, RaceSource, Region } from "./source.ts";

/** What a replay folder holds and what of it cannot be served. */
export interface ReplaySummary {
  readonly folder: string;
  readonly files: number;
  readonly feeds: readonly FeedSummary[];
  readonly courses: number;
  readonly regions: number;
  readonly horses: number;
  readonly skipped: readonly SkippedItems[];
}

/** The races of one feed. */
export interface FeedSummary {
  readonly feed: Feed;
  readonly races: number;
  readonly days: number;
  readonly firstDay: string;
  readonly lastDay: string;
}

/** Items of one file that are not served. */
export interface SkippedItems {
  readonly file: string;
  readonly items: number;
  readonly reason: string;
}

interface CapturedRace extends ListedRace {
  readonly id: string;
  readonly day: number;
  readonly off: number;
  readonly courseName: string;
  readonly text: string;
  readonly fetchedAt: string;
}

/** Reads a folder of captured responses. Throws when it is missing, empty, or holds a file that is no JSON. */
export async function loadReplay(folder: string): Promise<{ source: RaceSource; summary: ReplaySummary }> {
  const files = await listFiles(folder);
  const races = { racecards: new Map<string, CapturedRace>(), results: new Map<string, CapturedRace>() };
  const courses = new Map<string, Course>();
  // The real API always lists them all, and masters are pulled for regions of which nothing was captured.
  const regions = new Map(REGIONS.map((region) => [region.region_code, region]));
  const horses = new Map<string, { readonly text: string; readonly fetchedAt: string }>();
  const skipped = new Skipped();

  for (const file of files) {
    for (const item of readCapture(await readJson(`${folder}/${file}`))) {
      switch (item.kind) {
        case "race":
          keepRace(races[item.feed], item, skipped, file);
          break;
        case "course":
          courses.set(item.course.id, item.course);
          break;
        case "region":
          regions.set(item.region.region_code, item.region);
          break;
        case "horse": {
          const kept = horses.get(item.id);
          if (!kept || isBetter(item, kept)) horses.set(item.id, item);
          break;
        }
        case "skipped":
          skipped.add(file, item.reason);
      }
    }
  }

  const all = [...races.racecards.values(), ...races.results.values()];
  for (const race of all) {
    if (!regions.has(race.region)) regions.set(race.region, regionOf(race.region));
    // A bag of files seldom has every page of /courses: what races name is added.
    if (race.courseId !== "" && !courses.has(race.courseId)) courses.set(race.courseId, courseOf(race));
  }
  const source = new Replay(
    races.racecards,
    races.results,
    [...courses.values()],
    [...regions.values()],
    horses,
  );
  return {
    source,
    summary: {
      folder,
      files: files.length,
      feeds: (["racecards", "results"] as const).map((feed) => feedSummary(feed, races[feed])),
      courses: courses.size,
      regions: regions.size,
      horses: horses.size,
      skipped: skipped.list(),
    },
  };
}

/** One sentence on a replay folder, for people. */
export function describeReplay(summary: ReplaySummary): string {
  const feeds = summary.feeds.filter(({ races }) => races > 0).map((
    { feed, races, days, firstDay, lastDay },
  ) => `${races} ${feed} of ${days} day${days === 1 ? "" : "s"} (${firstDay} to ${lastDay})`);
  const skipped = summary.skipped.map(({ file, items, reason }) => `${items} in ${file}: ${reason}`);
  return `Replaying ${feeds.join(" and ") || "no races"} from ${summary.files} files in ${summary.folder}` +
    (skipped.length ? `; not replayed: ${skipped.join("; ")}.` : ".");
}

class Replay implements RaceSource {
  readonly #cardsByDay = new Map<number, CapturedRace[]>();
  readonly #results: readonly CapturedRace[];
  readonly #resultsById: ReadonlyMap<string, CapturedRace>;
  readonly #courses: readonly Course[];
  readonly #regions: readonly Region[];
  readonly #horses: ReadonlyMap<string, { readonly text: string }>;

  constructor(
    cards: ReadonlyMap<string, CapturedRace>,
    results: ReadonlyMap<string, CapturedRace>,
    courses: readonly Course[],
    regions: readonly Region[],
    horses: ReadonlyMap<string, { readonly text: string }>,
  ) {
    const byOff = (a: CapturedRace, b: CapturedRace) => a.off - b.off || (a.id < b.id ? -1 : 1);
    for (const card of [...cards.values()].sort(byOff)) {
      const day = this.#cardsByDay.get(card.day);
      if (day) day.push(card);
      else this.#cardsByDay.set(card.day, [card]);
    }
    this.#results = [...results.values()].sort((a, b) => byOff(b, a));
    this.#resultsById = results;
    this.#courses = courses;
    this.#regions = regions;
    this.#horses = horses;
  }

  regions(): readonly Region[] {
    return this.#regions;
  }

  courses(): readonly Course[] {
    return this.#courses;
  }

  cards(day: number): readonly ListedRace[] {
    return this.#cardsByDay.get(day) ?? [];
  }

  results(firstDay: number, lastDay: number): readonly ListedRace[] {
    return this.#results.filter(({ day }) => day >= firstDay && day <= lastDay);
  }

  result(raceId: string): string | undefined {
    return this.#resultsById.get(raceId)?.text;
  }

  horse(horseId: string): string | undefined {
    return this.#horses.get(horseId)?.text;
  }
}

function keepRace(
  kept: Map<string, CapturedRace>,
  item: Extract<CapturedItem, { kind: "race" }>,
  skipped: Skipped,
  file: string,
): void {
  const { race } = item;
  const text = (name: string) => {
    const value = race[name];
    return typeof value === "string" ? value : "";
  };
  const id = text("race_id");
  if (id === "") {
    return skipped.add(file, "the race has no race_id (cards of the free plan had none before 2026)");
  }
  if (!isDate(text("date"))) return skipped.add(file, "the race has no date of the form YYYY-MM-DD");
  const day = dayOf(text("date"));
  const off = Date.parse(text("off_dt"));
  const json = JSON.stringify(race);
  const captured: CapturedRace = {
    id,
    day,
    off: Number.isNaN(off) ? day * 86_400_000 : off,
    region: text("region").toLowerCase(),
    courseId: text("course_id"),
    courseName: text("course"),
    text: json,
    fetchedAt: item.fetchedAt,
    json: () => json,
  };
  const other = kept.get(id);
  if (!other || isBetter(captured, other)) kept.set(id, captured);
}

/** The later capture wins, then the fuller one. The order of the files does not matter. */
function isBetter(
  candidate: { readonly text: string; readonly fetchedAt: string },
  kept: { readonly text: string; readonly fetchedAt: string },
): boolean {
  if (candidate.fetchedAt !== kept.fetchedAt) return candidate.fetchedAt > kept.fetchedAt;
  if (candidate.text.length !== kept.text.length) return candidate.text.length > kept.text.length;
  return candidate.text > kept.text;
}

function regionOf(code: string): Region {
  const known = REGIONS.find(({ region_code }) => region_code === code);
  return known ?? { region: code.toUpperCase(), region_code: code };
}

/** `Dundalk (AW) (IRE)` in a result is `Dundalk-AW` among the courses. */
function courseOf(race: CapturedRace): Course {
  const suffix = ` (${race.region.toUpperCase()})`;
  const name = race.courseName.endsWith(suffix) ? race.courseName.slice(0, -suffix.length) : race.courseName;
  return {
    id: race.courseId,
    course: name.replace(/ \(([^)]+)\)$/, "-$1"),
    region_code: race.region,
    region: regionOf(race.region).region,
  };
}

function feedSummary(feed: Feed, races: ReadonlyMap<string, CapturedRace>): FeedSummary {
  const days = [...new Set([...races.values()].map(({ day }) => day))].sort((a, b) => a - b);
  const [first] = days;
  const last = days.at(-1);
  return {
    feed,
    races: races.size,
    days: days.length,
    firstDay: first === undefined ? "" : dateOf(first),
    lastDay: last === undefined ? "" : dateOf(last),
  };
}

class Skipped {
  readonly #counts = new Map<string, SkippedItems>();

  add(file: string, reason: string): void {
    const key = `${file}\n${reason}`;
    this.#counts.set(key, { file, reason, items: (this.#counts.get(key)?.items ?? 0) + 1 });
  }

  list(): readonly SkippedItems[] {
    return [...this.#counts.values()];
  }
}

async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isDirectory && entry.name.endsWith(".json")) files.push(entry.name);
    }
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new Error(`Cannot replay ${folder}: there is no such folder. Check the path.`, { cause });
    }
    if (cause instanceof Deno.errors.NotADirectory || !(await Deno.stat(folder)).isDirectory) {
      throw new Error(`Cannot replay ${folder}: it is a file. Name the folder that holds the captures.`, {
        cause,
      });
    }
    throw new Error(`Cannot replay ${folder}: it cannot be read. Check its permissions.`, { cause });
  }
  if (files.length === 0) {
    throw new Error(`Cannot replay ${folder}: it holds no .json file. Put captured responses into it.`);
  }
  return files.sort();
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new Error(`Cannot replay ${file}: it cannot be read. Check its permissions or move it away.`, {
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot replay ${file}: it is no JSON. Capture it again or move it away.`, { cause });
  }
}
