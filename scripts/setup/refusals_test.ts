import { assertEquals, assertRejects } from "@std/assert";
import { connect, type Sql } from "../lab/platform/database.ts";
import type { HostedProject } from "../lab/world/hosted_project.ts";
import { Problem } from "../command_line/problem.ts";
import { setUp, type SetUpOptions } from "./set_up.ts";
import { readSettingsFile } from "../project/settings_file.ts";
import { answered, type Clone, makeClone, record, startQuickProject } from "./test_support/clone.ts";

const OPTIONS: SetUpOptions = { projectRef: undefined, yes: true, dryRun: false, rotateWorkerSecret: false };

const FOREIGN_FUNCTION = {
  ...{ id: "1", slug: "events", name: "events", version: 1, createdAt: 0, updatedAt: 0 },
  bundle: { sha256: "0", entrypoint: "index.ts", importMap: undefined, verifyJwt: true },
};

let hosted: HostedProject;
let clone: Clone;
let sql: Sql;

Deno.test.beforeAll(async () => {
  hosted = await startQuickProject();
  clone = await makeClone();
  sql = connect(hosted.databaseUrl, { max: 1, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await clone[Symbol.asyncDispose]();
  await hosted.stop();
});

const good = () => ({
  PROJECT_URL: hosted.supabaseUrl,
  RACING_API_URL: hosted.racingApi.url,
  PROJECT_REF: hosted.ref,
  DATABASE_URL: hosted.databaseUrl,
  RACING_API_USERNAME: hosted.account.username,
  RACING_API_PASSWORD: hosted.account.password,
});

/** Sets up with other settings, and expects one sentence and an untouched project. */
async function assertRefused(
  { variables = good(), cliEnvironment = {}, options = OPTIONS }: {
    variables?: Record<string, string>;
    cliEnvironment?: Record<string, string>;
    options?: SetUpOptions;
  },
  sentence: string,
): Promise<void> {
  const run = record(hosted, clone, { variables, cliEnvironment });
  const error = await assertRejects(() => setUp(options, run.around), Problem, sentence);
  assertEquals(error.message.includes(hosted.account.password), false);
  assertEquals(hosted.requests.filter(({ method }) => method !== "GET"), []);
  const [schema] = await sql`select to_regnamespace('engine') is null as none`;
  assertEquals(schema?.["none"], true);
}

Deno.test("without a terminal and without settings, all that is missing is told at once", () =>
  assertRefused(
    { variables: {} },
    "PROJECT_REF, DATABASE_URL, RACING_API_USERNAME, RACING_API_PASSWORD are missing",
  ));

Deno.test("a placeholder is no project", () =>
  assertRefused({ variables: { ...good(), PROJECT_REF: "YOUR-PROJECT" } }, '"YOUR-PROJECT" is no project'));

Deno.test("a project that the login does not reach is told with those that it does", () =>
  assertRefused(
    { variables: { ...good(), PROJECT_REF: "zzzzzzzzzzzzzzzzzzzz" } },
    `Your login reaches no project zzzzzzzzzzzzzzzzzzzz. It reaches: ${hosted.ref} (Laboratory)`,
  ));

Deno.test("settings of one project are not used for another", async () => {
  const other = { ...OPTIONS, projectRef: "zzzzzzzzzzzzzzzzzzzz" };
  await assertRefused({ options: other }, "For a second project use a second clone");
});

Deno.test("somebody who is not logged in is told how to log in", () =>
  assertRefused({ cliEnvironment: { SUPABASE_ACCESS_TOKEN: "" } }, "You are not logged in to Supabase. Run"));

Deno.test("a token that was revoked is told from a missing one", () =>
  assertRefused(
    { cliEnvironment: { SUPABASE_ACCESS_TOKEN: `sbp_${"f".repeat(40)}` } },
    "Supabase refuses the access token",
  ));

Deno.test("a paused project is not touched", async () => {
  hosted.pause();
  try {
    await assertRefused({}, "The project Laboratory is paused: restore it at");
  } finally {
    hosted.resume();
  }
});

Deno.test("without a network it says so", async () => {
  const profile = `${clone.folder}/nowhere.yaml`;
  await Deno.writeTextFile(
    profile,
    (await Deno.readTextFile(hosted.profileFile)).replaceAll(hosted.managementUrl, "http://127.0.0.1:9"),
  );
  await assertRefused({ cliEnvironment: { SUPABASE_PROFILE: profile } }, "Supabase's API cannot be reached");
});

Deno.test("a wrong password of the database is told before anything else is tried", () => {
  const url = new URL(hosted.databaseUrl);
  url.password = "not-this-one";
  return assertRefused(
    { variables: { ...good(), DATABASE_URL: url.href } },
    "The database refuses the password",
  );
});

Deno.test("an account that The Racing API refuses is told before the project is touched", () =>
  assertRefused(
    { variables: { ...good(), RACING_API_PASSWORD: "wrong" } },
    "The Racing API refuses the account (401",
  ));

Deno.test("a function of somebody else's is not replaced", async () => {
  hosted.state.functions.set("events", { ...FOREIGN_FUNCTION });
  try {
    await assertRefused({}, "The project has a function events already");
  } finally {
    hosted.state.functions.delete("events");
  }
});

Deno.test("a Vault entry of somebody else's is not replaced", async () => {
  await sql`select vault.create_secret('https://elsewhere.example', 'project_url')`;
  try {
    await assertRefused({}, "Vault has an entry project_url already");
  } finally {
    await sql`delete from vault.secrets`;
  }
});

Deno.test("an answer that was refused is not kept: it is asked for again", async () => {
  const url = new URL(hosted.databaseUrl);
  url.password = "not-this-one";
  const { DATABASE_URL: _, ...variables } = good();
  const questions = answered(url.href);
  const run = record(hosted, clone, { variables, questions });
  await assertRejects(() => setUp({ ...OPTIONS, yes: false }, run.around), Problem, "refuses the password");
  assertEquals(await readSettingsFile(clone.settingsFile), {});
});

Deno.test("a database with another system's tables is not touched", async () => {
  await sql`create table public.ra_horses (id text primary key)`;
  try {
    await assertRefused({}, "The database has tables of another system (ra_horses)");
  } finally {
    await sql`drop table public.ra_horses`;
  }
});

Deno.test("a schema of the project's own that is called as one of ours is not touched", async () => {
  for (const name of ["racing", "engine"]) {
    // Somebody else's engine must be told from ours, which the other tests look for.
    await sql.unsafe(`create schema ${name}; create table ${name}.cars (id integer)`);
    try {
      const run = record(hosted, clone, { variables: good() });
      await assertRejects(
        () => setUp(OPTIONS, run.around),
        Problem,
        `The project has a schema ${name} of its own, and the set-up makes one of that name. Nothing was changed. ` +
          `Rename yours (alter schema ${name} rename to my_${name};)`,
      );
      assertEquals(hosted.requests.filter(({ method }) => method !== "GET"), []);
      assertEquals([...await sql.unsafe(`select * from ${name}.cars`)], []);
    } finally {
      await sql.unsafe(`drop schema ${name} cascade`);
    }
  }
});

Deno.test("a database with the migration of a newer checkout is not touched", async () => {
  await sql`create schema supabase_migrations`;
  await sql`create table supabase_migrations.schema_migrations
    (version text primary key, statements text[], name text)`;
  await sql`insert into supabase_migrations.schema_migrations (version) values ('20990101000000')`;
  try {
    await assertRefused({}, "The database has the migration 20990101000000, which this checkout lacks");
    await sql`update supabase_migrations.schema_migrations set version = '20261124000100', statements = '{select 1}'`;
    await assertRefused({}, "The migration 20261124000100 was edited since this database was set up");
  } finally {
    await sql`drop schema supabase_migrations cascade`;
  }
});
