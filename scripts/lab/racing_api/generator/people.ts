/** Jockeys, trainers and owners: careers of some years, a few who win everything and many who hardly appear. */

import { ownerName, personName } from "./names.ts";
import { hashNumbers, type Random } from "./random.ts";

/** Where a person works: Britain, Ireland or elsewhere. */
export type Country = "gb" | "ire" | "abroad";
/** A code of racing: flat racing on turf or all-weather, or over jumps. */
export type Discipline = "flat" | "jumps";

/** A person as cards and results name them. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A jockey with the weight allowance (pounds) of the year asked for. */
export interface Jockey extends Person {
  readonly claim: number;
}

/** A trainer with the yard's place. */
export interface Trainer extends Person {
  readonly location: string;
}

/** The id that the API gives to the jockey of a non-runner. No other jockey gets it. */
export const NON_RUNNER_JOCKEY_ID = "jky_224913";

const FIRST_YEAR = 1945;
const JOCKEY = { role: 1, newcomers: 245, stride: 260, career: 6.5 };
const TRAINER = { role: 2, newcomers: 124, stride: 150, career: 10 };
const BIG_OWNERS = 3_000;
const SMALL_OWNERS_A_YEAR = 3_400;

const BRITISH_YARDS =
  ("Newmarket, Suffolk;Lambourn, Berks;Malton, N Yorks;Middleham, N Yorks;Epsom, Surrey;" +
    "Upper Lambourn, Berks;Arundel, W Sussex;Thirsk, N Yorks;Ludlow, Shropshire;Minehead, Somerset;Hambleton, N Yorks;" +
    "Carlisle, Cumbria;Marlborough, Wilts;Cheltenham, Gloucs;Kelso, Borders;Ayr, S Ayrshire;Pulborough, W Sussex")
    .split(";");
const IRISH_YARDS =
  ("The Curragh, Co Kildare;Maynooth, Co Kildare;Thurles, Co Tipperary;Mullingar, Co Westmeath;" +
    "Enniscorthy, Co Wexford;Fethard, Co Tipperary;Navan, Co Meath;Goresbridge, Co Carlow;Mallow, Co Cork")
    .split(";");

interface Trade {
  readonly role: number;
  readonly newcomers: number;
  readonly stride: number;
  readonly career: number;
}

/** All who can be met in racing with one seed. */
export class People {
  readonly #seed: number;
  readonly #active = new Map<string, readonly number[]>();
  readonly #jockeys = new Map<number, Person>();
  readonly #trainers = new Map<number, Trainer>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** `count` different jockeys who ride in this year, the best first in line; `busy` ones are elsewhere today. */
  jockeys(
    random: Random,
    count: number,
    busy: Set<number>,
    about: { readonly year: number; readonly country: Country; readonly discipline: Discipline },
  ): Jockey[] {
    const { year, country, discipline } = about;
    const active = this.#activeIn(JOCKEY, year, country, discipline);
    const chosen = new Set<number>();
    for (let tries = 0; chosen.size < count && tries < count * 30; tries++) {
      const serial = active[Math.floor(active.length * random.next() ** 1.9)] ?? 0;
      // On a day with many meetings some ride at two of them, an afternoon and an evening.
      if (busy.has(serial) && tries < count * 10) continue;
      chosen.add(serial);
    }
    for (const serial of chosen) busy.add(serial);
    return [...chosen].map((serial) => this.#jockey(serial, year));
  }

  /** The trainer that a number stands for, among those with a licence in this year. */
  trainer(hash: number, year: number, country: Country, discipline: Discipline): Trainer {
    const active = this.#activeIn(TRAINER, year, country, discipline);
    const serial = active[Math.floor(active.length * (hash / 4294967296) ** 1.9)] ?? 0;
    let trainer = this.#trainers.get(serial);
    if (!trainer) {
      const yards = country === "gb" ? BRITISH_YARDS : country === "ire" ? IRISH_YARDS : [""];
      trainer = {
        id: `trn_${315 + serial * 27}`,
        name: this.#trainerName(serial),
        location: yards[hashNumbers(serial, 41) % yards.length] ?? "",
      };
      this.#trainers.set(serial, trainer);
    }
    return trainer;
  }

  /** One of the owners with many horses. */
  bigOwner(hash: number): Person {
    const serial = Math.floor(BIG_OWNERS * (hash / 4294967296) ** 2);
    return { id: `own_${4_000_012 + serial * 8}`, name: ownerName(900_000 + serial, this.#seed) };
  }

  /** One of the thousands who own a horse or two; horses of a year with close numbers share an owner. */
  smallOwner(year: number, fraction: number): Person {
    const serial = (year - FIRST_YEAR) * SMALL_OWNERS_A_YEAR + Math.floor(fraction * SMALL_OWNERS_A_YEAR);
    return { id: `own_${1_020 + serial * 12}`, name: ownerName(serial, this.#seed) };
  }

  #trainerName(serial: number): string {
    const name = personName(serial, this.#seed, TRAINER.role);
    return serial % 17 === 0 ? `${name} & ${personName(serial + 1, this.#seed, 9)}` : name;
  }

  #jockey(serial: number, year: number): Jockey {
    let person = this.#jockeys.get(serial);
    if (!person) {
      // Steps of 36 do not reach 224913, or any multiple of three before it.
      person = { id: `jky_${7_000 + serial * 36}`, name: personName(serial, this.#seed, JOCKEY.role) };
      this.#jockeys.set(serial, person);
    }
    const experience = year - FIRST_YEAR - Math.floor(serial / JOCKEY.stride);
    const apprentice = hashNumbers(this.#seed, serial, 42) % 10 < 6;
    const claim = !apprentice || experience > 4 ? 0 : experience > 2 ? 3 : experience > 0 ? 5 : 7;
    return { ...person, claim };
  }

  #activeIn(trade: Trade, year: number, country: Country, discipline: Discipline): readonly number[] {
    const key = `${trade.role}:${year}:${country}:${discipline}`;
    let active = this.#active.get(key);
    if (!active) {
      const ranked: [number, number][] = [];
      for (let start = Math.max(FIRST_YEAR, year - 40); start <= year; start++) {
        for (let i = 0; i < trade.newcomers; i++) {
          const serial = (start - FIRST_YEAR) * trade.stride + i;
          const hash = hashNumbers(this.#seed, serial, trade.role, 43);
          if (countryOf(hash) !== country || !worksIn(hash, discipline)) continue;
          const length = -trade.career * Math.log(1 - ((hash >>> 12) & 0xffff) / 65_537);
          if (start + length < year) continue;
          // Rank is talent, a little better with the years.
          ranked.push([hashNumbers(serial, 44) / (1 + 0.1 * (year - start)), serial]);
        }
      }
      active = ranked.sort((a, b) => a[0] - b[0]).map(([, serial]) => serial);
      this.#active.set(key, active);
    }
    return active;
  }
}

function countryOf(hash: number): Country {
  const share = hash % 100;
  return share < 62 ? "gb" : share < 86 ? "ire" : "abroad";
}

/** A quarter do both codes. */
function worksIn(hash: number, discipline: Discipline): boolean {
  const share = (hash >>> 8) % 8;
  return share < 2 || (share < 5) === (discipline === "flat") || countryOf(hash) === "abroad";
}
