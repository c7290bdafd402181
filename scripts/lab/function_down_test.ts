import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";
import { walk } from "../command_line/walk.ts";
import { gather, untilProgram } from "./test_support/until_program.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
const BROKEN = 'console.log("about to break");\nthrow new Error("it does not even start");\n';

let project: string;
let temporary: string;

/** A copy of the project in which both functions break when they are imported. */
Deno.test.beforeAll(async () => {
  project = await Deno.makeTempDir({ prefix: "broken-project-" });
  for (const name of ["deno.json", "deno.lock", "import_map.json"]) {
    await Deno.copyFile(join(ROOT, name), join(project, name));
  }
  for (const folder of ["scripts", "supabase"]) {
    for await (const path of walk(join(ROOT, folder))) {
      const copy = join(project, relative(ROOT, path));
      await Deno.mkdir(join(copy, ".."), { recursive: true });
      await Deno.copyFile(path, copy);
    }
  }
  for (const name of ["masters", "events"]) {
    await Deno.writeTextFile(join(project, "supabase", "functions", name, "index.ts"), BROKEN);
  }
});
Deno.test.beforeEach(async () => {
  temporary = await Deno.makeTempDir({ prefix: "function-down-" });
  // As root Postgres runs as the user nobody, who needs access to this folder.
  await Deno.chmod(temporary, 0o755);
});
Deno.test.afterEach(() => Deno.remove(temporary, { recursive: true }));
Deno.test.afterAll(() => Deno.remove(project, { recursive: true }));

function command(script: string, ...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", `scripts/lab/${script}.ts`, ...args],
    cwd: project,
    env: { TMPDIR: temporary, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Starts a backfill in the platform, and then does nothing for long: it is ended with the platform. */
const WAITS_FOR_A_BACKFILL = `
  import postgres from "postgres";
  const sql = postgres(Deno.env.get("DATABASE_URL"));
  await sql\`select backfill_start(date '2026-06-01', date '2026-06-01')\`;
  setInterval(() => {}, 1000);`;
const backfill = ["--", Deno.execPath(), "eval", WAITS_FOR_A_BACKFILL];

const commands: [string, string[]][] = [
  ["demo", ["--months", "1"]],
  ["measure", ["--start-date", "2026-06-01", "--end-date", "2026-06-02"]],
  ["chaos", ["--seeds", "1"]],
  ["fortnight", []],
  ["local", backfill],
];

for (const [script, args] of commands) {
  Deno.test(`${script} ends when a function does not start, says what it said, and keeps the log`, async () => {
    const { code, stderr } = await command(script, ...args).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals(code, 1, said);
    assertStringIncludes(said, 'The function "masters" failed to start three times in a row.');
    assertStringIncludes(said, "about to break");
    assertStringIncludes(said, "it does not even start");
    const [, log = ""] = said.match(/logged is in (\S+)\. /) ?? [];
    assertMatch(await Deno.readTextFile(log), /masters: about to break/);
    // Nothing else stays behind.
    assertEquals([...Deno.readDirSync(temporary)].map(({ name }) => join(temporary, name)), [log]);
  });
}

Deno.test("local without a command says that a function does not start, and stays", async () => {
  const child = command("local").spawn();
  const [output, errors] = [gather(child.stdout), gather(child.stderr)];
  const said = () => output.text + errors.text;
  await untilProgram(child, () => output.text.includes("Ctrl+C"), "the addresses", said);
  const url = output.text.match(/SUPABASE_URL=(\S+)/)?.[1];
  for (const round of [1, 2]) {
    const { status, body } = await fetch(`${url}/functions/v1/masters`, { method: "POST" });
    await body?.cancel();
    assertEquals(status, 503);
    const saysSo = () => errors.text.split("failed to start three times in a row").length > round;
    await untilProgram(child, saysSo, "the news that a function does not start", said);
  }
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  await Promise.all([output.all, errors.all]);
});
