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
  'Starts a backfill and returns its run id. Dates are inclusive; the end defaults to today in London, or to the start
   when that is later, and is frozen; feeds, such as array[''results''], defaults to those of engine.feeds.by_default;
   reprocess is missing (what coverage lacks), failed (what died in an earlier run and is still lacking) or all. When
   there is nothing to pull, what_to_do in backfill_status says why. Nonsense (error 22023), or a range that a live run
   already covers (PT409), starts nothing.';

create function public.pull_days(
  first_day date default engine.london_day(),
  last_day date default null,
  feeds text[] default null
)
returns bigint
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  wanted_feeds constant text[] := coalesce(feeds, engine.feed_names(with_days => true, by_default => true));
begin
  if first_day is null then
    raise exception 'The first day is missing'
      using errcode = '22023',
        hint = 'For today: select pull_days(); for another day: select pull_days(date ''2026-10-03'');';
  end if;
  -- First, so that what the hint says to call instead can work.
  perform engine.check_request(
    start_date => first_day, end_date => coalesce(last_day, first_day), feeds => wanted_feeds, reprocess => 'all'
  );
  if last_day > first_day + 30 then
    raise exception 'From % to % is more than the 31 days that pull_days pulls', first_day, last_day
      using errcode = '22023',
        hint = format(
          'For more, at a backfill''s place in the queue: select backfill_start(date %L, date %L, %L, '
          'reprocess => ''all'');',
          first_day, last_day, wanted_feeds
        );
  end if;
  return engine.create_run(
    kind => 'by_hand', start_date => first_day, end_date => coalesce(last_day, first_day), feeds => wanted_feeds
  );
end
$$;
comment on function public.pull_days(date, date, text[]) is
  'Pulls days again by hand, even if they are stored, and before any backfill: select pull_days() pulls today. Dates are
   inclusive, 31 days at most; the last day defaults to the first, feeds, such as array[''results''], to those of
   engine.feeds.by_default that have days. Returns the run id. When there is nothing to pull, what_to_do in
   backfill_status says why. Errors as of backfill_start.';

create function public.pull_masters()
returns bigint
language sql
security invoker
set search_path = ''
as $$
  select engine.create_run(
    kind => 'by_hand', start_date => engine.london_day(), end_date => engine.london_day(),
    feeds => array(select feed.name from engine.feeds as feed where feed.counted_by = 'lists' and feed.by_default)
  )
$$;
comment on function public.pull_masters() is
  'Pulls the masters (courses, regions) again by hand, before any backfill. Returns the run id.';

revoke all on function public.backfill_start, public.pull_days, public.pull_masters
  from public, anon, authenticated, service_role;
grant execute on function public.backfill_start, public.pull_days, public.pull_masters to service_role;
