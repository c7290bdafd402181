import type { Sql } from "../platform/database.ts";
import type { ApiCall } from "../racing_api/server.ts";
import { HTML_PAGE, SLOW_MILLISECONDS } from "./api_faults.ts";
import { ALL_FAULTS, FAULT_KINDS, type FaultKind } from "./fault_kinds.ts";
import type { Evidence, FaultLedger, Injection } from "./ledger.ts";

/** A row of the error log. */
export interface LoggedError {
  readonly id: number;
  readonly chunk: number | null;
  readonly failureClass: string;
  readonly httpStatus: number | null;
  readonly message: string;
}

/** Everything that may show a fault: overlapping sweeps, log lines and table rows. */
export interface Records {
  readonly errors: readonly LoggedError[];
  readonly functionLog: readonly string[];
  readonly apiCalls: readonly ApiCall[];
  readonly overlappingSweeps: number;
}

/** How many faults of a kind were injected, how many traces they should leave, and how many were found. */
export interface Trace {
  readonly kind: FaultKind;
  readonly injected: number;
  readonly due: number;
  readonly traced: number;
}

/** Reads the traces in the tables. */
export async function readRecords(
  sql: Sql,
  logs: Pick<Records, "functionLog" | "apiCalls">,
): Promise<Records> {
  const errors = await sql<LoggedError[]>`
    select
      id::integer, chunk_id::integer as chunk, failure_class as "failureClass", http_status as "httpStatus", message
    from public.ingest_errors
    order by id
  `;
  const [sweeps] = await sql<{ pairs: number }[]>`
    select count(*)::integer as pairs
    from cron.job_run_details as first
    join cron.job_run_details as second on second.runid > first.runid and second.jobid <> first.jobid
    where (first.start_time, first.end_time) overlaps (second.start_time, second.end_time)
      and first.status = 'succeeded' and second.status = 'succeeded'
  `;
  return { errors: [...errors], overlappingSweeps: sweeps?.pairs ?? 0, ...logs };
}

/** Each of these faults knows exactly how many traces are due, whatever else failed. */
const WITNESSED: readonly FaultKind[] = ["wrong_secrets", "crowded_queues", "ids_start_over", "weeks_asleep"];

/** The traces of each kind that was injected. */
export function findTraces(ledger: FaultLedger, records: Records): Trace[] {
  return ALL_FAULTS.flatMap((kind) => {
    const injections = ledger.of(kind);
    if (injections.length === 0) return [];
    const due = injections.reduce((sum, { evidence }) => sum + dueTraces(evidence), 0) -
      (kind.startsWith("api_") ? answersUnread(records) : 0);
    return [{
      kind,
      injected: injections.length,
      due: Math.max(due, 0),
      traced: countTraces(kind, injections, records),
    }];
  });
}

/**
 * A page is fetched while the one before it is stored. If the run is paused by then, the API's answer is ignored.
 */
function answersUnread({ functionLog }: Records): number {
  return functionLog.filter((line) => /"(event|ended)":"yielded".*"reason":"paused"/.test(line)).length;
}

/** A sentence for each kind that should have left a trace and did not. */
export function describeMissingTraces(traces: readonly Trace[], enabled: readonly FaultKind[]): string[] {
  return traces.flatMap(({ kind, injected, due, traced }) => {
    const where = FAULT_KINDS[kind].traceIn;
    if (due > 0 && traced === 0) {
      return [`${kind} was injected ${injected} times and left no trace (${where}).`];
    }
    if ((isExact(kind, enabled) || WITNESSED.includes(kind)) && traced !== due) {
      return [`${kind} should have left ${due} traces and left ${traced} (${where}).`];
    }
    return [];
  });
}

function dueTraces(evidence: Evidence): number {
  switch (evidence.type) {
    case "interruptions":
      return evidence.leases.length;
    case "none":
      return 0;
    case "witness":
      return evidence.witness.due();
    default:
      return 1;
  }
}

/** Each API failure is logged, unless something else ends the invocation first. */
function isExact(kind: FaultKind, enabled: readonly FaultKind[]): boolean {
  // On a busy machine an answer may take two seconds without any fault.
  const isCounted = kind.startsWith("api_") && kind !== "api_timeouts" && kind !== "api_slow";
  return (isCounted || kind === "long_restarts") &&
    enabled.every((other) => other.startsWith("api_") || other === "wrong_clocks" || other === kind);
}

function countTraces(kind: FaultKind, injections: readonly Injection[], records: Records): number {
  const { errors, functionLog, apiCalls } = records;
  const lines = (pattern: RegExp) => functionLog.filter((line) => pattern.test(line)).length;
  const rows = (fits: (error: LoggedError) => boolean) => errors.filter(fits).length;
  const answered = (status: number) => rows((error) => error.httpStatus === status);
  switch (kind) {
    case "lost_calls":
    case "late_calls":
      return lostDispatches(injections, errors);
    case "doubled_calls":
      return lines(/"nothing to claim"/);
    case "killed_before_page":
    case "killed_within_page":
    case "killed_after_page":
    case "expired_leases":
      return interruptions(injections, errors);
    case "lost_answers":
      return functionLog.filter((line) => isFailedDatabaseCall(line) && !isOfRestart(line)).length;
    case "database_restarts":
      return functionLog.filter((line) => isFailedDatabaseCall(line) && isOfRestart(line)).length;
    case "long_restarts":
    case "wrong_secrets":
    case "crowded_queues":
    case "ids_start_over":
    case "weeks_asleep":
      return injections.reduce(
        (sum, { evidence }) => sum + (evidence.type === "witness" ? evidence.witness.found() : 0),
        0,
      );
    case "api_429":
      return answered(429);
    case "api_500":
      return answered(500);
    case "api_502":
      return answered(502);
    case "api_timeouts":
      return rows(({ message }) => /did not answer within/.test(message));
    case "api_truncated":
      return rows((error) => isHalf(error) && !isHtmlPage(error));
    case "api_not_json":
      return rows(isHtmlPage);
    case "api_slow":
      return apiCalls.filter(({ status, milliseconds }) => status === 200 && isSlow(milliseconds)).length;
    case "wrong_clocks":
      return lines(/"wrong clock"/);
    case "double_sweeps":
      return records.overlappingSweeps;
    case "short_lives":
      return lines(/"shutdown","reason":"(wall_clock|early_drop)"/);
  }
}

function isFailedDatabaseCall(line: string): boolean {
  return /"(database call repeated|dispatch failed)"/.test(line);
}

/** What PostgREST says when the database stops, is down or has just ended its sessions. */
function isOfRestart(line: string): boolean {
  return /Database connection error|server closed the connection|terminating connection/.test(line);
}

function isSlow(milliseconds: number): boolean {
  const [least, most] = SLOW_MILLISECONDS;
  // A timer is early by a millisecond at most, but may be late on a busy machine.
  return milliseconds >= least - 1 && milliseconds < most + 500;
}

function isHtmlPage({ message }: LoggedError): boolean {
  return message.includes(`${HTML_PAGE.length} characters`);
}

function isHalf({ message }: LoggedError): boolean {
  return /characters that are not JSON|could not be reached/.test(message);
}

function interruptions(injections: readonly Injection[], errors: readonly LoggedError[]): number {
  return injections.reduce((sum, { evidence }) => {
    if (evidence.type !== "interruptions") return sum;
    const found = evidence.leases.filter(({ chunk }) =>
      errors.some((error) =>
        error.failureClass === "interruption" && error.chunk === chunk && error.id > evidence.afterError
      )
    );
    return sum + found.length;
  }, 0);
}

function lostDispatches(injections: readonly Injection[], errors: readonly LoggedError[]): number {
  const lost = errors.filter(({ failureClass }) => failureClass === "lost_dispatch");
  return injections.filter(({ evidence }) => {
    if (evidence.type !== "dispatch") return false;
    // The message names the dispatch.
    return lost.some(({ message }) => message.match(/\bdispatch (\d+)\b/)?.[1] === String(evidence.id));
  }).length;
}
