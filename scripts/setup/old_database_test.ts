import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, type Sql } from "../lab/platform/database.ts";
import { contentsOf, relationsOf } from "../lab/legacy/test_support/read.ts";
import { writeOldDatabase } from "../lab/legacy/write_old_database.ts";
import type { HostedProject } from "../lab/world/hosted_project.ts";
import { runCli } from "../project/supabase_cli.ts";
import { Problem } from "../command_line/problem.ts";
import { describeOldDatabase, megabytesOfOurs } from "./describe_old_database.ts";
import { setUp, type SetUpOptions } from "./set_up.ts";
import { answered, type Clone, makeClone, record, startQuickProject } from "./test_support/clone.ts";

const OPTIONS: SetUpOptions = { projectRef: undefined, yes: false, dryRun: false, rotateWorkerSecret: false };
const DAYS = [{ first: "2025-10-11", last: "2025-10-11" }];

let clone: Clone;
Deno.test.beforeAll(async () => {
  clone = await makeClone();
});
Deno.test.afterAll(async () => await clone[Symbol.asyncDispose]());

async function withProject(work: (hosted: HostedProject, sql: Sql) => Promise<void>): Promise<void> {
  const hosted = await startQuickProject();
  const sql = connect(hosted.databaseUrl, { max: 1, name: "test" });
  try {
    await work(hosted, sql);
  } finally {
    await sql.end({ timeout: 1 });
    await hosted.stop();
  }
}

const variablesOf = (hosted: HostedProject) => ({
  PROJECT_URL: hosted.supabaseUrl,
  RACING_API_URL: hosted.racingApi.url,
  PROJECT_REF: hosted.ref,
  DATABASE_URL: hosted.databaseUrl,
  RACING_API_USERNAME: hosted.account.username,
  RACING_API_PASSWORD: hosted.account.password,
});

Deno.test("setup finds an old database with half of an earlier attempt, says what it does, asks once, and takes it over", () =>
  withProject(async (hosted, sql) => {
    await writeOldDatabase(sql, { era: "a", days: DAYS });
    // What an attempt under an earlier numbering left: an engine and an empty master, recorded.
    await sql.unsafe(`
      create schema engine;
      create function engine.clock() returns timestamptz language sql as 'select clock_timestamp()';
      create table public.ra_mst_owners (
        id text primary key, name text, last_seen_on date not null, updated_at timestamptz default engine.clock()
      );
      create schema supabase_migrations;
      create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
      insert into supabase_migrations.schema_migrations (version) values ('20261123000100'), ('20261123000450');
    `);
    const names = (await relationsOf(sql, "public")).filter((name) => name !== "ra_mst_owners");
    const before = await contentsOf(sql, "public", names);

    const refused = record(hosted, clone, { variables: variablesOf(hosted), questions: answered(false) });
    await assertRejects(() => setUp(OPTIONS, refused.around), Problem, "Stopped before anything was changed");
    assertStringIncludes(
      refused.printed(),
      "(state a: before its masters were renamed): 27 tables and views",
    );
    assertStringIncludes(refused.printed(), "The limit is 500 MB");
    assertStringIncludes(refused.printed(), "The roles anon, authenticated could read the old tables");
    assertEquals(await contentsOf(sql, "public", names), before);

    const questions = answered(true);
    const run = record(hosted, clone, { variables: variablesOf(hosted), questions });
    await setUp(OPTIONS, run.around);
    assertEquals(questions.asked.length, 1);
    assertStringIncludes(questions.asked[0] ?? "", "the old tables moved into legacy_data");
    assertStringIncludes(run.printed(), "moved 27 old tables and views into legacy_data");
    assertStringIncludes(run.printed(), "old system: 25 tables that were taken over are still there");
    assertStringIncludes(run.printed(), "  npx -y deno task darkhorses legacy copy ");
    const [counts] = await sql`
      select (select count(*) from public.ra_mst_courses) > 50 as courses, count(*)::integer as versions
      from supabase_migrations.schema_migrations
    `;
    assertEquals({ ...counts }, { courses: true, versions: 2 });
    // Today's cards come by themselves now, so the old rows are compared where they are.
    assertEquals(await contentsOf(sql, "legacy_data", names), before);
    const read = await contentsOf(sql, "legacy, public", names, "service_role");
    assertEquals(Object.keys(read), names);

    const again = record(hosted, clone, { variables: variablesOf(hosted) });
    await setUp({ ...OPTIONS, yes: true }, again.around);
    assertStringIncludes(again.printed(), "Nothing changed: everything is as it should be.");
  }));

Deno.test('"supabase db push" alone takes an old database over, and a schema that it meets later too', () =>
  withProject(async (hosted, sql) => {
    await writeOldDatabase(sql, { era: "b", days: DAYS });
    const names = await relationsOf(sql, "public");
    const before = await contentsOf(sql, "public", names);
    const push = async (...flags: string[]) => {
      const result = await runCli(["db", "push", `--db-url=${hosted.databaseUrl}`, "--yes", ...flags], {
        folder: clone.folder,
        environment: hosted.environment,
      });
      assert(result.success, result.stderr);
    };
    await push();
    assertEquals(await contentsOf(sql, "legacy, public", names, "service_role"), before);

    // The initial migration is recorded, and ours are no longer whole: the second push brings them back.
    await sql`select legacy_undo()`;
    await sql`insert into supabase_migrations.schema_migrations (version) values ('20261124000100')`;
    await push("--include-all");
    await push("--include-all");
    assertEquals(await contentsOf(sql, "legacy, public", names, "service_role"), before);
    const [ours] = await sql`select to_regprocedure('public.check_setup()') is not null as there`;
    assertEquals(ours?.["there"], true);
  }));

Deno.test("room is counted for both, and what is too much for the plan is told", () => {
  const old = {
    ...{ era: "b" as const, tables: 24, races: 137_208, runners: 1_331_368, runnersWithCards: 300_000 },
    ...{ megabytes: 900, databaseMegabytes: 950, rolesShutOut: [] },
  };
  assertEquals(Math.round(megabytesOfOurs(old)), 804);
  const told = describeOldDatabase(old, undefined);
  assertStringIncludes(told, "137,208 races, 1,331,368 runners, 900 MB");
  assertStringIncludes(told, "about 1,754 MB");
  assertStringIncludes(told, "Begin with a later year, or take a larger plan first");
  assert(!describeOldDatabase(old, 8000).includes("too much"));
});
