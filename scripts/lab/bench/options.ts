import { day } from "../../command_line/option_values.ts";
import { Problem } from "../../command_line/problem.ts";
import { readArguments } from "../../command_line/read_arguments.ts";
import { checkDays, type DayRange, londonDay } from "../demo/range.ts";
import type { BootOptions } from "../world/boot.ts";
import { BOOT_OPTIONS_HELP, BOOT_VALUES, bootOptions } from "../world/boot_options.ts";

/** The options of a bench. */
export interface BenchOptions {
  readonly help: boolean;
  readonly range: DayRange;
  /** Whether it is the range that the old system's API calls are known of. */
  readonly isFull: boolean;
  /** Whether the setting capture_long_texts is on, as it is at first. */
  readonly hasLongTexts: boolean;
  readonly boot: BootOptions & { readonly apiSpeed: number };
  readonly json: boolean;
}

/** What the old system pulled, a call for each feed and day. */
const FULL: DayRange = { start: "2015-01-01", end: "2025-10-19" };
const YEAR: DayRange = { start: "2025-01-01", end: "2025-10-19" };
const YEAR_SPEED = 20;

export const USAGE = `Measures a fill, and holds each figure against a floor or a baseline of the same run.

  deno task bench [options]

Boots the local platform on the simulated API, fills a range, pulls a month of it again, asks the engine's views, and
stores the pages of its last 60 days once more, against a bare COPY of the same rows. The table has a figure a line.
Machines are noisy and differ: compare ratios. Figures of processes are read from /proc.

  --full               ${FULL.start} to ${FULL.end} at the documented rates, which takes ten minutes
                       (default: ${YEAR.start} to ${YEAR.end} at ${YEAR_SPEED} times the rates)
  --without-long-texts fill it with the setting capture_long_texts off
  --start-date DAY     another first day, YYYY-MM-DD
  --end-date DAY       another last day
${BOOT_OPTIONS_HELP.replace("(default 1)", `(default ${YEAR_SPEED}; with --full 1)`)}
                       (with --database-url: in a database of its own beside
                       that one, dropped at the end)
  --json               print one JSON object as the last line
  --help               show this

The progress goes to standard error, the table to standard output.

Exit code 0: it was measured, whatever the figures are. 1: the fill failed, or nothing could start.
`;

/** Reads the options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const given = readArguments(args, {
    task: "bench",
    flags: ["full", "without-long-texts", "json"],
    values: { "start-date": day, "end-date": day, ...BOOT_VALUES },
  });
  const { help, full, json, "start-date": start, "end-date": end } = given;
  if (full && (start ?? end) !== undefined) {
    throw new Problem(`--full and --${start ? "start" : "end"}-date cannot be used together.`);
  }
  const range = full ? FULL : { start: start ?? YEAR.start, end: end ?? YEAR.end };
  checkDays(range.start, range.end, londonDay());
  const boot = bootOptions(given);
  return {
    help,
    range,
    isFull: full,
    hasLongTexts: !given["without-long-texts"],
    boot: { ...boot, apiSpeed: boot.apiSpeed ?? (full ? 1 : YEAR_SPEED) },
    json,
  };
}
