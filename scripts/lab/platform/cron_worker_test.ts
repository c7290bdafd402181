import { assert, assertEquals, assertRejects } from "@std/assert";
import { startCronWorker } from "./cron_worker.ts";
import { connect, type Sql } from "./database.ts";
import type { Platform } from "./platform.ts";
import { startTestPlatform } from "../test_support/test_project.ts";

let platform: Platform;
let sql: Sql;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({
    migrations: {
      "0001_ticks.sql": `
        create table public.ticks (
          id bigint generated always as identity,
          job text,
          who text default current_user,
          at timestamptz default clock_timestamp()
        );`,
    },
  }, { functions: false });
  sql = connect(platform.databaseUrl, { max: 2, name: "test" });
});
Deno.test.beforeEach(async () => {
  await sql`select cron.unschedule(jobid) from cron.job`;
  await sql`delete from cron.job_run_details`;
  await sql`truncate public.ticks`;
});
Deno.test.afterAll(async () => {
  await sql.end();
  await platform.stop();
});

const ticks = async () => (await sql`select job from public.ticks order by id`).map((row) => row.job);

Deno.test("tick() runs the jobs that are due in that minute, in GMT", async () => {
  await sql`select cron.schedule('each minute', '* * * * *', $$insert into ticks (job) values ('minute')$$)`;
  await sql`select cron.schedule('five past six', '5 6 * * *', $$insert into ticks (job) values ('daily')$$)`;
  await platform.cron.tick(new Date("2026-07-01T06:04:59Z"));
  assertEquals(await ticks(), ["minute"]);
  await platform.cron.tick(new Date("2026-07-01T06:05:30Z"));
  assertEquals((await ticks()).sort(), ["daily", "minute", "minute"]);
});

Deno.test("tick() leaves alone what is not active or unscheduled", async () => {
  const [job] =
    await sql`select cron.schedule('one', '* * * * *', $$insert into ticks (job) values ('one')$$) as id`;
  await sql`select cron.schedule('two', '* * * * *', $$insert into ticks (job) values ('two')$$)`;
  await sql`select cron.alter_job(${job?.id}::bigint, active => false)`;
  await sql`select cron.unschedule('two')`;
  await platform.cron.tick(new Date());
  assertEquals(await ticks(), []);
});

Deno.test("schedule() of a name that exists changes the job", async () => {
  const [first] = await sql`select cron.schedule('same', '* * * * *', 'select 1') as id`;
  const [second] = await sql`select cron.schedule('same', '0 3 * * *', 'select 2') as id`;
  assertEquals(second?.id, first?.id);
  const jobs = await sql`select jobname, schedule, command, username, database, active from cron.job`;
  assertEquals(jobs.map((job) => ({ ...job })), [{
    jobname: "same",
    schedule: "0 3 * * *",
    command: "select 2",
    username: "postgres",
    database: "postgres",
    active: true,
  }]);
});

Deno.test("schedule() refuses an invalid cron expression", async () => {
  for (const schedule of ["whenever", "30 seconds", "* * * *", ""]) {
    await assertRejects(
      () => sql`select cron.schedule(${schedule}, 'select 1')`.execute(),
      Error,
      "invalid schedule",
    );
  }
});

Deno.test("unschedule() of a job that isn't there is an error", async () => {
  await assertRejects(
    () => sql`select cron.unschedule('nothing')`.execute(),
    Error,
    "could not find valid entry for job 'nothing'",
  );
});

Deno.test("a job runs as the role that scheduled it, and each run leaves a row", async () => {
  await sql`select cron.schedule('mine', '* * * * *', 'insert into public.ticks (job) select current_user')`;
  await platform.cron.tick(new Date());
  assertEquals((await sql`select who from public.ticks`).map((row) => row.who), ["postgres"]);
  const [run] = await sql`
    select status, return_message, username, start_time <= end_time as ordered, job_pid > 0 as by_backend
    from cron.job_run_details
  `;
  assertEquals({ ...run }, {
    status: "succeeded",
    return_message: "INSERT 0 1",
    username: "postgres",
    ordered: true,
    by_backend: true,
  });
});

Deno.test("a job that fails logs its error and does not affect other jobs", async () => {
  await sql`select cron.schedule('bad', '* * * * *', 'select 1 / 0')`;
  await sql`select cron.schedule('good', '* * * * *', 'select generate_series(1, 3)')`;
  await platform.cron.tick(new Date());
  const runs = await sql`
    select status, return_message from cron.job_run_details order by status
  `;
  assertEquals(runs.map((run) => ({ ...run })), [
    { status: "failed", return_message: "ERROR:  division by zero\n" },
    { status: "succeeded", return_message: "3 rows" },
  ]);
});

Deno.test("a job's statements are one transaction", async () => {
  await sql`
    select cron.schedule('half', '* * * * *', $$insert into ticks (job) values ('half'); select 1 / 0$$)
  `;
  await platform.cron.tick(new Date());
  assertEquals(await ticks(), []);
});

Deno.test("two runs of a job never overlap", async () => {
  await sql`
    select cron.schedule('slow', '* * * * *', $$
      insert into ticks (job) values ('start'); commit;
      select pg_sleep(0.2); insert into ticks (job) values ('end')$$)
  `;
  await Promise.all([platform.cron.tick(new Date()), platform.cron.tick(new Date())]);
  assertEquals(await ticks(), ["start", "end", "start", "end"]);
});

Deno.test("jobs run at the full minute by themselves, unless told not to", async () => {
  const ran = Promise.withResolvers<void>();
  const listening = await sql.listen("ran", () => ran.resolve());
  await sql`select cron.schedule('signal', '30 12 * * *', 'notify ran')`;
  const started = performance.now();
  const worker = startCronWorker({
    databaseUrl: platform.adminUrl,
    mode: "real-time",
    now: () => Date.parse("2026-07-01T12:29:59.700Z") + performance.now() - started,
  });
  try {
    await ran.promise;
    assert(performance.now() - started >= 290);
  } finally {
    await worker.stop();
    await listening.unlisten();
  }
});
