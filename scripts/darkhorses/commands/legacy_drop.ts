import { buildCommand } from "@stricli/core";
import { answer, type JsonFlag, type Session } from "../answer.ts";
import { flag, JSON_FLAG } from "../arguments.ts";
import { askOne } from "../database.ts";
import { inCommands } from "../rendering/in_commands.ts";
import { list } from "../../command_line/option_values.ts";

interface DropFlags extends JsonFlag {
  readonly confirm?: boolean | undefined;
  readonly giveUp?: readonly string[] | undefined;
}

export const drop = buildCommand<DropFlags, [], Session>({
  docs: {
    brief: "Say what removing the old tables would take, or remove them",
    customUsage: [
      { input: "", brief: "Without --confirm it only says what would go" },
      {
        input: "--confirm --give-up ra_odds_live,ra_odds_statistics",
        brief: "Remove them, although these have rows that nothing else has",
      },
    ],
  },
  parameters: {
    flags: {
      json: JSON_FLAG,
      confirm: flag("Remove them; refused while they have rows that nothing else has"),
      giveUp: {
        kind: "parsed",
        parse: (text: string): readonly string[] => list(text, "tables"),
        brief: "Old tables whose rows may be lost, separated by commas",
        placeholder: "tables",
        optional: true,
      },
    },
  },
  async func({ json, confirm = false, giveUp = [] }) {
    await answer(this, { json }, async (sql) => {
      const names = sql`array(select jsonb_array_elements_text(${JSON.stringify(giveUp)}::text::jsonb))`;
      const { says } = await askOne<{ says: string }>(
        sql,
        sql`select public.drop_legacy(confirm => ${confirm}, give_up => ${names}) as says`,
      );
      return { data: { says }, text: inCommands(says) };
    });
  },
});
