import { statement } from "../actions.ts";
import { changed, type Step, unchanged } from "../step.ts";

const JOBS = statement(
  "select jobname, schedule, command, active from cron.job where jobname like 'engine-%' order by jobname",
);
const SCHEDULE = statement("select engine.schedule_jobs()");

/** The cron jobs of the engine, which the schema brings and an uninstall takes away. */
export const cronJobs: Step = {
  name: "cron jobs",
  actions: () => [JOBS, SCHEDULE],
  async run(_project, hands) {
    const before = await hands.query<{ jobname: string }>(JOBS);
    await hands.query(SCHEDULE);
    const after = await hands.query<{ jobname: string }>(JOBS);
    const names = after.map(({ jobname }) => jobname.replace(/^engine-/, "")).join(", ");
    return JSON.stringify(before) === JSON.stringify(after) ? unchanged(names) : changed(names);
  },
};
