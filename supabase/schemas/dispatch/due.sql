-- Which chunks may be worked on now, and the dispatches for them.

-- What could be worked on now, if no feed stood back for another.
create view engine.ready_chunks
with (security_invoker = true)
as
select chunk.id, chunk.feed, chunk.priority, chunk.run_id, chunk.place_in_run
from public.backfill_progress as chunk
join public.backfill_runs as run on run.id = chunk.run_id
where
  chunk.state = 'waiting'
  and chunk.next_attempt_at <= engine.clock()
  and run.paused_at is null
  and run.cancelled_at is null
  -- Two runs, such as a backfill and a daily pull, never pull the same day at once.
  and not exists (
    select from public.backfill_progress as live
    where
      live.state = 'working'
      and live.feed = chunk.feed
      and live.id <> chunk.id
      and live.period_start < chunk.period_end
      and live.period_end > chunk.period_start
  )
  -- Lists made once, and no join: chunks that may not be claimed are filtered out first, however many wait. Courses
  -- have their listed names before the first race names them.
  and (
    chunk.feed = any (array(select feed.name from engine.feeds as feed where feed.goes_first))
    or chunk.run_id <> all (array(
      select first.run_id
      from engine.live_chunks as first
      where first.feed = any (array(select feed.name from engine.feeds as feed where feed.goes_first))
    ))
  )
  -- An invocation that waits long for its first slot would only hold its lease until it runs out.
  and chunk.feed <> all (array(
    select feed.name
    from engine.feeds as feed
    join public.racing_api_limits as l on l.endpoint = 'account' or l.endpoint = any (feed.endpoints)
    where l.next_slot > engine.clock() + interval '15 seconds'
  ));
comment on view engine.ready_chunks is
  'Chunks that wait, are due, belong to a run that is neither paused nor cancelled, with days that no other chunk is
   pulling and an endpoint that has a slot soon.';

create function engine.front_has_work()
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    exists (
      select
      from public.backfill_progress as live
      join engine.feeds as feed on feed.name = live.feed and not feed.in_background
      where live.state = 'working'
    )
    or exists (
      select
      from engine.ready_chunks as ready
      join engine.feeds as feed on feed.name = ready.feed and not feed.in_background
    )
$$;
comment on function engine.front_has_work() is
  'Whether a chunk of a feed that is not in the background is worked on, or could be.';

create function engine.stands_back(endpoint text)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  -- Two steps, so that the endpoints of the other feeds, which call all the time, cost one look at a small table.
  if not exists (
    select from engine.feeds as feed
    where feed.in_background and stands_back.endpoint = any (feed.endpoints)
  ) then
    return false;
  end if;
  return engine.front_has_work();
end
$$;
comment on function engine.stands_back(text) is
  'Whether an endpoint gets no slot now, because its feed is in the background and another feed has work.';

-- What may be claimed now. One definition for the claim, the sweep and the operator.
create view engine.claimable_chunks
with (security_invoker = true)
as
select ready.id, ready.feed, ready.priority, ready.run_id, ready.place_in_run
from engine.ready_chunks as ready
where
  ready.feed <> all (array(select feed.name from engine.feeds as feed where feed.in_background))
  or not (select engine.front_has_work());
comment on view engine.claimable_chunks is
  'The chunks of engine.ready_chunks, without those of feeds in the background while another feed has work.';

create function engine.dispatch_due(feed text default null)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  allowed constant integer := (select s.leases_per_feed from public.backfill_settings as s);
  waiting record;
  dispatched integer := 0;
  missing integer;
begin
  -- In most minutes nothing waits, or all leases are taken. Two indexes say that at once; which chunks may be claimed
  -- takes milliseconds to plan.
  for waiting in
    select
      feed.name as feed,
      allowed - (
        select count(*) from public.backfill_progress as live where live.feed = feed.name and live.state = 'working'
      ) as free,
      (
        select count(*) from engine.dispatches as sent
        where sent.feed = feed.name and not engine.dispatch_is_lost(sent.sent_at)
      ) as sent
    from engine.feeds as feed
    where
      (feed.name = dispatch_due.feed or dispatch_due.feed is null)
      and exists (
        select from public.backfill_progress as chunk where chunk.feed = feed.name and chunk.state = 'waiting'
      )
    order by feed.place
  loop
    continue when waiting.free <= waiting.sent;
    missing := least(
      waiting.free, (select count(*) from engine.claimable_chunks as ready where ready.feed = waiting.feed)
    ) - waiting.sent;
    for nth in 1 .. missing loop
      perform engine.dispatch(waiting.feed);
      dispatched := dispatched + 1;
    end loop;
  end loop;
  return dispatched;
end
$$;
comment on function engine.dispatch_due(text) is
  'Sends as many dispatches for a feed (null: for each) as there are claimable chunks and free leases without a
   dispatch on its way. Returns how many. With nothing to do it dispatches nothing.';

create function engine.dispatch_next(feed text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- The end of a chunk that goes first dispatches those that waited for it.
  perform engine.dispatch_due(
    (select ended.name from engine.feeds as ended where ended.name = dispatch_next.feed and not ended.goes_first)
  );
  -- The end of the last chunk in front dispatches those that stood back for it.
  if not engine.front_has_work() then
    perform engine.dispatch_due(behind.name)
    from engine.feeds as behind
    where behind.in_background and behind.name <> dispatch_next.feed;
  end if;
exception
  when sqlstate 'PT424' then
    -- A Vault secret is missing, or pg_net's queue is not safe. The chunk ends all the same; the sweep keeps trying to
    -- dispatch.
    raise warning '%', sqlerrm;
end
$$;
comment on function engine.dispatch_next(text) is
  'Dispatches what may be worked on now that a chunk of the feed (null: of any) has ended: more of the feed, and once
   the others have nothing to do, the feeds in the background. Dispatches nothing, with a warning, when nothing can be
   sent: a Vault secret is missing, or pg_net''s queue is not safe.';

grant select on engine.ready_chunks, engine.claimable_chunks to service_role;
grant execute on function
  engine.front_has_work, engine.stands_back, engine.dispatch_due, engine.dispatch_next
  to service_role;
