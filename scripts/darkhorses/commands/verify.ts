import { buildCommand } from "@stricli/core";
import { renderTable } from "../../command_line/render_table.ts";
import { answer, type JsonFlag, type Session } from "../answer.ts";
import { JSON_FLAG } from "../arguments.ts";
import { askVerification } from "../verification.ts";

export const verify = buildCommand<JsonFlag, [], Session>({
  docs: {
    brief: "Three checks of a filled database; ends with 1 when it is empty, or races have no runners",
    customUsage: [{ input: "--json", brief: "The rows of each check" }],
  },
  parameters: { flags: { json: JSON_FLAG } },
  async func(flags) {
    await answer(this, flags, async (sql) => {
      const data = await askVerification(sql);
      const races = Number(data.at(-1)?.rows[0]?.["races"] ?? 0);
      const withRunners = Number(data.at(-1)?.rows[0]?.["with_runners"] ?? 0);
      const text = data.map(({ title, rows }) => `${this.paint("bold", title)}\n${renderTable(rows)}`).join(
        "\n\n",
      );
      const verdict = races === 0
        ? "There is no race yet: npx -y deno task darkhorses start 2015-01-01"
        : withRunners < races
        ? `${races - withRunners} races have no runners: see "darkhorses rejects".`
        : "Every race has runners.";
      return { data, text: `${text}\n\n${verdict}`, isWell: races > 0 && withRunners === races };
    });
  },
});
