-- All that is known about each run.

create view public.backfill_status_details
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
    sum(chunk.api_calls) as api_calls,
    sum(chunk.invocations) as invocations,
    sum(chunk.races_stored) as races_stored,
    sum(chunk.runners_stored) as runners_stored,
    sum(chunk.rows_rejected) as rows_rejected,
    min(chunk.started_at) as started_at,
    max(chunk.claimed_at) as claimed_at,
    max(chunk.ended_at) as ended_at
  from public.backfill_progress as chunk
  group by chunk.run_id
),
-- A race may come as a card and as a result, so the feeds are not added up.
months as (
  select
    by_feed.run_id,
    by_feed.month,
    max(by_feed.races) as races,
    max(by_feed.runners) as runners
  from (
    select
      chunk.run_id,
      chunk.feed,
      date_trunc('month', chunk.period_start::timestamp) as month,
      sum(chunk.races_stored) as races,
      sum(chunk.runners_stored) as runners
    from public.backfill_progress as chunk
    group by 1, 2, 3
  ) as by_feed
  group by by_feed.run_id, by_feed.month
),
counts as (
  select months.run_id, sum(months.races) as races, sum(months.runners) as runners
  from months
  group by months.run_id
),
last_minute as (
  select counted.run_id, sum(counted.calls) as calls
  from engine.racing_api_calls as counted
  where
    -- Subqueries, so that the clock is read once and the index is used: 50,000 rows took 1.5 s.
    counted.counted_from >= (
      select date_bin('10 seconds', engine.clock(), timestamptz 'epoch') - interval '60 seconds'
    )
    and counted.counted_from < (select date_bin('10 seconds', engine.clock(), timestamptz 'epoch'))
  group by counted.run_id
)
select
  run.id as run_id,
  states.state,
  run.start_date,
  run.end_date,
  run.feeds,
  coalesce(chunks.total, 0) as chunks_total,
  coalesce(chunks.succeeded, 0) as chunks_succeeded,
  coalesce(chunks.working, 0) as chunks_working,
  coalesce(chunks.waiting, 0) as chunks_waiting,
  coalesce(chunks.dead, 0) as chunks_dead,
  coalesce(chunks.cancelled, 0) as chunks_cancelled,
  case
    -- Pages alone could round up to 100 with one left.
    when states.state in ('waiting', 'running', 'paused')
      then least(round(coalesce(engine.percent_done(run.id), 0), 1), 99.9)
    -- Where all chunks succeeded, as in nearly every run, all pages came.
    when chunks.succeeded < chunks.total then round(coalesce(engine.percent_done(run.id), 100), 1)
    else 100.0
  end as percent,
  coalesce(chunks.api_calls, 0) as api_calls,
  coalesce(chunks.invocations, 0) as invocations,
  coalesce(counts.races, 0) as races,
  coalesce(counts.runners, 0) as runners,
  coalesce(chunks.races_stored, 0) as races_stored,
  coalesce(chunks.runners_stored, 0) as runners_stored,
  coalesce(chunks.rows_rejected, 0) as rows_rejected,
  case
    when states.state = 'running' then round(
      60 * coalesce(last_minute.calls, 0)
        / greatest(least(60, extract(epoch from engine.clock() - chunks.started_at)), 1)
    )
  end as calls_per_minute,
  case
    when states.state in ('waiting', 'running', 'paused')
      then round(coalesce(remaining.seconds, 0)) * interval '1 second'
  end as time_left,
  case states.state
    when 'paused' then run.pause_reason
    when 'completed_with_failures' then format(
      'Given up: %s. Read last_error and ingest_errors; once that is fixed: select backfill_retry(%s);',
      case when chunks.dead = 1 then 'a chunk' else chunks.dead || ' chunks' end, run.id
    )
    when 'cancelled' then 'Nothing: what was stored stays. backfill_start begins with what is missing.'
    when 'succeeded' then concat_ws(
      ' ', case when chunks.total is null then 'Nothing was pulled.' else 'Nothing.' end, run.left_out
    )
    else coalesce(
      case when chunks.working = 0 then engine.what_holds_up(run, chunks.claimed_at) end,
      'Wait: it goes on by itself.'
    )
  end as what_to_do,
  last_error.message as last_error,
  last_error.occurred_at as last_error_at,
  run.created_at,
  chunks.started_at,
  case
    when coalesce(chunks.waiting + chunks.working, 0) = 0 then coalesce(chunks.ended_at, run.created_at)
  end as ended_at
from public.backfill_runs as run
left join chunks on chunks.run_id = run.id
left join counts on counts.run_id = run.id
cross join lateral (
  select
    case
      when run.cancelled_at is not null then 'cancelled'
      when coalesce(chunks.waiting + chunks.working, 0) = 0
        then case when coalesce(chunks.dead, 0) > 0 then 'completed_with_failures' else 'succeeded' end
      when run.paused_at is not null then 'paused'
      when chunks.started_at is null then 'waiting'
      else 'running'
    end as state
) as states
left join engine.seconds_left() as remaining on remaining.run_id = run.id
left join last_minute on last_minute.run_id = run.id
left join lateral (
  select error.message, error.occurred_at
  from public.ingest_errors as error
  -- A request that succeeded when it was sent again needs no attention.
  where error.run_id = run.id and error.failure_class <> 'retried'
  order by error.occurred_at desc, error.id desc
  limit 1
) as last_error on true;
comment on view public.backfill_status_details is
  'A row per run with all that is known about it. backfill_status has what is read most.';
comment on column public.backfill_status_details.state is
  'waiting, running, paused, succeeded, completed_with_failures (some chunks are dead), cancelled.';
comment on column public.backfill_status_details.percent is
  'Of the pages of all chunks, as far as they are known; below 100 while one is left.';
comment on column public.backfill_status_details.invocations is 'Times that a function took one of its chunks.';
comment on column public.backfill_status_details.races is
  'Races that came, each counted once although it comes as a card and as a result: of each month the number of the feed
   that brought more. A page that is read again counts again.';
comment on column public.backfill_status_details.runners is 'Runners that came, counted as races is.';
comment on column public.backfill_status_details.races_stored is
  'Races upserted; a race that came as card and as result counts twice.';
comment on column public.backfill_status_details.calls_per_minute is
  'API calls of the last minute; null unless running.';
comment on column public.backfill_status_details.time_left is
  'From the calls that remain, also of the runs before it, and the rate limits, or the recent pace when that is lower;
   so until the first calls are made it is the least. Of a paused run, once it goes on. In whole seconds; null when
   nothing remains.';
comment on column public.backfill_status_details.what_to_do is
  'A sentence for the operator, with the statement to run where there is one.';
comment on column public.backfill_status_details.run_id is 'The id that backfill_start returned.';
comment on column public.backfill_status_details.start_date is 'First day asked for.';
comment on column public.backfill_status_details.end_date is
  'Last day asked for, inclusive; frozen when the run was started.';
comment on column public.backfill_status_details.feeds is 'Names of engine.feeds.';
comment on column public.backfill_status_details.chunks_total is
  'A feed''s month each; 0 when there was nothing to pull: what_to_do says why.';
comment on column public.backfill_status_details.chunks_working is 'Leased now.';
comment on column public.backfill_status_details.chunks_waiting is 'Including those whose next attempt is due later.';
comment on column public.backfill_status_details.chunks_dead is
  'Given up: see last_error and ingest_errors, then backfill_retry(run_id).';
comment on column public.backfill_status_details.api_calls is 'Requests sent, including failed ones.';
comment on column public.backfill_status_details.runners_stored is 'Runners upserted, counted as races_stored is.';
comment on column public.backfill_status_details.rows_rejected is
  'Rows and values that could not be understood, each time they came: see ingest_rejects.';
comment on column public.backfill_status_details.last_error is
  'Message of the newest row of ingest_errors of this run, apart from requests that succeeded when they were sent
   again.';
comment on column public.backfill_status_details.last_error_at is 'When that was.';
comment on column public.backfill_status_details.started_at is 'When the first chunk was claimed; null before.';
comment on column public.backfill_status_details.ended_at is
  'When the last chunk ended; null while one waits or is worked on.';

revoke all on public.backfill_status_details from public, anon, authenticated, service_role;
grant select on public.backfill_status_details to service_role;
