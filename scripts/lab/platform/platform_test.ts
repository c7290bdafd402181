import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { connect } from "./database.ts";
import type { Platform } from "./platform.ts";
import { Events } from "../test_support/events.ts";
import { startTestPlatform, writeProject } from "../test_support/test_project.ts";
import { until } from "../test_support/until.ts";
import { eachLine } from "./waiting.ts";

const CONFIG = fromFileUrl(new URL("../../../deno.json", import.meta.url));

const FUNCTIONS = {
  hello: `Deno.serve(() => new Response("hello")); console.log("pid " + Deno.pid);`,
};

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Whether the process runs. A zombie does not. */
async function runs(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

async function postmasterOf(folder: string): Promise<number> {
  return parseInt(await Deno.readTextFile(join(folder, "data", "postmaster.pid")));
}

async function helloFrom(platform: Platform): Promise<string> {
  return await (await fetch(`${platform.supabaseUrl}/functions/v1/hello`)).text();
}

async function writeNote(platform: Platform, note: string): Promise<void> {
  const sql = connect(platform.databaseUrl, { max: 1, name: "test" });
  await sql`insert into notes values (${note})`;
  await sql.end();
}

async function notesOf(platform: Platform): Promise<string[]> {
  const sql = connect(platform.databaseUrl, { max: 1, name: "test" });
  const notes = await sql<{ note: string }[]>`select note from notes order by note`;
  await sql.end();
  return notes.map(({ note }) => note);
}

Deno.test("stop() leaves no process and no folder behind", async () => {
  const logs = new Events<string>();
  const platform = await startTestPlatform({ functions: FUNCTIONS }, {
    importMap: null,
    onFunctionLog: (line) => logs.push(line),
  });
  assertEquals(await helloFrom(platform), "hello");
  const isolate = Number((await logs.next((line) => line.startsWith("pid "))).slice(4));
  const postmaster = await postmasterOf(platform.folder);
  assert(await runs(isolate) && await runs(postmaster));
  await platform.stop();
  assertEquals([await runs(isolate), await runs(postmaster), await exists(platform.folder)], [
    false,
    false,
    false,
  ]);
  await platform.stop();
});

Deno.test("two platforms run side by side, started at the same time", async () => {
  const platforms = await Promise.all(
    [1, 2].map(() => startTestPlatform({ functions: FUNCTIONS }, { importMap: null })),
  );
  try {
    const [one, two] = platforms as [Platform, Platform];
    assertEquals(await Promise.all(platforms.map(helloFrom)), ["hello", "hello"]);
    const refused = await fetch(`${one.supabaseUrl}/rest/v1/x`, { headers: { apikey: two.secretKey } });
    assertEquals(refused.status, 401);
    await refused.body?.cancel();
    await one.stop();
    assertEquals(await helloFrom(two), "hello");
  } finally {
    await Promise.all(platforms.map((platform) => platform.stop()));
  }
});

Deno.test("a database that starts from a copy holds what the copied one held, and goes its own way", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using first = await startTestPlatform({
      migrations: { "1_notes.sql": "create table notes (note text);" },
    });
    await writeNote(first, "before the copy");
    await first.copyDatabaseTo(folder);
    await using second = await startTestPlatform({}, { prepared: folder });
    await writeNote(first, "in the first");
    await writeNote(second, "in the second");
    assertEquals(await notesOf(first), ["before the copy", "in the first"]);
    assertEquals(await notesOf(second), ["before the copy", "in the second"]);
    assert(first.databaseUrl !== second.databaseUrl && first.secretKey !== second.secretKey);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a platform that cannot start leaves nothing behind and says why", async () => {
  const project = await writeProject({ migrations: { "0001_bad.sql": "select oops" } });
  const temporary = join(project, "temporary");
  await Deno.mkdir(temporary);
  await Deno.chmod(project, 0o755);
  try {
    // A process of its own: the environment is shared with the test files that run beside this one.
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--config", CONFIG, await writeProgram(project, "functions: false")],
      env: { TMPDIR: temporary, NO_COLOR: "1" },
      stderr: "null",
    }).output();
    assertStringIncludes(
      new TextDecoder().decode(stdout),
      '0001_bad.sql:1: column "oops" does not exist',
    );
    assertEquals(await Array.fromAsync(Deno.readDir(temporary)), []);
  } finally {
    await Deno.remove(project, { recursive: true });
  }
});

/** A program that starts a platform for the project in this folder and keeps it, or prints why it does not start. */
async function writeProgram(project: string, options: string): Promise<string> {
  const program = join(project, "program.ts");
  await Deno.writeTextFile(
    program,
    `import { startPlatform } from ${JSON.stringify(import.meta.resolve("./platform.ts"))};
     const platform = await startPlatform({
       migrationsFolder: ${JSON.stringify(join(project, "migrations"))},
       cron: "manual",
       ${options}
     }).catch((error) => {
       console.log(String(error));
       Deno.exit(1);
     });
     console.log("folder " + platform.folder);
     await fetch(platform.supabaseUrl + "/functions/v1/hello");
     await new Promise(() => {});`,
  );
  return program;
}

/** A separate program that starts a platform, for the test to end. */
async function startProgram(): Promise<
  { child: Deno.ChildProcess; folder: string; isolate: number; project: string }
> {
  const project = await writeProject({ functions: FUNCTIONS });
  const program = await writeProgram(
    project,
    `functionsFolder: ${JSON.stringify(join(project, "functions"))},
       importMap: null,
       onFunctionLog: (line) => console.log(line),`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", CONFIG, program],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = new Events<string>();
  void eachLine(child.stdout, (line) => lines.push(line));
  const folder = (await lines.next((line) => line.startsWith("folder "), 30_000)).slice(7);
  const isolate = Number((await lines.next((line) => line.startsWith("pid "), 30_000)).slice(4));
  return { child, folder, isolate, project };
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} stops a platform and exits with ${code}`, async () => {
    const { child, folder, isolate, project } = await startProgram();
    const postmaster = await postmasterOf(folder);
    child.kill(signal);
    assertEquals((await child.status).code, code);
    assertEquals([await runs(isolate), await runs(postmaster), await exists(folder)], [false, false, false]);
    await Deno.remove(project, { recursive: true });
  });
}

Deno.test("a platform whose process is killed leaves nothing behind either", async () => {
  const { child, folder, isolate, project } = await startProgram();
  const postmaster = await postmasterOf(folder);
  child.kill("SIGKILL");
  await child.status;
  await until(
    async () => !await runs(isolate) && !await runs(postmaster) && !await exists(folder),
    "the end of the isolate, of the database and of the folder",
  );
  await Deno.remove(project, { recursive: true });
});
