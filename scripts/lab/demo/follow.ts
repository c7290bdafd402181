import { Problem } from "../../command_line/problem.ts";
import { WatchDisplay } from "../../darkhorses/rendering/watch_display.ts";
import { GOES_ON, type RunStatus } from "../../darkhorses/statuses.ts";
import type { Screen } from "../../darkhorses/surroundings.ts";
import { readSnapshot } from "../../darkhorses/watch_data.ts";
import type { Sql } from "../platform/database.ts";

const POLL_MILLISECONDS = 500;
/** Where a view cannot replace itself, print a line only now and then. */
const LINE_EVERY_MILLISECONDS = 5000;
/** Longer than a hop and a slow page together. */
const QUIET_MILLISECONDS = 15_000;
/** Longer than the first attempt after a failure takes to come, and two sweeps. */
const GIVE_UP_MILLISECONDS = 120_000;

/** What `followRun` needs in addition to the run. */
export interface FollowOptions {
  readonly screen: Screen;
  /** Shown when nothing moves: where to look. */
  readonly logFile: string;
  /** Keeps that file and returns its new path. */
  readonly keepLog: () => string;
  /** From one look to the next. Default: 500. */
  readonly pollMilliseconds?: number;
  /** Milliseconds, as of `performance.now`. */
  readonly now?: () => number;
}

/**
 * Shows a run's progress as "darkhorses watch" does, until it has ended or is paused, and resolves to its last status.
 * Says once where to look when nothing moves.
 *
 * @throws {Problem} when nothing has moved for two minutes, with what `backfill_status` says is to be done
 */
export async function followRun(sql: Sql, runId: number, options: FollowOptions): Promise<RunStatus> {
  const { screen, logFile, keepLog, pollMilliseconds = POLL_MILLISECONDS, now = () => performance.now() } =
    options;
  const display = new WatchDisplay(screen, false);
  let shownError = "";
  let shownAt = -Infinity;
  let before = "";
  let movedAt = now();
  let saidSo = false;
  try {
    while (true) {
      const snapshot = await readSnapshot(sql, runId, 0);
      if (snapshot === undefined) throw new Error(`Run ${runId} is not in backfill_status_details`);
      const { run, errors } = snapshot;
      const ended = !GOES_ON.includes(run.state);
      const error = JSON.stringify(errors[0] ?? "");
      const moment = now();
      if (
        screen.live || ended || error !== shownError || moment - shownAt >= LINE_EVERY_MILLISECONDS
      ) {
        display.show(snapshot);
        shownError = error;
        shownAt = moment;
      }
      if (ended) return run;
      const moved = `${run.api_calls} ${run.percent} ${run.chunks_succeeded}`;
      const quiet = moment - movedAt;
      if (moved !== before) {
        before = moved;
        movedAt = moment;
        saidSo = false;
      } else if (quiet > GIVE_UP_MILLISECONDS) {
        throw new Problem(
          `Nothing has moved for two minutes: given up. The database says: ${run.what_to_do}` +
            (run.last_error === null ? "" : ` The last error: ${run.last_error}`) +
            `\nWhat the functions logged is in ${keepLog()}.`,
        );
      } else if (quiet > QUIET_MILLISECONDS && !saidSo) {
        saidSo = true;
        display.message(
          `Nothing has moved for ${QUIET_MILLISECONDS / 1000} s; the functions' log is ${logFile}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    }
  } finally {
    display.done();
  }
}
