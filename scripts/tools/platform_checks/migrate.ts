import { z } from "zod";
import { Problem } from "../../command_line/problem.ts";
import { supabaseOk } from "./supabase_cli.ts";

const listing = z.object({ migrations: z.array(z.object({ local: z.string(), remote: z.string() })) });

/** Applies the migrations as an operator does, on the role that an operator has. Resolves to a sentence. */
export async function migrateWithCli(databaseUrl: string): Promise<string> {
  await supabaseOk(databaseUrl, "db", "push");
  const printed = await supabaseOk(databaseUrl, "migration", "list", "--output-format", "json");
  const { migrations } = listing.parse(JSON.parse(printed));
  const apart = migrations.filter(({ local, remote }) => local !== remote);
  if (apart.length > 0 || migrations.length === 0) {
    throw new Problem(`"supabase db push" left the database apart from the folder: ${JSON.stringify(apart)}`);
  }
  return `"supabase db push" applied ${migrations.length}, none is left`;
}
