import { assert, assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { createHands } from "../../scripts/setup/hands.ts";
import { pausedRuns } from "../../scripts/setup/steps/paused_runs.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claim, claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { horse, page, resultRace, resultRunner } from "./support/pages.ts";

/** What is kept for daily pulls, and what these leave. */
const KEPT_FOR_DAILY_PULLS = 15;
const KEPT_FREE = 5;

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
});

/** Sets the limit so many megabytes, and less than one more, above what the database has. */
async function leaveRoom(megabytes: number): Promise<number> {
  const [row] = await db.sql<{ limit: number }[]>`
    update backfill_settings
    set database_limit_megabytes = ceil(pg_database_size(current_database()) / 1e6) + ${megabytes}::integer
    returning database_limit_megabytes as limit
  `;
  return row?.limit ?? NaN;
}

const status = async (run: number) =>
  (await db.sql<{ state: string; what_to_do: string }[]>`
    select state, what_to_do from backfill_status where run_id = ${run}
  `)[0];

/** A page with the nth of eight races. */
const nthPage = (nth: number) =>
  page({ before: [null, nth - 1], after: [null, nth] }, {
    api_total: 8,
    races: [resultRace(`rac_${nth}`)],
    horses: [horse("hrs_1")],
    runners: [resultRunner(`rac_${nth}`, "hrs_1")],
  });

/** Stores pages until there are none or the run is paused; returns how many races the chunk then has. */
async function readOn(held: Lease): Promise<number> {
  for (let nth = held.cursor_skip + 1; nth <= 8; nth++) {
    if (!(await ingest(db.worker, held, nthPage(nth))).go_on) return nth;
  }
  return 8;
}

/** Starts what the schedule of today's results starts. */
async function startDailyPull(): Promise<number> {
  const [run] = await db.sql<{ id: number }[]>`
    select engine.create_run(
      kind => 'schedule', start_date => '2026-06-15', end_date => '2026-06-15', feeds => array['results'],
      requested_by => 'schedule day_results'
    )::integer as id
  `;
  return run?.id ?? NaN;
}

Deno.test("what came before the database had no room is stored, and its backfill is paused and says what to do", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-06-14", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  const limit = await leaveRoom(KEPT_FOR_DAILY_PULLS - 1);
  assertEquals(await readOn(held), 4);
  assertEquals((await db.sql`select from ra_races`).length, 4);
  const { state, what_to_do } = await status(run) ?? {};
  assertEquals(state, "paused");
  assertEquals(
    what_to_do?.replace(/has \d+ of/, "has N of"),
    `The database has N of the ${limit} MB that the plan allows (backfill_settings.database_limit_megabytes); the last ` +
      "15 are kept for the daily pulls. Make room, or take a larger plan and set the limit to what it allows; then: " +
      `select backfill_resume(${run});`,
  );
  await db.sql`select engine.watch()`;
  assertEquals([...await db.sql`select kind, subject, message from alerts`], [
    { kind: "paused", subject: `run ${run}`, message: what_to_do },
  ]);
});

Deno.test("without room nothing of a backfill or a pull by hand is claimed, and what is scheduled is", async () => {
  await leaveRoom(KEPT_FOR_DAILY_PULLS - 1);
  const backfill = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results", "racecards"] });
  await db.sql`select pull_days('2026-06-10', '2026-06-10', array['results'])`;
  assertEquals(await claim(db.worker, "results"), undefined);
  assertEquals(await claim(db.worker, "racecards"), undefined);
  assertEquals([(await status(backfill))?.state, (await status(backfill + 1))?.state], ["paused", "paused"]);
  const daily = await startDailyPull();
  const held = await claimed(db.worker, "results");
  assertEquals(Number(held.run_id), daily);
  assertEquals(await readOn(held), 8);
  assertEquals(await finish(db.worker, held), "succeeded");
});

Deno.test("a daily pull is paused at the last megabytes, and the next one goes on once there is room", async () => {
  const daily = await startDailyPull();
  const held = await claimed(db.worker, "results");
  await leaveRoom(KEPT_FREE - 1);
  assertEquals(await readOn(held), 4);
  await db.worker`select yield_chunk(${held.chunk_id}, ${held.lease_token}, 0)`;
  const { state, what_to_do } = await status(daily) ?? {};
  assertEquals(state, "paused");
  assert(what_to_do?.includes("beyond them a free project becomes read-only. Make room"), what_to_do);
  // The next pull cancels this one: nobody is asked to resume it.
  assert(what_to_do?.endsWith("and set the limit to what it allows."), what_to_do);
  await db.sql`select engine.watch()`;
  const [alert] = await db.sql`select subject, message from alerts`;
  assertEquals(alert?.["subject"], "scheduled pulls");
  assert(
    alert?.["message"].endsWith("what it allows. The next pull of these days tries again by itself."),
    alert?.["message"],
  );

  await db.sql`update backfill_settings set database_limit_megabytes = default`;
  await db.sql`select start_schedules()`;
  await db.sql`select engine.start_due_pulls()`;
  assertEquals((await status(daily))?.state, "cancelled");
  await claimed(db.worker, "results");
  await db.sql`select engine.watch()`;
  assertEquals((await db.sql`select from alerts where kind = 'paused' and resolved_at is null`).length, 0);
});

Deno.test("a run that is resumed without room stays paused, and with room goes on at its cursor", async () => {
  const run = await start(db.sql, "2026-06-01", "2026-06-14", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await leaveRoom(KEPT_FOR_DAILY_PULLS - 1);
  assertEquals(await readOn(held), 4);
  await db.worker`select yield_chunk(${held.chunk_id}, ${held.lease_token}, 0)`;
  const before = await status(run);
  await db.takeDispatches();
  const refusal = await assertRejects(() => db.sql`select backfill_resume(${run})`, postgres.PostgresError);
  assertEquals([refusal.code, refusal.message, refusal.hint], [
    "PT409",
    `Run ${run} stays paused: the database has no room for it`,
    before?.what_to_do,
  ]);
  assertEquals(await status(run), before);
  assertEquals(await db.takeDispatches(), []);

  await leaveRoom(KEPT_FOR_DAILY_PULLS + 10);
  await db.sql`select backfill_resume(${run})`;
  const again = await claimed(db.worker, "results");
  assertEquals([again.chunk_id, again.cursor_skip], [held.chunk_id, 4]);
  assertEquals(await readOn(again), 8);
  assertEquals(await finish(db.worker, again), "succeeded");
  assertEquals((await status(run))?.state, "succeeded");
});

Deno.test("setup resumes what had no room once there is some, and says so while there is none", async () => {
  const run = await start(db.sql, "2026-06-01", "2026-06-14", { feeds: ["results"] });
  await leaveRoom(KEPT_FOR_DAILY_PULLS - 1);
  await db.sql`select engine.pause_without_room()`;
  await using hands = createHands({ databaseUrl: new URL(db.adminUrl), secrets: [], folder: "." });
  const resume = () => pausedRuns.run(undefined as never, hands, false);
  assertEquals(await resume(), { changed: false, says: `run ${run}: the database has no room for them` });
  assertEquals((await status(run))?.state, "paused");
  await leaveRoom(KEPT_FOR_DAILY_PULLS + 10);
  assertEquals((await resume()).changed, true);
  assertEquals((await status(run))?.state, "waiting");
});

Deno.test("a run that somebody is steering is not waited for, and is paused the next time", async () => {
  await start(db.sql, "2026-06-01", "2026-06-14", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await leaveRoom(KEPT_FOR_DAILY_PULLS - 1);
  await db.sql.begin(async (transaction) => {
    await transaction`select from backfill_runs for no key update`;
    for (const nth of [1, 2, 3, 4]) {
      assertEquals((await ingest(db.worker, held, nthPage(nth))).go_on, true);
    }
  });
  assertEquals(await readOn({ ...held, cursor_skip: 4 }), 8);
  assertEquals((await ingest(db.worker, held, nthPage(8))).go_on, false);
});

Deno.test("a scheduled pull of horses does not take what is kept for days of racing", async () => {
  const run = await startDailyPull();
  await leaveRoom(KEPT_FOR_DAILY_PULLS - 1);
  const paused = async () => {
    await db.sql`select engine.pause_without_room()`;
    return (await db.sql`select from backfill_runs where id = ${run} and paused_at is not null`).length === 1;
  };
  assertEquals(await paused(), false);
  await db.sql`update backfill_runs set feeds = '{horses}' where id = ${run}`;
  assertEquals(await paused(), true);
});

Deno.test("a closing of gaps does not take what is kept for daily pulls, and the next one replaces it", async () => {
  const run = await startDailyPull();
  await db.sql`update backfill_runs set kind = 'gaps' where id = ${run}`;
  await leaveRoom(KEPT_FOR_DAILY_PULLS - 1);
  await db.sql`select engine.pause_without_room()`;
  const { state, what_to_do } = await status(run) ?? {};
  assertEquals(state, "paused");
  assert(what_to_do?.includes("the last 15 are kept for the daily pulls. Make room"), what_to_do);
  assert(what_to_do?.endsWith("and set the limit to what it allows."), what_to_do);
});

Deno.test("the more chunks store at once, the earlier backfills stop", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-06-14", { feeds: ["results"] });
  await leaveRoom(KEPT_FOR_DAILY_PULLS + 4);
  const paused = async () => {
    await db.sql`select engine.pause_without_room()`;
    return (await status(run))?.state === "paused";
  };
  assertEquals(await paused(), false);
  await db.sql`update backfill_settings set leases_per_feed = 4`;
  assertEquals(await paused(), true);
  const { what_to_do } = await status(run) ?? {};
  assert(what_to_do?.includes("the last 22 are kept for the daily pulls"), what_to_do);
});
