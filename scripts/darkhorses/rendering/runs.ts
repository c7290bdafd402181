import { NEEDS_SOMEBODY, type RunStatus } from "../statuses.ts";
import { inCommands } from "./in_commands.ts";
import type { Paint, Style } from "./paint.ts";
import { count, duration, number, ukTime, wrap } from "./words.ts";

const STYLES: Readonly<Record<string, Style>> = {
  running: "cyan",
  waiting: "cyan",
  paused: "yellow",
  succeeded: "green",
  completed_with_failures: "red",
};

/** A run's state, in its colour. */
export function paintState(state: string, paint: Paint): string {
  return paint(STYLES[state] ?? "dim", state.replaceAll("_", " "));
}

/** A run in a few lines: how much is left first. */
export function renderRun(run: RunStatus, paint: Paint): string {
  const left = run.seconds_left === null ? [] : [`${duration(run.seconds_left)} left`];
  const ended = run.ended_at === null ? [] : [`ended ${ukTime(run.ended_at)}`];
  const rate = run.calls_per_minute === null ? "" : `, ${number(run.calls_per_minute)} a minute`;
  return [
    [
      paint("bold", `Run ${run.run_id}`),
      paintState(run.state, paint),
      ...left,
      `${run.percent} %`,
      ...ended,
    ].join(" · "),
    `  ${run.start_date} to ${run.end_date}: ${run.feeds.join(", ")}`,
    `  ${run.chunks_succeeded}/${run.chunks_total} chunks, ${number(run.races)} races and ` +
    `${number(run.runners)} runners`,
    `  ${count(run.api_calls, "API call")}${rate}`,
    ...(run.last_error === null
      ? []
      : [paint("red", wrap(`Last error, ${ukTime(run.last_error_at)}: ${run.last_error}`, 78, "  "))]),
    ...(NEEDS_SOMEBODY.includes(run.state) || run.chunks_total === 0 || run.ended_at === null
      ? [wrap(inCommands(run.what_to_do), 78, "  ")]
      : []),
  ].join("\n");
}
