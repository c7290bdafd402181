import { buildCommand } from "@stricli/core";
import { messageOf } from "../../command_line/problem.ts";
import type { Sql } from "../../project/project_database.ts";
import { EXIT, orProblem, type Session, UsageProblem } from "../answer.ts";
import { JSON_FLAG, RUN_FLAG } from "../arguments.ts";
import { explain, isConnectionLoss } from "../database.ts";
import { WatchDisplay } from "../rendering/watch_display.ts";
import { GOES_ON } from "../statuses.ts";
import { readLiveRuns, readNewestRun, readSnapshot, type Snapshot } from "../watch_data.ts";
import { noRun } from "./status.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly run?: number | undefined;
}

const PAUSE_MILLISECONDS = 2000;

export const watch = buildCommand<Flags, [], Session>({
  docs: {
    brief: "Watch a run until it ends: time left, a bar a feed, calls, races, errors",
    fullDescription:
      "Watches a run, or without --run all that go on, backfills first. In a pipe it prints a line for each " +
      "change, with --json an object a line. It survives a lost connection. It ends when no run goes on: with 0, " +
      "or with 1 when one of them has failures, was cancelled or is paused. When none goes on, it shows the newest.",
    customUsage: [{ input: "--run 3", brief: "Until run 3 has ended" }],
  },
  parameters: { flags: { json: JSON_FLAG, run: RUN_FLAG } },
  async func({ json, run }) {
    await orProblem(this, { json }, async () => {
      const url = await this.databaseUrl();
      const display = new WatchDisplay(this, json ?? false);
      const watched = new Watched(run);
      let sql = this.connect(url);
      let hasAnswered = false;
      try {
        while (true) {
          try {
            const snapshot = await inTime(watched.look(sql));
            hasAnswered = true;
            if (snapshot === undefined) break;
            display.show(snapshot);
          } catch (error) {
            // What cannot be reached at all is told at once: it may be a wrong address.
            if (!hasAnswered || !isConnectionLoss(error)) throw explain(error, url);
            display.lost(messageOf(error));
            void sql.end({ timeout: 0 }).catch(() => {});
            sql = this.connect(url);
          }
          await this.wait(PAUSE_MILLISECONDS);
        }
      } finally {
        display.done();
        await sql.end({ timeout: 1 }).catch(() => {});
      }
      if (watched.code !== EXIT.fine) this.ended.code = watched.code;
      if (!watched.sawAny && !json) {
        this.out("There is no run yet. Start one: npx -y deno task darkhorses start 2015-01-01\n");
      }
    });
  },
});

/** A connection that died with the network says nothing at all: after half a minute it counts as lost. */
const PATIENCE_MILLISECONDS = 30_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error("no answer for 30 seconds"), { code: "ETIMEDOUT" });
    timer = setTimeout(() => reject(error), PATIENCE_MILLISECONDS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Which run is looked at, and how those ended that were. */
class Watched {
  code: number = EXIT.fine;
  sawAny = false;
  readonly #wanted: number | undefined;
  #current: number | undefined;
  #isOver = false;

  constructor(run: number | undefined) {
    this.#wanted = run;
    this.#current = run;
  }

  /** Undefined once there is nothing more to see. */
  async look(sql: Sql): Promise<Snapshot | undefined> {
    if (this.#isOver && this.#wanted !== undefined) return undefined;
    const live = await readLiveRuns(sql);
    if (this.#isOver) this.#current = undefined;
    // What has stopped before anybody looked is told too.
    const run = this.#current ?? live[0] ?? (this.sawAny ? undefined : await readNewestRun(sql));
    if (run === undefined) return undefined;
    const snapshot = await readSnapshot(sql, run, live.filter((each) => each !== run).length);
    if (snapshot === undefined) throw new UsageProblem(noRun(run));
    this.#current = run;
    this.sawAny = true;
    this.#isOver = !GOES_ON.includes(snapshot.run.state);
    if (this.#isOver && snapshot.run.state !== "succeeded") this.code = EXIT.wrong;
    return snapshot;
  }
}
