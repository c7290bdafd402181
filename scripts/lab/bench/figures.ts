import { ratio, rounded } from "./arithmetic.ts";
import type { DatabaseSize, MonthOfPulls, StatementTimes } from "./database.ts";
import type { Ingest, IngestFigures } from "./ingest.ts";
import type { RunFigures } from "./runs.ts";

/** A figure, and what it is held against: measured in the same run, or documented. */
export interface Figure {
  /** Ends with its unit. */
  readonly name: string;
  readonly what: string;
  /** Null where this machine can't tell. */
  readonly value: number | null;
  readonly baseline: number | null;
  readonly against: string;
}

/** What the functions did in the fill. */
export interface EdgeFigures {
  readonly requests: number;
  readonly cpuMedianSeconds: number | null;
  readonly cpuNinetyFifthSeconds: number | null;
  readonly memory: { readonly beforeWork: number; readonly peak: number } | null;
  readonly logLines: number;
  readonly mostLogLinesInTenSeconds: number;
  /** Calls a second that the documented rates allow the busiest function, with the tenth left free. */
  readonly documentedCallsPerSecond: number;
}

/** Everything that a bench measures. */
export interface Measured {
  readonly isFull: boolean;
  readonly fill: RunFigures;
  readonly edge: EdgeFigures;
  /** As the fill leaves it, and once its indexes are compacted. */
  readonly filled: DatabaseSize;
  readonly size: DatabaseSize;
  readonly statements: StatementTimes;
  readonly secondPass: RunFigures & { readonly growthBytes: number; readonly racingBytes: number };
  readonly month: MonthOfPulls;
  readonly ingest: IngestFigures;
}

/** One call a feed and day, for --full. */
const OLD_SYSTEM_CALLS = 7891;
const FREE_PLAN = { databaseMegabytes: 500, invocations: 500_000 };
const PRO_PLAN = { invocations: 2_000_000 };
/** An isolate that has used so much takes no more requests. */
const CPU_RETIRED_SECONDS = 1;
const LINES_KEPT_IN_TEN_SECONDS = 100;
/** Its claim and its end. */
const LINES_AN_INVOCATION = 2;
const MEGABYTE = 1e6;

/** The figures in the order of the table. */
export function figuresOf(measured: Measured): Figure[] {
  return [
    ...ofFill(measured),
    ...ofIngest("cards", "pages of cards into empty tables", measured.ingest.cards),
    ...ofIngest("results", "pages of results into empty tables", measured.ingest.results),
    ...ofIngest(
      "results_and_cards",
      "pages of results, then the cards of their races",
      measured.ingest.resultsAndCards,
    ),
    ...ofSecondPass(measured),
    ...ofSize(measured),
    ...ofStatements(measured.statements),
    ...ofEdge(measured),
    ...ofMonth(measured),
  ];
}

function ofFill({ fill, isFull }: Measured): Figure[] {
  const cpu = (name: string, what: string, value: number | null): Figure => ({
    name: `fill_${name}_cpu_seconds`,
    what: `fill: processor seconds of ${what}`,
    value,
    baseline: fill.seconds,
    against: "seconds of the fill",
  });
  return [
    {
      name: "fill_api_calls",
      what: "fill: API calls",
      value: fill.calls,
      baseline: fill.plannedCalls,
      against: "the plan",
    },
    ...(isFull
      ? [{
        name: "fill_api_calls_of_old_system",
        what: "fill: API calls",
        value: fill.calls,
        baseline: OLD_SYSTEM_CALLS,
        against: "the old system's, one a feed and day",
      }]
      : []),
    {
      name: "fill_seconds",
      what: "fill: seconds",
      value: fill.seconds,
      baseline: fill.floorSeconds,
      against: "what the rate limits allow, a tenth left free",
    },
    cpu("postgres", "Postgres", fill.postgresCpuSeconds),
    cpu("isolates", "the isolates, their starts too", fill.isolatesCpuSeconds),
  ];
}

function ofIngest(name: string, what: string, { pages, runnersSent, seconds, copy }: Ingest): Figure[] {
  return [{
    name: `ingest_${name}_seconds`,
    what: `ingest: processor seconds of the session for ${pages} ${what}, ${runnersSent} runners`,
    value: seconds,
    baseline: copy && copy.seconds,
    against: copy
      ? `a bare COPY of the rows, ${copy.runners} runners`
      : "a bare COPY, which can't read this machine's files",
  }];
}

function ofSecondPass({ secondPass, fill }: Measured): Figure[] {
  return [
    {
      name: "second_pass_growth_bytes",
      what: `second pass of a month, ${secondPass.calls} calls: bytes of growth`,
      value: secondPass.growthBytes,
      baseline: secondPass.racingBytes,
      against: "bytes of the tables with racing data",
    },
    {
      name: "second_pass_wal_bytes_per_runner",
      what: "second pass: bytes of WAL a runner that came",
      value: each(secondPass.walBytes, secondPass.runnersSent),
      baseline: each(fill.walBytes, fill.runnersSent),
      against: "the same of the fill",
    },
  ];
}

function ofSize({ size, filled, fill, ingest: { resultsAndCards: { copy } } }: Measured): Figure[] {
  return [
    {
      name: "database_megabytes",
      what: "size: megabytes of the whole database (10^6 bytes)",
      value: size.databaseBytes / MEGABYTE,
      baseline: FREE_PLAN.databaseMegabytes,
      against: "the Free plan, read-only beyond",
    },
    {
      name: "database_megabytes_before_compaction",
      what: "size: the same before the indexes were compacted",
      value: filled.databaseBytes / MEGABYTE,
      baseline: size.databaseBytes / MEGABYTE,
      against: "afterwards",
    },
    {
      name: "runner_heap_bytes",
      what: `size: bytes of a runner in ra_runners, of ${size.runners}`,
      value: each(size.heapBytes, size.runners),
      baseline: copy && each(copy.heapBytes, copy.runners),
      against: "freshly copied",
    },
    {
      name: "runner_index_bytes",
      what: "size: bytes of a runner in its indexes",
      value: each(size.indexBytes, size.runners),
      baseline: copy && each(copy.indexBytes, copy.runners),
      against: "freshly copied",
    },
    {
      name: "fill_wal_bytes_per_runner",
      what: "size: bytes of WAL of the fill a runner stored",
      value: each(fill.walBytes, size.runners),
      baseline: copy && each(copy.walBytes, copy.runners),
      against: "a bare COPY",
    },
    ...size.tables.map(({ name, bytes }) => ({
      name: `table_${name}_megabytes`,
      what: `size: megabytes of ${name}`,
      value: bytes / MEGABYTE,
      baseline: size.databaseBytes / MEGABYTE,
      against: "the whole database",
    })),
  ];
}

function ofStatements({ selectOne, statements }: StatementTimes): Figure[] {
  return Object.entries(statements).map(([name, milliseconds]) => ({
    name: `${name}_milliseconds`,
    what: `asked: milliseconds of ${name}, median of 30`,
    value: milliseconds,
    baseline: selectOne,
    against: "select 1",
  }));
}

function ofEdge({ edge, fill }: Measured): Figure[] {
  const { memory } = edge;
  const cpu = (name: string, what: string, value: number | null): Figure => ({
    name: `invocation_cpu_${name}_seconds`,
    what: `invocation: processor seconds of its isolate's process, ${what}`,
    value,
    baseline: CPU_RETIRED_SECONDS,
    against: "when the platform retires an isolate",
  });
  const lines = (name: string, what: string, value: number): Figure => ({
    name: `log_lines_in_ten_seconds${name}`,
    what: `functions: most log lines of one in ten seconds${what}`,
    value,
    baseline: LINES_KEPT_IN_TEN_SECONDS,
    against: "what the platform keeps",
  });
  return [
    cpu("median", "median", edge.cpuMedianSeconds),
    cpu("95th_percentile", "95th percentile", edge.cpuNinetyFifthSeconds),
    {
      name: "isolate_memory_megabytes",
      what: "invocation: megabytes of an isolate's process at its peak",
      value: memory && memory.peak / MEGABYTE,
      baseline: memory && memory.beforeWork / MEGABYTE,
      against: "before its first request",
    },
    {
      name: "fill_invocations",
      what: "functions: invocations of the fill, those that found nothing too",
      value: edge.requests,
      baseline: fill.plannedInvocations,
      against: "the plan",
    },
    {
      name: "fill_log_lines",
      what: "functions: log lines of the fill",
      value: edge.logLines,
      baseline: fill.calls,
      against: "API calls",
    },
    lines("", "", edge.mostLogLinesInTenSeconds),
    lines(
      "_at_documented_rates",
      ", at the documented rates",
      10 * edge.documentedCallsPerSecond * edge.logLines / fill.pages,
    ),
  ];
}

function ofMonth({ month, edge, fill }: Measured): Figure[] {
  const linesAPage = (edge.logLines - LINES_AN_INVOCATION * fill.invocations) / fill.pages;
  const invocations = (plan: string, quota: number): Figure => ({
    name: `month_invocations_of_${plan.toLowerCase()}_plan`,
    what: "a month of daily pulls, planned: invocations",
    value: month.invocations,
    baseline: quota,
    against: `the ${plan} plan's month`,
  });
  return [
    invocations("Free", FREE_PLAN.invocations),
    invocations("Pro", PRO_PLAN.invocations),
    {
      name: "month_log_lines",
      what: "a month of daily pulls, planned: log lines",
      value: LINES_AN_INVOCATION * month.invocations + linesAPage * month.pages,
      baseline: edge.logLines,
      against: "the fill's",
    },
  ];
}

const each = (sum: number, count: number) => count === 0 ? null : sum / count;

const NOT_HERE = "not on this machine";

/** The rows of the table. */
export function rowsOf(figures: readonly Figure[]): Readonly<Record<string, unknown>>[] {
  return figures.map(({ what, value, baseline, against }) => {
    const times = ratio(value, baseline);
    return {
      figure: what,
      value: value === null ? NOT_HERE : rounded(value),
      times: times === null ? "-" : rounded(times),
      baseline: baseline === null ? "-" : rounded(baseline),
      "which is": against,
    };
  });
}

/** The same by name, for programs. */
export function objectOf(
  figures: readonly Figure[],
): Record<string, Omit<Figure, "name"> & { ratio: number | null }> {
  return Object.fromEntries(figures.map(({ name, ...figure }) => {
    const { value, baseline } = figure;
    return [name, { ...figure, ratio: ratio(value, baseline) }];
  }));
}
