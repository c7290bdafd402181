import { buildCommand } from "@stricli/core";
import { answer, orProblem, type Session, UsageProblem } from "../answer.ts";
import {
  checkRange,
  FEEDS_FLAG,
  FIRST_DAY,
  flag,
  JSON_FLAG,
  LAST_DAY,
  type Reprocess,
  REPROCESS_FLAG,
} from "../arguments.ts";
import { askOne } from "../database.ts";
import { describeStarted } from "../started.ts";
import { findPlan } from "./plan.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly feeds?: readonly string[] | undefined;
  readonly reprocess: Reprocess;
  readonly newestFirst?: boolean | undefined;
  readonly oldestFirst?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export const start = buildCommand<Flags, [string, string?], Session>({
  docs: {
    brief: "Start a backfill",
    fullDescription:
      "Starts a backfill of the days from the first to the last, both included; without a last day until " +
      "today. What is stored already is not pulled again, unless --reprocess all says so.",
    customUsage: [
      { input: "2015-01-01", brief: "Everything since 2015" },
      { input: "2024-01-01 2024-12-31 --feeds results", brief: "The results of a year" },
      { input: "2015-01-01 --dry-run", brief: "What it would cost, as plan says it" },
    ],
  },
  parameters: {
    flags: {
      json: JSON_FLAG,
      feeds: FEEDS_FLAG,
      reprocess: REPROCESS_FLAG,
      newestFirst: flag("Begin with the newest month, which is what happens without this too"),
      oldestFirst: flag("Begin with the oldest month"),
      dryRun: flag("Say what it would cost and start nothing"),
    },
    positional: { kind: "tuple", parameters: [FIRST_DAY, LAST_DAY] },
  },
  async func({ json, dryRun, newestFirst, oldestFirst, feeds, reprocess }, first, last) {
    await orProblem(this, { json }, async () => {
      checkRange(first, last);
      if (newestFirst && oldestFirst) {
        throw new UsageProblem("Give --newest-first or --oldest-first, not both.");
      }
      await answer(this, { json }, async (sql) => {
        if (dryRun) return await findPlan(sql, { first, last, feeds, reprocess });
        const { run_id } = await askOne<{ run_id: number }>(
          sql,
          sql`
          select public.backfill_start(
            ${first}::date, ${last ?? null}::date, string_to_array(${feeds?.join(",") ?? null}::text, ','),
            ${!oldestFirst}, ${reprocess}
          ) as run_id
        `,
        );
        return await describeStarted(sql, run_id);
      });
    });
  },
});
