import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { connect } from "./database.ts";
import type { Platform } from "./platform.ts";
import { Events } from "../test_support/events.ts";
import { startTestPlatform, writeProject } from "../test_support/test_project.ts";
import { until } from "../test_support/until.ts";
import { eachLine } from "./waiting.ts";

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
  const folders = async () =>
    (await Array.fromAsync(Deno.readDir(temporary))).map((entry) => entry.name).filter((name) =>
      name.startsWith("darkhorses-")
    );
  const temporary = await Deno.makeTempDir();
  await Deno.chmod(temporary, 0o755);
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", temporary);
  try {
    await assertRejects(
      () => startTestPlatform({ migrations: { "0001_bad.sql": "select oops" } }),
      Error,
      '0001_bad.sql:1: column "oops" does not exist',
    );
    assertEquals(await folders(), []);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(temporary, { recursive: true });
  }
});

/** A separate program that starts a platform, for the test to end. */
async function startProgram(): Promise<
  { child: Deno.ChildProcess; folder: string; isolate: number; project: string }
> {
  const project = await writeProject({ functions: FUNCTIONS });
  const program = join(project, "program.ts");
  await Deno.writeTextFile(
    program,
    `import { startPlatform } from ${JSON.stringify(import.meta.resolve("./platform.ts"))};
     const platform = await startPlatform({
       migrationsFolder: ${JSON.stringify(join(project, "migrations"))},
       functionsFolder: ${JSON.stringify(join(project, "functions"))},
       importMap: null,
       onFunctionLog: (line) => console.log(line),
     });
     console.log("folder " + platform.folder);
     await fetch(platform.supabaseUrl + "/functions/v1/hello");
     await new Promise(() => {});`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", fromFileUrl(new URL("../../../deno.json", import.meta.url)), program],
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
