import { buildCommand } from "@stricli/core";
import { answer, type JsonFlag, type Session } from "../answer.ts";
import { JSON_FLAG, RUN } from "../arguments.ts";
import { askOne } from "../database.ts";
import { readStatuses } from "../statuses.ts";

type Verb = "pause" | "resume" | "cancel" | "retry";

/** A command that changes the state of a run; the database refuses what that state does not allow. */
function steer(verb: Verb, brief: string, done: string) {
  return buildCommand<JsonFlag, [number], Session>({
    docs: { brief, customUsage: [{ input: "3", brief: "The run's number is in status" }] },
    parameters: { flags: { json: JSON_FLAG }, positional: { kind: "tuple", parameters: [RUN] } },
    async func(flags, run) {
      await answer(this, flags, async (sql) => {
        const call = sql.unsafe(`public.backfill_${verb}`);
        await askOne(sql, sql`select ${call}(${run}::bigint)`);
        const [data] = await readStatuses(sql, { run, limit: 1 });
        return { data, text: `Run ${run} ${done}. ${data?.what_to_do ?? ""}`.trim() };
      });
    },
  });
}

export const pause = steer("pause", "Pause a run: pages in flight are stored", "is paused");
export const resume = steer("resume", "Resume a paused run where it stopped", "goes on");
export const cancel = steer("cancel", "End a run for good; what it stored stays", "is cancelled");
export const retry = steer("retry", "Try the dead chunks of a run again", "tries its dead chunks again");
