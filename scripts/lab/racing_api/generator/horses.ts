/** The horse population: one cohort of foals a year, each horse with a constant identity and a career of some years. */

import { dateOf, dayOf } from "../london.ts";
import { breederName, horseName } from "./names.ts";
import type { Country, Discipline, People, Person, Trainer } from "./people.ts";
import { hashNumbers, hashText } from "./random.ts";

/** Foals of a year that may race in Britain or Ireland; about 110,000 different ones run in eleven years. */
const HOME_FOALS = 8_500;
/** Foals of a year that race elsewhere. */
const FOREIGN_FOALS = 1_000;
const FOALS = HOME_FOALS + FOREIGN_FOALS;
/** The first numbers of each cohort become stallions. */
const STALLIONS = 60;
/** Of so many horses one has a namesake before it, as the brackets behind its name say. */
const ONE_NAMESAKE_IN = 300;
const FIRST_COHORT = 1920;
const FIRST_DAY = dayOf(`${FIRST_COHORT}-01-01`);
/**
 * A horse is available every 22nd day, so that no horse runs twice a week, without any memory of earlier days.
 * Prime to 7: the weekday of a horse's turn changes.
 */
export const TURN_DAYS = 22;

const ID = { base: 300_000, year: 650_000, foal: 61 };

/** An animal as a pedigree names it; `hrs_`, `sir_`, `dam_` and `dsi_` before `digits` are the same animal. */
export interface Ancestor {
  readonly digits: number;
  readonly name: string;
  /** Upper-case country of birth. */
  readonly region: string;
}

/** A horse with everything about it that never changes. */
export interface Horse extends Ancestor {
  readonly birthYear: number;
  readonly foal: number;
  readonly dob: string;
  readonly colour: string;
  readonly breeder: string;
  readonly sex: "entire" | "gelding" | "female";
  readonly sire: Ancestor;
  readonly dam: Ancestor;
  readonly damsire: Ancestor;
  readonly country: Country;
  /** Flat rating; jump ratings are 55 higher. */
  readonly rating: number;
}

interface Cohort {
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** From this day the horse runs over jumps. */
  readonly jumpsFrom: Int32Array;
  readonly home: Uint8Array;
}

const COLOURS: readonly string[] = [
  "b",
  "b",
  "b",
  "b",
  "ch",
  "ch",
  "ch",
  "br",
  "br",
  "gr",
  "gr",
  "bl",
  "b/br",
  "ro",
];
const COLOUR_CODES: Readonly<Record<string, string>> = { "b/br": "B/BR" };
const NEVER = 2 ** 30;

/** The sex of a horse in words and as the one-letter code of an age. */
export function sexAt(horse: Horse, age: number): { readonly word: string; readonly code: string } {
  if (horse.sex === "gelding") return { word: "gelding", code: "G" };
  if (horse.sex === "female") return age < 5 ? { word: "filly", code: "F" } : { word: "mare", code: "M" };
  return age < 5 ? { word: "colt", code: "C" } : { word: "horse", code: "H" };
}

/** All horses of one seed. */
export class Horses {
  readonly #seed: number;
  readonly #people: People;
  readonly #cohorts = new Map<number, Cohort>();
  readonly #horses = new Map<number, Horse>();
  readonly #ancestors = new Map<number, Ancestor>();
  readonly #salt: number;

  constructor(seed: number, people: People) {
    this.#seed = seed;
    this.#people = people;
    this.#salt = hashNumbers(seed, 50) % ID.foal;
  }

  /** Horses whose turn it is on a day, in a country and discipline; `turn` 0 is the day's own turn. */
  available(day: number, turn: number, country: Country, discipline: Discipline): number[] {
    const found: number[] = [];
    const year = Number(dateOf(day).slice(0, 4));
    const first = (day + turn) % TURN_DAYS;
    const home = country === "gb" ? 0 : country === "ire" ? 1 : 2;
    const [from, until] = country === "abroad" ? [HOME_FOALS, FOALS] : [0, HOME_FOALS];
    for (let birthYear = year - 14; birthYear <= year - 2; birthYear++) {
      const cohort = this.#cohort(birthYear);
      for (
        let foal = from + ((first - from) % TURN_DAYS + TURN_DAYS) % TURN_DAYS;
        foal < until;
        foal += TURN_DAYS
      ) {
        if (
          cohort.home[foal] === home && (cohort.start[foal] ?? NEVER) <= day &&
          (cohort.end[foal] ?? 0) > day &&
          ((cohort.jumpsFrom[foal] ?? NEVER) <= day) === (discipline === "jumps")
        ) found.push(serialOf(birthYear, foal));
      }
    }
    return found;
  }

  /** The horse of a serial number. */
  bySerial(serial: number): Horse {
    let horse = this.#horses.get(serial);
    if (!horse) {
      horse = this.#make(serial);
      if (this.#horses.size >= 40_000) this.#horses.clear();
      this.#horses.set(serial, horse);
    }
    return horse;
  }

  /** The horse of an id's digits, or undefined for digits that no horse has. */
  byDigits(digits: number): Horse | undefined {
    const rest = digits - ID.base - this.#salt;
    if (rest < 0 || rest % ID.year % ID.foal !== 0) return undefined;
    const foal = rest % ID.year / ID.foal;
    return foal < FOALS
      ? this.bySerial(serialOf(FIRST_COHORT + Math.floor(rest / ID.year), foal))
      : undefined;
  }

  /** Days of the first possible run, and of the switch to jumps if there is one. */
  career(horse: Horse): { start: number; end: number; jumpsFrom: number } {
    const cohort = this.#cohort(horse.birthYear);
    return {
      start: cohort.start[horse.foal] ?? NEVER,
      end: cohort.end[horse.foal] ?? 0,
      jumpsFrom: cohort.jumpsFrom[horse.foal] ?? NEVER,
    };
  }

  /** Who trains a horse on a day, and who did before. */
  trainer(horse: Horse, day: number): { now: Trainer; before?: { trainer: Trainer; changed: number } } {
    const { start, end, jumpsFrom } = this.career(horse);
    const hash = hashNumbers(this.#seed, serialOf(horse.birthYear, horse.foal), 51);
    const discipline = jumpsFrom <= day ? "jumps" : "flat";
    const startYear = FIRST_COHORT + Math.floor((start - FIRST_DAY) / 365.25);
    const first = this.#people.trainer(hash, startYear, horse.country, jumpsFrom <= start ? "jumps" : "flat");
    const changed = jumpsFrom > start && jumpsFrom < end
      ? jumpsFrom
      : hash % 100 < 22
      ? start + Math.floor((end - start) * (0.3 + (hash >>> 9) % 40 / 100))
      : NEVER;
    if (day < changed) return { now: first };
    const second = this.#people.trainer(
      hashNumbers(hash, 52),
      startYear + Math.floor((changed - start) / 365.25),
      horse.country,
      discipline,
    );
    return { now: second, before: { trainer: first, changed } };
  }

  /** Who owns a horse on a day, and who did before. */
  owner(horse: Horse, day: number): { now: Person; before?: { owner: Person; changed: number } } {
    const serial = serialOf(horse.birthYear, horse.foal);
    const hash = hashNumbers(this.#seed, serial, 53);
    const first = hash % 100 < 42
      ? this.#people.bigOwner(hashNumbers(hash, 54))
      : this.#people.smallOwner(horse.birthYear, horse.foal / FOALS);
    if (hash % 1000 < 820) return { now: first };
    const { start, end } = this.career(horse);
    const changed = start + Math.floor((end - start) * (0.3 + (hash >>> 12) % 50 / 100));
    if (day < changed) return { now: first };
    const second = this.#people.smallOwner(horse.birthYear + 2, hashNumbers(hash, 55) / 4294967296);
    return { now: second, before: { owner: first, changed } };
  }

  #make(serial: number): Horse {
    const birthYear = FIRST_COHORT + Math.floor(serial / 10_000);
    const foal = serial % 10_000;
    const hash = hashNumbers(this.#seed, serial, 56);
    const sire = this.#sireSerial(serial);
    const dam = this.#damSerial(serial);
    const sex = sexOf(this.#seed, serial);
    const spread = (hash % 97 + (hash >>> 8) % 97 + (hash >>> 16) % 97) / 291;
    const share = (hash >>> 3) % 100;
    return {
      ...this.#ancestor(serial),
      birthYear,
      foal,
      dob: dateOf(dayOf(`${birthYear}-01-20`) + (hash >>> 5) % 140),
      colour: COLOURS[(hash >>> 11) % COLOURS.length] ?? "b",
      breeder: breederName(Math.floor(dam / 3), this.#seed),
      sex,
      sire: this.#ancestor(sire),
      dam: this.#ancestor(dam),
      damsire: this.#ancestor(this.#sireSerial(dam)),
      country: foal >= HOME_FOALS ? "abroad" : share < 74 ? "gb" : "ire",
      rating: Math.round(25 + spread * 80),
    };
  }

  #ancestor(serial: number): Ancestor {
    let ancestor = this.#ancestors.get(serial);
    if (!ancestor) {
      const hash = hashNumbers(this.#seed, serial, 57) % 100;
      const birthYear = FIRST_COHORT + Math.floor(serial / 10_000);
      const foal = serial % 10_000;
      const isSecond = hashNumbers(this.#seed, serial, 64) % ONE_NAMESAKE_IN === 0;
      ancestor = {
        digits: ID.base + (birthYear - FIRST_COHORT) * ID.year + foal * ID.foal + this.#salt,
        name: `${horseName(serial, this.#seed)}${isSecond ? " (II)" : ""}`,
        region: foal >= HOME_FOALS
          ? hash < 50 ? "FR" : hash < 75 ? "USA" : hash < 85 ? "AUS" : "SAF"
          : hash < 46
          ? "GB"
          : hash < 87
          ? "IRE"
          : hash < 94
          ? "FR"
          : hash < 97
          ? "USA"
          : hash < 99
          ? "GER"
          : "ITY",
      };
      if (this.#ancestors.size >= 80_000) this.#ancestors.clear();
      this.#ancestors.set(serial, ancestor);
    }
    return ancestor;
  }

  #sireSerial(serial: number): number {
    const birthYear = FIRST_COHORT + Math.floor(serial / 10_000);
    const hash = hashNumbers(this.#seed, serial, 58);
    // Fashion: the square favours the low numbers, so that some stallions have hundreds of foals.
    const stallion = Math.floor(STALLIONS * ((hash >>> 8) / 16_777_216) ** 2);
    return serialOf(Math.max(FIRST_COHORT, birthYear - 5 - hash % 15), stallion);
  }

  #damSerial(serial: number): number {
    const birthYear = FIRST_COHORT + Math.floor(serial / 10_000);
    const hash = hashNumbers(this.#seed, serial, 59);
    const year = Math.max(FIRST_COHORT, birthYear - 4 - hash % 13);
    let foal = STALLIONS + (hash >>> 4) % (HOME_FOALS - STALLIONS);
    while (sexOf(this.#seed, serialOf(year, foal)) !== "female") {
      foal = foal + 1 < HOME_FOALS ? foal + 1 : STALLIONS;
    }
    return serialOf(year, foal);
  }

  #cohort(birthYear: number): Cohort {
    let cohort = this.#cohorts.get(birthYear);
    if (!cohort) {
      cohort = this.#makeCohort(birthYear);
      this.#cohorts.set(birthYear, cohort);
    }
    return cohort;
  }

  #makeCohort(birthYear: number): Cohort {
    const cohort = {
      start: new Int32Array(FOALS),
      end: new Int32Array(FOALS),
      jumpsFrom: new Int32Array(FOALS).fill(NEVER),
      home: new Uint8Array(FOALS),
    };
    const born = dayOf(`${birthYear}-01-01`);
    for (let foal = 0; foal < FOALS; foal++) {
      const serial = serialOf(birthYear, foal);
      const hash = hashNumbers(this.#seed, serial, 60);
      const length = hashNumbers(this.#seed, serial, 61);
      const irish = (hashNumbers(this.#seed, serial, 56) >>> 3) % 100 >= 74;
      cohort.home[foal] = foal >= HOME_FOALS ? 2 : irish ? 1 : 0;
      // A seventh of the stallions never raced.
      if (foal < STALLIONS && hash % 7 === 0) continue;
      const share = (hash >>> 4) % 100;
      const flat = foal < STALLIONS || foal >= HOME_FOALS || share < (irish ? 42 : 64);
      const career = -Math.log(1 - (length % 65_536) / 65_540);
      const when = (hash >>> 12) % 1000 / 1000;
      if (flat) {
        const age = hash % 100 < 56 ? 2 : hash % 100 < 93 ? 3 : 4;
        const start = born + age * 365 + (age === 2 ? 85 + Math.floor(when * 220) : Math.floor(when * 300));
        cohort.start[foal] = start;
        cohort.end[foal] = start + Math.min(3_600, 120 + Math.floor(career * 760));
        if (share % 9 === 0 && foal >= STALLIONS) {
          cohort.jumpsFrom[foal] = born + 3 * 365 + 280 + Math.floor(when * 500);
        }
      } else {
        const age = hash % 100 < 8 ? 3 : hash % 100 < 52 ? 4 : hash % 100 < 84 ? 5 : 6;
        const start = born + age * 365 + (age === 3 ? 280 : 0) + Math.floor(when * (age === 3 ? 80 : 360));
        cohort.start[foal] = start;
        cohort.end[foal] = start + Math.min(3_000, 150 + Math.floor(career * 1_000));
        cohort.jumpsFrom[foal] = start;
      }
    }
    return cohort;
  }
}

function serialOf(birthYear: number, foal: number): number {
  return (birthYear - FIRST_COHORT) * 10_000 + foal;
}

function sexOf(seed: number, serial: number): Horse["sex"] {
  if (serial % 10_000 < STALLIONS) return "entire";
  const share = hashNumbers(seed, serial, 62) % 100;
  return share < 42 ? "female" : share < 49 ? "entire" : "gelding";
}

/** The upper-case colour code of a profile. */
export function colourCode(colour: string): string {
  return COLOUR_CODES[colour] ?? colour.toUpperCase();
}

/** A stable number for texts about a horse. */
export function horseHash(horse: Horse, purpose: string): number {
  return hashNumbers(horse.digits, hashText(purpose));
}
