-- The scheduled pull of a feed that asks for ids.

create function engine.plan_ids_pull(feed text)
returns table (period_start date, period_end date, pages_expected integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with asked as materialized (
    select to_ask.first_day, date_trunc('month', to_ask.first_day::timestamp) as month
    from engine.feeds as known
    cross join lateral engine.ids_to_ask(
      feed => known.name, period_start => known.first_day, period_end => engine.london_day() + 1,
      reprocess => 'missing'
    ) as to_ask
    where known.name = plan_ids_pull.feed
  ),
  held as materialized (
    select date_trunc('month', live.period_start::timestamp) as month, max(live.period_end) as period_end
    from engine.live_chunks as live
    where live.feed = plan_ids_pull.feed and live.paused_at is null
    group by 1
  )
  select
    coalesce(held.period_end, asked.month::date),
    least((asked.month + interval '1 month')::date, engine.london_day() + 1),
    count(*)::integer
  from asked
  left join held on held.month = asked.month
  where held.period_end is null or asked.first_day >= held.period_end
  group by asked.month, held.period_end
  order by 1
$$;
comment on function engine.plan_ids_pull(text) is
  'The chunks of a scheduled pull of a feed that asks for ids, the columns of engine.plan_chunks: each month that has
   some to ask for and no live chunk, or its days since that chunk. A chunk of a paused run holds none.';

create function engine.start_ids_pull(schedule public.pull_schedules)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  wanted_feed constant text := schedule.feeds[1];
  paused_run bigint;
  planned jsonb;
begin
  if not engine.try_lock('start schedule') then
    perform engine.refuse_lock('start schedule');
  end if;
  -- So the next pull notices when the account works again. The others go on: the feed may be held back for days.
  for paused_run in
    select distinct live.run_id
    from engine.live_pulls as live
    where live.feed = wanted_feed and live.paused_at is not null
  loop
    perform public.backfill_cancel(paused_run);
  end loop;
  -- Once, for it reads all runs of forty years.
  planned := (select jsonb_agg(chunk) from engine.plan_ids_pull(wanted_feed) as chunk);
  if planned is null then
    return 'nothing_to_ask';
  end if;
  perform engine.create_run(
    kind => 'schedule', start_date => (planned -> 0 ->> 'period_start')::date, end_date => engine.london_day(),
    feeds => array[wanted_feed], reprocess => 'missing', requested_by => 'schedule ' || schedule.name,
    planned => planned
  );
  return 'started';
end
$$;
comment on function engine.start_ids_pull(public.pull_schedules) is
  'Starts the run of a schedule for all ids that its feed has to ask for and that no live chunk asks for, and cancels
   its paused ones. Returns started; nothing_to_ask when there are none.';
