-- Records as of a moment: only what happened before it counts, never what happened at it. Each is asked for hundreds of
-- times in a statement, so its plan is made once.

create function racing.record_before(
  horse_id text,
  known_before timestamptz,
  race_date date,
  course_id text,
  distance_band text,
  going_group text,
  code text,
  out last_six text,
  out days_since_run integer,
  out runs integer,
  out wins integer,
  out places integer,
  out course_runs integer,
  out course_wins integer,
  out course_places integer,
  out distance_runs integer,
  out distance_wins integer,
  out distance_places integer,
  out going_runs integer,
  out going_wins integer,
  out going_places integer,
  out code_runs integer,
  out code_wins integer,
  out code_places integer
)
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
begin
  select
    right(string_agg(run.figure, '' order by run.happened_at, run.race_id collate "C"), 6),
    record_before.race_date - max(run.race_date),
    count(*),
    count(*) filter (where run.is_winner),
    count(*) filter (where run.is_placed),
    count(*) filter (where run.course_id = record_before.course_id),
    count(*) filter (where run.course_id = record_before.course_id and run.is_winner),
    count(*) filter (where run.course_id = record_before.course_id and run.is_placed),
    count(*) filter (where run.distance_band = record_before.distance_band),
    count(*) filter (where run.distance_band = record_before.distance_band and run.is_winner),
    count(*) filter (where run.distance_band = record_before.distance_band and run.is_placed),
    count(*) filter (where run.going_group = record_before.going_group),
    count(*) filter (where run.going_group = record_before.going_group and run.is_winner),
    count(*) filter (where run.going_group = record_before.going_group and run.is_placed),
    count(*) filter (where run.code = record_before.code),
    count(*) filter (where run.code = record_before.code and run.is_winner),
    count(*) filter (where run.code = record_before.code and run.is_placed)
  into
    last_six, days_since_run, runs, wins, places, course_runs, course_wins, course_places, distance_runs, distance_wins,
    distance_places, going_runs, going_wins, going_places, code_runs, code_wins, code_places
  from (
    select
      race.race_id,
      race.race_date,
      race.happened_at,
      race.course_id,
      race.distance_band,
      race.going_group,
      race.code,
      racing.form_figure(start.position, start.position_code) as figure,
      start.position is not distinct from 1 as is_winner,
      -- The field is only looked up where it decides.
      case
        when start.position = 1 then true
        when start.position <= 4 then start.position <= racing.places_paid(
          (select field.ran from racing.fields as field where field.race_id = start.race_id), race.is_handicap
        )
        else false
      end as is_placed
    from racing.starts as start
    join racing.races as race on race.race_id = start.race_id
    where start.horse_id = record_before.horse_id and race.happened_at < record_before.known_before
    offset 0
  ) as run;
end
$$;
comment on function racing.record_before(text, timestamptz, date, text, text, text, text) is
  'The record of a horse before a moment, for racing.card(): all runs, and those at a course, over a distance band, on a
   going group and under a code. Nothing counts as equal to null.';

create function racing.together_before(
  trainer_id text,
  jockey_id text,
  known_before timestamptz,
  course_id text,
  out runs integer,
  out wins integer,
  out course_runs integer,
  out course_wins integer
)
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
begin
  select
    count(*),
    count(*) filter (where start.position = 1),
    count(*) filter (where race.course_id = together_before.course_id),
    count(*) filter (where race.course_id = together_before.course_id and start.position = 1)
  into runs, wins, course_runs, course_wins
  from racing.starts as start
  join public.ra_races as race on race.id = start.race_id
  where
    start.trainer_id = together_before.trainer_id
    and start.jockey_id = together_before.jockey_id
    and coalesce(race.off_dt, racing.end_of_day(race.race_date)) < together_before.known_before;
end
$$;
comment on function racing.together_before(text, text, timestamptz, text) is
  'Runs and wins before a moment that a jockey rode for a trainer, in all and at a course, for racing.card().';

revoke all on function racing.record_before, racing.together_before from public, anon, authenticated, service_role;
grant execute on function racing.record_before, racing.together_before to service_role;
