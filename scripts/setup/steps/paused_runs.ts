import { open, statement } from "../actions.ts";
import { changed, NOTHING_TO_DO, type Step, unchanged } from "../step.ts";

/** A run that an operator paused stays paused, and so does one that the account's plan is too low for. */
const PAUSED = statement(
  "select run.id::integer as run_id from backfill_runs as run join backfill_status as status on " +
    "status.run_id = run.id where status.state = 'paused' and run.pause_reason not like 'Paused by %' " +
    "and run.pause_reason !~* 'plan required|add-on' order by run.id",
);
const list = (runs: readonly number[]) => runs.map((run) => `run ${run}`).join(", ");
const resume = (run: number) => statement("select backfill_resume($1)", open(run));

/**
 * Runs that paused themselves because The Racing API refused the account, which it accepts now, or because the database
 * had no room. The database refuses to resume those that still have none.
 */
export const pausedRuns: Step = {
  name: "paused runs",
  actions: () => [PAUSED, resume(1)],
  async run(_project, hands) {
    const runs = (await hands.query<{ run_id: number }>(PAUSED)).map(({ run_id }) => run_id);
    for (const run of runs) {
      try {
        await hands.query(resume(run));
      } catch (error) {
        if (!(error instanceof Error && error.message.includes("has no room"))) throw error;
      }
    }
    if (runs.length === 0) return NOTHING_TO_DO;
    const paused = (await hands.query<{ run_id: number }>(PAUSED)).map(({ run_id }) => run_id);
    const resumed = runs.filter((run) => !paused.includes(run));
    if (resumed.length === 0) return unchanged(`${list(paused)}: the database has no room for them`);
    return changed(`resumed ${list(resumed)}: the API accepts the account, and the database has room`);
  },
};
