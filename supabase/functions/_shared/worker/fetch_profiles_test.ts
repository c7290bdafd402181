import { assert, assertEquals } from "@std/assert";
import { connect, type Sql } from "../../../../scripts/lab/platform/database.ts";
import { type Platform, startPlatform } from "../../../../scripts/lab/platform/platform.ts";
import { type SimulatedApi, startSimulatedApi } from "../../../../scripts/lab/racing_api/server.ts";
import { freeSlots } from "../../../../scripts/lab/world/slots.ts";
import { HandMovedClock } from "../../../tests/support/hand_moved_clock.ts";
import { createLogger } from "../log.ts";
import { RacingApiClient } from "../racing_api/client.ts";
import { TimeSheet } from "../time_sheet.ts";
import { type Chunk, createEngineClient, type EngineClient } from "./engine_client.ts";
import { type Outcome, workOnChunk } from "./work_on_chunk.ts";

/** So many horses of the day lack what only a profile has; with fewer the API would know each of them. */
const HORSES = 45;
const PASSWORD = "a password nobody can guess";

let platform: Platform;
let api: SimulatedApi;
let sql: Sql;
Deno.test.beforeAll(async () => {
  api = await startSimulatedApi({ seed: 1, speed: 1000, username: "somebody", password: PASSWORD });
  platform = await startPlatform({ functions: false, cron: "manual" });
  sql = connect(platform.databaseUrl, { max: 2, name: "test" });
  // The database's clock does not move with the invocations'.
  await sql`update racing_api_limits set calls_per_second = 10000`;
  await storeADay();
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
  await api.close();
});
Deno.test.beforeEach(async () => {
  api.faults = () => undefined;
  await sql`truncate backfill_runs, engine.invocations, engine.ids_asked, ingest_rejects, ingest_errors restart identity cascade`;
  await leaveIncomplete(HORSES);
  await freeSlots(sql);
});

/** So many horses lack what only a profile has, the others have it from theirs. */
async function leaveIncomplete(count: number): Promise<void> {
  await sql`
    update ra_mst_horses as horse
    set dob = made.dob, sex = made.word, sex_code = made.word, colour = made.word, breeder = made.word
    from (
      select id, case when nth > ${count} then date '2015-03-01' end as dob, case when nth > ${count} then 'X' end as word
      from (select id, row_number() over (order by id collate "C") as nth from ra_mst_horses) as numbered
    ) as made
    where made.id = horse.id
  `;
}

const clock = new HandMovedClock();

function engineClient(): EngineClient {
  return createEngineClient(
    { supabaseUrl: platform.supabaseUrl, secretKey: platform.secretKey },
    { clock, log: createLogger([], () => {}) },
  );
}

/** Works on a chunk with the real database and the real HTTP client, in time that moves by itself. */
function work(chunk: Chunk, engine: EngineClient, retire?: AbortSignal): Promise<Outcome> {
  const times = new TimeSheet(clock);
  const client = new RacingApiClient({
    account: { url: api.url, username: "somebody", password: PASSWORD },
    budget: engine,
    clock,
    fetch,
    times,
    onRetry: (error, request) => engine.noteFailedRequest(chunk, error.failure, error.message, request),
  });
  const log = createLogger([PASSWORD], () => {});
  return workOnChunk(chunk, { engine, api: client, clock, log, times, ...(retire ? { retire } : {}) });
}

async function claim(engine: EngineClient, feed: Chunk["feed"]): Promise<Chunk> {
  const chunk = await engine.claimChunk(feed, null);
  if (chunk === null) throw new Error(`No chunk of ${feed} could be claimed`);
  return chunk;
}

/** The results of a Monday in 2019, whose horses are known from nothing else. */
async function storeADay(): Promise<void> {
  await sql`select backfill_start('2019-06-03', '2019-06-03', array['results'])`;
  const engine = engineClient();
  assertEquals(await work(await claim(engine, "results"), engine), "succeeded");
}

async function startHorses(engine: EngineClient): Promise<Chunk> {
  await sql`select backfill_start('2019-06-01', '2019-06-30', array['horses'])`;
  return await claim(engine, "horses");
}

const horses = async (condition: string) =>
  (await sql.unsafe<{ n: number }[]>(
    `select count(*)::integer as n from ra_mst_horses as horse where ${condition}`,
  ))[0]?.n ?? NaN;
const profileCalls = (since: number) =>
  api.calls().slice(since).filter(({ endpoint }) => endpoint === "/horses/{horse_id}/pro");
const chunkRow = async (chunk: Chunk) => {
  const [row] = await sql<
    {
      state: string;
      cursor_id: string | null;
      cursor_skip: number;
      pages_done: number;
      last_error: string | null;
    }[]
  >`select state, cursor_id, cursor_skip, pages_done, last_error from backfill_progress where id = ${chunk.id}`;
  if (row === undefined) throw new Error("The chunk is gone");
  return row;
};

Deno.test("each horse of a month is asked for once, and those that the API knows get their date of birth", async () => {
  const engine = engineClient();
  const since = api.calls().length;
  const all = await horses("dob is null");
  const chunk = await startHorses(engine);
  assertEquals(await work(chunk, engine), "succeeded");
  const calls = profileCalls(since);
  assertEquals(new Set(calls.map(({ path }) => path)).size, all);
  const unknown = calls.filter(({ status }) => status === 404).length;
  assert(unknown > 0, "the simulated API knows each of them");
  assertEquals(await horses("num_nulls(dob, sex, colour, breeder) > 0"), unknown);
  const [noted] = await sql`select count(*)::integer as n from engine.ids_asked where not is_known`;
  assertEquals(noted?.["n"], unknown);
  const row = await chunkRow(chunk);
  assertEquals([row.pages_done, row.cursor_skip], [all, all]);
  assertEquals((await sql`select from ingest_rejects`).length, 0);
  assertEquals(await horses("horse.card_seen_on is not null or horse.last_seen_on <> '2019-06-03'"), 0);
});

Deno.test("a call that fails ends the page in front of its horse; what came before is stored, and a retry goes on there", async () => {
  const engine = engineClient();
  const chunk = await startHorses(engine);
  const [third] = (await engine.nextIds(chunk, null, 4)).ids.slice(3);
  api.faults = ({ path }) => path === `/horses/${third?.id}/pro` ? { status: 503 } : undefined;
  assertEquals(await work(chunk, engine), "failed");
  const row = await chunkRow(chunk);
  assertEquals([row.state, row.cursor_skip, row.last_error], [
    "waiting",
    3,
    `/horses/${third?.id}/pro answered 503: `,
  ]);
  assertEquals(await horses(`dob <> '2015-03-01' and id > '${row.cursor_id}'`), 0);

  api.faults = () => undefined;
  await sql`update backfill_progress set next_attempt_at = engine.clock()`;
  const since = api.calls().length;
  const again = await claim(engine, "horses");
  assertEquals(again.cursor, { day: null, skip: 3, id: row.cursor_id });
  assertEquals(await work(again, engine), "succeeded");
  assertEquals(profileCalls(since)[0]?.path, `/horses/${third?.id}/pro`);
  assertEquals(profileCalls(since).length, HORSES - 3);
});

Deno.test("horses stand back in the middle of a page, keep what they have, and it counts as no interruption", async () => {
  const engine = engineClient();
  const chunk = await startHorses(engine);
  let calls = 0;
  api.faults = () => {
    if (++calls === 4) void sql`select pull_days('2019-06-10', feeds => array['results'])`.execute();
    return { status: 200, ...(calls === 4 ? { delayMs: 300 } : {}) };
  };
  assertEquals(await work(chunk, engine), "yielded");
  assertEquals(calls, 4);
  const row = await chunkRow(chunk);
  assertEquals([row.state, row.cursor_skip], ["waiting", 4]);

  // Claimed and sent back at once, however often.
  assertEquals(await engine.claimChunk("horses", null), null);
  await sql`update backfill_runs set paused_at = engine.clock(), pause_reason = 'a test' where kind = 'by_hand'`;
  for (let nth = 0; nth < 12; nth++) {
    const again = await claim(engine, "horses");
    await sql`update backfill_runs set paused_at = null, pause_reason = null where kind = 'by_hand'`;
    assertEquals(await work(again, engine), "yielded");
    await sql`update backfill_runs set paused_at = engine.clock(), pause_reason = 'a test' where kind = 'by_hand'`;
  }
  assertEquals(calls, 4);
  assertEquals((await chunkRow(chunk)).state, "waiting");
});

Deno.test("an isolate that is about to end stores the profiles that it has", async () => {
  const engine = engineClient();
  const chunk = await startHorses(engine);
  const retire = new AbortController();
  let calls = 0;
  api.faults = () => {
    if (++calls === 6) retire.abort();
    return undefined;
  };
  assertEquals(await work(chunk, engine, retire.signal), "yielded");
  assertEquals((await chunkRow(chunk)).cursor_skip, 5);
});

Deno.test("a page whose answers are slow is stored before its lease runs out", async () => {
  const engine = engineClient();
  const chunk = await startHorses(engine);
  const sizes: number[] = [];
  const watched: EngineClient = {
    ...engine,
    ingestPage(held, page) {
      sizes.push(page.rows.asked?.length ?? 0);
      return engine.ingestPage(held, page);
    },
  };
  api.faults = () => void clock.pass(4000);
  await work(chunk, watched);
  assertEquals(sizes[0], 3);
});

/** Answers 404 for these horses, or for each of them; any other is there. */
function answer404(ids: "all" | readonly string[]): void {
  api.faults = ({ path }) =>
    ids === "all" || ids.some((id) => path === `/horses/${id}/pro`)
      ? { status: 404, body: '{"detail":"Not Found"}' }
      : { status: 200, body: "{}" };
}

const notes = async () =>
  (await sql`select id, is_known from engine.ids_asked order by id collate "C"`).map((
    { id, is_known },
  ) => [id, is_known]);

Deno.test("when the API does not even know a horse that it knew, the endpoint is gone: the chunk is dead and no horse is noted", async () => {
  for (const count of [1, 2, 9, 10, HORSES]) {
    await leaveIncomplete(count);
    await sql`truncate backfill_runs restart identity cascade`;
    const engine = engineClient();
    const chunk = await startHorses(engine);
    const since = api.calls().length;
    answer404("all");
    assertEquals(await work(chunk, engine), "failed");
    const row = await chunkRow(chunk);
    assertEquals([row.state, row.cursor_id], ["dead", null]);
    assert(row.last_error?.includes("answered 404 for each of"), row.last_error ?? "");
    assertEquals(await notes(), []);
    // Two of those that it knew are asked for: it may have lost one.
    assertEquals(profileCalls(since).length, Math.min(count, 10) + 2);
    assertEquals(new Set(profileCalls(since).map(({ path }) => path)).size, Math.min(count, 10) + 2);
  }
});

Deno.test("horses that the API does not know are noted, be it one or a whole page of them, as long as it knows another", async () => {
  for (const count of [1, 9, 25]) {
    await leaveIncomplete(count);
    await sql`truncate engine.ids_asked`;
    const engine = engineClient();
    const chunk = await startHorses(engine);
    const { ids } = await engine.nextIds(chunk, null, 100);
    const since = api.calls().length;
    answer404(ids.map(({ id }) => id));
    assertEquals(await work(chunk, engine), "succeeded");
    assertEquals(await notes(), ids.map(({ id }) => [id, false]));
    // Another one is asked for once.
    assertEquals(profileCalls(since).length, count + 1);
    assertEquals((await chunkRow(chunk)).pages_done, count);
  }
});

Deno.test("a horse that the API has lost since does not say that the endpoint is gone: another one is asked for", async () => {
  await leaveIncomplete(3);
  const engine = engineClient();
  const chunk = await startHorses(engine);
  const { ids } = await engine.nextIds(chunk, null, 100);
  const lost = await engine.knownId(chunk) ?? "none";
  assert(lost !== "none");
  const asked: (string | undefined)[] = [];
  const meetsLost: EngineClient = {
    ...engine,
    knownId(held, other) {
      asked.push(other);
      return other === undefined ? Promise.resolve(lost) : engine.knownId(held, other);
    },
  };
  answer404([...ids.map(({ id }) => id), lost]);
  assertEquals(await work(chunk, meetsLost), "succeeded");
  assertEquals(await notes(), ids.map(({ id }) => [id, false]));
  assertEquals(asked, [undefined, lost]);
});

Deno.test("while no horse is known to the API, a single one is believed to be unknown, and several are not", async () => {
  for (const [count, outcome] of [[1, "succeeded"], [2, "failed"]] as const) {
    const engine = engineClient();
    await leaveIncomplete(count);
    await sql`truncate engine.ids_asked`;
    const chunk = await startHorses(engine);
    const { ids } = await engine.nextIds(chunk, null, 100);
    // The others lack something too, and were asked for.
    await sql`update ra_mst_horses set breeder = null`;
    await sql`
      insert into engine.ids_asked (feed, id, is_known)
      select 'horses', id, true from ra_mst_horses where id <> all (${ids.map(({ id }) => id)})
    `;
    answer404("all");
    assertEquals(await work(chunk, engine), outcome);
    assertEquals(
      await notes().then((all) => all.filter(([, isKnown]) => isKnown === false).length),
      2 - count,
    );
  }
});
