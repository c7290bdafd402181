-- From a request to rows: a run with its bounds frozen, cut into chunks.

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

revoke all on function
  engine.start_run, public.backfill_start, public.pull_days
  from public, anon, authenticated, service_role;
grant execute on function engine.start_run, public.backfill_start, public.pull_days to service_role;
