import { assert, assertEquals, assertRejects } from "@std/assert";
import type { JSONValue } from "postgres";
import { Random } from "../../scripts/lab/racing_api/generator/random.ts";
import { World } from "../../scripts/lab/racing_api/generator/world.ts";
import { readRacecardsPage } from "../functions/_shared/pages/read_racecards.ts";
import { readResultsPage } from "../functions/_shared/pages/read_results.ts";
import { UnreadableBodyError } from "../functions/_shared/pages/unreadable_body_error.ts";
import { storableJson } from "../functions/_shared/values/json.ts";
import { presentText } from "../functions/_shared/values/missing.ts";
import { claimed, ingest, type Lease, start } from "./support/chunks.ts";
import { mutate, type Wild } from "./support/mutations.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

/** Another seed gives other pages: FUZZ_SEED=7 FUZZ_PAGES=2000 deno test -A supabase/tests/fuzz_test.ts */
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 1);
const PAGES = Number(Deno.env.get("FUZZ_PAGES") ?? 150);
const RACES_A_PAGE = 4;
const DAYS = ["2024-06-01", "2024-12-26", "2025-05-03", "2025-11-08", "2026-03-14", "2026-06-05"];
const NOW = "2026-06-15T11:00:00Z";

type Feed = "racecards" | "results";

let db: TestDatabase;
const leases = new Map<Feed, Lease>();
Deno.test.beforeAll(async () => {
  db = await startTestDatabase();
  await db.reset(NOW);
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["racecards", "results"], reprocess: "all" });
  for (const feed of ["racecards", "results"] as const) leases.set(feed, await claimed(db.worker, feed));
});
Deno.test.afterAll(() => db.stop());

/** Unchanged races of some days, from which pages are made. */
function generatedRaces(feed: Feed): unknown[] {
  const world = new World(SEED);
  return DAYS.flatMap((date) => {
    const day = Date.parse(date) / 86_400_000;
    const races = feed === "racecards"
      ? world.cards(day, Date.parse(NOW))
      : world.results(day, day, Date.parse(NOW));
    const listed = new Map(races.map((race) => [race.id, race]));
    return [...listed.values()].filter((race) => ["gb", "ire"].includes(race.region)).slice(0, 12).map((
      race,
    ) => JSON.parse(race.json()));
  });
}

interface FuzzedPage {
  readonly feed: Feed;
  readonly body: Wild;
  /** The ids of races that nothing was done to. */
  readonly unharmed: readonly string[];
}

function fuzzedPage(random: Random, feed: Feed, races: readonly unknown[]): FuzzedPage {
  const first = Math.floor(random.next() * (races.length - RACES_A_PAGE));
  const list: Wild[] = structuredClone(races.slice(first, first + RACES_A_PAGE)) as Wild[];
  const unharmed: string[] = [];
  const changed: unknown[] = list.map((race, index) => {
    if (index === 0 || random.next() < 0.2) {
      unharmed.push(String(race["race_id"]));
      return race;
    }
    if (random.next() < 0.05) return random.next() < 0.5 ? null : [race];
    for (let n = 1 + Math.floor(random.next() * 6); n > 0; n--) mutate(random, race);
    return race;
  });
  const body: Wild = { [feed]: changed, total: changed.length, limit: 500, skip: 0, query: [] };
  if (random.next() < 0.05) {
    delete body[feed];
    mutate(random, body);
  } else if (random.next() < 0.1) body["limit"] = [null];
  // As it comes over the wire.
  return { feed, body: JSON.parse(JSON.stringify(body)), unharmed };
}

function read({ feed, body }: FuzzedPage, captureOdds: boolean) {
  return feed === "racecards" ? readRacecardsPage(body, { captureOdds }) : readResultsPage(body);
}

type Rows = ReturnType<typeof read>["rows"];

async function store(feed: Feed, rows: Rows, more: Partial<Rows> = {}): Promise<void> {
  const lease = leases.get(feed);
  if (lease === undefined) throw new Error(`There is no lease for ${feed}`);
  const cursor = { day: lease.cursor_day, skip: lease.cursor_skip };
  const page = { ...rows, ...more, cursor_before: cursor, cursor_after: cursor, api_total: 1, api_calls: 1 };
  await ingest(db.worker, lease, page as unknown as Record<string, JSONValue>);
}

interface Reject {
  kind: string;
  race_id: string | null;
  path: string;
  raw: unknown;
}

async function stored() {
  return {
    races: new Set((await db.sql`select id from ra_races`).map((row) => String(row["id"]))),
    runners: (await db.sql`select race_id || ' ' || horse_id as key from ra_runners`).map((row) =>
      String(row["key"])
    ),
    odds: (await db.sql`select from ra_runner_odds`).length,
    rejects: [...await db.sql<Reject[]>`select kind, race_id, path, raw from ingest_rejects`],
  };
}

/** JSON with sorted keys: jsonb has an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
  );
}

function idOf(raw: unknown, field: string): string | null {
  if (typeof raw !== "object" || raw === null) return null;
  const sent: unknown = Object.getOwnPropertyDescriptor(raw, field)?.value;
  return typeof sent === "string" || typeof sent === "number" ? presentText(sent) : null;
}

/** Every race and every runner that came is a row or a reject. Returns how many of each. */
function account(page: FuzzedPage, now: Awaited<ReturnType<typeof stored>>) {
  const counts = { races: 0, runners: 0, rejectedRaces: 0, rejectedRunners: 0 };
  const list = page.body[page.feed] as unknown[];
  const runners = new Set(now.runners);
  const rejectedRaces = now.rejects.filter((reject) => reject.kind === "race");
  const rejectedRaceIds = new Set(rejectedRaces.map((reject) => reject.race_id));
  const rejectedBodies = new Set(rejectedRaces.map((reject) => canonical(reject.raw)));
  for (const [index, raw] of list.entries()) {
    const id = idOf(raw, "race_id");
    if (id === null || !now.races.has(id)) {
      counts.rejectedRaces++;
      const isRejected = id !== null && rejectedRaceIds.has(id) ||
        rejectedBodies.has(canonical(storableJson(raw) ?? { value: null }));
      assert(isRejected, `race ${index} is not a row or a reject`);
      continue;
    }
    counts.races++;
    const isTwice = list.filter((other) => idOf(other, "race_id") === id).length > 1;
    const sent: unknown = (raw as Wild)["runners"];
    if (isTwice || !Array.isArray(sent)) continue;
    for (const [place, runner] of sent.entries()) {
      const horse = idOf(runner, "horse_id");
      if (horse !== null && runners.has(`${id} ${horse}`)) counts.runners++;
      else {
        counts.rejectedRunners++;
        const path = new RegExp(`^runners\\[${place}\\](\\.|$)`);
        assert(
          now.rejects.some((one) => one.kind === "runner" && one.race_id === id && path.test(one.path)),
          `runner ${place} of race ${id} is not a row or a reject`,
        );
      }
    }
  }
  return counts;
}

/** Every row of an unchanged race is stored, whatever else was on its page. */
function assertUnharmed({ feed, body, unharmed }: FuzzedPage, now: Awaited<ReturnType<typeof stored>>): void {
  for (const id of unharmed) {
    const same = (body[feed] as unknown[]).filter((race) => idOf(race, "race_id") === id) as Wild[];
    if (same.length !== 1) continue;
    const sent = same[0]?.["runners"] as unknown[];
    assertEquals(
      now.runners.filter((key) => key.startsWith(`${id} `)).length,
      sent.length,
      `runners of ${id}`,
    );
    assertEquals(now.rejects.filter((reject) => reject.race_id === id), [], `rejects of ${id}`);
  }
}

/** Reads and stores one page, and holds everything against what came. */
async function tryPage(page: FuzzedPage, n: number): Promise<ReturnType<typeof account> | "unreadable"> {
  await db.sql`delete from ra_races`;
  await db.sql`delete from ingest_rejects`;
  let rows: Rows;
  try {
    rows = read(page, n % 4 === 0).rows;
  } catch (error) {
    assert(error instanceof UnreadableBodyError, `Only an unreadable body may throw: ${error}`);
    return "unreadable";
  }
  const [runner] = rows.runners;
  if (n % 10 === 0 && runner !== undefined) {
    // The last table of all is the one that fails: nothing of the page may be there.
    const runners = [...rows.runners, { ...runner, horse_id: "hrs_without_a_row" }];
    await assertRejects(() => store(page.feed, rows, { runners } as Partial<Rows>), Error, "foreign key");
    assertEquals(await stored(), { races: new Set(), runners: [], odds: 0, rejects: [] });
  }
  await store(page.feed, rows);
  const now = await stored();
  assertEquals([now.races.size, now.runners.length, now.odds], [
    rows.races.length,
    rows.runners.length,
    rows.odds.length,
  ]);
  assertUnharmed(page, now);
  return account(page, now);
}

Deno.test("mutated pages never crash and are never half-written: each race and runner is a row or a reject", async () => {
  const totals = { pages: 0, unreadable: 0, races: 0, runners: 0, rejectedRaces: 0, rejectedRunners: 0 };
  const races = { racecards: generatedRaces("racecards"), results: generatedRaces("results") };
  for (let n = 0; n < PAGES; n++) {
    const feed = n % 2 === 0 ? "racecards" : "results";
    const page = fuzzedPage(new Random(`${SEED} ${n}`), feed, races[feed]);
    try {
      const counts = await tryPage(page, n);
      totals.pages++;
      if (counts === "unreadable") totals.unreadable++;
      else {
        totals.races += counts.races;
        totals.runners += counts.runners;
        totals.rejectedRaces += counts.rejectedRaces;
        totals.rejectedRunners += counts.rejectedRunners;
      }
    } catch (error) {
      const file = await Deno.makeTempFile({ prefix: `fuzz-${SEED}-${n}-`, suffix: ".json" });
      await Deno.writeTextFile(file, JSON.stringify(page.body));
      console.error(`FUZZ_SEED=${SEED}, page ${n} of ${feed}, wholly in ${file}`);
      console.error(JSON.stringify(page.body).slice(0, 4000));
      throw error;
    }
  }
  console.log(`FUZZ_SEED=${SEED}: ${JSON.stringify(totals)}`);
  // A fuzzer that breaks nothing, or everything, tests nothing.
  assert(totals.races > totals.pages && totals.rejectedRaces > 0 && totals.rejectedRunners > 0);
});
