-- The file of prices that an old database had read, ra_odds_historical. Its rows have no ids: each is found by day,
-- course, off time and name among the runners that we have. An item of the copy is a day of it.

create function engine.letters_of(name text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select regexp_replace(
    lower(regexp_replace(letters_of.name, '\([^()]*\)|-AW$', '', 'g')), '[^a-z0-9]+', '', 'g'
  )
$$;
comment on function engine.letters_of(text) is
  'Letters and digits of a name in lower case, without what stands in brackets, and without the mark of an all-weather
   course: "Some Horse (IRE)" is somehorse, "Kempton-AW" is kempton.';

create function engine.price_file()
returns regclass
language sql
stable
security invoker
set search_path = ''
as $$
  select known.relation::regclass
  from engine.legacy_tables as known
  where
    known.kind = 'odds_historical'
    and engine.old_columns(known.kind) @> array[
      'racing_bet_data_id', 'date_of_race', 'track', 'race_time', 'horse_name', 'industry_sp', 'sp_favorite_position',
      'forecasted_odds', 'pre_race_min', 'pre_race_max', 'ip_min', 'ip_max', 'sp_win_return', 'ew_return',
      'place_return', 'data_source'
    ]
$$;
comment on function engine.price_file() is
  'The old table of the file of prices; null where it is not there or lacks a column that is read.';

-- A day at midnight, of the UK or of UTC, and an off time have the same day in London.
create function engine.price_day()
returns text
language sql
immutable
security invoker
set search_path = ''
as $$ select '(old.date_of_race at time zone ''Europe/London'')::date' $$;
comment on function engine.price_day() is 'The racing day of a row of the file of prices: SQL over old.';

create function engine.match_prices(days date[], left_alone boolean default false)
returns table (legacy_id bigint, race_id text, horse_id text, finding text)
language plpgsql
stable
security invoker
set search_path = ''
set work_mem = '32MB'
as $$
begin
  return query execute format(
    $sql$
      with wanted as materialized (
        select
          old.racing_bet_data_id as legacy_id,
          %2$s as day,
          (extract(epoch from old.race_time) / 60)::integer as off_minute,
          nullif(engine.letters_of(old.track), '') as course,
          nullif(engine.letters_of(old.horse_name), '') as horse
        from %1$s as old
        where
          %2$s = any ($1)
          and not ($2 and exists (
            select from public.ra_runner_prices as ours where ours.legacy_id = old.racing_bet_data_id
          ))
      ),
      races as materialized (
        select
          race.id,
          race.race_date as day,
          (extract(epoch from (race.off_dt at time zone 'Europe/London')::time) / 60)::integer as off_minute,
          engine.letters_of(course.name) as course
        from public.ra_races as race
        join public.ra_mst_courses as course on course.id = race.course_id
        where race.race_date = any ($1)
      ),
      places as materialized (
        select wanted.legacy_id, wanted.horse, races.id as race_id
        from wanted
        join races on races.day = wanted.day
        where
          num_nonnulls(wanted.off_minute, wanted.course) > 0
          -- On a clock of 24 hours, or of 12. An off is put off by minutes; the next race of a course is later.
          and (
            wanted.off_minute is null or races.off_minute is null
            or (wanted.off_minute - races.off_minute + 2170) %% 720 <= 20
          )
          -- Kempton and Kempton Park.
          and (
            wanted.course is null or races.course is null
            or starts_with(wanted.course, races.course) or starts_with(races.course, wanted.course)
          )
      ),
      fits as (
        select places.legacy_id, places.race_id, runner.horse_id
        from places
        join public.ra_runners as runner on runner.race_id = places.race_id
        join public.ra_mst_horses as horse on horse.id = runner.horse_id
        where engine.letters_of(horse.name) = places.horse
      ),
      counted as (
        select
          fits.legacy_id, min(fits.race_id) as race_id, min(fits.horse_id) as horse_id, count(*) as runners
        from fits
        group by fits.legacy_id
      )
      select
        wanted.legacy_id,
        case when counted.runners = 1 then counted.race_id end,
        case when counted.runners = 1 then counted.horse_id end,
        case
          when counted.runners > 1 then 'more than one runner fits'
          when counted.runners = 1 then null
          when wanted.horse is null or num_nonnulls(wanted.off_minute, wanted.course) = 0
            then 'no name of the horse, or neither course nor off time'
          when exists (select from places where places.legacy_id = wanted.legacy_id)
            then 'no horse of that name in the race'
          else 'no race of ours there and then'
        end
      from wanted
      left join counted on counted.legacy_id = wanted.legacy_id
    $sql$,
    engine.price_file(), engine.price_day()
  )
  using match_prices.days, match_prices.left_alone;
end
$$;
comment on function engine.match_prices(date[], boolean) is
  'The rows of the file of prices of these days (with left_alone: those that were not copied), and the runner of ours
   that each is about: the only one of that day whose race is at the course (one name begins with the other), off within
   ten minutes (on a clock of 12 hours), and whose name has the same letters. What the row leaves out of course and off
   time is not compared. Otherwise race_id and horse_id are null, and finding says why. Only where the file is there.';

create function engine.fill_prices(days date[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if
    cardinality(fill_prices.days) = 0 or engine.price_file() is null
    or not (select settings.capture_odds from public.backfill_settings as settings)
  then
    return;
  end if;
  execute format(
    $sql$
      insert into public.ra_runner_prices as known (
        race_id, horse_id, sp_decimal, sp_rank, forecast_decimal, pre_race_min, pre_race_max, in_running_min,
        in_running_max, win_return, each_way_return, place_return, source, legacy_id
      )
      select distinct on (matched.race_id, matched.horse_id)
        matched.race_id, matched.horse_id, nullif(old.industry_sp, 0), nullif(old.sp_favorite_position, 0),
        nullif(old.forecasted_odds, 0), nullif(old.pre_race_min, 0), nullif(old.pre_race_max, 0),
        nullif(old.ip_min, 0), nullif(old.ip_max, 0), old.sp_win_return, old.ew_return, old.place_return,
        nullif(old.data_source, ''), old.racing_bet_data_id
      from engine.match_prices($1) as matched
      join %s as old on old.racing_bet_data_id = matched.legacy_id
      where matched.horse_id is not null
      order by matched.race_id, matched.horse_id, old.racing_bet_data_id desc
      on conflict (race_id, horse_id) do nothing
    $sql$,
    engine.price_file()
  )
  using fill_prices.days;
end
$$;
comment on function engine.fill_prices(date[]) is
  'Copies the prices of these days whose runner is there, while capture_odds is on: of several rows of a runner the last
   one. A second time changes nothing.';

create function engine.find_price_days(first_day date, last_day date)
returns bigint
language plpgsql
security invoker
set search_path = ''
as $$
declare
  found_now bigint;
begin
  if engine.price_file() is null then
    return 0;
  end if;
  -- Behind the races of its month, by the alphabet: with a race come its runners.
  execute format(
    $sql$
      insert into engine.legacy_items (item, day)
      select 'runner_prices ' || dated.day, greatest(least(dated.day, $2), $1)
      from (select distinct %2$s as day from %1$s as old where old.date_of_race is not null) as dated
      on conflict (item) do nothing
    $sql$,
    engine.price_file(), engine.price_day()
  )
  using find_price_days.first_day, find_price_days.last_day;
  get diagnostics found_now = row_count;
  -- Races that came since may have the runners that a day lacked.
  update engine.legacy_items as known
  set copied_at = null
  where
    known.item like 'runner\_prices %'
    and exists (
      select from public.ra_races as race
      where race.race_date = substr(known.item, 15)::date and race.updated_at > known.copied_at
    );
  return found_now;
end
$$;
comment on function engine.find_price_days(date, date) is
  'Notes the days of the file of prices as items, within these bounds, and returns how many are new. A day of which
   races of ours were written since it was copied is to be copied once more.';

create function engine.prices_only_there(file engine.legacy_tables)
returns table (reason text, rows bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if engine.price_file() is null then
    return query execute format(
      'select %L, count(*) from %s as old', 'it lacks columns that are read', prices_only_there.file.relation::regclass
    );
    return;
  end if;
  if not (select settings.capture_odds from public.backfill_settings as settings) then
    return query execute format(
      $sql$
        select 'odds are not kept: capture_odds is off', count(*)
        from %s as old
        where not exists (
          select from public.ra_runner_prices as ours where ours.legacy_id = old.racing_bet_data_id
        )
      $sql$,
      engine.price_file()
    );
    return;
  end if;
  return query execute format(
    $sql$
      with days as materialized (
        select substr(known.item, 15)::date as day
        from engine.legacy_items as known
        where known.item like 'runner\_prices %%' and known.copied_at is not null
      )
      select coalesce(matched.finding, 'not copied yet'), count(*)
      from engine.match_prices(array(select days.day from days), left_alone => true) as matched
      where
        matched.finding is not null
        -- Of several rows of a runner one is kept.
        or not exists (
          select from public.ra_runner_prices as ours
          where ours.race_id = matched.race_id and ours.horse_id = matched.horse_id
        )
      group by 1
      union all
      select case when %2$s is null then 'without a day' else 'not copied yet' end, count(*)
      from %1$s as old
      where not exists (select from days where days.day = %2$s)
      group by 1
    $sql$,
    prices_only_there.file.relation::regclass, engine.price_day()
  );
end
$$;
comment on function engine.prices_only_there(engine.legacy_tables) is
  'Rows of the file of prices that ours do not have, a row per reason.';

grant execute on function
  engine.letters_of, engine.price_file, engine.price_day, engine.match_prices, engine.fill_prices,
  engine.find_price_days, engine.prices_only_there
  to service_role;
