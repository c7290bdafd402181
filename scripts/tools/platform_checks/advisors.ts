import { z } from "zod";
import { Problem } from "../../command_line/problem.ts";
import { supabaseOk } from "./supabase_cli.ts";

const findings = z.array(z.object({ name: z.string(), level: z.string(), detail: z.string() }));

/** One thing that an advisor says. */
export type Finding = z.infer<typeof findings>[number];

/** The kinds of remarks of the lowest level that are meant to be there, and why; docs/security.md says it at length. */
export const EXPLAINED: Readonly<Record<string, string>> = {
  rls_enabled_no_policy:
    "Closed on purpose: without a policy only service_role, which bypasses policies, gets a row.",
  unused_index:
    "The database is minutes old; every index serves a foreign key, the engine, or a reader of the data.",
};

/** The unexplained findings: all above the lowest level, and those of an unknown kind. */
export function unexplained(all: readonly Finding[]): Finding[] {
  return all.filter(({ level, name }) => level !== "INFO" || !(name in EXPLAINED));
}

/**
 * Asks the platform's security and performance advisors. Resolves to a sentence; throws `Problem` with what they
 * found.
 */
export async function checkAdvisors(databaseUrl: string): Promise<string> {
  const printed = await supabaseOk(
    databaseUrl,
    ...["db", "advisors", "--type", "all", "--level", "info", "--fail-on", "none", "-o", "json"],
  );
  const all = findings.parse(JSON.parse(printed.trim() === "" ? "[]" : printed));
  const bad = unexplained(all);
  if (bad.length > 0) {
    const list = bad.map(({ level, name, detail }) => `\n  ${level} ${name}: ${detail}`).join("");
    throw new Problem(`The platform's advisors have ${bad.length} findings:${list}`);
  }
  const kinds = Map.groupBy(all, ({ name }) => name);
  const counts = [...kinds].map(([name, own]) => `${own.length} ${name}`).toSorted();
  return `no finding; remarks that docs/security.md explains: ${counts.join(", ") || "none"}`;
}
