-- From days to chunks.

create function engine.races_per_day(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  -- The UK and Ireland have about 13,000 races a year.
  select case when count(*) >= 300 then avg(known.races_in_api) else 36 end
  from engine.feeds as own
  join engine.feeds as counting on
    'races' = any (counting.counted_rows) and (counting.name = own.name or not 'races' = any (own.counted_rows))
  join public.ra_coverage as known on known.feed = counting.name
  where own.name = races_per_day.feed
$$;
comment on function engine.races_per_day(text) is
  'Races of an average day: from the covered days when there are 300 or more of them, otherwise 36. A feed that counts
   no races is taken to have as many as the others.';

create function engine.pages_of_days(feed engine.feeds, days integer, races_a_day numeric)
returns integer
language sql
immutable
security invoker
set search_path = ''
as $$
  select case feed.counted_by
    when 'lists' then cardinality(feed.endpoints)
    when 'days' then days
    -- Each id is a call; engine.plan_chunks counts them.
    when 'ids' then 0
    -- Replaced by the API's own total with the first page.
    else ceil(
      days * races_a_day * case when 'races' = any (feed.counted_rows) then 1 else feed.runners_a_race end
      / feed.page_limit
    )
  end::integer
$$;
comment on function engine.pages_of_days(engine.feeds, integer, numeric) is
  'How many pages this many days of a feed are expected to have. races_a_day: as engine.races_per_day returns it; may
   be null for feeds that are not counted by pages. 0 for ids, whose number no days tell.';

create function engine.plan_chunks(start_date date, end_date date, feed text, reprocess text)
returns table (period_start date, period_end date, pages_expected integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with bounds as materialized (
    select
      known as feed,
      known.counted_by = 'lists' as is_one_chunk,
      known.counted_by = 'ids' as asks_for_ids,
      -- Read once, and only where an estimate is needed: it reads the whole coverage.
      case when known.counted_by = 'pages' then engine.races_per_day(known.name) end as races_a_day,
      -- Nulls, where a feed has no bound, are left out of both.
      greatest(plan_chunks.start_date, known.first_day) as first_day,
      least(plan_chunks.end_date, engine.london_day() + known.days_ahead) as last_day
    from engine.feeds as known
    where known.name = plan_chunks.feed
  ),
  months as (
    select
      greatest(bounds.first_day, month::date) as month_start,
      least(bounds.last_day, (month + interval '1 month')::date - 1) as month_last,
      bounds.asks_for_ids
    from bounds,
      generate_series(
        date_trunc('month', bounds.first_day::timestamp), bounds.last_day::timestamp, interval '1 month'
      ) as month
    where not bounds.is_one_chunk
  ),
  ids as (
    select date_trunc('month', asked.first_day::timestamp) as month, count(*)::integer as ids
    from bounds
    cross join lateral engine.ids_to_ask(
      feed => plan_chunks.feed, period_start => bounds.first_day, period_end => bounds.last_day + 1,
      reprocess => plan_chunks.reprocess
    ) as asked
    where bounds.asks_for_ids
    group by 1
  ),
  wanted as (
    select min(d.day) as first_day, max(d.day) as last_day, null::integer as ids
    from months,
      lateral (
        select day::date as day
        from generate_series(months.month_start::timestamp, months.month_last::timestamp, interval '1 day') as day
      ) as d
    where
      not months.asks_for_ids
      and (
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
      )
    group by months.month_start
    union all
    -- A month is done when no id of it is left.
    select months.month_start, months.month_last, ids.ids
    from months
    join ids on ids.month = date_trunc('month', months.month_start::timestamp)
    where
      plan_chunks.reprocess <> 'failed'
      or exists (
        select from public.backfill_progress as dead
        where dead.feed = plan_chunks.feed and dead.state = 'dead'
          and months.month_start < dead.period_end and months.month_last >= dead.period_start
      )
    union all
    select bounds.first_day, bounds.last_day, null from bounds where bounds.is_one_chunk
  )
  select
    wanted.first_day,
    wanted.last_day + 1,
    coalesce(
      wanted.ids, engine.pages_of_days(bounds.feed, wanted.last_day + 1 - wanted.first_day, bounds.races_a_day)
    )
  from wanted
  cross join bounds
  order by 1
$$;
comment on function engine.plan_chunks(date, date, text, text) is
  'The chunks of one feed for an inclusive range: a month each, narrowed to the days that reprocess asks for; of ids,
   the months that have some to ask for; of lists, one for the whole range.';

create function engine.why_no_chunks(start_date date, end_date date, feed text, reprocess text)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select case
    when why_no_chunks.end_date < known.first_day then bounds.none_before
    when why_no_chunks.start_date > bounds.last_day
      then format('There are no %s after %s yet.', known.name, bounds.last_day)
    else concat_ws(
      ' ',
      case when why_no_chunks.start_date < known.first_day then bounds.none_before end,
      case
        when known.name = 'legacy' then format('Copied already: what the old database has %s.', bounds.days)
        when known.counted_by = 'ids' then format(
          'No %s %s are left to ask for. They become known with the races that are stored.', known.name, bounds.days
        )
        when why_no_chunks.reprocess = 'failed' then format(
          'No %s %s failed and are still missing. For all that is missing, use reprocess => ''missing''.', known.name,
          bounds.days
        )
        else format(
          'Complete already: the %s %s. To pull them again, use reprocess => ''all''.', known.name, bounds.days
        )
      end
    )
  end
  from engine.feeds as known
  cross join lateral (
    select
      greatest(why_no_chunks.start_date, known.first_day) as first_day,
      engine.london_day() + known.days_ahead as last_day
  ) as limits
  cross join lateral (
    select
      limits.last_day,
      format('There are no %s before %s.', known.name, known.first_day) as none_before,
      case
        when limits.first_day = least(why_no_chunks.end_date, limits.last_day) then format('of %s', limits.first_day)
        else format('from %s to %s', limits.first_day, least(why_no_chunks.end_date, limits.last_day))
      end as days
  ) as bounds
  where known.name = why_no_chunks.feed
$$;
comment on function engine.why_no_chunks(date, date, text, text) is
  'In a sentence or two, why engine.plan_chunks has no chunk for this request: the API has no such days, or all of them
   are stored.';

grant execute on function engine.races_per_day, engine.pages_of_days, engine.plan_chunks, engine.why_no_chunks
  to service_role;
