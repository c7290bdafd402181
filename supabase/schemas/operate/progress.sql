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

create function engine.calls_per_second(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  -- The first ten seconds of work and the current ones are incomplete.
  with busy as (
    select counted.counted_from, sum(counted.calls) as calls
    from engine.racing_api_calls as counted
    where
      counted.feed = calls_per_second.feed
      and counted.counted_from > (select engine.clock() - interval '15 minutes')
    group by counted.counted_from
  ),
  whole as (
    select busy.calls
    from busy
    where
      busy.counted_from + interval '10 seconds' < engine.clock()
      and exists (select from busy as before where before.counted_from = busy.counted_from - interval '10 seconds')
    order by busy.counted_from desc
    limit 30
  )
  select least(
    engine.allowed_rate(
      calls_per_second.feed,
      array(select distinct live.feed from engine.live_chunks as live where live.paused_at is null)
    ),
    (select sum(whole.calls) / (10.0 * count(*)) from whole having count(*) >= 3)
  )
$$;
comment on function engine.calls_per_second(text) is
  'How many API calls a second to expect for a feed, beside what is pulled now: what the limits allow, or the rate of
   the last five minutes of work when that is lower.';

grant select on engine.feed_progress to service_role;
grant execute on function engine.calls_per_second to service_role;
