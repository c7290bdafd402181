-- From a request to rows: a run with its bounds frozen, cut into chunks.

-- A view, so that thousands of days are one join: a function call a day took most of the time of a plan. The verdict is
-- a column and not a condition, because the planner would expect hardly a row to meet it, and compare each day with
-- each.
create view engine.known_days
with (security_invoker = true)
as
select
  c.feed,
  c.day,
  c.races_in_api,
  c.races_stored,
  c.pulled_at,
  c.regions,
  -- A reject counts as lacking: whoever asks for what is missing may have taught the code to read it.
  c.races_stored >= c.races_in_api
    and c.regions @> (select s.regions from public.backfill_settings as s)
    and days.pulled_after >= case when days.is_result then 1 else 0 end
    -- By then the schedules have pulled it for the last time, if somebody was awake.
    and (
      days.pulled_after >= case when days.is_result then 6 else 1 end
      or days.age < case when days.is_result then 8 else 2 end
    ) as is_covered
from public.ra_coverage as c
cross join lateral (
  select
    c.feed = 'results' as is_result,
    (c.pulled_at at time zone 'Europe/London')::date - c.day as pulled_after,
    (select engine.london_day()) - c.day as age
) as days;
comment on view engine.known_days is
  'Coverage, and whether anything is lacking. is_covered: pulled wholly, in all regions of the settings, with no race
   missing, and not before it could be known: a card on the morning of its day or later, a result once its day was over.
   A day that is past its corrections must have been pulled after them too: a card after its day (an abandonment in the
   evening), a result five days after it (late ratings, stewards'' corrections).';

create function engine.lacks_coverage(feed text, day date)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select not exists (
    select from engine.known_days as known
    where known.feed = lacks_coverage.feed and known.day = lacks_coverage.day and known.is_covered
  )
$$;

comment on function engine.lacks_coverage(text, date) is
  'True when the feed''s day is not covered, as engine.known_days says it.';

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

create function engine.check_request(start_date date, end_date date, feeds text[], reprocess text)
returns table (last_day date, wanted_feeds text[])
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  known_feeds constant text[] := array['masters', 'racecards', 'results'];
  unknown_feed text;
begin
  last_day := coalesce(end_date, engine.london_day());
  wanted_feeds := coalesce(feeds, known_feeds);
  if start_date is null then
    raise exception 'The start date is missing'
      using errcode = '22023', hint = 'For example: select backfill_start(date ''2015-01-01'');';
  end if;
  if start_date < date '1988-01-01' then
    raise exception 'The start date % is before 1988-01-01, the first day of The Racing API', start_date using errcode = '22023';
  end if;
  if start_date > last_day then
    raise exception 'The start date % is after the end date %', start_date, last_day using errcode = '22023';
  end if;
  if last_day > engine.london_day() + 7 then
    raise exception 'The end date % is more than seven days ahead: the API has no cards that far', last_day
      using errcode = '22023';
  end if;
  if cardinality(wanted_feeds) = 0 then
    raise exception 'The list of feeds is empty'
      using errcode = '22023', hint = 'Leave it out for all: masters, racecards and results.';
  end if;
  select f into unknown_feed from unnest(wanted_feeds) as f where f is null or f <> all (known_feeds) limit 1;
  if found then
    raise exception 'Unknown feed "%"', coalesce(unknown_feed, '')
      using errcode = '22023', hint = 'The feeds are masters, racecards and results.';
  end if;
  if reprocess is null or reprocess not in ('missing', 'failed', 'all') then
    raise exception 'Unknown value "%" for reprocess', coalesce(reprocess, 'null')
      using errcode = '22023', hint = 'Use missing (what coverage lacks), failed (what died earlier) or all.';
  end if;
  return next;
end
$$;

comment on function engine.check_request(date, date, text[], text) is
  'What a request for work leaves open, filled in: the last day (default: today in London) and the feeds (default: all three).
   Nonsense is an error with a sentence.';

create function engine.start_run(
  start_date date,
  end_date date,
  feeds text[],
  newest_first boolean,
  reprocess text,
  priority smallint,
  requested_by text default session_user
)
returns bigint
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  last_day date;
  wanted_feeds text[];
  rival record;
  new_run_id bigint;
begin
  select request.last_day, request.wanted_feeds into last_day, wanted_feeds
  from engine.check_request(start_date, end_date, feeds, reprocess) as request;

  -- Two starts at the same time must not both find the range free. Those of another priority never wait for each other: whoever
  -- pulls a day by hand, in a transaction that stays open, holds up no scheduled pull.
  perform engine.take_lock(
    case when priority >= 100 then 'start scheduled pull' when priority > 0 then 'start pull by hand' else 'start backfill' end
  );
  select chunk.run_id, chunk.feed, run.paused_at into rival
  from public.backfill_progress as chunk
  join public.backfill_runs as run on run.id = chunk.run_id
  where chunk.state in ('waiting', 'working')
    and chunk.feed = any (wanted_feeds)
    and chunk.feed <> 'masters'
    and chunk.priority = priority
    -- The days that a waiting scheduled pull has behind it are free for the next one.
    and case when priority = 100 and chunk.state = 'waiting' then coalesce(chunk.cursor_day, chunk.period_start) else chunk.period_start end
      <= last_day
    and chunk.period_end > start_date
  limit 1;
  if found then
    if rival.paused_at is not null then
      raise exception 'Run % is paused and has yet to pull % in this range', rival.run_id, rival.feed
        using errcode = '55000',
          hint = format('Let it go on: select backfill_resume(%1$s); or end it: select backfill_cancel(%1$s);', rival.run_id);
    end if;
    raise exception 'Run % is still working on % in this range', rival.run_id, rival.feed
      using errcode = '55000',
        hint = format('Watch it in backfill_status, or end it with: select backfill_cancel(%s);', rival.run_id);
  end if;

  insert into public.backfill_runs (start_date, end_date, feeds, newest_first, reprocess, priority, requested_by)
  values (start_date, last_day, wanted_feeds, coalesce(newest_first, true), reprocess, priority, requested_by)
  returning id into new_run_id;

  insert into public.backfill_progress (
    run_id, feed, period_start, period_end, priority, place_in_run, cursor_day, pages_planned, pages_expected
  )
  select
    new_run_id,
    f.feed,
    chunk.period_start,
    chunk.period_end,
    priority,
    row_number() over (
      partition by f.feed
      order by case when coalesce(newest_first, true) then - (chunk.period_start - date '1988-01-01')
                    else chunk.period_start - date '1988-01-01' end
    ),
    case when f.feed = 'racecards' then chunk.period_start end,
    chunk.pages_expected,
    chunk.pages_expected
  from (select distinct unnest(wanted_feeds) as feed) as f,
    lateral engine.plan_chunks(start_date, last_day, f.feed, reprocess) as chunk;

  perform engine.dispatch_due();
  return new_run_id;
end
$$;

comment on function engine.start_run(date, date, text[], boolean, text, smallint, text) is
  'Creates a run with its chunks and dispatches the first calls. Whoever starts a run (operator, schedule) comes through here.';

create function public.backfill_start(
  start_date date,
  end_date date default null,
  feeds text[] default null,
  newest_first boolean default true,
  reprocess text default 'missing'
)
returns bigint
language sql
security invoker
set search_path = ''
as $$
  select engine.start_run(
    backfill_start.start_date, backfill_start.end_date, backfill_start.feeds, backfill_start.newest_first,
    backfill_start.reprocess, 0::smallint
  )
$$;

comment on function public.backfill_start(date, date, text[], boolean, text) is
  'Starts a backfill and returns its run id. Dates are inclusive; the end defaults to today in London and is frozen; feeds
   defaults to masters, racecards and results; reprocess is missing (what coverage lacks), failed (what died in an earlier
   run and is still lacking) or all. Nonsense, or a range that a live run already covers, is an error and starts nothing.';

create function public.pull_days(first_day date, last_day date default null, feeds text[] default null)
returns bigint
language sql
security invoker
set search_path = ''
as $$
  select engine.start_run(
    pull_days.first_day, coalesce(pull_days.last_day, pull_days.first_day),
    coalesce(pull_days.feeds, array['racecards', 'results']), true, 'all', 50::smallint
  )
$$;

comment on function public.pull_days(date, date, text[]) is
  'Pulls days again by hand, whatever is known of them, and before any backfill goes on. Dates are inclusive; the last day
   defaults to the first, feeds to racecards and results. Returns the run id. Errors as of backfill_start.';

revoke all on engine.known_days from public, anon, authenticated;
grant select on engine.known_days to service_role;
revoke execute on function
  engine.lacks_coverage(text, date),
  engine.has_yet_to_read(public.backfill_progress, date, timestamptz),
  engine.races_per_day(text),
  engine.plan_chunks(date, date, text, text),
  engine.check_request(date, date, text[], text),
  public.pull_days(date, date, text[]),
  engine.start_run(date, date, text[], boolean, text, smallint, text),
  public.backfill_start(date, date, text[], boolean, text)
  from public, anon, authenticated;
grant execute on function
  engine.races_per_day(text),
  engine.plan_chunks(date, date, text, text),
  engine.check_request(date, date, text[], text),
  public.pull_days(date, date, text[]),
  engine.start_run(date, date, text[], boolean, text, smallint, text),
  public.backfill_start(date, date, text[], boolean, text)
  to service_role;
