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
  runner_id, record_type, entity_type, entity_id, entity_name, change_date, medical_type, medical_date, quote_text,
  quote_race_id, stable_tour_text, stats_runs, stats_wins, stats_win_percent, created_at
)
select runner.id, note.record_type, note.entity_type, note.entity_id, note.entity_name, note.change_date,
  note.medical_type, note.medical_date, note.quote_text, note.quote_race_id, note.stable_tour_text, note.stats_runs,
  note.stats_wins, note.stats_win_percent, moment.newest
from newest_runners as runner
cross join moment
cross join lateral (
  values
    (0, 'medical', 'horse', runner.horse_id, null, null::date, 'Wind Surgery', runner.date - 90, null, null, null,
      null::integer, null::integer, null::numeric),
    (1, 'prev_trainer', 'trainer', 'trn_90001', 'A Former Trainer', runner.date - 200, null, null, null, null, null,
      null, null, null),
    (2, 'prev_owner', 'owner', 'own_90001', 'A Former Owner', runner.date - 300, null, null, null, null, null,
      null, null, null),
    (3, 'quote', null, null, null, null, null, null, 'He needed the run', runner.race_id, null, null, null, null),
    (4, 'stable_tour', null, null, null, null, null, null, null, null, 'He goes well fresh', null, null, null),
    (5, 'trainer_stats', null, null, null, null, null, null, null, null, null, 20, 3, 15.00)
) as note (remainder, record_type, entity_type, entity_id, entity_name, change_date, medical_type, medical_date,
  quote_text, quote_race_id, stable_tour_text, stats_runs, stats_wins, stats_win_percent)
where runner.id % 11 = note.remainder;

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

-- The table is gone in later eras. Two quotes before each, and one whose own is gone.
insert into public.ra_odds_history (runner_odds_id, fractional_odds, decimal_odds, timestamp, captured_at)
select quote.id, (4 + step) || '/1', 5 + step, quote.updated_at - step * interval '1 hour', quote.captured_at
from public.ra_runner_odds as quote
cross join generate_series(1, 2) as step
order by quote.id, step;

insert into public.ra_odds_history (runner_odds_id, fractional_odds, decimal_odds, timestamp)
select -1, '7/2', 4.5, moment.newest from moment;

-- A file without ids. It has names of its own for courses, the clock of 24 hours or of 12, and rows about nobody.
insert into public.ra_odds_historical (
  date_of_race, country, track, race_time, going, race_type, distance, race_class, runners_count, horse_name, age,
  jockey, trainer, industry_sp, sp_favorite_position, finishing_position, pre_race_min, pre_race_max, ip_min, ip_max,
  forecasted_odds, sp_win_return, data_source, created_at, updated_at, race_name
)
select result.race_date::timestamp at time zone 'UTC', coalesce(race.region, 'GB'),
  case when result.id % 97 = 0 then 'Nowhere'
    else regexp_replace(coalesce(race.course_name, 'Nowhere'), ' \(.*', '')
      || case when result.id % 5 = 0 then ' Park' else '' end
  end,
  case when result.id % 2 = 0 then race.off_dt::time else race.off_time end, race.going, race.type, race.distance_round,
  4, race.field_size,
  case when result.id % 89 = 0 then 'Never Ran' when result.id % 83 = 0 then null else result.horse_name end,
  result.age, result.jockey_name, result.trainer_name, result.sp_decimal, 1 + result.id % 9, result.position::text,
  round(result.sp_decimal * 0.9, 2), round(result.sp_decimal * 1.4, 2),
  case when result.position = 1 then 1.01 else round(result.sp_decimal * 0.5, 2) end,
  case when result.position = 1 then round(result.sp_decimal * 1.2, 2) else 1000 end, 0,
  case when result.position = 1 then result.sp_decimal - 1 else -1 end,
  'file', moment.newest at time zone 'UTC', moment.newest at time zone 'UTC', 'A race of a file'
from (select * from public.ra_race_results order by id limit 2000) as result
left join public.ra_races as race on race.id = result.race_id
cross join moment
order by result.id;

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
