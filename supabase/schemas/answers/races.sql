-- Races with what the helpers make of them, their fields, and the runners that count as runs.

-- When a race without an off time happened: for what comes after it, at the end of its day, and for what comes before
-- it, at the beginning. So nothing of the same day is known to it, and it is known to nothing of that day.
create view racing.races
with (security_invoker = true)
as
select
  race.id as race_id,
  race.race_date,
  race.off_dt,
  coalesce(race.off_dt, race.race_date::timestamp at time zone 'Europe/London') as known_before,
  coalesce(race.off_dt, racing.end_of_day(race.race_date)) as happened_at,
  race.course_id,
  course.name as course_name,
  race.region_code,
  race.race_name,
  race.race_type,
  race.surface,
  racing.code(race.race_type, race.surface) as code,
  racing.is_handicap(race.race_name) as is_handicap,
  race.race_class,
  race.pattern,
  racing.class_rank(race.race_class, race.pattern) as class_rank,
  race.distance_yards,
  race.distance_furlongs,
  racing.distance_band(race.distance_yards, racing.code(race.race_type, race.surface)) as distance_band,
  race.going,
  known.surface as going_surface,
  known.rank as going_rank,
  known.going_group,
  race.age_band,
  race.sex_restriction,
  race.rating_band,
  race.has_card,
  race.has_result,
  race.is_abandoned,
  racing.class_name(racing.class_rank(race.race_class, race.pattern)) as class_name
from public.ra_races as race
left join public.ra_mst_courses as course on course.id = race.course_id
left join racing.goings as known on known.key = racing.going_key(race.going);
comment on view racing.races is
  'Races, one row each, with code, class, distance and going as values that can be compared.';
comment on column racing.races.race_id is 'ra_races.id.';
comment on column racing.races.race_date is 'UK racing day.';
comment on column racing.races.off_dt is 'Off time; null when none is sent.';
comment on column racing.races.known_before is
  'What happened before this moment is known to the race: its off time, or the beginning of its UK day without one.';
comment on column racing.races.happened_at is
  'When the race is known to later ones: its off time, or the end of its UK day without one.';
comment on column racing.races.course_id is 'ra_mst_courses.id.';
comment on column racing.races.course_name is 'ra_mst_courses.name.';
comment on column racing.races.region_code is 'Region of the course, lower case.';
comment on column racing.races.race_name is 'As sent.';
comment on column racing.races.race_type is 'As sent.';
comment on column racing.races.surface is 'As sent.';
comment on column racing.races.code is 'racing.code(race_type, surface).';
comment on column racing.races.is_handicap is 'racing.is_handicap(race_name).';
comment on column racing.races.race_class is 'As sent.';
comment on column racing.races.pattern is 'As sent.';
comment on column racing.races.class_rank is 'racing.class_rank(race_class, pattern): 1 is the highest.';
comment on column racing.races.distance_yards is 'In yards.';
comment on column racing.races.distance_furlongs is 'In furlongs of 220 yards.';
comment on column racing.races.distance_band is 'racing.distance_band(distance_yards, code).';
comment on column racing.races.going is 'As sent.';
comment on column racing.races.going_surface is
  'racing.goings.surface: turf or all-weather; null for an unknown going.';
comment on column racing.races.going_rank is
  'racing.goings.rank: the higher, the slower, within one going_surface; null for an unknown going.';
comment on column racing.races.going_group is 'racing.goings.going_group; null for an unknown going.';
comment on column racing.races.age_band is 'As sent.';
comment on column racing.races.sex_restriction is 'As sent.';
comment on column racing.races.rating_band is 'As sent.';
comment on column racing.races.has_card is 'A card of the race is stored.';
comment on column racing.races.has_result is 'A result of the race is stored.';
comment on column racing.races.is_abandoned is 'The card says that the race was abandoned.';
comment on column racing.races.class_name is 'racing.class_name(class_rank): "Group or Grade 1", "Class 4".';

create view racing.starts
with (security_invoker = true)
as
select
  runner.race_id,
  runner.horse_id,
  runner.jockey_id,
  runner.jockey_name,
  runner.trainer_id,
  runner.trainer_name,
  runner.owner_id,
  runner.owner_name,
  runner.draw,
  runner.age,
  runner.weight_lbs,
  runner.headgear,
  runner.position,
  runner.position_code,
  runner.sp_decimal,
  runner.bsp,
  runner.rpr
from public.ra_runners as runner
where
  runner.has_result
  and not runner.is_non_runner
  and (runner.position_code is null or runner.position_code not in ('VOI', 'VOID'));
comment on view racing.starts is
  'Runners that count as a run: named by the result, no non-runner, and the race was not void. A horse that did not
   finish, was left at the start, refused or was disqualified has run.';
comment on column racing.starts.race_id is 'ra_races.id.';
comment on column racing.starts.horse_id is 'ra_mst_horses.id.';
comment on column racing.starts.jockey_id is 'ra_mst_jockeys.id.';
comment on column racing.starts.jockey_name is 'A jockey without an id.';
comment on column racing.starts.trainer_id is 'ra_mst_trainers.id.';
comment on column racing.starts.trainer_name is 'A trainer without an id.';
comment on column racing.starts.owner_id is 'ra_mst_owners.id.';
comment on column racing.starts.owner_name is 'An owner without an id.';
comment on column racing.starts.draw is 'Stall.';
comment on column racing.starts.age is 'In years.';
comment on column racing.starts.weight_lbs is 'In pounds.';
comment on column racing.starts.headgear is 'Letters as sent.';
comment on column racing.starts.position is 'Finishing position, equal for a dead heat; null for one that has none.';
comment on column racing.starts.position_code is 'Why there is no position.';
comment on column racing.starts.sp_decimal is 'Starting price, stake included.';
comment on column racing.starts.bsp is 'Betfair starting price, stake included.';
comment on column racing.starts.rpr is 'Racing Post Rating earned.';

create view racing.fields
with (security_invoker = true)
as
select
  start.race_id,
  -- The last position, where a runner of the result could not be read.
  greatest(count(*), max(start.position))::integer as ran,
  count(start.position)::integer as finishers,
  (count(*) filter (where start.position = 1))::integer as winners,
  case
    when bool_and(coalesce(start.sp_decimal > 1, false)) then sum(1 / start.sp_decimal::double precision)
  end as sp_total
from racing.starts as start
group by start.race_id;
comment on view racing.fields is 'The field of each race that was run, a row each.';
comment on column racing.fields.race_id is 'ra_races.id.';
comment on column racing.fields.ran is
  'How many ran: racing.starts, or the last position if that is more, since a runner that cannot be read is not stored.
   1 is a walkover.';
comment on column racing.fields.finishers is 'How many of them have a finishing position.';
comment on column racing.fields.winners is 'How many of them won: more than 1 in a dead heat.';
comment on column racing.fields.sp_total is
  'Sum of 1 / sp_decimal over those that ran: 1 and the overround. Null when one of them has no price above 1.';

revoke all on racing.races, racing.starts, racing.fields from public, anon, authenticated, service_role;
grant select on racing.races, racing.starts, racing.fields to service_role;
