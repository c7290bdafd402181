import { createClient } from "@supabase/supabase-js";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Problem } from "../command_line/problem.ts";
import { connect, type Sql } from "../lab/platform/database.ts";
import { present } from "../lab/test_support/present.ts";
import { until } from "../lab/test_support/until.ts";
import type { HostedProject } from "../lab/world/hosted_project.ts";
import { readSettingsFile, writeSettingsFile } from "../project/settings_file.ts";
import { type Action, show } from "./actions.ts";
import { findManagement } from "./management.ts";
import { plannedActions, sketchProject } from "./dry_run.ts";
import { setUp, type SetUpOptions } from "./set_up.ts";
import {
  answered,
  type Clone,
  makeClone,
  record,
  type Recording,
  startQuickProject,
} from "./test_support/clone.ts";

const OPTIONS: SetUpOptions = { projectRef: undefined, yes: false, dryRun: false, rotateWorkerSecret: false };

let hosted: HostedProject;
let clone: Clone;
let sql: Sql;
/** Neither the project's address nor the API's is the public one. */
let variables: Record<string, string>;

Deno.test.beforeAll(async () => {
  hosted = await startQuickProject();
  clone = await makeClone();
  sql = connect(hosted.databaseUrl, { max: 2, name: "test" });
  variables = { PROJECT_URL: hosted.supabaseUrl, RACING_API_URL: hosted.racingApi.url };
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await clone[Symbol.asyncDispose]();
  await hosted.stop();
});

/** What is on the screen, on the process list, and in the Management API's log must not have one of these. */
const secrets = () => [hosted.account.password, decodeURIComponent(new URL(hosted.databaseUrl).password)];

function assertNoSecret(recording: Recording, more: readonly string[] = []): void {
  const seen = [
    recording.printed(),
    ...recording.actions.map(show),
    ...recording.actions.flatMap((action) => action.kind === "command" ? action.args : []),
  ].join("\n");
  for (const secret of [...secrets(), ...more]) assert(!seen.includes(secret), "A secret is shown");
}

const workerSecretOf = (file: Record<string, string>) => present(file["WORKER_SECRET"], "the worker secret");

/** Requests that changed something in the project. */
const changes = () =>
  hosted.requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);

/** The form of an action: the same for every run, version and hash. */
function form(action: Action): string {
  return show(action).replace(/'[^']*'|\b\d+\b/g, "?");
}

Deno.test("--dry-run prints every step and contacts nobody, without settings and without a login", async () => {
  const run = record(hosted, clone);
  await setUp({ ...OPTIONS, dryRun: true }, run.around);
  for (
    const words of ["db push", "secrets set", "functions deploy", "vault.create_secret", "pull_masters()"]
  ) {
    assertStringIncludes(run.printed(), words);
  }
  assertStringIncludes(
    run.printed(),
    "publish_api('authenticated');   -- only where something is published already",
  );
  assertEquals([run.actions, hosted.requests.length, hosted.racingApi.calls().length], [[], 0, 0]);
});

Deno.test("from nothing to a project that works, with four answers and a yes", async () => {
  const { username, password } = hosted.account;
  const questions = answered(hosted.ref, hosted.databaseUrl, username, password, true);
  const run = record(hosted, clone, { variables, questions });
  await setUp(OPTIONS, run.around);

  assertEquals(questions.asked.length, 5);
  const [counts] = await sql`
    select
      (select count(*) from ra_mst_courses)::integer as courses, (select count(*) from cron.job)::integer as jobs,
      (select set_up_at is not null from backfill_settings) as set_up
  `;
  assert(Number(counts?.["courses"]) > 50);
  assertEquals([counts?.["jobs"], counts?.["set_up"]], [2, true]);
  const failed = await sql`select part, finding from check_setup() where state = 'failed'`;
  assertEquals([...failed], []);
  const file = await readSettingsFile(clone.settingsFile);
  assertEquals(file["PROJECT_REF"], hosted.ref);
  assertEquals(((await Deno.stat(clone.settingsFile)).mode ?? 0) & 0o777, 0o600);
  assertNoSecret(run, [workerSecretOf(file)]);
  assertStringIncludes(run.printed(), "select * from backfill_plan(date '2015-01-01')");

  // What --dry-run prints is all that is done.
  const project = {
    ...sketchProject({ ...file, ...variables }, clone.folder),
    management: await findManagement(run.around),
  };
  const planned = new Set(plannedActions(project, new Date()).flatMap(({ actions }) => actions.map(form)));
  assertEquals(run.actions.map(form).filter((done) => !planned.has(done)), []);
});

Deno.test("a second run changes nothing, and says so", async () => {
  await Deno.remove(`${clone.folder}/supabase/.temp`, { recursive: true }).catch(() => {});
  const before = changes().length;
  const run = record(hosted, clone, { variables });
  await setUp({ ...OPTIONS, yes: true }, run.around);
  assertEquals(changes().slice(before), []);
  assertStringIncludes(run.printed(), "Nothing changed: everything is as it should be.");
});

Deno.test("another machine, without supabase/.env, goes on with the project's worker secret; the Standard plan is remarked on", async () => {
  await using other = await makeClone();
  const { username, password } = hosted.account;
  const run = record(hosted, other, {
    variables: {
      ...variables,
      PROJECT_REF: hosted.ref,
      DATABASE_URL: hosted.databaseUrl,
      RACING_API_USERNAME: username,
      RACING_API_PASSWORD: password,
    },
  });
  hosted.racingApi.plan = "Standard";
  try {
    await setUp({ ...OPTIONS, yes: true }, run.around);
  } finally {
    hosted.racingApi.plan = "Pro";
  }
  const ours = await readSettingsFile(clone.settingsFile);
  assertEquals((await readSettingsFile(other.settingsFile))["WORKER_SECRET"], ours["WORKER_SECRET"]);
  assertStringIncludes(run.printed(), "Standard plan: results, no racecards");
  assertStringIncludes(run.printed(), "Nothing changed");
});

Deno.test("a newer checkout comes, and the worker secret is replaced, while a backfill runs, without a lost dispatch", async () => {
  await hosted.matchApiSpeed();
  const old = workerSecretOf(await readSettingsFile(clone.settingsFile));
  await Deno.writeTextFile(
    `${clone.folder}/supabase/migrations/20270101000000_a_new_view.sql`,
    "create view public.a_new_view with (security_invoker = true) as select 1 as one;",
  );
  await Deno.writeTextFile(
    `${clone.folder}/supabase/functions/_shared/newer.ts`,
    "export const newer = true;\n",
  );
  await sql`select backfill_start(date '2026-09-16', date '2026-10-31')`;
  const run = record(hosted, clone, { variables });
  await setUp({ ...OPTIONS, yes: true, rotateWorkerSecret: true }, run.around);
  assertStringIncludes(run.printed(), "applied 20270101000000_a_new_view.sql");
  assertStringIncludes(run.printed(), "deployed masters and events");
  assertEquals((await sql`select one from a_new_view`)[0]?.["one"], 1);
  await until(
    async () => {
      const [status] =
        await sql`select state from backfill_status where feeds = '{masters,racecards,results}'`;
      return status?.["state"] === "succeeded";
    },
    "the backfill's end",
    { seconds: 120 },
  );

  const errors =
    await sql`select failure_class, message from ingest_errors where failure_class = 'lost_dispatch'`;
  assertEquals([...errors], []);
  const [kept] =
    await sql`select decrypted_secret as secret from vault.decrypted_secrets where name = 'worker_secret'`;
  const file = await readSettingsFile(clone.settingsFile);
  assert(file["WORKER_SECRET"] !== old);
  assertEquals(kept?.["secret"], file["WORKER_SECRET"]);
  assertEquals(hosted.state.secrets.has("WORKER_SECRET_PREVIOUS"), false);
  assertNoSecret(run, [old, workerSecretOf(file)]);
});

Deno.test("--publish opens the racing data to those it names and exposes the schema racing, once; without it that stays", async () => {
  const key = present(hosted.platform.publishableKey, "the publishable key");
  const reads = async () => {
    const { status, error } = await createClient(hosted.supabaseUrl, key).schema("racing").from("races")
      .select()
      .limit(1);
    return `${status} ${error?.code ?? "rows"}`;
  };
  assertEquals(await reads(), "406 PGRST106");
  const first = record(hosted, clone, { variables });
  await setUp({ ...OPTIONS, yes: true, publish: "anon" }, first.around);
  assertStringIncludes(first.printed(), "opened to anon; the API serves racing now");
  assertEquals(hosted.state.rest.db_schema, "public,graphql_public,racing");
  assertEquals(await reads(), "200 rows");
  assertNoSecret(first, [hosted.token, "the-laboratory-does-not-say"]);

  const again = record(hosted, clone, { variables });
  await setUp({ ...OPTIONS, yes: true, publish: "anon" }, again.around);
  assertStringIncludes(again.printed(), "open to anon; the API serves racing");
  assertStringIncludes(again.printed(), "Nothing changed");

  // A newer version brought a view: it is covered by who reads already.
  await sql`create view racing.newer with (security_invoker = true) as select 1 as one`;
  await sql`revoke all on racing.newer from public, anon, authenticated`;
  const plain = record(hosted, clone, { variables });
  await setUp({ ...OPTIONS, yes: true }, plain.around);
  assertStringIncludes(plain.printed(), "opened to anon");
  assertEquals((await createClient(hosted.supabaseUrl, key).schema("racing").from("newer").select()).data, [{
    one: 1,
  }]);
  await sql`select unpublish_api()`;
  await sql`drop view racing.newer`;
  assertEquals(await reads(), "401 42501");
});

Deno.test("without an access token, --publish says where to expose the schema", async () => {
  const run = record(hosted, clone, { variables, cliEnvironment: { SUPABASE_ACCESS_TOKEN: "" } });
  const { management } = { management: await findManagement(run.around) };
  assertEquals([management.url, management.token], [hosted.managementUrl, undefined]);
});

Deno.test("a project that its check found broken is mended, and not refused for what the check found", async () => {
  await sql`select vault.update_secret((select id from vault.secrets where name = 'worker_secret'), ${
    "x".repeat(40)
  })`;
  await sql`select check_setup()`;
  await until(async () => {
    const failed = await sql`select from check_setup() where part like 'function %' and state = 'failed'`;
    return failed.length === 2;
  }, "the check to find it");
  const run = record(hosted, clone, { variables });
  await setUp({ ...OPTIONS, yes: true }, run.around);
  assertStringIncludes(run.printed(), "It works.");
});

Deno.test("a second set-up at the same time is refused", async () => {
  const other = connect(hosted.databaseUrl, { max: 1, name: "other set-up" });
  try {
    await other`select pg_advisory_lock(hashtext('darkhorses setup'))`;
    const run = record(hosted, clone, { variables });
    await assertRejects(
      () => setUp({ ...OPTIONS, yes: true }, run.around),
      Problem,
      "Another set-up or uninstall",
    );
  } finally {
    await other.end({ timeout: 1 });
  }
});

Deno.test("a new password is set, the run that it had paused goes on, and an outdated worker secret gives way", async () => {
  const stored = present(
    hosted.state.secrets.get("RACING_API_PASSWORD"),
    "the password that the functions have",
  );
  hosted.state.secrets.set("RACING_API_PASSWORD", { ...stored, value: "the-one-of-last-year" });
  await hosted.platform.killFunctionInstances();
  await sql`select pull_days(date '2026-11-01')`;
  const state = async () =>
    (await sql`select state from backfill_status order by run_id desc limit 1`)[0]?.["state"];
  await until(async () => await state() === "paused", "the pause");

  const ours = await readSettingsFile(clone.settingsFile);
  await writeSettingsFile(clone.settingsFile, { WORKER_SECRET: "f".repeat(64) });
  const run = record(hosted, clone, { variables });
  await setUp({ ...OPTIONS, yes: true }, run.around);
  assertStringIncludes(run.printed(), "set RACING_API_PASSWORD");
  assertEquals((await readSettingsFile(clone.settingsFile))["WORKER_SECRET"], ours["WORKER_SECRET"]);
  assertStringIncludes(run.printed(), "the API accepts the account, and the database has room");
  await until(async () => await state() === "succeeded", "the pull's end");
});
