import { assertEquals, assertRejects } from "@std/assert";
import type { JSONValue } from "postgres";
import { claimed, ingest, type Lease, start } from "./support/chunks.ts";
import { cardRace, cardRunner, horse, page } from "./support/pages.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
let lease: Lease;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await start(db.sql, "2026-06-01", "2026-06-07", { feeds: ["racecards"], reprocess: "all" });
  lease = await claimed(db.worker, "racecards");
});

/** Stores a card of one runner; the same cursor before and after, so that pages may follow in any order. */
async function bring(parts: Record<string, JSONValue>): Promise<void> {
  await ingest(
    db.worker,
    lease,
    page({ before: ["2026-06-01", 0], after: ["2026-06-01", 0] }, {
      horses: [horse("hrs_1")],
      races: [cardRace("rac_1")],
      runners: [cardRunner("rac_1", "hrs_1")],
      ...parts,
    }),
  );
}

function quote(columns: Record<string, JSONValue> = {}): Record<string, JSONValue> {
  return {
    race_id: "rac_1",
    horse_id: "hrs_1",
    bookmaker_code: "spreadex",
    fractional: "7/2",
    decimal: 4.5,
    ew_places: 3,
    ew_denominator: 5,
    quoted_at: "2026-06-01 14:11:07 Europe/London",
    ...columns,
  };
}

const bookmakers = [{ code: "spreadex", name: "Spread Ex", type: "unknown" }];

async function odds() {
  return [
    ...await db.sql`
      select bookmaker_code, fractional, decimal::float8, ew_places, ew_denominator, quoted_at from ra_runner_odds
    `,
  ];
}

Deno.test("a quote is stored with its moment, which the card gives in UK local time", async () => {
  await bring({ bookmakers, odds: [quote()] });
  const summer = {
    bookmaker_code: "spreadex",
    fractional: "7/2",
    decimal: 4.5,
    ew_places: 3,
    ew_denominator: 5,
    quoted_at: new Date("2026-06-01T13:11:07Z"),
  };
  assertEquals(await odds(), [summer]);
  await bring({ bookmakers, odds: [quote({ quoted_at: "2026-12-01 14:11:07 Europe/London" })] });
  assertEquals(await odds(), [{ ...summer, quoted_at: new Date("2026-12-01T14:11:07Z") }]);
});

Deno.test("a newer quote replaces an older one as a whole, in either order", async () => {
  const older = quote();
  const newer = quote({
    decimal: 6,
    fractional: "5/1",
    ew_places: null,
    quoted_at: "2026-06-01 15:00:00 Europe/London",
  });
  for (const order of [[older, newer], [newer, older]]) {
    await db.sql`truncate ra_runner_odds`;
    for (const one of order) await bring({ bookmakers, odds: [one] });
    const stored = (await odds())[0];
    assertEquals([stored?.["fractional"], stored?.["decimal"], stored?.["ew_places"]], ["5/1", 6, null]);
  }
});

Deno.test("a quote without a moment gives way to any that has one, and never replaces it", async () => {
  const undated = quote({ fractional: "9/1", quoted_at: null });
  for (const order of [[undated, quote()], [quote(), undated]]) {
    await db.sql`truncate ra_runner_odds`;
    for (const one of order) await bring({ bookmakers, odds: [one] });
    assertEquals((await odds())[0]?.["fractional"], "7/2");
  }
});

Deno.test("the same quote again writes nothing", async () => {
  await bring({ bookmakers, odds: [quote()] });
  const version = async () => [...await db.sql`select updated_at from ra_runner_odds`];
  const before = await version();
  await db.passTime("1 minute");
  await bring({ bookmakers, odds: [quote()] });
  assertEquals(await version(), before);
});

Deno.test("a page without odds is accepted and leaves the stored ones alone", async () => {
  await bring({ bookmakers, odds: [quote()] });
  await bring({});
  await bring({ odds: [] });
  assertEquals((await odds()).length, 1);
});

Deno.test("odds of an unknown bookmaker fail the page as a whole", async () => {
  await assertRejects(() => bring({ odds: [quote()] }), Error, "ra_runner_odds_bookmaker_code_fkey");
  assertEquals((await db.sql`select from ra_races`).length, 0);
});

Deno.test("odds are closed to the API's public roles", async () => {
  const [rights] = await db.sql`
    select
      has_table_privilege('anon', 'ra_runner_odds', 'select') as anon,
      has_table_privilege('authenticated', 'ra_runner_odds', 'select') as authenticated,
      has_table_privilege('service_role', 'ra_runner_odds', 'delete') as service_deletes,
      (select relrowsecurity from pg_class where oid = 'ra_runner_odds'::regclass) as secured
  `;
  assertEquals({ ...rights }, { anon: false, authenticated: false, service_deletes: false, secured: true });
});
