import { NEEDS_SOMEBODY } from "../statuses.ts";
import type { Snapshot } from "../watch_data.ts";
import { inCommands } from "./in_commands.ts";
import type { Paint } from "./paint.ts";
import { paintState } from "./runs.ts";
import { count, cut, duration, number, ukTime } from "./words.ts";

const NAME_WIDTH = 12;
const NO_ADVICE = ["Wait: it goes on by itself.", "Nothing."];

/** A bar of so many columns that also shows halves. */
export function bar(percent: number, columns: number): string {
  const halves = Math.round(Math.max(0, Math.min(100, percent)) / 100 * columns * 2);
  const full = Math.floor(halves / 2);
  return `${"█".repeat(full)}${halves % 2 === 1 ? "▌" : ""}`.padEnd(columns, "░");
}

/** As long as only the rate limits are known, it may take longer. Undefined of a run that stopped before its end. */
function timeLeft({ run, pace_known }: Snapshot): string | undefined {
  if (run.seconds_left === null) return run.state === "succeeded" ? "nothing left" : undefined;
  if (pace_known) return `${duration(run.seconds_left)} left`;
  return run.seconds_left === 0 ? "time left not known yet" : `at least ${duration(run.seconds_left)} left`;
}

/** Undefined unless the run is at work. */
function callRate({ run, calls_allowed }: Snapshot): string | undefined {
  if (run.calls_per_minute === null) return undefined;
  const allowed = calls_allowed === 0 ? "" : `, of ${number(calls_allowed)} that the limits allow`;
  return `${number(run.calls_per_minute)} a minute${allowed}`;
}

/** The whole view: time left first. No line is longer than the columns. */
export function renderWatch(snapshot: Snapshot, paint: Paint, columns: number, lost?: string): string {
  const { run, feeds, errors, other_runs } = snapshot;
  const labelled = (label: string, text: string) =>
    label.padEnd(NAME_WIDTH) + cut(text, columns - NAME_WIDTH);
  const barWidth = Math.max(5, Math.min(40, columns - NAME_WIDTH - 30));
  const bars = feeds.map(({ feed, percent, chunks_succeeded, chunks_total }) =>
    `${feed.padEnd(NAME_WIDTH)}${paint("green", bar(percent, barWidth))} ${
      percent.toFixed(1).padStart(5)
    } %` +
    `  ${chunks_succeeded}/${chunks_total} chunks`
  );
  const advice = NEEDS_SOMEBODY.includes(run.state) || !NO_ADVICE.includes(run.what_to_do)
    ? [cut(inCommands(run.what_to_do), columns)]
    : [];
  const left = timeLeft(snapshot);
  return [
    [
      ...(left === undefined ? [] : [paint("bold", left)]),
      `${run.percent} %`,
      `run ${run.run_id} ${paintState(run.state, paint)}`,
    ].join(" · "),
    cut(`${run.start_date} to ${run.end_date}, ${run.chunks_succeeded}/${run.chunks_total} chunks`, columns),
    "",
    ...bars,
    "",
    labelled("API calls", callRate(snapshot) ?? `${number(run.api_calls)} in all`),
    labelled("races", `${number(run.races)}, each counted once, with ${count(run.runners, "runner")}`),
    ...(run.rows_rejected > 0
      ? [labelled("rejects", `${number(run.rows_rejected)}: see darkhorses rejects`)]
      : []),
    ...(other_runs > 0 ? [labelled("beside it", count(other_runs, "other run"))] : []),
    // Of a run that succeeded, they are history.
    ...(run.state === "succeeded" ? [] : errors).map(({ occurred_at, feed, message }) =>
      paint("red", cut(`${ukTime(occurred_at)} ${feed}: ${message}`, columns))
    ),
    ...advice,
    ...(lost === undefined ? [] : [paint("yellow", cut(lost, columns))]),
  ].join("\n");
}

/** The same in a line, for a pipe. */
export function watchLine(snapshot: Snapshot): string {
  const { run, errors } = snapshot;
  const [error] = run.state === "succeeded" ? [] : errors;
  const rate = callRate(snapshot);
  return [
    [timeLeft(snapshot), `${run.percent} %`, `run ${run.run_id} ${run.state.replaceAll("_", " ")}`]
      .filter((part) => part !== undefined).join(", "),
    `${run.chunks_succeeded}/${run.chunks_total} chunks`,
    ...(rate === undefined ? [] : [`API calls: ${rate}`]),
    `${count(run.races, "race")}, ${count(run.runners, "runner")}`,
    ...(error === undefined ? [] : [`last error: ${error.message.replace(/\s+/g, " ")}`]),
  ].join(" | ");
}
