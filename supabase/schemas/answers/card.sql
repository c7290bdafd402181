-- The card of a day: each declared runner with its record before the off of its race.

-- In plpgsql, which plans with the values of its arguments.
create function racing.card(day date default (clock_timestamp() at time zone 'Europe/London')::date)
returns setof racing.card_line
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
set jit = 'off'
as $$
declare
  trainers constant text[] := array(
    select distinct runner.trainer_id
    from public.ra_races as race
    join public.ra_runners as runner on runner.race_id = race.id
    where race.race_date = card.day
  );
  jockeys constant text[] := array(
    select distinct runner.jockey_id
    from public.ra_races as race
    join public.ra_runners as runner on runner.race_id = race.id
    where race.race_date = card.day
  );
begin
  return query
  with race as materialized (
    select
      one.race_id, one.race_date, one.off_dt, one.known_before, one.course_id, one.course_name, one.race_name, one.code,
      one.distance_band, one.going_group, one.is_abandoned
    from racing.races as one
    where one.race_date = card.day
  ),
  entry as materialized (
    select
      runner.race_id, runner.horse_id, runner.trainer_id, runner.jockey_id, runner.number, runner.draw, runner.age,
      runner.weight_lbs, runner.official_rating, runner.headgear, runner.trainer_name, runner.jockey_name,
      runner.owner_id, runner.owner_name, runner.is_non_runner, runner.is_reserve, race.course_id, race.known_before
    from race
    join public.ra_runners as runner on runner.race_id = race.race_id
  ),
  -- The 30 days before, and what was run earlier on the day.
  recent as materialized (
    select start.trainer_id, start.jockey_id, start.position, known.race_date, known.happened_at
    from racing.races as known
    -- offset 0: race by race through the key. The planner would read all runners instead, which takes 20 times as long.
    cross join lateral (
      select one.trainer_id, one.jockey_id, one.position
      from racing.starts as one
      where one.race_id = known.race_id
      offset 0
    ) as start
    where known.race_date between card.day - 30 and card.day
  ),
  trainer as (
    select
      entry.race_id,
      entry.trainer_id,
      count(*) filter (where recent.race_date >= card.day - 14)::integer as fortnight_runs,
      count(*) filter (where recent.race_date >= card.day - 14 and recent.position = 1)::integer as fortnight_wins,
      count(*)::integer as runs,
      count(*) filter (where recent.position = 1)::integer as wins
    from (select distinct one.race_id, one.trainer_id, one.known_before from entry as one) as entry
    join recent on recent.trainer_id = entry.trainer_id and recent.happened_at < entry.known_before
    group by entry.race_id, entry.trainer_id
  ),
  jockey as (
    select
      entry.race_id,
      entry.jockey_id,
      count(*) filter (where recent.race_date >= card.day - 14)::integer as fortnight_runs,
      count(*) filter (where recent.race_date >= card.day - 14 and recent.position = 1)::integer as fortnight_wins,
      count(*)::integer as runs,
      count(*) filter (where recent.position = 1)::integer as wins
    from (select distinct one.race_id, one.jockey_id, one.known_before from entry as one) as entry
    join recent on recent.jockey_id = entry.jockey_id and recent.happened_at < entry.known_before
    group by entry.race_id, entry.jockey_id
  ),
  -- What the day's people ran at its courses: fewer rows are read than all runs of these people.
  here as materialized (
    select known.course_id, known.happened_at, start.trainer_id, start.jockey_id, start.position
    from (select distinct one.course_id from race as one) as course
    join racing.races as known on known.course_id = course.course_id
    cross join lateral (
      select one.trainer_id, one.jockey_id, one.position
      from racing.starts as one
      where one.race_id = known.race_id and (one.trainer_id = any (trainers) or one.jockey_id = any (jockeys))
      offset 0
    ) as start
    where known.race_date <= card.day
  ),
  trainer_here as (
    select entry.race_id, entry.trainer_id, count(*)::integer as runs,
      count(*) filter (where here.position = 1)::integer as wins
    from (select distinct one.race_id, one.trainer_id, one.course_id, one.known_before from entry as one) as entry
    join here
      on here.course_id = entry.course_id
      and here.trainer_id = entry.trainer_id
      and here.happened_at < entry.known_before
    group by entry.race_id, entry.trainer_id
  ),
  jockey_here as (
    select entry.race_id, entry.jockey_id, count(*)::integer as runs,
      count(*) filter (where here.position = 1)::integer as wins
    from (select distinct one.race_id, one.jockey_id, one.course_id, one.known_before from entry as one) as entry
    join here
      on here.course_id = entry.course_id
      and here.jockey_id = entry.jockey_id
      and here.happened_at < entry.known_before
    group by entry.race_id, entry.jockey_id
  )
  select
    race.race_id, entry.horse_id, race.race_date, race.off_dt, race.course_name, race.race_name, race.code,
    race.distance_band, race.going_group, entry.number, entry.draw, horse.name, entry.age, entry.weight_lbs,
    entry.official_rating, entry.headgear, coalesce(trainer_master.name, entry.trainer_name),
    coalesce(jockey_master.name, entry.jockey_name), coalesce(owner_master.name, entry.owner_name),
    entry.is_non_runner, entry.is_reserve, race.is_abandoned,
    record.last_six, record.days_since_run, record.runs, record.wins, record.places,
    record.course_runs, record.course_wins, record.course_places,
    record.distance_runs, record.distance_wins, record.distance_places,
    record.going_runs, record.going_wins, record.going_places,
    record.code_runs, record.code_wins, record.code_places,
    case when entry.trainer_id is not null then coalesce(trainer.fortnight_runs, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer.fortnight_wins, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer.runs, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer.wins, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.fortnight_runs, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.fortnight_wins, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.runs, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.wins, 0) end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.runs end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.wins end,
    case when entry.trainer_id is not null then coalesce(trainer_here.runs, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer_here.wins, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey_here.runs, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey_here.wins, 0) end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.course_runs end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.course_wins end
  from entry
  join race on race.race_id = entry.race_id
  join public.ra_mst_horses as horse on horse.id = entry.horse_id
  left join public.ra_mst_trainers as trainer_master on trainer_master.id = entry.trainer_id
  left join public.ra_mst_jockeys as jockey_master on jockey_master.id = entry.jockey_id
  left join public.ra_mst_owners as owner_master on owner_master.id = entry.owner_id
  left join trainer on trainer.race_id = entry.race_id and trainer.trainer_id = entry.trainer_id
  left join jockey on jockey.race_id = entry.race_id and jockey.jockey_id = entry.jockey_id
  left join trainer_here on trainer_here.race_id = entry.race_id and trainer_here.trainer_id = entry.trainer_id
  left join jockey_here on jockey_here.race_id = entry.race_id and jockey_here.jockey_id = entry.jockey_id
  cross join lateral racing.record_before(
    entry.horse_id, race.known_before, race.race_date, race.course_id, race.distance_band, race.going_group, race.code
  ) as record
  cross join lateral racing.together_before(
    entry.trainer_id, entry.jockey_id, race.known_before, race.course_id
  ) as together
  order by race.known_before, race.race_id, entry.is_reserve, entry.number, entry.horse_id;
end
$$;
comment on function racing.card(date) is
  'The card of a UK day, today in London unless given: each runner of its races with its record before the off, by off
   time. On a day that is over the runners are the declared ones and those that only the result names; going, jockey,
   weight, draw, and who did not run are as last sent, after the race by the result. Nothing else in a row comes from
   the race itself. Empty for a day without races, and for null.';

revoke all on function racing.card from public, anon, authenticated, service_role;
grant execute on function racing.card to service_role;
