import { day, wholeNumber } from "../../command_line/option_values.ts";
import { readArguments } from "../../command_line/read_arguments.ts";
import type { BootOptions } from "../world/boot.ts";
import { BOOT_OPTIONS_HELP, BOOT_VALUES, bootOptions } from "../world/boot_options.ts";
import { Problem } from "../../command_line/problem.ts";

/** The options of the demo. */
export interface DemoOptions {
  readonly help: boolean;
  readonly months: number;
  /** False: two months by default, or what a replay holds. */
  readonly monthsGiven: boolean;
  readonly startDate: string | undefined;
  readonly endDate: string | undefined;
  readonly boot: BootOptions;
  readonly live: boolean;
  readonly json: boolean;
}

export const USAGE = `Fills a database on an empty machine, and verifies it.

  deno task demo [options]

Boots the local platform in a temporary folder, backfills masters, racecards and results with the SQL call
backfill_start(…), follows it, runs the verification queries, prints the results and stops everything.

  --months N           the last N full months (default 2)
  --start-date DAY     first day, YYYY-MM-DD, instead of --months
  --end-date DAY       last day, YYYY-MM-DD (default: today)
${BOOT_OPTIONS_HELP}
                       (--replay without dates or months takes the days that DIR holds)
  --live               call the real API, with RACING_API_USERNAME and RACING_API_PASSWORD
  --json               print one JSON object as the last line
  --help               show this

Exit code 0: complete. 1: something is missing, or nothing could start; the output says what.
`;

const MOST_MONTHS = 999;

/** Reads the demo's options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const given = readArguments(args, {
    task: "demo",
    flags: ["live", "json"],
    values: { "months": wholeNumber(1, MOST_MONTHS), "start-date": day, "end-date": day, ...BOOT_VALUES },
  });
  const { help, months, live, json, "start-date": startDate, "end-date": endDate } = given;
  if (endDate !== undefined && startDate === undefined) throw new Problem("--end-date needs --start-date.");
  if (startDate !== undefined && months !== undefined) {
    throw new Problem("--months and --start-date cannot be used together.");
  }
  if (startDate !== undefined && endDate !== undefined && startDate > endDate) {
    throw new Problem(`The start date ${startDate} is after the end date ${endDate}.`);
  }
  if (live && given.replay !== undefined) {
    throw new Problem("--live and --replay cannot be used together.");
  }
  return {
    help,
    months: months ?? 2,
    monthsGiven: months !== undefined,
    startDate,
    endDate,
    boot: bootOptions(given),
    live,
    json,
  };
}
