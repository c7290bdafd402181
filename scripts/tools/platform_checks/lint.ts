import { z } from "zod";
import { connect } from "../../lab/platform/database.ts";
import { Problem } from "../../command_line/problem.ts";
import { supabaseOk } from "./supabase_cli.ts";

const issue = z.looseObject({ detail: z.string().nullish() });
const answer = z.object({ results: z.array(z.looseObject({ issues: z.array(issue) })) });

/** What the checker says where it can't follow: of columns that a query in a text fills. */
const CANNOT_FOLLOW = "cannot to determine result of dynamic SQL";

/** Lints every plpgsql function. Resolves to a sentence; throws `Problem` with what is found. */
export async function checkLint(adminUrl: string, databaseUrl: string): Promise<string> {
  if (!await hasPlpgsqlCheck(adminUrl)) {
    return "left out: this server has no plpgsql_check, which it works with";
  }
  const printed = await supabaseOk(
    databaseUrl,
    ...["db", "lint", "--schema", "public,engine,racing", "--level", "warning", "--output-format", "json"],
  );
  const results = answer.parse(JSON.parse(printed)).results
    .map((one) => ({ ...one, issues: one.issues.filter(({ detail }) => detail !== CANNOT_FOLLOW) }))
    .filter(({ issues }) => issues.length > 0);
  if (results.length > 0) throw new Problem(`"supabase db lint" found:\n${JSON.stringify(results, null, 2)}`);
  return "no finding in public, engine and racing";
}

async function hasPlpgsqlCheck(adminUrl: string): Promise<boolean> {
  const sql = connect(adminUrl, { max: 1, name: "platform checks" });
  try {
    return (await sql`select from pg_catalog.pg_extension where extname = 'plpgsql_check'`).length > 0;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
