-- Taking a chunk: whoever gets the lease token may write, nobody else.

create function public.claim_chunk(feed text, call_id bigint default null)
returns table (
  chunk_id bigint,
  run_id bigint,
  lease_token uuid,
  period_start date,
  period_end date,
  cursor_day date,
  cursor_skip integer,
  api_total integer,
  regions text[],
  page_limit integer,
  stop_taking_pages_after_seconds integer,
  stop_taking_pages_after_busy_seconds numeric,
  answer_timeout_seconds integer,
  capture_odds boolean
)
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  chosen public.backfill_progress;
begin
  -- Claims of one feed queue up here for a moment; otherwise two of them could both count one free lease.
  perform pg_advisory_xact_lock(hashtext('engine.claim ' || claim_chunk.feed));
  if claim_chunk.call_id is not null then
    delete from engine.calls_on_their_way as call where call.id = claim_chunk.call_id and call.feed = claim_chunk.feed;
    if not found then
      -- Delivered a second time, or so late that another one was sent in its place.
      return;
    end if;
  end if;
  if (
    select count(*) from public.backfill_progress as live
    where live.feed = claim_chunk.feed and live.state = 'working'
  ) >= settings.leases_per_feed then
    return;
  end if;

  select chunk.* into chosen
  from public.backfill_progress as chunk
  join engine.claimable_chunks as ready on ready.id = chunk.id
  -- The state once more: it is looked at again when the row was locked by somebody who has just ended the chunk.
  where ready.feed = claim_chunk.feed and chunk.state = 'waiting'
  order by ready.priority desc, ready.run_id, ready.place_in_run
  limit 1
  for update of chunk skip locked;
  if not found then
    return;
  end if;

  update public.backfill_progress as chunk
  set
    state = 'working',
    lease_token = gen_random_uuid(),
    lease_until = engine.clock() + settings.lease_seconds * interval '1 second',
    invocations = chunk.invocations + 1,
    claimed_at = engine.clock(),
    started_at = coalesce(chunk.started_at, engine.clock()),
    -- A total is one of the regions that were asked for, so a reading keeps those that it began with.
    regions = case when chunk.reading_since is null then settings.regions else chunk.regions end
  where chunk.id = chosen.id
  returning chunk.* into chosen;

  return query select
    chosen.id, chosen.run_id, chosen.lease_token, chosen.period_start, chosen.period_end, chosen.cursor_day,
    chosen.cursor_skip, chosen.api_total, chosen.regions,
    case when chosen.feed = 'racecards' then settings.racecards_page_limit else settings.results_page_limit end,
    settings.stop_taking_pages_after_seconds, settings.stop_taking_pages_after_busy_seconds,
    settings.answer_timeout_seconds, settings.capture_odds;
end
$$;

comment on function public.claim_chunk(text, bigint) is
  'Leases the next chunk of a feed: highest priority first, then the older run, then the run''s own order. call_id is what came
   with the call; null for a call by hand. No row when nothing is due, when all leases of the feed are taken, or when the call
   was answered before. The answer says where to go on and under which settings.';

-- Every write of a worker passes here first.
create function engine.hold_lease(chunk_id bigint, lease_token uuid)
returns public.backfill_progress
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_progress;
begin
  select chunk.* into held
  from public.backfill_progress as chunk
  where chunk.id = hold_lease.chunk_id and chunk.lease_token = hold_lease.lease_token
  for update;
  if not found then
    raise exception 'The lease of chunk % is lost', hold_lease.chunk_id
      using errcode = 'PT409', hint = 'Somebody else works on the chunk, or it has ended. Stop; nothing was written.';
  end if;
  return held;
end
$$;

comment on function engine.hold_lease(bigint, uuid) is
  'Locks the chunk''s row and returns it when the token is the current one; otherwise error PT409 (HTTP 409), so that a
   zombie invocation changes nothing.';

revoke execute on function public.claim_chunk(text, bigint), engine.hold_lease(bigint, uuid) from public, anon, authenticated;
grant execute on function public.claim_chunk(text, bigint), engine.hold_lease(bigint, uuid) to service_role;
