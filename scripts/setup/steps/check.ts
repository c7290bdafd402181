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

/** The first tick of a cron job comes within a minute, and pg_cron counts as dead after three. */
const PATIENCE_SECONDS = 200;
/** What is worth a remark, and is not for the set-up to mend. */
const REMARKS = ["database size", "webhook", "API plan"];
const isRemark = ({ part, state }: Link) => state === "warning" || REMARKS.includes(part);

/** What the database itself says about each link. With this, the project counts as set up. */
export const check: Step = {
  name: "check",
  actions: () => [CHECK, NOTE],
  async run(_project, hands) {
    let links: Link[] = [];
    for (let waited = 0; waited < PATIENCE_SECONDS; waited += 3) {
      links = await hands.query<Link>(CHECK);
      if (links.every((link) => link.state === "ok" || isRemark(link))) break;
      await hands.wait(3000);
    }
    const failed = links.filter((link) => link.state !== "ok" && !isRemark(link));
    if (failed.length > 0) {
      throw new Problem(
        failed.map(({ part, finding, what_to_do }) => [`${part}: ${finding}`, what_to_do].join(" ").trim())
          .join("\n"),
      );
    }
    const remarks = links.filter(({ state }) => state !== "ok").map(({ part, finding }) =>
      `\n    ${part}: ${finding}`
    );
    const says = `${links.length - remarks.length} of ${links.length} links work${remarks.join("")}`;
    const noted = await hands.query(NOTE);
    return noted.length > 0 ? changed(says) : unchanged(says);
  },
};
