-- What the old system made of its runners, and its odds and logs. Made before the keys. The moments are those of the
-- newest race: the same races give the same rows.

create temporary table moment on commit drop as
select coalesce(max(race.off_dt), timestamp '2025-10-18 12:00:00') as newest from public.ra_races as race;

create temporary table newest_runners on commit drop as
select runner.id, runner.race_id, runner.horse_id, runner.horse_name, runner.jockey_name, runner.trainer_name,
  runner.number, race.date, race.off_dt, race.off_time, race.course_name, race.race_name, race.race_class, race.type,
  race.distance, race.going, race.field_size
from public.ra_runners as runner
join (select * from public.ra_races order by off_dt desc, id limit 30) as race on race.id = runner.race_id
where not exists (
  select from public.ra_runners as earlier
  where earlier.race_id = runner.race_id and earlier.horse_id = runner.horse_id and earlier.id < runner.id
);

with shares as (
  select result.sire_id as id, count(*) as runners, count(*) filter (where result.position = 1) as wins,
    count(*) filter (where result.position = 2) as seconds, count(*) filter (where result.position = 3) as thirds
  from public.ra_race_results as result
  group by result.sire_id
)
update public.ra_sires as sire
set total_runners = shares.runners, total_wins = shares.wins, total_places_2nd = shares.seconds,
  total_places_3rd = shares.thirds, overall_win_percent = round(100.0 * shares.wins / shares.runners, 2),
  class_1_name = 'Class 1', class_1_runners = shares.runners / 7, class_1_wins = shares.wins / 7,
  analysis_last_updated = moment.newest
from shares, moment
where sire.id = shares.id;

with shares as (
  select result.jockey_id as id, count(*) as rides, count(*) filter (where result.position = 1) as wins,
    count(*) filter (where result.position <= 3) as places
  from public.ra_race_results as result
  group by result.jockey_id
)
update public.ra_jockeys as jockey
set total_rides = shares.rides, total_wins = shares.wins, total_places = shares.places,
  win_rate = round(100.0 * shares.wins / shares.rides, 2), stats_updated_at = moment.newest
from shares, moment
where jockey.id = shares.id;

insert into public.ra_entity_combinations (
  entity1_type, entity1_id, entity2_type, entity2_id, total_runs, wins, win_percent, calculated_at, created_at
)
select 'jockey', result.jockey_id, 'trainer', result.trainer_id, count(*),
  count(*) filter (where result.position = 1),
  round(100.0 * count(*) filter (where result.position = 1) / count(*), 2), moment.newest, moment.newest
from public.ra_race_results as result
cross join moment
where result.jockey_id is not null and result.trainer_id is not null
group by result.jockey_id, result.trainer_id, moment.newest
having count(*) > 1;

insert into public.ra_performance_by_distance (
  entity_type, entity_id, distance_yards, distance_display, total_runs, wins, calculated_at, created_at
)
select 'horse', runner.horse_id, 1760, '1m', count(*), 0, moment.newest, moment.newest
from newest_runners as runner
cross join moment
group by runner.horse_id, moment.newest;

insert into public.ra_performance_by_venue (
  entity_type, entity_id, venue_id, total_runs, wins, calculated_at, created_at
)
select 'jockey', result.jockey_id, race.course_id, count(*), count(*) filter (where result.position = 1),
  moment.newest, moment.newest
from public.ra_race_results as result
join public.ra_races as race on race.id = result.race_id
cross join moment
where result.jockey_id is not null
group by result.jockey_id, race.course_id, moment.newest
having count(*) > 2;

insert into public.ra_runner_statistics (
  runner_id, horse_id, career_win_percent, course_runs, course_wins, distance_runs, created_at, updated_at
)
select runner.id, runner.horse_id, runner.id % 40, runner.id % 9, runner.id % 3, runner.id % 12, moment.newest,
  moment.newest
from newest_runners as runner
cross join moment;

insert into public.ra_runner_supplementary (
  runner_id, record_type, entity_type, entity_id, medical_type, medical_date, created_at
)
select runner.id, 'medical', 'horse', runner.horse_id, 'Wind Surgery', runner.date - 90, moment.newest
from newest_runners as runner
cross join moment
where runner.id % 11 = 0;

insert into public.ra_runner_odds (
  race_id, horse_id, bookmaker_id, fractional_odds, decimal_odds, ew_places, ew_denom, updated_at, captured_at
)
select runner.race_id, runner.horse_id, bookmaker.id, (2 + runner.id % 30) || '/1', 3 + runner.id % 30, 3, 5,
  runner.off_dt - interval '2 hours', moment.newest
from newest_runners as runner
join public.ra_bookmakers as bookmaker on bookmaker.id <= 3
cross join moment;

insert into public.ra_odds_live (
  race_id, horse_id, bookmaker_id, race_date, race_time, off_dt, course, race_name, race_class, race_type, distance,
  going, runners, horse_name, horse_number, jockey, trainer, bookmaker_name, odds_decimal, odds_fractional,
  odds_timestamp, fetched_at, updated_at
)
select runner.race_id, runner.horse_id, bookmaker.code, runner.date, runner.off_time, runner.off_dt at time zone 'UTC',
  runner.course_name, runner.race_name, runner.race_class, runner.type, runner.distance, runner.going,
  runner.field_size, runner.horse_name, nullif(regexp_replace(runner.number, '\D', '', 'g'), '')::integer,
  runner.jockey_name, runner.trainer_name, bookmaker.name, 3 + runner.id % 30 + step,
  (2 + runner.id % 30 + step) || '/1',
  seen.at, seen.at, seen.at
from newest_runners as runner
join public.ra_bookmakers as bookmaker on bookmaker.id <= 4
cross join generate_series(0, 1) as step
cross join lateral (
  select (runner.off_dt - interval '3 hours' + step * interval '1 hour') at time zone 'UTC' as at
) as seen;

insert into public.ra_odds_historical (
  date_of_race, country, track, race_time, going, race_type, distance, race_class, runners_count, horse_name, age,
  jockey, trainer, industry_sp, finishing_position, data_source, created_at, updated_at, race_name
)
select result.race_date::timestamp at time zone 'UTC', 'GB', 'Somewhere', '14:10', 'Good', 'Flat', '1m', 4, 9,
  result.horse_name, result.age, result.jockey_name, result.trainer_name, result.sp_decimal, result.position::text,
  'file', moment.newest at time zone 'UTC', moment.newest at time zone 'UTC', 'A race of a file'
from (select * from public.ra_race_results order by id limit 2000) as result
cross join moment;

insert into public.ra_odds_statistics (fetch_timestamp, race_id, races_count, horses_count, created_at)
select moment.newest at time zone 'UTC', race.id, 1, race.field_size, moment.newest at time zone 'UTC'
from (select * from public.ra_races order by off_dt desc, id limit 20) as race
cross join moment;

insert into public.ra_collection_metadata (
  id, table_name, operation, records_processed, records_inserted, status, updated_at, created_at
)
select md5(target.name || day)::uuid, target.name, 'upsert', 100 + day, 90 + day,
  case when day % 7 = 0 then 'failed' when day % 5 = 0 then 'partial' else 'success' end,
  (moment.newest - day * interval '1 day') at time zone 'UTC',
  (moment.newest - day * interval '1 day') at time zone 'UTC'
from moment
cross join (values ('ra_races'), ('ra_runners'), ('ra_race_results'), ('ra_horses')) as target (name)
cross join generate_series(0, 29) as day;
