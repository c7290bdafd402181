import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { z } from "zod";
import { walk } from "../../scripts/command_line/walk.ts";
import { Problem } from "../../scripts/command_line/problem.ts";
import { commandsIn, sqlIn } from "../../scripts/darkhorses/test_support/documented_commands.ts";
import { NO_DATABASE, runHere } from "../../scripts/darkhorses/test_support/run_here.ts";
import { splitStatements } from "../../scripts/lab/platform/split_statements.ts";
import { start } from "./support/chunks.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
/** The documents that tell an operator what to type. */
const DOCUMENTS = [
  ...["README.md", "docs/guide.md", "docs/quick_reference.md", "docs/merging.md", "docs/security.md"],
  ...["docs/racing.md", "docs/what_can_i_ask.md"],
];
/** Those for people who work on the code. */
const OTHER_DOCUMENTS = [
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "scripts/lab/README.md",
  "supabase/schemas/README.md",
];

function read(path: string): string {
  return Deno.readTextFileSync(ROOT + path);
}

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset("2026-11-25T10:00:00Z"));

/** Brings about what the statement needs: the run that it names, in a state that allows it. */
async function prepare(statement: string): Promise<void> {
  const [, verb, number] = /backfill_(pause|resume|cancel|retry)\((\d+)\)/.exec(statement) ?? [];
  const wanted = Number(number);
  if (verb === undefined) return;
  const newest = async () =>
    (await db.sql`select coalesce(max(id), 0)::integer as id from backfill_runs`)[0]?.["id"];
  for (let last = await newest(); last < wanted; last = await newest()) {
    if (last > 0) await db.sql`select backfill_cancel(${last})`;
    await start(db.sql, "2016-01-01", "2017-12-31", { feeds: ["results"] });
  }
  if (verb === "resume") {
    await db
      .sql`update backfill_runs set paused_at = engine.clock(), pause_reason = 'By hand' where id = ${wanted}`;
  }
  if (verb === "retry") {
    await db.sql`
      update backfill_progress set state = 'dead', ended_at = engine.clock(), last_error = 'The page cannot be read'
      where run_id = ${wanted}
    `;
  }
}

/** Runs a text's statements one after the other; a function with "(…)" behind it only has to be there. */
async function runSql(sql: string): Promise<void> {
  for (const { text } of splitStatements(sql)) {
    const [, form] = /^select ([\w.]+)\(…\)$/.exec(text) ?? [];
    await prepare(text);
    await db.sql.unsafe(form === undefined ? text : `select '${form}'::regproc`).catch((error: Error) => {
      throw new Error(`${text}\n${error.message}`, { cause: error });
    });
  }
}

for (const path of DOCUMENTS) {
  const texts = sqlIn(read(path));
  if (texts.length === 0) continue;
  Deno.test(`every statement of ${path} runs as it is written, those of a block one after the other`, async () => {
    for (const text of texts) {
      await runSql(text);
      await db.reset("2026-11-25T10:00:00Z");
    }
  });
}

Deno.test("README has statements to run, the guide many, and wrong ones are found out", async () => {
  assert(sqlIn(read("README.md")).length > 0);
  assert(sqlIn(read("docs/guide.md")).length >= 20);
  const sql = sqlIn("```sql\nselect 1;\n```\n`select * from nowhere;` and `select`, `select nothing(…)`");
  assertEquals(sql, ["select 1;\n", "select * from nowhere;", "select nothing(…)"]);
  await assertRejects(() => runSql("select * from nowhere;"), Error, "does not exist");
  await assertRejects(() => runSql("select nothing(…)"), Error, "does not exist");
});

/** What the real arguments' parser says of a command; null when only the project is missing. */
async function faultOf(command: string): Promise<string | null> {
  const { code, err } = await runHere(command.split(/\s+/), NO_DATABASE, {
    setUp() {
      throw new Problem("There is no project here.");
    },
  });
  return code === 2 || /\n\s+at /.test(err) ? `darkhorses ${command}: ${err.trim()}` : null;
}

Deno.test("every darkhorses command that a document names can be meant like that", async () => {
  const faults: string[] = [];
  for (const path of [...DOCUMENTS, ...OTHER_DOCUMENTS, "CHANGELOG.md"]) {
    for (const command of commandsIn(read(path))) {
      const fault = await faultOf(command);
      if (fault !== null) faults.push(`${path}: ${fault}`);
    }
  }
  assertEquals(faults, []);
  assert(commandsIn(read("README.md")).length >= 1);
  assert(commandsIn(read("docs/guide.md")).length >= 30);
});

Deno.test("a command that there is not, an option that it lacks and a day that there is not are found out", async () => {
  const page = [
    "Not `darkhorses`, not `darkhorses COMMAND`, and `darkhorses",
    "months --year 2025`.",
    "```sh",
    'alias darkhorses="npx -y deno task darkhorses"',
    "npx -y deno task local -- npx -y deno task darkhorses statsu   # which is not there",
    "darkhorses plan 2025-02-30",
    "darkhorses status --run 3; darkhorses months --feeds results",
    "```",
  ].join("\n");
  const commands = commandsIn(page);
  assertEquals(commands, [
    ...["statsu", "plan 2025-02-30", "status --run 3", "months --feeds results", "months --year 2025"],
  ]);
  const faults = await Promise.all(commands.map(faultOf));
  assertMatch(faults[0] ?? "", /no command "statsu"/);
  assertMatch(faults[1] ?? "", /is no day/);
  assertEquals(faults.slice(2, 4), [null, null]);
  assertMatch(faults[4] ?? "", /--year/);
});

Deno.test("the quick reference names every command of darkhorses --help", async () => {
  const { out } = await runHere(["--help"], NO_DATABASE);
  const [, list = ""] = out.split("\nCOMMANDS\n");
  const there = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => name);
  const named = new Set(commandsIn(read("docs/quick_reference.md")).map((command) => command.split(" ")[0]));
  assert(there.length >= 20, list);
  assertEquals(there.filter((name) => !named.has(name)), []);
});

const Planned = z.array(z.object({
  api_calls: z.number(),
  minutes: z.number(),
  megabytes: z.number(),
  invocations: z.number(),
}));

/** The guide's estimates: a row for each plan, and what the database plans. */
async function estimates(): Promise<{ documented: string[]; planned: string[] }[]> {
  const rows = read("docs/guide.md").split("\n")
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6 && /^`darkhorses plan .* \d{4}-\d\d-\d\d/.test(cells[1] ?? ""));
  return await Promise.all(rows.map(async ([, command = "", ...documented]) => {
    const words = command.replaceAll("`", "").split(" ").slice(1);
    const { out } = await runHere([...words, "--json"], db.adminUrl);
    const plan = Planned.parse(JSON.parse(out));
    const sum = (of: "api_calls" | "megabytes" | "invocations") =>
      Math.round(plan.reduce((all, feed) => all + feed[of], 0));
    const longest = Math.max(...plan.map(({ minutes }) => minutes));
    const planned = [sum("api_calls"), longest, sum("megabytes"), sum("invocations")]
      .map((figure) => figure === 0 ? "< 0.1" : figure.toLocaleString("en-GB"));
    return { documented, planned };
  }));
}

Deno.test("the guide's estimates are what backfill_plan() says of an empty database", async () => {
  const rows = await estimates();
  assert(rows.length >= 8, `${rows.length} rows`);
  assertEquals(rows.map(({ documented }) => documented), rows.map(({ planned }) => planned));
});

Deno.test("every link from a document to a file and to a heading leads somewhere", () => {
  const faults: string[] = [];
  for (const path of [...DOCUMENTS, ...OTHER_DOCUMENTS, "docs/traps.md", "CHANGELOG.md"]) {
    for (const [, target = ""] of read(path).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const to = file === "" ? path : join(dirname(path), file);
      try {
        const isFolder = Deno.statSync(ROOT + to).isDirectory;
        if (anchor !== undefined && (isFolder || !anchorsOf(read(to)).includes(anchor))) {
          faults.push(`${path}: ${to} has no heading #${anchor}`);
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        faults.push(`${path}: there is no ${to}`);
      }
    }
  }
  assertEquals(faults, []);
});

/** The headings of a document, as GitHub makes anchors of them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm)]
    .map(([, heading = ""]) => heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-"));
}

Deno.test("what the guide explains of the set-up's sentences is what the set-up says", async () => {
  const rows = [...read("docs/guide.md").matchAll(/^\| (?!It says|-)(.*?) +\|.*$/gm)].map(([, says = ""]) =>
    says
  );
  const sentences = rows.filter((says) => /^(?:You|Your|The|npm) /.test(says));
  assert(sentences.length >= 9, sentences.join());
  let source = "";
  for (const folder of ["scripts/setup", "scripts/project"]) {
    for await (const path of walk(ROOT + folder)) {
      if (path.endsWith(".ts") && !path.endsWith("_test.ts")) source += await Deno.readTextFile(path);
    }
  }
  // A sentence in the code goes on in the next line.
  const said = source.replace(/["`] \+\s+["`]/g, "");
  const parts = sentences.flatMap((says) =>
    says.split("…").map((part) => part.trim()).filter((part) => part !== "")
  );
  assertEquals(parts.filter((part) => !said.includes(part)), []);
});

Deno.test("every task that a document names is there, with the options that it names", async () => {
  const { tasks } = JSON.parse(read("deno.json")) as { tasks: Record<string, { command: string }> };
  const faults: string[] = [];
  for (const path of [...DOCUMENTS, ...OTHER_DOCUMENTS]) {
    for (
      const [, name = "", options = ""] of read(path).matchAll(
        /deno task ([a-z:]+)((?: --[a-z-]+(?: \d+)?)*)/g,
      )
    ) {
      const command = tasks[name]?.command;
      if (command === undefined) {
        faults.push(`${path}: there is no task ${name}`);
        continue;
      }
      const [, script] = /(scripts\/\S+\.ts)/.exec(command) ?? [];
      const help = script === undefined ? "" : await sourceOf(script);
      for (const [option] of options.matchAll(/--[a-z-]+/g)) {
        if (script !== undefined && !help.includes(option)) faults.push(`${path}: ${name} has no ${option}`);
      }
    }
  }
  assertEquals(faults, []);
});

/** A task's file, and those beside it in the folder of its name: their help names every option. */
async function sourceOf(script: string): Promise<string> {
  const texts = [read(script)];
  const folder = ROOT + script.replace(/\.ts$/, "");
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && /\.ts$/.test(name)) texts.push(await Deno.readTextFile(`${folder}/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  texts.push(read("scripts/lab/world/boot_options.ts"));
  return texts.join("\n");
}
