import { statement } from "../actions.ts";
import { changed, type Step, unchanged } from "../step.ts";

const STATE = statement(
  "select schedules_started_on is not null as are_on, set_up_at is not null as was_set_up from backfill_settings",
);
const START = statement("select count(*)::integer as schedules from start_schedules()");

/** The daily pulls: switched on by the first set-up, and from then on as the operator left them. */
export const schedules: Step = {
  name: "schedules",
  actions: () => [STATE, START],
  async run(_project, hands) {
    const [state] = await hands.query<{ are_on: boolean; was_set_up: boolean }>(STATE);
    if (state?.are_on) return unchanged("on");
    if (state?.was_set_up) {
      return unchanged("off, as you left them (on with: select * from start_schedules();)");
    }
    const [started] = await hands.query<{ schedules: number }>(START);
    return changed(`on: ${started?.schedules} schedules, in UK time, in the table pull_schedules`);
  },
};
