import { buildCommand } from "@stricli/core";
import { renderTable } from "../../command_line/render_table.ts";
import type { Sql } from "../../project/project_database.ts";
import { type Answer, answer, type Session } from "../answer.ts";
import {
  checkRange,
  FEEDS_FLAG,
  FIRST_DAY,
  JSON_FLAG,
  LAST_DAY,
  type Reprocess,
  REPROCESS_FLAG,
} from "../arguments.ts";
import { ask } from "../database.ts";
import { orProblem } from "../answer.ts";
import { duration, number, wrap } from "../rendering/words.ts";

/** What a backfill is made of. */
export interface Request {
  readonly first: string;
  readonly last: string | undefined;
  readonly feeds: readonly string[] | undefined;
  readonly reprocess: Reprocess;
}

interface PlannedFeed {
  readonly feed: string;
  readonly chunks: number;
  readonly api_calls: number;
  readonly minutes: number;
  readonly races: number;
  readonly runners: number;
  readonly megabytes: number;
  readonly invocations: number;
  readonly note: string | null;
}

/** What a backfill would cost; starts nothing. */
export async function findPlan(sql: Sql, { first, last, feeds, reprocess }: Request): Promise<Answer> {
  const data = await ask<PlannedFeed>(
    sql,
    sql`
    select * from public.backfill_plan(
      ${first}::date, ${last ?? null}::date, string_to_array(${
      feeds?.join(",") ?? null
    }::text, ','), ${reprocess}
    )
  `,
  );
  const table = renderTable(data.map((row) => ({
    feed: row.feed,
    chunks: row.chunks,
    "API calls": row.api_calls,
    time: row.minutes === 0 ? "< 6 s" : duration(row.minutes * 60),
    races: row.races,
    runners: row.runners,
    megabytes: row.megabytes,
    invocations: row.invocations,
  })));
  const longest = Math.max(...data.map(({ minutes }) => minutes));
  const megabytes = data.reduce((sum, row) => sum + row.megabytes, 0);
  return {
    data,
    text: [
      table,
      ...data.flatMap(({ note }) => note === null ? [] : [wrap(note, 80)]),
      "",
      `About ${duration(longest * 60)}, and ${number(megabytes)} megabytes. Nothing was started.`,
    ].join("\n"),
  };
}

interface Flags {
  readonly json?: boolean | undefined;
  readonly feeds?: readonly string[] | undefined;
  readonly reprocess: Reprocess;
}

export const plan = buildCommand<Flags, [string, string?], Session>({
  docs: {
    brief: "What a backfill would cost: API calls, time, megabytes; starts nothing",
    customUsage: [{
      input: "2015-01-01 2025-10-31 --feeds results",
      brief: "Without a last day: until today",
    }],
  },
  parameters: {
    flags: { json: JSON_FLAG, feeds: FEEDS_FLAG, reprocess: REPROCESS_FLAG },
    positional: { kind: "tuple", parameters: [FIRST_DAY, LAST_DAY] },
  },
  async func({ json, ...request }, first, last) {
    await orProblem(this, { json }, async () => {
      checkRange(first, last);
      await answer(this, { json }, (sql) => findPlan(sql, { feeds: undefined, ...request, first, last }));
    });
  },
});
