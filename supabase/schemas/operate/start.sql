-- How an operator starts a run.

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
  select engine.create_run(
    kind => 'backfill',
    start_date => backfill_start.start_date,
    end_date => backfill_start.end_date,
    feeds => backfill_start.feeds,
    newest_first => backfill_start.newest_first,
    reprocess => backfill_start.reprocess
  )
$$;
comment on function public.backfill_start(date, date, text[], boolean, text) is
  'Starts a backfill and returns its run id. Dates are inclusive; the end defaults to today in London and is frozen;
   feeds defaults to those of engine.feeds.by_default; reprocess is missing (what coverage lacks), failed (what died in
   an earlier run and is still lacking) or all. Nonsense, or a range that a live run already covers, is an error and
   starts nothing.';

create function public.pull_days(first_day date, last_day date default null, feeds text[] default null)
returns bigint
language sql
security invoker
set search_path = ''
as $$
  select engine.create_run(
    kind => 'by_hand',
    start_date => pull_days.first_day,
    end_date => coalesce(pull_days.last_day, pull_days.first_day),
    feeds => coalesce(pull_days.feeds, engine.feed_names(with_days => true, by_default => true))
  )
$$;
comment on function public.pull_days(date, date, text[]) is
  'Pulls days again by hand, even if they are stored, and before any backfill. Dates are inclusive; the last day
   defaults to the first, feeds to those of engine.feeds.by_default that have days. Returns the run id. Errors as of
   backfill_start.';

revoke all on function public.backfill_start, public.pull_days from public, anon, authenticated, service_role;
grant execute on function public.backfill_start, public.pull_days to service_role;
