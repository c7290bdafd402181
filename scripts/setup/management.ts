import type { Management } from "./step.ts";
import type { Surroundings } from "./surroundings.ts";

const PUBLIC_API = "https://api.supabase.com";

/**
 * Supabase's Management API. The CLI keeps its login to itself, so only a token in the environment lets in. A profile of
 * the CLI that is a file, as the laboratory's is, leads to another API.
 */
export async function findManagement(
  { cliEnvironment = {}, getVariable }: Surroundings,
): Promise<Management> {
  const variable = (name: string) => (cliEnvironment[name] ?? getVariable(name)?.trim()) || undefined;
  const token = variable("SUPABASE_ACCESS_TOKEN");
  const profile = await Deno.readTextFile(variable("SUPABASE_PROFILE") ?? "").catch(() => "");
  const [, url = PUBLIC_API] = /^api_url: *(\S+)$/m.exec(profile) ?? [];
  return { url, token };
}
