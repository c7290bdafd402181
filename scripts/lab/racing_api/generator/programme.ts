/** What a race is: its conditions, distance, ground and prize. */

import { dateOf, yearOf } from "../london.ts";
import type { PlannedRace } from "./fixtures.ts";
import { sponsorName } from "./names.ts";
import { Random } from "./random.ts";

/** The `type` of a race in the API's words. */
export type RaceType = "Flat" | "Hurdle" | "Chase" | "NH Flat";

/** The conditions of a race. */
export interface Conditions {
  readonly name: string;
  readonly type: RaceType;
  readonly raceClass: string;
  readonly pattern: string;
  /** The upper end of the ratings of a handicap. */
  readonly top: number | undefined;
  readonly ratingBand: string;
  readonly minAge: number;
  readonly maxAge: number;
  readonly ageBand: string;
  readonly sexRestriction: string;
  readonly yards: number;
  readonly going: string;
  readonly goingDetailed: string;
  readonly surface: "Turf" | "AW";
  readonly jumps: string;
  readonly stalls: string;
  readonly weather: string;
  readonly rail: string;
  /** To the winner. */
  readonly prize: number;
  /** Declared runners to look for. */
  readonly declared: number;
}

const TURF = ["Firm", "Good To Firm", "Good", "Good To Soft", "Soft", "Heavy"];
const IRISH_TURF = [
  "Good To Firm",
  "Good",
  "Good To Yielding",
  "Yielding",
  "Yielding To Soft",
  "Soft To Heavy",
];
const AW_UNTIL_2025 = ["Standard", "Standard", "Standard", "Standard To Slow", "Standard To Fast"];
const AW_FROM_2026 = ["Standard", "Standard", "Standard", "Standard / Slow", "Standard / Fast"];
const FLAT_FURLONGS = [5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 10, 10, 11, 12, 12, 14, 16];
const JUMP_FURLONGS = [16, 16, 16, 17, 18, 19, 20, 20, 21, 22, 23, 24, 25, 28];
/** Pounds to the winner by class, in the money of 2025. */
const PRIZES: Readonly<Record<number, number>> = {
  1: 42_532.5,
  2: 18_039,
  3: 8_656.8,
  4: 5_024.64,
  5: 4_187.2,
  6: 3_245.08,
};

/** The conditions of a planned race. */
export function conditionsOf(seed: number, race: PlannedRace): Conditions {
  const random = new Random(`${seed}:race:${race.id}`);
  const { course, code, wetness } = race.meeting;
  const date = dateOf(race.day);
  const month = Number(date.slice(5, 7));
  const home = course.region_code === "gb" || course.region_code === "ire";
  const type = raceType(random, race);
  const flat = type === "Flat";
  const raceClass = race.big ? 2 - random.int(0, 1) : classOf(random, type);
  const handicap = type !== "NH Flat" && (race.big || random.chance(raceClass === 1 ? 0.1 : 0.64));
  const [minAge, maxAge] = race.big ? [flat ? 3 : 5, 99] : ages(random, type, month, handicap);
  const top = handicap ? topRating(random, type, raceClass) : undefined;
  const sexRestriction = sexOf(random, type, minAge, maxAge);
  const furlongs = furlongsOf(random, type, minAge, maxAge);
  const grade = raceClass === 1 && !handicap ? random.int(1, 4) : 0;
  const money = 0.42 + 0.58 * Math.min(1, (yearOf(race.day) - 1988) / 37);
  const irish = course.region_code === "ire";
  const year = yearOf(race.day);
  const aw = year >= 2026 ? AW_FROM_2026 : AW_UNTIL_2025;
  const going = code === "aw"
    ? aw[new Random(`${seed}:going:${race.day}:${course.id}`).int(0, aw.length - 1)] ?? "Standard"
    : (irish ? IRISH_TURF : TURF)[wetness + 2] ?? "Good";
  const fences = Math.round(furlongs * (type === "Chase" ? 0.75 : 0.5));
  const detailed = random.chance(0.25);
  const bigField = random.int(14, 24);
  const prize = (irish ? Math.round : (amount: number) => Math.round(amount * 50) / 50)(
    (PRIZES[raceClass] ?? 4_000) * money * (irish ? 1.6 : 1) * (race.big ? 2.5 : 1),
  );
  return {
    name: raceName(random, type, { handicap, minAge, maxAge, sexRestriction, grade, big: race.big }),
    type,
    raceClass: irish || !home ? "" : `Class ${raceClass}`,
    pattern: grade === 0 ? "" : grade === 4 ? "Listed" : `${flat ? "Group" : "Grade"} ${grade}`,
    top,
    ratingBand: top === undefined || irish && random.chance(0.3) ? "" : `${irish ? "45" : "0"}-${top}`,
    minAge,
    maxAge,
    ageBand: maxAge === 99 ? `${minAge}yo+` : minAge === maxAge ? `${minAge}yo` : `${minAge}-${maxAge}yo`,
    sexRestriction,
    yards: furlongs * 220 + (random.chance(0.45) ? 0 : random.int(-20, 110)),
    going,
    goingDetailed: detailed
      ? `${going}${random.chance(0.5) ? " (watered)" : `, ${aw[0] ?? ""} in places`}`
      : "",
    surface: code === "aw" ? "AW" : "Turf",
    jumps: type === "Hurdle" ? `${fences} hurdles` : type === "Chase" ? `${fences} fences` : "",
    stalls: flat && detailed ? random.pick(["Centre", "Inside", "Far side", "Stands side"]) : "",
    weather: detailed ? random.pick(["Overcast", "Sunny spells", "Showers", "Clear and cold"]) : "",
    rail: detailed && random.chance(0.4) ? `Home bend out ${random.int(2, 9)} yards` : "",
    prize,
    declared: race.big ? bigField : declaredOf(random, type, home, irish),
  };
}

function raceType(random: Random, race: PlannedRace): RaceType {
  if (race.meeting.code !== "jumps") return "Flat";
  // The flat race of a jumps meeting closes the card.
  if (race.raceNumber === race.racesAtMeeting && random.chance(0.8)) return "NH Flat";
  return random.chance(0.57) || race.big ? "Hurdle" : "Chase";
}

function classOf(random: Random, type: RaceType): number {
  const share = random.next();
  const raceClass = share < 0.035
    ? 1
    : share < 0.09
    ? 2
    : share < 0.22
    ? 3
    : share < 0.52
    ? 4
    : share < 0.8
    ? 5
    : 6;
  return type === "Flat" ? raceClass : Math.min(5, raceClass);
}

function ages(random: Random, type: RaceType, month: number, handicap: boolean): readonly [number, number] {
  const share = random.next();
  if (type === "NH Flat") return month >= 10 && share < 0.2 ? [3, 3] : share < 0.6 ? [4, 6] : [4, 99];
  if (type === "Hurdle") return month >= 10 && share < 0.06 ? [3, 3] : share < 0.12 ? [4, 4] : [4, 99];
  if (type === "Chase") return share < 0.7 ? [5, 99] : [4, 99];
  // Two-year-olds start in spring and are many only from midsummer on.
  const juveniles = month < 4 ? 0 : month < 6 ? 0.12 : 0.3;
  if (share < (handicap ? juveniles / 2 : juveniles * 1.3)) return [2, 2];
  if (share < 0.45) return [3, 3];
  return month < 4 || share > 0.82 ? [4, 99] : [3, 99];
}

function topRating(random: Random, type: RaceType, raceClass: number): number {
  const flat = [0, 110, 100, 90, 80, 70, 60][raceClass] ?? 70;
  const jumps = [0, 155, 145, 135, 120, 105, 95][raceClass] ?? 110;
  return (type === "Flat" ? flat : jumps) + 5 * random.int(-1, 1);
}

function sexOf(random: Random, type: RaceType, minAge: number, maxAge: number): string {
  const share = random.next();
  if (share > 0.13) return "";
  if (type !== "Flat") return "M";
  if (maxAge <= 3) return share < 0.015 ? "C&G" : "F";
  return minAge >= 3 ? "F&M" : "F";
}

function furlongsOf(random: Random, type: RaceType, minAge: number, maxAge: number): number {
  if (type === "NH Flat") return random.pick([14, 16, 16, 16, 17]);
  if (type !== "Flat") return random.pick(JUMP_FURLONGS) + (random.chance(0.15) ? 0.5 : 0);
  const longest = minAge === 2 && maxAge === 2 ? 9 : FLAT_FURLONGS.length - 1;
  return (FLAT_FURLONGS[random.int(0, longest)] ?? 8) + (random.chance(0.15) ? 0.5 : 0);
}

function declaredOf(random: Random, type: RaceType, home: boolean, irish: boolean): number {
  if (!home) return random.int(6, 11);
  const mean = type === "Chase" ? 8.4 : type === "NH Flat" ? 10.4 : type === "Hurdle" ? 10.2 : 10;
  const most = irish ? 18 : type === "Flat" ? 16 : 18;
  return Math.max(3, Math.min(most, Math.round(mean + (irish ? 2.4 : 0) + random.normal() * 3)));
}

const THINGS =
  ("Best Odds;Racing Club;Summer Festival;Free Entry;Join The;Daily Boosts;Community;Conference Centre;" +
    "Bookmakers;Brewery;Building Contractors;Veterinary Group;Each Way Extra;Weddings At The Course").split(
      ";",
    );

/** What sponsors put before their name. */
const LEADS = [
  "",
  "Get Daily Boosts And Free Streaming At ",
  "Download The App At ",
  "",
  "Watch Every Race Live With ",
  "Bet In Play On The Move With ",
  "Thank You To The Staff Of ",
  "",
  "",
];

function raceName(
  random: Random,
  type: RaceType,
  about: {
    handicap: boolean;
    minAge: number;
    maxAge: number;
    sexRestriction: string;
    grade: number;
    big: boolean;
  },
): string {
  const number = random.int(0, 1023);
  const sponsor = `${LEADS[number % LEADS.length] ?? ""}${sponsorName(number)}`;
  const restriction = about.sexRestriction === "M"
    ? "Mares' "
    : about.sexRestriction.startsWith("F")
    ? "Fillies' "
    : about.sexRestriction === "C&G"
    ? "Colts' & Geldings' "
    : "";
  const code = type === "Hurdle" ? "Hurdle" : type === "Chase" ? "Chase" : "";
  if (about.big) return `${sponsor} Gold Trophy${code ? ` ${code}` : ""} (Heritage Handicap)`;
  if (type === "NH Flat") return `${sponsor} ${restriction}"National Hunt" Open Flat Race`;
  if (about.handicap) {
    return `${sponsor} ${random.pick(THINGS)} ${restriction}Handicap${code ? ` ${code}` : ""}`;
  }
  if (about.grade > 0) return `${sponsor} ${restriction}${code || "Stakes"}`;
  const kind = random.pick(["Maiden", "Novices'", "Novice", "Selling", "Conditions", "Maiden"]);
  return `${sponsor} ${random.pick(THINGS)} ${restriction}${kind} ${code || "Stakes"}${
    random.chance(0.15) ? " (GBB Race)" : ""
  }`;
}
