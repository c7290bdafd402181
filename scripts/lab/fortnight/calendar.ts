import { Problem } from "../../command_line/problem.ts";
import { planDay, type PlannedRace } from "../racing_api/generator/fixtures.ts";
import { World } from "../racing_api/generator/world.ts";
import { dateOf, dayOf, londonInstant } from "../racing_api/london.ts";
import type { ScriptedEvent } from "../racing_api/scenario.ts";

/**
 * The first day of the fortnight: eight days around the end of summer time, and, after eight weeks asleep, Christmas.
 */
export const FIRST_DAY = "2026-10-20";
/** The last day. */
export const LAST_DAY = "2026-12-28";

/** The start and end of something. */
export interface Stretch {
  readonly from: Date;
  readonly to: Date;
}

/** What is going to happen. */
export interface Calendar {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly start: Date;
  readonly end: Date;
  /** The first day of the backfill with which it all begins; it reaches the present. */
  readonly backfillFrom: string;
  /** No cron tick then: the project is paused, or down. */
  readonly asleep: readonly Stretch[];
  /** The API does not answer then. */
  readonly outages: readonly Stretch[];
  readonly script: readonly ScriptedEvent[];
  /** By UK day, in words. */
  readonly remarks: ReadonlyMap<string, readonly string[]>;
}

const BACKFILL_DAYS = 21;
const MINUTE = 60_000;

/** The instant of a UK time of day. */
export function uk(day: string, time: string): Date {
  const [hours, minutes] = time.split(":").map(Number);
  return new Date(londonInstant(dayOf(day), (hours ?? 0) * 60 + (minutes ?? 0)));
}

const ASLEEP: readonly (Stretch & { readonly remark: string; readonly woken: string })[] = [
  {
    from: uk("2026-10-22", "06:00"),
    to: uk("2026-10-24", "06:00"),
    remark: "down from 06:00",
    woken: "up again at 06:00",
  },
  {
    from: uk("2026-10-28", "05:00"),
    to: uk("2026-12-22", "07:30"),
    remark: "asleep from 05:00",
    woken: "awake at 07:30",
  },
];
const OUTAGES: readonly (Stretch & { readonly remark: string })[] = [
  {
    from: uk("2026-10-27", "13:00"),
    to: uk("2026-10-27", "19:00"),
    remark: "API away 13:00 to 19:00",
  },
];
const FIXED_REMARKS: readonly (readonly [string, string])[] = [
  ["2026-10-25", "clocks go back"],
  ["2026-12-24", "no racing"],
  ["2026-12-25", "Christmas, no racing"],
  ["2026-12-26", "Boxing Day"],
];

/** The fortnight, or a part of it, for the races of a seed. Throws `Problem` when it would begin or end asleep. */
export function planCalendar(seed: number, firstDay: string, lastDay: string): Calendar {
  if (firstDay > lastDay) throw new Problem(`The first day ${firstDay} is after the last day ${lastDay}.`);
  const start = uk(firstDay, "09:00");
  const end = uk(dateOf(dayOf(lastDay) + 1), "08:00");
  for (const { from, to } of ASLEEP) {
    for (const [what, moment] of [["begin", start], ["end", end]] as const) {
      if (moment >= from && moment < to) {
        throw new Problem(`It would ${what} while the project is asleep: choose another day.`);
      }
    }
  }
  const within = ({ from, to }: Stretch) => from >= start && to <= end;
  const asleep = ASLEEP.filter(within);
  const outages = OUTAGES.filter(within);
  const events = scripted(seed).filter(({ days }) => days.every((day) => day >= firstDay && day <= lastDay));
  return {
    firstDay,
    lastDay,
    start,
    end,
    backfillFrom: dateOf(dayOf(firstDay) - BACKFILL_DAYS),
    asleep,
    outages,
    script: events.map(({ event }) => event),
    remarks: remarksOf([
      [firstDay, "backfill and schedules begin at 09:00"],
      ...FIXED_REMARKS.filter(([day]) => day >= firstDay && day <= lastDay),
      ...asleep.flatMap(({ from, to, remark, woken }): [string, string][] => [[dayOfInstant(from), remark], [
        dayOfInstant(to),
        woken,
      ]]),
      ...outages.map(({ from, remark }): [string, string] => [dayOfInstant(from), remark]),
      ...events.flatMap(({ remarks }) => remarks),
    ]),
  };
}

function dayOfInstant(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

function remarksOf(remarks: readonly (readonly [string, string])[]): Map<string, string[]> {
  const byDay = new Map<string, string[]>();
  for (const [day, remark] of remarks) byDay.set(day, [...byDay.get(day) ?? [], remark]);
  return byDay;
}

interface PlannedEvent {
  readonly event: ScriptedEvent;
  /** Days that have to be simulated for it. */
  readonly days: readonly string[];
  readonly remarks: readonly (readonly [string, string])[];
}

function scripted(seed: number): PlannedEvent[] {
  const late = pickRace(seed, "2026-10-21", "15:00", "17:30", 1);
  const twoSteps = pickRace(seed, "2026-10-21", "13:30", "16:30", 3);
  const corrected = pickRace(seed, "2026-10-20", "13:00", "17:00", 8);
  const moved = pickRace(seed, "2026-10-25", "12:30", "17:00", 1).meeting;
  const abandoned = pickRace(seed, "2026-10-26", "12:05", "17:00", 1).meeting;
  return [
    {
      event: { kind: "ratings together", day: "2026-10-20", at: uk("2026-10-24", "10:00") },
      days: ["2026-10-20", "2026-10-25"],
      remarks: [["2026-10-24", "ratings of the 20th at 10:00"]],
    },
    {
      event: {
        kind: "result corrected",
        day: "2026-10-20",
        raceId: corrected.id,
        horseId: lastHorse(seed, corrected),
        at: uk("2026-10-21", "12:00"),
      },
      days: ["2026-10-20", "2026-10-22"],
      remarks: [["2026-10-21", "a result of the 20th loses a horse"]],
    },
    {
      event: { kind: "race added late", day: "2026-10-21", raceId: late.id, at: uk("2026-10-21", "11:15") },
      days: ["2026-10-21"],
      remarks: [["2026-10-21", "a race is added at 11:15"]],
    },
    {
      event: {
        kind: "result in two steps",
        day: "2026-10-21",
        raceId: twoSteps.id,
        wholeAt: new Date(twoSteps.publishedAt + 60 * MINUTE),
      },
      days: ["2026-10-21"],
      remarks: [["2026-10-21", "a result comes in two steps"]],
    },
    {
      event: {
        kind: "meeting moved",
        day: "2026-10-25",
        to: "2026-10-26",
        courseId: moved.course.id,
        at: uk("2026-10-24", "15:00"),
      },
      days: ["2026-10-24", "2026-10-26"],
      remarks: [["2026-10-24", "a meeting of the 25th moves to the 26th"]],
    },
    {
      event: {
        kind: "meeting abandoned",
        day: "2026-10-26",
        courseId: abandoned.course.id,
        at: uk("2026-10-26", "12:00"),
      },
      days: ["2026-10-26"],
      remarks: [["2026-10-26", "a meeting is abandoned at noon"]],
    },
  ];
}

/**
 * A race of Britain or Ireland with its off in that time of day and so many runners, and without any event of its own.
 */
function pickRace(seed: number, day: string, from: string, until: string, runners: number): PlannedRace {
  const races = planDay(seed, dayOf(day));
  const isHome = ({ meeting }: PlannedRace) => ["gb", "ire"].includes(meeting.course.region_code);
  const plain = races.filter((race) => {
    const meeting = races.filter((other) => other.meeting.index === race.meeting.index);
    return isHome(race) &&
      meeting.every((other) =>
        other.abandonedAt === undefined && !other.big && other.resultDay === other.day &&
        other.actualOff === other.off
      );
  });
  const chosen = plain.find((race) =>
    race.off >= uk(day, from).getTime() && race.off <= uk(day, until).getTime() &&
    (runners <= 1 || finishers(seed, race).length >= runners)
  );
  if (chosen === undefined) {
    throw new Problem(`Seed ${seed} has no race on ${day} that the script could use: choose another --seed.`);
  }
  return chosen;
}

function finishers(seed: number, race: PlannedRace): { horse_id: string; position: string }[] {
  const text = new World(seed).result(race.id, Number.MAX_SAFE_INTEGER);
  const runners: { horse_id: string; position: string }[] = text === undefined
    ? []
    : JSON.parse(text).runners;
  return runners.filter(({ position }) => /^\d+$/.test(position));
}

function lastHorse(seed: number, race: PlannedRace): string {
  return finishers(seed, race).at(-1)?.horse_id ?? "";
}
