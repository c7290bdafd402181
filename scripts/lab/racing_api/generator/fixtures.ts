/** Which meetings and races there are on a day: counted and filtered without making a single runner. */

import { dateOf, dayOf, londonInstant, weekdayOf, yearOf } from "../london.ts";
import { type Code, coursesOf, type Racecourse } from "./courses.ts";
import { raceId } from "./race_ids.ts";
import { Random } from "./random.ts";

/** One course on one day. */
export interface Meeting {
  readonly index: number;
  readonly course: Racecourse;
  readonly code: Code;
  readonly evening: boolean;
  /** Good, soft and so on, as an index into the going scale of the surface; -2 very fast to 3 very slow. */
  readonly wetness: number;
}

/** A race as far as the calendar knows it. */
export interface PlannedRace {
  readonly id: string;
  readonly day: number;
  readonly slot: number;
  readonly meeting: Meeting;
  readonly raceNumber: number;
  readonly racesAtMeeting: number;
  /** The advertised off, which the card keeps. */
  readonly off: number;
  /** The off that the result reports: late now and then, rarely on another day. */
  readonly actualOff: number;
  readonly resultDay: number;
  /** When the result appears. */
  readonly publishedAt: number;
  /** When the abandonment became known; no result follows. */
  readonly abandonedAt: number | undefined;
  /** The feature that is advertised weeks ahead. */
  readonly big: boolean;
}

/** The first day with races. */
export const FIRST_RACING_DAY: number = dayOf("1988-01-01");

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** British meetings by weekday, Sunday first; 28 a week make the 10,000 races of a year. */
const BRITISH_MEETINGS = [2.6, 3.3, 3.5, 3.8, 3.9, 4.5, 6.2];
const IRISH_MEETINGS = [1.7, 0.5, 0.5, 0.8, 1.0, 1.3, 1.3];
/** Shares of flat turf, all-weather and jumps by month. */
const SEASON: readonly (readonly [number, number, number])[] = [
  [0, 0.42, 0.58],
  [0, 0.4, 0.6],
  [0.06, 0.34, 0.6],
  [0.4, 0.16, 0.44],
  [0.6, 0.1, 0.3],
  [0.68, 0.1, 0.22],
  [0.7, 0.1, 0.2],
  [0.72, 0.1, 0.18],
  [0.66, 0.16, 0.18],
  [0.38, 0.2, 0.42],
  [0.04, 0.36, 0.6],
  [0, 0.4, 0.6],
];

const britain = coursesOf("gb");
const ireland = coursesOf("ire");
/** Where foreign racing is seen, with the London hour of the first race. */
const ABROAD: readonly { readonly code: string; readonly chance: number; readonly hour: number }[] = [
  { code: "fr", chance: 0.85, hour: 12 },
  { code: "usa", chance: 0.4, hour: 17 },
  { code: "hk", chance: 0.22, hour: 10 },
  { code: "saf", chance: 0.2, hour: 11 },
  { code: "ger", chance: 0.15, hour: 12 },
  { code: "ity", chance: 0.12, hour: 13 },
  { code: "aus", chance: 0.18, hour: 3 },
  { code: "uae", chance: 0.06, hour: 13 },
];

/** The races of a day in the order of their slots. */
export function planDay(seed: number, day: number): readonly PlannedRace[] {
  if (day < FIRST_RACING_DAY) return [];
  const random = new Random(`${seed}:fixtures:${day}`);
  const races: PlannedRace[] = [];
  const meetings: Meeting[] = [];
  for (const [courses, count] of meetingCounts(random, day)) {
    const taken = new Set<string>();
    for (let i = 0; i < count && meetings.length < 12; i++) {
      const meeting = planMeeting(random, day, courses, taken, meetings.length);
      if (meeting) meetings.push(meeting);
    }
  }
  for (const { code, chance } of ABROAD) {
    if (meetings.length < 16 && random.chance(chance)) {
      meetings.push({
        index: meetings.length,
        course: random.pick(coursesAbroad(code)),
        code: "flat",
        evening: false,
        wetness: 0,
      });
    }
  }
  for (const meeting of meetings) races.push(...planRaces(seed, day, meeting));
  return races;
}

const abroadByCode = new Map<string, readonly Racecourse[]>();

/** Six courses a country, so that each is seen again. */
function coursesAbroad(code: string): readonly Racecourse[] {
  let courses = abroadByCode.get(code);
  if (!courses) {
    courses = coursesOf(code).slice(0, 6);
    abroadByCode.set(code, courses);
  }
  return courses;
}

function meetingCounts(random: Random, day: number): [readonly Racecourse[], number][] {
  const date = dateOf(day);
  const monthDay = date.slice(5);
  if (monthDay === "12-24" || monthDay === "12-25") return [];
  if (monthDay === "12-23") return [[britain, random.chance(0.1) ? 1 : 0]];
  if (monthDay === "12-26") return [[britain, 7], [ireland, 3]];
  const year = yearOf(day);
  const weekday = weekdayOf(day);
  // Sunday racing came in the nineties, and there was less of everything before the all-weather tracks.
  if (weekday === 0 && year < 1992) return [[ireland, wholeOf(random, 1.2)]];
  const growth = year < 1995 ? 0.75 : year < 2006 ? 0.88 : 1;
  const pandemic = date >= "2020-03-19" && date < "2020-06-01" ? 0 : 1;
  return [
    [britain, wholeOf(random, (BRITISH_MEETINGS[weekday] ?? 3) * growth * pandemic)],
    [ireland, wholeOf(random, (IRISH_MEETINGS[weekday] ?? 1) * growth * pandemic)],
  ];
}

function wholeOf(random: Random, expected: number): number {
  return Math.floor(expected + random.next());
}

function planMeeting(
  random: Random,
  day: number,
  courses: readonly Racecourse[],
  taken: Set<string>,
  index: number,
): Meeting | undefined {
  const month = Number(dateOf(day).slice(5, 7)) - 1;
  const year = yearOf(day);
  const summer = month >= 4 && month <= 8;
  const [flat, aw] = SEASON[month] ?? [0.4, 0.2];
  const draw = random.next();
  const wanted: Code = draw < flat ? "flat" : draw < flat + aw ? "aw" : "jumps";
  const open = (code: Code) =>
    courses.filter((course) =>
      course.codes.includes(code) && course.from <= year && course.until >= year &&
      !taken.has(course.place) &&
      (code !== "jumps" || !summer || course.summerJumps)
    );
  const winterCode: Code = month >= 3 && month <= 9 ? "flat" : "jumps";
  let code = wanted;
  let candidates = open(wanted);
  // One Irish all-weather track would otherwise race three times a week all winter.
  if (candidates.length === 0 || (wanted === "aw" && courses === ireland && random.chance(0.4))) {
    code = winterCode;
    candidates = open(winterCode);
  }
  if (candidates.length === 0) return undefined;
  const course = random.pick(candidates);
  taken.add(course.place);
  const winter = month <= 2 || month >= 9;
  return {
    index,
    course,
    code,
    evening: code === "aw" ? random.chance(0.55) : summer && random.chance(code === "flat" ? 0.3 : 0.2),
    wetness: code === "aw"
      ? 0
      : Math.max(-2, Math.min(3, Math.round(random.normal() + (winter ? 1.4 : -0.3)))),
  };
}

function planRaces(seed: number, day: number, meeting: Meeting): PlannedRace[] {
  const region = meeting.course.region_code;
  const random = new Random(`${seed}:${day}:${meeting.course.id}`);
  const abroad = region !== "gb" && region !== "ire";
  const count = abroad
    ? random.int(5, 8)
    : Math.min(9, random.int(6, 7) + (region === "ire" || meeting.code === "aw" ? 1 : random.int(0, 1)));
  const hour = ABROAD.find(({ code }) => code === region)?.hour;
  const first = hour !== undefined
    ? hour * 60 + random.int(0, 40)
    : meeting.evening
    ? random.int(1020, 1080)
    : random.int(740, 850) - (isWinter(day) ? 30 : 0);
  const interval = random.pick([30, 30, 32, 35]);
  const saturday = weekdayOf(day) === 6;
  const abandonment = planAbandonment(random, day, meeting, count);
  const races: PlannedRace[] = [];
  for (let raceNumber = 1; raceNumber <= count; raceNumber++) {
    const minutes = first + (raceNumber - 1) * interval + (random.chance(0.1) ? 5 : 0);
    const off = londonInstant(day, minutes);
    const abandonedAt = abandonment && raceNumber >= abandonment.fromRace ? abandonment.at : undefined;
    const chance = random.next();
    const moved = !abroad && abandonedAt === undefined && chance < 0.0004;
    const delayed = !moved && chance > 0.99;
    const actualOff = moved
      ? londonInstant(day + 1, minutes + 15)
      : off + (delayed ? random.int(2, 25) : 0) * MINUTE;
    const slot = meeting.index * 10 + raceNumber;
    races.push({
      id: raceId(seed, day, slot),
      day,
      slot,
      meeting,
      raceNumber,
      racesAtMeeting: count,
      off,
      actualOff,
      resultDay: moved ? day + 1 : day,
      publishedAt: actualOff + random.int(12, 45) * MINUTE,
      abandonedAt,
      big: saturday && !abroad && meeting.index === 0 && raceNumber === Math.ceil(count / 2),
    });
  }
  return races;
}

function isWinter(day: number): boolean {
  const month = Number(dateOf(day).slice(5, 7));
  return month <= 2 || month >= 11;
}

/** Frost and floods cancel whole meetings, a sudden storm the last races. */
function planAbandonment(random: Random, day: number, meeting: Meeting, count: number) {
  const chance = random.next();
  const at = random.next();
  if (meeting.code === "aw") return undefined;
  const morning = londonInstant(day, 7 * 60);
  if (chance < (isWinter(day) ? 0.035 : 0.008)) {
    return { fromRace: 1, at: morning - Math.floor(at * 24) * HOUR };
  }
  if (chance > 0.996) return { fromRace: count - 1, at: morning + 8 * HOUR };
  return undefined;
}
