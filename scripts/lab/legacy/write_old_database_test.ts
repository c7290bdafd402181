import { assert, assertEquals } from "@std/assert";
import type { Sql } from "../platform/database.ts";
import type { Platform } from "../platform/platform.ts";
import { World } from "../racing_api/generator/world.ts";
import { dayOf } from "../racing_api/london.ts";
import { startTestPlatform } from "../test_support/test_project.ts";
import { ERAS, nameIn } from "./eras.ts";
import { makeEmptyProject } from "./test_support/projects.ts";
import { writeOldDatabase } from "./write_old_database.ts";

const DAYS = [
  { first: "2022-12-26", last: "2022-12-27" },
  { first: "2024-06-08", last: "2024-06-08" },
  { first: "2025-10-10", last: "2025-10-11" },
];

let platform: Platform;
Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
});
Deno.test.afterAll(() => platform.stop());

async function count(sql: Sql, from: string): Promise<number> {
  const [row] = await sql.unsafe<{ count: number }[]>(`select count(*)::integer as count from ${from}`);
  return row?.count ?? -1;
}

for (const era of ERAS) {
  Deno.test(`an old database of era ${era} has the tables of its time, and the faults that it counts`, async () => {
    await using project = await makeEmptyProject(platform.adminUrl, `old_${era}`);
    const sql = project.connect();
    const { counts, rows } = await writeOldDatabase(sql, { era, days: DAYS });
    const table = (first: string) => `public.${nameIn(era, first)}`;
    const races = table("ra_races");
    const runners = table("ra_runners");
    const results = table("ra_race_results");
    assertEquals(await count(sql, races), rows["ra_races"]);
    assertEquals(await count(sql, runners), rows["ra_runners"]);

    const found = {
      twelveHourTimes: await count(sql, `${races} where off_time <> off_dt::time`),
      distancesOfResults: await count(sql, `${races} where distance ~ '^\\d{3,}$' and distance_f like '%f'`),
      nonRunnerJockeys: await count(
        sql,
        `(select distinct race_id, horse_id from ${runners}
          where jockey_id = 'jky_224913' and jockey_name like 'NON-RUNNER%') as taken_out`,
      ),
      codesLost: await count(
        sql,
        `(select distinct race_id, horse_id from ${results} where position is null) as lost`,
      ),
      racesWithoutRunners: await count(
        sql,
        `${races} as race where not exists (select from ${runners} as runner where runner.race_id = race.id)`,
      ),
      orphanRunners: await count(
        sql,
        `${runners} as runner where not exists (select from ${races} as race where race.id = runner.race_id)`,
      ),
      duplicateResults: await count(sql, results) -
        await count(sql, `(select distinct race_id, horse_id from ${results}) as once`),
      duplicateRunners: await count(sql, runners) -
        await count(sql, `(select distinct race_id, horse_id from ${runners}) as once`),
      namesWithSuffix: await count(
        sql,
        `(select name from ${table("ra_horses")} union all select name from ${table("ra_sires")}
          union all select name from ${table("ra_dams")}) as named where name ~ ' \\([A-Z]{2,3}\\)$'`,
      ),
      horsesOfBlankIds: await count(sql, `${table("ra_horses")} where damsire_id = ''`),
      underscoredCodes: await count(sql, `${table("ra_bookmakers")} where code like '%\\_%'`),
      wrongRegions: await count(sql, `${table("ra_regions")} where code in ('sa', 'ita')`),
    };
    const expected = Object.fromEntries(
      Object.keys(found).map((name) => [name, counts[name as keyof typeof found]]),
    );
    assertEquals(found, expected as typeof found);
    for (const [name, number] of Object.entries(counts)) {
      // A card that came back and a day that was refused are rare; a key keeps runners single in the last era.
      const isRare = name.startsWith("batches") || name.startsWith("racesInLost") || name.endsWith("Wiped") ||
        name === "ratingsOfCards";
      if (isRare || (era === "c" && name === "duplicateRunners")) continue;
      assert(number > 0, `${name} is in no row`);
    }
  });
}

Deno.test("the same seed makes the same old database, and its races are those of the API", async () => {
  const digests: string[] = [];
  for (const name of ["old_one", "old_other"]) {
    await using project = await makeEmptyProject(platform.adminUrl, name);
    const sql = project.connect();
    const days = [{ first: "2025-10-10", last: "2025-10-10" }];
    await writeOldDatabase(sql, { era: "b", days });
    const [digest] = await sql<{ digest: string }[]>`
      select md5(string_agg(query_to_xml('select * from public.' || quote_ident(tablename), true, false, '')::text, ''
        order by tablename)) as digest
      from pg_tables where schemaname = 'public'
    `;
    digests.push(digest?.digest ?? name);
    const known = new World(1).results(dayOf("2025-10-10"), dayOf("2025-10-10"), Date.parse("2025-10-20"));
    const ids = new Set(known.map(({ id }) => id));
    const stored = await sql<{ id: string }[]>`select id from public.ra_races where has_result`;
    assert(stored.length > 20);
    assertEquals(stored.filter(({ id }) => !ids.has(id)), []);
  }
  assertEquals(digests[0], digests[1]);
});

Deno.test("a fault that is left out is in no row", async () => {
  await using project = await makeEmptyProject(platform.adminUrl, "old_sound");
  const sql = project.connect();
  const { counts } = await writeOldDatabase(sql, { era: "b", days: DAYS.slice(2), faults: [] });
  const { racesWithoutRunners, orphanRunners, blankIds, testRows, duplicateResults, duplicateRunners } =
    counts;
  assertEquals(
    { racesWithoutRunners, orphanRunners, blankIds, testRows, duplicateResults, duplicateRunners },
    {
      racesWithoutRunners: 0,
      orphanRunners: 0,
      blankIds: 0,
      testRows: 0,
      duplicateResults: 0,
      duplicateRunners: 0,
    },
  );
});
