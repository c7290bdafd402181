import { parseArgs } from "@std/cli/parse-args";
import { isMatch } from "date-fns";
import type { BootOptions } from "../world/boot.ts";
import { BOOT_OPTIONS, BOOT_OPTIONS_HELP, readBootOptions } from "../world/boot_options.ts";
import { Problem } from "../../command_line/problem.ts";

/** What the demo was asked for. */
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

Boots the local platform in a temporary place, backfills masters, racecards and results with the SQL call
backfill_start(…), follows it, asks the verification queries, prints the answers and stops everything.

  --months N           the last N full months (default 2)
  --start-date DAY     first day, YYYY-MM-DD, instead of --months
  --end-date DAY       last day, YYYY-MM-DD (default: today)
${BOOT_OPTIONS_HELP}
                       (--replay without dates or months takes the days that DIR holds)
  --live               call the real API, with RACING_API_USERNAME and RACING_API_PASSWORD
  --json               print one JSON object as the last line
  --help               show this

Exit code 0: complete. 1: something is missing, or it could not be started; the output says what.
`;

function monthCount(text: string | undefined): number {
  if (text === undefined) return 2;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new Problem(`--months wants a whole number from 1 on, not "${text}".`);
}

function date(name: string, text: string | undefined): string | undefined {
  if (text !== undefined && !(/^\d{4}-\d{2}-\d{2}$/.test(text) && isMatch(text, "yyyy-MM-dd"))) {
    throw new Problem(`--${name} wants a day as YYYY-MM-DD, not "${text}".`);
  }
  return text;
}

/** Reads the demo's options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const parsed = parseArgs([...args], {
    boolean: ["help", "live", "json"],
    alias: { help: "h" },
    string: ["months", "start-date", "end-date", ...BOOT_OPTIONS],
    unknown: (option: string) => {
      throw new Problem(`There is no option ${option || '""'}: see deno task demo --help.`);
    },
  });
  const startDate = date("start-date", parsed["start-date"]);
  const endDate = date("end-date", parsed["end-date"]);
  if (endDate !== undefined && startDate === undefined) throw new Problem("--end-date needs --start-date.");
  if (startDate !== undefined && parsed.months !== undefined) {
    throw new Problem("--months and --start-date exclude each other.");
  }
  if (startDate !== undefined && endDate !== undefined && startDate > endDate) {
    throw new Problem(`The start date ${startDate} is after the end date ${endDate}.`);
  }
  if (parsed.live && parsed.replay !== undefined) {
    throw new Problem("--live and --replay exclude each other.");
  }
  return {
    help: parsed.help,
    months: monthCount(parsed.months),
    monthsGiven: parsed.months !== undefined,
    startDate,
    endDate,
    boot: readBootOptions(parsed),
    live: parsed.live,
    json: parsed.json,
  };
}
