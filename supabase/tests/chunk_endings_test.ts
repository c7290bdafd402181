import { assert, assertEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claim, claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { cardRace, page, resultRace, resultRunner } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

/** A lease of the newest of five months, while another invocation holds the feed's other lease. */
async function lease(): Promise<Lease> {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await claimed(db.worker, "results");
  await db.takeDispatches();
  return held;
}

async function fail(held: Lease, failureClass: string, more: { retryAfter?: number } = {}): Promise<string> {
  const [row] = await db.worker<{ state: string }[]>`
    select fail_chunk(
      ${held.chunk_id}, ${held.lease_token}, ${failureClass}, 'The API answered 502', '/results', 502,
      ${more.retryAfter ?? null}, 2
    ) as state
  `;
  return row?.state ?? "";
}

const dispatchedFeeds = async () => (await db.takeDispatches()).map((dispatch) => dispatch.body["feed"]);

Deno.test("yield_chunk() keeps the cursor, spends no attempt and makes one dispatch", async () => {
  const held = await lease();
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 100] }, { api_total: 1000 }));
  await db.worker`select yield_chunk(${held.chunk_id}, ${held.lease_token}, 1)`;
  const chunk = await chunkRow(db.sql, held.chunk_id);
  assertEquals([chunk.state, chunk.cursor_skip, chunk.attempts, chunk.api_calls], ["waiting", 100, 0, 2]);
  assertEquals(await dispatchedFeeds(), ["results"]);
  assertEquals((await claimed(db.worker, "results")).chunk_id, held.chunk_id);
});

Deno.test("finish_chunk() makes exactly one dispatch while chunks wait, and none after the last", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  await db.takeDispatches();
  for (const expected of [["results"], []]) {
    const held = await claimed(db.worker, "results");
    await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
    assertEquals(await finish(db.worker, held), "succeeded");
    assertEquals(await dispatchedFeeds(), expected);
  }
});

Deno.test("finishing the masters dispatches the feeds that waited for them", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31");
  const masters = await claimed(db.worker, "masters");
  await ingest(db.worker, masters, page({ before: [null, 0], after: [null, 1] }));
  await ingest(db.worker, masters, page({ before: [null, 1], after: [null, 2] }));
  await db.takeDispatches();
  await finish(db.worker, masters);
  assertEquals(await dispatchedFeeds(), ["racecards", "racecards", "results", "results"]);
});

/** A result, so that there is a horse to ask for. */
async function storeRunOfHorse(day: string): Promise<void> {
  await db
    .sql`insert into ra_mst_courses (id, name, region_code, is_listed) values ('crs_1', 'Sandbury', 'gb', false)`;
  await db.sql`insert into ra_mst_horses (id, name, last_seen_on) values ('hrs_1', 'Paper Lantern', ${day})`;
  await db.sql`select engine.upsert_races(${db.sql.json([resultRace("rac_1", { race_date: day })])})`;
  await db.sql`select engine.upsert_runners(${db.sql.json([resultRunner("rac_1", "hrs_1")])})`;
}

Deno.test("the last chunk in front dispatches the feed that stood back for it, however it ends", async () => {
  for (const end of ["finish", "fail"]) {
    await db.reset();
    await storeRunOfHorse("2026-05-04");
    await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["horses"] });
    await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
    // As if they had been claimed and given back.
    await db.sql`delete from engine.dispatches where feed = 'horses'`;
    await db.takeDispatches();
    for (const expected of [["results"], ["horses"]]) {
      const held = await claimed(db.worker, "results");
      if (end === "fail") await fail(held, "transient");
      else {
        await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
        assertEquals(await finish(db.worker, held), "succeeded");
      }
      assertEquals(await dispatchedFeeds(), expected, end);
    }
  }
});

Deno.test("a state change that is rolled back makes no dispatch", async () => {
  const held = await lease();
  await assertRejects(() =>
    db.worker.begin(async (transaction) => {
      await transaction`select yield_chunk(${held.chunk_id}, ${held.lease_token}, 0)`;
      throw new Error("taken back");
    })
  );
  assertEquals(await dispatchedFeeds(), []);
  assertEquals((await chunkRow(db.sql, held.chunk_id)).state, "working");
});

/** As if another chunk of the feed got a page while this one is worked on. */
const letOthersGetPages = async (held: Lease) => {
  await db.passTime("1 second");
  await db.sql`update backfill_progress set last_page_at = engine.clock() where id <> ${held.chunk_id}`;
};

Deno.test("a transient failure is tried again after about 1, 4, 16 and 64 minutes, then the chunk is dead", async () => {
  let held = await lease();
  for (const minutes of [1, 4, 16, 64]) {
    assertEquals(await fail(held, "transient"), "waiting");
    const { wait_seconds } = await chunkRow(db.sql, held.chunk_id);
    assert(
      wait_seconds >= minutes * 45 && wait_seconds <= minutes * 75,
      `${wait_seconds} s after ${minutes}`,
    );
    await db.passTime(`${minutes * 75} seconds`);
    held = await claimed(db.worker, "results");
  }
  await letOthersGetPages(held);
  assertEquals(await fail(held, "transient"), "dead");
  const errors = await db.sql`
    select failure_class, endpoint, http_status, attempt, message from ingest_errors order by id
  `;
  assertEquals(errors.map((error) => error["attempt"]), [1, 2, 3, 4, 5]);
  assertEquals({ ...errors[0] }, {
    failure_class: "transient",
    endpoint: "/results",
    http_status: 502,
    attempt: 1,
    message: "The API answered 502",
  });
});

Deno.test("while no chunk of the feed gets a page, none is given up, for a day", async () => {
  let held = await lease();
  const started = await db.sql`select engine.clock() as now`;
  let attempts = 0;
  while (await fail(held, "transient") === "waiting") {
    attempts++;
    const { wait_seconds } = await chunkRow(db.sql, held.chunk_id);
    assert(wait_seconds <= 64 * 75, `${wait_seconds} s`);
    await db.passTime(`${wait_seconds} seconds`);
    held = await claimed(db.worker, "results");
  }
  const [passed] = await db.sql`select extract(epoch from engine.clock() - ${
    started[0]?.["now"]
  })::integer as seconds`;
  assert(attempts > 20, `${attempts} attempts`);
  assert(passed?.["seconds"] >= 24 * 3600 && passed?.["seconds"] < 26 * 3600, `${passed?.["seconds"]} s`);
});

Deno.test("a chunk that waited out an outage is given up at its next failure once other chunks get pages", async () => {
  let held = await lease();
  for (let attempt = 1; attempt <= 8; attempt++) {
    assertEquals(await fail(held, "transient"), "waiting");
    await db.passTime("80 minutes");
    held = await claimed(db.worker, "results");
  }
  await letOthersGetPages(held);
  assertEquals(await fail(held, "transient"), "dead");
});

Deno.test("one page during an outage does not give up a chunk that fails afterwards", async () => {
  let held = await lease();
  for (let attempt = 1; attempt <= 6; attempt++) {
    assertEquals(await fail(held, "transient"), "waiting");
    await db.passTime("80 minutes");
    if (attempt === 6) await letOthersGetPages(held);
    await db.passTime("1 minute");
    held = await claimed(db.worker, "results");
  }
  assertEquals(await fail(held, "transient"), "waiting");
});

Deno.test("a chunk that was dead or paused for days has a day again before it is given up in an outage", async () => {
  let held = await lease();
  const failUntilDead = async () => {
    let attempts = 1;
    for (; await fail(held, "transient") === "waiting"; attempts++) {
      await db.passTime("70 minutes");
      await db.passTime("10 minutes");
      held = await claimed(db.worker, "results");
    }
    return attempts;
  };
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 100] }, { api_total: 1000 }));
  assert(await failUntilDead() > 18);
  await db.passTime("2 days");
  await db.sql`select backfill_retry(1)`;
  held = await claimed(db.worker, "results");
  for (let attempt = 1; attempt <= 8; attempt++) {
    assertEquals(await fail(held, "transient"), "waiting", `attempt ${attempt} after the retry`);
    await db.passTime("80 minutes");
    held = await claimed(db.worker, "results");
  }
  await db.worker`select yield_chunk(${held.chunk_id}, ${held.lease_token}, 0)`;
  await db.sql`select backfill_pause(1)`;
  await db.passTime("2 days");
  await db.sql`select backfill_resume(1)`;
  held = await claimed(db.worker, "results");
  assert(await failUntilDead() > 18);
});

Deno.test("a page between two outages starts the day again, but waiting for a turn does not", async () => {
  const held = await lease();
  await db.worker`select yield_chunk(${held.chunk_id}, ${held.lease_token}, 0)`;
  await db.passTime("2 days");
  const failingSince = async () =>
    (await db.sql`select failing_since from backfill_progress where id = ${held.chunk_id}`)[0]?.[
      "failing_since"
    ];
  const again = await claimed(db.worker, "results");
  await fail(again, "account");
  assertEquals(await failingSince(), null, "the account's failure is not the chunk's");
  await db.sql`select backfill_resume(1)`;
  await fail(await claimed(db.worker, "results"), "transient");
  assertEquals(await failingSince(), new Date("2026-06-17T11:00:00Z"));
  await db.passTime("2 hours");
  const last = await claimed(db.worker, "results");
  await ingest(db.worker, last, page({ before: [null, 0], after: [null, 100] }, { api_total: 1000 }));
  assertEquals(await failingSince(), null);
});

Deno.test("chunks end even while a Vault secret is missing, and the sweep dispatches when it is back", async () => {
  const held = await lease();
  await db.withoutWorkerSecret(async () => {
    assertEquals(await fail(held, "transient"), "waiting");
  });
  assertEquals(await dispatchedFeeds(), []);
  await db.sql`select engine.sweep()`;
  assertEquals(await dispatchedFeeds(), ["results"]);
});

Deno.test("a wrong state is not mistaken for a missing Vault secret: an ending and a sweep fail on it", async () => {
  const held = await lease();
  await start(db.sql, "2026-06-01", "2026-06-10", { feeds: ["racecards"] });
  await db.takeDispatches();
  for (
    const call of [
      `select fail_chunk(${held.chunk_id}, '${held.lease_token}', 'chunk', 'unreadable')`,
      "select engine.sweep()",
    ]
  ) {
    const meeting = db.sql.begin(async (transaction) => {
      await transaction.unsafe(`
        create function testing.refuse() returns trigger language plpgsql set search_path = ''
        as $$ begin raise exception 'not now' using errcode = '55000'; end $$;
        create trigger refuse before insert on engine.dispatches for each row execute function testing.refuse();
      `);
      await transaction.unsafe(call);
      throw new Error("It went on as if a secret were missing");
    });
    await assertRejects(() => meeting, Error, "not now");
  }
});

Deno.test("a transient failure waits at least as long as the API asked for", async () => {
  const held = await lease();
  await fail(held, "transient", { retryAfter: 1800 });
  assertEquals((await chunkRow(db.sql, held.chunk_id)).wait_seconds, 1800);
});

Deno.test("a chunk that fails for good is dead at once, and the run goes on", async () => {
  const held = await lease();
  assertEquals(await fail(held, "chunk"), "dead");
  assertEquals(await dispatchedFeeds(), ["results"]);
  assertEquals((await claimed(db.worker, "results")).period_start, "2026-03-01");
});

Deno.test("a refused account pauses the run, says what to do, and spends no attempt", async () => {
  const held = await lease();
  assertEquals(await fail(held, "account"), "waiting");
  assertEquals((await chunkRow(db.sql, held.chunk_id)).attempts, 0);
  assertEquals(await dispatchedFeeds(), []);
  assertEquals(await claim(db.worker, "results"), undefined);
  const [status] = await db.sql`select state, what_to_do from backfill_status`;
  assertEquals({ ...status }, {
    state: "paused",
    what_to_do: "The API answered 502. Once that is fixed: select backfill_resume(1);",
  });
  await db.sql`select backfill_resume(1)`;
  assertEquals(await dispatchedFeeds(), ["results"]);
});

Deno.test("fail_chunk() refuses a class it does not know", async () => {
  const held = await lease();
  await assertRejects(() => fail(held, "odd"), Error, 'Unknown failure class "odd"');
  assertEquals((await chunkRow(db.sql, held.chunk_id)).state, "working");
});

Deno.test("repeating an ending whose answer was lost is a lost lease", async () => {
  const held = await lease();
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
  assertEquals(await finish(db.worker, held), "succeeded");
  await assertRejects(() => finish(db.worker, held), Error, "is lost");
});

Deno.test("finish_chunk() takes no racecards chunk that stopped before its period's end", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["racecards"] });
  const held = await claimed(db.worker, "racecards");
  await ingest(db.worker, held, page({ before: ["2026-05-01", 0], after: ["2026-05-02", 0] }));
  assertEquals(await finish(db.worker, held), "waiting");
  const chunk = await chunkRow(db.sql, held.chunk_id);
  assertEquals([chunk.cursor_day, chunk.last_error], [
    "2026-05-01",
    "Stopped at 2026-05-02, before the period's end",
  ]);
});

/** Stores the three days of a chunk of cards; of each day the API says it has so many, and one race comes. */
async function pullCards(held: Lease, totals: number[]): Promise<void> {
  const days = ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"];
  for (const [nth, total] of totals.entries()) {
    const day = days[nth] ?? "";
    if (held.cursor_day !== null && day < held.cursor_day) continue;
    await ingest(
      db.worker,
      held,
      page({ before: [day, 0], after: [days[nth + 1] ?? "", 0] }, {
        api_total: total,
        races: [cardRace(`rac_${nth}`, { race_date: day })],
      }),
    );
  }
}

Deno.test("a card day that came up short is pulled again from that day on, and after four times the chunk is dead", async () => {
  await start(db.sql, "2026-05-01", "2026-05-03", { feeds: ["racecards"] });
  let held = await claimed(db.worker, "racecards");
  await pullCards(held, [1, 2, 1]);
  for (let pull = 1; pull <= 3; pull++) {
    assertEquals(await finish(db.worker, held), "waiting");
    const chunk = await chunkRow(db.sql, held.chunk_id);
    assertEquals([chunk.cursor_day, chunk.pages_done, chunk.repulls, chunk.wait_seconds], [
      "2026-05-02",
      1,
      pull,
      60,
    ]);
    assertEquals(chunk.last_error, "The API has 2 races on 2026-05-02 and sent 1 of them");
    await db.passTime("1 minute");
    held = await claimed(db.worker, "racecards");
    await pullCards(held, [1, 2, 1]);
  }
  assertEquals(await finish(db.worker, held), "dead");
  assertEquals((await db.sql`select from ingest_errors where failure_class = 'incomplete'`).length, 4);
  const [status] = await db.sql`select state, what_to_do from backfill_status`;
  assertEquals({ ...status }, {
    state: "completed_with_failures",
    what_to_do:
      "Given up: a chunk. Read last_error and ingest_errors; once that is fixed: select backfill_retry(1);",
  });
});

Deno.test("a card day that came up short and is whole when pulled again is a success", async () => {
  await start(db.sql, "2026-05-01", "2026-05-03", { feeds: ["racecards"] });
  const held = await claimed(db.worker, "racecards");
  await pullCards(held, [1, 2, 1]);
  assertEquals(await finish(db.worker, held), "waiting");
  await db.passTime("1 minute");
  const again = await claimed(db.worker, "racecards");
  await pullCards(again, [1, 1, 1]);
  assertEquals(await finish(db.worker, again), "succeeded");
  assertEquals((await db.sql`select from coverage_gaps`).length, 0);
});

Deno.test("a chunk given back ten times without a page is dead, and does not loop forever", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const states: (string | undefined)[] = [];
  for (let nth = 1; nth <= 10; nth++) {
    const held = await claimed(db.worker, "results");
    const [row] = await db.worker<{ state: string }[]>`
      select yield_chunk(${held.chunk_id}, ${held.lease_token}, 0, false) as state
    `;
    states.push(row?.state);
  }
  assertEquals(states, [...Array(9).fill("waiting"), "dead"]);
});

Deno.test("note_failed_request() keeps the request, spends no attempt, and renews the lease", async () => {
  const held = await lease();
  await db.passTime("80 seconds");
  await db
    .worker`select note_failed_request(${held.chunk_id}, ${held.lease_token}, 'too slow', '/results', null, 2)`;
  await db.passTime("80 seconds");
  await db.sql`select engine.expire_leases()`;
  const { state, attempts } = await chunkRow(db.sql, held.chunk_id);
  assertEquals([state, attempts], ["working", 0]);
  const [error] = await db.sql`
    select failure_class, endpoint, http_status, attempt, message from ingest_errors where chunk_id = ${held.chunk_id}
  `;
  assertEquals({ ...error }, {
    failure_class: "retried",
    endpoint: "/results",
    http_status: null,
    attempt: 2,
    message: "too slow",
  });
});
