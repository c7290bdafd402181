-- One wide row per runner. What is looked up for a runner goes through the keys and the index on its horse, so what a
-- question costs depends on how many runners it asks for, not on how many are stored.

create view racing.runner_form
with (security_invoker = true)
as
select
  runner.race_id,
  runner.horse_id,
  race.race_date,
  race.off_dt,
  race.course_id,
  race.course_name,
  race.region_code,
  race.race_name,
  race.race_type,
  race.surface,
  race.code,
  race.is_handicap,
  race.race_class,
  race.pattern,
  race.class_rank,
  race.distance_yards,
  race.distance_furlongs,
  race.distance_band,
  race.going,
  race.going_group,
  race.going_rank,
  race.age_band,
  race.sex_restriction,
  race.rating_band,
  race.is_abandoned,
  horse.name as horse_name,
  horse.sire_id,
  coalesce(sire.name, horse.sire_name) as sire_name,
  horse.dam_id,
  coalesce(dam.name, horse.dam_name) as dam_name,
  horse.damsire_id,
  coalesce(damsire.name, horse.damsire_name) as damsire_name,
  runner.jockey_id,
  coalesce(jockey.name, runner.jockey_name) as jockey_name,
  runner.jockey_claim_lbs,
  runner.trainer_id,
  coalesce(trainer.name, runner.trainer_name) as trainer_name,
  runner.owner_id,
  coalesce(owner.name, runner.owner_name) as owner_name,
  runner.number,
  runner.draw,
  runner.age,
  runner.sex_code,
  runner.weight_lbs,
  runner.official_rating,
  runner.headgear,
  runner.is_non_runner,
  runner.is_reserve,
  start.has_run,
  case when start.has_run then field.ran end as ran,
  case when start.has_run then racing.places_paid(field.ran, race.is_handicap) end as places_paid,
  case when start.has_run then runner.position end as position,
  runner.position_code,
  case when start.has_run then runner.position is not distinct from 1 end as is_winner,
  case
    when start.has_run
    then coalesce(runner.position <= racing.places_paid(field.ran, race.is_handicap), false)
  end as is_placed,
  case when start.has_run then round(racing.prb(field.ran, field.finishers, runner.position)::numeric, 4) end as prb,
  runner.beaten_lengths,
  runner.beaten_lengths_overall,
  runner.time_seconds,
  runner.sp,
  runner.sp_decimal,
  runner.sp_favourite,
  runner.bsp,
  case
    when start.has_run and field.sp_total is not null
    then round((1 / runner.sp_decimal::double precision / field.sp_total)::numeric, 4)
  end as sp_probability,
  case
    when start.has_run
    then round(racing.sp_profit(runner.position, field.winners, runner.sp_decimal)::numeric, 4)
  end as sp_profit,
  runner.rpr,
  runner.topspeed,
  runner.prize_amount,
  runner.prize_currency,
  runner.result_comment,
  previous.race_id as previous_race_id,
  race.race_date - previous.race_date as days_since_run,
  previous.position as previous_position,
  previous.position_code as previous_position_code,
  previous.code as previous_code,
  race.code <> previous.code as is_code_changed,
  race.class_rank - previous.class_rank as class_change,
  race.distance_yards - previous.distance_yards as distance_change_yards,
  case when race.going_surface = previous.going_surface then race.going_rank - previous.going_rank end as going_change,
  runner.weight_lbs - previous.weight_lbs as weight_change_lbs,
  previous.headgear as previous_headgear,
  case
    when previous.race_id is not null then runner.headgear is distinct from previous.headgear
  end as is_headgear_changed,
  case
    when runner.headgear is null then false
    when runner.has_card then runner.headgear_run is not distinct from '1'
    -- What is left of its letters without those of the runs before.
    else translate(
      runner.headgear,
      coalesce((
        select string_agg(earlier.headgear, '')
        from racing.starts as earlier
        join racing.races as earlier_race on earlier_race.race_id = earlier.race_id
        where earlier.horse_id = runner.horse_id and earlier_race.happened_at < race.known_before
      ), ''),
      ''
    ) <> ''
  end as is_first_time_headgear,
  runner.wind_surgery_run,
  case
    when runner.has_card then runner.wind_surgery_run is not distinct from '1'
  end as is_first_run_since_wind_surgery,
  case
    when num_nulls(runner.jockey_id, previous.jockey_id) = 0 then runner.jockey_id <> previous.jockey_id
    else coalesce(jockey.name, runner.jockey_name) <> coalesce(
      previous.jockey_name,
      (select known.name from public.ra_mst_jockeys as known where known.id = previous.jockey_id)
    )
  end as is_jockey_changed,
  case
    when num_nulls(runner.trainer_id, previous.trainer_id) = 0 then runner.trainer_id <> previous.trainer_id
    else coalesce(trainer.name, runner.trainer_name) <> coalesce(
      previous.trainer_name,
      (select known.name from public.ra_mst_trainers as known where known.id = previous.trainer_id)
    )
  end as is_trainer_changed,
  case
    when num_nulls(runner.owner_id, previous.owner_id) = 0 then runner.owner_id <> previous.owner_id
    else coalesce(owner.name, runner.owner_name) <> coalesce(
      previous.owner_name,
      (select known.name from public.ra_mst_owners as known where known.id = previous.owner_id)
    )
  end as is_owner_changed
from public.ra_runners as runner
join racing.races as race on race.race_id = runner.race_id
join public.ra_mst_horses as horse on horse.id = runner.horse_id
cross join lateral (
  select
    runner.has_result
    and not runner.is_non_runner
    and (runner.position_code is null or runner.position_code not in ('VOI', 'VOID')) as has_run
) as start
left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id
left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id
left join public.ra_mst_owners as owner on owner.id = runner.owner_id
left join public.ra_mst_sires as sire on sire.id = horse.sire_id
left join public.ra_mst_dams as dam on dam.id = horse.dam_id
left join public.ra_mst_damsires as damsire on damsire.id = horse.damsire_id
left join lateral (
  -- offset 0: else the planner joins the fields of all races.
  select one.ran, one.finishers, one.winners, one.sp_total
  from racing.fields as one
  where one.race_id = runner.race_id
  offset 0
) as field on true
left join lateral (
  -- The last run is found first, and only then is looked up what it was.
  select
    last.race_id,
    last_race.race_date,
    last.position,
    last.position_code,
    last_race.code,
    last_race.class_rank,
    last_race.distance_yards,
    last_race.going_surface,
    last_race.going_rank,
    last.weight_lbs,
    last.headgear,
    last.jockey_id,
    last.jockey_name,
    last.trainer_id,
    last.trainer_name,
    last.owner_id,
    last.owner_name
  from (
    select
      earlier.race_id, earlier.position, earlier.position_code, earlier.weight_lbs, earlier.headgear, earlier.jockey_id,
      earlier.jockey_name, earlier.trainer_id, earlier.trainer_name, earlier.owner_id, earlier.owner_name
    from racing.starts as earlier
    join public.ra_races as earlier_race on earlier_race.id = earlier.race_id
    where
      earlier.horse_id = runner.horse_id
      and coalesce(earlier_race.off_dt, racing.end_of_day(earlier_race.race_date)) < race.known_before
    order by
      coalesce(earlier_race.off_dt, racing.end_of_day(earlier_race.race_date)) desc, earlier.race_id collate "C" desc
    limit 1
  ) as last
  join racing.races as last_race on last_race.race_id = last.race_id
) as previous on true;
