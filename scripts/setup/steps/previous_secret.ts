import { Problem } from "../../command_line/problem.ts";
import { statement } from "../actions.ts";
import { changed, NOTHING_TO_DO, type Step } from "../step.ts";
import { changeSecrets, listSecrets, PREVIOUS, secretDigests, unsetSecrets } from "./function_secrets.ts";

/** A dispatch is claimed within a second, or counts as lost after 15 and is sent again, signed with the new secret. */
const ON_THEIR_WAY = statement(
  "select count(*)::integer as dispatches from engine.dispatches where not engine.dispatch_is_lost(sent_at) and " +
    "sent_at < (select updated_at from vault.secrets where name = 'worker_secret')",
);
const PATIENCE_SECONDS = 150;

/** The end of a change of the worker secret: the functions forget the one of before once nothing is signed with it. */
export const previousSecret: Step = {
  name: "old secret",
  actions: (project) => [listSecrets(project), ON_THEIR_WAY, unsetSecrets(project, [PREVIOUS])],
  async run(project, hands) {
    if (!(await secretDigests(project, hands)).has(PREVIOUS)) return NOTHING_TO_DO;
    for (let waited = 0;; waited += 2) {
      const [left] = await hands.query<{ dispatches: number }>(ON_THEIR_WAY);
      if (left?.dispatches === 0) break;
      if (waited >= PATIENCE_SECONDS) {
        throw new Problem(
          "Dispatches that were signed with the old worker secret are still on their way: the sweep does not run. " +
            "See select * from check_setup(); then run this again.",
        );
      }
      await hands.wait(2000);
    }
    await changeSecrets(unsetSecrets(project, [PREVIOUS]), hands);
    return changed("forgotten by the functions");
  },
};
