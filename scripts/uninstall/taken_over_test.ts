import { assertEquals, assertStringIncludes } from "@std/assert";
import { contentsOf, relationsOf } from "../lab/legacy/test_support/read.ts";
import { writeOldDatabase } from "../lab/legacy/write_old_database.ts";
import { connect, type Sql } from "../lab/platform/database.ts";
import type { HostedProject } from "../lab/world/hosted_project.ts";
import { setUp } from "../setup/set_up.ts";
import { answered, type Clone, makeClone, record, startQuickProject } from "../setup/test_support/clone.ts";
import { uninstall } from "./uninstall.ts";

let hosted: HostedProject;
let clone: Clone;
let sql: Sql;
let variables: Record<string, string>;
let names: string[];
let before: Record<string, string>;

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
  // One of the old system's own names, of those that ours don't have.
  await writeOldDatabase(sql, { era: "a", days: [{ first: "2025-10-11", last: "2025-10-11" }] });
  names = await relationsOf(sql, "public");
  before = await contentsOf(sql, "public", names);
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

async function removeAll(): Promise<{ asked: string[]; printed: string }> {
  const questions = answered(true, hosted.ref);
  const run = record(hosted, clone, { variables, questions });
  await uninstall({ yes: false, dryRun: false, withData: true }, run.around);
  return { asked: questions.asked, printed: run.printed() };
}

Deno.test("the old system's tables stay when all of ours is removed, and the question names them", async () => {
  const { asked, printed } = await removeAll();
  assertStringIncludes(asked[0] ?? "", "and all racing data, runs and logs?");
  assertStringIncludes(asked[0] ?? "", "the old system's 25 tables");
  assertStringIncludes(asked[0] ?? "", "stay, in legacy_data");
  assertStringIncludes(printed, "To put them back where they were: select legacy_data.put_back();");
  const [ours] = await sql`
    select to_regnamespace('engine') is null and to_regnamespace('racing') is null
      and to_regclass('public.ra_runner_names') is null as gone
  `;
  assertEquals(ours?.["gone"], true);
  assertEquals(await contentsOf(sql, "legacy_data", names), before);
  // Old readers miss nothing.
  assertEquals(await contentsOf(sql, "legacy, public", names, "service_role"), before);
});

Deno.test("setup brings ours back over the same old tables", async () => {
  await set();
  assertEquals(await contentsOf(sql, "legacy_data", names), before);
  const [state] = await sql`
    select to_regprocedure('public.check_setup()') is not null as is_whole,
      (select count(*) > 0 from legacy.ra_races) as has_races,
      exists (select from check_setup() where part = 'old system') as is_told
  `;
  assertEquals({ ...state }, { is_whole: true, has_races: true, is_told: true });
});

Deno.test("once ours is removed the old tables can be put back where they were", async () => {
  await removeAll();
  await sql`select legacy_data.put_back()`;
  assertEquals(await relationsOf(sql, "public"), names);
  assertEquals(await contentsOf(sql, "public", names), before);
  const left =
    await sql`select nspname from pg_namespace where nspname in ('engine', 'racing', 'legacy', 'legacy_data')`;
  assertEquals([...left], []);
});
