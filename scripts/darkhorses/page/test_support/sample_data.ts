import type { CoverageMonth, MonthState } from "../../coverage_month.ts";
import type { IngestError, PageData, ThroughputBin } from "../page_data.ts";

const NOW = new Date("2026-06-15T11:00:00Z");

/** What a database says of which nothing was ever asked. */
export const NOTHING_ASKED_FOR: PageData = {
  project: "db.abcdefghijklmnopqrst.supabase.co",
  made_at: NOW,
  months: [],
  runs: [],
  gaps: 0,
  throughput: { bin_seconds: 10, bins: [] },
  freshness: ["results", "racecards", "masters"].map((feed) => ({
    feed,
    state: "nothing_asked_for",
    newest_day: null,
    last_pulled_at: null,
    expected_since: null,
    next_due_at: null,
  })),
  alerts: [],
  errors: [],
  usage: [],
  database_limit_megabytes: 500,
};

/** A month of a feed with as many races as there are days. */
export function month(feed: string, first: string, state: MonthState = "complete"): CoverageMonth {
  const whole = state === "complete";
  return {
    feed,
    month: first,
    state,
    days: 28,
    days_covered: whole ? 28 : 9,
    races_in_api: 1203,
    races_stored: whole ? 1203 : 400,
    races_rejected: 0,
    chunks_live: state === "running" ? 1 : 0,
    chunks_dead: state === "failed" ? 1 : 0,
    last_error: state === "failed" ? WHY : null,
    run_id: 1,
  };
}

export const WHY =
  "The Racing API answered 422 to /results?start_date=2024-02-01: The date range is not valid.";

const monthsFrom = (feed: string, year: number, special: Readonly<Record<string, MonthState>>) =>
  Array.from({ length: (2026 - year) * 12 + 6 }, (_, n) => {
    const first = `${year + Math.floor(n / 12)}-${String(n % 12 + 1).padStart(2, "0")}-01`;
    return month(feed, first, special[first] ?? "complete");
  });

const bins: readonly ThroughputBin[] = Array.from({ length: 40 }, (_, n) => {
  const starts_at = new Date(NOW.getTime() - (40 - n) * 3_600_000);
  return [
    { feed: "results", starts_at, races: n % 5 * 150, calls: n % 5 * 9 },
    { feed: "racecards", starts_at, races: n % 7 * 60, calls: n % 7 * 4 },
  ];
}).flat().filter(({ calls }) => calls > 0);

const error: IngestError = {
  occurred_at: new Date("2026-06-15T09:02:00Z"),
  feed: "results",
  failure_class: "chunk",
  endpoint: "/results",
  http_status: 422,
  message: WHY,
  run_id: 1,
};

/** Eleven and a half years with one failed month, deep down in the grid. */
export const ONE_FAILED_MONTH: PageData = {
  project: "db.abcdefghijklmnopqrst.supabase.co",
  made_at: NOW,
  gaps: 29,
  months: [
    ...monthsFrom("results", 2015, {
      "2016-02-01": "failed",
      "2026-06-01": "partial",
      "2019-08-01": "missing",
    }),
    ...monthsFrom("racecards", 2023, {
      "2023-01-01": "not_available",
      "2023-02-01": "running",
      "2023-03-01": "running",
    }),
    { ...month("masters", "2026-01-01"), month: null },
  ],
  runs: [{
    run_id: 1,
    state: "running",
    feeds: ["masters", "racecards", "results"],
    start_date: "2015-01-01",
    end_date: "2026-06-15",
    percent: 94.2,
    chunks_total: 181,
    chunks_succeeded: 176,
    chunks_dead: 1,
    seconds_left: 754,
    what_to_do: "Wait: it goes on by itself.",
  }],
  throughput: { bin_seconds: 3600, bins },
  freshness: [
    {
      feed: "results",
      state: "late",
      newest_day: "2026-06-14",
      last_pulled_at: new Date("2026-06-14T22:30:00Z"),
      expected_since: new Date("2026-06-15T01:30:00Z"),
      next_due_at: new Date("2026-06-15T12:45:00Z"),
    },
    {
      feed: "racecards",
      state: "fresh",
      newest_day: "2026-06-21",
      last_pulled_at: new Date("2026-06-15T10:00:00Z"),
      expected_since: new Date("2026-06-15T10:00:00Z"),
      next_due_at: new Date("2026-06-15T11:30:00Z"),
    },
    {
      feed: "masters",
      state: "not_scheduled",
      newest_day: null,
      last_pulled_at: new Date("2026-06-01T03:00:00Z"),
      expected_since: null,
      next_due_at: null,
    },
  ],
  alerts: [{
    kind: "dead_chunks",
    subject: "run 1",
    message:
      "Run 1: 1 chunk of results was given up. Read ingest_errors; once that is fixed: select backfill_retry(1);",
    raised_at: new Date("2026-06-15T09:03:00Z"),
  }],
  errors: Array.from(
    { length: 6 },
    (_, n) => ({ ...error, occurred_at: new Date(error.occurred_at.getTime() - n * 4e6) }),
  ),
  usage: Array.from({ length: 30 }, (_, n) => ({
    day: new Date(NOW.getTime() - n * 86_400_000).toISOString().slice(0, 10),
    api_calls: 30 + n * n % 17 * 4,
    invocations: 35 + n,
    log_lines: 120 + n,
    database_megabytes: 412.3 - n,
  })),
  database_limit_megabytes: 500,
};
