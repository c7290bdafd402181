-- From a range of days to chunks.

create function engine.has_yet_to_read(chunk public.backfill_progress, day date, due timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    has_yet_to_read.day < chunk.period_end
    and case
      when chunk.reading_since is null or chunk.reading_since >= due
        then has_yet_to_read.day >= coalesce(chunk.cursor_day, chunk.period_start)
      -- What it has begun to read is older than what is due: the day at its cursor; of results, which are read as one,
      -- all days.
      else coalesce(has_yet_to_read.day > chunk.cursor_day, false)
    end
$$;
comment on function engine.has_yet_to_read(public.backfill_progress, date, timestamptz) is
  'Whether a chunk that goes on from its cursor will have read the day at the time due or later.';

create function engine.races_per_day(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  -- UK and Ireland have about 13,000 races a year.
  select case when count(*) >= 300 then avg(known.races_in_api) else 36 end
  from public.ra_coverage as known
  where known.feed = races_per_day.feed
$$;
comment on function engine.races_per_day(text) is
  'What a day has on average: of the days whose coverage is known when those are 300 or more, otherwise 36.';

create function engine.plan_chunks(start_date date, end_date date, feed text, reprocess text)
returns table (period_start date, period_end date, pages_expected integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with bounds as materialized (
    select
      -- The API has no card before 2023-01-23 and none more than seven days ahead; no result of a day to come.
      case when plan_chunks.feed = 'racecards' then greatest(start_date, date '2023-01-23') else start_date end as first_day,
      case
        when plan_chunks.feed = 'racecards' then least(end_date, engine.london_day() + 7)
        when plan_chunks.feed = 'results' then least(end_date, engine.london_day())
        else end_date
      end as last_day
  ),
  months as (
    select
      greatest(bounds.first_day, month::date) as month_start,
      least(bounds.last_day, (month + interval '1 month')::date - 1) as month_last
    from bounds,
      generate_series(date_trunc('month', bounds.first_day::timestamp), bounds.last_day::timestamp, interval '1 month') as month
    where plan_chunks.feed <> 'masters'
  ),
  wanted as (
    select min(d.day) as first_wanted, max(d.day) as last_wanted
    from months,
      lateral (
        select day::date as day
        from generate_series(months.month_start::timestamp, months.month_last::timestamp, interval '1 day') as day
      ) as d
    where
      plan_chunks.reprocess = 'all'
      or (
        not exists (
          select from engine.known_days as known
          where known.feed = plan_chunks.feed and known.day = d.day and known.is_covered
        )
        and (
          plan_chunks.reprocess = 'missing'
          or exists (
            select from public.backfill_progress as dead
            where dead.feed = plan_chunks.feed and dead.state = 'dead'
              and d.day >= dead.period_start and d.day < dead.period_end
          )
        )
      )
    group by months.month_start
  )
  select
    first_wanted,
    last_wanted + 1,
    case
      when plan_chunks.feed = 'racecards' then last_wanted + 1 - first_wanted
      -- Replaced by the API's own total with the first page.
      else ceil(
        -- Asked for once: each time it reads the whole coverage.
        (last_wanted + 1 - first_wanted) * (select engine.races_per_day('results'))
          / (select s.results_page_limit from public.backfill_settings as s)
      )::integer
    end
  from wanted
  union all
  select start_date, end_date + 1, 2
  where plan_chunks.feed = 'masters'
  order by 1
$$;
comment on function engine.plan_chunks(date, date, text, text) is
  'The chunks of one feed for an inclusive range: a month each, narrowed to the days that reprocess asks for.';

revoke all on function
  engine.has_yet_to_read, engine.races_per_day, engine.plan_chunks
  from public, anon, authenticated, service_role;
grant execute on function engine.races_per_day, engine.plan_chunks to service_role;
