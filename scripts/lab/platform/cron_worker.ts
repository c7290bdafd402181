import { Cron } from "croner";
import postgres from "postgres";
import { connect, roleSettings, type Sql } from "./database.ts";
import { pause } from "./waiting.ts";

export interface CronWorkerOptions {
  /** A superuser's URL. */
  databaseUrl: string;
  /** `real-time` runs the jobs at each GMT minute; `manual` leaves it to `tick`. */
  mode: "real-time" | "manual";
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: () => number;
}

export interface CronWorker {
  /** Runs every job whose schedule matches the minute of `at`, and waits until all of them have ended. */
  tick(at: Date): Promise<void>;
  stop(): Promise<void>;
}

interface Job {
  jobid: string;
  schedule: string;
  command: string;
  username: string;
}

const MINUTE = 60_000;

/** Runs the jobs of `cron.job` in the manner of pg_cron: GMT, as the job's role, one run of a job at a time. */
export function startCronWorker({ databaseUrl, mode, now = Date.now }: CronWorkerOptions): CronWorker {
  const sql = connect(databaseUrl, { max: 2, name: "pg_cron stand-in", arrays: false });
  const stopping = new AbortController();
  const lastRun = new Map<string, Promise<void>>();
  const running = new Set<postgres.Sql>();

  const tick = async (at: Date) => {
    const minute = new Date(Math.floor(at.getTime() / MINUTE) * MINUTE);
    const jobs = await sql<Job[]>`
      select jobid, schedule, command, username
      from cron.job
      where active and database = current_database()
      order by jobid
    `;
    await Promise.all(jobs.filter((job) => isDue(job, minute)).map(enqueue));
  };

  /** A job whose last run still goes on waits for it: pg_cron never runs two of the same job at once. */
  const enqueue = (job: Job): Promise<void> => {
    const next = (lastRun.get(job.jobid) ?? Promise.resolve()).then(() => run(job));
    lastRun.set(job.jobid, next.catch(() => {}));
    return next;
  };

  const run = async (job: Job) => {
    if (stopping.signal.aborted) return;
    const session = connect(databaseUrl, { max: 1, name: "pg_cron stand-in's job", arrays: false });
    running.add(session);
    try {
      await runJob(sql, session, job);
    } finally {
      running.delete(session);
      await session.end({ timeout: 0 });
    }
  };

  const realTime = async () => {
    while (!stopping.signal.aborted) {
      const minute = (Math.floor(now() / MINUTE) + 1) * MINUTE;
      await pause(minute - now(), stopping.signal);
      if (stopping.signal.aborted) return;
      tick(new Date(minute)).catch((error) => {
        if (!stopping.signal.aborted) console.error(`pg_cron stand-in: ${messageOf(error)}`);
      });
    }
  };
  const clock = mode === "real-time" ? realTime() : Promise.resolve();

  return {
    tick,
    async stop() {
      stopping.abort();
      await clock;
      await Promise.all([...running].map((session) => session.end({ timeout: 0 })));
      await Promise.all(lastRun.values());
      await sql.end({ timeout: 1 });
    },
  };
}

function isDue(job: Job, minute: Date): boolean {
  return new Cron(job.schedule.trim(), { timezone: "UTC", paused: true }).match(minute);
}

async function runJob(sql: Sql, session: Sql, job: Job): Promise<void> {
  const [details] = await sql<{ runid: string }[]>`
    insert into cron.job_run_details (jobid, database, username, command, status, start_time)
    values (${job.jobid}, current_database(), ${job.username}, ${job.command}, 'running', clock_timestamp())
    returning runid
  `;
  let status = "succeeded";
  let message: string;
  let pid: number | null = null;
  try {
    pid = await becomeJobsRole(session, job.username);
    message = summaryOf(await session.unsafe(job.command).simple());
  } catch (error) {
    status = "failed";
    message = error instanceof postgres.PostgresError ? `ERROR:  ${error.message}\n` : messageOf(error);
  }
  await sql`
    update cron.job_run_details
    set status = ${status}, return_message = ${message}, job_pid = ${pid}, end_time = clock_timestamp()
    where runid = ${details?.runid ?? null}
  `;
}

async function becomeJobsRole(session: Sql, role: string): Promise<number | null> {
  const settings = await roleSettings(session, role);
  const [backend] = await session<{ pid: number }[]>`
    select pg_backend_pid() as pid, set_config('session_authorization', ${role}, false)
  `;
  for (const [name, value] of Object.entries(settings)) {
    await session`select set_config(${name}, ${value}, false)`;
  }
  return backend?.pid ?? null;
}

/** The last statement's outcome, worded as pg_cron words it. */
function summaryOf(result: postgres.RowList<postgres.Row[]>): string {
  const results = result as unknown as { command?: string; count: number; columns?: unknown }[];
  // Several statements give a list of results, one gives a result that is itself a list of rows.
  const last = result.command === undefined ? results.at(-1) : result;
  if (!last) return "";
  if (last.columns) return `${last.count} row${last.count === 1 ? "" : "s"}`;
  if (last.command === "INSERT") return `INSERT 0 ${last.count}`;
  return ["UPDATE", "DELETE", "MERGE"].includes(last.command ?? "")
    ? `${last.command} ${last.count}`
    : last.command ?? "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
