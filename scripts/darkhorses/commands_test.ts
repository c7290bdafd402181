import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { z } from "zod";
import { connect, type Sql } from "../lab/platform/database.ts";
import { present } from "../lab/test_support/present.ts";
import { until } from "../lab/test_support/until.ts";
import { bootEverything, type Everything } from "../lab/world/boot.ts";
import { terminalSurroundings } from "../setup/surroundings.ts";
import { openLine } from "./test_support/breakable_line.ts";
import { commandsIn } from "./test_support/documented_commands.ts";
import { type Ran, runHere } from "./test_support/run_here.ts";

let everything: Everything;
let sql: Sql;
let url: string;
let folder: string;
let ticking = true;
let ticks: Promise<void>;

Deno.test.beforeAll(async () => {
  everything = await bootEverything({
    apiSpeed: 50,
    databaseUrl: Deno.env.get("TEST_DATABASE_URL"),
    platform: { cron: "manual" },
  });
  const { platform } = everything;
  url = platform.databaseUrl;
  sql = connect(url, { max: 2, name: "test" });
  folder = await Deno.makeTempDir();
  ticks = (async () => {
    while (ticking) {
      await platform.cron.tick(new Date());
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
});
Deno.test.afterAll(async () => {
  ticking = false;
  await ticks;
  await sql.end({ timeout: 1 });
  await everything.stop();
  await Deno.remove(folder, { recursive: true });
});

const run = (...args: string[]): Promise<Ran> => runHere(args, url);

/** Runs a command with --json and reads what it printed, which must be of a form. */
async function read<T>(form: z.ZodType<T>, code: number, ...args: string[]): Promise<T> {
  const ran = await run(...args, "--json");
  assertEquals([ran.code, ran.err], [code, ""], `${args.join(" ")}: ${ran.out}`);
  return form.parse(JSON.parse(ran.out));
}

const Run = z.object({
  run_id: z.number().int(),
  state: z.enum(["waiting", "running", "paused", "succeeded", "completed_with_failures", "cancelled"]),
  percent: z.number(),
  seconds_left: z.number().int().nullable(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  feeds: z.array(z.string()),
  chunks_total: z.number().int(),
  races: z.number().int(),
  what_to_do: z.string(),
});
const Watched = z.object({
  run: Run,
  feeds: z.array(z.object({ feed: z.string(), percent: z.number().min(0).max(100) })),
  calls_allowed: z.number(),
  errors: z.array(z.object({ message: z.string() })),
});
const Refused = z.object({ error: z.string() });

const state = async (id: number) => (await read(z.array(Run), 0, "status", "--run", String(id)))[0]?.state;

Deno.test("before anything is asked for, each answer is a sentence that says where to start", async () => {
  assertMatch((await run("status")).out, /no run yet.*darkhorses start 2015-01-01/);
  assertMatch((await run("months")).out, /No day was asked for/);
  assertMatch((await run("watch")).out, /There is no run yet/);
  const { code, out } = await run("verify");
  assertEquals(code, 1);
  assertMatch(out, /There is no race yet/);
});

Deno.test("check asks, waits for the answers, and ends with 0 once every link works", async () => {
  const { code, out } = await runHere(["check"], url, { wait: 5000 });
  assertEquals(code, 0, out);
  assertMatch(out, /ok +function events: It answered/);
});

Deno.test("a dry run and a plan say the same, and start nothing", async () => {
  const Plan = z.array(
    z.object({ feed: z.string(), chunks: z.number(), api_calls: z.number(), minutes: z.number() }),
  );
  const plan = await read(Plan, 0, "plan", "2025-08-01", "2025-10-31", "--feeds", "results");
  assertEquals(plan.map(({ feed, chunks }) => [feed, chunks]), [["results", 3]]);
  assertEquals(
    await read(Plan, 0, "start", "2025-08-01", "2025-10-31", "--feeds", "results", "--dry-run"),
    plan,
  );
  assertEquals(await read(z.array(Run), 0, "status"), []);
});

Deno.test("a failed month is found: watch ends with 1, months shows it with its error, retry mends it", async () => {
  const api = present(everything.api, "simulated API");
  api.faults = ({ endpoint, query }) =>
    endpoint === "/results" && query.includes("2025-09") ? { status: 422 } : undefined;
  const { run_id } = await read(Run, 0, "start", "2025-09-29", "2025-10-02");
  const id = String(run_id);

  const watched = await run("watch", "--json");
  assertEquals([watched.code, watched.err], [1, ""]);
  const snapshots = watched.out.trim().split("\n").map((line) => Watched.parse(JSON.parse(line)));
  assertEquals(snapshots.at(-1)?.run.state, "completed_with_failures");
  assertEquals(snapshots.at(-1)?.feeds.map(({ feed }) => feed), ["masters", "racecards", "results"]);

  const top = (await run("months")).out.split("\n").slice(0, 24).join("\n");
  assertMatch(top, new RegExp(`^F results 2025-09, run ${id}: .*422`));
  assertStringIncludes(top, `darkhorses retry ${id}`);
  const Months = z.array(z.object({ feed: z.string(), month: z.iso.date().nullable(), state: z.string() }));
  const months = await read(Months, 1, "months", "--feeds", "results");
  assertEquals(months.find(({ month }) => month === "2025-09-01")?.state, "failed");

  const Chunks = z.array(
    z.object({ state: z.string(), last_error: z.string().nullable(), first_day: z.iso.date() }),
  );
  const [dead] = await read(Chunks, 0, "chunks", "--run", id);
  assertEquals([dead?.state, dead?.first_day], ["dead", "2025-09-29"]);
  assertMatch((await run("chunks")).out, /dead.*\n[\s\S]*Chunk \d+: .*422/);
  const Errors = z.array(
    z.object({ feed: z.string(), http_status: z.number().nullable(), message: z.string() }),
  );
  assertEquals((await read(Errors, 0, "errors", "--run", id))[0]?.http_status, 422);
  assertMatch(
    (await run("status")).out,
    new RegExp(`completed with failures[\\s\\S]*darkhorses retry ${id}`),
  );
  // Nobody was looking when it stopped.
  const late = await run("watch");
  assertEquals(late.code, 1);
  assertStringIncludes(late.out, `run ${id} completed with failures`);

  const file = await Deno.makeTempFile({ suffix: ".html" });
  assertEquals(await run("page", "--html", file), { code: 0, out: `The page is in ${file}.\n`, err: "" });
  const page = await Deno.readTextFile(file);
  await Deno.remove(file);
  assertStringIncludes(page, "<h1>1 month failed</h1>");
  assertMatch(page, /Results, September 2025[\s\S]*422[\s\S]*masters, racecards, results, 29 Sept? 2025/);

  api.faults = () => undefined;
  await read(Run, 0, "retry", id);
  assertEquals((await run("watch", "--run", id)).code, 0);
  assertEquals(await state(run_id), "succeeded");
  assert(!(await run("months")).out.includes("F results"));
  const verified = await run("verify");
  assertEquals(verified.code, 0, verified.out);
});

Deno.test("what the database refuses is told with its hint, and ends with 1, or with 2 for an argument", async () => {
  const unknown = await run("start", "2025-08-01", "--feeds", "odds");
  assertEquals(unknown.code, 2);
  assertMatch(unknown.err, /Unknown feed "odds"\. The feeds are masters, racecards, results/);
  const late = await read(Refused, 2, "pull", "2025-01-01", "2025-03-01");
  assertMatch(late.error, /31 days that pull_days pulls\. For more.*backfill_start/);
  assertMatch((await read(Refused, 2, "pause", "4000")).error, /no run 4000\. The runs are in/);
  const [newest] = await read(z.array(Run), 0, "status", "--limit", "1");
  assertMatch((await read(Refused, 2, "errors", "--run", "4000")).error, /There is no run 4000/);
  assertMatch((await read(Refused, 2, "pause", "three")).error, /"three" is no run/);
  const ended = await read(Refused, 1, "pause", String(newest?.run_id));
  assertMatch(ended.error, /has ended.*To pull its days again/);
  assertMatch((await read(Refused, 2, "watch", "--run", "4000")).error, /There is no run 4000/);
});

Deno.test("watch redraws a view on a terminal, and outlives a connection that is cut", async () => {
  const { run_id } = await read(Run, 0, "start", "2019-01-01", "2025-07-31", "--feeds", "results");
  const line = openLine(Number(new URL(url).port));
  const through = new URL(url);
  through.port = String(line.port);
  const drawn: string[] = [];
  const watching = runHere(["watch", "--run", String(run_id)], through.href, {
    live: { draw: (text) => void drawn.push(text), done: () => {} },
  });
  const saw = (what: RegExp) => until(() => what.test(drawn.at(-1) ?? ""), `a view with ${what}`);
  await saw(/results +[█░▌]+/);
  line.cut();
  await saw(/The connection is lost/);
  line.mend();
  await until(() => !/lost/.test(drawn.at(-1) ?? ""), "the connection is back");
  await run("cancel", String(run_id));
  assertEquals((await watching).code, 1);
  assertMatch(drawn.at(-1) ?? "", /cancelled/);
  line.cut();
});

Deno.test("every list is one JSON document and one text", async () => {
  const Rows = z.array(z.record(z.string(), z.unknown()));
  for (
    const list of [
      "chunks",
      "gaps",
      "freshness",
      "errors",
      "rejects",
      "alerts",
      "usage",
      "times",
      "schedules",
      "status",
    ]
  ) {
    const text = await run(list);
    await read(Rows, text.code, list);
    assert(text.out.trim() !== "", list);
  }
  const Usage = z.array(
    z.object({ day: z.iso.date(), api_calls: z.number(), database_megabytes: z.number().nullable() }),
  );
  const [today] = await read(Usage, 0, "usage");
  assert(present(today, "today").api_calls > 0);
  assertMatch((await run("times")).out, /the\s+time\s+went\s+to [\s\S]*\(\d+ %\)/);
});

Deno.test("the schedules are switched on and off", async () => {
  const Schedules = z.array(z.object({ name: z.string(), next_due_at: z.string().nullable() }));
  assert((await read(Schedules, 0, "schedules", "on")).every(({ next_due_at }) => next_due_at !== null));
  assert((await read(Schedules, 0, "schedules", "off")).every(({ next_due_at }) => next_due_at === null));
});

/** The commands of the quick reference, the guide and README, in their order, each once. */
async function documentedCommands(): Promise<string[]> {
  const texts = await Promise.all(
    ["docs/quick_reference.md", "docs/guide.md", "README.md"].map((name) =>
      Deno.readTextFile(fromFileUrl(new URL(`../../${name}`, import.meta.url)))
    ),
  );
  return [...new Set(texts.flatMap(commandsIn))]
    // They want a project, and have tests of their own.
    .filter((command) => !/^(?:setup|uninstall)\b/.test(command) || command.includes("--dry-run"));
}

/** Brings about what a command needs, and puts a run's number in the place of the example's. */
async function prepared(words: readonly string[]): Promise<string[]> {
  const [verb = ""] = words;
  if (verb === "export") {
    const here = words.includes("--out") ? words : [...words, "--out", "export"];
    return here.map((word, n) => here[n - 1] === "--out" ? join(folder, word) : word);
  }
  if (verb === "page") return words.map((word) => word.endsWith(".html") ? join(folder, word) : word);
  if (!words.includes("3")) return [...words];
  const { run_id } = await read(Run, 0, "start", "2016-01-01", "2017-12-31", "--feeds", "results");
  if (verb === "resume") await read(Run, 0, "pause", String(run_id));
  if (verb === "retry") {
    await sql`select backfill_pause(${run_id})`;
    // What an unreadable page leaves behind.
    await sql`
      update backfill_progress set state = 'dead', ended_at = engine.clock(), last_error = 'The page cannot be read'
      where run_id = ${run_id} and state = 'waiting'
    `;
  }
  return words.map((word) => word === "3" ? String(run_id) : word);
}

Deno.test("each command of the quick reference, of the guide and of README works as it stands there", async () => {
  const commands = await documentedCommands();
  assert(commands.length >= 40, `${commands.length} commands`);
  for (const command of commands) {
    await sql`select backfill_cancel(run_id) from backfill_status where state in ('waiting', 'running', 'paused')`;
    await sql`select stop_schedules()`;
    const words = await prepared(command.split(" "));
    const { code, err } = await runHere(words, url, {
      wait: 1500,
      setUp: () => ({
        ...terminalSurroundings(),
        settingsFile: join(folder, ".env"),
        getVariable: () => undefined,
        progress: { step: (_name, work) => work(), say: () => {} },
      }),
    });
    // Whether all is well is not this test's question, only whether it was answered.
    const mayBeWrong = ["alerts", "freshness", "gaps", "months", "status", "watch"].includes(words[0] ?? "");
    // This project has no old database, and so these say.
    if (words[0] === "legacy" && /no old (database|tables)|Nothing was taken over/i.test(err)) continue;
    assert(err === "" && (code === 0 || mayBeWrong), `${command}: ${code} ${err}`);
  }
});
