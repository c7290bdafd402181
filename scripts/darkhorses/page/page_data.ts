import type { CoverageMonth } from "../coverage_month.ts";

/** What a page is made from: rows of the database's views, numbers as numbers and days as YYYY-MM-DD. */
export interface PageData {
  /** Which project it is: its ref, or the host of its database. */
  readonly project: string;
  /** By the engine's clock. */
  readonly made_at: Date;
  readonly months: readonly CoverageMonth[];
  /** Those that are not over, and the newest that somebody asked for. */
  readonly runs: readonly RunStatus[];
  /** How many days are missing of what was asked for, of all feeds. */
  readonly gaps: number;
  readonly throughput: Throughput;
  readonly freshness: readonly FeedFreshness[];
  /** Open ones, newest first. */
  readonly alerts: readonly OpenAlert[];
  /** Newest first. */
  readonly errors: readonly IngestError[];
  /** Newest first. */
  readonly usage: readonly UsageDay[];
  readonly database_limit_megabytes: number;
}

export interface RunStatus {
  readonly run_id: number;
  readonly state: string;
  readonly feeds: readonly string[];
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly percent: number;
  readonly chunks_total: number;
  readonly chunks_succeeded: number;
  readonly chunks_dead: number;
  readonly seconds_left: number | null;
  readonly what_to_do: string;
}

/** How much was done in equal stretches of time. */
export interface Throughput {
  readonly bin_seconds: number;
  /** Only those in which something was done. */
  readonly bins: readonly ThroughputBin[];
}

export interface ThroughputBin {
  readonly starts_at: Date;
  readonly feed: string;
  readonly races: number;
  readonly calls: number;
}

/** A row of data_freshness. */
export interface FeedFreshness {
  readonly feed: string;
  readonly state: string;
  readonly newest_day: string | null;
  readonly last_pulled_at: Date | null;
  readonly expected_since: Date | null;
  readonly next_due_at: Date | null;
}

export interface OpenAlert {
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly raised_at: Date;
}

export interface IngestError {
  readonly occurred_at: Date;
  readonly feed: string;
  readonly failure_class: string;
  readonly endpoint: string | null;
  readonly http_status: number | null;
  readonly message: string;
  readonly run_id: number | null;
}

/** A row of usage_by_day. */
export interface UsageDay {
  readonly day: string;
  readonly api_calls: number;
  readonly invocations: number;
  readonly log_lines: number | null;
  readonly database_megabytes: number | null;
}
