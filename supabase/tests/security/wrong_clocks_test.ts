import { assert, assertEquals, assertMatch } from "@std/assert";
import { bootEverything, type Everything } from "../../../scripts/lab/world/boot.ts";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import { until as waitUntil } from "../../../scripts/lab/test_support/until.ts";
import { StandingTime } from "../../../scripts/lab/world/moved_time.ts";

/** The functions check a dispatch's expiry by their own clocks. */
let everything: Everything;
let sql: Sql;
let time: StandingTime;
let seconds = 0;
const functionLog: string[] = [];

Deno.test.beforeAll(async () => {
  everything = await bootEverything({
    apiSpeed: 50,
    databaseUrl: Deno.env.get("TEST_DATABASE_URL"),
    platform: {
      cron: "manual",
      functionClockSkewMilliseconds: () => seconds * 1000,
      onFunctionLog: (line) => void functionLog.push(line),
    },
  });
  sql = connect(everything.platform.databaseUrl, { max: 2, name: "test" });
  time = new StandingTime(sql);
  await time.install();
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await everything.stop();
});

async function start(): Promise<number> {
  const [run] = await sql<{ id: number }[]>`
    select backfill_start('2026-06-01', '2026-06-01', '{results}', reprocess => 'all')::integer as id
  `;
  return run?.id ?? NaN;
}

/** When it does not come, the functions' log says why. */
const until = (condition: () => boolean | Promise<boolean>, what: string) =>
  waitUntil(condition, what, { more: () => functionLog.join("\n") });

const stateIs = (run: number, state: string) => async () =>
  (await sql`select from backfill_status where run_id = ${run} and state = ${state}`).length === 1;

async function setClocks(wrong: number): Promise<void> {
  // The chain asks for one invocation more than it needs. Killed in the middle of its answer, that one would be trouble
  // of another kind.
  await until(async () => {
    const [queued] = await sql`select from net.http_request_queue`;
    const { busyFunctionInstances, dispatchesInFlight } = everything.platform;
    return queued === undefined && dispatchesInFlight() === 0 && busyFunctionInstances() === 0;
  }, "an end of all calls");
  seconds = wrong;
  await everything.platform.killFunctionInstances();
  functionLog.length = 0;
}

for (const wrong of [-59, 59]) {
  Deno.test(`functions whose clocks are wrong by ${wrong} seconds work as usual`, async () => {
    await setClocks(wrong);
    const run = await start();
    await until(stateIs(run, "succeeded"), "the run");
    assert(functionLog.some((line) => line.includes('"wrong clock"')));
    assert(!functionLog.some((line) => line.includes('"dispatch refused"')));
  });
}

const WRONG: [minutes: number, verdict: string][] = [[-5, "too far ahead"], [5, "expired"]];
for (const [minutes, verdict] of WRONG) {
  Deno.test(`functions whose clocks are wrong by ${minutes} minutes do nothing, and the log, the error log and an alert say so`, async () => {
    await setClocks(minutes * 60);
    const run = await start();
    await until(() => functionLog.some((line) => line.includes('"dispatch refused"')), "the refusal");
    const refusal = functionLog.find((line) => line.includes('"dispatch refused"')) ?? "";
    assertMatch(
      refusal,
      new RegExp(`results is ${verdict}: .* this clock and the database's differ by more than a minute`),
    );
    // The log that the alert points to.
    const answers = async () =>
      await sql<{ content: string }[]>`select content from net._http_response where status_code = 401`;
    await until(async () => (await answers()).length > 0, "the answer");
    assertMatch((await answers())[0]?.content ?? "", /the clocks of the database and the function differ/);

    for (let minute = 0; minute < 5; minute++) {
      await time.pass("1 minute");
      await everything.platform.cron.tick(new Date());
    }
    const alerts = await sql<{ message: string }[]>`
      select message from alerts where kind = 'unanswered_dispatches' and subject = 'results' and resolved_at is null
    `;
    assertEquals(alerts.length, 1);
    assertMatch(
      alerts[0]?.message ?? "",
      /^No function takes the dispatches of results\. The function events .* their clocks differ\. Wait a few minutes/,
    );

    // Once the clocks are right, the run goes on by itself, and the alert is resolved.
    await setClocks(0);
    await time.pass("1 minute");
    await everything.platform.cron.tick(new Date());
    await until(stateIs(run, "succeeded"), "the run");
    await everything.platform.cron.tick(new Date());
    assertEquals(
      (await sql`select from alerts where kind = 'unanswered_dispatches' and resolved_at is null`).length,
      0,
    );
    await sql`delete from net._http_response`;
  });
}
