import { dayOf, londonInstant } from "../../../../scripts/lab/racing_api/london.ts";
import type { RawRace, RawRows, RawRunner } from "./raw_rows.ts";

/** A known going: its surface, its rank and its group. */
export type Going = readonly [surface: "turf" | "all-weather", rank: number, group: string];

const GOINGS: Readonly<Record<string, Going>> = {
  "hard": ["turf", 1, "firm"],
  "firm to hard": ["turf", 1, "firm"],
  "firm": ["turf", 2, "firm"],
  "good to firm": ["turf", 3, "firm"],
  "good": ["turf", 4, "good"],
  "good to yielding": ["turf", 5, "good"],
  "good to soft": ["turf", 6, "good to soft"],
  "yielding": ["turf", 6, "good to soft"],
  "yielding to soft": ["turf", 7, "good to soft"],
  "soft": ["turf", 8, "soft"],
  "very soft": ["turf", 9, "soft"],
  "soft to heavy": ["turf", 9, "heavy"],
  "heavy": ["turf", 10, "heavy"],
  "fast": ["all-weather", 1, "fast"],
  "standard to fast": ["all-weather", 2, "fast"],
  "standard": ["all-weather", 3, "standard"],
  "standard to slow": ["all-weather", 4, "slow"],
  "slow": ["all-weather", 5, "slow"],
};

/** A race with what the answers make of its words. */
export interface RaceFacts {
  readonly race: RawRace;
  readonly day: number;
  /** When it is known to later races, and before when it knows of others: milliseconds. */
  readonly happenedAt: number;
  readonly knownBefore: number;
  readonly code: string | null;
  readonly isHandicap: boolean | null;
  readonly classRank: number | null;
  readonly distanceBand: string | null;
  readonly going: Going | undefined;
  /** Those that ran. */
  readonly field: readonly RawRunner[];
  readonly places: number | null;
  /** Sum of 1 / price; null when one has none. */
  readonly book: number | null;
}

/** A runner that counts as a run, with its measures. */
export interface Run {
  readonly facts: RaceFacts;
  readonly runner: RawRunner;
  readonly isWinner: boolean;
  readonly isPlaced: boolean;
  readonly prb: number | null;
  /** 1 of a win, less in a dead heat. */
  readonly winShare: number;
  readonly chance: number | null;
  readonly profit: number | null;
}

/** Whether a runner counts as a run. */
export function hasRun({ has_result, is_non_runner, position_code }: RawRunner): boolean {
  return has_result && !is_non_runner && position_code !== "VOI" && position_code !== "VOID";
}

/** All races by id. */
export function raceFacts({ races, runners }: RawRows): Map<string, RaceFacts> {
  const fields = Map.groupBy(runners.filter(hasRun), ({ race_id }) => race_id);
  return new Map(races.map((race) => [race.id, factsOf(race, fields.get(race.id) ?? [])]));
}

/** All runs, oldest first. */
export function runsOf(facts: ReadonlyMap<string, RaceFacts>): Run[] {
  return [...facts.values()].flatMap((race) => race.field.map((runner) => runOf(race, runner)))
    .toSorted((one, other) =>
      one.facts.happenedAt - other.facts.happenedAt ||
      byText(one.facts.race.id, other.facts.race.id) ||
      (one.runner.position ?? Infinity) - (other.runner.position ?? Infinity)
    );
}

/** Order of two texts. */
export function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function factsOf(race: RawRace, field: readonly RawRunner[]): RaceFacts {
  const day = dayOf(race.race_date);
  const off = race.off_dt === null ? undefined : Date.parse(race.off_dt);
  const code = codeOf(race);
  const isHandicap = race.race_name === null
    ? null
    : /\bhandicap\b/i.test(race.race_name.replace(/non[- ]?handicap/gi, "")) ||
      /\bh'cap\b|\bnursery\s*(\(|$)/i.test(race.race_name);
  const prices = field.map(({ sp_decimal }) => sp_decimal ?? 0);
  return {
    race,
    day,
    happenedAt: off ?? londonInstant(day + 1, 0) - 0.001,
    knownBefore: off ?? londonInstant(day, 0),
    code,
    isHandicap,
    classRank: classRankOf(race),
    distanceBand: bandOf(race.distance_yards, code),
    going: GOINGS[(race.going ?? "").trim().toLowerCase().replaceAll(/ ?\/ ?/g, " to ")],
    field,
    places: field.length === 0
      ? null
      : field.length <= 4
      ? 1
      : field.length <= 7
      ? 2
      : field.length >= 16 && isHandicap === true
      ? 4
      : 3,
    book: prices.every((price) => price > 1) ? prices.reduce((sum, price) => sum + 1 / price, 0) : null,
  };
}

function codeOf({ race_type, surface }: RawRace): string | null {
  switch (race_type) {
    case "Hurdle":
      return "hurdle";
    case "Chase":
      return "chase";
    case "NH Flat":
      return "National Hunt flat";
    case "Flat":
      return !surface ? null : surface === "Turf" ? "flat turf" : "flat all-weather";
    default:
      return null;
  }
}

function classRankOf({ pattern, race_class }: RawRace): number | null {
  const grade = /^(?:Group|Grade) ([123])$/.exec(pattern ?? "")?.[1];
  if (grade !== undefined) return Number(grade);
  if (pattern?.startsWith("Listed")) return 4;
  const number = /^Class ([1-7])$/.exec(race_class ?? "")?.[1];
  return number === undefined ? null : Number(number) + 4;
}

function bandOf(yards: number | null, code: string | null): string | null {
  if (yards === null || code === null) return null;
  const furlongs = yards / 220;
  const bands: readonly (readonly [number, string])[] = code.startsWith("flat")
    ? [[6.5, "5f-6f"], [9, "7f-8f"], [13, "9f-12f"], [Infinity, "13f+"]]
    : [[18.5, "2m"], [22.5, "2m4f"], [26, "3m"], [Infinity, "3m2f+"]];
  return bands.find(([below]) => furlongs < below)?.[1] ?? null;
}

function runOf(facts: RaceFacts, runner: RawRunner): Run {
  const { field } = facts;
  const ran = field.length;
  const finishers = field.filter(({ position }) => position !== null).length;
  const winners = field.filter(({ position }) => position === 1).length;
  const { position, sp_decimal: price } = runner;
  const isWinner = position === 1;
  // Those behind the finishers are taken to be in the middle of the places that are left.
  const place = position ?? (finishers + 1 + ran) / 2;
  return {
    facts,
    runner,
    isWinner,
    isPlaced: position !== null && facts.places !== null && position <= facts.places,
    prb: ran < 2 ? null : (ran - place) / (ran - 1),
    winShare: isWinner ? 1 / winners : 0,
    chance: facts.book === null || price === null ? null : 1 / price / facts.book,
    profit: price === null || price <= 1 ? null : isWinner ? price / winners - 1 : -1,
  };
}
