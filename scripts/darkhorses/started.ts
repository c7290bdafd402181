import type { Sql } from "../project/project_database.ts";
import type { Answer } from "./answer.ts";
import { ask } from "./database.ts";
import { duration } from "./rendering/words.ts";
import { readStatuses } from "./statuses.ts";

/** What is told of a run that was just started. */
export async function describeStarted(sql: Sql, run: number): Promise<Answer> {
  const [status] = await readStatuses(sql, { run, limit: 1 });
  if (status === undefined) throw new Error(`Run ${run} is not in backfill_status_details`);
  const pulled = await ask<{ feed: string }>(
    sql,
    sql`select distinct feed from public.backfill_progress where run_id = ${run}`,
  );
  const stored = status.feeds.filter((feed) => pulled.every((each) => each.feed !== feed));
  const note = stored.length === 0 || pulled.length === 0
    ? ""
    : `All of ${
      stored.join(" and ")
    } is stored, or the API has none of these days; --reprocess all pulls it again.\n`;
  const text = status.chunks_total === 0
    ? `Run ${run} has nothing to do. ${status.what_to_do}`
    : `Run ${run} is started: ${status.start_date} to ${status.end_date}, ${status.feeds.join(", ")}, ` +
      `${status.chunks_total} ${status.chunks_total === 1 ? "chunk" : "chunks"}, about ${
        duration(status.seconds_left ?? 0)
      }.\n${note}Watch it: npx -y deno task darkhorses watch --run ${run}`;
  return { data: status, text };
}
