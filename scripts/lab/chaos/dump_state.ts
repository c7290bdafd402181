import { renderTable } from "../../command_line/render_table.ts";
import type { FaultLedger } from "./ledger.ts";
import { patiently } from "../world/patiently.ts";
import type { ChaosWorld } from "./world.ts";

const LINES = 400;

/** What the tables and logs say, for finding the cause. */
export async function dumpState({ sql, functionLog }: ChaosWorld, ledger: FaultLedger): Promise<string> {
  const chunks = await patiently(() =>
    sql`
      select
        id::integer, feed, period_start::text, state, cursor_day::text, cursor_skip, api_total, attempts, interruptions,
        repulls, round(extract(epoch from lease_until - engine.clock()))::integer as lease_seconds,
        round(extract(epoch from next_attempt_at - engine.clock()))::integer as due_in_seconds, last_error
      from backfill_progress
      order by id
    `
  );
  const errors = await patiently(() =>
    sql`
      select id::integer, occurred_at::text, chunk_id::integer,
        feed, failure_class, http_status, attempt, left(message, 120) as message
      from ingest_errors
      order by id desc
      limit 40
    `
  );
  return [
    "Chunks:",
    renderTable(chunks),
    "Newest errors:",
    renderTable(errors),
    "Faults, in the order of injection:",
    renderTable(ledger.injections.map(({ kind, about, at, evidence }) => ({
      "after seconds": Math.round((at - (ledger.injections[0]?.at ?? at)) / 100) / 10,
      kind,
      "evidence": evidence.type,
      about,
    }))),
    "The functions' log:",
    ...functionLog().slice(-LINES),
  ].join("\n");
}
