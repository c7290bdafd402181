import type { Sql } from "../platform/database.ts";
import { pause } from "../platform/waiting.ts";
import type { Mutex } from "./mutex.ts";
import { patiently } from "../world/patiently.ts";
import type { World } from "../world/world.ts";
import type { ChaosWorld } from "./world.ts";

/**
 * Longer than any step between pg_net's queue and an isolate takes, so that a request in transit has arrived by then.
 * pg_net's pause of a second between two batches does not matter: waiting requests are visible in its queue.
 */
const STILL_MILLISECONDS = 500;
const POLL_MILLISECONDS = 100;
/**
 * The real sweep runs every minute. Here it runs often while invocations work, so that it meets many different states.
 */
const SWEEP_UNDER_WORK_MILLISECONDS = 2500;
const SHOW_MILLISECONDS = 5000;

/** How a run is brought to its end. */
export interface DriveOptions {
  readonly world: ChaosWorld;
  readonly mutex: Mutex;
  readonly runId: number;
  /** Real time after which it is given up. */
  readonly deadlineSeconds: number;
  /** Whether the run is paused and is going to be resumed. */
  readonly isHeld?: () => boolean;
  /** A cron tick; the default sweeps once. */
  readonly sweep: (minute: Date) => Promise<void>;
  readonly show: (line: string) => void;
}

interface Progress {
  readonly state: string;
  readonly percent: number;
  readonly now: Date;
  readonly queued: number;
}

/**
 * Follows a run until it has ended. While an invocation works, time passes by itself. After a while without one, moves
 * time forward to the next minute and sweeps. Resolves to the run's last state; `gave up` after the deadline.
 */
export async function driveToEnd(options: DriveOptions): Promise<string> {
  const { world, mutex, sweep } = options;
  const deadline = performance.now() + options.deadlineSeconds * 1000;
  let aliveAt = performance.now();
  let sweptAt = performance.now();
  let shownAt = -Infinity;
  let seenPaused = false;
  while (performance.now() < deadline) {
    const { state, percent, now, queued } = await readProgress(world.sql, options.runId);
    const at = performance.now();
    if (at - shownAt > SHOW_MILLISECONDS) {
      shownAt = at;
      options.show(`${state}, ${percent} %, ${Math.round(world.time.minutes)} minutes passed over`);
    }
    const isPaused = state === "paused" && !options.isHeld?.();
    // Seen twice, because it may have been resumed or paused since the state was read.
    if (isPaused ? seenPaused : !["waiting", "running", "paused"].includes(state)) return state;
    seenPaused = isPaused;
    if (queued > 0 || world.isAlive()) {
      aliveAt = at;
      if (at - sweptAt > SWEEP_UNDER_WORK_MILLISECONDS) {
        sweptAt = at;
        await mutex.run(() => sweep(now));
      }
    } else if (at - aliveAt > STILL_MILLISECONDS) {
      sweptAt = at;
      await mutex.run(async () => await sweep(await world.toNextMinute()));
    }
    await pause(POLL_MILLISECONDS);
  }
  return "gave up";
}

/** Waits until no invocation works and no request is in transit. */
export async function untilStill(world: Pick<World, "isAlive" | "queuedRequests">): Promise<void> {
  let aliveAt = performance.now();
  while (performance.now() - aliveAt < STILL_MILLISECONDS) {
    if (world.isAlive() || await world.queuedRequests() > 0) aliveAt = performance.now();
    await pause(POLL_MILLISECONDS);
  }
}

async function readProgress(sql: Sql, runId: number): Promise<Progress> {
  const [progress] = await patiently(() =>
    sql<Progress[]>`
      select
        status.state, status.percent::float8, engine.clock() as now,
        (select count(*)::integer from net.http_request_queue) as queued
      from backfill_status as status
      where status.run_id = ${runId}
    `
  );
  if (progress === undefined) throw new Error(`Run ${runId} is not in backfill_status`);
  return progress;
}
