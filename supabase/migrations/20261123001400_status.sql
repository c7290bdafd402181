-- What an operator looks at.

create view public.backfill_status
with (security_invoker = true)
as
with chunks as (
  select
    chunk.run_id,
    count(*) as total,
    count(*) filter (where chunk.state = 'succeeded') as succeeded,
    count(*) filter (where chunk.state = 'waiting') as waiting,
    count(*) filter (where chunk.state = 'working') as working,
    count(*) filter (where chunk.state = 'dead') as dead,
    count(*) filter (where chunk.state = 'cancelled') as cancelled,
    sum(chunk.pages_expected) as pages_expected,
    sum(case when chunk.state = 'succeeded' then chunk.pages_expected else least(chunk.pages_done, chunk.pages_expected) end) as pages_done,
    sum(chunk.api_calls) as api_calls,
    sum(chunk.races_stored) as races_stored,
    sum(chunk.runners_stored) as runners_stored,
    sum(chunk.rows_rejected) as rows_rejected,
    min(chunk.started_at) as started_at,
    max(chunk.ended_at) as ended_at
  from public.backfill_progress as chunk
  group by chunk.run_id
),
remaining as (
  -- Cards and results run side by side, each at its endpoint's own rate: the slower lane decides.
  select lanes.run_id, max(lanes.seconds) as seconds
  from (
    select
      chunk.run_id,
      sum(greatest(chunk.pages_expected - chunk.pages_done, 0))
        / min(l.calls_per_second * (1 - l.headroom)) as seconds
    from public.backfill_progress as chunk
    join public.racing_api_limits as l
      on l.endpoint = case chunk.feed when 'racecards' then '/racecards/pro' when 'results' then '/results' else '/courses' end
    where chunk.state in ('waiting', 'working')
    group by chunk.run_id, chunk.feed
  ) as lanes
  group by lanes.run_id
)
select
  run.id as run_id,
  case
    when run.cancelled_at is not null then 'cancelled'
    when coalesce(chunks.waiting + chunks.working, 0) = 0
      then case when coalesce(chunks.dead, 0) > 0 then 'completed_with_failures' else 'succeeded' end
    when run.paused_at is not null then 'paused'
    when chunks.started_at is null then 'waiting'
    else 'running'
  end as state,
  run.start_date,
  run.end_date,
  run.feeds,
  coalesce(chunks.total, 0) as chunks_total,
  coalesce(chunks.succeeded, 0) as chunks_succeeded,
  coalesce(chunks.working, 0) as chunks_working,
  coalesce(chunks.waiting, 0) as chunks_waiting,
  coalesce(chunks.dead, 0) as chunks_dead,
  coalesce(chunks.cancelled, 0) as chunks_cancelled,
  round(coalesce(100.0 * chunks.pages_done / nullif(chunks.pages_expected, 0), 100), 1) as percent,
  coalesce(chunks.api_calls, 0) as api_calls,
  coalesce(chunks.races_stored, 0) as races_stored,
  coalesce(chunks.runners_stored, 0) as runners_stored,
  coalesce(chunks.rows_rejected, 0) as rows_rejected,
  round(
    60 * chunks.api_calls
      / nullif(extract(epoch from coalesce(case when chunks.waiting + chunks.working = 0 then chunks.ended_at end, engine.clock())
        - chunks.started_at), 0),
    1
  ) as calls_per_minute,
  case
    when run.cancelled_at is null and chunks.waiting + chunks.working > 0 then remaining.seconds * interval '1 second'
  end as time_left,
  run.pause_reason,
  last_error.message as last_error,
  last_error.occurred_at as last_error_at,
  run.created_at,
  chunks.started_at,
  case when coalesce(chunks.waiting + chunks.working, 0) = 0 then coalesce(chunks.ended_at, run.created_at) end as ended_at
from public.backfill_runs as run
left join chunks on chunks.run_id = run.id
left join remaining on remaining.run_id = run.id
left join lateral (
  select error.message, error.occurred_at
  from public.ingest_errors as error
  where error.run_id = run.id
  order by error.occurred_at desc, error.id desc
  limit 1
) as last_error on true;

comment on view public.backfill_status is 'A row per run: how far it is, how fast it goes, and what to do when it is paused.';
comment on column public.backfill_status.state is
  'waiting, running, paused (see pause_reason), succeeded, completed_with_failures (some chunks are dead: backfill_retry(run_id)),
   cancelled.';
comment on column public.backfill_status.percent is 'Of the pages of all chunks.';
comment on column public.backfill_status.races_stored is 'Races upserted; a race that came as card and as result counts twice.';
comment on column public.backfill_status.calls_per_minute is 'API calls per minute since the first chunk was started.';
comment on column public.backfill_status.time_left is 'From the calls that remain and the rate limits; null when nothing remains.';

create view public.coverage_gaps
with (security_invoker = true)
as
with asked_for as (
  select distinct chunk.feed, days.day::date as day
  from public.backfill_progress as chunk,
    generate_series(chunk.period_start::timestamp, chunk.period_end::timestamp - interval '1 day', interval '1 day') as days (day)
  where chunk.feed <> 'masters' and chunk.state <> 'cancelled'
)
select
  asked_for.feed,
  asked_for.day,
  case
    when known.day is null then 'never pulled wholly'
    when known.races_stored < known.races_in_api then format('%s of %s races stored', known.races_stored, known.races_in_api)
    else 'pulled before the day was over'
  end as missing
from asked_for
left join public.ra_coverage as known on known.feed = asked_for.feed and known.day = asked_for.day
where
  engine.lacks_coverage(asked_for.feed, asked_for.day)
  -- The day in progress is provisional by nature, and a card before its morning.
  and (known.day is null or known.races_stored < known.races_in_api or asked_for.day < engine.london_day());

comment on view public.coverage_gaps is 'A row per feed and day of which something that a run was asked for is missing.';

revoke all on public.backfill_status, public.coverage_gaps from anon, authenticated;
grant select on public.backfill_status, public.coverage_gaps to service_role;

comment on column public.backfill_status.run_id is 'The id that backfill_start returned.';
comment on column public.backfill_status.start_date is 'First day asked for.';
comment on column public.backfill_status.end_date is 'Last day asked for, inclusive; frozen when the run was started.';
comment on column public.backfill_status.feeds is 'masters, racecards, results.';
comment on column public.backfill_status.chunks_total is 'A feed''s month each; 0 when nothing was missing.';
comment on column public.backfill_status.chunks_working is 'Leased now.';
comment on column public.backfill_status.chunks_waiting is 'Including those whose next attempt is due later.';
comment on column public.backfill_status.chunks_dead is 'Given up: see last_error and ingest_errors, then backfill_retry(run_id).';
comment on column public.backfill_status.api_calls is 'Requests sent, failed ones among them.';
comment on column public.backfill_status.runners_stored is 'Runners upserted, counted as races_stored is.';
comment on column public.backfill_status.rows_rejected is 'Rows and values that could not be understood, each time they came: see ingest_rejects.';
comment on column public.backfill_status.pause_reason is 'Why the run is paused and what to do about it; null when it is not.';
comment on column public.backfill_status.last_error is 'Message of the newest row of ingest_errors of this run.';
comment on column public.backfill_status.last_error_at is 'When that was.';
comment on column public.backfill_status.started_at is 'When the first chunk was claimed; null before.';
comment on column public.backfill_status.ended_at is 'When the last chunk ended; null while one waits or is worked on.';
comment on column public.coverage_gaps.feed is 'racecards or results.';
comment on column public.coverage_gaps.day is 'UK racing day.';
comment on column public.coverage_gaps.missing is
  'never pulled wholly; pulled before the day was over; or how many races of how many are stored.';
