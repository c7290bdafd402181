import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

async function demo(args: string[], env: Record<string, string> = {}) {
  const folder = await Deno.makeTempDir();
  // As root the demo runs Postgres as the user nobody, who needs access to this folder.
  await Deno.chmod(folder, 0o755);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/lab/demo.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", TMPDIR: folder, ...env },
  }).output();
  const left = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  await Deno.remove(folder, { recursive: true });
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr), left };
}

Deno.test("the demo fills a database, verifies it, prints one JSON object last, and leaves nothing behind", async () => {
  const { code, out, err, left } = await demo([
    "--start-date=2026-06-01",
    "--end-date=2026-06-02",
    "--api-speed=20",
    "--json",
  ]);
  assertEquals(code, 0, err);
  const counts = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  assertEquals(Object.keys(counts), [
    "races",
    "runners",
    "horses",
    "jockeys",
    "trainers",
    "owners",
    "sires",
    "dams",
    "damsires",
    "courses",
    "bookmakers",
    "regions",
    "chunks",
    "api_calls",
    "rejects",
    "seconds",
  ]);
  assert(counts.races > 30 && counts.runners > 300, out);
  assertEquals([counts.courses, counts.bookmakers, counts.regions, counts.rejects], [101, 19, 2, 0]);
  assertEquals(counts.chunks, { succeeded: 3 });
  // In a pipe: lines of plain text, with the time left first and each race counted once.
  const last = `nothing left, 100 %, run 1 succeeded | 3/3 chunks | ${counts.races} races, `;
  assert(err.split("\n").some((line) => line.startsWith(last)), err);
  assert(!err.includes("\x1b"), err);
  for (const title of ["Races by year", "Counts of each table", "Races with runners"]) {
    assert(out.includes(title), out);
  }
  assertEquals(left, []);
});

Deno.test("the demo over captured responses takes the days that they hold, and says of which races it has one half only", async () => {
  const folder = await Deno.makeTempDir();
  const runner = (n: number) => ({
    horse_id: `hrs_${n}`,
    horse: `Horse ${n}`,
    number: `${n}`,
    position: `${n}`,
  });
  const race = {
    race_id: "rac_1",
    date: "2025-10-07",
    region: "GB",
    course: "Upper Sandbury",
    course_id: "crs_1",
    runners: [runner(1), runner(2)],
  };
  const card = { ...race, race_id: "rac_2", date: "2025-10-08", off_time: "2:00" };
  await Deno.writeTextFile(join(folder, "results.json"), JSON.stringify({ results: [race], total: 36 }));
  await Deno.writeTextFile(join(folder, "racecards.json"), JSON.stringify({ racecards: [card], total: 1 }));
  const { code, out, err } = await demo(["--replay", folder, "--api-speed=20", "--json"]);
  await Deno.remove(folder, { recursive: true });
  assertEquals(code, 0, err);
  assert(err.includes("backfill_start(date '2025-10-07', date '2025-10-08')"), err);
  assert(err.includes("holds no result of 1 race with a card (2025-10-08)"), err);
  assert(err.includes("holds no card of 1 race with a result (2025-10-07)"), err);
  const counts = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  assertEquals([counts.races, counts.runners, counts.horses], [2, 4, 2]);
});

Deno.test("a folder without a race to replay is not a complete demo", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "other.json"), '{"hello":1}');
  const { code, err, left } = await demo(["--replay", folder]);
  await Deno.remove(folder, { recursive: true });
  assertEquals([code, left], [1, []], err);
  assert(err.includes("holds no race that can be replayed"), err);
});

Deno.test("an attempt that fails is shown while the demo goes on", async () => {
  const folder = await Deno.makeTempDir();
  // Twice in one file under two days: the API's own list is the newest, so nothing else is wrong with it.
  const race = { race_id: "rac_1", date: "2025-10-07", region: "GB", course: "Upper Sandbury", runners: [] };
  await Deno.writeTextFile(join(folder, "results.json"), JSON.stringify({ results: [race], total: 1 }));
  const { code, err } = await demo(["--replay", folder, "--api-speed=20"]);
  await Deno.remove(folder, { recursive: true });
  assertEquals(code, 1, err);
  assert(err.includes("last error: The one race of /results"), err);
  assert(err.includes("The results chunk from 2025-10-07 is dead"), err);
});

Deno.test("a wrong option, a bad date, a missing folder: a sentence, exit code 1, nothing left behind", async () => {
  const wrong: [string[], string][] = [
    [["--months", "-1"], "--months must be a whole number from 1 to "],
    [["--start-date", "1980-01-01", "--end-date", "1980-01-02"], "before 1988-01-01"],
    [["--replay", "/no/such/folder"], "/no/such/folder"],
    [["--replay", "docs/nothing"], "docs/nothing"],
    [["--database-url", "foo"], "--database-url must be like"],
    [["--api-speed", "100000"], "at most 1000"],
    [["--database-url", "postgres://nobody@127.0.0.1:1/nothing"], "--database-url"],
  ];
  for (const [args, sentence] of wrong) {
    const { code, err, left } = await demo(args);
    assertEquals([code, left], [1, []], err);
    assert(err.includes(sentence), err);
    assert(!err.includes("    at "), err);
    const isOption = !["--replay", "--database-url"].includes(args[0] ?? "");
    if (isOption) assert(!err.includes("Starting"), err);
  }
});

Deno.test("--live without an account says which variables are missing", async () => {
  const { code, err } = await demo(["--live"], { RACING_API_USERNAME: "", RACING_API_PASSWORD: "" });
  assertEquals(code, 1);
  assert(err.startsWith("--live calls the real API, but the environment has no RACING_API_USERNAME"), err);
});
