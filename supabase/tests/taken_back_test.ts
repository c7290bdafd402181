import { assertEquals } from "@std/assert";
import type { JSONValue } from "postgres";
import { claimed, ingest, start } from "./support/chunks.ts";
import { cardRace, cardRunner, horse, page, resultRace, resultRunner } from "./support/pages.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

type Row = Record<string, JSONValue>;

async function bring(feed: "racecards" | "results", parts: Row): Promise<void> {
  await start(db.sql, "2026-06-01", "2026-06-07", { feeds: [feed], reprocess: "all" });
  const lease = await claimed(db.worker, feed);
  const cursor: [string | null, number] = feed === "racecards" ? ["2026-06-01", 0] : [null, 0];
  await ingest(
    db.worker,
    lease,
    page({ before: cursor, after: cursor }, { horses: [horse("hrs_1"), horse("hrs_2")], ...parts }),
  );
  await db.sql`select backfill_cancel(${lease.run_id})`;
}

function bringCard(race: Row = {}, runner: Row = {}): Promise<void> {
  return bring("racecards", {
    races: [cardRace("rac_1", race)],
    runners: [cardRunner("rac_1", "hrs_1", runner), cardRunner("rac_1", "hrs_2")],
  });
}

async function race() {
  const [row] = await db.sql`select is_abandoned, has_result, off_dt from ra_races`;
  return row;
}

async function runner() {
  const [row] = await db.sql`select is_non_runner, spotlight from ra_runners where horse_id = 'hrs_1'`;
  return { ...row };
}

Deno.test("a card takes back a runner that is withdrawn late, and keeps what it said of it", async () => {
  await bringCard({}, { spotlight: "Likely" });
  await bringCard({}, { is_non_runner: true, spotlight: null });
  assertEquals(await runner(), { is_non_runner: true, spotlight: "Likely" });
});

Deno.test("a card that declares a horse again takes the withdrawal back", async () => {
  await bringCard({}, { is_non_runner: true });
  await bringCard({}, { is_non_runner: false });
  assertEquals((await runner())["is_non_runner"], false);
});

Deno.test("an abandoned race is a state of the race, and the card may take it back", async () => {
  await bringCard({ is_abandoned: true });
  assertEquals([(await race())?.["is_abandoned"], (await race())?.["has_result"]], [true, false]);
  await bringCard({ is_abandoned: false });
  assertEquals((await race())?.["is_abandoned"], false);
});

Deno.test("a result does not touch what the card says about an abandonment", async () => {
  await bringCard({ is_abandoned: true });
  await bring("results", { races: [resultRace("rac_1")], runners: [resultRunner("rac_1", "hrs_1")] });
  assertEquals([(await race())?.["is_abandoned"], (await race())?.["has_result"]], [true, true]);
});

Deno.test("a card moves its off time, and an older card of a race with a result does not move it back", async () => {
  await bringCard({ off_dt: "2026-06-01T14:00:00+01:00" });
  await bringCard({ off_dt: "2026-06-01T14:05:00+01:00" });
  assertEquals((await race())?.["off_dt"], new Date("2026-06-01T13:05:00Z"));
  await bring("results", {
    races: [resultRace("rac_1", { off_dt: "2026-06-01T14:07:00+01:00" })],
    runners: [resultRunner("rac_1", "hrs_1")],
  });
  await bringCard({ off_dt: "2026-06-01T14:00:00+01:00" });
  assertEquals((await race())?.["off_dt"], new Date("2026-06-01T13:07:00Z"));
  assertEquals((await db.sql`select from ra_races`).length, 1);
});

Deno.test("a dead heat is two rows with one position", async () => {
  await bring("results", {
    races: [resultRace("rac_1")],
    runners: [resultRunner("rac_1", "hrs_1"), resultRunner("rac_1", "hrs_2", { beaten_lengths: 0 })],
  });
  const rows = await db.sql`select position, beaten_lengths::float8 from ra_runners order by horse_id`;
  assertEquals([...rows], [{ position: 1, beaten_lengths: null }, { position: 1, beaten_lengths: 0 }]);
});

Deno.test("a pedigree keeps its ids: the parents get rows of their own, linked to the animal they are", async () => {
  const parent = (id: string) => ({
    id,
    name: `Parent ${id}`,
    region_code: null,
    last_seen_on: "2026-06-01",
  });
  await bring("racecards", {
    sires: [parent("sir_7")],
    dams: [parent("dam_8")],
    damsires: [parent("dsi_7")],
    horses: [horse("hrs_1", { sire_id: "sir_7", dam_id: "dam_8", damsire_id: "dsi_7" })],
  });
  const [pedigree] = await db.sql`
    select horses.sire_id, horses.dam_id, horses.damsire_id, sires.horse_id as sire_is, damsires.horse_id as damsire_is
    from ra_mst_horses as horses
    join ra_mst_sires as sires on sires.id = horses.sire_id
    join ra_mst_damsires as damsires on damsires.id = horses.damsire_id
  `;
  assertEquals({ ...pedigree }, {
    sire_id: "sir_7",
    dam_id: "dam_8",
    damsire_id: "dsi_7",
    sire_is: "hrs_7",
    damsire_is: "hrs_7",
  });
});
