import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { applyMigrations } from "../platform/migrations.ts";
import type { Sql } from "../platform/database.ts";
import type { Platform } from "../platform/platform.ts";
import { startTestPlatform } from "../test_support/test_project.ts";
import { MIGRATIONS, OldProjects } from "./test_support/old_projects.ts";
import { contentsOf, relationsOf } from "./test_support/read.ts";

let platform: Platform;
let old: OldProjects;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
  old = new OldProjects(platform.adminUrl, "merged");
});
Deno.test.afterAll(async () => {
  await old[Symbol.asyncDispose]();
  await platform.stop();
});

/** A race with a result that the old system has, with what ours would store of it: other values in each column. */
async function fillOneRace(sql: Sql): Promise<{ race: string; runners: number }> {
  const [chosen] = await sql<{ race: string; runners: number }[]>`
    select race.id as race, count(distinct runner.horse_id)::integer as runners
    from legacy_data.ra_races as race
    join legacy_data.ra_runners as runner on runner.race_id = race.id
    join legacy_data.ra_race_results as result on result.race_id = race.id and result.horse_id = runner.horse_id
    where race.date = '2025-10-11' and race.region = 'GB' and race.has_result
    group by race.id
    order by count(*) - count(distinct runner.horse_id) desc, race.id limit 1
  `;
  if (chosen === undefined) throw new Error("No race is in the old database");
  const { race } = chosen;
  await sql`insert into public.ra_mst_regions (code, name) values ('gb', 'Great Britain')`;
  await sql`
    insert into public.ra_mst_courses (id, name, region_code)
    select course_id, 'A course', 'gb' from legacy_data.ra_races where id = ${race}
  `;
  await sql`
    insert into public.ra_mst_horses (id, name, region_code, last_seen_on)
    select distinct horse_id, 'Horse ' || horse_id, 'ire', date '2025-10-11'
    from legacy_data.ra_runners where race_id = ${race}
  `;
  await sql`
    insert into public.ra_races (id, course_id, region_code, race_date, off_dt, distance_furlongs, distance_metres,
      result_distance, race_name, has_result, tote_win)
    select id, course_id, 'gb', date, '2025-10-11T13:44:00+01:00', 16.5, 3319, '2m½f', 'New name', true, '£3.20'
    from legacy_data.ra_races where id = ${race}
  `;
  await sql`
    insert into public.ra_runners (race_id, horse_id, has_result, position, position_code, sp, sp_favourite, sp_decimal,
      beaten_lengths, time_seconds, prize_amount, prize_currency, rpr, result_comment, weight_lbs)
    select race_id, horse_id, true,
      case when place = 1 then 1 end, case when place > 1 then 'PU' end, '13/8', case when place = 1 then 'favourite' end,
      2.63, 1.25, 139.97, 1000, case when place = 1 then 'GBP' else 'EUR' end, 70, 'ran on', 133
    from (
      select distinct on (horse_id) race_id, horse_id, row_number() over (order by horse_id) as place
      from legacy_data.ra_runners where race_id = ${race}
      order by horse_id
    ) as one
    on conflict do nothing
  `;
  return chosen;
}

Deno.test("where ours have a row the old name reads it, in the old conventions, and keeps what only the old row has", async () => {
  await using project = await old.copy("b", "rows");
  const sql = project.connect();
  await applyMigrations(sql, MIGRATIONS);
  const names = await relationsOf(sql, "legacy_data");
  const kept = names.filter((name) => !/^(moved_objects|duplicate_rows)$/.test(name));
  const before = await contentsOf(sql, "legacy", kept);
  const { race, runners } = await fillOneRace(sql);
  await sql`set search_path = legacy, public`;

  const [read] = await sql`
    select date::text, off_time::text, time::text, to_char(off_dt, 'YYYY-MM-DD HH24:MI') as off_dt, distance, distance_f,
      distance_m, region, race_name, has_result, tote_win, verdict
    from ra_races where id = ${race}
  `;
  const [was] = await sql`select verdict from legacy_data.ra_races where id = ${race}`;
  assertEquals({ ...read }, {
    ...{ date: "2025-10-11", off_time: "13:44:00", time: "13:44:00", off_dt: "2025-10-11 13:44" },
    ...{ distance: "2m½f", distance_f: "16.5f", distance_m: 3319, region: "GB", race_name: "New name" },
    // Ours have no card of it: what only cards say stays as it was.
    ...{ has_result: true, tote_win: "£3.20", verdict: was?.["verdict"] },
  });
  const ran = await sql`
    select position, starting_price, distance_beaten, prize_won::text, weight_st_lbs, horse_name, id is not null as has_id
    from ra_runners where race_id = ${race} order by position
  `;
  assertEquals(ran.length, runners);
  const { horse_name, ...winner } = ran[0] ?? {};
  assertEquals(winner, {
    ...{ position: 1, starting_price: "13/8F", distance_beaten: "1.25L", prize_won: "1000.00" },
    ...{ weight_st_lbs: "9-7", has_id: true },
  });
  assertStringIncludes(String(horse_name), "Horse hrs_");
  assertEquals(ran[1]?.["prize_won"], null);
  const results = await sql`
    select position_str, time_display, time_seconds::text, btn::text from ra_race_results where race_id = ${race}
    order by position
  `;
  assertEquals(results.length, runners);
  assertEquals({ ...results[1] }, {
    position_str: "PU",
    time_display: "2:19.97",
    time_seconds: "139.97",
    btn: "1.25",
  });

  // Nothing else has changed, and no row was lost or doubled.
  const [counts] = await sql`
    select
      (select count(*) from legacy.ra_races) = (select count(*) from legacy_data.ra_races) as races,
      (select count(distinct (race_id, horse_id)) from legacy.ra_runners)
        = (select count(distinct (race_id, horse_id)) from legacy_data.ra_runners) as runners,
      (select count(*) from legacy.ra_mst_horses) = (select count(*) from legacy_data.ra_mst_horses) as horses,
      (select count(*) from legacy.ra_mst_regions) = (select count(*) from legacy_data.ra_mst_regions) as regions
  `;
  assertEquals({ ...counts }, { races: true, runners: true, horses: true, regions: true });
  const after = await contentsOf(sql, "legacy", kept);
  const untouched = kept.filter((name) => after[name] === before[name]);
  for (const name of ["ra_odds_historical", "ra_runner_statistics", "ra_mst_owners", "ra_odds_live_latest"]) {
    assert(untouched.includes(name), name);
  }
});

Deno.test("the three questions of the old documents are answered alike before and after", async () => {
  await using project = await old.copy("b", "questions");
  const sql = project.connect();
  const questions = [
    `select 'horses' as master, count(*) from ra_mst_horses union all select 'jockeys', count(*) from ra_mst_jockeys
     union all select 'trainers', count(*) from ra_mst_trainers union all select 'owners', count(*) from ra_mst_owners
     union all select 'courses', count(*) from ra_mst_courses union all select 'sires', count(*) from ra_mst_sires
     union all select 'dams', count(*) from ra_mst_dams union all select 'damsires', count(*) from ra_mst_damsires
     union all select 'bookmakers', count(*) from ra_mst_bookmakers union all select 'regions', count(*) from ra_mst_regions
     order by 1`,
    `select extract(year from r.date) as year, count(distinct r.id) as races, count(run.id) as runners
     from ra_races r left join ra_runners run on run.race_id = r.id group by 1 order by 1`,
    `select r.date, r.course_name, r.race_name, run.number, h.name as horse, j.name as jockey, t.name as trainer,
       res.position
     from ra_races r
     join ra_runners run on run.race_id = r.id
     join ra_mst_horses h on h.id = run.horse_id
     left join ra_mst_jockeys j on j.id = run.jockey_id
     left join ra_mst_trainers t on t.id = run.trainer_id
     left join ra_race_results res on res.race_id = run.race_id and res.horse_id = run.horse_id
     where r.date = '2025-10-11' order by r.id, run.id, res.id`,
  ];
  const ask = async () => {
    const answers: unknown[] = [];
    for (const question of questions) answers.push([...await sql.unsafe(question)]);
    return answers;
  };
  await sql`set search_path = legacy, public`;
  const before = await ask();
  await applyMigrations(sql, MIGRATIONS);
  assertEquals(await ask(), before);
  await fillOneRace(sql);
  const [masters, years] = await ask() as [unknown, Record<string, unknown>[]];
  assertEquals(masters, before[0]);
  assertEquals(
    years.map(({ races }) => races),
    (before[1] as Record<string, unknown>[]).map(({ races }) => races),
  );
});

Deno.test("the old tables are dropped only when nothing is left there alone, or is given up by name", async () => {
  await using project = await old.copy("c", "dropped");
  const sql = project.connect();
  await applyMigrations(sql, MIGRATIONS);
  const [said] = await sql<{ says: string }[]>`select drop_legacy() as says`;
  assertStringIncludes(said?.says ?? "", "Would remove 22 old tables");
  await assertRejects(
    () => sql`select drop_legacy(confirm => true)`,
    Error,
    "have rows that nothing else has, and nothing was removed",
  );
  await assertRejects(
    () => sql`select drop_legacy(confirm => true, give_up => '{ra_odds_live}')`,
    Error,
    "ra_mst_horses ",
  );
  const [left] = await sql<{ names: string[] }[]>`
    select array_agg(name) as names from engine.legacy_rows_left() where left_only > 0
  `;
  const names = left?.names ?? [];
  await sql`create view public.my_report as select count(*) from legacy.ra_odds_live`;
  await assertRejects(
    () => sql`select drop_legacy(confirm => true, give_up => ${names})`,
    Error,
    "Views of yours read the old tables, and nothing was removed: public.my_report",
  );
  await sql`drop view public.my_report`;
  await sql`select drop_legacy(confirm => true, give_up => ${names})`;
  const gone = await sql`
    select nspname from pg_namespace where nspname like 'legacy%'
    union all
    select relname from pg_class where relnamespace = 'public'::regnamespace and relname in ('ra_odds_live', 'ra_mst_races')
  `;
  assertEquals([...gone], []);
  assertEquals([...await sql`select from engine.check_legacy()`], []);
  await assertRejects(() => sql`select drop_legacy()`, Error, "or it is gone already");
});

Deno.test("once a race is stored there is no way back", async () => {
  await using project = await old.copy("b", "no_way_back");
  const sql = project.connect();
  await applyMigrations(sql, MIGRATIONS);
  await fillOneRace(sql);
  await assertRejects(
    () => sql`select legacy_undo()`,
    Error,
    "has rows that were pulled, and nothing was changed",
  );
  const [there] =
    await sql`select (select count(*) from legacy.ra_races) > 0 as old, engine.clock() is not null as ours`;
  assertEquals({ ...there }, { old: true, ours: true });
});
