import { assertEquals, assertRejects } from "@std/assert";
import { claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { page, resultRace } from "./support/pages.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

/**
 * A lease of a month of results, due and claimed at 11:00. It failed earlier, has read a page of one that brought no
 * race, though the API has one, and now it is 11:01.
 */
async function lease(): Promise<Lease> {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 1] }, { api_total: 1 }));
  await db.sql`update backfill_progress set last_error = 'Failed earlier' where id = ${held.chunk_id}`;
  await db.passTime("1 minute");
  return held;
}

type Left = [state: string, due: string, ended: string | null, error: string | null, pagesKept: number];

/** What the chunk was left with. It never keeps its lease. */
async function leftWith({ chunk_id }: Lease): Promise<Left> {
  const [row] = await db.sql<
    {
      state: string;
      due: string;
      ended: string | null;
      error: string | null;
      pages: number;
      leased: boolean;
    }[]
  >`
    select
      chunk.state, to_char(chunk.next_attempt_at at time zone 'UTC', 'HH24:MI') as due,
      to_char(chunk.ended_at at time zone 'UTC', 'HH24:MI') as ended, chunk.last_error as error,
      (select count(*)::integer from engine.pages_read as read where read.chunk_id = chunk.id) as pages,
      chunk.lease_token is not null or chunk.lease_until is not null as leased
    from backfill_progress as chunk
    where chunk.id = ${chunk_id}
  `;
  if (row === undefined) throw new Error(`There is no chunk ${chunk_id}`);
  assertEquals(row.leased, false);
  return [row.state, row.due, row.ended, row.error, row.pages];
}

const leave = ({ chunk_id }: Lease, state: string, due: string | null = null, error: string | null = null) =>
  db.sql`
    select engine.leave_chunk(chunk, ${state}, coalesce(${due}::timestamptz, engine.clock()), ${error})
    from backfill_progress as chunk where chunk.id = ${chunk_id}
  `;

Deno.test("a waiting chunk is due at the given time, keeps its last error unless there is a new one, and has not ended", async () => {
  const held = await lease();
  await leave(held, "waiting");
  assertEquals(await leftWith(held), ["waiting", "11:01", null, "Failed earlier", 1]);
  await leave(held, "waiting", "2026-06-15T12:30:00Z", "No answer");
  assertEquals(await leftWith(held), ["waiting", "12:30", null, "No answer", 1]);
});

Deno.test("a chunk that succeeded or was cancelled forgets what it read, one that is dead does not, and none is due again", async () => {
  const ends: [string, string | null, Left][] = [
    ["succeeded", null, ["succeeded", "11:00", "11:01", null, 0]],
    ["succeeded", "No answer", ["succeeded", "11:00", "11:01", null, 0]],
    ["cancelled", null, ["cancelled", "11:00", "11:01", "Failed earlier", 0]],
    ["dead", null, ["dead", "11:00", "11:01", "Failed earlier", 1]],
    ["dead", "Unreadable", ["dead", "11:00", "11:01", "Unreadable", 1]],
  ];
  for (const [state, error, left] of ends) {
    await db.reset();
    const held = await lease();
    await leave(held, state, "2026-06-15T12:30:00Z", error);
    assertEquals(await leftWith(held), left);
  }
});

Deno.test("a dead chunk that is cancelled ends again, and keeps what it died of", async () => {
  const held = await lease();
  await leave(held, "dead", null, "Unreadable");
  await db.passTime("1 hour");
  await leave(held, "cancelled");
  assertEquals(await leftWith(held), ["cancelled", "11:00", "12:01", "Unreadable", 0]);
});

Deno.test("no chunk is given up without an error", async () => {
  const held = await lease();
  await db.sql`update backfill_progress set last_error = null`;
  await assertRejects(() => leave(held, "dead"), Error, "backfill_progress_dead_has_error");
});

const fail = ({ chunk_id, lease_token }: Lease, failureClass: string) =>
  db.worker`
    select fail_chunk(${chunk_id}, ${lease_token}, ${failureClass}, 'No answer', retry_after_seconds => 1800)
  `;

const yieldChunk = ({ chunk_id, lease_token }: Lease, progressed: boolean) =>
  db.worker`select yield_chunk(${chunk_id}, ${lease_token}, 1, ${progressed})`;

const interruptedBefore = (times: number) => db.sql`update backfill_progress set interruptions = ${times}`;

/** Takes the lease away, as if it had run out. */
async function expire(): Promise<void> {
  await db.sql`update backfill_progress set lease_until = engine.clock() - interval '1 second'`;
  await db.sql`select engine.expire_leases()`;
}

async function finishWhole(held: Lease): Promise<void> {
  const races = [resultRace("rac_1", { race_date: "2026-05-01" })];
  await ingest(db.worker, held, page({ before: [null, 1], after: [null, 2] }, { api_total: 1, races }));
  await finish(db.worker, held);
}

const SHORT = "The API has 1 races and sent 0 of them";
const GIVEN_UP = "Interrupted 10 times without storing a page";

/** Each way in which a worker leaves a chunk, and the chunk's state afterwards. */
const WAYS_OUT: Record<string, [(held: Lease) => Promise<unknown>, Left]> = {
  "yielded after a page": [(held) => yieldChunk(held, true), ["waiting", "11:01", null, "Failed earlier", 1]],
  "yielded without a page": [
    (held) => yieldChunk(held, false),
    ["waiting", "11:01", null, "Failed earlier", 1],
  ],
  "yielded without a page for the tenth time": [
    async (held) => {
      await interruptedBefore(9);
      await yieldChunk(held, false);
    },
    ["dead", "11:00", "11:01", GIVEN_UP, 1],
  ],
  "expired": [() => expire(), ["waiting", "11:01", null, "Failed earlier", 1]],
  "expired for the tenth time": [
    async () => {
      await interruptedBefore(9);
      await expire();
    },
    ["dead", "11:00", "11:01", GIVEN_UP, 1],
  ],
  "failed for now": [(held) => fail(held, "transient"), ["waiting", "11:31", null, "No answer", 1]],
  "refused with its account": [(held) => fail(held, "account"), ["waiting", "11:01", null, "No answer", 1]],
  "failed for good": [(held) => fail(held, "chunk"), ["dead", "11:00", "11:01", "No answer", 1]],
  "finished and whole": [finishWhole, ["succeeded", "11:00", "11:01", null, 0]],
  "finished and short": [(held) => finish(db.worker, held), ["waiting", "11:02", null, SHORT, 0]],
  "finished and short for the fourth time": [
    async (held) => {
      await db.sql`update backfill_progress set repulls = 3`;
      await finish(db.worker, held);
    },
    ["dead", "11:00", "11:01", SHORT, 1],
  ],
  "cancelled": [
    (held) => db.sql`select backfill_cancel(${held.run_id})`,
    ["cancelled", "11:00", "11:01", "Failed earlier", 0],
  ],
};

for (const [way, [leaves, left]] of Object.entries(WAYS_OUT)) {
  Deno.test(`a chunk that is ${way} has no lease, and its due time, end, error and pages are settled`, async () => {
    const held = await lease();
    await leaves(held);
    assertEquals(await leftWith(held), left);
  });
}

Deno.test("a period that is read again has nothing of its reading left, and its cursor at the day from which it is read", async () => {
  const begun = { results: [null, 0, 0, null, null], racecards: ["2026-05-03", 0, 2, null, null] };
  for (const [feed, expected] of Object.entries(begun)) {
    await db.reset();
    await start(db.sql, "2026-05-01", "2026-05-31", { feeds: [feed] });
    const held = await claimed(db.worker, feed);
    const day = feed === "racecards" ? "2026-05-01" : null;
    await ingest(db.worker, held, page({ before: [day, 0], after: [day, 100] }, { api_total: 150 }));
    const from = feed === "racecards" ? "2026-05-03" : "2026-05-01";
    await db.sql`select engine.read_again(chunk, ${from}) from backfill_progress as chunk`;
    const [chunk] = await db.sql`
      select cursor_day::text, cursor_skip, pages_done, api_total, reading_since from backfill_progress
    `;
    assertEquals(Object.values(chunk ?? {}), expected);
    assertEquals((await db.sql`select from engine.pages_read`).length, 0);
  }
});
