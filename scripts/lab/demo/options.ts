import { day, type ValueReader, wholeNumber } from "../../command_line/option_values.ts";
import { readArguments } from "../../command_line/read_arguments.ts";
import type { BootOptions } from "../world/boot.ts";
import { BOOT_OPTIONS_HELP, BOOT_VALUES, bootOptions } from "../world/boot_options.ts";
import { Problem } from "../../command_line/problem.ts";
import { checkDays, type DayRange, londonDay, mostMonths } from "./range.ts";

/** The options of the demo. */
export interface DemoOptions {
  readonly help: boolean;
  readonly months: number;
  /** False: two months by default, or what a replay holds. */
  readonly monthsGiven: boolean;
  /** Undefined without dates. */
  readonly range: DayRange | undefined;
  readonly boot: BootOptions;
  readonly json: boolean;
}

export const USAGE = `Fills a database on an empty machine, and verifies it.

  deno task demo [options]

Boots the local platform in a temporary folder, backfills masters, racecards
and results with the SQL call backfill_start(…), shows it as "darkhorses watch"
does, runs the verification queries, prints their answers and stops everything.

  --months N           the last N full months (default 2; since January 1988)
  --start-date DAY     first day, YYYY-MM-DD, instead of --months
  --end-date DAY       last day, YYYY-MM-DD (default: today; at most in 7 days)
                       (with --replay and neither dates nor months: the days
                       that DIR holds)
${BOOT_OPTIONS_HELP}
  --live               call the real API, with RACING_API_USERNAME and
                       RACING_API_PASSWORD of the environment
  --json               print one JSON object as the last line
  --help               show this

The progress goes to standard error, the answers to standard output.

Exit code 0: all that the API, or DIR, holds is stored, even if that is only the
card or only the result of a race. 1: something is missing, or nothing could
start; the output says what.
`;

/** Reads a variable, as `Deno.env.get` does. */
type GetVariable = (name: string) => string | undefined;

/** What options depend on, apart from what was typed. */
export interface DemoSurroundings {
  /** The day in London. */
  readonly today: string;
  readonly variable: GetVariable;
}

const HERE: DemoSurroundings = {
  get today() {
    return londonDay();
  },
  variable: (name) => Deno.env.get(name),
};

/**
 * Reads the demo's options, and refuses what could not work before anything is booted.
 *
 * @throws {Problem} with a sentence about the first one that is wrong
 */
export function readDemoOptions(
  args: readonly string[],
  { today, variable }: DemoSurroundings = HERE,
): DemoOptions {
  const given = readArguments(args, {
    task: "demo",
    flags: ["live", "json"],
    values: { "months": fullMonths(today), "start-date": day, "end-date": day, ...BOOT_VALUES },
  });
  const { help, months, live, json, "start-date": startDate, "end-date": endDate } = given;
  if (endDate !== undefined && startDate === undefined) throw new Problem("--end-date needs --start-date.");
  if (startDate !== undefined && months !== undefined) {
    throw new Problem("--months and --start-date cannot be used together.");
  }
  for (const name of ["replay", "api-speed", "seed"] as const) {
    if (live && given[name] !== undefined) {
      throw new Problem(`--live and --${name} cannot be used together.`);
    }
  }
  // backfill_start takes a start after today as a range of that day.
  const range = startDate === undefined
    ? undefined
    : { start: startDate, end: endDate ?? (startDate > today ? startDate : today) };
  if (range !== undefined) checkDays(range.start, range.end, today);
  return {
    help,
    months: months ?? 2,
    monthsGiven: months !== undefined,
    range,
    boot: { ...bootOptions(given), live: live && !help ? liveAccount(variable) : undefined },
    json,
  };
}

function fullMonths(today: string): ValueReader<number> {
  const most = mostMonths(today);
  const read = wholeNumber(1, most);
  return (text, name) => {
    if (!/^\d+$/.test(text) || Number(text) <= most) return read(text, name);
    throw new Problem(
      `--${name} can be ${most} at most, not ${text}: The Racing API begins in January 1988.`,
    );
  };
}

function liveAccount(variable: GetVariable): { username: string; password: string } {
  const username = variable("RACING_API_USERNAME");
  const password = variable("RACING_API_PASSWORD");
  if (!username || !password) {
    const missing = [
      ...(username ? [] : ["RACING_API_USERNAME"]),
      ...(password ? [] : ["RACING_API_PASSWORD"]),
    ].join(" and ");
    throw new Problem(
      `--live calls the real API, but the environment has no ${missing}: set the account's, or leave --live out.`,
    );
  }
  return { username, password };
}
