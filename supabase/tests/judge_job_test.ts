import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

/** When `check_setup()` calls a cron job failed, and when it only waits or warns. */
let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

const ROLLED_BACK = new Error("rolled back");

interface Judged {
  readonly state: string;
  readonly finding: string;
  readonly what_to_do: string;
}

interface Run {
  readonly job: string;
  readonly ago: string;
  readonly status?: string;
  readonly said?: string;
}

/** What is said of a job after these runs, to the role postgres, on a server that was started so long ago. */
async function judged(job: string, runs: readonly Run[], serverAge: string): Promise<Judged | undefined> {
  let result: Judged | undefined;
  await assertRejects(
    () =>
      db.admin.begin(async (sql) => {
        await sql`update cron.job set active = true, username = 'postgres' where jobname like 'engine-%'`;
        await sql`delete from cron.job_run_details`;
        for (const { job, ago, status = "succeeded", said = "" } of runs) {
          await sql`
            insert into cron.job_run_details (jobid, runid, command, username, status, return_message, start_time)
            select
              j.jobid, (select coalesce(max(runid), 0) + 1 from cron.job_run_details), '', 'postgres', ${status},
              ${said}, clock_timestamp() - ${ago}::interval
            from cron.job as j where j.jobname = ${job}
          `;
        }
        await sql`set local role postgres`;
        [result] = await sql<Judged[]>`
          select *
          from engine.judge_job(
            ${job}, ${job === "engine-upkeep" ? "26 hours" : "3 minutes"}::interval,
            clock_timestamp() - ${serverAge}::interval
          )
        `;
        throw ROLLED_BACK;
      }),
    Error,
    ROLLED_BACK.message,
  );
  return result;
}

interface Case {
  readonly when: string;
  readonly job: string;
  readonly runs: readonly Run[];
  readonly serverAge?: string;
  readonly state: string;
  readonly says: string;
}

/** A sign that pg_cron runs. */
const NOW: Run = { job: "engine-tick", ago: "10 seconds" };
const BROKEN = { status: "failed", said: "ERROR:  it broke" };
const CASES: readonly Case[] = [
  {
    when: "no job has started for three minutes",
    job: "engine-tick",
    runs: [{ job: "engine-tick", ago: "4 minutes" }],
    state: "failed",
    says: "Restart the project",
  },
  {
    when: "the project was woken a minute ago",
    job: "engine-tick",
    runs: [{ job: "engine-tick", ago: "30 hours" }],
    serverAge: "1 minute",
    state: "waiting",
    says: "before the server was started",
  },
  {
    when: "its run was cut off when the server stopped",
    job: "engine-tick",
    runs: [{ job: "engine-tick", ago: "2 minutes", status: "failed", said: "server restarted" }],
    serverAge: "1 minute",
    state: "waiting",
    says: "before the server was started",
  },
  {
    when: "it has just been scheduled, and the other one ran",
    job: "engine-tick",
    runs: [{ job: "engine-upkeep", ago: "1 hour" }],
    state: "waiting",
    says: "It has not run yet.",
  },
  {
    when: "all jobs have just been scheduled",
    job: "engine-tick",
    runs: [],
    state: "waiting",
    says: "It has not run yet.",
  },
  {
    when: "only another one has started for four minutes",
    job: "engine-tick",
    runs: [{ job: "engine-tick", ago: "4 minutes", status: "running" }, {
      job: "engine-upkeep",
      ago: "10 seconds",
    }],
    state: "waiting",
    says: "has not ended yet",
  },
  {
    when: "its last run failed",
    job: "engine-tick",
    runs: [{ job: "engine-tick", ago: "10 seconds", ...BROKEN }],
    state: "failed",
    says: "ERROR:  it broke",
  },
  {
    when: "the project was paused for longer than a day",
    job: "engine-upkeep",
    runs: [{ job: "engine-upkeep", ago: "30 hours" }, NOW],
    serverAge: "5 minutes",
    state: "warning",
    says: "it runs again at night",
  },
  {
    when: "the last night's run failed",
    job: "engine-upkeep",
    runs: [{ job: "engine-upkeep", ago: "5 hours", ...BROKEN }, NOW],
    state: "warning",
    says: "ERROR:  it broke",
  },
  { when: "no night has been yet", job: "engine-upkeep", runs: [NOW], state: "ok", says: "at night" },
];

for (const { when, job, runs, serverAge = "1 day", state, says } of CASES) {
  Deno.test(`the job ${job} is ${state} when ${when}`, async () => {
    // An old ping is no sign of how old a job is.
    await db.sql`select engine.ping_functions()`;
    await db.sql`update engine.pings set queued_at = queued_at - interval '50 minutes'`;
    const said = await judged(job, runs, serverAge);
    assertEquals(said?.state, state, JSON.stringify(said));
    assertStringIncludes(`${said?.finding} ${said?.what_to_do}`, says);
    assertEquals((said?.what_to_do ?? "").startsWith("Restart"), says.startsWith("Restart"));
  });
}
