import { Problem } from "../local/problem.ts";

/** The CLI that everything of the platform's is asked through. */
const CLI = "supabase@3.1.0";

/** What a command of the CLI left behind. */
export interface CliResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the supabase CLI on a database. */
export async function supabase(databaseUrl: string, ...args: string[]): Promise<CliResult> {
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", CLI, ...args, `--remote=${databaseUrl}`, "--yes"],
    // A database on loopback has no TLS, and the CLI's remark about that would stand in front of its answer.
    env: { PGSSLMODE: "disable", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The same, for a command that must succeed; returns what it printed. */
export async function supabaseOk(databaseUrl: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await supabase(databaseUrl, ...args);
  if (!success) throw new Problem(`"supabase ${args.join(" ")}" failed:\n${stderr}\n${stdout}`.trim());
  return stdout;
}
