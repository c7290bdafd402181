/** The settings that setup needs: from `supabase/.env`, from the environment, or asked for. */
import { randomBytes } from "node:crypto";
import {
  readAddress,
  readDatabaseUrl,
  readLimit,
  readProjectRef,
  type SettingName,
  type Settings,
} from "../project/settings.ts";
import type { Questions } from "./questions.ts";
import type { Project } from "./step.ts";

export const PUBLIC_API = "https://api.theracingapi.com/v1";

/** What is asked for, and how each answer is checked. */
const ASKED = {
  DATABASE_URL: {
    question:
      "The database's connection string (in the dashboard: Connect, Session pooler), with the password in it",
    isSecret: true,
  },
  RACING_API_USERNAME: { question: "The Racing API's username", isSecret: false },
  RACING_API_PASSWORD: { question: "The Racing API's password", isSecret: true },
} as const;

/** Refuses what is there and cannot be right, before anything is asked or contacted. */
export function checkSettings(settings: Settings): void {
  const ref = settings.PROJECT_REF === undefined ? undefined : readProjectRef(settings.PROJECT_REF);
  if (settings.DATABASE_URL !== undefined) readDatabaseUrl(settings.DATABASE_URL, ref);
  if (settings.DATABASE_LIMIT_MEGABYTES !== undefined) readLimit(settings.DATABASE_LIMIT_MEGABYTES);
  for (const name of ["PROJECT_URL", "RACING_API_URL", "ALERT_WEBHOOK_URL"] as const) {
    const value = settings[name];
    if (value !== undefined) readAddress(value, name);
  }
}

/** What is still missing, with its question. */
export function missingSettings(settings: Settings): { name: keyof typeof ASKED; question: string }[] {
  const names = Object.keys(ASKED) as (keyof typeof ASKED)[];
  return names.filter((name) => settings[name] === undefined).map((name) => ({
    name,
    question: ASKED[name].question,
  }));
}

/** Asks for what is missing. Resolves to the answers. */
export async function askForMissing(settings: Settings, questions: Questions): Promise<Settings> {
  const answers: { [name in SettingName]?: string } = {};
  for (const { name, question } of missingSettings(settings)) {
    const check = name === "DATABASE_URL"
      ? (answer: string) => void readDatabaseUrl(answer, settings.PROJECT_REF)
      : () => {};
    const ask = ASKED[name].isSecret ? questions.secret : questions.text;
    answers[name] = (await ask(question, check)).trim();
  }
  return answers;
}

/** A secret that nobody has to remember. */
export function newWorkerSecret(): string {
  return randomBytes(32).toString("hex");
}

/** The project that complete settings describe. */
export function projectOf(
  settings: Required<Pick<Settings, RequiredName>> & Settings,
  folder: string,
): Project {
  return {
    ref: settings.PROJECT_REF,
    url: settings.PROJECT_URL === undefined
      ? `https://${settings.PROJECT_REF}.supabase.co`
      : readAddress(settings.PROJECT_URL, "PROJECT_URL"),
    databaseUrl: readDatabaseUrl(settings.DATABASE_URL, settings.PROJECT_REF),
    account: {
      url: settings.RACING_API_URL === undefined
        ? PUBLIC_API
        : readAddress(settings.RACING_API_URL, "RACING_API_URL"),
      username: settings.RACING_API_USERNAME,
      password: settings.RACING_API_PASSWORD,
    },
    workerSecret: settings.WORKER_SECRET,
    limitMegabytes: settings.DATABASE_LIMIT_MEGABYTES === undefined
      ? undefined
      : readLimit(settings.DATABASE_LIMIT_MEGABYTES),
    webhook: settings.ALERT_WEBHOOK_URL,
    folder,
  };
}

/** What a project cannot do without. */
export type RequiredName =
  | "PROJECT_REF"
  | "DATABASE_URL"
  | "RACING_API_USERNAME"
  | "RACING_API_PASSWORD"
  | "WORKER_SECRET";
