import type { Sql } from "../project/project_database.ts";
import type { Answer } from "./answer.ts";
import { duration } from "./rendering/words.ts";
import { readStatuses } from "./statuses.ts";

/** What is told of a run that was just started. */
export async function describeStarted(sql: Sql, run: number): Promise<Answer> {
  const [status] = await readStatuses(sql, { run, limit: 1 });
  if (status === undefined) throw new Error(`Run ${run} is not in backfill_status_details`);
  const text = status.chunks_total === 0
    ? `Run ${run} has nothing to do. ${status.what_to_do}`
    : `Run ${run} is started: ${status.start_date} to ${status.end_date}, ${status.feeds.join(", ")}, ` +
      `${status.chunks_total} ${status.chunks_total === 1 ? "chunk" : "chunks"}, about ${
        duration(status.seconds_left ?? 0)
      }.\nWatch it: deno task darkhorses watch --run ${run}`;
  return { data: status, text };
}
