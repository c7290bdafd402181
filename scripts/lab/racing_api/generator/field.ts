/**
 * Who runs: the horses, riders and weights of every race of a day, drawn together so that no horse or rider is in two
 * places.
 */

import { dayOf, yearOf } from "../london.ts";
import { type Meeting, planDay, type PlannedRace } from "./fixtures.ts";
import { type Horse, type Horses, TURN_DAYS } from "./horses.ts";
import type { Country, Discipline, Jockey, People, Person, Trainer } from "./people.ts";
import { type Conditions, conditionsOf } from "./programme.ts";
import { hashNumbers, Random } from "./random.ts";
import { LADDER, ladderIndex } from "./values.ts";

/** One horse in one race, from declaration to result. */
export interface Runner {
  readonly horse: Horse;
  readonly age: number;
  readonly number: number;
  readonly draw: number;
  readonly lbs: number;
  readonly rating: number | undefined;
  /** Declared to ride. */
  readonly jockey: Jockey;
  /** Who rode in the end, sometimes another jockey. */
  readonly rider: Jockey;
  readonly trainer: Trainer;
  readonly previousTrainer: { readonly trainer: Trainer; readonly changed: number } | undefined;
  readonly owner: Person;
  readonly previousOwner: { readonly owner: Person; readonly changed: number } | undefined;
  readonly headgear: string;
  /** Merit on the day; the noise of the race comes on top. */
  readonly strength: number;
  /** Place in the price ladder. */
  readonly price: number;
  readonly nonRunner: NonRunner | undefined;
  /** An Irish reserve that did not get a run. */
  readonly reserve: boolean;
  /** Everything else about this run. */
  readonly hash: number;
}

/** Why and when a horse was taken out. */
export interface NonRunner {
  readonly at: number;
  readonly reason: string;
  /** Too late for the card: only the result tells. */
  readonly late: boolean;
  readonly jockeyStays: boolean;
}

/** A race with its conditions and runners. */
export interface RaceField {
  readonly race: PlannedRace;
  readonly conditions: Conditions;
  readonly runners: readonly Runner[];
}

const HEADGEAR = ["", "", "", "", "", "", "t", "p", "h", "b", "v", "tp", "hp", "tb", "e/s"];
const REASONS = [
  "unsuitable ground",
  "self certificate",
  "vet's certificate",
  "travel problems",
  "lame",
  "off feed",
];
const HOUR = 3_600_000;

/** Whose races: Britain and Ireland share horses and riders, the rest of the world has its own. */
export type Scope = "home" | "abroad";

/** The scope of a race. */
export function scopeOf(race: PlannedRace): Scope {
  return countryOf(race) === "abroad" ? "abroad" : "home";
}

/** Draws the fields of all races of a day in one scope. */
export function drawFields(
  seed: number,
  day: number,
  scope: Scope,
  horses: Horses,
  people: People,
): readonly RaceField[] {
  const stable = new Stable(seed, day, horses);
  const ridersOf = new Map<Meeting, Jockey[]>();
  const busy = new Set<number>();
  return planDay(seed, day).filter((race) => scopeOf(race) === scope).map((race) => {
    const conditions = conditionsOf(seed, race);
    const discipline: Discipline = race.meeting.code === "jumps" ? "jumps" : "flat";
    const country = countryOf(race);
    let riders = ridersOf.get(race.meeting);
    if (!riders) {
      const random = new Random(`${seed}:riders:${day}:${race.meeting.course.id}`);
      riders = people.jockeys(random, 44, busy, { year: yearOf(day), country, discipline });
      ridersOf.set(race.meeting, riders);
    }
    const random = new Random(`${seed}:field:${race.id}`);
    const reserves = country === "ire" && conditions.declared >= 16 ? random.int(1, 3) : 0;
    const drawn = stable.draw(random, country, discipline, conditions, conditions.declared + reserves);
    return { race, conditions, runners: declare(random, race, conditions, drawn, reserves, riders, horses) };
  });
}

/** Extra entries that a big race still has a week before, beside the runners it will end up with. */
export function antePostEntries(
  seed: number,
  field: RaceField,
  horses: Horses,
): readonly { horse: Horse; runner: Runner | undefined }[] {
  const random = new Random(`${seed}:antepost:${field.race.id}`);
  const wanted = Math.max(field.runners.length, random.int(30, 82));
  const entries: { horse: Horse; runner: Runner | undefined }[] = field.runners.map((runner) => ({
    horse: runner.horse,
    runner,
  }));
  const taken = new Set(entries.map(({ horse }) => horse.digits));
  const discipline: Discipline = field.race.meeting.code === "jumps" ? "jumps" : "flat";
  for (const turn of [3, 7, 14, 18]) {
    const serials = horses.available(field.race.day, turn, countryOf(field.race), discipline);
    for (const serial of random.shuffle(serials)) {
      if (entries.length >= wanted) return entries;
      const horse = horses.bySerial(serial);
      const age = yearOf(field.race.day) - horse.birthYear;
      if (!suits(horse, age, field.conditions) || taken.has(horse.digits)) continue;
      entries.push({ horse, runner: undefined });
    }
  }
  return entries;
}

function countryOf(race: PlannedRace): Country {
  const region = race.meeting.course.region_code;
  return region === "gb" || region === "ire" ? region : "abroad";
}

function suits(horse: Horse, age: number, { minAge, maxAge, sexRestriction }: Conditions): boolean {
  if (age < minAge || age > maxAge) return false;
  if (sexRestriction === "") return true;
  return sexRestriction === "C&G" ? horse.sex !== "female" : horse.sex === "female";
}

/** The horses that may run on a day, each taken once. */
class Stable {
  readonly #horses: Horses;
  readonly #pools = new Map<string, Horse[]>();
  readonly #seed: number;
  readonly #day: number;
  readonly #year: number;
  #last: Horse | undefined;

  constructor(seed: number, day: number, horses: Horses) {
    this.#seed = seed;
    this.#day = day;
    this.#year = yearOf(day);
    this.#horses = horses;
  }

  draw(
    random: Random,
    country: Country,
    discipline: Discipline,
    conditions: Conditions,
    count: number,
  ): Horse[] {
    const drawn: Horse[] = [];
    // A raider or two from across the sea.
    const raiders = country === "abroad" || random.chance(0.6) ? 0 : random.int(1, 2);
    if (raiders > 0) {
      this.#take(this.#pool(country === "gb" ? "ire" : "gb", discipline, 0), conditions, raiders, drawn);
    }
    // Horses whose turn it is, and when those run out, others half a turn away: at least 11 days between runs.
    for (const turn of [0, 11, 5, 16, 8, 19, 2, 13]) {
      if (drawn.length >= count) break;
      this.#take(this.#pool(country, discipline, turn), conditions, count, drawn);
    }
    // A condition that too few horses meet is dropped: no race is without runners.
    if (drawn.length < 3) {
      const anyone: Conditions = { ...conditions, minAge: 2, maxAge: 99, sexRestriction: "" };
      this.#take(this.#pool(country, discipline, 9), anyone, 3, drawn);
    }
    // Twice on a day: it happens a few times a year.
    const twice = this.#last;
    const mayRun = twice && suits(twice, this.#year - twice.birthYear, conditions) && !drawn.includes(twice);
    if (mayRun && hashNumbers(this.#seed, this.#day, drawn.length, 71) % 1000 < 3) drawn[0] = twice;
    if (discipline === "flat" || this.#last === undefined) this.#last = drawn.at(-1);
    return drawn;
  }

  #take(pool: Horse[], conditions: Conditions, count: number, drawn: Horse[]): void {
    let kept = 0;
    for (let i = 0; i < pool.length; i++) {
      const horse = pool[i] as Horse;
      if (drawn.length < count && suits(horse, this.#year - horse.birthYear, conditions)) drawn.push(horse);
      else pool[kept++] = horse;
    }
    pool.length = kept;
  }

  #pool(country: Country, discipline: Discipline, turn: number): Horse[] {
    const key = `${country}:${discipline}:${turn}`;
    let pool = this.#pools.get(key);
    if (!pool) {
      const serials = this.#horses.available(this.#day, turn % TURN_DAYS, country, discipline);
      new Random(`${this.#seed}:pool:${this.#day}:${key}`).shuffle(serials);
      pool = serials.map((serial) => this.#horses.bySerial(serial));
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

function declare(
  random: Random,
  race: PlannedRace,
  conditions: Conditions,
  drawn: readonly Horse[],
  reserves: number,
  riders: readonly Jockey[],
  horses: Horses,
): Runner[] {
  const flat = conditions.type === "Flat";
  const year = yearOf(race.day);
  // The best riders are first in the meeting's list; a race takes most of its riders from there.
  const raceRiders = random.shuffle(riders.slice(0, Math.max(drawn.length, 24)));
  const spareRiders = riders.slice(raceRiders.length);
  const draws = random.shuffle(drawn.map((_, i) => i + 1));
  const weighed = drawn.map((horse, i) => {
    const own = horse.rating + (flat ? 0 : 45);
    const rating = conditions.top === undefined
      ? random.chance(0.55) ? own : undefined
      : Math.max(conditions.top - 24, Math.min(conditions.top, own - random.int(0, 6)));
    const age = year - horse.birthYear;
    return { horse, age, rating, lbs: weightOf(conditions, horse, age, rating), draw: draws[i] ?? 0 };
  }).sort((a, b) => b.lbs - a.lbs || a.horse.digits - b.horse.digits);
  const strengths = weighed.map(({ rating, horse }) =>
    ((rating ?? horse.rating) % 30) / 22 + random.normal()
  );
  const running = Math.max(1, weighed.length - reserves);
  const changedAt = random.chance(0.07) ? random.int(0, running - 1) : -1;
  const total = strengths.slice(0, running).reduce((sum, strength) => sum + Math.exp(strength), 0);
  return weighed.map(({ horse, age, rating, lbs, draw }, i) => {
    const jockey = raceRiders[i];
    if (!jockey) throw new Error(`Too few jockeys ride in ${race.id}`);
    const { now: trainer, before: previousTrainer } = horses.trainer(horse, race.day);
    const { now: owner, before: previousOwner } = horses.owner(horse, race.day);
    const reserve = i >= running;
    const hash = random.int(0, 4_294_967_295);
    const changed = i === changedAt ? spareRiders[hash % Math.max(1, spareRiders.length)] : undefined;
    const strength = strengths[i] ?? 0;
    return {
      horse,
      age,
      number: i + 1,
      draw: flat ? draw : 0,
      lbs,
      rating,
      jockey,
      rider: changed ?? jockey,
      trainer,
      previousTrainer,
      owner,
      previousOwner,
      headgear: HEADGEAR[hash % HEADGEAR.length] ?? "",
      strength,
      price: Math.min(LADDER.length - 1, ladderIndex((Math.exp(strength) / total) * 1.15)),
      nonRunner: reserve || running < 4 ? undefined : nonRunner(random, race),
      reserve,
      hash,
    };
  });
}

function nonRunner(random: Random, race: PlannedRace): NonRunner | undefined {
  if (!random.chance(0.055)) return undefined;
  const late = random.chance(0.12);
  return {
    at: race.off - (late ? 0.2 : random.next() * 28 + 0.5) * HOUR,
    reason: random.pick(REASONS),
    late,
    jockeyStays: random.chance(0.08),
  };
}

function weightOf(conditions: Conditions, horse: Horse, age: number, rating: number | undefined): number {
  const topWeight = conditions.type === "Flat" ? 136 : 166;
  if (conditions.top !== undefined && rating !== undefined) {
    return Math.max(topWeight - 30, topWeight - (conditions.top - rating));
  }
  return topWeight - 6 - (horse.sex === "female" ? 5 : 0) - (age < 4 ? 6 : 0);
}

/** Days since the last run, with the code of the run before where it was another one. */
export function lastRun(runner: Runner, conditions: Conditions, horses: Horses, day: number): string {
  const { start, jumpsFrom } = horses.career(runner.horse);
  const first = day - start < TURN_DAYS;
  const code = runner.hash >>> 9;
  if (first) return conditions.type !== "Flat" && code % 4 === 0 ? `(${30 + code % 90}P)` : "";
  const days = TURN_DAYS * (1 + (code % 7 === 0 ? code % 11 : code % 3));
  if (jumpsFrom <= day && jumpsFrom > start && day - jumpsFrom < 200) return `${days + 60} (${days}F)`;
  if (jumpsFrom <= day && code % 40 === 0) return `(${days}P)`;
  return code % 45 === 0 ? `${days} (${days + 14}J)` : String(days);
}

/** Whether the first run of a career lies before a day; used for form figures. */
export function hasRunBefore(runner: Runner, horses: Horses, day: number): boolean {
  return day - horses.career(runner.horse).start >= TURN_DAYS;
}

/** The earliest day for which cards exist. */
export const FIRST_CARD_DAY: number = dayOf("2023-01-23");
