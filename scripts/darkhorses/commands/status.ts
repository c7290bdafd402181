import { buildCommand } from "@stricli/core";
import { answer, type Session, UsageProblem } from "../answer.ts";
import { JSON_FLAG, LIMIT_FLAG, RUN_FLAG } from "../arguments.ts";
import { renderRun } from "../rendering/runs.ts";
import { NEEDS_SOMEBODY, readStatuses } from "../statuses.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly run?: number | undefined;
  readonly limit: number;
}

export const status = buildCommand<Flags, [], Session>({
  docs: {
    brief: "How far each run is, and what to do; ends with 1 when one is paused or has failures",
    customUsage: [{
      input: "--run 3",
      brief: "One run; without it those that are not over first, then the newest",
    }],
  },
  parameters: { flags: { json: JSON_FLAG, run: RUN_FLAG, limit: { ...LIMIT_FLAG, default: "5" } } },
  async func({ run, limit, ...flags }) {
    await answer(this, flags, async (sql) => {
      const data = await readStatuses(sql, { run, limit });
      if (run !== undefined && data.length === 0) throw new UsageProblem(noRun(run));
      const runs = data.map((each) => renderRun(each, this.paint)).join("\n\n");
      return {
        data,
        text: runs || "There is no run yet. Start one: npx -y deno task darkhorses start 2015-01-01",
        isWell: data.every(({ state }) => !NEEDS_SOMEBODY.includes(state)),
      };
    });
  },
});

export const noRun = (run: number): string =>
  `There is no run ${run}: "darkhorses status" lists those that there are.`;
