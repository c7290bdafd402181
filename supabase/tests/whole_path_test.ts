import { assert, assertEquals, assertRejects } from "@std/assert";
import type postgres from "postgres";
import { bootEverything, type Everything } from "../../scripts/lab/world/boot.ts";
import { connect, type Sql } from "../../scripts/lab/platform/database.ts";
import { until as waitUntil } from "../../scripts/lab/test_support/until.ts";

/** Everything is real but the API: the functions in their own processes, dispatched to through pg_net's stand-in. */
let everything: Everything;
let sql: Sql;
/** Dispatches with a higher id are lost in transit. */
let deliverUpTo = Infinity;
let dispatchesSent = 0;
const functionLog: string[] = [];

Deno.test.beforeAll(async () => {
  everything = await bootEverything({
    apiSpeed: 50,
    databaseUrl: Deno.env.get("TEST_DATABASE_URL"),
    platform: {
      cron: "manual",
      onFunctionLog: (line) => void functionLog.push(line),
      onDispatch: ({ id }) => {
        dispatchesSent++;
        return Number(id) <= deliverUpTo ? "deliver" : "drop";
      },
    },
  });
  sql = connect(everything.platform.databaseUrl, { max: 2, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await everything.stop();
});

const START = "2026-05-30";
const END = "2026-06-02";

async function start(reprocess = "missing"): Promise<number> {
  const [run] = await sql<{ id: number }[]>`
    select backfill_start(${START}::date, ${END}::date, reprocess => ${reprocess})::integer as id
  `;
  return run?.id ?? NaN;
}

/** When it does not come, the functions' log says why. */
const until = (condition: () => boolean | Promise<boolean>, what: string) =>
  waitUntil(condition, what, { more: () => functionLog.join("\n") });

const state = async (run: number) =>
  (await sql<{ state: string }[]>`select state from backfill_status where run_id = ${run}`)[0]?.state;
const nobodyWorks = async () =>
  (await sql`select from backfill_progress where state = 'working'`).length === 0;

const lastCallId = async (session: postgres.ISql = sql) =>
  (await session<{ id: number }[]>`select last_value::integer as id from net.http_request_queue_id_seq`)[0]
    ?.id ??
    0;

/** Every row of every ra_* table, the times at which they were written among them. */
async function everyRow(): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename like 'ra\\_%' order by 1
  `;
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    // Coverage says when a day was last pulled, so a second pull changes it.
    const row = name === "ra_coverage" ? "to_jsonb(t) - 'pulled_at' - 'chunk_id'" : "to_jsonb(t)";
    const [digest] = await sql.unsafe(
      `select count(*) || ' ' || coalesce(md5(string_agg((${row})::text, '|' order by (${row})::text)), '') as rows
       from ${name} as t`,
    );
    digests[name] = digest?.["rows"];
  }
  return digests;
}

interface ApiRace {
  readonly race_id: string;
  readonly region: string;
  readonly runners: readonly unknown[];
}

/** The races of a list that are to be stored: it may have one twice, and one of a region that nobody asked for. */
function wanted(list: readonly ApiRace[]): ApiRace[] {
  const asked = list.filter(({ region }) => region === "GB" || region === "IRE");
  return [...new Map(asked.map((race) => [race.race_id, race])).values()];
}

/** What the API itself says it has. */
async function apiTotals(): Promise<
  { cards: number; results: number; cardRunners: number; resultRunners: number }
> {
  const { api } = everything;
  const headers = { authorization: `Basic ${btoa("local:local")}` };
  const get = async (path: string) => await (await fetch(`${api?.url}${path}`, { headers })).json();
  const totals = { cards: 0, results: 0, cardRunners: 0, resultRunners: 0 };
  const runnersOf = (races: readonly ApiRace[]) => races.reduce((sum, race) => sum + race.runners.length, 0);
  for (const day of ["2026-05-30", "2026-05-31", "2026-06-01", "2026-06-02"]) {
    const { racecards } = await get(`/racecards/pro?date=${day}&region_codes=gb&region_codes=ire`);
    const { results, total } = await get(
      `/results?start_date=${day}&end_date=${day}&region=gb&region=ire&limit=100`,
    );
    assertEquals(results.length, total);
    totals.cards += wanted(racecards).length;
    totals.cardRunners += runnersOf(wanted(racecards));
    totals.results += wanted(results).length;
    totals.resultRunners += runnersOf(wanted(results));
  }
  return totals;
}

Deno.test("one SQL call fills the database with exactly what the API has", async () => {
  const run = await start();
  await until(async () => await state(run) === "succeeded", "the run");
  const [stored] = await sql`
    select
      (select count(*)::integer from ra_races where has_card) as cards,
      (select count(*)::integer from ra_races where has_result) as results,
      (select count(*)::integer from ra_runners where has_card) as "cardRunners",
      (select count(*)::integer from ra_runners where has_result) as "resultRunners"
  `;
  assertEquals({ ...stored }, await apiTotals());
  assertEquals((await sql`select from ingest_rejects`).length, 0);
  assertEquals((await sql`select from coverage_gaps`).length, 0);
  assertEquals((await sql`select from ra_mst_jockeys where name ilike 'non-runner%'`).length, 0);
});

Deno.test("of each invocation is known where its time went, and the parts are within the time that it had the chunk", async () => {
  const invocations = await sql<
    {
      ended_as: string;
      dispatched: boolean;
      parts: number;
      whole: number;
      pages: number;
      log_lines: number;
    }[]
  >`
    select
      ended_as, dispatch_seconds >= 0 as dispatched,
      (slot_seconds + fetch_seconds + store_seconds + other_seconds)::float8 as parts,
      extract(epoch from ended_at - claimed_at)::float8 as whole, pages, log_lines
    from invocation_times
  `;
  const [counted] = await sql`
    select sum(invocations)::integer as invocations, sum(pages_done)::integer as pages, sum(api_calls)::integer as calls
    from backfill_progress
  `;
  assertEquals(invocations.length, counted?.["invocations"]);
  assertEquals(invocations.reduce((sum, { pages }) => sum + pages, 0), counted?.["pages"]);
  const kinds = new Set(invocations.map(({ ended_as }) => ended_as));
  assertEquals(kinds.difference(new Set(["succeeded", "yielded"])), new Set());
  for (const invocation of invocations) {
    const { dispatched, parts, whole, pages, log_lines } = invocation;
    // Rounding makes two milliseconds.
    assert(dispatched && parts > 0 && parts <= whole + 0.002, JSON.stringify(invocation));
    // A line for each page, the last of which says how it ended.
    assert(log_lines >= Math.max(pages, 1), JSON.stringify(invocation));
  }
  const [today] = await sql`
    select sum(api_calls)::integer as calls, sum(invocations)::integer as invocations, sum(log_lines)::integer as lines
    from usage_by_day
  `;
  assertEquals({ ...today }, {
    calls: counted?.["calls"],
    invocations: invocations.length,
    lines: invocations.reduce((sum, { log_lines }) => sum + log_lines, 0),
  });
});

Deno.test("the same range again adds not one row and changes not one value", async () => {
  const before = await everyRow();
  assert(Number(before["ra_races"]?.split(" ")[0]) > 100, JSON.stringify(before));
  const run = await start("all");
  await until(async () => await state(run) === "succeeded", "the second run");
  assertEquals(await everyRow(), before);
});

Deno.test("with every dispatch of an ending chunk lost, the sweep alone finishes the run, with the same rows", async () => {
  const before = await everyRow();
  deliverUpTo = -1;
  const run = await start("all");
  let sweeps = 0;
  while (await state(run) !== "succeeded" && sweeps < 20) {
    const before = await lastCallId();
    // As if a minute had passed since they were sent.
    await sql`update engine.dispatches set sent_at = sent_at - interval '1 minute'`;
    // What the sweep sends arrives; what the chunks send when they end does not. Nobody works now, and pg_net sees a
    // dispatch only after the commit, so the last one by then is the sweep's.
    await sql.begin(async (transaction) => {
      await transaction`select engine.sweep()`;
      deliverUpTo = await lastCallId(transaction);
    });
    sweeps++;
    await until(async () => {
      const answered =
        await sql`select from net._http_response where id > ${before} and id <= ${deliverUpTo}`;
      return answered.length === deliverUpTo - before && await nobodyWorks();
    }, `the dispatches of sweep ${sweeps}`);
  }
  deliverUpTo = Infinity;
  assertEquals(await state(run), "succeeded");
  // The masters, then two chunks of each feed; on a busy machine a chunk may yield and wait for one more. Each has
  // something to do.
  const [worked] = await sql`
    select sum(invocations)::integer as invocations from backfill_progress where run_id = ${run}
  `;
  assert(
    sweeps >= 2 && sweeps <= worked?.["invocations"],
    `${sweeps} sweeps, ${worked?.["invocations"]} invocations`,
  );
  assertEquals(await everyRow(), before);
});

Deno.test("with nothing to do the sweep sends nothing and the API is not called", async () => {
  await until(nobodyWorks, "the end of the other runs");
  const before = [dispatchesSent, everything.api?.calls().length];
  await everything.platform.cron.tick(new Date());
  assertEquals([dispatchesSent, everything.api?.calls().length], before);
});

const request = (name: string, init: RequestInit) =>
  fetch(`${everything.platform.supabaseUrl}/functions/v1/${name}`, init);
const authorized = () => ({ authorization: `Bearer ${everything.platform.workerSecret}` });

Deno.test("a request without the worker secret, or with a wrong one, is refused with nothing said", async () => {
  for (const name of ["masters", "events"]) {
    for (const authorization of ["", "Bearer ", "Bearer wrong", `Bearer ${everything.platform.secretKey}`]) {
      const response = await request(name, {
        method: "POST",
        headers: { authorization },
        body: '{"feed":"results"}',
      });
      assertEquals([response.status, await response.json()], [401, { message: "Unauthorized" }]);
    }
  }
});

Deno.test("a request with another method is refused", async () => {
  for (const method of ["GET", "PUT", "DELETE"]) {
    const response = await request("events", { method, headers: authorized() });
    assertEquals(response.status, 405);
    await response.body?.cancel();
  }
});

Deno.test("a body that names no feed of the function is refused", async () => {
  const bodies = [
    "",
    "{}",
    "null",
    '{"feed":"masters"}',
    '{"feed":"odds"}',
    '{"feed":"results","more":1}',
    "x".repeat(5000),
  ];
  for (const body of bodies) {
    const response = await request("events", { method: "POST", headers: authorized(), body });
    assertEquals([response.status, await response.json()], [400, {
      message: 'Send {"feed": "racecards" | "results"}',
    }]);
  }
});

Deno.test("a request with nothing to do says so, and calls no API", async () => {
  const before = everything.api?.calls().length;
  const response = await request("events", {
    method: "POST",
    headers: authorized(),
    body: '{"feed":"results"}',
  });
  assertEquals([response.status, await response.json()], [200, { claimed: false }]);
  assertEquals(everything.api?.calls().length, before);
});

Deno.test("a region that the API does not have fails the masters with a sentence, and the run completes after the fix", async () => {
  await sql`update backfill_settings set regions = array['gb', 'sa']`;
  const [run] = await sql<{ id: number }[]>`
    select backfill_start(${START}::date, ${START}::date, array['masters'], reprocess => 'all')::integer as id
  `;
  const id = run?.id ?? NaN;
  await until(async () => await state(id) === "completed_with_failures", "the end of the masters");
  const [status] = await sql`select last_error from backfill_status where run_id = ${id}`;
  assert(
    /^The Racing API has no region sa; it has: .*\bsaf\b/.test(status?.["last_error"]),
    status?.["last_error"],
  );

  await sql`update backfill_settings set regions = default`;
  await sql`select backfill_retry(${id})`;
  await until(async () => await state(id) === "succeeded", "the masters");
});

Deno.test("an invocation logs a line a page, with run, chunk and feed, and in the last one its end", async () => {
  const before = functionLog.length;
  const calls = everything.api?.calls().length ?? 0;
  const run = await start("all");
  await until(async () => await state(run) === "succeeded", "the run");
  const ends = () =>
    functionLog.slice(before).filter((line) => /"(event|ended)":"finished"/.test(line)).length;
  const chunks = await sql<{ id: number; feed: string; lines: number }[]>`
    select id::integer, feed, pages_done as lines
    from backfill_progress where run_id = ${run} order by id
  `;
  // The last page's line says how the chunk ended, and is written once the database knows of that.
  await until(() => ends() >= chunks.length, "the last lines");
  // A request that is sent again, on a busy machine, has its own line.
  const lines = functionLog.slice(before).filter((line) => line.startsWith('{"level":"info"'))
    .map((line) => JSON.parse(line));
  for (const chunk of chunks) {
    const own = lines.filter((line) =>
      line.run === run && line.chunk === chunk.id && line.feed === chunk.feed
    );
    assertEquals(own.length, chunk.lines, JSON.stringify(own, null, 1));
  }
  // Not those of a run before it, whose last line may come late.
  const pages = lines.filter((line) => line.event === "page stored" && line.run === run);
  assertEquals(
    pages.reduce((sum, { api_calls }) => sum + api_calls, 0),
    (everything.api?.calls().length ?? 0) - calls,
  );
});

Deno.test("a fill stops within a small limit, the daily pull goes on, and with a larger limit all of it comes", async () => {
  await until(nobodyWorks, "the end of the other runs");
  const limit = async (megabytes: number) =>
    (await sql<{ bytes: number }[]>`
      update backfill_settings
      set database_limit_megabytes = ceil(pg_database_size(current_database()) / 1e6) + ${megabytes}::integer
      returning database_limit_megabytes * 1000000 as bytes
    `)[0]?.bytes ?? NaN;
  const size = async () =>
    (await sql<{ bytes: number }[]>`select pg_database_size(current_database())::float8 as bytes`)[0]
      ?.bytes ?? NaN;
  const small = await limit(16);
  const [run] = await sql<{ id: number }[]>`
    select backfill_start('2026-04-01', '2026-04-12')::integer as id
  `;
  const id = run?.id ?? NaN;
  await until(async () => await state(id) === "paused" && await nobodyWorks(), "the pause");
  const stored = await size();
  assert(stored > small - 15e6 && stored < small - 5e6, `${stored} of ${small}`);

  const [daily] = await sql<{ id: number }[]>`
    select engine.create_run(
      kind => 'schedule', start_date => '2026-04-20', end_date => '2026-04-20', feeds => array['racecards', 'results']
    )::integer as id
  `;
  await until(async () => await state(daily?.id ?? NaN) === "succeeded", "the daily pull");
  await assertRejects(() => sql`select backfill_resume(${id})`.execute(), Error, "has no room for it");
  assertEquals(await state(id), "paused");
  assert(await size() < small, `${await size()} of ${small}`);

  await limit(100);
  await sql`select backfill_resume(${id})`;
  await until(async () => await state(id) === "succeeded", "the backfill");
  const [covered] = await sql`
    select count(*)::integer as days from ra_coverage
    where day between '2026-04-01' and '2026-04-12' and races_stored = races_in_api
  `;
  assertEquals(covered?.["days"], 24);
});

Deno.test("no call was refused for its rate, and no secret is in a log line", () => {
  assertEquals(everything.api?.calls().filter((call) => call.status === 429), []);
  const { workerSecret, secretKey } = everything.platform;
  assertEquals(functionLog.filter((line) => line.includes(workerSecret) || line.includes(secretKey)), []);
  assert(functionLog.some((line) => line.includes('"page stored"')));
});
