-- From a request to rows: a run with its bounds frozen, cut into chunks.

create function engine.refuse_rival(kind text, feeds text[], start_date date, end_date date, days date[])
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  rival engine.live_chunks;
begin
  select live.* into rival
  from engine.live_chunks as live
  join engine.feeds as feed on feed.name = live.feed and feed.counted_by <> 'lists'
  where
    live.kind = refuse_rival.kind
    and live.feed = any (refuse_rival.feeds)
    -- The days that a waiting scheduled pull has finished are free for the next one.
    and case when live.kind = 'schedule' then live.held_from else live.period_start end <= refuse_rival.end_date
    and live.period_end > refuse_rival.start_date
    and (
      refuse_rival.days is null
      or exists (
        select from unnest(refuse_rival.days) as wanted (day)
        where wanted.day >= live.period_start and wanted.day < live.period_end
      )
    )
  limit 1;
  if not found then
    return;
  end if;
  if rival.paused_at is not null then
    raise exception 'Run % is paused and has yet to pull % in this range', rival.run_id, rival.feed
      using errcode = 'PT409',
        hint = format(
          'Let it go on: select backfill_resume(%1$s); or end it: select backfill_cancel(%1$s);', rival.run_id
        );
  end if;
  raise exception 'Run % is still working on % in this range', rival.run_id, rival.feed
    using errcode = 'PT409',
      hint = format('Watch it in backfill_status, or end it with: select backfill_cancel(%s);', rival.run_id);
end
$$;
comment on function engine.refuse_rival(text, text[], date, date, date[]) is
  'Error PT409 when a live run of the same kind has yet to pull some of the days of an inclusive range, of which days,
   unless it is null, says which ones are meant.';

create function engine.create_run(
  kind text,
  start_date date,
  end_date date,
  feeds text[],
  newest_first boolean default true,
  reprocess text default 'all',
  requested_by text default session_user,
  days date[] default null,
  planned jsonb default null
)
returns bigint
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  request record;
  new_run_id bigint;
begin
  select r.last_day, r.wanted_feeds into request
  from engine.check_request(
    start_date => start_date, end_date => end_date, feeds => feeds, reprocess => reprocess
  ) as r;
  -- A scheduled pull is not refused: its dispatches go out as soon as all is mended.
  if kind in ('backfill', 'by_hand') then
    perform engine.refuse_broken_setup(request.wanted_feeds);
  end if;

  -- Two starts at the same time must not both find the range free. Starts of different kinds never wait for each other:
  -- a pull by hand in a transaction that stays open delays no scheduled pull.
  perform engine.take_lock('start ' || kind);
  -- Chunks that were planned before leave out what is live.
  if planned is null then
    perform engine.refuse_rival(
      kind => kind, feeds => request.wanted_feeds, start_date => start_date, end_date => request.last_day, days => days
    );
  end if;

  insert into public.backfill_runs (kind, start_date, end_date, feeds, newest_first, reprocess, requested_by)
  values (
    kind, start_date, request.last_day, request.wanted_feeds, coalesce(newest_first, true), reprocess, requested_by
  )
  returning id into new_run_id;

  insert into public.backfill_progress (
    run_id, kind, feed, period_start, period_end, place_in_run, cursor_day, pages_planned, pages_expected
  )
  select
    new_run_id,
    kind,
    feed.name,
    chunk.period_start,
    chunk.period_end,
    row_number() over (
      partition by feed.name
      order by (chunk.period_start - date 'epoch') * case when coalesce(newest_first, true) then -1 else 1 end
    ),
    case when feed.counted_by = 'days' then chunk.period_start end,
    chunk.pages_expected,
    chunk.pages_expected
  from engine.feeds as feed
  cross join lateral (
    select month.*
    from engine.plan_chunks(
      start_date => start_date, end_date => request.last_day, feed => feed.name, reprocess => reprocess
    ) as month
    where days is null and planned is null
    union all
    select stretch.*
    from engine.plan_stretches(feed.name, days) as stretch
    where days is not null
    union all
    select before.period_start, before.period_end, before.pages_expected
    from jsonb_to_recordset(planned) as before (period_start date, period_end date, pages_expected integer)
  ) as chunk
  where feed.name = any (request.wanted_feeds);

  -- Kept, because coverage changes: later the reason would be another one.
  update public.backfill_runs as run
  set left_out = left_out.reasons
  from (
    select string_agg(
      engine.why_no_chunks(
        start_date => start_date, end_date => request.last_day, feed => feed.name, reprocess => reprocess
      ),
      ' ' order by feed.place
    ) as reasons
    from engine.feeds as feed
    where
      feed.name = any (request.wanted_feeds)
      and not exists (
        select from public.backfill_progress as chunk where chunk.run_id = new_run_id and chunk.feed = feed.name
      )
  ) as left_out
  where run.id = new_run_id and left_out.reasons is not null;

  perform engine.dispatch_due();
  return new_run_id;
end
$$;
comment on function engine.create_run(text, date, date, text[], boolean, text, text, date[], jsonb) is
  'Creates a run with its chunks and sends the first dispatches; returns its id. Every start of a run (operator,
   schedule, closing of gaps) uses it. kind as in backfill_runs; days: only these of the range, cut into stretches
   (null: all that reprocess asks for, cut into months). planned: the chunks of the one feed, {period_start, period_end,
   pages_expected} each, from a caller that has left out what is live. Errors: those of engine.check_request; PT409 as
   of engine.refuse_rival, but not for chunks that were planned; PT424 as of engine.refuse_broken_setup when an operator
   starts it.';

grant execute on function engine.refuse_rival, engine.create_run to service_role;
