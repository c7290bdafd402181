import { type CliResult, runCli } from "../../project/supabase_cli.ts";
import { Problem } from "../../command_line/problem.ts";

/** Runs a command of the supabase CLI on a database of this machine. */
export function supabase(databaseUrl: string, ...args: string[]): Promise<CliResult> {
  return runCli([...args, `--remote=${databaseUrl}`, "--yes"], {
    // A database on loopback has no TLS, and the CLI's remark about that would stand in front of its answer.
    environment: { PGSSLMODE: "disable" },
  });
}

/** The same, for a command that must succeed; returns what it printed. */
export async function supabaseOk(databaseUrl: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await supabase(databaseUrl, ...args);
  if (!success) throw new Problem(`"supabase ${args.join(" ")}" failed:\n${stderr}\n${stdout}`.trim());
  return stdout;
}
