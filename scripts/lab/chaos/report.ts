import { renderTable } from "../../command_line/render_table.ts";
import { FAULT_KINDS } from "./fault_kinds.ts";
import { type ChaosOptions, repeatCommand } from "./options.ts";
import type { DayRange, SeedOutcome } from "./run_seed.ts";
import type { Trace } from "./traces.ts";

/** The traces of all seeds, summed up by kind. */
export function sumTraces(outcomes: readonly Pick<SeedOutcome, "traces">[]): Trace[] {
  const sums = new Map<string, Trace>();
  for (const trace of outcomes.flatMap(({ traces }) => traces)) {
    const sum = sums.get(trace.kind);
    sums.set(trace.kind, {
      kind: trace.kind,
      injected: (sum?.injected ?? 0) + trace.injected,
      due: (sum?.due ?? 0) + trace.due,
      traced: (sum?.traced ?? 0) + trace.traced,
    });
  }
  return Object.keys(FAULT_KINDS).flatMap((kind) => sums.get(kind) ?? []);
}

/** What is printed at the end. */
export function renderOutcomes(outcomes: readonly SeedOutcome[], options: ChaosOptions): string {
  const seeds = outcomes.map((outcome) => ({
    "seed": outcome.seed,
    "seconds": outcome.seconds,
    "API calls": outcome.apiCalls,
    "invocations killed": outcome.invocationsKilled,
    "interruptions": outcome.interruptions,
    "minutes passed over": outcome.minutesPassedOver,
    "faults": outcome.traces.reduce((sum, { injected }) => sum + injected, 0),
    "result": outcome.failures.length === 0 ? "passed" : "FAILED",
  }));
  const kinds = sumTraces(outcomes).map(({ kind, injected, due, traced }) => ({
    "fault": kind,
    injected,
    "traces due": due,
    "found": traced,
    "where": FAULT_KINDS[kind].traceIn,
  }));
  const failed = outcomes.filter(({ failures }) => failures.length > 0);
  const sentences = failed.flatMap(({ seed, failures }) => [
    ...failures.map((failure) => `seed ${seed}: ${failure}`),
    `seed ${seed}: repeat it with ${repeatCommand(options, seed)}`,
  ]);
  const passed = outcomes.length - failed.length;
  return [
    renderTable(seeds),
    renderTable(kinds),
    [...sentences, `${passed} of ${outcomes.length} seeds passed.`].join("\n"),
  ].join("\n\n");
}

/** The same as one line for programs. */
export function toJson(outcomes: readonly SeedOutcome[], range: DayRange): string {
  return JSON.stringify({
    passed: outcomes.every(({ failures }) => failures.length === 0),
    start_date: range.start,
    end_date: range.end,
    seeds: outcomes.map((outcome) => ({
      seed: outcome.seed,
      seconds: outcome.seconds,
      api_calls: outcome.apiCalls,
      invocations_killed: outcome.invocationsKilled,
      interruptions: outcome.interruptions,
      minutes_passed_over: outcome.minutesPassedOver,
      failures: outcome.failures,
    })),
    faults: Object.fromEntries(
      sumTraces(outcomes).map(({ kind, injected, due, traced }) => [kind, { injected, due, traced }]),
    ),
  });
}
