import { buildCommand } from "@stricli/core";
import { answer, type JsonFlag, type Session } from "../answer.ts";
import { JSON_FLAG } from "../arguments.ts";
import { ask } from "../database.ts";
import { inCommands } from "../rendering/in_commands.ts";
import { wrap } from "../rendering/words.ts";

interface Link {
  readonly part: string;
  readonly state: "ok" | "waiting" | "warning" | "failed";
  readonly finding: string;
  readonly what_to_do: string | null;
}

/** The functions answer a ping within these; check_setup asks them again only after four. */
const PAUSE_SECONDS = 5;
/** The first tick of a cron job comes within a minute. */
const PATIENCE_SECONDS = 90;

export const check = buildCommand<JsonFlag, [], Session>({
  docs: {
    brief: "Does the project work? Asks every link, waits for the answers; ends with 1 when one fails",
    customUsage: [{ input: "", brief: "Takes five seconds, or up to 90 while something is still to come" }],
  },
  parameters: { flags: { json: JSON_FLAG } },
  async func(flags) {
    await answer(this, flags, async (sql) => {
      const look = () =>
        ask<Link>(sql, sql`select part, state, finding, what_to_do from public.check_setup()`);
      // The first look asks the functions, and shows what they answered at an earlier time.
      await look();
      let data: Link[] = [];
      for (let waited = 0; waited < PATIENCE_SECONDS; waited += PAUSE_SECONDS) {
        await this.wait(PAUSE_SECONDS * 1000);
        data = await look();
        if (data.every(({ state }) => state !== "waiting")) break;
      }
      const wrong = data.filter(({ state }) => state === "failed" || state === "waiting");
      const text = data.map((link) => {
        const style =
          ({ ok: "green", waiting: "yellow", warning: "yellow", failed: "red" } as const)[link.state];
        const lines = [`${this.paint(style, link.state.padEnd(7))}  ${link.part}: ${link.finding}`];
        const advice = link.state === "ok" ? null : link.what_to_do;
        return [...lines, ...(advice === null ? [] : [wrap(inCommands(advice), 80, " ".repeat(9))])].join(
          "\n",
        );
      });
      const verdict = wrong.length === 0
        ? "Everything works."
        : `${wrong.length} of ${data.length} links do not work: mend the first one first.`;
      return { data, text: [...text, "", verdict].join("\n"), isWell: wrong.length === 0 };
    });
  },
});
