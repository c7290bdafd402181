import { buildCommand } from "@stricli/core";
import { answer, orProblem, type Session } from "../answer.ts";
import { checkRange, flag, JSON_FLAG, LAST_DAY, readDay } from "../arguments.ts";
import { askOne } from "../database.ts";
import { describeStarted } from "../started.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly again?: boolean | undefined;
}

export const copy = buildCommand<Flags, [string?, string?], Session>({
  docs: {
    brief: "Copy what only the old database has, in the background, newest month first",
    fullDescription:
      "Copies what only the old database has into the tables of this one, newest month first, while no other feed has " +
      "anything to do. Pull what The Racing API has first: see start. What the API said is never changed, and what it " +
      "says later replaces what was copied. Watch, pause and cancel it like any run.",
    customUsage: [
      { input: "", brief: "All of it" },
      { input: "2015-01-01 2022-12-31", brief: "These days" },
      { input: "--again", brief: "Also what was copied before: for odds, once they are wanted" },
    ],
  },
  parameters: {
    flags: { json: JSON_FLAG, again: flag("Copy again what was copied before") },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: readDay, brief: "First day, as YYYY-MM-DD", placeholder: "first-day", optional: true },
        LAST_DAY,
      ],
    },
  },
  async func({ json, again = false }, first, last) {
    await orProblem(this, { json }, async () => {
      checkRange(first, last);
      await answer(this, { json }, async (sql) => {
        const { run_id } = await askOne<{ run_id: number }>(
          sql,
          sql`select public.legacy_copy(${first ?? null}::date, ${last ?? null}::date, ${again}) as run_id`,
        );
        return await describeStarted(sql, run_id);
      });
    });
  },
});
