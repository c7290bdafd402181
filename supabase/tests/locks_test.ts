import { assert, assertEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claim, start } from "./support/chunks.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => {
  db = await startTestDatabase();
  // The awaited lock never comes free, so a test need not wait as long as a caller would.
  await db.sql`alter function engine.take_lock(text) set lock_timeout = '20ms'`;
});
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
});

/** Does something while another session holds a lock. Gets that session's process id. */
async function whileHeld(lock: string, work: (holder: number, role: string) => Promise<void>): Promise<void> {
  await db.sql.begin(async (transaction) => {
    const [session] = await transaction<{ pid: number; role: string }[]>`
      select pg_backend_pid() as pid, session_user as role
    `;
    await transaction`select engine.take_lock(${lock})`;
    await work(session?.pid ?? NaN, session?.role ?? "");
  });
}

async function refusal(attempt: () => Promise<unknown>): Promise<{ code?: string; hint?: string } & Error> {
  return await assertRejects(attempt) as { code?: string; hint?: string } & Error;
}

const alerts = async () =>
  (await db.sql<{ subject: string; over: boolean }[]>`
    select subject, resolved_at is not null as over from alerts where kind = 'standstill' order by id
  `).map(({ subject, over }) => [subject, over]);

Deno.test("a claim that is blocked for long names the blocking session and what to do, and is tried again", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await whileHeld("claim results", async (holder, role) => {
    const error = await refusal(() => claim(db.worker, "results"));
    // An error that the functions retry.
    assertEquals(error.code, "55P03");
    assertEquals(
      error.message,
      `The lock "claim results" (giving out the results' leases) is held by session ${holder} (${role}, test)`,
    );
    assert(error.hint?.includes("pg_terminate_backend"), error.hint);
    assertEquals(await claim(db.worker, "racecards"), undefined);
  });
  assertEquals((await claim(db.worker, "results"))?.period_start, "2026-05-01");
});

Deno.test("a blocked start names the blocking session, and a start of another kind is not blocked", async () => {
  await whileHeld("start backfill", async (holder) => {
    const error = await refusal(() => start(db.sql, "2026-05-01", "2026-05-31"));
    assertEquals([error.code, error.message.includes(`session ${holder}`)], ["55P03", true]);
    await db.sql`select pull_days('2026-06-14')`;
  });
  await whileHeld("start by_hand", async () => {
    await assertRejects(() => db.sql`select pull_days('2026-06-12')`, Error, "start by_hand");
    await start(db.sql, "2026-05-01", "2026-05-31");
  });
});

Deno.test("a closing of gaps beside another one is refused, and nothing is pulled twice", async () => {
  await start(db.sql, "2026-05-20", "2026-05-20", { feeds: ["results"] });
  // As if it had been pulled, and nothing came of it: a gap.
  await db.sql`update backfill_progress set state = 'succeeded', ended_at = engine.clock()`;
  const close = async () => (await db.sql<{ days: number }[]>`select engine.close_gaps() as days`)[0]?.days;
  const closings = async () => (await db.sql`select from backfill_runs where kind = 'gaps'`).length;
  await whileHeld("start gaps", async () => {
    await assertRejects(close, Error, 'The lock "start gaps"');
  });
  assertEquals(await closings(), 0);
  assertEquals([await close(), await closings()], [1, 1]);
});

Deno.test("a missing lock is an error, not a free lock", async () => {
  assertEquals((await refusal(() => db.worker`select engine.take_lock('nothing')`)).code, "22023");
});

for (
  const [job, tick] of [
    ["sweep", "engine.sweep()"],
    ["pulls", "engine.start_due_pulls()"],
    ["watch", "engine.watch()"],
  ] as const
) {
  Deno.test(`${tick} beside another one does nothing, and fails with the blocking session when that lasts`, async () => {
    const run = () => db.sql.unsafe(`select ${tick}`);
    // The first one starts what was never pulled, the second what it left to it: the ids.
    for (let nth = 1; nth <= 3; nth++) await run();
    await whileHeld(job, async (holder) => {
      // After a run that found nothing to do, the next one is due a quarter of an hour later.
      await db.passTime("17 minutes");
      await run();
      await db.passTime("1 minute");
      const error = await refusal(run);
      assertEquals([error.code, error.message.includes(`session ${holder}`)], ["55P03", true]);
    });
    await run();
  });
}

Deno.test("a blocked sweep and blocked schedules raise alerts, which are resolved when they run again", async () => {
  await db.sql`select engine.sweep()`;
  await db.sql`select start_schedules()`;
  await db.sql`select engine.start_due_pulls()`;
  await whileHeld("sweep", async () => {
    await whileHeld("pulls", async () => {
      for (let minute = 0; minute < 30; minute++) {
        await db.sql`select engine.watch()`;
        await db.passTime("1 minute");
      }
    });
  });
  assertEquals((await alerts()).toSorted(), [["the schedules", false], ["the sweep", false]]);
  await db.sql`select engine.sweep()`;
  await db.sql`select engine.start_due_pulls()`;
  await db.sql`select engine.watch()`;
  assertEquals((await alerts()).map(([, over]) => over), [true, true]);
});

Deno.test("blocked alerts are themselves an alert, which the sweep raises and which is sent as soon as they run again", async () => {
  await db.sql`select engine.watch()`;
  await whileHeld("watch", async () => {
    for (let minute = 0; minute < 30; minute++) {
      await db.sql`select engine.sweep()`;
      await db.passTime("1 minute");
    }
  });
  assertEquals(await alerts(), [["the alerts", false]]);
  await db.sql`select engine.watch()`;
  assertEquals(await alerts(), [["the alerts", true]]);
  assertEquals((await db.sql`select from engine.alert_messages`).length, 2);
});

Deno.test("the sweep does not wait for a dispatch that is being answered", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.passTime("1 minute");
  await db.worker.begin(async (transaction) => {
    await transaction`select from claim_chunk('results', 1)`;
    await db.sql`select engine.sweep()`;
  });
  assertEquals((await db.sql`select from ingest_errors`).length, 0);
});
