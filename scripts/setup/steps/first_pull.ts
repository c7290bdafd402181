import { Problem } from "../../command_line/problem.ts";
import { open, statement } from "../actions.ts";
import type { Hands } from "../hands.ts";
import { changed, type Step, unchanged } from "../step.ts";

const SET_UP = statement("select set_up_at::date::text as set_up_on from backfill_settings");
const LIVE = statement(
  "select run.id::integer as run_id from backfill_runs as run join backfill_status as status on " +
    "status.run_id = run.id where run.feeds = '{masters}' and status.state in ('waiting', 'running') " +
    "order by run.id desc limit 1",
);
/** One that has arrived since the last change, before an interruption. */
const ARRIVED = statement(
  "select run.id::integer as run_id from backfill_runs as run join backfill_status as status on " +
    "status.run_id = run.id where run.feeds = '{masters}' and status.state = 'succeeded' and " +
    "run.created_at > greatest(" +
    "(select max(deployed_at) from engine.deployments), (select max(updated_at) from vault.secrets)) limit 1",
);
const PULL = statement("select pull_masters()::integer as run_id");
const status = (run: number) =>
  statement("select state, what_to_do, last_error from backfill_status where run_id = $1", open(run));
const PING = statement("select engine.ping_functions()");
const NEWEST = statement("select coalesce(max(id), 0)::text as id from engine.pings");
/** Of a function whose newest ping is not answered yet, an older one. */
const PINGS = statement(
  "select ping_id::text, outcome, account, finding, what_to_do from engine.ping_outcomes()",
);
const COUNTS = statement(
  "select (select count(*) from ra_mst_regions)::integer as regions, " +
    "(select count(*) from ra_mst_courses)::integer as courses, " +
    "(select count(*) from ra_mst_bookmakers)::integer as bookmakers",
);

interface PingOutcome {
  readonly ping_id: string;
  readonly outcome: string;
  readonly account: string | null;
  readonly finding: string;
  readonly what_to_do: string;
}

interface RunStatus {
  readonly state: string;
  readonly what_to_do: string;
  readonly last_error: string | null;
}

/** The masters are two API calls. */
const PATIENCE_SECONDS = 180;
/** A hint such as "answered 401" may be of a dispatch of before, which the next one replaces. */
const HINT_SECONDS = 30;

/** The proof that all of it works: the masters go the way of every pull, and arrive. */
export const firstPull: Step = {
  name: "first pull",
  actions: () => [SET_UP, ARRIVED, LIVE, NEWEST, PING, PINGS, PULL, status(1), COUNTS],
  async run(_project, hands, changedSoFar) {
    const [settings] = await hands.query<{ set_up_on: string | null }>(SET_UP);
    if (settings?.set_up_on && !changedSoFar) return unchanged(`done on ${settings.set_up_on}`);
    if (!changedSoFar && (await hands.query(ARRIVED)).length > 0) {
      return unchanged("the masters have arrived");
    }
    const [live] = await hands.query<{ run_id: number }>(LIVE);
    if (live === undefined) await waitForPings(hands);
    const [run] = live === undefined ? await hands.query<{ run_id: number }>(PULL) : [live];
    await waitUntilSucceeded(run?.run_id ?? 0, hands);
    const [counts] = await hands.query<{ regions: number; courses: number; bookmakers: number }>(COUNTS);
    return changed(
      `masters: ${counts?.regions} regions, ${counts?.courses} courses, ${counts?.bookmakers} bookmakers`,
    );
  },
};

/** A function reports within a second or two, pg_net gives up after five. */
const PING_SECONDS = 30;

/** Lets the functions say whether they work: a start is refused for what they last said, and says less about it. */
async function waitForPings(hands: Hands): Promise<void> {
  const [newest] = await hands.query<{ id: string }>(NEWEST);
  const isOurs = ({ ping_id }: PingOutcome) => BigInt(ping_id) > BigInt(newest?.id ?? 0);
  await hands.query(PING);
  for (let waited = 0; waited < PING_SECONDS; waited++) {
    const pings = await hands.query<PingOutcome>(PINGS);
    const failed = pings.find((ping) => isOurs(ping) && !["pending", "reported"].includes(ping.outcome));
    if (failed !== undefined) throw new Problem(`${failed.finding} ${failed.what_to_do}`);
    if (pings.every((ping) => isOurs(ping) && ping.account !== null)) return;
    await hands.wait(1000);
  }
}

async function waitUntilSucceeded(run: number, hands: Hands): Promise<void> {
  let hint = "";
  let hintedFor = 0;
  for (let waited = 0;; waited++) {
    const [now] = await hands.query<RunStatus>(status(run));
    if (now?.state === "succeeded") return;
    const advice = now?.what_to_do ?? "";
    if (now === undefined || ["paused", "completed_with_failures", "cancelled"].includes(now.state)) {
      throw new Problem(
        `The first pull (run ${run}) is ${now?.state ?? "gone"}: ${now?.last_error ?? advice}`,
      );
    }
    hintedFor = advice === hint && !advice.startsWith("Wait") ? hintedFor + 1 : 0;
    hint = advice;
    if (hintedFor >= HINT_SECONDS || waited >= PATIENCE_SECONDS) {
      throw new Problem(
        `The first pull (run ${run}) is still ${now.state} after ${waited} seconds. ${advice} ` +
          "See: select * from check_setup(); then run this again.",
      );
    }
    await hands.wait(1000);
  }
}
