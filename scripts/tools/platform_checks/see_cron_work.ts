/** Waits until the real pg_cron has run each job of ours once: every minute for now, instead of on its schedule. */
import { parseArgs } from "@std/cli/parse-args";
import { connect, type Sql } from "../../lab/platform/database.ts";
import { Problem } from "../../command_line/problem.ts";
import { runMain } from "../../command_line/run_main.ts";

/** A tick is at most a minute away. */
const SECONDS = 75;

interface Job {
  jobid: string;
  jobname: string;
  schedule: string;
}

async function seeCronWork(sql: Sql): Promise<number> {
  const jobs = await sql<Job[]>`select jobid, jobname, schedule from cron.job where active order by jobname`;
  if (jobs.length === 0) throw new Problem("The database has no cron job.");
  const [before] = await sql<
    { run: string }[]
  >`select coalesce(max(runid), 0) as run from cron.job_run_details`;
  const schedule = (job: Job, when: string) =>
    sql`select cron.alter_job(job_id => ${job.jobid}, schedule => ${when})`;
  for (const job of jobs) await schedule(job, "* * * * *");
  try {
    for (let second = 0;; second++) {
      const runs = await sql<{ jobid: string; status: string; return_message: string | null }[]>`
        select jobid, status, return_message from cron.job_run_details
        where runid > ${before?.run ?? "0"} and status in ('succeeded', 'failed')
      `;
      const failed = runs.find(({ status }) => status === "failed");
      const nameOf = (id: string) => jobs.find(({ jobid }) => jobid === id)?.jobname ?? id;
      if (failed) throw new Problem(`The job ${nameOf(failed.jobid)} failed: ${failed.return_message}`);
      const waiting = jobs.filter(({ jobid }) => !runs.some((run) => run.jobid === jobid));
      if (waiting.length === 0) {
        console.log(
          `pg_cron ran ${jobs.map(({ jobname }) => jobname).join(", ")}, all well, after ${second} s`,
        );
        return 0;
      }
      if (second >= SECONDS) {
        throw new Problem(
          `pg_cron did not run ${waiting.map(({ jobname }) => jobname).join(", ")} in ${SECONDS} s.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  } finally {
    for (const job of jobs) await schedule(job, job.schedule);
  }
}

async function main(): Promise<number> {
  const { "database-url": url } = parseArgs(Deno.args, { string: ["database-url"] });
  if (url === undefined) throw new Problem("--database-url is missing.");
  const sql = connect(url, { max: 1, name: "platform checks" });
  try {
    return await seeCronWork(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

if (import.meta.main) await runMain(main);
