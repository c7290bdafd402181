import { Problem } from "../../command_line/problem.ts";
import { statement } from "../actions.ts";
import { changed, type Step, unchanged } from "../step.ts";

/** A link of the project, as check_setup() judges it. */
interface Link {
  readonly part: string;
  readonly state: "ok" | "waiting" | "warning" | "failed";
  readonly finding: string;
  readonly what_to_do: string | null;
}

const CHECK = statement("select part, state, finding, what_to_do from check_setup()");
const NOTE = statement(
  "update backfill_settings set set_up_at = engine.clock() where set_up_at is null returning set_up_at",
);

/** The first tick of a cron job comes within a minute. */
const PATIENCE_SECONDS = 90;

/** What the database itself says about each link. With this, the project counts as set up. */
export const check: Step = {
  name: "check",
  actions: () => [CHECK, NOTE],
  async run(_project, hands) {
    let links: Link[] = [];
    for (let waited = 0; waited < PATIENCE_SECONDS; waited += 3) {
      links = await hands.query<Link>(CHECK);
      if (links.every(({ state }) => state === "ok" || state === "warning")) break;
      await hands.wait(3000);
    }
    const failed = links.filter(({ state }) => state === "failed");
    if (failed.length > 0) {
      throw new Problem(
        failed.map(({ part, finding, what_to_do }) => [`${part}: ${finding}`, what_to_do].join(" ").trim())
          .join("\n"),
      );
    }
    const remarks = links.filter(({ state }) => state !== "ok").map(({ part, finding }) =>
      `\n    ${part}: ${finding}`
    );
    const says = `${links.length - remarks.length} of ${links.length} links are well${remarks.join("")}`;
    const noted = await hands.query(NOTE);
    return noted.length > 0 ? changed(says) : unchanged(says);
  },
};
