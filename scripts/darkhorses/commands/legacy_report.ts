import { buildCommand } from "@stricli/core";
import { renderTable } from "../../command_line/render_table.ts";
import { answer, type JsonFlag, type Session } from "../answer.ts";
import { JSON_FLAG } from "../arguments.ts";
import { ask } from "../database.ts";
import { wrap } from "../rendering/words.ts";

interface Fault {
  readonly fault: string;
  readonly old_rows: number;
  readonly new_rows: number | null;
  readonly not_here: number | null;
}

interface Difference {
  readonly old_table: string;
  readonly column_name: string;
  readonly compared: number;
  readonly same: number;
  readonly changed: number;
  readonly only_old: number;
  readonly only_new: number;
}

export const report = buildCommand<JsonFlag, [], Session>({
  docs: {
    brief: "What was wrong in the old database, what of it still is, and what only it has",
    fullDescription:
      "Counts each fault of the old database there and in the tables of this one, and compares both column by column " +
      "where The Racing API has answered. Takes a minute or two with 1,500,000 runners. docs/legacy_values.md explains " +
      "each line.",
    customUsage: [{ input: "--json", brief: "For a program" }],
  },
  parameters: { flags: { json: JSON_FLAG } },
  async func(flags) {
    await answer(this, flags, async (sql) => {
      const faults = await ask<Fault>(sql, sql`select * from public.legacy_report()`);
      const differences = await ask<Difference>(sql, sql`select * from public.legacy_differences()`);
      return { data: { faults, differences }, text: render(faults, differences) };
    });
  },
});

function render(faults: readonly Fault[], differences: readonly Difference[]): string {
  const compared = differences.filter(({ compared }) => compared > 0);
  return [
    renderTable(faults.map(({ fault, old_rows, new_rows, not_here }) => ({
      fault,
      "in the old": old_rows,
      "still in ours": new_rows,
      "not in ours": not_here,
    }))),
    "",
    wrap("docs/legacy_values.md says what each line means, and what to do about it.", 80),
    "",
    compared.length === 0
      ? wrap("The API has answered none of the old races yet: nothing is compared.", 80)
      : renderTable(compared.map((line) => ({
        "old table": line.old_table,
        column: line.column_name,
        compared: line.compared,
        same: line.same,
        changed: line.changed,
        "only old": line.only_old,
        "only the API": line.only_new,
      }))),
  ].join("\n");
}
