-- The grid: what is stored of each feed in each month.

create view public.coverage_months
with (security_invoker = true)
as
-- The days that can be known by now. A result of today cannot, a card of today can.
with reach as (
  select feed.name as feed, feed.first_day, (select engine.london_day()) - feed.known_after_days as last_day
  from engine.feeds as feed
  where feed.has_days
),
covered as (
  select
    known.feed,
    date_trunc('month', known.day::timestamp) as month,
    count(*) filter (
      where (known.is_covered or known.is_provisional) and known.day <= reach.last_day
    ) as days_covered,
    sum(known.races_in_api) as races_in_api,
    sum(known.races_stored) as races_stored,
    sum(known.races_rejected) as races_rejected
  from engine.known_days as known
  join reach on reach.feed = known.feed
  group by 1, 2
),
dead as (
  select distinct chunk.id
  from public.backfill_progress as chunk
  join reach on reach.feed = chunk.feed
  cross join lateral generate_series(
    greatest(chunk.period_start, reach.first_day)::timestamp,
    least(chunk.period_end - 1, reach.last_day)::timestamp,
    interval '1 day'
  ) as days (day)
  left join engine.known_days as known on known.feed = chunk.feed and known.day = days.day::date
  where chunk.state = 'dead' and known.is_covered is not true and known.is_provisional is not true
),
chunks as (
  select
    chunk.id,
    chunk.run_id,
    chunk.feed,
    -- No chunk reaches over the end of a month.
    date_trunc('month', chunk.period_start::timestamp) as month,
    chunk.state in ('waiting', 'working') as is_live,
    dead.id is not null as is_dead,
    chunk.last_error
  from public.backfill_progress as chunk
  join reach on reach.feed = chunk.feed
  left join dead on dead.id = chunk.id
  -- Nothing is expected of what was cancelled.
  where chunk.state <> 'cancelled'
),
worked_on as (
  select
    chunks.feed,
    chunks.month,
    count(*) filter (where chunks.is_live) as chunks_live,
    count(*) filter (where chunks.is_dead) as chunks_dead,
    (
      array_agg(chunks.last_error order by chunks.is_dead desc, chunks.id desc)
      filter (where chunks.last_error is not null and (chunks.is_live or chunks.is_dead))
    )[1] as last_error,
    (array_agg(chunks.run_id order by chunks.is_dead desc, chunks.is_live desc, chunks.id desc))[1] as run_id
  from chunks
  group by chunks.feed, chunks.month
),
begun as (
  select
    reach.feed,
    reach.first_day,
    reach.last_day,
    least(
      (select min(known.day) from public.ra_coverage as known where known.feed = reach.feed),
      (
        select min(chunk.period_start)
        from public.backfill_progress as chunk
        where chunk.feed = reach.feed and chunk.state <> 'cancelled'
      ),
      (
        select min(run.start_date)
        from public.backfill_runs as run
        where reach.feed = any (run.feeds) and run.cancelled_at is null
      )
    ) as from_day
  from reach
),
months as (
  select
    begun.feed,
    month,
    greatest(
      least((month + interval '1 month')::date - 1, begun.last_day) - greatest(month::date, begun.first_day) + 1, 0
    ) as days
  from begun
  cross join lateral generate_series(
    date_trunc('month', begun.from_day::timestamp), (select engine.london_day())::timestamp, interval '1 month'
  ) as month
),
asked as (
  select expected.feed, date_trunc('month', expected.day::timestamp) as month from engine.expected_days as expected
  union
  -- Also what the API does not have.
  select feed.name, month
  from public.backfill_runs as run
  cross join lateral unnest(run.feeds) as feed (name)
  cross join lateral generate_series(
    date_trunc('month', run.start_date::timestamp), run.end_date::timestamp, interval '1 month'
  ) as month
  where run.cancelled_at is null and run.kind in ('backfill', 'by_hand')
),
newest as (
  select distinct on (chunk.feed) chunk.feed, chunk.run_id
  from public.backfill_progress as chunk
  join engine.feeds as feed on feed.name = chunk.feed and feed.counted_by = 'lists'
  where chunk.state <> 'cancelled'
  order by chunk.feed, chunk.id desc
),
without_days as (
  select
    newest.feed,
    newest.run_id,
    count(*) filter (where chunk.state in ('waiting', 'working')) as chunks_live,
    count(*) filter (where chunk.state = 'dead') as chunks_dead,
    count(*) filter (where chunk.state = 'succeeded') as chunks_succeeded,
    (
      array_agg(chunk.last_error order by chunk.id desc)
      filter (where chunk.last_error is not null and chunk.state in ('waiting', 'working', 'dead'))
    )[1] as last_error
  from newest
  join public.backfill_progress as chunk on chunk.run_id = newest.run_id and chunk.feed = newest.feed
  group by newest.feed, newest.run_id
)
select
  months.feed,
  months.month::date as month,
  case
    when worked_on.chunks_dead > 0 then 'failed'
    when worked_on.chunks_live > 0 then 'running'
    when months.days = 0 then 'not_available'
    when covered.days_covered >= months.days then 'complete'
    when covered.feed is not null then 'partial'
    else 'missing'
  end as state,
  months.days,
  coalesce(covered.days_covered, 0)::integer as days_covered,
  coalesce(covered.races_in_api, 0)::integer as races_in_api,
  coalesce(covered.races_stored, 0)::integer as races_stored,
  coalesce(covered.races_rejected, 0)::integer as races_rejected,
  coalesce(worked_on.chunks_live, 0)::integer as chunks_live,
  coalesce(worked_on.chunks_dead, 0)::integer as chunks_dead,
  worked_on.last_error,
  worked_on.run_id
from months
left join covered on covered.feed = months.feed and covered.month = months.month
left join worked_on on worked_on.feed = months.feed and worked_on.month = months.month
where
  covered.feed is not null
  or worked_on.feed is not null
  or (months.feed, months.month) in (select asked.feed, asked.month from asked)
union all
select
  asked.feed,
  asked.month,
  asked.state,
  reach.days,
  case asked.state when 'complete' then reach.days else 0 end,
  0,
  0,
  0,
  case asked.state when 'running' then 1 else 0 end,
  case asked.state when 'failed' then 1 else 0 end,
  case when asked.state in ('running', 'failed') then asked.last_error end,
  asked.run_id
from engine.months_of_ids as asked
cross join lateral (
  select least((asked.month + interval '1 month')::date - 1, (select engine.london_day())) - asked.month + 1 as days
) as reach
union all
select
  feed.name,
  null,
  case
    when without_days.chunks_dead > 0 then 'failed'
    when without_days.chunks_live > 0 then 'running'
    when without_days.chunks_succeeded > 0 then 'complete'
    else 'missing'
  end,
  null,
  null,
  null,
  null,
  null,
  coalesce(without_days.chunks_live, 0)::integer,
  coalesce(without_days.chunks_dead, 0)::integer,
  without_days.last_error,
  without_days.run_id
from engine.feeds as feed
left join without_days on without_days.feed = feed.name
where feed.counted_by = 'lists' and (feed.by_default or without_days.feed is not null);
comment on view public.coverage_months is
  'The grid: a row per feed and month that was asked for, by a run or with the schedules on, or is stored. Of a feed
   that asks for ids (horses) the months that had some to ask for; of lists (masters) one row.';
comment on column public.coverage_months.feed is 'One of engine.feeds.';
comment on column public.coverage_months.month is 'Its first day; null of lists.';
comment on column public.coverage_months.state is
  'The first that holds. failed: a chunk is dead and some of its days are missing; running: a chunk waits or is worked
   on; not_available: the API has none of it, or not yet; complete: no day needs a pull; partial: some do not; missing:
   no day was pulled completely. Of lists that of the newest run. Of ids: running: a chunk waits or is worked
   on; failed: one is dead, and ids of its days are left to ask for; complete: each that was known then was asked for.';
comment on column public.coverage_months.days is
  'Days of the month that can be known by now: none before the feed''s first day, no result of today.';
comment on column public.coverage_months.days_covered is
  'Of those, the days that need no further pull, by the same rule as coverage_gaps; of ids, all or none.';
comment on column public.coverage_months.races_in_api is 'As ra_coverage counts them, also of days still to come.';
comment on column public.coverage_months.races_stored is 'Races of these days stored from this feed.';
comment on column public.coverage_months.races_rejected is
  'Races of these days that could not be understood: see ingest_rejects.';
comment on column public.coverage_months.chunks_live is 'Chunks of the month that wait or are worked on.';
comment on column public.coverage_months.chunks_dead is
  'Dead chunks of the month, of whose days some are still missing. Once last_error is fixed: backfill_retry(run_id).';
comment on column public.coverage_months.last_error is
  'Why the newest dead chunk failed, or the newest live one; null when none of them has.';
comment on column public.coverage_months.run_id is
  'The run of the newest dead chunk of the month; without one that of the newest live chunk, or of the newest; null when
   there is none. Cancelled chunks do not count.';

revoke all on public.coverage_months from public, anon, authenticated, service_role;
grant select on public.coverage_months to service_role;
