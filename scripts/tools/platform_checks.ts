/** Lets the platform's own tools judge the project on a real Postgres: see USAGE. */
import { fromFileUrl } from "@std/path";
import { connect } from "../lab/platform/database.ts";
import { startPlatform } from "../lab/platform/platform.ts";
import { Problem } from "../command_line/problem.ts";
import { runTask } from "../command_line/run_main.ts";
import { checkAdvisors } from "./platform_checks/advisors.ts";
import { checkLint } from "./platform_checks/lint.ts";
import { migrateWithCli } from "./platform_checks/migrate.ts";
import { prepareDatabase } from "./platform_checks/prepare_database.ts";
import { databaseUrl } from "../command_line/option_values.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { checkMigratedDatabase } from "./schema/same_database.ts";

const USAGE = `Migrates an empty database with the supabase CLI and lets its tools judge the result.

  deno task lint:database [options]

  --database-url URL   an empty database (a superuser's URL); default: an embedded Postgres 17
  --help               show this

It checks the migrations ("supabase db push"), the schema against that of supabase/schemas, the types that the functions
use against "supabase gen types", "supabase db lint" where the server has plpgsql_check, and "supabase db advisors", closed
and published. The database is made as open as a project from before October 2026 first.
`;

const SUPABASE = fromFileUrl(new URL("../../supabase", import.meta.url));

/** A check: its name, and what it says on success. */
type Check = [name: string, check: () => Promise<string>];

async function checkDatabase(adminUrl: string): Promise<number> {
  const password = crypto.randomUUID();
  const url = new URL(adminUrl);
  url.username = "postgres";
  url.password = password;
  const databaseUrl = url.href;
  const committed = (script: string) => async () => {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        fromFileUrl(new URL(script, import.meta.url)),
        "--check",
        "--database-url",
        databaseUrl,
      ],
      stdin: "null",
    }).output();
    if (!success) throw new Problem(new TextDecoder().decode(stderr).trim());
    return "the committed file";
  };
  const checks: Check[] = [
    ["migrations", () => migrateWithCli(databaseUrl)],
    ["schema", async () => {
      await checkMigratedDatabase(adminUrl, SUPABASE);
      return "that of the schema files";
    }],
    ["types", committed("./database_types.ts")],
    ["lint", () => checkLint(adminUrl, databaseUrl)],
    ["advisors", () => checkAdvisors(databaseUrl)],
    ["advisors, with all of it published", () => checkPublished(databaseUrl)],
  ];

  await prepareDatabase(adminUrl, password);
  let failed = 0;
  for (const [name, check] of checks) {
    try {
      console.log(`${name}: ${await check()}`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failed++;
      console.error(`${name}: ${error.message}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

/** What the advisors say of a project that is as open as an operator can make it. */
async function checkPublished(databaseUrl: string): Promise<string> {
  const sql = connect(databaseUrl, { max: 1, name: "platform checks" });
  try {
    await sql`select public.publish_api('anon')`;
    return await checkAdvisors(databaseUrl);
  } finally {
    await sql`select public.unpublish_api()`;
    await sql.end({ timeout: 1 });
  }
}

const readOptions = (args: readonly string[]) =>
  readArguments(args, { task: "lint:database", values: { "database-url": databaseUrl } });

async function main(options: ReturnType<typeof readOptions>): Promise<number> {
  const given = options["database-url"];
  if (given !== undefined) return await checkDatabase(given);
  const migrationsFolder = await Deno.makeTempDir();
  try {
    await using platform = await startPlatform({ functions: false, cron: "manual", migrationsFolder });
    return await checkDatabase(platform.adminUrl);
  } finally {
    await Deno.remove(migrationsFolder);
  }
}

if (import.meta.main) await runTask(USAGE, readOptions, main);
