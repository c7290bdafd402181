import { Cron } from "croner";
import { londonDay } from "../racing_api/london.ts";
import { dateOf } from "../racing_api/london.ts";
import { pause } from "../platform/waiting.ts";
import { type Calendar, type Stretch, uk } from "./calendar.ts";
import type { Gap, StartedRun } from "./diary.ts";
import type { FortnightWorld } from "./world.ts";

const MINUTE = 60_000;
/** Skips ticks that would find nothing to do, but never so many that it would be a standstill. */
const LONGEST_IDLE_MINUTES = 9;
const POLL_MILLISECONDS = 30;
/** The polls in a row that must find nothing in pg_net's queue or in an isolate. */
const QUIET_POLLS = 3;

/** Waits until no invocation works and no request is in transit. */
export async function untilStill(world: FortnightWorld): Promise<void> {
  // Right after a tick one look is enough.
  if (await isQuiet(world)) return;
  for (let quiet = 0; quiet < QUIET_POLLS;) {
    await pause(POLL_MILLISECONDS);
    quiet = await isQuiet(world) ? quiet + 1 : 0;
  }
}

async function isQuiet(world: FortnightWorld): Promise<boolean> {
  return !world.isAlive() && await world.queuedRequests() === 0 && !world.isAlive();
}

interface State {
  readonly lastRun: number;
  /** Changes whenever a chunk or an alert does. */
  readonly work: string;
  readonly undelivered: boolean;
  readonly nextDue: Date | null;
  readonly nextAttempt: Date | null;
  readonly nextLease: Date | null;
}

async function readState({ sql }: FortnightWorld): Promise<State> {
  const [state] = await sql<State[]>`
    select
      (select coalesce(max(id), 0)::integer from backfill_runs) as "lastRun",
      concat_ws(
        ' ',
        (select count(*) || ' ' || coalesce(sum(invocations), 0) from backfill_progress),
        (select count(*) || ' ' || count(resolved_at) from alerts),
        (select count(*) from engine.dispatches)
      ) as work,
      exists (select from engine.alert_messages where delivered_at is null) as undelivered,
      (
        select min(engine.next_due(s, engine.clock()))
        from pull_schedules as s, backfill_settings as settings
        where s.enabled and settings.schedules_started_on is not null
      ) as "nextDue",
      (select min(next_attempt_at) from backfill_progress where state = 'waiting') as "nextAttempt",
      (select min(lease_until) from backfill_progress where state = 'working') as "nextLease"
  `;
  if (state === undefined) throw new Error("The database gave no state");
  return state;
}

/** The days that are missing now. The row of a database in which nothing was asked for has no day, and is left out. */
export async function readGaps({ sql }: Pick<FortnightWorld, "sql">): Promise<Gap[]> {
  return [
    ...await sql<
      Gap[]
    >`select feed, day::text, kind from coverage_gaps where day is not null order by feed, day`,
  ];
}

async function readRuns({ sql }: FortnightWorld, after: number): Promise<StartedRun[]> {
  return [
    ...await sql<StartedRun[]>`
      select
        id::integer, requested_by as "requestedBy", feeds, start_date::text as "startDate", end_date::text as "endDate",
        created_at as "createdAt"
      from backfill_runs where id > ${after} order by id
    `,
  ];
}

/** Times of day at which there is always a tick: those of jobs that do not run each minute. */
async function readOtherJobs({ sql }: FortnightWorld): Promise<Cron[]> {
  const jobs = await sql<{ schedule: string }[]>`select schedule from cron.job where schedule <> '* * * * *'`;
  return jobs.map(({ schedule }) => new Cron(schedule, { timezone: "UTC", paused: true }));
}

/** What is due when, next. */
interface Upcoming {
  readonly moment: Date;
  /** There was no tick until now, because the project slept. */
  readonly waking: boolean;
}

const ceilMinute = (moment: Date) => new Date(Math.ceil(moment.getTime() / MINUTE) * MINUTE);

/** The first minute at which something may happen; the end of a sleep when it lies in one. */
export function nextMoment(
  now: Date,
  candidates: readonly (Date | null | undefined)[],
  asleep: readonly Stretch[],
): Upcoming {
  const coming = candidates.flatMap((moment) => moment && moment > now ? [ceilMinute(moment).getTime()] : []);
  const moment = new Date(Math.min(...coming));
  const sleep = asleep.find(({ from, to }) => moment >= from && moment < to);
  return sleep === undefined ? { moment, waking: false } : { moment: sleep.to, waking: true };
}

/** How to run a calendar. */
export interface DriveOptions {
  readonly world: FortnightWorld;
  readonly calendar: Calendar;
  /** Called with each new UK day. */
  readonly show: (day: string) => void;
  /** Called after each tick that changed something. */
  readonly observe: () => Promise<void>;
}

/** From the calendar's start to its end, tick by tick. */
export async function liveThrough({ world, calendar, show, observe }: DriveOptions): Promise<void> {
  const { time, diary, sql, platform } = world;
  const otherJobs = await readOtherJobs(world);
  let lastRun = 0;
  let before = "";
  let shown = "";
  while (true) {
    await untilStill(world);
    const state = await readState(world);
    const somethingHappened = state.work !== before;
    if (somethingHappened) {
      before = state.work;
      diary.noteRuns(await readRuns(world, lastRun));
      lastRun = Math.max(lastRun, state.lastRun);
      diary.noteGaps(time.now(), await readGaps(world));
      await observe();
    }

    const now = time.now();
    const nextMinute = new Date(now.getTime() + 1);
    const isDueNow = (moment: Date | null) => moment === null || moment > now ? moment : nextMinute;
    const morning = [0, 1].map((days) => uk(dateOf(londonDay(now.getTime()) + days), "06:00"));
    const { moment, waking } = nextMoment(now, [
      new Date(now.getTime() + LONGEST_IDLE_MINUTES * MINUTE - MINUTE),
      somethingHappened || state.undelivered ? nextMinute : null,
      state.nextDue,
      isDueNow(state.nextAttempt),
      isDueNow(state.nextLease),
      ...otherJobs.map((job) => job.nextRun(now)),
      ...morning,
      calendar.end,
    ], calendar.asleep);
    if (moment >= calendar.end) break;

    await time.moveTo(sql, moment, "move along");
    const day = dateOf(londonDay(moment.getTime()));
    if (day !== shown) show(shown = day);
    if (waking || morning.some((six) => six.getTime() === moment.getTime())) {
      diary.noteMorning(time.now(), await readGaps(world));
    }
    await platform.cron.tick(moment);
  }
  await time.moveTo(sql, calendar.end, "move along");
}
