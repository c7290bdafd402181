import { dateOf, dayOf } from "../racing_api/london.ts";
import { type Calendar, uk } from "./calendar.ts";
import { describeWhatAnotherPullChanges, describeWrongDays } from "./compare.ts";
import { type Diary, ukDay } from "./diary.ts";
import { readGaps } from "./drive.ts";
import type { EvidenceWatch } from "./evidence.ts";
import type { ReceivedAlert } from "./webhook.ts";
import { describeSecrets } from "../world/describe_secrets.ts";
import type { FortnightWorld } from "./world.ts";

/** One thing that must hold at the end. */
export interface Check {
  readonly name: string;
  /** A sentence for each thing that is wrong; none: it holds. */
  readonly wrong: readonly string[];
}

/** More API calls than this on a normal day are too many. */
export const MOST_CALLS_A_NORMAL_DAY = 60;
/** A schedule may be late by one tick. */
const TICK_MILLISECONDS = 60_000;
/** After an outage, earlier failed pulls still try again, and replace those due meanwhile. */
const AFTER_OUTAGE_MILLISECONDS = 90 * 60_000;

/** Everything that must hold at the end of the calendar. */
export async function checkAll(
  { world, calendar, evidence, seed }: {
    readonly world: FortnightWorld;
    readonly calendar: Calendar;
    readonly evidence: EvidenceWatch;
    readonly seed: number;
  },
): Promise<Check[]> {
  const { diary, sql, pulls, webhook } = world;
  return [
    { name: "not one gap at the end", wrong: await describeGaps(world) },
    {
      name: "every day from the backfill on is covered by both feeds",
      wrong: await describeHoles(world, calendar),
    },
    { name: "no day was pulled by two runs at once", wrong: pulls.overlaps },
    { name: "every schedule kept its UK time", wrong: await describeMissedTimes(world, calendar) },
    { name: "every scripted event arrived", wrong: await evidence.judge() },
    {
      name: `a normal day has fewer than ${MOST_CALLS_A_NORMAL_DAY} API calls`,
      wrong: normalDays(calendar).filter((day) => diary.on(day).apiCalls >= MOST_CALLS_A_NORMAL_DAY)
        .map((day) => `${day} has ${diary.on(day).apiCalls}.`),
    },
    {
      name: "one message for each trouble and one when it is resolved",
      wrong: describeAlerts(calendar, webhook.received),
    },
    { name: "no secret in a message, an error or a log", wrong: await describeSpreadSecrets(world) },
    {
      name: "races, results and runners are those of the API",
      wrong: await describeWrongDays(sql, calendar, seed),
    },
    {
      name: "pulling everything again changes nothing",
      wrong: await describeWhatAnotherPullChanges(world, calendar),
    },
  ];
}

async function describeGaps(world: FortnightWorld): Promise<string[]> {
  const gaps = await readGaps(world);
  return gaps.map(({ feed, day, kind }) => `The ${feed} of ${day}: ${kind}.`);
}

async function describeHoles({ sql }: FortnightWorld, calendar: Calendar): Promise<string[]> {
  const holes = await sql<{ feed: string; day: string }[]>`
    select f.feed, d.day::date::text as day
    from unnest(array['racecards', 'results']) as f (feed),
      generate_series(${calendar.backfillFrom}::timestamp, ${calendar.lastDay}::timestamp, interval '1 day') as d (day)
    where engine.lacks_coverage(f.feed, d.day::date)
    order by 2, 1
  `;
  return holes.map(({ feed, day }) => `The ${feed} of ${day} are not wholly there.`);
}

/** Days without trouble, on which only the schedules pull. */
export function normalDays({ firstDay, lastDay, asleep, outages }: Calendar): string[] {
  const days: string[] = [];
  for (let day = dayOf(firstDay) + 1; day <= dayOf(lastDay); day++) {
    const date = dateOf(day);
    const [from, to] = [uk(date, "00:00"), uk(dateOf(day + 1), "00:00")];
    const isTouched = [...asleep, ...outages].some((stretch) => stretch.from < to && stretch.to > from);
    if (!isTouched) days.push(date);
  }
  return days;
}

interface Schedule {
  readonly name: string;
  readonly times: readonly string[];
}

async function describeMissedTimes({ sql, diary }: FortnightWorld, calendar: Calendar): Promise<string[]> {
  const schedules = await sql<Schedule[]>`
    select name, at_times::text[] as times from pull_schedules where enabled and pulls = 'days' and day_of_month is null
  `;
  return missedTimes(schedules, diary, calendar);
}

/** A sentence for each UK time of a schedule at which no run was started, though the project was awake. */
export function missedTimes(
  schedules: readonly Schedule[],
  diary: Pick<Diary, "runs">,
  calendar: Pick<Calendar, "start" | "end" | "asleep" | "outages">,
): string[] {
  const sentences: string[] = [];
  const days = [];
  for (let day = dayOf(ukDay(calendar.start)); day <= dayOf(ukDay(calendar.end)); day++) {
    days.push(dateOf(day));
  }
  for (const { name, times } of schedules) {
    const starts = diary.runs.filter(({ requestedBy }) => requestedBy === `schedule ${name}`)
      .map(({ createdAt }) => createdAt.getTime());
    for (const due of days.flatMap((day) => times.map((time) => uk(day, time)))) {
      if (due <= calendar.start || due >= calendar.end) continue;
      if (calendar.asleep.some(({ from, to }) => due >= from && due < to)) continue;
      const isExcused = calendar.outages.some(({ from, to }) =>
        due >= from && due.getTime() < to.getTime() + AFTER_OUTAGE_MILLISECONDS
      );
      const late = (start: number) => start - due.getTime();
      if (isExcused || starts.some((start) => late(start) >= 0 && late(start) < TICK_MILLISECONDS)) continue;
      sentences.push(`${name} did not start at ${due.toISOString()}.`);
    }
  }
  return sentences;
}

/** The troubles that the calendar brings, by kind and subject. */
export function expectedTroubles({ asleep, outages }: Pick<Calendar, "asleep" | "outages">): string[] {
  return [
    ...asleep.map(() => "standstill the sweep"),
    ...outages.flatMap(() => ["freshness racecards", "freshness results"]),
  ].toSorted();
}

/** A sentence for each message that is missing or too many. */
export function describeAlerts(
  calendar: Pick<Calendar, "asleep" | "outages">,
  received: readonly Pick<ReceivedAlert, "phase" | "kind" | "subject" | "at">[],
): string[] {
  const sentences: string[] = [];
  const expected = expectedTroubles(calendar);
  for (const phase of ["raised", "resolved"] as const) {
    // A standstill is reported when it is over.
    const due = expected.filter((name) => phase === "raised" || !name.startsWith("standstill"));
    const came = received.filter((alert) => alert.phase === phase).map(({ kind, subject }) =>
      `${kind} ${subject}`
    );
    for (const name of new Set([...due, ...came])) {
      const count = (names: readonly string[]) => names.filter((one) => one === name).length;
      if (count(due) !== count(came)) {
        sentences.push(
          `"${name}" should be reported as ${phase} ${count(due)} times and was ${count(came)} times.`,
        );
      }
    }
  }
  return sentences;
}

function describeSpreadSecrets(world: FortnightWorld): Promise<string[]> {
  return describeSecrets(world, [
    ...world.webhook.received.map(({ body }) => ({ place: "a message to the webhook", text: body })),
    ...world.functionLog.map((text) => ({ place: "the functions' log", text })),
  ]);
}
