import { assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claimed, ingest, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

const sweep = () => db.sql`select engine.sweep()`;
const calledFeeds = async () => (await db.takeCalls()).map((call) => call.body["feed"]);

Deno.test("the sweep is scheduled every minute", async () => {
  const jobs = await db.sql`select jobname, schedule, command from cron.job`;
  assertEquals([...jobs], [{
    jobname: "engine-sweep",
    schedule: "* * * * *",
    command: "select engine.sweep()",
  }]);
});

Deno.test("with nothing to do the sweep calls nobody", async () => {
  await sweep();
  assertEquals(await calledFeeds(), []);
});

Deno.test("the sweep calls again for whatever was lost on its way", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  assertEquals(await calledFeeds(), ["results", "results"]);
  await sweep();
  assertEquals(await calledFeeds(), ["results", "results"]);
  await claimed(db.worker, "results");
  await sweep();
  assertEquals(await calledFeeds(), ["results"]);
  await claimed(db.worker, "results");
  await sweep();
  assertEquals(await calledFeeds(), []);
});

Deno.test("two sweeps at once dispatch once", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await db.takeCalls();
  await db.sql.begin(async (transaction) => {
    await transaction`select engine.sweep()`;
    await sweep();
  });
  assertEquals(await calledFeeds(), ["results", "results"]);
});

Deno.test("a lease that ran out is an interruption, not an attempt, and the cursor stays", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 100] }, { api_total: 500 }));
  await db.passTime("89 seconds");
  await sweep();
  assertEquals((await chunkRow(db.sql, held.chunk_id)).state, "working");
  await db.passTime("2 seconds");
  await db.takeCalls();
  await sweep();
  const chunk = await chunkRow(db.sql, held.chunk_id);
  assertEquals([chunk.state, chunk.cursor_skip, chunk.attempts, chunk.interruptions], ["waiting", 100, 0, 1]);
  assertEquals(await calledFeeds(), ["results"]);
  const errors = await db.sql`select failure_class, attempt from ingest_errors`;
  assertEquals([...errors], [{ failure_class: "interruption", attempt: 1 }]);
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
      hints.push(error.message, error.hint);
    });
    await transaction`select 1`;
    throw new Error("undo");
  }).catch(() => {});
  assertEquals(hints[0], 'Vault lacks the secret "worker_secret"');
  assertEquals(hints[1]?.includes("vault.create_secret"), true);
});
