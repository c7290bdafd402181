/** How often a kind of fault happens, and where it leaves a trace. */
interface FaultKindFacts {
  /** One line for --help. */
  readonly description: string;
  /** The share of occasions on which it happens. */
  readonly rate: number;
  /** It happens for the first time on one of so many first occasions, so that each seed has it. */
  readonly firstWithin: number;
  /** Where its trace is looked for. */
  readonly traceIn: string;
  /** The affected invocation has to log it. One that is killed before that does not. */
  readonly notedByInvocation?: true;
}

const facts = <K extends string>(kinds: Readonly<Record<K, FaultKindFacts>>) => kinds;

/** The kinds of faults that can be injected, by the name that --faults knows them by. */
export const FAULT_KINDS = facts({
  lost_calls: {
    description: "a dispatch never arrives",
    rate: 0.08,
    firstWithin: 3,
    traceIn: "ingest_errors: lost_dispatch",
  },
  doubled_calls: {
    description: "a dispatch arrives twice",
    rate: 0.08,
    firstWithin: 4,
    traceIn: "functions' log: nothing to claim",
    notedByInvocation: true,
  },
  late_calls: {
    description: "a dispatch arrives after the sweep has given it up",
    rate: 0.05,
    firstWithin: 5,
    traceIn: "ingest_errors: lost_dispatch",
  },
  killed_before_page: {
    description: "the invocations die before a page is stored, or a chunk ended",
    rate: 0.008,
    firstWithin: 25,
    traceIn: "ingest_errors: interruption",
  },
  killed_within_page: {
    description: "the invocations die during a page's transaction, which is committed or rolled back",
    rate: 0.008,
    firstWithin: 25,
    traceIn: "ingest_errors: interruption",
  },
  killed_after_page: {
    description:
      "the invocations die after a page is stored, or a chunk claimed or ended, before they get the answer",
    rate: 0.008,
    firstWithin: 25,
    traceIn: "ingest_errors: interruption",
  },
  lost_answers: {
    description: "the answer of a database function is lost after it was committed",
    rate: 0.02,
    firstWithin: 40,
    traceIn: "functions' log: database call repeated, dispatch failed",
    notedByInvocation: true,
  },
  database_restarts: {
    description:
      "the database restarts during a call, cleanly or after a crash, which empties pg_net's queue",
    rate: 0.003,
    firstWithin: 30,
    traceIn: "functions' log: database call repeated, dispatch failed",
  },
  long_restarts: {
    description: "the database is down for seconds, and the invocations continue where they were",
    rate: 0.002,
    firstWithin: 25,
    traceIn: "the earlier lease is used afterwards",
  },
  wrong_secrets: {
    description: "Vault's worker secret is missing or wrong for a while",
    rate: 0.002,
    firstWithin: 20,
    traceIn: "ingest_errors: lost_dispatch",
  },
  crowded_queues: {
    description: "hundreds of other requests, some slow, wait in pg_net's queue before ours",
    rate: 0.002,
    firstWithin: 20,
    traceIn: "the others' server: all requests arrived",
  },
  ids_start_over: {
    description: "a crash loses an alert in transit, and another request is answered under its id",
    rate: 0.001,
    firstWithin: 20,
    traceIn: "the alerts' webhook: the alert arrived",
  },
  weeks_asleep: {
    description: "the run is paused for a week in the middle of a month of results",
    rate: 0.002,
    firstWithin: 6,
    traceIn: "ra_coverage: as old as the month's first page",
  },
  api_429: {
    description: "the API says too fast, with and without Retry-After",
    rate: 0.012,
    firstWithin: 30,
    traceIn: "ingest_errors: http_status 429",
    notedByInvocation: true,
  },
  api_500: {
    description: "the API answers 500",
    rate: 0.015,
    firstWithin: 30,
    traceIn: "ingest_errors: http_status 500",
    notedByInvocation: true,
  },
  api_502: {
    description: "a proxy before the API answers 502, in HTML",
    rate: 0.015,
    firstWithin: 30,
    traceIn: "ingest_errors: http_status 502",
    notedByInvocation: true,
  },
  api_timeouts: {
    description: "the API answers after the timeout",
    rate: 0.006,
    firstWithin: 30,
    traceIn: "ingest_errors: no answer in time",
    notedByInvocation: true,
  },
  api_truncated: {
    description: "the API's answer is cut off, with or without the connection",
    rate: 0.015,
    firstWithin: 30,
    traceIn: "ingest_errors: truncated answer",
    notedByInvocation: true,
  },
  api_not_json: {
    description: "the API answers 200 with a page of HTML",
    rate: 0.015,
    firstWithin: 30,
    traceIn: "ingest_errors: not JSON",
    notedByInvocation: true,
  },
  api_slow: {
    description: "the API takes up to a second",
    rate: 0.02,
    firstWithin: 30,
    traceIn: "API's log: answered late",
  },
  wrong_clocks: {
    description: "the clock of an isolate is wrong by up to a minute",
    rate: 0.5,
    firstWithin: 2,
    traceIn: "functions' log: wrong clock",
  },
  double_sweeps: {
    description: "two sweeps at once",
    rate: 0.2,
    firstWithin: 2,
    traceIn: "cron.job_run_details: overlapping",
  },
  expired_leases: {
    description: "all leases expire while their invocations live, whose writes must then be refused",
    rate: 0.005,
    firstWithin: 25,
    traceIn: "ingest_errors: interruption",
  },
  short_lives: {
    description: "an isolate lives for seconds, and is retired and ended during its work",
    rate: 0.08,
    firstWithin: 3,
    traceIn: "functions' log: shutdown",
  },
});

/** The name of a kind of fault. */
export type FaultKind = keyof typeof FAULT_KINDS;

/** All of them, in the order of the help. */
export const ALL_FAULTS = Object.keys(FAULT_KINDS) as readonly FaultKind[];

/** Whether it is such a name. */
export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULT_KINDS, name);
}
