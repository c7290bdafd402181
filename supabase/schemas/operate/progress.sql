-- How far the feeds of a run are, and how fast they go.

-- The pages of each lane (a feed of a run), with what the run has learned about its estimates.
create view engine.lane_progress
with (security_invoker = true)
as
with lanes as (
  select
    chunk.run_id,
    chunk.feed,
    -- Months of results that were begun know how many pages they have; the others are as much bigger or smaller than planned.
    coalesce(
      sum(chunk.pages_expected) filter (where chunk.pages_are_known)
        / nullif(sum(chunk.pages_planned) filter (where chunk.pages_are_known), 0)::numeric,
      1
    ) as correction
  from (
    select c.*, c.feed <> 'results' or c.api_total is not null or c.repulls > 0 as pages_are_known
    from public.backfill_progress as c
  ) as chunk
  group by chunk.run_id, chunk.feed
)
select
  chunk.run_id,
  chunk.feed,
  chunk.priority,
  sum(pages.expected) as pages_expected,
  sum(case when chunk.state = 'succeeded' then pages.expected else least(chunk.pages_done, pages.expected) end) as pages_done,
  coalesce(
    sum(greatest(pages.expected - chunk.pages_done, 0)) filter (where chunk.state in ('waiting', 'working')), 0
  ) as pages_left,
  max(chunk.next_attempt_at) filter (where chunk.state = 'waiting') as last_attempt_due
from public.backfill_progress as chunk
join lanes on lanes.run_id = chunk.run_id and lanes.feed = chunk.feed
cross join lateral (
  select
    case
      when chunk.feed = 'results' and chunk.api_total is null and chunk.repulls = 0 then chunk.pages_planned * lanes.correction
      else chunk.pages_expected
    end as expected
) as pages
group by chunk.run_id, chunk.feed, chunk.priority;
comment on view engine.lane_progress is 'A row per run and feed: pages expected, done and left. Fractions come from estimates.';

create function engine.calls_per_second(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  -- The first ten seconds of work and those in progress are not whole.
  with busy as (
    select counted.counted_from, sum(counted.calls) as calls
    from public.racing_api_calls as counted
    where counted.feed = calls_per_second.feed and counted.counted_from > engine.clock() - interval '15 minutes'
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
    (
      select min(l.calls_per_second * (1 - l.headroom))
      from public.racing_api_limits as l
      where l.endpoint = case calls_per_second.feed
        when 'racecards' then '/racecards/pro' when 'results' then '/results' else '/courses'
      end
    ),
    (select sum(whole.calls) / (10.0 * count(*)) from whole having count(*) >= 3)
  )
$$;
comment on function engine.calls_per_second(text) is
  'How many calls of a feed a second are to be expected: the rate limit, or what the last five minutes of work came to when that is
   less.';

revoke all on engine.lane_progress from public, anon, authenticated, service_role;
grant select on engine.lane_progress to service_role;
revoke all on function engine.calls_per_second from public, anon, authenticated, service_role;
grant execute on function engine.calls_per_second to service_role;
