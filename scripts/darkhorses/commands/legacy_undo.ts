import { buildCommand } from "@stricli/core";
import { answer, type JsonFlag, type Session } from "../answer.ts";
import { JSON_FLAG } from "../arguments.ts";
import { askOne } from "../database.ts";
import { Problem } from "../../command_line/problem.ts";

interface Found {
  readonly is_taken_over: boolean;
  /** False where only the first migration came through. */
  readonly has_ours: boolean;
}

export const undo = buildCommand<JsonFlag, [], Session>({
  docs: {
    brief: "Put the old tables back under their names, while nothing of ours was filled",
    customUsage: [{ input: "", brief: "Refused once a race is stored; removes our empty tables" }],
  },
  parameters: { flags: { json: JSON_FLAG } },
  async func(flags) {
    await answer(this, flags, async (sql) => {
      const found = await askOne<Found>(
        sql,
        sql`select to_regprocedure('legacy_data.put_back()') is not null as is_taken_over,
          to_regprocedure('public.legacy_undo()') is not null as has_ours`,
      );
      if (!found.is_taken_over) {
        throw new Problem("Nothing was taken over from an old system: there is nothing to put back.");
      }
      const call = found.has_ours ? sql`public.legacy_undo()` : sql`legacy_data.put_back()`;
      const { says } = await askOne<{ says: string }>(sql, sql`select ${call} as says`);
      const next = found.has_ours
        ? " Functions and secrets of the project are still there: npx -y deno task uninstall"
        : "";
      return { data: { says }, text: `${says}${next}` };
    });
  },
});
