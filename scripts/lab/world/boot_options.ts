import { anyText, databaseUrl, factor, wholeNumber } from "../../command_line/option_values.ts";
import type { GivenOptions } from "../../command_line/read_arguments.ts";
import type { BootOptions } from "./boot.ts";

/** More would only overrun the settings' type; the simulated API stops keeping up long before. */
const HIGHEST_SPEED = 1000;

/** The options that every command which boots the platform takes. */
export const BOOT_VALUES = {
  "replay": anyText,
  "database-url": databaseUrl,
  "api-speed": factor(HIGHEST_SPEED),
  "seed": wholeNumber(0),
};

/** What these options say in a command's help. */
export const BOOT_OPTIONS_HELP = `  --replay DIR         let the API answer from captured responses: the .json
                       files in DIR
  --database-url URL   use this database (a superuser's URL) and the extensions
                       that it has; it is kept afterwards
  --api-speed N        make the API, with its rate limits, N times as fast
                       (default 1)
  --seed N             generate the data from this seed (default 1)`;

/** What was given of them. */
export function bootOptions(
  given: GivenOptions<never, typeof BOOT_VALUES>,
): Pick<BootOptions, "replay" | "databaseUrl" | "apiSpeed" | "seed"> {
  const { replay, seed, "database-url": databaseUrl, "api-speed": apiSpeed } = given;
  return { replay, databaseUrl, apiSpeed, seed };
}
