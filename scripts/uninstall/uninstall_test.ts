import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Problem } from "../command_line/problem.ts";
import { connect, type Sql } from "../lab/platform/database.ts";
import type { HostedProject } from "../lab/world/hosted_project.ts";
import { readSettings } from "../project/settings.ts";
import { readSettingsFile } from "../project/settings_file.ts";
import { sketchProject } from "../setup/dry_run.ts";
import { createHands } from "../setup/hands.ts";
import { setUp } from "../setup/set_up.ts";
import { answered, type Clone, makeClone, record, startQuickProject } from "../setup/test_support/clone.ts";
import { objectsOf, removeData } from "./remove_data.ts";
import { uninstall, type UninstallOptions } from "./uninstall.ts";

const OPTIONS: UninstallOptions = { yes: true, dryRun: false, withData: false };

let hosted: HostedProject;
let clone: Clone;
let sql: Sql;
let variables: Record<string, string>;
let objectsBefore: unknown;

Deno.test.beforeAll(async () => {
  hosted = await startQuickProject();
  clone = await makeClone();
  sql = connect(hosted.databaseUrl, { max: 1, name: "test" });
  variables = {
    PROJECT_URL: hosted.supabaseUrl,
    RACING_API_URL: hosted.racingApi.url,
    PROJECT_REF: hosted.ref,
    DATABASE_URL: hosted.databaseUrl,
    RACING_API_USERNAME: hosted.account.username,
    RACING_API_PASSWORD: hosted.account.password,
  };
  objectsBefore = await objects();
  await set();
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await clone[Symbol.asyncDispose]();
  await hosted.stop();
});

const set = () =>
  setUp(
    { projectRef: undefined, yes: true, dryRun: false, rotateWorkerSecret: false },
    record(hosted, clone, { variables }).around,
  );

/** Everything in the database, without what extensions brought. */
async function objects(): Promise<unknown> {
  const rows = await sql`
    select relnamespace::regnamespace::text || '.' || relname as name from pg_class
    where relnamespace::regnamespace::text !~ '^(pg_|information_schema|supabase_migrations)'
      and not exists (select from pg_depend as d where d.objid = pg_class.oid and d.deptype = 'e')
    union all
    select p.oid::regprocedure::text from pg_proc as p
    where pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
      and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
    order by 1
  `;
  return rows.map(({ name }) => name);
}

Deno.test("--dry-run prints what would go and contacts nobody", async () => {
  const before = hosted.requests.length;
  const run = record(hosted, clone, { variables });
  await uninstall({ ...OPTIONS, dryRun: true, withData: true }, run.around);
  assertStringIncludes(run.printed(), "functions delete masters");
  assertStringIncludes(run.printed(), "drop schema engine cascade");
  assertEquals([run.actions, hosted.requests.length], [[], before]);
});

Deno.test("schedules, cron jobs, functions and secrets go, the data stays", async () => {
  const [before] = await sql`select count(*)::integer as courses from ra_mst_courses`;
  const questions = answered(true);
  const run = record(hosted, clone, { variables, questions });
  await uninstall({ ...OPTIONS, yes: false }, run.around);

  const [after] = await sql`
    select
      (select count(*) from ra_mst_courses)::integer as courses, (select count(*) from cron.job)::integer as jobs,
      (select count(*) from vault.secrets)::integer as entries,
      (select schedules_started_on is null and set_up_at is null from backfill_settings) as is_off
  `;
  assertEquals({ ...after }, { courses: before?.["courses"], jobs: 0, entries: 0, is_off: true });
  assertEquals([hosted.state.functions.size, hosted.state.secrets.size], [0, 0]);
  assertEquals((await readSettingsFile(clone.settingsFile))["WORKER_SECRET"], undefined);
});

Deno.test("a second time there is nothing left to take away, and it says so", async () => {
  const run = record(hosted, clone, { variables });
  await uninstall(OPTIONS, run.around);
  assertStringIncludes(run.printed(), "Nothing changed: there was nothing left to take away.");
});

Deno.test("setup brings all of it back", async () => {
  await set();
  const [found] = await sql`
    select
      (select count(*) from cron.job)::integer as jobs,
      (select count(*) from check_setup() where state = 'failed')::integer as failed
  `;
  assertEquals({ ...found }, { jobs: 2, failed: 0 });
});

Deno.test("the data goes only when the project's ref is typed", async () => {
  const questions = answered(true, "no");
  const run = record(hosted, clone, { variables, questions });
  await assertRejects(
    () => uninstall({ ...OPTIONS, yes: false, withData: true }, run.around),
    Problem,
    "Stopped before anything was changed.",
  );
  assertEquals(questions.asked.length, 2);
  assert(hosted.state.functions.size > 0);
});

Deno.test("a view or a foreign key of the operator's own keeps the data, and is named as the reason", async () => {
  const project = sketchProject(
    await readSettings(clone.settingsFile, (name) => variables[name]),
    clone.folder,
  );
  await using hands = createHands({
    databaseUrl: new URL(hosted.databaseUrl),
    secrets: [],
    folder: clone.folder,
  });
  for (
    const [make, drop] of [
      ["create view my_courses as select name from ra_mst_courses", "drop view my_courses"],
      ["create table my_notes (course_id text references ra_mst_courses)", "drop table my_notes"],
    ] as const
  ) {
    await sql.unsafe(make);
    await assertRejects(
      () => removeData.run(project, hands, false),
      Problem,
      "Views, functions or tables of yours depend on the data, and nothing was removed",
    );
    await sql.unsafe(drop);
  }
  assert((await sql`select from ra_mst_courses`).length > 0);
});

Deno.test("with its data gone, the database is as it was before anything was set up", async () => {
  await uninstall({ ...OPTIONS, withData: true }, record(hosted, clone, { variables }).around);
  assertEquals(await objects(), objectsBefore);
});

Deno.test("objectsOf() finds the tables, views and functions that schema files make in public", () => {
  const named = objectsOf(
    "create table public.a (\n);\ncreate view public.b\nas;\ncreate function public.c(x text)",
  );
  assertEquals(named, { relations: ["a", "b"], functions: ["c"] });
});
