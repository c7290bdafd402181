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

-- Functions, not a part of backfill_status: to plan them took most of a look, and most looks have no live run to ask
-- them for.
create function engine.percent_done(run_id bigint)
returns numeric
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select 100 * sum(progress.pages_done) / nullif(sum(progress.pages_expected), 0)
    from engine.feed_progress as progress
    where progress.run_id = percent_done.run_id
  );
end
$$;
comment on function engine.percent_done(bigint) is
  'How much of its pages a run has, in percent, not rounded; null when none is expected.';

create function engine.seconds_left()
returns table (run_id bigint, seconds numeric)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
begin
  if not exists (select from public.backfill_progress as chunk where chunk.state in ('waiting', 'working')) then
    return;
  end if;
  return query
  with speeds as (
    select feed.name as feed, engine.calls_per_second(feed.name) as calls_per_second, feed.in_background
    from engine.feeds as feed
  ),
  feeds_left as (
    select
      progress.run_id,
      feed.goes_first,
      greatest(
        -- Runs of the same feed that go before this one have to finish first.
        sum(case when run.paused_at is null then progress.pages_left else 0 end)
          over (
            partition by progress.feed
            order by progress.priority desc, progress.run_id * case when feed.in_background then -1 else 1 end
            rows between unbounded preceding and 1 preceding
          )
          / speeds.calls_per_second,
        0
      ) + progress.pages_left / speeds.calls_per_second as seconds,
      extract(epoch from progress.last_attempt_due - engine.clock()) as seconds_until_due,
      speeds.in_background,
      run.paused_at is not null as is_paused
    -- Runs that have ended have nothing left, and only grow in number. With the offset the planner looks at the live
    -- ones one by one, and reads no other chunks.
    from (select distinct live.run_id from engine.live_chunks as live) as live
    cross join lateral (
      select known.* from engine.feed_progress as known where known.run_id = live.run_id offset 0
    ) as progress
    join public.backfill_runs as run on run.id = progress.run_id
    join engine.feeds as feed on feed.name = progress.feed
    join speeds on speeds.feed = progress.feed
    where progress.pages_left > 0 or progress.last_attempt_due is not null
  ),
  -- What a feed in the background waits for: the feeds of all runs, those that go first and then the rest.
  in_front as (
    select
      coalesce(max(feeds_left.seconds) filter (where feeds_left.goes_first), 0)
        + coalesce(max(feeds_left.seconds) filter (where not feeds_left.goes_first), 0) as seconds
    from feeds_left
    where not feeds_left.in_background and not feeds_left.is_paused
  ),
  remaining as (
    -- The feeds of a run run side by side, each at its own rate: the slowest one decides. They wait for those that go
    -- first.
    select own.run_id, greatest(own.front, greatest(own.front, in_front.seconds) + own.behind, own.until_due) as seconds
    from (
      select
        feeds_left.run_id,
        coalesce(
          max(greatest(feeds_left.seconds, feeds_left.seconds_until_due)) filter (where feeds_left.goes_first), 0
        )
          + coalesce(
            max(greatest(feeds_left.seconds, feeds_left.seconds_until_due)) filter (
              where not feeds_left.goes_first and not feeds_left.in_background
            ),
            0
          ) as front,
        max(feeds_left.seconds) filter (where feeds_left.in_background) as behind,
        max(feeds_left.seconds_until_due) filter (where feeds_left.in_background) as until_due
      from feeds_left
      group by feeds_left.run_id
    ) as own
    cross join in_front
  )
  select remaining.run_id, remaining.seconds
  from remaining;
end
$$;
comment on function engine.seconds_left() is
  'In how many seconds each run that has something left will have ended, counting the runs before it and the wait for
   its next attempts, not rounded. Of a paused run, once it goes on.';

create function engine.what_holds_up(run public.backfill_runs, claimed_at timestamptz)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if not exists (select from engine.claimable_chunks as ready where ready.run_id = run.id) then
    return null;
  end if;
  return coalesce(
    engine.dispatch_trouble(run.feeds),
    case
      when engine.clock() > greatest(run.created_at, what_holds_up.claimed_at) + interval '3 minutes'
        then 'No function answers the dispatches. Find out why: select * from check_setup();'
    end
  );
end
$$;
comment on function engine.what_holds_up(public.backfill_runs, timestamptz) is
  'What to do about a run of which no chunk is worked on, though some could be; claimed_at: when one last was. Null when
   nothing is wrong.';

grant select on engine.feed_progress to service_role;
grant execute on function
  engine.pace, engine.calls_per_second, engine.percent_done, engine.seconds_left, engine.what_holds_up
  to service_role;
