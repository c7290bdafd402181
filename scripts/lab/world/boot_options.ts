import type { BootOptions } from "./boot.ts";
import { Problem } from "../../command_line/problem.ts";

/** The options that every command which boots the platform takes, as texts from its command line. */
export const BOOT_OPTIONS = ["replay", "database-url", "api-speed", "seed"] as const;

/** What these options say in a command's help. */
export const BOOT_OPTIONS_HELP =
  `  --replay DIR         let the API answer from captured responses: the .json files in DIR
  --database-url URL   use this database (a superuser's URL) and the extensions it has; it is kept afterwards
  --api-speed N        an API that is N times as fast, its rate limits too (default 1)
  --seed N             make other data`;

/** More would only overrun the settings' type; the simulated API stops keeping up long before. */
const HIGHEST_SPEED = 1000;

/** Reads them. Throws `Problem` with a sentence about the first one that is wrong. */
export function readBootOptions(
  texts: Partial<Record<(typeof BOOT_OPTIONS)[number], string | undefined>>,
): Pick<BootOptions, "replay" | "databaseUrl" | "apiSpeed" | "seed"> {
  for (const name of BOOT_OPTIONS) {
    if (texts[name] === "") throw new Problem(`The option --${name} needs a value.`);
  }
  return {
    replay: texts.replay,
    databaseUrl: databaseUrl(texts["database-url"]),
    apiSpeed: apiSpeed(texts["api-speed"]),
    seed: seed(texts.seed),
  };
}

function databaseUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new Problem("--database-url must be like postgres://user:password@127.0.0.1:5432/postgres.");
}

function apiSpeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== "" && number > 0 && number <= HIGHEST_SPEED) return number;
  throw new Problem(`--api-speed must be a number above 0, at most ${HIGHEST_SPEED}, not "${text}".`);
}

function seed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new Problem(`--seed must be a whole number from 0 on, not "${text}".`);
}
