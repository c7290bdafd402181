/** The commands that show rows as the database has them. */
import { renderTable } from "../../command_line/render_table.ts";
import { inCommands } from "../rendering/in_commands.ts";
import { count, ukTime, wrap } from "../rendering/words.ts";
import { listCommand, listOfRunCommand } from "./list.ts";

interface Chunk {
  readonly chunk_id: number;
  readonly run_id: number;
  readonly place: string;
  readonly feed: string;
  readonly first_day: string;
  readonly last_day: string;
  readonly state: string;
  readonly races_stored: number;
  readonly took: string | null;
  readonly api_calls: number;
  readonly attempts: number;
  readonly next_attempt_at: string | null;
  readonly last_error: string | null;
}

export const chunks = listOfRunCommand<Chunk>({
  brief: "The chunks of the runs: dead ones first, then those at work, those that wait, and the rest",
  example: { input: "--run 3 --limit 200", brief: "All of a run" },
  query: (sql, { run, limit }) =>
    sql`
    select chunk.*
    from public.backfill_chunks as chunk
    where ${run ?? null}::bigint is null or chunk.run_id = ${run ?? null}::bigint
    order by
      array_position(array['dead', 'working', 'waiting', 'succeeded', 'cancelled'], chunk.state),
      chunk.run_id desc, chunk.chunk_id
    limit ${limit}
  `,
  render: (rows) =>
    [
      renderTable(rows.map((row) => ({
        run: row.run_id,
        chunk: row.chunk_id,
        place: row.place,
        feed: row.feed,
        from: row.first_day,
        to: row.last_day,
        state: row.state,
        races: row.races_stored,
        took: row.took,
        calls: row.api_calls,
        attempts: row.attempts,
        "next attempt": row.next_attempt_at === null ? null : ukTime(row.next_attempt_at),
      }))),
      ...rows.flatMap(({ chunk_id, last_error }) =>
        last_error === null ? [] : [wrap(`Chunk ${chunk_id}: ${last_error}`, 80)]
      ),
    ].join("\n"),
  none: "There are no chunks.",
});

interface Gap {
  readonly feed: string;
  readonly day: string | null;
  readonly kind: string;
  readonly missing: string;
  readonly tries: number;
}

export const gaps = listCommand<Gap>({
  brief: "Days of which something is missing, the newest first; ends with 1 when there are any",
  example: { input: "--limit 200", brief: "More of them" },
  query: (sql, { limit }) => sql`select * from public.coverage_gaps order by day desc, feed limit ${limit}`,
  render: (rows) =>
    renderTable(rows.map(({ feed, day, kind, tries, missing }) => ({ feed, day, kind, tries, missing }))),
  none: "Nothing is missing of what was asked for.",
  isWell: (rows) => rows.length === 0,
});

interface Freshness {
  readonly feed: string;
  readonly state: string;
  readonly newest_day: string | null;
  readonly last_pulled_at: string | null;
  readonly next_due_at: string | null;
}

export const freshness = listCommand<Freshness>({
  brief: "Whether each feed is as new as the schedules promise; ends with 1 when one is late",
  example: { input: "--json", brief: "For a program that looks after it" },
  query: (sql, { limit }) => sql`select * from public.data_freshness limit ${limit}`,
  render: (rows) =>
    renderTable(rows.map((row) => ({
      feed: row.feed,
      state: row.state,
      "newest day": row.newest_day,
      "last pulled": ukTime(row.last_pulled_at),
      "next due, UK time": ukTime(row.next_due_at),
    }))),
  none: "There are no feeds.",
  isWell: (rows) => rows.every(({ state }) => state !== "late"),
});

interface IngestError {
  readonly occurred_at: string;
  readonly run_id: number | null;
  readonly chunk_id: number | null;
  readonly feed: string;
  readonly failure_class: string;
  readonly http_status: number | null;
  readonly attempt: number;
  readonly message: string;
}

export const errors = listOfRunCommand<IngestError>({
  brief: "Attempts that failed, the newest first",
  example: { input: "--run 3", brief: "Those of one run" },
  query: (sql, { run, limit }) =>
    sql`
    select occurred_at, run_id, chunk_id, feed, failure_class, endpoint, http_status, attempt, message
    from public.ingest_errors
    where ${run ?? null}::bigint is null or run_id = ${run ?? null}::bigint
    order by occurred_at desc, id desc
    limit ${limit}
  `,
  render: (rows) =>
    rows.map((row) =>
      [
        `${ukTime(row.occurred_at)}  run ${row.run_id ?? "-"}, chunk ${row.chunk_id ?? "-"}, ${row.feed}, ` +
        `${row.failure_class}${
          row.http_status === null ? "" : `, HTTP ${row.http_status}`
        }, attempt ${row.attempt}`,
        wrap(row.message, 80, "  "),
      ].join("\n")
    ).join("\n"),
  none: "No attempt has failed.",
});

interface Reject {
  readonly last_seen_at: string;
  readonly feed: string;
  readonly kind: string;
  readonly race_id: string | null;
  readonly race_date: string | null;
  readonly path: string;
  readonly reason: string;
}

export const rejects = listOfRunCommand<Reject>({
  brief: "Rows and values that could not be understood, the newest first",
  example: { input: "--json --limit 1", brief: "With the raw JSON of each" },
  query: (sql, { run, limit }) =>
    sql`
    select id, last_seen_at, feed, kind, race_date, race_id, horse_id, path, reason, raw, run_id, acknowledged_at
    from public.ingest_rejects
    where ${run ?? null}::bigint is null or run_id = ${run ?? null}::bigint
    order by last_seen_at desc, id desc
    limit ${limit}
  `,
  render: (rows) =>
    rows.map((row) =>
      [
        `${ukTime(row.last_seen_at)}  ${row.feed}, ${row.kind}, race ${row.race_id ?? "-"} of ${
          row.race_date ?? "-"
        }` +
        (row.path === "" ? "" : `, ${row.path}`),
        wrap(row.reason, 80, "  "),
      ].join("\n")
    ).join("\n"),
  none: "Everything could be understood.",
});

interface Alert {
  readonly raised_at: string;
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
}

export const alerts = listCommand<Alert>({
  brief: "Alerts that are open; ends with 1 when there are any",
  example: { input: "--json", brief: "For a program that looks after it" },
  query: (sql, { limit }) =>
    sql`
    select raised_at, kind, subject, message from public.alerts where resolved_at is null
    order by raised_at desc, id desc limit ${limit}
  `,
  render: (rows) =>
    rows.map((row) =>
      `${ukTime(row.raised_at)}  ${row.kind}: ${row.subject}\n${wrap(inCommands(row.message), 80, "  ")}`
    )
      .join("\n"),
  none: "No alert is open.",
  isWell: (rows) => rows.length === 0,
});

interface UsageDay {
  readonly day: string;
  readonly api_calls: number;
  readonly invocations: number;
  readonly log_lines: number;
  readonly database_megabytes: number | null;
}

export const usage = listCommand<UsageDay>({
  brief: "API calls, invocations, log lines and the database's size by day",
  example: { input: "--limit 365", brief: "The days of a year" },
  query: (sql, { limit }) => sql`select * from public.usage_by_day order by day desc limit ${limit}`,
  render: (rows) =>
    renderTable(rows.map((row) => ({
      day: row.day,
      "API calls": row.api_calls,
      invocations: row.invocations,
      "log lines": row.log_lines,
      "database, MB": row.database_megabytes,
    }))),
  none: "Nothing was used yet.",
  limit: 31,
});

interface InvocationTimes {
  readonly run_id: number;
  readonly chunk_id: number;
  readonly feed: string;
  readonly claimed_at: string;
  readonly dispatch_seconds: number | null;
  readonly slot_seconds: number | null;
  readonly fetch_seconds: number | null;
  readonly store_seconds: number | null;
  readonly other_seconds: number | null;
  readonly pages: number | null;
  readonly ended_as: string | null;
}

const WAITED_FOR = {
  "the dispatch": "dispatch_seconds",
  "the rate limit": "slot_seconds",
  "The Racing API": "fetch_seconds",
  "the database": "store_seconds",
  "the rest": "other_seconds",
} as const;

/** "Of 20 invocations, the time went to the rate limit (61 %), The Racing API (20 %), …", the most first. */
export function whereTimeWent(rows: readonly InvocationTimes[]): string {
  const parts = Object.entries(WAITED_FOR).map(([name, column]) => ({
    name,
    seconds: rows.reduce((sum, row) => sum + (row[column] ?? 0), 0),
  }));
  const total = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  if (total === 0) return "No invocation has reported yet where its time went.";
  const shares = parts.toSorted((one, other) => other.seconds - one.seconds)
    .map(({ name, seconds }) => `${name} (${Math.round(100 * seconds / total)} %)`);
  return `Of ${count(rows.length, "invocation")}, the time went to ${shares.join(", ")}.`;
}

export const times = listOfRunCommand<InvocationTimes>({
  brief: "Where the time went, an invocation a line, the newest first; kept for a week",
  example: { input: "--run 3", brief: "Those of one run" },
  query: (sql, { run, limit }) =>
    sql`
    select * from public.invocation_times
    where ${run ?? null}::bigint is null or run_id = ${run ?? null}::bigint
    order by claimed_at desc
    limit ${limit}
  `,
  render: (rows) =>
    [
      renderTable(rows.map((row) => ({
        claimed: ukTime(row.claimed_at),
        feed: row.feed,
        chunk: row.chunk_id,
        pages: row.pages,
        "dispatch s": row.dispatch_seconds,
        "rate limit s": row.slot_seconds,
        "API s": row.fetch_seconds,
        "database s": row.store_seconds,
        "rest s": row.other_seconds,
        "ended as": row.ended_as,
      }))),
      wrap(whereTimeWent(rows), 80),
    ].join("\n"),
  none: "No function has worked within the past week.",
});
