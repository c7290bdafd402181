import { CLI_VERSION, cliCommand, type CliResult } from "../project/supabase_cli.ts";
import { Problem } from "../command_line/problem.ts";

/** What the CLI prints with `--output-format json` when a command fails. */
interface CliError {
  readonly code: string;
  readonly message: string;
}

const LOGIN = cliCommand(["login"]).join(" ");

/** What a command of the CLI printed as JSON; throws a `Problem` that says why it failed and what to do. */
export function readCliResult({ success, stdout, stderr }: CliResult, args: readonly string[]): unknown {
  const printed = lastJson(stdout);
  if (success) return printed;
  throw explainCliError(errorOf(printed) ?? { code: "", message: `${stderr}\n${stdout}` }, args);
}

/** The last line that is JSON; undefined when none is. */
function lastJson(text: string): unknown {
  for (const candidate of [text, ...text.trim().split("\n").toReversed()]) {
    try {
      return JSON.parse(candidate);
    } catch {
      // A remark of the CLI stands before or behind its answer.
    }
  }
  return undefined;
}

function errorOf(printed: unknown): CliError | undefined {
  if (typeof printed !== "object" || printed === null || !("error" in printed)) return undefined;
  const { error } = printed;
  if (typeof error !== "object" || error === null) return undefined;
  const { code = "", message = "" } = error as Record<string, unknown>;
  return { code: String(code), message: String(message) };
}

/** A failure of the CLI in a sentence that says what to do. */
export function explainCliError({ code, message }: CliError, args: readonly string[]): Problem {
  // What a failed migration prints is SQL, with numbers of its own.
  const sentence = code.startsWith("DbPush") ? undefined : sentenceOf(code, message);
  if (sentence !== undefined) return new Problem(sentence);
  const words = message.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return new Problem(`"supabase ${args.join(" ")}" failed: ${words.slice(0, 6).join(" / ")}`);
}

function sentenceOf(code: string, message: string): string | undefined {
  if (code === "AccessTokenRequiredError") {
    return `You are not logged in to Supabase. Run "${LOGIN}", or set SUPABASE_ACCESS_TOKEN, then run this again.`;
  }
  if (code === "InvalidAccessTokenError") {
    return `SUPABASE_ACCESS_TOKEN is no access token (these begin with sbp_). Unset it and run "${LOGIN}".`;
  }
  if (/\b401\b|Unauthorized/.test(message)) {
    return `Supabase refuses the access token: it was revoked or has expired. Run "${LOGIN}", then run this again.`;
  }
  if (/\b403\b|Forbidden/.test(message)) {
    return "Your login may not do this in the project: ask its owner for the role Developer or Administrator.";
  }
  if (code.endsWith("NetworkError") || /Transport(Error| error)/.test(message)) {
    return "Supabase's API cannot be reached. Is this machine online? Once it is, run this again.";
  }
  if (/npm (error|ERR!)/.test(message)) {
    return `npm cannot fetch the supabase CLI ${CLI_VERSION}. Is this machine online? Once it is, run this again.`;
  }
  return undefined;
}
