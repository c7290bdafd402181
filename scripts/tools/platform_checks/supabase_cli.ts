import { fromFileUrl } from "@std/path";
import { Problem } from "../../command_line/problem.ts";

/** The version of the CLI that runs the platform's tools, and that README names. */
export const CLI_VERSION = "3.1.0";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

/** No command takes a minute. One that waits for input is ended. */
const LIMIT_MINUTES = 10;

/** What a command of the CLI left behind. */
export interface CliResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command of the supabase CLI without input.
 *
 * @param environment What it gets in addition to this process's own.
 */
export async function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const child = new Deno.Command("npx", {
    args: ["-y", `supabase@${CLI_VERSION}`, ...args],
    cwd: ROOT,
    // A database on loopback has no TLS, and the CLI's remark about that would stand in front of its answer.
    env: { PGSSLMODE: "disable", NO_COLOR: "1", ...environment },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // A group of its own, so that what npx starts ends with it.
    detached: true,
  }).spawn();
  let ended = false;
  const limit = setTimeout(() => {
    ended = true;
    Deno.kill(-child.pid, "SIGKILL");
  }, LIMIT_MINUTES * 60_000);
  try {
    const { success, stdout, stderr } = await child.output();
    if (ended) throw new Problem(`"supabase ${args.join(" ")}" was ended after ${LIMIT_MINUTES} minutes.`);
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    clearTimeout(limit);
  }
}

/** Runs a command of the supabase CLI on a database. */
export function supabase(databaseUrl: string, ...args: string[]): Promise<CliResult> {
  return runCli([...args, `--remote=${databaseUrl}`, "--yes"]);
}

/** The same, for a command that must succeed; returns what it printed. */
export async function supabaseOk(databaseUrl: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await supabase(databaseUrl, ...args);
  if (!success) throw new Problem(`"supabase ${args.join(" ")}" failed:\n${stderr}\n${stdout}`.trim());
  return stdout;
}
