import { assert, assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
// A Monday at noon in London.
Deno.test.beforeEach(() => db.reset());

const REPORT = {
  slot_seconds: 1.5,
  fetch_seconds: 0.25,
  store_seconds: 0.125,
  other_seconds: 0.03,
  pages: 7,
  log_lines: 20,
};

async function usage() {
  const rows = await db.sql<
    { day: string; api_calls: number; invocations: number; log_lines: number; sized: boolean }[]
  >`
    select day::text, api_calls, invocations, log_lines, database_megabytes > 1 as sized
    from usage_by_day order by day desc
  `;
  return rows.map((row) => [row.day, row.api_calls, row.invocations, row.log_lines, row.sized]);
}

/** Claims a chunk of results, stores an empty page and yields it. */
async function invoke(calls: number): Promise<Lease> {
  const held = await claimed(db.worker, "results");
  await db.worker`
    select yield_chunk(${held.chunk_id}, ${held.lease_token}, ${calls}, report => ${db.worker.json(REPORT)})
  `;
  return held;
}

const upkeep = () => db.sql`select from engine.purge()`;

Deno.test("today is counted live, with the size of the database", async () => {
  assertEquals(await usage(), [["2026-06-15", 0, 0, 0, true]]);
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await invoke(5);
  await invoke(2);
  assertEquals(await usage(), [["2026-06-15", 7, 2, 40, true]]);
  // What was used stays used.
  await db.sql`delete from backfill_runs`;
  assertEquals(await usage(), [["2026-06-15", 7, 2, 40, true]]);
});

Deno.test("the upkeep notes the days that are over, and their logs may go", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await invoke(5);
  await db.passTime("16 hours");
  await invoke(1);
  await upkeep();
  assertEquals(await usage(), [["2026-06-16", 1, 1, 20, true], ["2026-06-15", 5, 1, 20, true]]);
  await db.sql`truncate engine.racing_api_calls, engine.invocations`;
  // A second upkeep of the same day changes nothing.
  await upkeep();
  assertEquals(await usage(), [["2026-06-16", 0, 0, 0, true], ["2026-06-15", 5, 1, 20, true]]);
});

Deno.test("a night without upkeep costs the size of that day, and no count", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await invoke(5);
  await db.passTime("3 days");
  await upkeep();
  assertEquals(await usage(), [
    ["2026-06-18", 0, 0, 0, true],
    ["2026-06-17", 0, 0, 0, true],
    ["2026-06-16", 0, 0, 0, null],
    ["2026-06-15", 5, 1, 20, null],
  ]);
});

Deno.test("a UK day begins at midnight in London, not in UTC", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.setTime("2026-06-15T23:30:00Z");
  await invoke(3);
  assertEquals((await usage()).map(([day, calls]) => [day, calls]), [["2026-06-16", 3]]);
});

Deno.test("usage is kept for usage_days, the record of an invocation for api_log_days", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.setTime("2026-06-07T10:00:00Z");
  await db.sql`update backfill_progress set next_attempt_at = engine.clock()`;
  await invoke(5);
  await db.sql`
    insert into engine.daily_usage (day, api_calls, invocations, log_lines)
    select date '2026-06-15' - days, 1, 1, 1 from unnest(array[2, 730, 731]) as days
  `;
  await db.setTime("2026-06-15T11:00:00Z");
  await upkeep();
  assertEquals((await usage()).filter(([day]) => day as string < "2025"), [
    ["2024-06-15", 1, 1, 1, null],
  ]);
  assertEquals((await db.sql`select from invocation_times`).length, 0);
});

async function endings() {
  const rows = await db.sql`
    select
      ended_as, dispatch_seconds::float8, slot_seconds::float8, fetch_seconds::float8, store_seconds::float8,
      other_seconds::float8, pages
    from invocation_times order by claimed_at
  `;
  return rows.map((row) => Object.values(row));
}

Deno.test("an invocation is known from its claim, and with its ending how it ended and where its time went", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.passTime("0.35 seconds");
  await invoke(5);
  await db.passTime("1 minute");
  const held = await claimed(db.worker, "results");
  const reported = [1.5, 0.25, 0.125, 0.03, 7];
  assertEquals((await endings())[0], ["yielded", 0.35, ...reported]);
  assertEquals((await endings())[1], [null, 60, null, null, null, null, null]);
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }, { api_total: 0 }));
  await db.worker`
    select finish_chunk(${held.chunk_id}, ${held.lease_token}, ${db.worker.json(REPORT)})
  `;
  assertEquals((await endings())[1], ["succeeded", 60, ...reported]);
});

Deno.test("an invocation that cannot report says how it ended all the same", async () => {
  const run = await start(db.sql, "2026-03-01", "2026-05-31", { feeds: ["results"] });
  const failed = await claimed(db.worker, "results");
  await db.worker`select fail_chunk(${failed.chunk_id}, ${failed.lease_token}, 'transient', 'No answer')`;
  await db.passTime("1 second");
  const short = await claimed(db.worker, "results");
  await ingest(db.worker, short, page({ before: [null, 0], after: [null, 1] }, { api_total: 1 }));
  assertEquals(await finish(db.worker, short), "waiting");
  await db.passTime("1 second");
  await claimed(db.worker, "results");
  await db.passTime("2 minutes");
  await db.sql`select engine.sweep()`;
  await claimed(db.worker, "results");
  await db.sql`select backfill_cancel(${run})`;
  const kinds = (await endings()).map((
    [ended_as, , ...parts],
  ) => [ended_as, parts.every((part) => part === null)]);
  assertEquals(kinds, [["failed", true], ["incomplete", true], ["interrupted", true], ["cancelled", true]]);
});

Deno.test("a claim made again for the same dispatch is one invocation", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const [dispatch] = await db.sql`select id from engine.dispatches where feed = 'results'`;
  const token = crypto.randomUUID();
  for (let claim = 0; claim < 2; claim++) {
    const rows = await db.worker`select from claim_chunk('results', ${dispatch?.["id"]}, ${token})`;
    assertEquals(rows.length, 1);
  }
  assertEquals((await endings()).length, 1);
  assert((await usage())[0]?.[2] === 1);
});
