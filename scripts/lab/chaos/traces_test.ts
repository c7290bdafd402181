import { assertEquals } from "@std/assert";
import { ALL_FAULTS } from "./fault_kinds.ts";
import { FaultLedger } from "./ledger.ts";
import { describeMissingTraces, findTraces, type LoggedError, type Records } from "./traces.ts";

const NOTHING: Records = { errors: [], functionLog: [], apiCalls: [], overlappingSweeps: 0 };

const error = (row: Partial<LoggedError>): LoggedError => ({
  id: 1,
  chunk: null,
  failureClass: "retried",
  httpStatus: null,
  message: "",
  ...row,
});

/** A ledger whose time stands still. */
const ledgerAt = (time: { now: number }) => new FaultLedger(() => {}, () => time.now);

Deno.test("a fault without its trace is reported, one with a trace is not", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.note("api_500", "results 0");
  const missing = (records: Records) =>
    describeMissingTraces(findTraces(ledger, records), ["api_500", "lost_calls"]);
  assertEquals(missing(NOTHING), [
    "api_500 was injected 1 times and left no trace (ingest_errors: http_status 500).",
  ]);
  assertEquals(missing({ ...NOTHING, errors: [error({ httpStatus: 500 })] }), []);
});

Deno.test("where nothing else ends the invocations, each failure of the API must have its own trace", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.note("api_502", "results 0");
  ledger.note("api_502", "results 100");
  const traces = findTraces(ledger, { ...NOTHING, errors: [error({ httpStatus: 502 })] });
  assertEquals(describeMissingTraces(traces, ["api_502"]), [
    "api_502 should have left 2 traces and left 1 (ingest_errors: http_status 502).",
  ]);
  assertEquals(describeMissingTraces(traces, ["api_502", "killed_after_page"]), []);
});

Deno.test("a lost dispatch is found by its id", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.note("lost_calls", "results 12", { type: "dispatch", id: 12 });
  const traced = (message: string) =>
    findTraces(ledger, { ...NOTHING, errors: [error({ failureClass: "lost_dispatch", message })] })[0]
      ?.traced;
  assertEquals(traced("The dispatch 12 of results, sent at noon, has not arrived"), 1);
  assertEquals(traced("The dispatch 123 of results, sent at noon, has not arrived"), 0);
});

Deno.test("an interruption counts for its own chunk, and only after the fault", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.noteBroken("killed_after_page", "ingest_page 4", {
    leases: [{ chunk: 4, token: "a" }],
    afterError: 10,
  });
  const traced = (row: Partial<LoggedError>) =>
    findTraces(ledger, { ...NOTHING, errors: [error({ failureClass: "interruption", ...row })] })[0]?.traced;
  assertEquals(traced({ id: 11, chunk: 4 }), 1);
  assertEquals(traced({ id: 10, chunk: 4 }), 0);
  assertEquals(traced({ id: 11, chunk: 5 }), 0);
});

Deno.test("a fault in an invocation that was ended meanwhile owes no trace", () => {
  const time = { now: 0 };
  const ledger = ledgerAt(time);
  ledger.note("api_500", "results 0");
  time.now = 1000;
  ledger.broken();
  time.now = 10_000;
  ledger.note("api_500", "results 100");
  assertEquals(findTraces(ledger, NOTHING).map(({ injected, due }) => [injected, due]), [[2, 1]]);
});

Deno.test("an API answer that came while the run was paused owes no trace, because it was ignored", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.note("api_429", "results 500");
  const paused =
    '{"level":"info","event":"page stored","run":1,"chunk":3,"feed":"results","ended":"yielded","reason":"paused","pages":3}';
  const due = (functionLog: string[]) => findTraces(ledger, { ...NOTHING, functionLog })[0]?.due;
  assertEquals([due([]), due([paused]), due([paused.replace("paused", "time")])], [1, 0, 1]);
});

Deno.test("a lease that was already broken owes no second interruption", () => {
  const ledger = ledgerAt({ now: 0 });
  const broken = { leases: [{ chunk: 4, token: "a" }], afterError: 0 };
  ledger.noteBroken("expired_leases", "ingest_page 4", broken);
  ledger.noteBroken("killed_before_page", "ingest_page 4", broken);
  assertEquals(findTraces(ledger, NOTHING).map(({ kind, due }) => [kind, due]), [
    ["killed_before_page", 0],
    ["expired_leases", 1],
  ]);
});

/** A fault that looks for its own traces. */
const witness = (due: number, found: number) => ({
  type: "witness" as const,
  witness: { due: () => due, found: () => found },
});

Deno.test("a fault that knows what is due must find exactly that, whatever else failed", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.note("crowded_queues", "500 requests", witness(1, 1));
  ledger.note("crowded_queues", "450 requests", witness(1, 0));
  ledger.note("weeks_asleep", "ingest_page 3", witness(0, 0));
  const traces = findTraces(ledger, NOTHING);
  assertEquals(describeMissingTraces(traces, ALL_FAULTS), [
    "crowded_queues should have left 2 traces and left 1 (the others' server: all requests arrived).",
  ]);
});

Deno.test("of the invocations that a restart met all must go on, unless something else may have ended one", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.note("long_restarts", "ingest_page 3", witness(2, 1));
  const traces = findTraces(ledger, NOTHING);
  assertEquals(describeMissingTraces(traces, ALL_FAULTS), []);
  assertEquals(describeMissingTraces(traces, ["long_restarts", "api_500"]), [
    "long_restarts should have left 2 traces and left 1 (the earlier lease is used afterwards).",
  ]);
});

Deno.test("traces that others than the invocation write are due even when it is ended", () => {
  const ledger = ledgerAt({ now: 0 });
  ledger.note("short_lives", "isolate 1, 3 s", { type: "of its kind" }, 3000);
  ledger.note("wrong_clocks", "isolate 1, 5 minutes");
  ledger.broken();
  assertEquals(findTraces(ledger, NOTHING).map(({ kind, due }) => [kind, due]), [
    ["wrong_clocks", 1],
    ["short_lives", 1],
  ]);
});

Deno.test("an isolate that is killed before its short life is over owes no trace, and the kind is due again", () => {
  const time = { now: 0 };
  const owed: string[] = [];
  const ledger = new FaultLedger((kind) => owed.push(kind), () => time.now);
  ledger.note("short_lives", "isolate 1, 3 s", { type: "of its kind" }, 3000);
  time.now = 1000;
  ledger.killed();
  assertEquals([findTraces(ledger, NOTHING)[0]?.due, owed], [0, ["short_lives"]]);
});
