import { assert, assertEquals } from "@std/assert";
import { connect, type Sql } from "../../../../scripts/lab/platform/database.ts";
import { type Platform, startPlatform } from "../../../../scripts/lab/platform/platform.ts";
import { type SimulatedApi, startSimulatedApi } from "../../../../scripts/lab/racing_api/server.ts";
import { fromFileUrl } from "@std/path";
import type { FaultCounts } from "../../../../scripts/lab/legacy/faults.ts";
import { writeOldDatabase } from "../../../../scripts/lab/legacy/write_old_database.ts";
import { applyMigrations } from "../../../../scripts/lab/platform/migrations.ts";
import { freeSlots } from "../../../../scripts/lab/world/slots.ts";
import { HandMovedClock } from "../../../tests/support/hand_moved_clock.ts";
import { createLogger } from "../log.ts";
import { RacingApiClient } from "../racing_api/client.ts";
import { TimeSheet } from "../time_sheet.ts";
import { type Chunk, createEngineClient, type EngineClient } from "./engine_client.ts";
import type { Feed } from "./paging.ts";
import { type Outcome, workOnChunk } from "./work_on_chunk.ts";

const MIGRATIONS = fromFileUrl(new URL("../../../migrations", import.meta.url));
const PASSWORD = "a password nobody can guess";
/** Before the API has cards, and after. */
const DAYS = [
  { first: "2022-12-29", last: "2022-12-29" },
  { first: "2024-06-08", last: "2024-06-08" },
];

let platform: Platform;
let api: SimulatedApi;
let sql: Sql;
let counts: FaultCounts;
Deno.test.beforeAll(async () => {
  api = await startSimulatedApi({ seed: 1, speed: 1000, username: "somebody", password: PASSWORD });
  // An empty project, the old database in it, and the migrations, which take it over.
  platform = await startPlatform({
    functions: false,
    cron: "manual",
    emptyWith: () => Promise.resolve(undefined),
  });
  sql = connect(platform.databaseUrl, { max: 2, name: "test", role: "postgres" });
  const writer = connect(platform.databaseUrl, { max: 1, name: "test writer", role: "postgres" });
  ({ counts } = await writeOldDatabase(writer, { era: "c", days: DAYS }));
  await applyMigrations(writer, MIGRATIONS);
  await writer`update racing_api_limits set calls_per_second = 10000`;
  await writer`analyze`;
  await writer`
    select vault.create_secret(${platform.supabaseUrl}, 'project_url'),
      vault.create_secret(${platform.workerSecret}, 'worker_secret')
  `;
  await writer.end({ timeout: 1 });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
  await api.close();
});
Deno.test.beforeEach(async () => {
  await sql`
    truncate backfill_runs, engine.invocations, engine.ids_asked, engine.legacy_items, ingest_rejects, ingest_errors,
      ra_coverage, ra_runner_odds, ra_runners, ra_races, ra_mst_horses, ra_mst_sires, ra_mst_dams, ra_mst_damsires,
      ra_mst_jockeys, ra_mst_trainers, ra_mst_owners, ra_mst_courses, ra_mst_bookmakers
    restart identity cascade
  `;
  await sql`update backfill_settings set capture_odds = default, capture_long_texts = default`;
  await freeSlots(sql);
});

const clock = new HandMovedClock();

function engineClient(): EngineClient {
  return createEngineClient(
    { supabaseUrl: platform.supabaseUrl, secretKey: platform.secretKey },
    { clock, log: createLogger([], () => {}) },
  );
}

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

/** Works on chunks of the feeds until none can be claimed. */
async function workAll(feeds: readonly Feed[], engine = engineClient()): Promise<void> {
  for (let worked = true; worked;) {
    worked = false;
    for (const feed of feeds) {
      const chunk = await engine.claimChunk(feed, null);
      if (chunk === null) continue;
      worked = true;
      const outcome = await work(chunk, engine);
      assert(["succeeded", "yielded"].includes(outcome), `${feed} ${chunk.periodStart}: ${outcome}`);
    }
  }
}

async function pullFromApi(): Promise<void> {
  for (const { first, last } of DAYS) await sql`select backfill_start(${first}::date, ${last}::date)`;
  await workAll(["masters", "racecards", "results"]);
}

async function copy(again = false): Promise<void> {
  await sql`select legacy_copy(again => ${again})`;
  await workAll(["legacy"]);
  const dead =
    await sql`select last_error from backfill_progress where state not in ('succeeded', 'cancelled')`;
  assertEquals([...dead], []);
}

async function count(from: string): Promise<number> {
  const [row] = await sql.unsafe<{ count: number }[]>(`select count(*)::integer as count from ${from}`);
  return row?.count ?? NaN;
}

const TABLES = [
  "ra_races",
  "ra_runners",
  "ra_mst_horses",
  "ra_mst_sires",
  "ra_mst_dams",
  "ra_mst_damsires",
  "ra_mst_jockeys",
  "ra_mst_trainers",
  "ra_mst_owners",
  "ra_mst_courses",
  "ra_runner_odds",
];

/** All rows of a table, without the times of writing. */
async function rowsOf(table: string, without: readonly string[] = []): Promise<Record<string, unknown>[]> {
  const rows = await sql.unsafe<{ row: Record<string, unknown> }[]>(
    `select to_jsonb(one) - array['created_at', 'updated_at', ${
      without.map((name) => `'${name}'`).join(", ") || "''"
    }] as row
     from public.${table} as one order by 1`,
  );
  return rows.map(({ row }) => row);
}

Deno.test("without the API, all that the old database has is copied, and marked", async () => {
  await copy();
  const left = await sql<{ old_table: string; rows: number }[]>`
    select old_table, rows::integer from engine.rows_only_in_legacy() where rows > 0
  `;
  // Odds are not wanted, and those without ids have no place in our tables. (This era had dropped two of its tables.)
  assertEquals(left.map(({ old_table }) => old_table), ["ra_odds_live", "ra_odds_historical"]);
  assertEquals(await count("ra_races where not from_legacy or has_card or has_result"), 0);
  assertEquals(await count("ra_runners where not from_legacy or has_card or has_result"), 0);
  // An orphan is a reject, which keeps it whole.
  assert(counts.orphanResults > 0);
  const rejects = await sql<{ kind: string; reason: string; count: number }[]>`
    select kind, reason, count(*)::integer from ingest_rejects group by 1, 2
  `;
  assertEquals(rejects.map(({ kind }) => kind), ["race"]);
});

/** The columns of a table by the feeds that fill them. */
async function columnsOf(table: string, owner: "Both" | "Card" | "Result"): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select column_name as name from engine.column_owners where table_name = ${table} and owner = ${owner}
  `;
  return rows.map(({ name }) => name);
}

Deno.test("a copy after the API changes nothing that it said, and what is stored does not depend on which came first", async () => {
  await pullFromApi();
  const before = new Map(
    await Promise.all(TABLES.map(async (table) => [table, await rowsOf(table)] as const)),
  );
  await copy();
  const after = new Map(
    await Promise.all(TABLES.map(async (table) => [table, await rowsOf(table)] as const)),
  );
  assert(await count("ra_races where from_legacy") > 0);
  assertEquals(await count("ra_races where from_legacy and has_card and has_result"), 0);

  for (const [table, key] of [["ra_races", ["id"]], ["ra_runners", ["race_id", "horse_id"]]] as const) {
    const answered = {
      Card: await columnsOf(table, "Card"),
      Result: await columnsOf(table, "Result"),
      Both: await columnsOf(table, "Both"),
    };
    const keyOf = (row: Record<string, unknown>) => key.map((column) => row[column]).join(" ");
    const known = new Map((after.get(table) ?? []).map((row) => [keyOf(row), row]));
    for (const row of before.get(table) ?? []) {
      const now = known.get(keyOf(row)) ?? {};
      const columns = [
        ...answered.Both,
        ...(row["has_card"] === true ? answered.Card : []),
        ...(row["has_result"] === true ? answered.Result : []),
      ];
      for (const column of columns) assertEquals([column, now[column]], [column, row[column]]);
    }
  }
  for (const table of TABLES.filter((name) => name.startsWith("ra_mst_"))) {
    const known = new Map((after.get(table) ?? []).map((row) => [row["id"], row]));
    for (const row of before.get(table) ?? []) {
      for (const [column, value] of Object.entries(row)) {
        if (value === null || column === "from_legacy") continue;
        assertEquals([column, known.get(row["id"])?.[column]], [column, value]);
      }
    }
  }
  // The API has given nearly all of it again, right.
  const faults = await sql<{ fault: string; old_rows: number; new_rows: number; not_here: number }[]>`
    select fault, old_rows::integer, new_rows::integer, not_here::integer from legacy_report()
  `;
  const fault = new Map(faults.map((line) => [line.fault, line]));
  const repaired = (name: string) => {
    const { old_rows = NaN, new_rows = NaN, not_here = NaN } = fault.get(name) ?? {};
    return old_rows - new_rows - not_here;
  };
  for (
    const [name, count] of [
      ["euro prizes lost", counts.euroPrizesLost],
      ["prizes wiped by a result, or none", counts.prizesWiped],
      ["results wiped by a card", counts.resultsWiped],
      ["distances in metres, exact text lost", counts.distancesOfResults],
      ["distances rounded", counts.distancesRounded],
      ["off times twelve hours away", counts.twelveHourTimes],
      ["races without runners", counts.racesWithoutRunners],
      ["letter codes lost", counts.codesLost],
      ["times without seconds", counts.timesWithoutSeconds],
      ["euro winnings lost or none", counts.euroWinningsLost],
      ["runners with the jockey NON-RUNNER", counts.nonRunnerJockeys],
    ] as const
  ) assertEquals([name, repaired(name)], [name, count]);
  const differences = await sql<
    { column_name: string; changed: number; only_old: number; only_new: number }[]
  >`
    select column_name, changed::integer, only_old::integer, only_new::integer from legacy_differences()
  `;
  const difference = new Map(differences.map((line) => [line.column_name, line]));
  // The wall clock was read as what it is.
  assertEquals(difference.get("off_dt")?.changed, 0);
  assert((difference.get("position")?.only_old ?? 1) === 0);
  assertEquals(
    difference.get("time_seconds")?.only_new,
    counts.timesWithoutSeconds + counts.duplicateResults,
  );
  const masterAfter = await rowsOf("ra_mst_horses", [
    "from_legacy",
    "dob",
    "sex",
    "sex_code",
    "colour",
    "breeder",
  ]);

  await sql`truncate backfill_runs, engine.legacy_items, ra_coverage, ra_runners, ra_races restart identity cascade`;
  await sql`truncate ra_mst_horses, ra_mst_sires, ra_mst_dams, ra_mst_damsires, ra_mst_jockeys, ra_mst_trainers,
    ra_mst_owners, ra_mst_courses cascade`;
  await copy();
  await pullFromApi();
  for (const table of ["ra_races", "ra_runners"]) assertEquals(await rowsOf(table), after.get(table));
  assertEquals(
    await rowsOf("ra_mst_horses", ["from_legacy", "dob", "sex", "sex_code", "colour", "breeder"]),
    masterAfter,
  );
});

Deno.test("an interrupted copy goes on where it stopped, and a second one changes nothing", async () => {
  await sql`select legacy_copy()`;
  const engine = engineClient();
  // The isolate of each invocation ends after its first page.
  let interruptions = 0;
  for (let chunk = await engine.claimChunk("legacy", null); chunk !== null;) {
    const retire = new AbortController();
    let pages = 0;
    const watched: EngineClient = {
      ...engine,
      async ingestPage(held, page) {
        const stored = await engine.ingestPage(held, page);
        if (++pages === 1 && interruptions < 3) retire.abort();
        return stored;
      },
    };
    const outcome = await work(chunk, watched, retire.signal);
    if (outcome === "yielded") interruptions++;
    else assertEquals(outcome, "succeeded");
    chunk = await engine.claimChunk("legacy", null);
  }
  assertEquals(interruptions, 3);
  assertEquals(await count("engine.legacy_items where copied_at is null"), 0);
  const written = () =>
    sql`
      select (select max(updated_at) from ra_races)::text, (select max(updated_at) from ra_runners)::text,
        (select max(updated_at) from ra_mst_horses)::text, (select max(updated_at) from ra_mst_jockeys)::text,
        (select count(*) from ra_runners)::text
    `;
  const before = await written();
  await copy(true);
  assertEquals([...await written()], [...before]);
  const [again] = await sql<{ run: number }[]>`select legacy_copy() as run`;
  const [run] = await sql<{ left_out: string; chunks: number }[]>`
    select run.left_out, (select count(*)::integer from backfill_progress as chunk where chunk.run_id = run.id) as chunks
    from backfill_runs as run where run.id = ${again?.run ?? 0}
  `;
  assertEquals(run?.chunks, 0);
  assertEquals(run?.left_out.startsWith("Copied already: what the old database has"), true);
});

Deno.test("a copy stands back while another feed has work, and yields without a failure", async () => {
  await sql`select legacy_copy()`;
  const engine = engineClient();
  const chunk = await engine.claimChunk("legacy", null);
  if (chunk === null) throw new Error("No chunk could be claimed");
  await sql`select pull_days('2024-06-08', '2024-06-08', array['results'])`;
  assertEquals(await work(chunk, engine), "yielded");
  const [row] =
    await sql`select state, attempts, interruptions from backfill_progress where id = ${chunk.id}`;
  assertEquals({ ...row }, { state: "waiting", attempts: 0, interruptions: 0 });
  assertEquals(await engine.claimChunk("legacy", null), null);
});

Deno.test("odds are copied when they are wanted, the last quote of each bookmaker and all in their history, and a card's replace them", async () => {
  await sql`update backfill_settings set capture_odds = true`;
  await copy();
  const [odds] = await sql<{ quotes: number; live: number }[]>`
    select count(*)::integer as quotes,
      (select count(distinct (old.race_id, old.horse_id, old.bookmaker_id))::integer from legacy_data.ra_odds_live as old) as live
    from ra_runner_odds where from_legacy and decimal is not null
  `;
  assertEquals(odds?.quotes, odds?.live);
  const [seen] = await sql<{ quotes: number }[]>`
    select count(distinct (old.race_id, old.horse_id, old.bookmaker_id, old.odds_timestamp))::integer as quotes
    from legacy_data.ra_odds_live as old
  `;
  assert((seen?.quotes ?? 0) > (odds?.live ?? 0));
  assertEquals(await count("ra_runner_odds_history"), seen?.quotes);
  const [left] = await sql<{ rows: number }[]>`
    select sum(rows)::integer as rows from engine.rows_only_in_legacy() where old_table = 'ra_odds_live'
  `;
  assertEquals(left?.rows, 0);
  await sql`
    select engine.upsert_odds(jsonb_agg(to_jsonb(one) - array['created_at', 'updated_at', 'from_legacy']
      || jsonb_build_object('decimal', 99, 'quoted_at', timestamptz '2000-01-01 00:00:00+00')))
    from (select * from ra_runner_odds order by 1, 2, 3 limit 5) as one
  `;
  assertEquals(await count("ra_runner_odds where decimal = 99 and not from_legacy"), 5);
});

Deno.test("prices of the file find their runners by day, course, off time and name, and the others are counted with why", async () => {
  await sql`update backfill_settings set capture_odds = true`;
  await copy();
  // The generator's rows of the file are those of the first results, in their order, with every so many spoilt.
  const [expected] = await sql<{ runners: number; no_race: number; no_horse: number; no_name: number }[]>`
    with file as (
      select result.*, race.id is null or result.id % 97 = 0 as is_nowhere,
        result.id % 89 = 0 as is_nobody, result.id % 89 <> 0 and result.id % 83 = 0 as has_no_name
      from (
        select * from legacy_data.ra_mst_race_results order by id
        limit (select count(*) from legacy_data.ra_odds_historical)
      ) as result
      left join legacy_data.ra_mst_races as race on race.id = result.race_id
    )
    select
      (count(distinct (race_id, horse_id)) filter (where not (is_nowhere or is_nobody or has_no_name)))::integer as runners,
      (count(*) filter (where is_nowhere and not has_no_name))::integer as no_race,
      (count(*) filter (where is_nobody and not is_nowhere))::integer as no_horse,
      (count(*) filter (where has_no_name))::integer as no_name
    from file
  `;
  assert((expected?.runners ?? 0) > 100 && (expected?.no_race ?? 0) > 0 && (expected?.no_horse ?? 0) > 0);
  assertEquals(await count("ra_runner_prices"), expected?.runners);
  assertEquals(
    await count(
      `ra_runner_prices as ours
       join legacy_data.ra_mst_race_results as old on old.race_id = ours.race_id and old.horse_id = ours.horse_id
       where ours.sp_decimal is distinct from nullif(old.sp_decimal, 0) or ours.forecast_decimal is not null`,
    ),
    0,
  );
  const reasons = async () => {
    const rows = await sql<{ reason: string; rows: number }[]>`
      select reason, rows::integer from engine.rows_only_in_legacy() where old_table = 'ra_odds_historical'
    `;
    return Object.fromEntries(rows.map(({ reason, rows }) => [reason, rows]));
  };
  assertEquals(await reasons(), {
    "no race of ours there and then": expected?.no_race,
    "no horse of that name in the race": expected?.no_horse,
    "no name of the horse, or neither course nor off time": expected?.no_name,
  });

  // A race that the API brings later is looked at once more, without a word of the operator's.
  const [race] = await sql<{ id: string; prices: number }[]>`
    select race_id as id, count(*)::integer as prices from ra_runner_prices group by 1 order by 1 limit 1
  `;
  const stored = await count("ra_runner_prices");
  await sql`delete from ra_runner_prices where race_id = ${race?.id ?? ""}`;
  await sql`update ra_races set race_name = 'Called otherwise' where id = ${race?.id ?? ""}`;
  assertEquals((await reasons())["not copied yet"], race?.prices);
  await copy();
  assertEquals(await count("ra_runner_prices"), stored);
});

Deno.test("without an old database there is nothing to copy, and no feed of it", async () => {
  await sql`alter schema legacy_data rename to legacy_data_of_another`;
  try {
    const error = await sql`select legacy_copy()`.catch((error) => error);
    assertEquals([error.code, error.message], ["55000", "There is no old database in this project"]);
    const [names] = await sql<{ names: string[] }[]>`select engine.feed_names() as names`;
    assertEquals(names?.names, ["masters", "racecards", "results", "horses"]);
    assertEquals(await count("coverage_months where feed = 'legacy'"), 0);
    assertEquals(await count("engine.rows_only_in_legacy()"), 0);
  } finally {
    await sql`alter schema legacy_data_of_another rename to legacy_data`;
  }
});

Deno.test("a copy whose old tables are away fails with what to do, and goes on once they are back", async () => {
  await sql`select legacy_copy('2022-12-01', '2022-12-31')`;
  const engine = engineClient();
  const chunk = await engine.claimChunk("legacy", null);
  if (chunk === null) throw new Error("No chunk could be claimed");
  await sql`alter schema legacy_data rename to legacy_data_of_another`;
  try {
    assertEquals(await work(chunk, engine), "failed");
  } finally {
    await sql`alter schema legacy_data_of_another rename to legacy_data`;
  }
  const [row] = await sql<{ state: string; last_error: string }[]>`
    select state, last_error from backfill_progress where id = ${chunk.id}
  `;
  assertEquals(row?.state, "waiting");
  assert(row?.last_error.includes("The old database is gone"));
  await sql`update backfill_progress set state = 'dead', ended_at = now() where id = ${chunk.id}`;
  await sql`select backfill_retry(${chunk.runId})`;
  await workAll(["legacy"]);
  const [after] = await sql<{ state: string }[]>`select state from backfill_progress where id = ${chunk.id}`;
  assertEquals(after?.state, "succeeded");
  assert(await count("ra_races where from_legacy") > 0);
});
