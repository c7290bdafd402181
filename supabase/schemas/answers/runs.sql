-- Runs with all that is counted by and added up: what racing.kept_days keeps, and what is worked out where it does not.

create view racing.runs
with (security_invoker = true)
as
select
  known.id as race_id,
  start.horse_id,
  known.race_date,
  race.happened_at,
  start.position,
  start.trainer_id,
  start.jockey_id,
  start.owner_id,
  horse.sire_id,
  horse.dam_id,
  horse.damsire_id,
  -- Where there is no id, the name is the key.
  coalesce(start.trainer_id, start.trainer_name) as trainer,
  coalesce(start.jockey_id, start.jockey_name) as jockey,
  coalesce(start.owner_id, start.owner_name) as owner,
  coalesce(horse.sire_id, horse.sire_name) as sire,
  coalesce(horse.dam_id, horse.dam_name) as dam,
  coalesce(horse.damsire_id, horse.damsire_name) as damsire,
  known.course_id,
  race.distance_band,
  race.going_group,
  race.class_name,
  race.code,
  start.age,
  case when start.position = 1 then 1 / field.winners::double precision end as win,
  coalesce(
    start.position = 1
    or start.position <= 4 and start.position <= racing.places_paid(field.ran, race.is_handicap),
    false
  ) as is_placed,
  -- racing.prb() written out: a call takes 2.6 µs, and there may be a million runs. A test compares them.
  (field.ran - coalesce(start.position, (field.finishers + field.ran + 1) / 2.0)::double precision)
    / nullif(field.ran - 1, 0) as prb,
  price.sp,
  1 / price.sp / field.sp_total as chance,
  price.bsp
from public.ra_races as known
-- offset 0: else the planner works all of it out for each runner of a race, or for all races.
cross join lateral (
  select one.happened_at, one.is_handicap, one.distance_band, one.going_group, one.code, one.class_name
  from racing.races as one
  where one.race_id = known.id
  offset 0
) as race
cross join lateral (
  select one.ran, one.finishers, one.winners, one.sp_total
  from racing.fields as one
  where one.race_id = known.id
  offset 0
) as field
join racing.starts as start on start.race_id = known.id
left join public.ra_mst_horses as horse on horse.id = start.horse_id
cross join lateral (
  select
    case when start.sp_decimal > 1 then start.sp_decimal::double precision end as sp,
    case when start.bsp > 1 then start.bsp::double precision end as bsp
) as price
where known.has_result;
comment on view racing.runs is
  'Runs (racing.starts of races with a result), one row each, with what racing.strike_rates() counts by and adds up. Ask
   by race_date or by somebody''s id.';
comment on column racing.runs.race_id is 'ra_races.id; with horse_id the key of a row.';
comment on column racing.runs.horse_id is 'ra_mst_horses.id.';
comment on column racing.runs.race_date is 'UK racing day.';
comment on column racing.runs.happened_at is 'The off time, or the end of its UK day without one.';
comment on column racing.runs.position is 'Finishing position, equal for a dead heat; null for one that has none.';
comment on column racing.runs.trainer_id is 'ra_mst_trainers.id.';
comment on column racing.runs.jockey_id is 'ra_mst_jockeys.id.';
comment on column racing.runs.owner_id is 'ra_mst_owners.id.';
comment on column racing.runs.sire_id is 'ra_mst_sires.id.';
comment on column racing.runs.dam_id is 'ra_mst_dams.id.';
comment on column racing.runs.damsire_id is 'ra_mst_damsires.id.';
comment on column racing.runs.trainer is 'Id of the trainer, or the name of one without an id.';
comment on column racing.runs.jockey is 'Id of the jockey, or the name of one without an id.';
comment on column racing.runs.owner is 'Id of the owner, or the name of one without an id.';
comment on column racing.runs.sire is 'Id of the sire, or the name of one without an id.';
comment on column racing.runs.dam is 'Id of the dam, or the name of one without an id.';
comment on column racing.runs.damsire is 'Id of the damsire, or the name of one without an id.';
comment on column racing.runs.course_id is 'ra_mst_courses.id.';
comment on column racing.runs.distance_band is 'racing.distance_band() of the race.';
comment on column racing.runs.going_group is 'racing.goings.going_group of the race; null for an unknown going.';
comment on column racing.runs.class_name is 'racing.class_name() of the race.';
comment on column racing.runs.code is 'racing.code() of the race.';
comment on column racing.runs.age is 'In years.';
comment on column racing.runs.win is '1 for a win, 1/n in a dead heat of n; null for any other run.';
comment on column racing.runs.is_placed is 'Placed, the winner included: position <= racing.places_paid().';
comment on column racing.runs.prb is 'Percentage of rivals beaten, 0 to 1: racing.prb(). Null for a walkover.';
comment on column racing.runs.sp is 'Starting price, stake included; null unless it is above 1.';
comment on column racing.runs.chance is
  'Chance by the starting price without the overround: 1 / sp over racing.fields.sp_total. Null unless each runner of
   the race has a price above 1.';
comment on column racing.runs.bsp is 'Betfair starting price, stake included; null unless it is above 1.';

revoke all on racing.runs from public, anon, authenticated, service_role;
grant select on racing.runs to service_role;
