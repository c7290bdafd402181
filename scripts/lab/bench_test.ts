import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

async function bench(args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/lab/bench.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("the bench of a few days prints each figure in a table, and the same as one JSON object last", async () => {
  const { code, out, err } = await bench([
    "--start-date=2025-10-18",
    "--end-date=2025-10-19",
    "--api-speed=50",
    "--json",
  ]);
  assertEquals(code, 0, err);
  const lines = out.trimEnd().split("\n");
  const { figures, ...rest } = JSON.parse(lines.at(-1) ?? "");
  assertEquals(rest, {
    start_date: "2025-10-18",
    end_date: "2025-10-19",
    api_speed: 50,
    long_texts: true,
    cores: navigator.hardwareConcurrency,
  });
  const names = Object.keys(figures);
  const tables = names.filter((name) => name.startsWith("table_"));
  assertEquals(tables.length, 10, out);
  assertEquals(names.filter((name) => !tables.includes(name)), [
    "fill_api_calls",
    "fill_seconds",
    "fill_postgres_cpu_seconds",
    "fill_isolates_cpu_seconds",
    "ingest_cards_seconds",
    "ingest_results_seconds",
    "ingest_results_and_cards_seconds",
    "second_pass_growth_bytes",
    "second_pass_wal_bytes_per_runner",
    "database_megabytes",
    "database_megabytes_before_compaction",
    "runner_heap_bytes",
    "runner_index_bytes",
    "fill_wal_bytes_per_runner",
    "sweep_milliseconds",
    "backfill_status_milliseconds",
    "coverage_gaps_milliseconds",
    "coverage_months_milliseconds",
    "invocation_cpu_median_seconds",
    "invocation_cpu_95th_percentile_seconds",
    "isolate_memory_megabytes",
    "fill_invocations",
    "fill_log_lines",
    "log_lines_in_ten_seconds",
    "log_lines_in_ten_seconds_at_documented_rates",
    "month_invocations_of_free_plan",
    "month_invocations_of_pro_plan",
    "month_log_lines",
  ]);
  // A heading, an empty line, the columns, a line a figure, the object.
  assertEquals(lines.length, 3 + names.length + 1, out);
  // What all of them count is there: no figure is a number of nothing.
  for (const [name, { value }] of Object.entries<{ value: number | null }>(figures)) {
    const isOnLinux = /cpu|memory/.test(name) && Deno.build.os !== "linux";
    assert(isOnLinux ? value === null : Number.isFinite(value), `${name} is ${value}\n${out}`);
  }
  assert(figures.runner_heap_bytes.value > 0 && figures.ingest_results_seconds.baseline > 0, out);
});

Deno.test("a fill that fails ends the bench with a sentence, and no figures", async () => {
  const folder = await Deno.makeTempDir();
  // The only race of its page lacks what a race must have, so the feed seems to have changed.
  const race = { race_id: "rac_1", date: "2025-10-07", region: "GB", course: "Upper Sandbury", runners: [] };
  await Deno.writeTextFile(join(folder, "results.json"), JSON.stringify({ results: [race], total: 1 }));
  const days = ["--start-date=2025-10-07", "--end-date=2025-10-07"];
  const { code, out, err } = await bench([...days, "--replay", folder]);
  await Deno.remove(folder, { recursive: true });
  assertEquals([code, out], [1, ""], err);
  assert(err.includes("The run from 2025-10-07 to 2025-10-07 is completed_with_failures: "), err);
  assert(!err.includes("    at "), err);
});
