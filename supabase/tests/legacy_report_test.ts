import { assert, assertEquals } from "@std/assert";
import { connect, type Sql } from "../../scripts/lab/platform/database.ts";
import { type Platform, startPlatform } from "../../scripts/lab/platform/platform.ts";
import { ERAS, nameIn } from "../../scripts/lab/legacy/eras.ts";
import type { FaultCounts } from "../../scripts/lab/legacy/faults.ts";
import { putOldDatabase } from "../../scripts/lab/legacy/put_old_database.ts";

/** A day without cards, with an orphan, and one with more than fifty results. */
const DAYS = [
  { first: "2022-12-29", last: "2022-12-29" },
  { first: "2024-06-08", last: "2024-06-08" },
  { first: "2025-10-12", last: "2025-10-12" },
];

let platform: Platform;
let sql: Sql;
let worker: Sql;
Deno.test.beforeAll(async () => {
  const databaseUrl = Deno.env.get("TEST_DATABASE_URL");
  platform = await startPlatform({
    functions: false,
    cron: "manual",
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  sql = connect(platform.databaseUrl, { max: 2, name: "test" });
  worker = connect(platform.databaseUrl, { max: 1, name: "test worker", role: "service_role" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await worker.end({ timeout: 1 });
  await platform.stop();
});

/** Lines of the report whose fault the generator counts the same way. */
function countedByGenerator(counts: FaultCounts): Record<string, number> {
  return {
    "days cut off at 50 results": counts.daysCutOff,
    "euro prizes lost": counts.euroPrizesLost,
    "results wiped by a card": counts.resultsWiped,
    "distances in metres, exact text lost": counts.distancesOfResults,
    "distances rounded": counts.distancesRounded,
    "off times twelve hours away": counts.twelveHourTimes,
    "races without runners": counts.racesWithoutRunners,
    "letter codes lost": counts.codesLost,
    "times without seconds": counts.timesWithoutSeconds,
    "ratings missing": counts.ratingsMissing,
    "duplicate results": counts.duplicateResults,
    "results of races that are lost": counts.orphanResults,
    "runners with the jockey NON-RUNNER": counts.nonRunnerJockeys,
    "ratings of a card in place of the result's": counts.ratingsOfCards,
    "duplicate runners": counts.duplicateRunners,
    "runners of races that are lost": counts.orphanRunners,
    "jockeys with a claim behind the name": counts.namesWithClaim,
    "rows with the id ''": counts.blankIds,
    "horses whose damsire is ''": counts.horsesOfBlankIds,
    "region codes that are wrong": counts.wrongRegions,
    "bookmakers with an underscore in the code": counts.underscoredCodes,
    "rows marked **TEST**": counts.testRows,
  };
}

for (const era of ERAS) {
  Deno.test(`the report of a database of era ${era} has the faults that were put into it`, async () => {
    const { counts } = await putOldDatabase(platform.adminUrl, { era, days: DAYS });
    const report = await worker<{ fault: string; old_rows: number; new_rows: number; not_here: number }[]>`
      select fault, old_rows::integer, new_rows::integer, not_here::integer from legacy_report()
    `;
    const found = new Map(report.map((line) => [line.fault, line]));
    const expected = {
      ...countedByGenerator(counts),
      // Before the table of runners had columns for a result, nothing in it tells which of the two a figure is of.
      ...(era === "a" ? { "ratings of a card in place of the result's": 0 } : {}),
    };
    const old = Object.fromEntries(Object.keys(expected).map((fault) => [fault, found.get(fault)?.old_rows]));
    assertEquals(old, expected);
    // The generator takes (II) for a region, which is part of a name.
    const kinds = ["horses", "sires", "dams"].map((kind) => `legacy_data.${nameIn(era, `ra_${kind}`)}`);
    const [numbered] = await sql.unsafe<{ count: number }[]>(
      `select ${
        kinds.map((table) => `(select count(*) from ${table} where name like '% (II)')`).join(" + ")
      } as count`,
    );
    assertEquals(
      found.get("names with a region behind them")?.old_rows,
      counts.namesWithSuffix - Number(numbered?.count),
    );
    // A race without a prize is not told from one that lost it.
    const wiped = found.get("prizes wiped by a result, or none")?.old_rows ?? 0;
    assert(wiped >= counts.prizesWiped && wiped <= counts.prizesWiped + 3);
    assert((found.get("columns that are null in every row")?.old_rows ?? 0) > 0);
    // Nothing was copied or pulled yet: no row of ours has a fault, and none of these is here.
    assertEquals(report.filter(({ new_rows }) => new_rows > 0), []);
    assertEquals(found.get("letter codes lost")?.not_here, counts.codesLost);
    const differences = await worker<{ column_name: string; compared: number }[]>`
      select column_name, compared::integer from legacy_differences()
    `;
    assert(differences.length > 20);
    assertEquals(differences.filter(({ compared }) => compared > 0), []);
  });
}

Deno.test("without an old database the report says so", async () => {
  const admin = connect(platform.adminUrl, { max: 1, name: "test admin" });
  await admin`drop schema if exists legacy_data cascade`;
  await admin.end({ timeout: 1 });
  for (const asked of [sql`select * from legacy_report()`, sql`select * from legacy_differences()`]) {
    const error = await asked.then(() => null, (error) => error);
    assertEquals([error?.code, error?.message], ["55000", "There is no old database in this project"]);
  }
});
