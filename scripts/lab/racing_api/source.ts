/** What the HTTP side asks of races, from the generator or from a folder of captured responses. */

/** A course as `/courses` lists it. */
export interface Course {
  readonly id: string;
  readonly course: string;
  readonly region_code: string;
  readonly region: string;
}

/** A region as `/courses/regions` lists it. */
export interface Region {
  readonly region: string;
  readonly region_code: string;
}

/** A race that can be filtered and counted before its text is made. */
export interface ListedRace {
  readonly id: string;
  /** The off that it is listed by, in epoch milliseconds. */
  readonly off: number;
  /** Lower case, as queries write it. */
  readonly region: string;
  readonly courseId: string;
  /** The race as JSON text. */
  json(): string;
}

/** Races, courses and horses as of an instant (`now`, epoch milliseconds). */
export interface RaceSource {
  regions(): readonly Region[];
  courses(): readonly Course[];
  /** The card of one racing day, in the order the API lists it. */
  cards(day: number, now: number): readonly ListedRace[];
  /** Published results of a range of racing days, both included, newest off first. */
  results(firstDay: number, lastDay: number, now: number): readonly ListedRace[];
  result(raceId: string, now: number): string | undefined;
  horse(horseId: string, now: number): string | undefined;
}
