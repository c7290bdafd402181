import { basicCredentials } from "../../supabase/functions/_shared/racing_api/account.ts";
import { readDatabaseUrl, type Settings, SETTINGS_FILE } from "../project/settings.ts";
import { CHECKOUT } from "../project/supabase_cli.ts";
import type { Action } from "./actions.ts";
import { createHands, type Hands } from "./hands.ts";
import { createProgress, type Progress } from "./progress.ts";
import { type Questions, terminalQuestions } from "./questions.ts";

/** What setup and uninstall work with. */
export interface Surroundings {
  /** The folder that has supabase/. */
  readonly folder: string;
  readonly settingsFile: string;
  readonly getVariable: (name: string) => string | undefined;
  readonly questions: Questions;
  readonly progress: Progress;
  readonly isTerminal: boolean;
  readonly now: () => Date;
  /** Added to the environment of the CLI. */
  readonly cliEnvironment?: Readonly<Record<string, string>>;
  readonly onAction?: (action: Action) => void;
}

/** Makes the hands for a project's settings. None of their secrets shows in a message. */
export function handsFor(settings: Settings, around: Surroundings): Hands {
  // Of an address, its login or its path is secret: the rest begins like many harmless texts.
  const whole = ["RACING_API_USERNAME", "RACING_API_PASSWORD", "WORKER_SECRET"] as const;
  const secrets = [
    ...whole.flatMap((name) => settings[name] ?? []),
    ...(settings.ALERT_WEBHOOK_URL === undefined ? [] : [new URL(settings.ALERT_WEBHOOK_URL).pathname]),
  ];
  const password = settings.DATABASE_URL === undefined
    ? []
    : passwordsOf(readDatabaseUrl(settings.DATABASE_URL, undefined));
  const { RACING_API_USERNAME: username, RACING_API_PASSWORD: word } = settings;
  return createHands({
    databaseUrl: settings.DATABASE_URL === undefined
      ? undefined
      : readDatabaseUrl(settings.DATABASE_URL, undefined),
    secrets: [...secrets, ...password, ...(username && word ? [basicCredentials(username, word)] : [])],
    folder: around.folder,
    ...(around.cliEnvironment === undefined ? {} : { cliEnvironment: around.cliEnvironment }),
    ...(around.onAction === undefined ? {} : { onAction: around.onAction }),
  });
}

function passwordsOf({ password }: URL): string[] {
  return [password, decodeURIComponent(password)];
}

/** This checkout, its settings, and the terminal that the command was typed on. */
export function terminalSurroundings(): Surroundings {
  const encoder = new TextEncoder();
  const isTerminal = Deno.stdout.isTerminal();
  return {
    folder: CHECKOUT,
    settingsFile: SETTINGS_FILE,
    getVariable: (name) => Deno.env.get(name),
    questions: terminalQuestions,
    progress: createProgress((text) => Deno.stdout.writeSync(encoder.encode(text)), isTerminal),
    isTerminal: isTerminal && Deno.stdin.isTerminal(),
    now: () => new Date(),
  };
}
