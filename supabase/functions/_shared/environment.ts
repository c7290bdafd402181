import { MissingSettingError } from "./missing_setting_error.ts";
import { basicCredentials, type RacingApiAccount } from "./racing_api/account.ts";

/** What the functions need to answer a request and to reach the database. */
export interface Environment {
  readonly supabaseUrl: string;
  readonly secretKey: string;
  /** What requests may be signed with: WORKER_SECRET, and while it is being changed the previous one, too. */
  readonly workerSecrets: readonly string[];
}

/** Reads a variable, as `Deno.env.get` does. */
export type GetVariable = (name: string) => string | undefined;

function required(get: GetVariable, name: string): string {
  const value = get(name)?.trim();
  if (!value) {
    throw new MissingSettingError(
      `The function secret ${name} is not set: set it with "supabase secrets set ${name}=…"`,
    );
  }
  return value;
}

/**
 * The platform's secret key: from SUPABASE_SECRET_KEYS (a JSON dictionary by name) where the project has the new
 * keys, else SUPABASE_SERVICE_ROLE_KEY.
 */
function secretKey(get: GetVariable): string {
  const dictionary = get("SUPABASE_SECRET_KEYS")?.trim();
  if (!dictionary) return required(get, "SUPABASE_SERVICE_ROLE_KEY");
  let keys: unknown;
  try {
    keys = JSON.parse(dictionary);
  } catch {
    // The parser's own message would quote the key.
    throw new MissingSettingError(
      "SUPABASE_SECRET_KEYS is not JSON: the platform sets it, do not override it",
    );
  }
  if (typeof keys === "object" && keys !== null) {
    const named = Object.entries(keys);
    const [, key] = named.find(([name]) => name === "default") ?? named[0] ?? [];
    if (typeof key === "string" && key !== "") return key;
  }
  throw new MissingSettingError(
    "SUPABASE_SECRET_KEYS holds no key: create a secret key in the project's settings",
  );
}

/** Reads what every invocation needs. Throws `MissingSettingError` that names the variable. */
export function readEnvironment(get: GetVariable): Environment {
  return {
    supabaseUrl: required(get, "SUPABASE_URL"),
    secretKey: secretKey(get),
    workerSecrets: [required(get, "WORKER_SECRET"), get("WORKER_SECRET_PREVIOUS")?.trim() ?? ""].filter(
      Boolean,
    ),
  };
}

/** Reads the account of The Racing API. Throws `MissingSettingError` that names the variable. */
export function readRacingApiAccount(get: GetVariable): RacingApiAccount {
  return {
    url: (get("RACING_API_URL")?.trim() || "https://api.theracingapi.com/v1").replace(/\/+$/, ""),
    username: required(get, "RACING_API_USERNAME"),
    password: required(get, "RACING_API_PASSWORD"),
  };
}

/** In the database's URL only the password is secret: the rest begins like many harmless texts. */
function databasePassword(get: GetVariable): string[] {
  try {
    const { password } = new URL(get("SUPABASE_DB_URL") ?? "");
    return password === "" ? [] : [password, decodeURIComponent(password)];
  } catch {
    return [];
  }
}

/** Every secret among the variables, for the logger to redact. */
export function secretsOf(get: GetVariable): string[] {
  const names = [
    "SUPABASE_SECRET_KEYS",
    "SUPABASE_SERVICE_ROLE_KEY",
    "WORKER_SECRET",
    "WORKER_SECRET_PREVIOUS",
    "RACING_API_USERNAME",
    "RACING_API_PASSWORD",
  ];
  const secrets = names.flatMap((name) => get(name)?.trim() || []);
  try {
    secrets.push(secretKey(get));
  } catch {
    // Nothing to redact. The code that needs the key reports that it is missing.
  }
  secrets.push(...databasePassword(get));
  const [username, password] = [get("RACING_API_USERNAME"), get("RACING_API_PASSWORD")];
  if (username && password) secrets.push(basicCredentials(username, password));
  return secrets;
}
