import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claim, claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";
import { nodesOf, type PlanNode } from "./support/plan_nodes.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

Deno.test("claim_chunk() hands out the newest month first, each chunk once", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  const first = await claimed(db.worker, "results");
  const second = await claimed(db.worker, "results");
  assertEquals([first.period_start, second.period_start], ["2026-05-01", "2026-04-01"]);
  assertNotEquals(first.lease_token, second.lease_token);
});

Deno.test("claim_chunk() gives no more live leases of a feed than the setting allows, to any number of simultaneous claims", async () => {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["results"] });
  const leases = await Promise.all(Array.from({ length: 8 }, () => claim(db.worker, "results")));
  assertEquals(leases.filter((lease) => lease !== undefined).length, 2);
  assertEquals(new Set(leases.map((lease) => lease?.chunk_id)).size, 3);
});

Deno.test("claim_chunk() keeps racecards and results apart", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["racecards", "results"] });
  await claimed(db.worker, "results");
  await claimed(db.worker, "results");
  const card = await claimed(db.worker, "racecards");
  assertEquals([card.period_start, card.cursor_day, card.cursor_skip], ["2026-05-01", "2026-05-01", 0]);
});

Deno.test("claim_chunk() gives no events while the run's masters are not in", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31");
  assertEquals(await claim(db.worker, "results"), undefined);
  const masters = await claimed(db.worker, "masters");
  assertEquals(await claim(db.worker, "results"), undefined);
  await ingest(db.worker, masters, page({ before: [null, 0], after: [null, 1] }));
  await ingest(db.worker, masters, page({ before: [null, 1], after: [null, 2] }));
  assertEquals(await finish(db.worker, masters), "succeeded");
  await claimed(db.worker, "results");
});

Deno.test("claim_chunk() prefers the run of higher priority to an older one", async () => {
  await start(db.sql, "2026-01-01", "2026-02-28", { feeds: ["results"] });
  await db
    .sql`select engine.create_run('schedule', date '2026-06-14', date '2026-06-15', array['results'])`;
  assertEquals((await claimed(db.worker, "results")).period_start, "2026-06-14");
});

/** Adds waiting pulls as the schedules do, each of a day of May. */
async function alwaysDaily(days: number): Promise<void> {
  await db.sql`
    select engine.create_run('schedule', day::date, day::date, array['results'])
    from generate_series(date '2026-05-01', date '2026-05-01' + ${days - 1}::integer, interval '1 day') as day
  `;
}

/** Whether each claim in turn, with its lease given back before the next but so many, was a backfill's. */
async function claimsOfBackfills(claims: number, held: number): Promise<boolean[]> {
  const leases: Lease[] = [];
  const ofBackfills: boolean[] = [];
  for (let nth = 0; nth < claims; nth++) {
    await db.passTime("1 second");
    while (leases.length >= held) {
      const { chunk_id, lease_token } = leases.shift()!;
      await db.worker`select yield_chunk(${chunk_id}, ${lease_token}, 1)`;
    }
    const lease = await claimed(db.worker, "results");
    leases.push(lease);
    ofBackfills.push(lease.period_start < "2026-05-01");
  }
  return ofBackfills;
}

Deno.test("one of two leases is a backfill's while one waits, however many daily pulls do", async () => {
  await start(db.sql, "2026-03-01", "2026-04-30", { feeds: ["results"] });
  await alwaysDaily(20);
  assertEquals(await claimsOfBackfills(6, 2), [false, true, false, true, false, true]);
  // Either of the two may be given back. A backfill's lease goes to a backfill again.
  const [live] = await db.sql`
    select count(*) filter (where kind = 'backfill')::integer as backfills, count(*)::integer as leases
    from backfill_progress where state = 'working'
  `;
  assertEquals({ ...live }, { backfills: 1, leases: 2 });
  const [backfill] = await db.sql`
    select id, lease_token from backfill_progress where state = 'working' and kind = 'backfill'
  `;
  await db.worker`select yield_chunk(${backfill?.["id"]}, ${backfill?.["lease_token"]}, 1)`;
  assertEquals((await claimed(db.worker, "results")).period_start < "2026-05-01", true);
});

Deno.test("backfills and daily pulls take turns over a single lease", async () => {
  await db.sql`update backfill_settings set leases_per_feed = 1`;
  await start(db.sql, "2026-03-01", "2026-04-30", { feeds: ["results"] });
  await alwaysDaily(20);
  assertEquals(await claimsOfBackfills(6, 1), [false, true, false, true, false, true]);
});

Deno.test("daily pulls of days that a backfill wants too leave it a turn", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await alwaysDaily(20);
  const periods: string[] = [];
  for (let nth = 0; nth < 4; nth++) {
    await db.passTime("1 second");
    const { chunk_id, lease_token, period_end } = await claimed(db.worker, "results");
    await db.worker`select yield_chunk(${chunk_id}, ${lease_token}, 1)`;
    periods.push(period_end);
  }
  assertEquals(periods, ["2026-05-02", "2026-06-01", "2026-05-02", "2026-06-01"]);
});

Deno.test("without a backfill that waits all leases are for daily pulls, and the other way round", async () => {
  await alwaysDaily(4);
  assertEquals(await claimsOfBackfills(4, 2), [false, false, false, false]);
  await db.reset();
  await start(db.sql, "2026-01-01", "2026-04-30", { feeds: ["results"] });
  assertEquals(await claimsOfBackfills(4, 2), [true, true, true, true]);
});

Deno.test("claim_chunk() gives nothing of a paused run and nothing before its next attempt is due", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_pause(${run})`;
  assertEquals(await claim(db.worker, "results"), undefined);
  await db.sql`select backfill_resume(${run})`;
  const lease = await claimed(db.worker, "results");
  await db.worker`select fail_chunk(${lease.chunk_id}, ${lease.lease_token}, 'transient', 'no answer')`;
  assertEquals(await claim(db.worker, "results"), undefined);
  await db.passTime("2 minutes");
  await claimed(db.worker, "results");
});

Deno.test("claim_chunk() gives nothing, and the sweep makes no dispatch, while the API blocks an endpoint", async () => {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["racecards", "results"] });
  await db.takeDispatches();
  await db.worker`select push_back_slots('/results', 300)`;
  assertEquals(await claim(db.worker, "results"), undefined);
  await db.sql`select engine.sweep()`;
  assertEquals((await db.takeDispatches()).map((dispatch) => dispatch.body["feed"]), [
    "racecards",
    "racecards",
  ]);
  await db.passTime("290 seconds");
  await claimed(db.worker, "results");
});

Deno.test("claim_chunk() does not take a chunk that is being cancelled", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  let late: Promise<unknown> | undefined;
  await db.sql.begin(async (transaction) => {
    await transaction`select backfill_cancel(${run})`;
    late = claim(db.worker, "results");
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  assertEquals(await late, undefined);
});

Deno.test("a lease that was taken away is invalid: every write under it is refused and changes nothing", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const zombie = await claimed(db.worker, "results");
  await db.passTime("91 seconds");
  await db.sql`select engine.sweep()`;
  const holder = await claimed(db.worker, "results");
  assertEquals(holder.chunk_id, zombie.chunk_id);
  const before = await chunkRow(db.sql, holder.chunk_id);

  const { chunk_id, lease_token } = zombie;
  const writes = [
    () => ingest(db.worker, zombie, page({ before: [null, 0], after: [null, 0] })),
    () => finish(db.worker, zombie),
    () => db.worker`select yield_chunk(${chunk_id}, ${lease_token}, 1)`,
    () => db.worker`select fail_chunk(${chunk_id}, ${lease_token}, 'chunk', 'broken')`,
  ];
  for (const write of writes) {
    const error = await assertRejects(write, Error, `The lease of chunk ${chunk_id} is lost`);
    assertEquals((error as Error & { code?: string }).code, "PT409");
  }
  assertEquals(await chunkRow(db.sql, holder.chunk_id), before);
  assertEquals((await db.sql`select from ra_mst_courses`).length, 0);
});

/** The oldest dispatch of results in transit. */
async function oldestDispatch(): Promise<number> {
  const [dispatch] = await db.sql<{ id: number }[]>`select min(id)::integer as id from engine.dispatches`;
  return dispatch?.id ?? NaN;
}

/** What an invocation gets for this dispatch and the token that it proposes. */
async function claimAs(dispatch: number, token: string): Promise<Lease | undefined> {
  const [lease] = await db.worker<Lease[]>`
    select chunk_id, lease_token, period_start::text, cursor_skip from claim_chunk('results', ${dispatch}, ${token})
  `;
  return lease;
}

Deno.test("claim_chunk() gives the lease the token that the invocation proposes, and makes one when none is proposed", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  const token = crypto.randomUUID();
  const lease = await claimAs(await oldestDispatch(), token);
  assertEquals([lease?.period_start, lease?.lease_token], ["2026-05-01", token]);
  assertMatch((await claimed(db.worker, "results")).lease_token, /^[0-9a-f-]{36}$/);
});

Deno.test("claim_chunk() gives the same lease again to the same dispatch with the same token, and counts one invocation", async () => {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["results"] });
  const [dispatch, token] = [await oldestDispatch(), crypto.randomUUID()];
  const lease = await claimAs(dispatch, token);
  const before = await db.sql`select * from backfill_progress order by id`;
  await db.passTime("20 seconds");
  assertEquals(await claimAs(dispatch, token), lease);
  assertEquals(await db.sql`select * from backfill_progress order by id`, before);
});

Deno.test("claim_chunk() gives the same lease to repeated claims, however many are made at once", async () => {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["results"] });
  const [dispatch, token] = [await oldestDispatch(), crypto.randomUUID()];
  const leases = await Promise.all(Array.from({ length: 6 }, () => claimAs(dispatch, token)));
  assertEquals(new Set(leases.map((lease) => lease?.chunk_id)).size, 1);
  assertEquals((await db.sql`select from backfill_progress where state = 'working'`).length, 1);
});

Deno.test("claim_chunk() gives nothing to a second delivery of the same dispatch, which proposes another token", async () => {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["results"] });
  const dispatch = await oldestDispatch();
  assertEquals((await claimAs(dispatch, crypto.randomUUID()))?.period_start, "2026-05-01");
  assertEquals(await claimAs(dispatch, crypto.randomUUID()), undefined);
});

Deno.test("claim_chunk() gives nothing to a repetition when the chunk has ended, or has another lease", async () => {
  await start(db.sql, "2026-01-01", "2026-05-31", { feeds: ["results"] });
  const [dispatch, token] = [await oldestDispatch(), crypto.randomUUID()];
  const lease = await claimAs(dispatch, token);
  if (lease === undefined) throw new Error("Nothing was claimed");
  await db.worker`select yield_chunk(${lease.chunk_id}, ${token}, 0)`;
  assertEquals(await claimAs(dispatch, token), undefined);

  const next = await claimed(db.worker, "results");
  assertEquals(next.chunk_id, lease.chunk_id);
  const before = await chunkRow(db.sql, next.chunk_id);
  assertEquals(await claimAs(dispatch, token), undefined);
  assertEquals(await chunkRow(db.sql, next.chunk_id), before);
});

Deno.test("claim_chunk() gives nothing to a repetition whose lease ran out and was taken back", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const [dispatch, token] = [await oldestDispatch(), crypto.randomUUID()];
  await claimAs(dispatch, token);
  await db.passTime("91 seconds");
  await db.sql`select engine.sweep()`;
  assertEquals(await claimAs(dispatch, token), undefined);
});

Deno.test("the claim reads only waiting chunks, no matter how many have ended", async () => {
  await start(db.sql, "1988-01-01", "2026-05-31", { feeds: ["results"] });
  await db
    .sql`update backfill_progress set state = 'succeeded', ended_at = engine.clock() where place_in_run < 450`;
  await db.sql`analyze backfill_progress`;
  const plan = await db.sql<{ "QUERY PLAN": string }[]>`
    explain select id from engine.claimable_chunks where feed = 'results'
      order by priority desc, run_id, place_in_run limit 1
  `;
  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  assert(text.includes("backfill_progress_claim"), text);
});

Deno.test("whether a feed may be claimed now is asked once, and not for each chunk that waits", async () => {
  // The masters go first, so that none of the other chunks may be claimed yet.
  await start(db.sql, "2000-01-01", "2026-05-31");
  const [explained] = await db.sql<{ "QUERY PLAN": [{ Plan: PlanNode }] }[]>`
    explain (analyze, timing off, format json) select from engine.claimable_chunks where feed = 'results'
  `;
  const asked = nodesOf(explained?.["QUERY PLAN"][0].Plan).filter((node) =>
    node["Relation Name"] === "feeds" || node["Relation Name"] === "racing_api_limits"
  );
  assert(asked.length > 0);
  const [feeds] = await db.sql<{ n: number }[]>`select count(*)::integer as n from engine.feeds`;
  for (const scan of asked) assert(scan["Actual Loops"] <= (feeds?.n ?? 0), JSON.stringify(scan));
});
