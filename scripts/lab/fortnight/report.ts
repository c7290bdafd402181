import { renderTable } from "../../command_line/render_table.ts";
import type { Sql } from "../platform/database.ts";
import { dateOf, dayOf, londonStamp } from "../racing_api/london.ts";
import { type Calendar, uk } from "./calendar.ts";
import { type Check, normalDays } from "./checks.ts";
import { type Diary, type GapStory, ukDay } from "./diary.ts";
import type { Evidence } from "./evidence.ts";
import type { ReceivedAlert } from "./webhook.ts";

/** What is stored of a UK racing day. */
export interface StoredDay {
  readonly day: string;
  readonly cards: number;
  readonly results: number;
  readonly abandoned: number;
}

/** Everything that the final report covers. */
export interface Story {
  readonly calendar: Calendar;
  readonly diary: Diary;
  readonly stored: readonly StoredDay[];
  readonly received: readonly ReceivedAlert[];
  readonly evidence: readonly Evidence[];
  readonly checks: readonly Check[];
  readonly seconds: number;
}

/** What the database holds of the days of a calendar. */
export async function readStoredDays(sql: Sql, calendar: Calendar): Promise<StoredDay[]> {
  return [
    ...await sql<StoredDay[]>`
      select
        d.day::date::text as day,
        count(*) filter (where race.has_card)::integer as cards,
        count(*) filter (where race.has_result)::integer as results,
        count(*) filter (where race.is_abandoned)::integer as abandoned
      from generate_series(${calendar.firstDay}::timestamp, ${calendar.lastDay}::timestamp, interval '1 day') as d (day)
      left join ra_races as race on race.race_date = d.day::date
      group by d.day order by d.day
    `,
  ];
}

/** A line of the table, and of the JSON: a UK day, or a stretch of days on which the project slept. */
export interface DayLine {
  readonly day: string;
  readonly cards: number;
  readonly results: number;
  readonly abandoned: number;
  readonly runs: number;
  readonly api_calls: number;
  /** Null: asleep. */
  readonly gaps_in_the_morning: number | null;
  readonly gaps_closed: number;
  /** UK time of the last one. */
  readonly closed_by: string | null;
  readonly alerts: readonly string[];
  readonly remarks: readonly string[];
}

/** `05:31` */
export function ukTime(moment: Date): string {
  return londonStamp(moment.getTime()).slice(11, 16);
}

/** `2026-10-25 05:31` */
export function ukStamp(moment: Date): string {
  return londonStamp(moment.getTime()).slice(0, 16);
}

/** The lines of the table. */
export function dayLines(
  { calendar, diary, stored, received }: Omit<Story, "evidence" | "checks" | "seconds">,
): DayLine[] {
  const lines: DayLine[] = [];
  const isAsleep = (day: string) =>
    calendar.asleep.some(({ from, to }) =>
      from <= uk(day, "00:00") && to >= uk(dateOf(dayOf(day) + 1), "00:00")
    );
  for (let i = 0; i < stored.length;) {
    const first = stored[i] as StoredDay;
    let last = first;
    let sums = { cards: 0, results: 0, abandoned: 0 };
    do {
      last = stored[i++] as StoredDay;
      sums = {
        cards: sums.cards + last.cards,
        results: sums.results + last.results,
        abandoned: sums.abandoned + last.abandoned,
      };
    } while (isAsleep(last.day) && i < stored.length && isAsleep((stored[i] as StoredDay).day));
    lines.push({
      day: first === last ? first.day : `${first.day} to ${last.day}`,
      ...sums,
      ...dayNotes(diary, first.day, received),
      remarks: [
        ...calendar.remarks.get(first.day) ?? [],
        ...(isAsleep(first.day) ? ["asleep"] : []),
      ],
    });
  }
  return lines;
}

function dayNotes(diary: Diary, day: string, received: readonly ReceivedAlert[]) {
  const { apiCalls, gapsInTheMorning } = diary.on(day);
  const closed = diary.closedOn(day);
  return {
    runs: diary.runCountOn(day),
    api_calls: apiCalls,
    gaps_in_the_morning: gapsInTheMorning ?? null,
    gaps_closed: closed.length,
    closed_by: lastClosed(closed),
    alerts: received.filter(({ at }) => ukDay(at) === day)
      .map(({ at, phase, kind, subject }) =>
        `${ukTime(at)} ${kind} (${subject})${phase === "resolved" ? " resolved" : ""}`
      ),
  };
}

function lastClosed(closed: readonly GapStory[]): string | null {
  const times = closed.flatMap(({ closedAt }) => closedAt === undefined ? [] : [closedAt.getTime()]);
  return times.length === 0 ? null : ukTime(new Date(Math.max(...times)));
}

/** What is printed at the end. */
export function renderStory(story: Story): string {
  const { calendar, diary, received, evidence, checks } = story;
  const days = dayLines(story).map((line) => ({
    "UK day": line.day,
    "cards": line.cards,
    "results": line.results,
    "abandoned": line.abandoned,
    "runs": line.runs,
    "API calls": line.api_calls,
    "gaps": line.gaps_in_the_morning ?? "-",
    "closed": line.gaps_closed === 0 ? "" : `${line.gaps_closed} by ${line.closed_by}`,
    "alerts": line.alerts.map((alert) => alert.slice(6)).join(", "),
    "what happened": line.remarks.join("; "),
  }));
  const alerts = received.map(({ at, phase, kind, subject, message }) => ({
    "arrived (UK)": ukStamp(at),
    phase,
    "trouble": `${kind} (${subject})`,
    message: phase === "resolved" ? "" : message,
  }));
  const events = evidence.map(({ event, at, partlyAt, wholeAt }) => ({
    "event": event.kind,
    "of": event.day,
    "happened (UK)": ukStamp(at),
    "stored before": partlyAt === undefined ? "-" : ukStamp(partlyAt),
    "stored as it is": wholeAt === undefined ? "-" : ukStamp(wholeAt),
  }));
  const results = checks.map(({ name, wrong }) => ({
    "check": name,
    "result": wrong.length === 0 ? "holds" : "WRONG",
  }));
  const wrong = checks.flatMap(({ wrong, name }) =>
    wrong.length > 10 ? [...wrong.slice(0, 10), `And ${wrong.length - 10} more of "${name}".`] : wrong
  );
  return [
    "Day by day (gaps: at six in the morning or on waking; a day's results and cards as stored in the end)",
    renderTable(days),
    "",
    "What was pulled",
    ...renderRuns(calendar, diary),
    "",
    "Alerts as they arrived at the webhook",
    renderTable(alerts),
    "",
    "What the script did, and when the database had it",
    renderTable(events),
    "",
    ...clockChange(story),
    ...callsADay(story),
    "",
    renderTable(results),
    ...wrong,
    verdict(story),
  ].join("\n");
}

function renderRuns({ firstDay, lastDay }: Calendar, diary: Diary): string[] {
  const lines: string[] = [];
  for (let day = dayOf(firstDay); day <= dayOf(lastDay) + 1; day++) {
    const runs = diary.runsOn(dateOf(day));
    if (runs !== "") lines.push(`${dateOf(day)}  ${runs}`);
  }
  return lines;
}

/** When the cards of the morning were pulled on the days around the end of summer time. */
function clockChange({ calendar, diary }: Story): string[] {
  const mornings = ["2026-10-24", "2026-10-25"].filter((day) =>
    day >= calendar.firstDay && day <= calendar.lastDay
  )
    .flatMap((day) => {
      const run = diary.runs.find(({ requestedBy, createdAt }) =>
        requestedBy === "schedule morning_cards" && ukDay(createdAt) === day && ukTime(createdAt) === "07:00"
      );
      return run === undefined ? [] : [`${day} at ${run.createdAt.toISOString().slice(11, 16)} UTC`];
    });
  return mornings.length === 0 ? [] : [`Seven in the morning was ${mornings.join(" and ")}.`];
}

/** The API calls of normal days. */
export function callsOfNormalDays(
  { calendar, diary }: Pick<Story, "calendar" | "diary">,
): { least: number; most: number } {
  const calls = normalDays(calendar).map((day) => diary.on(day).apiCalls);
  return { least: Math.min(...calls), most: Math.max(...calls) };
}

function callsADay(story: Story): string[] {
  if (normalDays(story.calendar).length === 0) return [];
  const { least, most } = callsOfNormalDays(story);
  return [`A normal day took ${least === most ? most : `${least} to ${most}`} API calls.`];
}

function verdict({ checks, seconds }: Story): string {
  const failed = checks.filter(({ wrong }) => wrong.length > 0).length;
  return failed === 0
    ? `All ${checks.length} checks hold, after ${seconds} s.`
    : `${failed} of ${checks.length} checks do not hold, after ${seconds} s.`;
}

/** The same as one line for programs. */
export function toJson(story: Story): string {
  const { calendar, diary, received, evidence, checks, seconds } = story;
  return JSON.stringify({
    passed: checks.every(({ wrong }) => wrong.length === 0),
    seconds,
    days: dayLines(story),
    normal_day_api_calls: normalDays(calendar).length === 0 ? null : callsOfNormalDays(story),
    gaps: diary.gaps.map(({ feed, day, kind, seenAt, closedAt }) => ({
      feed,
      day,
      kind,
      seen_at: seenAt,
      closed_at: closedAt ?? null,
    })),
    alerts: received.map(({ at, phase, kind, subject, message }) => ({ at, phase, kind, subject, message })),
    events: evidence.map(({ event, at, partlyAt, wholeAt }) => ({
      kind: event.kind,
      day: event.day,
      at,
      stored_before_at: partlyAt ?? null,
      stored_at: wholeAt ?? null,
    })),
    checks,
  });
}
