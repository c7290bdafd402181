import { parseArgs } from "@std/cli/parse-args";
import { isMatch } from "date-fns";
import { Problem } from "../local/problem.ts";

/** What the demo was asked for. */
export interface DemoOptions {
  readonly help: boolean;
  readonly months: number;
  /** False: two months by default, or what a replay holds. */
  readonly monthsGiven: boolean;
  readonly startDate: string | undefined;
  readonly endDate: string | undefined;
  readonly replay: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly apiSpeed: number;
  readonly seed: number;
  readonly live: boolean;
  readonly json: boolean;
}

export const USAGE = `deno task demo [options]

Boots the local platform in a temporary place, backfills racecards and results with the SQL call
backfill_start(...), follows it, verifies what is stored, prints it and stops everything.

  --months N          the last N full months (default 2)
  --start-date DAY    first day, YYYY-MM-DD, instead of --months
  --end-date DAY      last day, YYYY-MM-DD (default: today)
  --replay DIR        serve the captured responses in DIR instead of generated races; without
                      dates, the days that they hold
  --api-speed N       the documented rates of The Racing API times N (default 1)
  --seed N            which generated world (default 1)
  --database-url URL  use this Postgres (a superuser's URL) instead of the embedded one
  --live              call the real API, with RACING_API_USERNAME and RACING_API_PASSWORD
  --json              print one JSON object as the last line
  --help              this text

Exit code 0: complete. 1: something is missing, or it could not be started; the output says what.
`;

function number(name: string, text: string | undefined, fallback: number, whole: boolean): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0 || (whole && !Number.isInteger(value))) {
    throw new Problem(`--${name} wants a positive ${whole ? "whole " : ""}number, not "${text}".`);
  }
  return value;
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
    string: ["months", "start-date", "end-date", "replay", "api-speed", "seed", "database-url"],
    unknown: (option: string) => {
      throw new Problem(`Unknown option ${option}; "deno task demo --help" lists them.`);
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
    months: number("months", parsed.months, 2, true),
    monthsGiven: parsed.months !== undefined,
    startDate,
    endDate,
    replay: parsed.replay,
    databaseUrl: parsed["database-url"],
    apiSpeed: number("api-speed", parsed["api-speed"], 1, false),
    seed: number("seed", parsed.seed, 1, true),
    live: parsed.live,
    json: parsed.json,
  };
}
