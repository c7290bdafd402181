/**
 * What happens on a racing day, scripted: laid over races that come from elsewhere, whose horses and contents stay as
 * they are. What a day brings by itself (abandonments, delays, ratings) is the generator's.
 */

import { dateOf, dayOf, londonDay, londonInstant, londonIso } from "./london.ts";
import type { ListedRace, RaceSource } from "./source.ts";

interface OfMeeting {
  /** The racing day that it was first planned for, as YYYY-MM-DD. */
  readonly day: string;
  readonly courseId: string;
}

interface OfRace {
  readonly day: string;
  readonly raceId: string;
}

/** From `at` on the races still to come are abandoned: their cards say so, and no results follow. */
export interface MeetingAbandoned extends OfMeeting {
  readonly kind: "meeting abandoned";
  readonly at: Date;
}

/** From `at` on the meeting is on another day, at the same times and under the same ids; its results come there. */
export interface MeetingMoved extends OfMeeting {
  readonly kind: "meeting moved";
  readonly to: string;
  readonly at: Date;
}

/** The race has no card before `at`. */
export interface RaceAddedLate extends OfRace {
  readonly kind: "race added late";
  readonly at: Date;
}

/** Until `wholeAt` the result has the first three only, without times and dividends. */
export interface ResultInTwoSteps extends OfRace {
  readonly kind: "result in two steps";
  readonly wholeAt: Date;
}

/** From `at` on the result is without one of its horses. */
export interface ResultCorrected extends OfRace {
  readonly kind: "result corrected";
  readonly horseId: string;
  readonly at: Date;
}

/** The ratings of all the day's results come at `at`, none earlier and none later. */
export interface RatingsTogether {
  readonly kind: "ratings together";
  readonly day: string;
  readonly at: Date;
}

/** One scripted event. */
export type ScriptedEvent =
  | MeetingAbandoned
  | MeetingMoved
  | RaceAddedLate
  | ResultInTwoSteps
  | ResultCorrected
  | RatingsTogether;

type Texts = Record<string, unknown>;
type RaceJson = Texts & { runners: Texts[] };

const DAY = 86_400_000;
const CARD_DAYS_AHEAD = 7;
/** U+2013, as results write a missing rating. */
const MISSING = "–";
/** Later than any rating. */
const RATED_DAYS = 7;
const DIVIDENDS = ["tote_win", "tote_pl", "tote_ex", "tote_csf", "tote_tricast", "tote_trifecta"];

/** The same source with these events; the source itself when there are none. */
export function withScenario(source: RaceSource, events: readonly ScriptedEvent[]): RaceSource {
  return events.length === 0 ? source : new ScriptedSource(source, events);
}

class ScriptedSource implements RaceSource {
  readonly #source: RaceSource;
  readonly #events: readonly ScriptedEvent[];
  readonly #daysConcerned: ReadonlySet<number>;

  constructor(source: RaceSource, events: readonly ScriptedEvent[]) {
    this.#source = source;
    // Ratings come with a text of their own, which the others then change.
    const isRatings = ({ kind }: ScriptedEvent) => Number(kind !== "ratings together");
    this.#events = events.toSorted((a, b) => isRatings(a) - isRatings(b));
    this.#daysConcerned = new Set(
      events.flatMap((
        event,
      ) => [dayOf(event.day), ...(event.kind === "meeting moved" ? [dayOf(event.to)] : [])]),
    );
  }

  regions() {
    return this.#source.regions();
  }

  courses() {
    return this.#source.courses();
  }

  horse(horseId: string, now: number) {
    return this.#source.horse(horseId, now);
  }

  cards(day: number, now: number): readonly ListedRace[] {
    const listed = this.#source.cards(day, now);
    if (!this.#daysConcerned.has(day)) return listed;
    const kept = listed
      .filter((race) => !this.#isMovedAway(race, day, now) && !this.#isYetToBeAdded(race, now))
      .map((race) => this.#abandonment(race, day, now) ? changed(race, abandonCard) : race);
    if (day > londonDay(now) + CARD_DAYS_AHEAD) return kept;
    const arrived = this.#movesTo(day, now).flatMap((move) =>
      this.#source.cards(dayOf(move.day), now)
        .filter(({ courseId }) => courseId === move.courseId)
        .map((race) => put(race, day))
    );
    return [...kept, ...arrived].sort((a, b) => a.off - b.off);
  }

  results(firstDay: number, lastDay: number, now: number): readonly ListedRace[] {
    const listed: ListedRace[] = [];
    for (let day = lastDay; day >= firstDay; day--) listed.push(...this.#resultsOf(day, now));
    return listed;
  }

  result(raceId: string, now: number): string | undefined {
    const text = this.#source.result(raceId, Number.MAX_SAFE_INTEGER);
    if (text === undefined) return undefined;
    const day = dayOf(String((JSON.parse(text) as Texts)["date"]));
    const days = [day, ...this.#moves().filter((move) => dayOf(move.day) === day).map(({ to }) => dayOf(to))];
    return days.flatMap((one) => this.#resultsOf(one, now)).find(({ id }) => id === raceId)?.json();
  }

  #resultsOf(day: number, now: number): readonly ListedRace[] {
    const listed = this.#source.results(day, day, now);
    if (!this.#daysConcerned.has(day)) return listed;
    const kept = listed
      .filter((race) => !this.#isMovedAway(race, day, now) && !this.#abandonment(race, day, now))
      .map((race) => this.#asPublished(race, day, now));
    const arrived = this.#movesTo(day, now).flatMap((move) => {
      const from = dayOf(move.day);
      return this.#source.results(from, from, now - (day - from) * DAY)
        .filter(({ courseId }) => courseId === move.courseId)
        .map((race) => put(race, day));
    });
    return [...kept, ...arrived].sort((a, b) => b.off - a.off);
  }

  #asPublished(race: ListedRace, day: number, now: number): ListedRace {
    let shown = race;
    for (const event of this.#events) {
      if (dayOf(event.day) !== day) continue;
      if (event.kind === "ratings together") {
        const known = now >= event.at.getTime();
        shown = known
          ? { ...shown, json: () => this.#source.result(race.id, (day + RATED_DAYS) * DAY) ?? race.json() }
          : changed(shown, takeRatings);
      } else if ("raceId" in event && event.raceId === race.id) {
        if (event.kind === "result in two steps" && now < event.wholeAt.getTime()) {
          shown = changed(shown, firstThree);
        }
        if (event.kind === "result corrected" && now >= event.at.getTime()) {
          shown = changed(shown, (json) => ({
            ...json,
            runners: json.runners.filter((runner) => runner["horse_id"] !== event.horseId),
          }));
        }
      }
    }
    return shown;
  }

  #moves(): MeetingMoved[] {
    return this.#events.filter((event) => event.kind === "meeting moved");
  }

  #movesTo(day: number, now: number): MeetingMoved[] {
    return this.#moves().filter((move) => dayOf(move.to) === day && now >= move.at.getTime());
  }

  #isMovedAway({ courseId }: ListedRace, day: number, now: number): boolean {
    return this.#moves().some((move) =>
      dayOf(move.day) === day && move.courseId === courseId && now >= move.at.getTime()
    );
  }

  #isYetToBeAdded({ id }: ListedRace, now: number): boolean {
    return this.#events.some((event) =>
      event.kind === "race added late" && event.raceId === id && now < event.at.getTime()
    );
  }

  #abandonment({ courseId, off }: ListedRace, day: number, now: number): boolean {
    return this.#events.some((event) =>
      event.kind === "meeting abandoned" && dayOf(event.day) === day && event.courseId === courseId &&
      now >= event.at.getTime() && off >= event.at.getTime()
    );
  }
}

function changed(race: ListedRace, change: (json: RaceJson) => RaceJson): ListedRace {
  return { ...race, json: () => JSON.stringify(change(JSON.parse(race.json()) as RaceJson)) };
}

/** The race at the same time of another day. */
function put(race: ListedRace, day: number): ListedRace {
  const [hours, minutes] = londonIso(race.off).slice(11, 16).split(":").map(Number);
  const off = londonInstant(day, (hours ?? 0) * 60 + (minutes ?? 0));
  return {
    ...changed(race, (json) => ({ ...json, date: dateOf(day), off_dt: londonIso(off) })),
    off,
  };
}

function abandonCard(json: RaceJson): RaceJson {
  return { ...json, is_abandoned: true, ...("race_status" in json ? { race_status: "Abandoned" } : {}) };
}

function takeRatings(json: RaceJson): RaceJson {
  return { ...json, runners: json.runners.map((runner) => ({ ...runner, rpr: MISSING, tsr: MISSING })) };
}

function firstThree(json: RaceJson): RaceJson {
  return {
    ...json,
    ...Object.fromEntries(DIVIDENDS.map((name) => [name, ""])),
    winning_time_detail: "",
    runners: json.runners.slice(0, 3).map((runner) => ({ ...runner, time: "-" })),
  };
}
