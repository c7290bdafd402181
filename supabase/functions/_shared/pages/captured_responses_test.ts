import { assertEquals } from "@std/assert";
import { readCourses, readRegions } from "./read_courses.ts";
import { readRacecardsPage } from "./read_racecards.ts";
import { readResultsPage } from "./read_results.ts";
import type { PageRows } from "./rows.ts";

/**
 * Real responses, if there are any beside the repository. They belong to their source and are not part of the project.
 */
const FOLDER = new URL("../../../../../shared/racing-api/samples/", import.meta.url);

type Raw = Record<string, unknown>;

function captured(file: string): unknown {
  try {
    const response: unknown = JSON.parse(Deno.readTextFileSync(new URL(file, FOLDER)));
    return typeof response === "object" && response !== null && "body" in response ? response.body : response;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`There is no ${file} in ../shared/racing-api/samples, so nothing was checked against it.`);
    return null;
  }
}

/** What can be counted on both sides: in the JSON, with none of the code that is tested here, and in the rows. */
interface Figures {
  races: number;
  runners: number;
  nonRunners: number;
  horses: number;
  jockeys: number;
  trainers: number;
  owners: number;
  sires: number;
  /** Pence and cents of the races (cards) or the runners (results), by currency. */
  prizeMoney: Record<string, number>;
  withoutRpr: number;
  withoutPosition: number;
  offMoments: number[];
  weightLbs: number;
  claimLbs: number;
  quotes: number;
  bookmakers: number;
}

const NOTHING = new Set<unknown>(["", "-", "–", null, undefined]);

function rawRunners(races: readonly Raw[]): Raw[] {
  return races.flatMap((race) => race["runners"] as Raw[]);
}

function distinct(list: readonly Raw[], field: string, except: readonly unknown[] = []): number {
  return new Set(list.map((one) => one[field]).filter((id) => !NOTHING.has(id) && !except.includes(id))).size;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Of a British page: a bare number is pounds. */
function rawMoney(list: readonly Raw[]): Record<string, number> {
  const money: Record<string, number> = {};
  for (const { prize } of list) {
    if (NOTHING.has(prize)) continue;
    const text = String(prize);
    const currency = text.includes("€") ? "EUR" : "GBP";
    money[currency] = (money[currency] ?? 0) + Math.round(Number(text.replace(/[£€,]/g, "")) * 100);
  }
  return money;
}

function isRawNonRunner(runner: Raw): boolean {
  return runner["number"] === "NR" || String(runner["jockey"]).startsWith("NON-RUNNER");
}

function rawFigures(races: readonly Raw[], feed: "racecards" | "results"): Figures {
  const runners = rawRunners(races);
  const isCard = feed === "racecards";
  const standing = runners.filter((runner) => !isRawNonRunner(runner));
  const quotes = runners.flatMap((runner) => (runner["odds"] ?? []) as Raw[]);
  const claims = standing.map((runner) =>
    Number((isCard ? /\((\d+)\)$/.exec(String(runner["jockey"]))?.[1] : runner["jockey_claim_lbs"]) ?? 0)
  );
  return {
    races: races.length,
    runners: runners.length,
    nonRunners: runners.length - standing.length,
    horses: distinct(runners, "horse_id"),
    jockeys: distinct(runners, "jockey_id", ["jky_224913"]),
    trainers: distinct(runners, "trainer_id"),
    owners: distinct(runners, "owner_id"),
    sires: distinct(runners, "sire_id"),
    prizeMoney: rawMoney(isCard ? races : runners),
    withoutRpr: runners.filter((runner) => NOTHING.has(runner["rpr"])).length,
    withoutPosition: isCard
      ? 0
      : runners.filter((runner) => !/^\d+$/.test(String(runner["position"]))).length,
    offMoments: races.map((race) => Date.parse(String(race["off_dt"]))).sort(),
    weightLbs: sum(runners.map((runner) => Number(runner[isCard ? "lbs" : "weight_lbs"]))),
    claimLbs: sum(claims),
    quotes: quotes.filter((quote) => quote["decimal"] !== "-").length,
    bookmakers:
      new Set(quotes.map((quote) => String(quote["bookmaker"]).toLowerCase().replace(/\W/g, ""))).size,
  };
}

function rowFigures(rows: PageRows): Figures {
  const prizeMoney: Record<string, number> = {};
  for (const row of [...rows.races, ...rows.runners]) {
    if (!("prize_amount" in row) || row.prize_amount === null) continue;
    const currency = row.prize_currency ?? "none";
    prizeMoney[currency] = (prizeMoney[currency] ?? 0) + Math.round(row.prize_amount * 100);
  }
  return {
    races: rows.races.length,
    runners: rows.runners.length,
    nonRunners: rows.runners.filter((row) => row.is_non_runner).length,
    horses: rows.horses.length,
    jockeys: rows.jockeys.length,
    trainers: rows.trainers.length,
    owners: rows.owners.length,
    sires: rows.sires.length,
    prizeMoney,
    withoutRpr: rows.runners.filter((row) => (row.has_card ? row.card_rpr : row.rpr) === null).length,
    withoutPosition: rows.runners.filter((row) => row.has_result && row.position === null).length,
    offMoments: rows.races.map((row) => Date.parse(row.off_dt ?? "")).sort(),
    weightLbs: sum(rows.runners.map((row) => row.weight_lbs ?? 0)),
    claimLbs: sum(rows.runners.map((row) => row.jockey_claim_lbs ?? 0)),
    quotes: rows.odds.length,
    bookmakers: rows.bookmakers.length,
  };
}

Deno.test("captured racecards are read without a reject, and add up to what the file holds", () => {
  const body = captured("racecards-pro-2025-10-13.json");
  if (body === null) return;
  const page = readRacecardsPage(body, { captureOdds: true });
  assertEquals([page.rows.rejects, page.rows.unknown_fields], [[], []]);
  const figures = rowFigures(page.rows);
  assertEquals(figures, rawFigures((body as { racecards: Raw[] }).racecards, "racecards"));
  // Counted in another way, so that both sides cannot make the same mistake.
  assertEquals([page.total, figures.races, figures.runners, figures.nonRunners], [31, 2, 13, 1]);
  assertEquals([figures.prizeMoney, figures.withoutRpr, figures.bookmakers], [{ GBP: 838_600 }, 5, 28]);
});

for (
  const [file, total, races, runners, withoutRpr, withoutPosition] of [
    ["results-2025-10-07.json", 36, 5, 36, 1, 0],
    ["results-trainer.json", 5100, 10, 97, 19, 1],
  ] as const
) {
  Deno.test(`captured ${file} is read without a reject, and adds up to what the file holds`, () => {
    const body = captured(file);
    if (body === null) return;
    const page = readResultsPage(body);
    assertEquals([page.rows.rejects, page.rows.unknown_fields], [[], []]);
    const figures = rowFigures(page.rows);
    assertEquals(figures, rawFigures((body as { results: Raw[] }).results, "results"));
    assertEquals([page.total, figures.races, figures.runners], [total, races, runners]);
    assertEquals([figures.withoutRpr, figures.withoutPosition], [withoutRpr, withoutPosition]);
  });
}

Deno.test("a captured day without racing is a page without races", () => {
  const body = captured("racecards-empty-day.json");
  if (body === null) return;
  const { total, raceCount, rows } = readRacecardsPage(body);
  assertEquals([total, raceCount, rows.races, rows.rejects], [0, 0, [], []]);
});

Deno.test("captured cards of the free plan are two rejects that say which plan is needed", () => {
  const body = captured("racecards-free-2025-10-15.json");
  if (body === null) return;
  const { total, raceCount, rows } = readRacecardsPage(body);
  assertEquals([total, raceCount, rows.races.length, rows.runners.length], [45, 2, 0, 0]);
  assertEquals(rows.rejects.map((reject) => [reject.kind, reject.reason.includes("Pro plan")]), [
    ["race", true],
    ["race", true],
  ]);
});

Deno.test("captured courses and regions are read as they are", () => {
  const courses = captured("courses-gb.json");
  if (courses !== null) {
    const { total, rows } = readCourses(courses);
    assertEquals([total, rows.courses.length, rows.rejects.length, rows.unknown_fields], [69, 2, 0, []]);
    assertEquals(new Set(rows.courses.map((course) => course.region_code)), new Set(["gb"]));
  }
  const regions = captured("regions.json");
  if (regions !== null) {
    const { rows, missing } = readRegions(regions, ["gb", "ire"]);
    assertEquals([rows.regions.map((region) => region.code), rows.rejects, missing], [["gb", "spa"], [], [
      "ire",
    ]]);
  }
});
