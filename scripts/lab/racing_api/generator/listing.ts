/** What is odd about the lists of the API's own making, whatever the races in them are. */

import { dayOf } from "../london.ts";
import type { PlannedRace } from "./fixtures.ts";
import { hashNumbers } from "./random.ts";

/** In the API of 2026. The shares are a guess: in a list of a month two races come twice, and one is foreign. */
const ODD_FROM = dayOf("2026-01-01");
const ONE_TWICE_IN = 500;
const ONE_FOREIGN_IN = 300;

/** The region by which a race is found. Now and then one from abroad comes with those of Britain. */
export function listedRegion(seed: number, race: PlannedRace): string {
  const region = race.meeting.course.region_code;
  const isAbroad = region !== "gb" && region !== "ire";
  return isAbroad && isOdd(seed, race, 91, ONE_FOREIGN_IN) ? "gb" : region;
}

/** A list as it comes: now and then it has a race twice, one after the other. */
export function withCopies(seed: number, races: readonly PlannedRace[]): PlannedRace[] {
  return races.flatMap((race) => isOdd(seed, race, 92, ONE_TWICE_IN) ? [race, race] : [race]);
}

function isOdd(seed: number, { day, slot }: PlannedRace, trait: number, oneIn: number): boolean {
  return day >= ODD_FROM && hashNumbers(seed, day, slot, trait) % oneIn === 0;
}
