import { assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claimed, ingest, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

const sweep = () => db.sql`select engine.sweep()`;
const dispatchedFeeds = async () => (await db.takeDispatches()).map((dispatch) => dispatch.body["feed"]);

Deno.test("with nothing to do the sweep makes no dispatch", async () => {
  await sweep();
  assertEquals(await dispatchedFeeds(), []);
});

const errors = () => db.sql`select failure_class, attempt from ingest_errors order by id`;
const lost = { failure_class: "lost_dispatch", attempt: 1 };

Deno.test("dispatches in transit are not sent again, lost ones are, and the error log says so", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await db.passTime("14 seconds");
  await sweep();
  assertEquals((await db.sql`select from net.http_request_queue`).length, 2);
  assertEquals([...await errors()], []);
  await db.passTime("2 seconds");
  await sweep();
  assertEquals((await db.sql`select from net.http_request_queue`).length, 4);
  assertEquals([...await errors()], [lost, lost]);
});

Deno.test("while every dispatch is lost, the error log says so once, and again each hour", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const counts: number[] = [];
  for (let minute = 1; minute <= 62; minute++) {
    await db.passTime("1 minute");
    await sweep();
    counts.push((await errors()).length);
  }
  assertEquals([counts[0], counts[30], counts[59], counts[61]], [1, 1, 1, 2]);
  // One dispatch a minute, not more and more of them.
  assertEquals((await db.sql`select from engine.dispatches`).length, 1);
  const [status] = await db.sql`select state, what_to_do from backfill_status`;
  assertEquals(
    status?.["what_to_do"].startsWith("No function answers the dispatches."),
    true,
    status?.["what_to_do"],
  );
});

Deno.test("a dispatch delivered twice claims once, and one that comes too late claims nothing", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  const claimFor = (id: number) => db.worker`select chunk_id from claim_chunk('results', ${id})`;
  const both = await Promise.all([claimFor(1), claimFor(1)]);
  assertEquals(both.map((claims) => claims.length).toSorted(), [0, 1]);
  await db.passTime("16 seconds");
  await sweep();
  assertEquals((await claimFor(2)).length, 0);
  assertEquals((await claimFor(3)).length, 1);
});

Deno.test("two sweeps at once dispatch once", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await db.takeDispatches();
  await db.sql.begin(async (transaction) => {
    await transaction`select engine.sweep()`;
    await sweep();
  });
  assertEquals(await dispatchedFeeds(), ["results", "results"]);
});

Deno.test("a lease that ran out is an interruption, not an attempt, and the cursor stays", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 100] }, { api_total: 500 }));
  await db.takeDispatches();
  await db.passTime("89 seconds");
  await sweep();
  assertEquals((await chunkRow(db.sql, held.chunk_id)).state, "working");
  await db.passTime("2 seconds");
  await db.takeDispatches();
  await sweep();
  const chunk = await chunkRow(db.sql, held.chunk_id);
  assertEquals([chunk.state, chunk.cursor_skip, chunk.attempts, chunk.interruptions], ["waiting", 100, 0, 1]);
  assertEquals(await dispatchedFeeds(), ["results"]);
  assertEquals([...await errors()], [{ failure_class: "interruption", attempt: 1 }]);
});

Deno.test("a chunk interrupted ten times without storing a page is dead, one that makes progress is not", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  for (let interruption = 1; interruption <= 9; interruption++) {
    await claimed(db.worker, "results");
    await db.passTime("91 seconds");
    await sweep();
  }
  const progress = await claimed(db.worker, "results");
  assertEquals((await chunkRow(db.sql, progress.chunk_id)).interruptions, 9);
  await ingest(db.worker, progress, page({ before: [null, 0], after: [null, 100] }, { api_total: 500 }));
  for (let interruption = 1; interruption <= 10; interruption++) {
    await db.passTime("91 seconds");
    await sweep();
    const { state } = await chunkRow(db.sql, progress.chunk_id);
    assertEquals(state, interruption < 10 ? "waiting" : "dead");
    if (interruption < 10) await claimed(db.worker, "results");
  }
  const { last_error } = await chunkRow(db.sql, progress.chunk_id);
  assertEquals(last_error, "Interrupted 10 times without storing a page");
});

Deno.test("without its Vault secrets a start says which one is missing and how to store it", async () => {
  const hints: (string | undefined)[] = [];
  await db.sql.begin(async (transaction) => {
    await transaction`delete from vault.secrets where name = 'worker_secret'`;
    await transaction.savepoint((inner) => inner`select backfill_start(date '2026-05-01')`).catch((error) => {
      hints.push(error.message, error.hint, error.code);
    });
    await transaction`select 1`;
    throw new Error("undo");
  }).catch(() => {});
  assertEquals(hints[0], 'Vault lacks the secret "worker_secret"');
  assertEquals(hints[1]?.includes("supabase/snippets/set_up.sql"), true);
  // A code of its own, which PostgREST turns into a status, so that it can be caught alone.
  assertEquals(hints[2], "PT424");
});

Deno.test("after a clock that was ahead is corrected, no dispatch, lease or slot of tomorrow is left", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await db.passTime("1 day");
  await db.sql`select engine.sweep()`;
  await claimed(db.worker, "results");
  await db.worker`select reserve_slot('/results')`;
  await db.passTime("-1 day");
  await db.takeDispatches();
  await db.sql`select engine.sweep()`;
  const chunks = await db.sql`select state from backfill_progress`;
  assertEquals(chunks.map(({ state }) => state), ["waiting", "waiting"]);
  const [slot] = await db.worker`select reserve_slot('/results') as wait`;
  assertEquals(slot?.["wait"], 0);
  // What was given back is due by that clock as well: at once, as it was an interruption.
  assertEquals((await db.takeDispatches()).length > 0, true);
});
