import postgres from "postgres";
import { messageOf, Problem } from "../command_line/problem.ts";
import { isHere } from "./settings.ts";

export type Sql = postgres.Sql;

/**
 * A pool of connections to a project's database, encrypted unless it is on this machine. Without arrays none can be
 * sent, and the process outlives a connection that is lost while it is made: postgres.js asks for their types on each
 * new one.
 */
export function connectToProject(
  url: URL,
  { max = 2, name = "darkhorses", arrays = true, idleSeconds = 60 } = {},
): Sql {
  return postgres(url.href, {
    max,
    ...(isHere(url) || url.searchParams.has("sslmode") ? {} : { ssl: "require" as const }),
    onnotice: () => {},
    connect_timeout: 15,
    idle_timeout: idleSeconds,
    fetch_types: arrays,
    connection: { application_name: name },
  });
}

/** What is wrong with the connection to a project's database, in a sentence; other errors as they are. */
export function explainDatabaseError(error: unknown, url: URL): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const sentence = sentenceOf(code, messageOf(error), url.host);
  if (sentence !== undefined) return new Problem(sentence, { cause: error });
  if (!(error instanceof postgres.PostgresError)) return error;
  return new Problem([error.message, error.hint].filter(Boolean).join(". "), { cause: error });
}

function sentenceOf(code: string, message: string, host: string): string | undefined {
  if (code === "28P01") {
    return "The database refuses the password in DATABASE_URL: reset it in the dashboard under Database, Settings, " +
      "and put the new one there.";
  }
  if (/tenant or user not found/i.test(message)) {
    return `The pooler at ${host} does not know the project in DATABASE_URL: copy the connection string of the ` +
      "session pooler from the dashboard, under Connect.";
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `The database's host ${host} has no address: is this machine online, and is DATABASE_URL the string of ` +
      "the session pooler, which the dashboard shows under Connect? The direct one needs IPv6.";
  }
  if (/^(ECONN|EHOST|ENET|CONNECT_TIMEOUT|CONNECTION_)/.test(code)) {
    return `The database at ${host} cannot be reached (${code}): is the project paused, or is this machine offline?`;
  }
  return undefined;
}
