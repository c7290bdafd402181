import { fromFileUrl } from "@std/path";
import { Problem } from "../command_line/problem.ts";
import { readSettingsFile } from "./settings_file.ts";

/** Where a project's settings are, for the commands of this checkout. Git ignores it. A rehearsal names another. */
export const SETTINGS_FILE = Deno.env.get("DARKHORSES_SETTINGS") ??
  fromFileUrl(new URL("../../supabase/.env", import.meta.url));

/** The settings of a project, as `supabase/.env` or the environment names them. */
export const SETTING_NAMES = [
  "PROJECT_REF",
  "PROJECT_URL",
  "DATABASE_URL",
  "DATABASE_LIMIT_MEGABYTES",
  "RACING_API_USERNAME",
  "RACING_API_PASSWORD",
  "RACING_API_URL",
  "WORKER_SECRET",
  "ALERT_WEBHOOK_URL",
] as const;
export type SettingName = typeof SETTING_NAMES[number];
export type Settings = { readonly [name in SettingName]?: string };

/** Reads the settings: what the environment says goes before the file. */
export async function readSettings(
  path = SETTINGS_FILE,
  getVariable: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Promise<Settings> {
  const file = await readSettingsFile(path);
  const named = SETTING_NAMES.map((name) => [name, getVariable(name)?.trim() || file[name]] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}

/** What an operator may give as a project: its ref, or an address that has it, of the project or of its dashboard. */
export function readProjectRef(given: string): string {
  const text = given.trim();
  const [, ref] = /^(?:https:\/\/(?:[\w.-]+\/dashboard\/project\/)?)?([a-z]{20})(?:[./].*)?$/.exec(text) ??
    [];
  if (ref !== undefined) return ref;
  throw new Problem(
    `"${text}" is no project: give its ref, which are the 20 letters after "project/" in the dashboard's address.`,
  );
}

/**
 * Reads the connection string of a project's database, as its dashboard shows it under Connect.
 *
 * @param projectRef the project that it must belong to, where its name shows which it is
 * @throws {Problem} when nothing could connect with it, or it leads to another project
 */
export function readDatabaseUrl(given: string, projectRef: string | undefined): URL {
  const example = "like postgresql://postgres.REF:PASSWORD@HOST:5432/postgres";
  if (!/^postgres(ql)?:\/\//.test(given) || !URL.canParse(given)) {
    throw new Problem(
      `The database's connection string must be ${example}; in its password, write % as %25, / as %2F, ? as %3F and ` +
        "# as %23.",
    );
  }
  const url = new URL(given);
  let password: string;
  try {
    password = decodeURIComponent(url.password);
  } catch {
    throw new Problem("In the password of the database's connection string, write % as %25.");
  }
  if (/YOUR-PASSWORD/i.test(password)) {
    throw new Problem(
      "Put the database's password in the place of [YOUR-PASSWORD] in its connection string.",
    );
  }
  if (url.username === "" || url.password === "" || url.hostname === "") {
    throw new Problem(
      `The database's connection string lacks the user, the password or the host: it is ${example}.`,
    );
  }
  if (url.searchParams.get("sslmode") === "disable" && !isHere(url)) {
    throw new Problem(
      "The database's connection string switches encryption off: take sslmode=disable out of it.",
    );
  }
  if (url.port === "6543") {
    throw new Problem(
      "This is the connection string of the transaction pooler (port 6543). Take the one of the session pooler, " +
        "which the dashboard shows under Connect.",
    );
  }
  const [, owner] = /^postgres\.([a-z]{20})$/.exec(decodeURIComponent(url.username)) ??
    /^db\.([a-z]{20})\./.exec(url.hostname) ?? [];
  if (owner !== undefined && projectRef !== undefined && owner !== projectRef) {
    throw new Problem(
      `The database's connection string belongs to the project ${owner}, not to ${projectRef}.`,
    );
  }
  return url;
}

/** Megabytes of 10^6 bytes that the project's plan allows the database. */
export function readLimit(given: string): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= 1 && number <= 1_000_000) return number;
  throw new Problem(`DATABASE_LIMIT_MEGABYTES must be a whole number from 1 to 1000000, not "${given}".`);
}

/** Whether an address is on this machine, where nothing need be encrypted. */
export function isHere({ hostname }: URL): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);
}

/** An address that something is sent to. Its value may be secret, so no error repeats it. */
export function readAddress(given: string, name: SettingName): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && isHere(url))) {
    throw new Problem(`${name} must be an address that begins with https://.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new Problem(`${name} must hold no user and no password.`);
  }
  // The worker secret is sent there.
  if (name === "PROJECT_URL" && url.pathname !== "/") {
    throw new Problem(`${name} must end with the host's name.`);
  }
  return given.replace(/\/+$/, "");
}
