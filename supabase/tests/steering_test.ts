import { assert, assertEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claim, claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

const state = async (run: number) =>
  (await db.sql<{ state: string }[]>`select state from backfill_status where run_id = ${run}`)[0]?.state;

Deno.test("a run is waiting, running, paused, running again and cancelled", async () => {
  const run = await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  assertEquals(await state(run), "waiting");
  const held = await claimed(db.worker, "results");
  assertEquals(await state(run), "running");
  await db.sql`select backfill_pause(${run})`;
  assertEquals(await state(run), "paused");
  await db.sql`select backfill_resume(${run})`;
  assertEquals(await state(run), "running");
  await db.sql`select backfill_cancel(${run})`;
  assertEquals(await state(run), "cancelled");
  await assertRejects(() => finish(db.worker, held), Error, "is lost");
  assertEquals(await claim(db.worker, "results"), undefined);
});

Deno.test("cancelling a run while its chunk is written to does not deadlock", async () => {
  const reject = {
    kind: "race",
    race_id: "rac_1",
    horse_id: null,
    race_date: "2026-05-02",
    path: "",
    reason: "No course",
    raw: {},
  };
  const writes = [
    (held: Lease) =>
      ingest(
        db.worker,
        held,
        page({ before: [null, 0], after: [null, 100] }, { rejects: [reject], api_total: 500 }),
      ),
    (held: Lease) =>
      db.worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'transient', 'no answer')`,
    (held: Lease) =>
      db.worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'account', 'refused')`,
  ];
  for (const write of writes) {
    for (let round = 0; round < 5; round++) {
      const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
      const held = await claimed(db.worker, "results");
      const both = await Promise.allSettled([write(held), db.sql`select backfill_cancel(${run})`]);
      assertEquals(both[1].status, "fulfilled", JSON.stringify(both));
      if (both[0].status === "rejected") {
        assert(String(both[0].reason).includes("is lost"), String(both[0].reason));
      }
      assertEquals(await state(run), "cancelled");
    }
  }
});

Deno.test("backfill_retry() of a period that lacked races reads it again", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  for (let pull = 0; pull < 4; pull++) {
    const held = await claimed(db.worker, "results");
    await ingest(db.worker, held, page({ before: [null, 0], after: [null, 3] }, { api_total: 3 }));
    await finish(db.worker, held);
    await db.passTime("61 seconds");
  }
  await db.sql`select backfill_retry(${run})`;
  const again = await claimed(db.worker, "results");
  assertEquals([again.cursor_skip, again.api_total], [0, null]);
});

Deno.test("a wrong transition is a clear error and changes nothing", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await assertRejects(() => db.sql`select backfill_resume(${run})`, Error, `Run ${run} is not paused`);
  await assertRejects(() => db.sql`select backfill_retry(${run})`, Error, `Run ${run} has no dead chunks`);
  await assertRejects(() => db.sql`select backfill_pause(99)`, Error, "There is no run 99");
  await db.sql`select backfill_pause(${run})`;
  await assertRejects(() => db.sql`select backfill_pause(${run})`, Error, `Run ${run} is paused already`);
  await db.sql`select backfill_cancel(${run})`;
  for (const call of ["backfill_pause", "backfill_resume", "backfill_cancel", "backfill_retry"]) {
    await assertRejects(() => db.sql.unsafe(`select ${call}(${run})`), Error, `Run ${run} was cancelled`);
  }
  assertEquals(await state(run), "cancelled");
});

Deno.test("a resumed run goes on at once, even if its chunks waited for something", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await db
    .worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'transient', 'no answer', '/results', null, 3000)`;
  assertEquals(await claim(db.worker, "results"), undefined);
  await db.sql`select backfill_pause(${run})`;
  await db.sql`select backfill_resume(${run})`;
  assertEquals((await claimed(db.worker, "results")).chunk_id, held.chunk_id);
});

Deno.test("cancelling a run lets those go on that waited for its days, and ends its dead chunks too", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await claimed(db.worker, "results");
  await db.sql`select pull_days('2026-05-10', '2026-05-10', array['results'])`;
  await db.takeDispatches();
  await db.sql`select backfill_cancel(${run})`;
  assertEquals((await db.takeDispatches()).length, 1);
  const daily = await claimed(db.worker, "results");
  await db.worker`select fail_chunk(${daily.chunk_id}, ${daily.lease_token}, 'chunk', 'unreadable')`;
  await db.sql`select backfill_cancel(${daily.run_id})`;
  assertEquals((await chunkRow(db.sql, daily.chunk_id)).state, "cancelled");
});

Deno.test("a run can be cancelled while a Vault secret is missing", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select pull_days('2026-05-10', '2026-05-10', array['results'])`;
  await db.takeDispatches();
  await db.withoutWorkerSecret(async () => void await db.sql`select backfill_cancel(${run})`);
  assertEquals(await state(run), "cancelled");
});

Deno.test("retrying and cancelling a run at once does not deadlock: one of them comes first", async () => {
  for (let time = 0; time < 20; time++) {
    await db.reset();
    const run = await start(db.sql, "2025-01-01", "2025-12-31", { feeds: ["results"] });
    await db
      .sql`update backfill_progress set state = 'dead', last_error = 'unreadable', ended_at = engine.clock()`;
    const refusals = (await Promise.allSettled([
      db.sql`select backfill_retry(${run})`,
      db.sql`select backfill_cancel(${run})`,
    ])).flatMap((call) => call.status === "rejected" ? [String(call.reason)] : []);
    assert(refusals.every((reason) => reason.includes(`Run ${run} was cancelled`)), refusals.join());
    assertEquals(await state(run), "cancelled");
  }
});

Deno.test("an ended run cannot be paused or cancelled", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
  await finish(db.worker, held);
  await assertRejects(() => db.sql`select backfill_pause(${run})`, Error, `Run ${run} has ended`);
  await assertRejects(() => db.sql`select backfill_cancel(${run})`, Error, `Run ${run} has ended`);
  assertEquals(await state(run), "succeeded");
});

Deno.test("backfill_retry() redrives the dead at their cursors, with all their attempts", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 100] }, { api_total: 500 }));
  await db.worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'chunk', 'unreadable')`;
  assertEquals(await state(run), "completed_with_failures");
  await db.takeDispatches();
  const [redriven] = await db.sql`select backfill_retry(${run}) as chunks`;
  assertEquals(redriven?.["chunks"], 1);
  assertEquals((await db.takeDispatches()).length, 1);
  const again = await claimed(db.worker, "results");
  assertEquals([again.chunk_id, again.cursor_skip], [held.chunk_id, 100]);
  assertEquals((await chunkRow(db.sql, held.chunk_id)).attempts, 0);
});

Deno.test("the status counts pages, calls and rows, and knows the time left from the slower feed", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["racecards", "results"] });
  const read = () =>
    db.sql`
      select percent::float8, api_calls::integer, round(extract(epoch from time_left))::integer as seconds_left
      from backfill_status_details where run_id = ${run}
    `.then(([row]) => ({ ...row }));
  // 31 cards at 1.8 a second; 12 pages of results are expected meanwhile.
  assertEquals(await read(), { percent: 0, api_calls: 0, seconds_left: 17 });
  const held = await claimed(db.worker, "results");
  await ingest(
    db.worker,
    held,
    page({ before: [null, 0], after: [null, 100] }, { api_total: 890, api_calls: 2 }),
  );
  assertEquals(await read(), { percent: 2.5, api_calls: 2, seconds_left: 17 });
});
