-- How far the feeds of a run have come, and how fast they go.

-- The pages of each feed of a run, with what the run has learned about its estimates.
create view engine.feed_progress
with (security_invoker = true)
as
with chunks as (
  select
    chunk.*,
    -- A total of the whole period comes with its first page.
    feed.counted_by <> 'pages' or chunk.api_total is not null or chunk.repulls > 0 as pages_are_known
  from public.backfill_progress as chunk
  join engine.feeds as feed on feed.name = chunk.feed
),
-- A window function, no join with sums: reads the chunks once, and only those of the runs asked for.
estimated as (
  select
    chunks.*,
    -- Periods that were begun know their number of pages; the others are scaled by how far those differ from the plan.
    case
      when chunks.pages_are_known then chunks.pages_expected
      else chunks.pages_planned * coalesce(
        sum(chunks.pages_expected) filter (where chunks.pages_are_known) over feed_of_run
          / nullif(sum(chunks.pages_planned) filter (where chunks.pages_are_known) over feed_of_run, 0)::numeric,
        1
      )
    end as expected
  from chunks
  window feed_of_run as (partition by chunks.run_id, chunks.feed)
)
select
  chunk.run_id,
  chunk.feed,
  chunk.priority,
  sum(chunk.expected) as pages_expected,
  sum(
    case when chunk.state = 'succeeded' then chunk.expected else least(chunk.pages_done, chunk.expected) end
  ) as pages_done,
  coalesce(
    sum(greatest(chunk.expected - chunk.pages_done, 0)) filter (where chunk.state in ('waiting', 'working')), 0
  ) as pages_left,
  max(chunk.next_attempt_at) filter (where chunk.state = 'waiting') as last_attempt_due
from estimated as chunk
group by chunk.run_id, chunk.feed, chunk.priority;
comment on view engine.feed_progress is
  'A row per run and feed: pages expected, done and left. Fractions come from estimates.';

create function engine.pace(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  with work as (
    -- From the dispatch on, so that the hop between two invocations counts, and a pause does not.
    select
      range_agg(
        tstzrange(
          coalesce(invocation.dispatched_at, invocation.claimed_at), coalesce(invocation.ended_at, engine.clock()), '[]'
        )
      ) as times
    from engine.invocations as invocation
    where
      invocation.feed = pace.feed
      and invocation.claimed_at > (select engine.clock() - interval '15 minutes')
      and coalesce(invocation.dispatched_at, invocation.claimed_at) <= coalesce(invocation.ended_at, engine.clock())
  ),
  busy as (
    select
      counted.counted_from,
      min(counted.first_at) as first_at,
      sum(counted.calls) as calls,
      sum(sum(counted.calls)) over (order by counted.counted_from desc) as calls_since
    from engine.racing_api_calls as counted
    where
      counted.feed = pace.feed
      and counted.counted_from > (select engine.clock() - interval '15 minutes')
    group by counted.counted_from
  ),
  -- The last quarter of the work, because the first invocations start cold, and ten calls at least.
  recent as (
    select min(busy.first_at) as since, sum(busy.calls) as calls
    from busy
    cross join work
    where
      busy.calls_since - busy.calls < 10
      or busy.counted_from >= engine.clock() - (engine.clock() - lower(work.times)) / 4
  )
  -- The time runs from the first report on, so the call of that one was made before.
  select
    case
      when recent.calls >= 5
        then (recent.calls - 1) / nullif(sum(extract(epoch from upper(spell) - lower(spell))), 0)
    end
  from recent
  cross join work
  cross join lateral unnest(work.times * tstzmultirange(tstzrange(recent.since, engine.clock(), '[]'))) as spell
  where recent.since <= engine.clock()
  group by recent.calls
$$;
comment on function engine.pace(text) is
  'API calls a second that a feed made lately: in the last quarter of its work of a quarter of an hour. Pauses do not
   count, waiting for a page does. Null until five calls were made, and after a quarter of an hour without any.';

create function engine.calls_per_second(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  select least(
    engine.allowed_rate(
      calls_per_second.feed,
      array(select distinct live.feed from engine.live_chunks as live where live.paused_at is null)
    ),
    engine.pace(calls_per_second.feed)
  )
$$;
comment on function engine.calls_per_second(text) is
  'How many API calls a second to expect for a feed, beside what is pulled now: what the limits allow, or its pace when
   that is lower.';

grant select on engine.feed_progress to service_role;
grant execute on function engine.pace, engine.calls_per_second to service_role;
