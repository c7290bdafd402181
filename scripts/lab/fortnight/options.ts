import { parseArgs } from "@std/cli/parse-args";
import { isMatch } from "date-fns";
import { readBootOptions } from "../world/boot_options.ts";
import { Problem } from "../../command_line/problem.ts";
import { FIRST_DAY, LAST_DAY } from "./calendar.ts";

/** What a fortnight was asked for. */
export interface FortnightOptions {
  readonly help: boolean;
  readonly firstDay: string;
  readonly lastDay: string;
  readonly apiSpeed: number;
  readonly seed: number;
  /** A superuser's URL of a server on which to make a database for it. */
  readonly databaseUrl: string | undefined;
  readonly json: boolean;
}

const DEFAULT_SPEED = 20;

export const USAGE =
  `Lives through a fortnight of racing with the schedules on; time is moved, not waited for.

  deno task fortnight [options]

Boots the local platform on the morning of the first day, starts a backfill that reaches the present and the schedules
at once, and lets things happen: two days of downtime, the clocks going back, an API outage of six hours, a meeting
abandoned at noon, a meeting moved to another day, a race added late, a result in two steps, a result corrected a day
later, ratings after four days, eight weeks asleep, and a Christmas. Prints day by day what was pulled, what was missing
and when it was closed, and which alerts arrived; then checks it all, at last with a pull of everything again.

  --first-day DAY      begin at nine on this day, YYYY-MM-DD (default ${FIRST_DAY})
  --last-day DAY       end at eight on the morning after (default ${LAST_DAY})
  --database-url URL   live on this server (a superuser's URL), in a database of its own that is dropped afterwards
  --api-speed N        an API that is N times as fast, its rate limits too (default ${DEFAULT_SPEED})
  --seed N             make other races (default 1)
  --json               print one JSON object as the last line
  --help               show this

Exit code 0: nothing is missing and every check passed. 1: a sentence says what is wrong.
`;

function day(name: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && isMatch(text, "yyyy-MM-dd")) return text;
  throw new Problem(`--${name} wants a day as YYYY-MM-DD, not "${text}".`);
}

/** Reads the options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readFortnightOptions(args: readonly string[]): FortnightOptions {
  const parsed = parseArgs([...args], {
    boolean: ["help", "json"],
    alias: { help: "h" },
    string: ["first-day", "last-day", "database-url", "api-speed", "seed"],
    default: { "first-day": FIRST_DAY, "last-day": LAST_DAY },
    unknown: (option: string) => {
      throw new Problem(`There is no option ${option || '""'}: see deno task fortnight --help.`);
    },
  });
  const { databaseUrl, apiSpeed, seed } = readBootOptions({
    "database-url": parsed["database-url"],
    "api-speed": parsed["api-speed"],
    seed: parsed.seed,
  });
  return {
    help: parsed.help,
    firstDay: day("first-day", parsed["first-day"]),
    lastDay: day("last-day", parsed["last-day"]),
    apiSpeed: apiSpeed ?? DEFAULT_SPEED,
    seed: seed ?? 1,
    databaseUrl,
    json: parsed.json,
  };
}
