import { assertEquals } from "@std/assert";
import { renderTable } from "../../command_line/render_table.ts";
import { figuresOf, type Measured, objectOf, rowsOf } from "./figures.ts";

const RUN = {
  calls: 1000,
  plannedCalls: 1000,
  invocations: 100,
  plannedInvocations: 100,
  pages: 1000,
  runnersSent: 10_000,
  seconds: 50,
  floorSeconds: 40,
  walBytes: 5_000_000,
  postgresCpuSeconds: 25,
  isolatesCpuSeconds: 10,
};
const COPY = { seconds: 2, walBytes: 1_000_000, runners: 5000, heapBytes: 2_000_000, indexBytes: 500_000 };
const MEASURED: Measured = {
  isFull: false,
  fill: RUN,
  edge: {
    requests: 110,
    cpuMedianSeconds: 0.25,
    cpuNinetyFifthSeconds: 0.5,
    memory: { beforeWork: 50e6, peak: 100e6 },
    logLines: 1200,
    mostLogLinesInTenSeconds: 300,
    documentedCallsPerSecond: 6.3,
  },
  filled: { databaseBytes: 300e6, runners: 5000, heapBytes: 3_000_000, indexBytes: 900_000, tables: [] },
  size: {
    databaseBytes: 250e6,
    runners: 5000,
    heapBytes: 3_000_000,
    indexBytes: 500_000,
    tables: [{ name: "ra_runners", bytes: 50e6 }],
  },
  statements: {
    selectOne: 0.5,
    statements: { sweep: 5, backfill_status: 10, coverage_gaps: 20, coverage_months: 2.5 },
  },
  secondPass: { ...RUN, walBytes: 1_000_000, growthBytes: 0, racingBytes: 200e6 },
  month: { invocations: 600, pages: 900 },
  ingest: {
    cards: { pages: 60, runnersSent: 5000, seconds: 5, copy: COPY },
    results: { pages: 10, runnersSent: 5000, seconds: 6, copy: COPY },
    resultsAndCards: { pages: 70, runnersSent: 10_000, seconds: 12, copy: COPY },
  },
};

Deno.test("each figure stands beside what it is held against, and how many times that it is", () => {
  const ratios = Object.entries(objectOf(figuresOf(MEASURED))).map((
    [name, { ratio }],
  ) => [name, ratio === null ? null : Number(ratio.toPrecision(6))]);
  assertEquals(ratios, [
    ["fill_api_calls", 1],
    ["fill_seconds", 1.25],
    ["fill_postgres_cpu_seconds", 0.5],
    ["fill_isolates_cpu_seconds", 0.2],
    ["ingest_cards_seconds", 2.5],
    ["ingest_results_seconds", 3],
    ["ingest_results_and_cards_seconds", 6],
    ["second_pass_growth_bytes", 0],
    ["second_pass_wal_bytes_per_runner", 0.2],
    ["database_megabytes", 0.5],
    ["database_megabytes_before_compaction", 1.2],
    ["runner_heap_bytes", 1.5],
    ["runner_index_bytes", 1],
    ["fill_wal_bytes_per_runner", 5],
    ["table_ra_runners_megabytes", 0.2],
    ["sweep_milliseconds", 10],
    ["backfill_status_milliseconds", 20],
    ["coverage_gaps_milliseconds", 40],
    ["coverage_months_milliseconds", 5],
    ["invocation_cpu_median_seconds", 0.25],
    ["invocation_cpu_95th_percentile_seconds", 0.5],
    ["isolate_memory_megabytes", 2],
    ["fill_invocations", 1.1],
    ["fill_log_lines", 1.2],
    ["log_lines_in_ten_seconds", 3],
    ["log_lines_in_ten_seconds_at_documented_rates", 0.756],
    ["month_invocations_of_free_plan", 0.0012],
    ["month_invocations_of_pro_plan", 0.0003],
    // Two lines an invocation, and one a page as in the fill.
    ["month_log_lines", (2 * 600 + 900) / 1200],
  ]);
});

Deno.test("the whole range is held against the old system's calls too", () => {
  const { fill_api_calls_of_old_system: old } = objectOf(
    figuresOf({ ...MEASURED, isFull: true, fill: { ...RUN, calls: 2435 } }),
  );
  assertEquals([old?.baseline, old?.ratio?.toFixed(2)], [7891, "0.31"]);
});

Deno.test("the table says what this machine can't tell, and that nothing is no baseline", () => {
  const figures = [
    { name: "a_seconds", what: "a", value: null, baseline: 50, against: "the fill" },
    { name: "b_bytes", what: "b", value: 1234.5, baseline: 0, against: "nothing" },
    { name: "c_bytes", what: "c", value: 1.2345, baseline: 2, against: "two" },
  ];
  assertEquals(
    renderTable(rowsOf(figures)),
    [
      "figure                value  times  baseline  which is",
      "a       not on this machine      -        50  the fill",
      "b                      1235      -         0  nothing",
      "c                      1.23  0.617         2  two",
    ].join("\n"),
  );
});
