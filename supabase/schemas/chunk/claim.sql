-- Taking a chunk: only the worker that gets the lease token may write.

create function engine.backfill_goes_first(feed text, leases integer)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    count(*) filter (where live.kind = 'backfill') = 0
    and (
      (backfill_goes_first.leases > 1 and count(*) >= backfill_goes_first.leases - 1)
      -- They take turns when there is a single lease, and when both want the same day.
      or coalesce(
        (
          select last.kind
          from public.backfill_progress as last
          where last.feed = backfill_goes_first.feed and last.claimed_at is not null
          order by last.claimed_at desc
          limit 1
        ),
        'backfill'
      ) <> 'backfill'
    )
  from public.backfill_progress as live
  where live.feed = backfill_goes_first.feed and live.state = 'working'
$$;
comment on function engine.backfill_goes_first(text, integer) is
  'Whether the next of a feed''s leases goes to a waiting backfill, whatever the priority of others: when no backfill
   has a lease and this is the last free one, or when the last chunk claimed was not a backfill''s. So daily pulls,
   however many, never starve a backfill.';

create function engine.choose_chunk(feed text, leases integer)
returns public.backfill_progress
language plpgsql
security invoker
set search_path = ''
as $$
declare
  newest_run_first constant boolean := (
    select known.in_background from engine.feeds as known where known.name = choose_chunk.feed
  );
  chosen public.backfill_progress;
  backfills_only boolean;
begin
  foreach backfills_only in array
    case
      when engine.backfill_goes_first(choose_chunk.feed, choose_chunk.leases) then array[true, false] else array[false]
    end
  loop
    select chunk.* into chosen
    from public.backfill_progress as chunk
    join engine.claimable_chunks as ready on ready.id = chunk.id
    -- The state is checked again: the session that had the row locked may have just ended the chunk.
    where ready.feed = choose_chunk.feed and chunk.state = 'waiting' and (not backfills_only or chunk.kind = 'backfill')
    -- What waits in the background may wait for days, and what is new goes before it.
    order by ready.priority desc, case when newest_run_first then -ready.run_id end, ready.run_id, ready.place_in_run
    limit 1
    for update of chunk skip locked;
    exit when found;
  end loop;
  return chosen;
end
$$;
comment on function engine.choose_chunk(text, integer) is
  'Locks and returns the chunk of a feed that is claimed next: highest priority first, then the older run (of a feed in
   the background the newer one), then the run''s own order, but one lease is kept for a backfill, see
   engine.backfill_goes_first. Null when nothing may be claimed.';

create function engine.give_lease(chunk_id bigint, lease_token uuid, dispatched_at timestamptz)
returns public.backfill_progress
language plpgsql
security invoker
set search_path = ''
as $$
declare
  given public.backfill_progress;
begin
  update public.backfill_progress as chunk
  set
    state = 'working',
    lease_token = give_lease.lease_token,
    lease_until = engine.next_lease_end(),
    invocations = chunk.invocations + 1,
    claimed_at = engine.clock(),
    started_at = coalesce(chunk.started_at, engine.clock()),
    -- A total counts the regions that were asked for, so a reading keeps the regions that it began with.
    regions = case
      when chunk.reading_since is null then (select s.regions from public.backfill_settings as s) else chunk.regions
    end
  where chunk.id = give_lease.chunk_id
  returning chunk.* into given;
  insert into engine.invocations (lease_token, run_id, chunk_id, feed, claimed_at, dispatched_at)
  values (given.lease_token, given.run_id, given.id, given.feed, given.claimed_at, give_lease.dispatched_at);
  return given;
end
$$;
comment on function engine.give_lease(bigint, uuid, timestamptz) is
  'Leases a chunk, which the caller holds locked, to the worker that shows this token, and begins the record of its
   invocation. dispatched_at: null for a call by hand. Returns the chunk.';

create function public.claim_chunk(feed text, dispatch_id bigint default null, proposed_token uuid default null)
returns table (
  chunk_id bigint,
  run_id bigint,
  lease_token uuid,
  period_start date,
  period_end date,
  cursor_day date,
  cursor_skip integer,
  cursor_id text,
  api_total integer,
  regions text[],
  page_limit integer,
  stop_taking_pages_after_seconds integer,
  stop_taking_pages_after_busy_seconds numeric,
  answer_timeout_seconds integer,
  capture_odds boolean,
  capture_long_texts boolean
)
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  chosen public.backfill_progress;
  dispatched_at timestamptz;
begin
  -- Claims of one feed wait here for each other; otherwise two of them could count the same free lease.
  perform engine.take_lock('claim ' || claim_chunk.feed);
  if claim_chunk.dispatch_id is not null then
    -- The same claim again, because its answer was lost: it gets the same lease while that lasts. After that the number
    -- is spent and it gets nothing. A claim without a number is never a repetition.
    select chunk.* into chosen
    from public.backfill_progress as chunk
    where
      chunk.feed = claim_chunk.feed and chunk.state = 'working' and chunk.lease_token = claim_chunk.proposed_token;
    if not found then
      delete from engine.dispatches as known
      where known.id = claim_chunk.dispatch_id and known.feed = claim_chunk.feed
      returning known.sent_at into dispatched_at;
      if not found then
        -- Delivered a second time, or so late that another dispatch was sent in its place.
        return;
      end if;
    end if;
  end if;
  if chosen.id is null then
    if (
      select count(*) from public.backfill_progress as live
      where live.feed = claim_chunk.feed and live.state = 'working'
    ) >= settings.leases_per_feed then
      return;
    end if;

    perform engine.pause_without_room();
    chosen := engine.choose_chunk(claim_chunk.feed, settings.leases_per_feed);
    if chosen.id is null then
      return;
    end if;
    chosen := engine.give_lease(
      chosen.id, coalesce(claim_chunk.proposed_token, gen_random_uuid()), dispatched_at
    );
  end if;

  return query select
    chosen.id, chosen.run_id, chosen.lease_token, chosen.period_start, chosen.period_end, chosen.cursor_day,
    chosen.cursor_skip, chosen.cursor_id, chosen.api_total, chosen.regions,
    engine.page_limit(chosen),
    settings.stop_taking_pages_after_seconds, settings.stop_taking_pages_after_busy_seconds,
    settings.answer_timeout_seconds, settings.capture_odds, settings.capture_long_texts;
end
$$;
comment on function public.claim_chunk(text, bigint, uuid) is
  'Leases the next chunk of a feed: highest priority first, then the older run (of a feed in the background the newer
   one), then the run''s own order; one of the leases is kept for a backfill when one waits. dispatch_id is the number
   that came with the dispatch; null for a call by hand. proposed_token becomes the lease''s token: the same dispatch
   with the same token gets the same lease again, so that a lost answer costs nothing. No row when nothing is due, when
   all leases of the feed are taken, when the database has no room, or when the dispatch was claimed before. The answer
   says where to go on and under which settings.';

revoke all on function public.claim_chunk from public, anon, authenticated, service_role;
grant execute on function
  engine.backfill_goes_first, engine.choose_chunk, engine.give_lease, public.claim_chunk
  to service_role;
