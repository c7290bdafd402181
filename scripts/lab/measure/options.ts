import { parseArgs } from "@std/cli/parse-args";
import { isMatch } from "date-fns";
import type { BootOptions } from "../world/boot.ts";
import { BOOT_OPTIONS, BOOT_OPTIONS_HELP, readBootOptions } from "../world/boot_options.ts";
import { Problem } from "../../command_line/problem.ts";

/** What a measurement was asked for. */
export interface MeasureOptions {
  readonly help: boolean;
  readonly startDate: string;
  readonly endDate: string;
  readonly feeds: readonly string[] | undefined;
  readonly boot: BootOptions;
  readonly json: boolean;
}

export const USAGE = `Plans a backfill, runs it on the local platform, and prints both side by side.

  deno task measure [options]

Asks backfill_plan(…), starts backfill_start(…) with the same arguments, follows backfill_status, and prints what was
planned and what it came to, and how well the time left was foretold at a quarter, a half and three quarters.

  --start-date DAY     first day, YYYY-MM-DD (default 2025-01-01)
  --end-date DAY       last day (default 2025-12-31)
  --feeds LIST         masters,racecards,results or some of them (default: all)
${BOOT_OPTIONS_HELP}
  --json               print one JSON object as the last line
  --help               show this
`;

function date(name: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && isMatch(text, "yyyy-MM-dd")) return text;
  throw new Problem(`--${name} wants a day as YYYY-MM-DD, not "${text}".`);
}

/** Reads the options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readMeasureOptions(args: readonly string[]): MeasureOptions {
  const parsed = parseArgs([...args], {
    boolean: ["help", "json"],
    alias: { help: "h" },
    string: ["start-date", "end-date", "feeds", ...BOOT_OPTIONS],
    default: { "start-date": "2025-01-01", "end-date": "2025-12-31" },
    unknown: (option: string) => {
      throw new Problem(`There is no option ${option || '""'}: see deno task measure --help.`);
    },
  });
  return {
    help: parsed.help,
    startDate: date("start-date", parsed["start-date"]),
    endDate: date("end-date", parsed["end-date"]),
    feeds: parsed.feeds?.split(","),
    boot: readBootOptions(parsed),
    json: parsed.json,
  };
}
