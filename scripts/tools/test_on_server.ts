/** Runs the tests that need a database on your own Postgres: see USAGE. */
import { fromFileUrl, relative } from "@std/path";
import { walk } from "../command_line/walk.ts";
import { Problem } from "../command_line/problem.ts";
import { runTask } from "../command_line/run_main.ts";
import { openTestServer } from "./platform_checks/test_server.ts";
import { databaseUrl } from "../command_line/option_values.ts";
import { readArguments } from "../command_line/read_arguments.ts";

const USAGE = `Runs the tests of the schema, the engine and the functions on a Postgres of your own.

  deno task test:server --database-url URL --empty [FILE...]

  --database-url URL   a superuser's URL of a database that may be emptied; others are created beside it and dropped
  --empty              required, because that database loses everything it holds
  --help               show this

Each file gets a database of its own. Files that set the engine's clock by hand run in the given database, one after
another, with the real pg_cron where the server has it. Files that boot everything run beside it, with stand-ins. Where
the server has the real pg_net, which would send the requests that a test looks for in its queue, all files run beside
it. To try the real pg_net, run "deno task demo --database-url URL". Tests that need no database are left out.
`;

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** What a test file needs a database for. */
type Need = "own" | "given";

function needOf(source: string): Need | undefined {
  // These tick cron by hand, which the real one has no way for.
  if (/\bbootEverything\(|\bstartPlatform\(/.test(source)) return "own";
  return /\b(startTestDatabase|startOpenProject)\(/.test(source) ? "given" : undefined;
}

async function testFiles(): Promise<Map<string, Need>> {
  const files = new Map<string, Need>();
  for await (const path of walk(`${ROOT}supabase`)) {
    if (!path.endsWith("_test.ts")) continue;
    const need = needOf(await Deno.readTextFile(path));
    if (need !== undefined) files.set(relative(ROOT, path), need);
  }
  return files;
}

interface Outcome {
  readonly file: string;
  readonly success: boolean;
  readonly passed: number;
  readonly failed: number;
}

async function runFile(file: string, url: string): Promise<Outcome> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", file],
    cwd: ROOT,
    env: { TEST_DATABASE_URL: url, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const [, passed = "0", failed = "0"] = output.match(/^\w+ \| (\d+) passed.*?\| (\d+) failed/m) ?? [];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${success ? "ok" : "FAILED"}  ${passed} passed, ${failed} failed, ${seconds} s  ${file}`);
  if (!success) console.log(output);
  return { file, success, passed: Number(passed), failed: Number(failed) };
}

const readOptions = (args: readonly string[]) =>
  readArguments(args, {
    task: "test:server",
    flags: ["empty"],
    values: { "database-url": databaseUrl },
    words: true,
  });

async function main(options: ReturnType<typeof readOptions>): Promise<number> {
  const adminUrl = options["database-url"];
  if (adminUrl === undefined) {
    throw new Problem("--database-url is missing: see deno task test:server --help.");
  }
  if (!options.empty) {
    throw new Problem(
      "--empty is missing. It confirms that the database may be emptied: see deno task test:server --help.",
    );
  }
  const named = options.words;
  const all = [...await testFiles()].filter(([file]) => named.length === 0 || named.includes(file))
    .toSorted();
  await using server = await openTestServer(adminUrl);
  const filesFor = (need: Need) =>
    all.filter(([, own]) => (server.sendsByItself ? "own" : own) === need).map(([file]) => file);
  const outcomes: Outcome[] = [];
  const inGiven = async () => {
    for (const file of filesFor("given")) outcomes.push(await runFile(file, await server.renewGiven()));
  };
  const inTheirOwn = async () => {
    for (const file of filesFor("own")) {
      outcomes.push(await server.withDatabase((url) => runFile(file, url)));
    }
  };
  await Promise.all([inGiven(), inTheirOwn()]);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  console.log(`${outcomes.length} files: ${passed} passed, ${failed} failed`);
  return outcomes.length > 0 && passed > 0 && outcomes.every(({ success }) => success) ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, readOptions, main);
