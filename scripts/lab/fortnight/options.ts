import { day } from "../../command_line/option_values.ts";
import { readArguments } from "../../command_line/read_arguments.ts";
import { BOOT_VALUES } from "../world/boot_options.ts";
import { FIRST_DAY, LAST_DAY } from "./calendar.ts";

/** The options of a fortnight. */
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

/** Reads the options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readFortnightOptions(args: readonly string[]): FortnightOptions {
  const { replay: _, ...values } = BOOT_VALUES;
  const given = readArguments(args, {
    task: "fortnight",
    flags: ["json"],
    values: { "first-day": day, "last-day": day, ...values },
  });
  return {
    help: given.help,
    firstDay: given["first-day"] ?? FIRST_DAY,
    lastDay: given["last-day"] ?? LAST_DAY,
    apiSpeed: given["api-speed"] ?? DEFAULT_SPEED,
    seed: given.seed ?? 1,
    databaseUrl: given["database-url"],
    json: given.json,
  };
}
