import { assertEquals, assertRejects } from "@std/assert";
import type { TransactionSql } from "postgres";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claim, claimed, finish, ingest, start } from "./support/chunks.ts";
import { horse, page } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

/** A feed that no code knows: it is only a row. */
async function addFeed(
  countedBy: string,
  columns: { sharesRowsWith?: string; countedRows?: string[]; byDefault?: boolean } = {},
): Promise<void> {
  await db.sql`
    insert into engine.feeds (
      name, place, function_name, endpoints, counted_by, page_limit, first_day, days_ahead, known_after_days,
      settled_after_days, overdue_after_days, runners_a_race, bytes_a_runner, shares_rows_with, bytes_a_shared_runner,
      pages_an_invocation, counted_rows, by_default
    ) values (
      'trials', 9, 'gallops', array['/results'], ${countedBy}, ${
    countedBy === "lists" ? null : 10
  }, '2026-01-10', 0, 0, 1, 2,
      1, 100, ${columns.sharesRowsWith ?? null}, ${columns.sharesRowsWith === undefined ? null : 10}, 5,
      ${columns.countedRows ?? ["races"]}, ${columns.byDefault ?? true}
    )
  `;
}

class RolledBack extends Error {}

/** Does something of which nothing is left. */
async function inPassing(work: (sql: TransactionSql) => Promise<void>): Promise<void> {
  await assertRejects(
    () =>
      db.sql.begin(async (sql) => {
        await work(sql);
        throw new RolledBack();
      }),
    RolledBack,
  );
}

const chunks = async () =>
  (await db.sql<{ words: string }[]>`
    select format('%s to %s: %s %s', period_start, period_end, pages_expected, state) as words
    from backfill_progress where feed = 'trials' order by period_start
  `).map(({ words }) => words);

Deno.test("a feed is a row: its chunks are planned, dispatched, read and covered without any code", async () => {
  await addFeed("pages");
  await start(db.sql, "2026-01-01", "2026-02-03", { feeds: ["trials"] });
  // Nothing before its first day; 36 races a day, 10 a page.
  assertEquals(await chunks(), [
    "2026-01-10 to 2026-02-01: 80 waiting",
    "2026-02-01 to 2026-02-04: 11 waiting",
  ]);
  const [call] = await db.sql<{ url: string }[]>`select url from net.http_request_queue limit 1`;
  assertEquals(call?.url.split("/").at(-1), "gallops");

  const lease = await claimed(db.worker, "trials");
  assertEquals([lease.period_start, lease.cursor_day], ["2026-02-01", null]);
  await ingest(db.worker, lease, page({ before: [null, 0], after: [null, 0] }));
  assertEquals(await finish(db.worker, lease), "succeeded");
  const covered = await db.sql`select day::text from ra_coverage where feed = 'trials' order by day`;
  assertEquals(covered.map(({ day }) => day), ["2026-02-01", "2026-02-02", "2026-02-03"]);
  const [status] = await db
    .sql`select feeds, chunks_succeeded::integer, chunks_waiting::integer from backfill_status_details`;
  assertEquals({ ...status }, { feeds: ["trials"], chunks_succeeded: 1, chunks_waiting: 1 });
  const expected = await db.sql`select from coverage_gaps where feed = 'trials'`;
  assertEquals(expected.length, 22);
});

Deno.test("a feed that counts horses is compared with the API's total by its horses, read or rejected", async () => {
  await addFeed("pages", { countedRows: ["horses"] });
  await start(db.sql, "2026-02-01", "2026-02-02", { feeds: ["trials"] });
  const lease = await claimed(db.worker, "trials");
  const whole = page({ before: [null, 0], after: [null, 2] }, { api_total: 2, horses: [horse("hrs_1")] });
  await ingest(db.worker, lease, whole);
  assertEquals(await finish(db.worker, lease), "waiting");
  assertEquals(
    (await chunkRow(db.sql, lease.chunk_id)).last_error,
    "The API has 2 horses and sent 1 of them",
  );

  await db.passTime("2 minutes");
  await db.sql`select engine.sweep()`;
  const again = await claimed(db.worker, "trials");
  const reject = {
    kind: "horse",
    race_id: null,
    horse_id: null,
    race_date: null,
    path: "",
    reason: "?",
    raw: {},
  };
  await ingest(db.worker, again, { ...whole, rejects: [reject] });
  assertEquals(await finish(db.worker, again), "succeeded");
  const covered = await db.sql`select day::text from ra_coverage where feed = 'trials' order by day`;
  assertEquals(covered.map(({ day }) => day), ["2026-02-01", "2026-02-02"]);
});

Deno.test("the pages of a feed that counts horses are estimated from the races of the others, however many days are covered", async () => {
  await addFeed("pages", { countedRows: ["horses"] });
  await db.sql`update engine.feeds set runners_a_race = 5 where name = 'trials'`;
  await db.sql`
    insert into ra_coverage (feed, day, races_in_api, races_stored, races_rejected, pulled_at, regions)
    select f.feed, day::date, f.races, f.races, 0, engine.clock(), '{gb,ire}'
    from (values ('results', 20), ('trials', 0)) as f (feed, races),
      generate_series('2025-01-01', '2025-10-31', interval '1 day') as day
  `;
  const [planned] = await db.sql`
    select pages_expected from engine.plan_chunks('2026-02-01', '2026-02-10', 'trials', 'missing')
  `;
  assertEquals(planned?.pages_expected, 10 * 20 * 5 / 10);
});

Deno.test("a feed that is not pulled by default is pulled when it is named", async () => {
  await addFeed("pages", { byDefault: false });
  const feeds = async (run: number) =>
    (await db.sql`select feeds from backfill_runs where id = ${run}`)[0]?.feeds;
  const unnamed = await start(db.sql, "2026-02-01", "2026-02-01");
  assertEquals(await feeds(unnamed), ["masters", "racecards", "results"]);
  const [byHand] = await db.sql<{ id: number }[]>`select pull_days('2026-02-01')::integer as id`;
  assertEquals(await feeds(byHand?.id ?? NaN), ["racecards", "results"]);
  const named = await start(db.sql, "2026-02-01", "2026-02-01", { feeds: ["trials"] });
  assertEquals(await feeds(named), ["trials"]);
});

Deno.test("a feed that goes first delays the others of its run, whatever its name", async () => {
  await addFeed("lists");
  await db.sql`update engine.feeds set goes_first = true where name = 'trials'`;
  await start(db.sql, "2026-02-01", "2026-02-28", { feeds: ["trials", "results"] });
  assertEquals(await claim(db.worker, "results"), undefined);
  const lease = await claimed(db.worker, "trials");
  await ingest(db.worker, lease, page({ before: [null, 0], after: [null, 1] }));
  assertEquals(await finish(db.worker, lease), "succeeded");
  await claimed(db.worker, "results");
});

Deno.test("feeds that could together make more calls than the account may share its rate, in plan and progress", async () => {
  const rate = async (feed: string, beside: string[]) =>
    (await db.sql<
      { rate: number }[]
    >`select round(engine.allowed_rate(${feed}, ${beside}), 3)::float8 as rate`)[0]?.rate;
  assertEquals(await rate("results", ["racecards"]), 4.5);
  await db.sql`update racing_api_limits set calls_per_second = 3.5 where endpoint = 'account'`;
  try {
    // 1.8 and 4.5 calls a second would be 6.3, and the account has half of that.
    assertEquals([await rate("racecards", ["results"]), await rate("results", ["racecards"])], [0.9, 2.25]);
    assertEquals(await rate("racecards", []), 1.8);
    const [cards] = await db.sql`
      select api_calls, minutes::float8 from backfill_plan('2026-05-01', '2026-05-31') where feed = 'racecards'
    `;
    assertEquals({ ...cards }, { api_calls: 31, minutes: 0.6 });
  } finally {
    await db.sql`update racing_api_limits set calls_per_second = 10 where endpoint = 'account'`;
  }
});

Deno.test("a schedule of a feed that is not there is refused, and the sentence names those that are", async () => {
  const error = await assertRejects(
    () => db.sql`update pull_schedules set feeds = array['odds'] where name = 'day_cards'`,
    Error,
    "Unknown feed in pull_schedules: {odds}",
  );
  // Nobody who took no old database over needs to know of its feed.
  const feeds = await db.sql<{ name: string }[]>`
    select name from engine.feeds where name <> 'legacy' order by place
  `;
  assertEquals(
    (error as Error & { hint?: string }).hint,
    `The feeds are ${feeds.map(({ name }) => name).join(", ")}; give one at least.`,
  );
  await assertRejects(() => db.sql`update pull_schedules set feeds = '{}' where name = 'gaps'`, Error, "{}");
});

Deno.test("no day of a feed is worked on twice, regardless of who inserts the chunk", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select pull_days('2026-05-15', feeds => array['results'])`;
  await assertRejects(
    () =>
      db.sql`update backfill_progress set state = 'working', lease_token = gen_random_uuid(), lease_until = engine.clock()`,
    Error,
    "backfill_progress_day_worked_on_once",
  );
});

Deno.test("a run of gaps has its rivals too: days that a live one has yet to pull are pulled by no second one", async () => {
  const pull = (days: string[]) =>
    db.sql`
      select engine.create_run(
        'gaps', '2026-05-01', '2026-05-31', array['results'], reprocess => 'missing', days => ${days}::date[]
      )
    `;
  await pull(["2026-05-03", "2026-05-04"]);
  await assertRejects(() => pull(["2026-05-04"]), Error, "is still working on results");
  // Between its days others are free.
  await pull(["2026-05-05"]);
});

Deno.test("days before a feed's first day are no gaps, even if they were asked for before", async () => {
  await start(db.sql, "2022-12-01", "2022-12-31", { feeds: ["results"] });
  await db
    .sql`update backfill_progress set state = 'dead', last_error = 'not in the plan', ended_at = engine.clock()`;
  const closed = async () => (await db.sql<{ days: number }[]>`select engine.close_gaps() as days`)[0]?.days;
  await inPassing(async (sql) => {
    await sql`update engine.feeds set first_day = '2025-06-15' where name = 'results'`;
    const [gaps] =
      await sql`select engine.close_gaps() as closed, count(*)::integer as days from coverage_gaps`;
    assertEquals({ ...gaps }, { closed: 0, days: 0 });
  });
  assertEquals(await closed(), 31);
});

Deno.test("a page limit above what the API allows is refused, as one of nothing is", async () => {
  for (const [feed, limit] of [["racecards", 501], ["results", 101], ["results", 0]] as const) {
    await assertRejects(
      () => db.sql`update engine.feeds set page_limit = ${limit} where name = ${feed}`,
      Error,
      "violates check constraint",
    );
  }
});

Deno.test("a feed that was deleted or renamed and comes again has its lock for claims", async () => {
  await inPassing(async (sql) => {
    const add = () =>
      sql`
        insert into engine.feeds (name, place, function_name, endpoints, counted_by, pages_an_invocation)
        values ('trials', 9, 'gallops', array['/courses'], 'lists', 1)
      `;
    await add();
    await sql`delete from engine.feeds where name = 'trials'`;
    await add();
    await sql`update engine.feeds set name = 'gallops' where name = 'trials'`;
    assertEquals((await sql`select * from claim_chunk('gallops')`).length, 0);
  });
});
