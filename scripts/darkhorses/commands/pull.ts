import { buildCommand } from "@stricli/core";
import { answer, orProblem, type Session, UsageProblem } from "../answer.ts";
import { checkRange, FEEDS_FLAG, flag, JSON_FLAG, LAST_DAY, readDay } from "../arguments.ts";
import { askOne } from "../database.ts";
import { describeStarted } from "../started.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly feeds?: readonly string[] | undefined;
  readonly today?: boolean | undefined;
  readonly yesterday?: boolean | undefined;
  readonly masters?: boolean | undefined;
}

export const pull = buildCommand<Flags, [string?, string?], Session>({
  docs: {
    brief: "Pull days again by hand, before any backfill, even if they are stored",
    customUsage: [
      { input: "2026-10-03 2026-10-05", brief: "These days, 31 at most" },
      { input: "--today --feeds racecards", brief: "Today's cards" },
      { input: "--yesterday --feeds results", brief: "Yesterday's results" },
      { input: "--masters", brief: "Courses, regions and bookmakers" },
    ],
  },
  parameters: {
    flags: {
      json: JSON_FLAG,
      feeds: FEEDS_FLAG,
      today: flag("Today, by the UK's clock"),
      yesterday: flag("Yesterday, by the UK's clock"),
      masters: flag("The masters, which have no days"),
    },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: readDay, brief: "First day, as YYYY-MM-DD", placeholder: "first-day", optional: true },
        LAST_DAY,
      ],
    },
  },
  async func({ json, feeds, today, yesterday, masters }, first, last) {
    await orProblem(this, { json }, async () => {
      const named = [first !== undefined, today, yesterday, masters].filter(Boolean).length;
      if (named !== 1) {
        throw new UsageProblem(
          "Say what to pull: either days, or one of --today, --yesterday and --masters.",
        );
      }
      if (masters && feeds !== undefined) {
        throw new UsageProblem("--masters is a feed itself: leave --feeds out.");
      }
      checkRange(first, last);
      await answer(this, { json }, async (sql) => {
        const day = first === undefined
          ? sql`engine.london_day() - ${yesterday ? 1 : 0}::integer`
          : sql`${first}::date`;
        const { run_id } = await askOne<{ run_id: number }>(
          sql,
          masters ? sql`select public.pull_masters() as run_id` : sql`
            select public.pull_days(
              ${day}, ${last ?? null}::date, string_to_array(${feeds?.join(",") ?? null}::text, ',')
            ) as run_id
          `,
        );
        return await describeStarted(sql, run_id);
      });
    });
  },
});
