import { day, list } from "../../command_line/option_values.ts";
import { readArguments } from "../../command_line/read_arguments.ts";
import type { BootOptions } from "../world/boot.ts";
import { BOOT_OPTIONS_HELP, BOOT_VALUES, bootOptions } from "../world/boot_options.ts";

/** The options of a measurement. */
export interface MeasureOptions {
  readonly help: boolean;
  readonly startDate: string;
  readonly endDate: string;
  readonly feeds: readonly string[] | undefined;
  /** Whether the horses of the days are asked for afterwards. */
  readonly horses: boolean;
  readonly boot: BootOptions;
  readonly json: boolean;
}

export const USAGE = `Plans a backfill, runs it on the local platform, and compares the two.

  deno task measure [options]

Asks backfill_plan(…), starts backfill_start(…) with the same arguments, follows backfill_status, and prints what was
planned, what the run took, and how good the forecast of the time left was at a quarter, a half and three quarters.

  --start-date DAY     first day, YYYY-MM-DD (default 2025-01-01)
  --end-date DAY       last day (default 2025-12-31)
  --feeds LIST         masters,racecards,results or some of them (default: all)
  --horses             then measure the feed horses over the same days, which asks for those without a date of birth
${BOOT_OPTIONS_HELP}
  --json               print one JSON object as the last line
  --help               show this
`;

/** Reads the options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readMeasureOptions(args: readonly string[]): MeasureOptions {
  const given = readArguments(args, {
    task: "measure",
    flags: ["horses", "json"],
    values: { "start-date": day, "end-date": day, "feeds": list, ...BOOT_VALUES },
  });
  return {
    help: given.help,
    startDate: given["start-date"] ?? "2025-01-01",
    endDate: given["end-date"] ?? "2025-12-31",
    feeds: given.feeds,
    horses: given.horses,
    boot: bootOptions(given),
    json: given.json,
  };
}
