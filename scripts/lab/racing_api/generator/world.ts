/** The generated world as a source of races: makes what is asked for, and keeps only the last of it. */

import { londonDay } from "../london.ts";
import type { Course, ListedRace, RaceSource, Region } from "../source.ts";
import { COURSES } from "./courses.ts";
import { drawFields, FIRST_CARD_DAY, type RaceField, scopeOf } from "./field.ts";
import { planDay, type PlannedRace } from "./fixtures.ts";
import { colourCode, type Horse, horseHash, Horses, sexAt } from "./horses.ts";
import { listedRegion, withCopies } from "./listing.ts";
import { Lru } from "./lru.ts";
import { People } from "./people.ts";
import { parseRaceId } from "./race_ids.ts";
import { racecardJson } from "./racecard.ts";
import { REGIONS } from "./regions.ts";
import { ratingsKnownAt, resultJson } from "./result.ts";

/** How far ahead cards are published. */
const CARD_DAYS_AHEAD = 7;
/** Of so many horses that ran, the API has no profile of one. */
const ONE_UNKNOWN_IN = 80;
/** Two ranges of a year are listed again for every page; they are small. */
const KEPT_PLANS = 800;
/**
 * A page of 100 results spans three days and the next page goes on in the last of them. Keeping more, or the texts,
 * costs more in garbage collection than it saves: 24 % of the time with 70 days and 3,000 texts.
 */
const KEPT_FIELDS = 16;

/** Races from a seed, from 1988 on. */
export class World implements RaceSource {
  readonly #seed: number;
  readonly #odds: boolean;
  readonly #people: People;
  readonly #horses: Horses;
  readonly #plans = new Lru<number, readonly PlannedRace[]>(KEPT_PLANS);
  readonly #fields = new Lru<string, ReadonlyMap<string, RaceField>>(KEPT_FIELDS);

  /** Without odds a card is a tenth as large. */
  constructor(seed: number, { odds = true }: { readonly odds?: boolean } = {}) {
    this.#seed = seed;
    this.#odds = odds;
    this.#people = new People(seed);
    this.#horses = new Horses(seed, this.#people);
  }

  regions(): readonly Region[] {
    return REGIONS;
  }

  courses(): readonly Course[] {
    return COURSES.map(({ id, course, region_code, region }) => ({ id, course, region_code, region }));
  }

  cards(day: number, now: number): readonly ListedRace[] {
    if (day < FIRST_CARD_DAY || day > londonDay(now) + CARD_DAYS_AHEAD) return [];
    const races = [...this.#plan(day)].sort((a, b) => a.off - b.off || a.slot - b.slot);
    return withCopies(this.#seed, races).map((race) => ({
      id: race.id,
      off: race.off,
      region: listedRegion(this.#seed, race),
      courseId: race.meeting.course.id,
      json: () => this.#card(race, now),
    }));
  }

  results(firstDay: number, lastDay: number, now: number): readonly ListedRace[] {
    const listed: ListedRace[] = [];
    for (let day = lastDay; day >= firstDay; day--) {
      // A race that was put off to the next day is listed there.
      const races = [...this.#plan(day), ...this.#plan(day - 1)]
        .filter((race) => race.resultDay === day && isPublished(race, now))
        .sort((a, b) => b.actualOff - a.actualOff || b.slot - a.slot);
      for (const race of withCopies(this.#seed, races)) {
        listed.push({
          id: race.id,
          off: race.actualOff,
          region: listedRegion(this.#seed, race),
          courseId: race.meeting.course.id,
          json: () => this.#result(race, now),
        });
      }
    }
    return listed;
  }

  result(raceId: string, now: number): string | undefined {
    const place = parseRaceId(this.#seed, raceId);
    const race = place && this.#plan(place.day).find(({ id }) => id === raceId);
    return race && isPublished(race, now) ? this.#result(race, now) : undefined;
  }

  horse(horseId: string, now: number): string | undefined {
    const digits = /^hrs_(\d{1,12})$/.exec(horseId)?.[1];
    const horse = digits === undefined ? undefined : this.#horses.byDigits(Number(digits));
    const year = new Date(now).getUTCFullYear();
    if (horse === undefined || horseHash(horse, "no profile") % ONE_UNKNOWN_IN === 0) return undefined;
    return horse.birthYear < year ? profileJson(horse, year) : undefined;
  }

  #plan(day: number): readonly PlannedRace[] {
    return this.#plans.getOrMake(day, () => planDay(this.#seed, day));
  }

  #field(race: PlannedRace): RaceField {
    const scope = scopeOf(race);
    const fields = this.#fields.getOrMake(`${race.day}:${scope}`, () => {
      const drawn = drawFields(this.#seed, race.day, scope, this.#horses, this.#people);
      return new Map(drawn.map((field) => [field.race.id, field]));
    });
    const field = fields.get(race.id);
    if (!field) throw new Error(`No field was drawn for ${race.id}`);
    return field;
  }

  #result(race: PlannedRace, now: number): string {
    const field = this.#field(race);
    return resultJson(this.#seed, field, now >= ratingsKnownAt(this.#seed, field));
  }

  #card(race: PlannedRace, now: number): string {
    return racecardJson(this.#seed, this.#field(race), this.#horses, now, this.#odds);
  }
}

function isPublished(race: PlannedRace, now: number): boolean {
  return race.abandonedAt === undefined && race.publishedAt <= now;
}

function profileJson(horse: Horse, year: number): string {
  const sex = sexAt(horse, year - horse.birthYear);
  return JSON.stringify({
    id: `hrs_${horse.digits}`,
    breeder: horse.breeder,
    colour: horse.colour,
    colour_code: colourCode(horse.colour),
    dam: `${horse.dam.name} (${horse.dam.region})`,
    dam_id: `dam_${horse.dam.digits}`,
    damsire: `${horse.damsire.name} (${horse.damsire.region})`,
    damsire_id: `dsi_${horse.damsire.digits}`,
    dob: horse.dob,
    name: `${horse.name} (${horse.region})`,
    sex: sex.word,
    sex_code: sex.code,
    sire: `${horse.sire.name} (${horse.sire.region})`,
    sire_id: `sir_${horse.sire.digits}`,
  });
}
