-- A chunk whose pages are all in.

create function public.finish_chunk(chunk_id bigint, lease_token uuid)
returns text
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '60s'
set lock_timeout = '60s'
as $$
#variable_conflict use_column
declare
  held constant public.backfill_progress := engine.hold_lease(finish_chunk.chunk_id, finish_chunk.lease_token);
  repulls_allowed constant integer := 3;
  short_day record;
  pull_again_from date := held.period_start;
  shortfall text;
  new_state text := 'succeeded';
begin
  if held.feed = 'racecards' and held.cursor_day < held.period_end then
    shortfall := format('Stopped at %s, before the period''s end', held.cursor_day);
  elsif held.feed = 'masters' and held.pages_done < held.pages_expected then
    shortfall := format('%s of %s lists pulled', held.pages_done, held.pages_expected);
  elsif held.feed = 'results' and held.api_total is null then
    shortfall := 'The API has not said yet how many races it has';
  elsif held.feed <> 'masters' then
    -- What this reading saw, not what was ever stored: a race that slipped past it may have been corrected since.
    select short.day, short.races_in_api, short.races_seen into short_day
    from engine.short_days(held.id) as short
    order by short.day
    limit 1;
    if found then
      -- The API counts cards by the day, so only from the first short day on they are pulled again.
      pull_again_from := short_day.day;
      shortfall := format(
        'The API has %s races%s and sent %s of them', short_day.races_in_api,
        case when held.feed = 'racecards' then format(' on %s', short_day.day) end, short_day.races_seen
      );
    end if;
  end if;
  delete from engine.pages_read as known where known.chunk_id = held.id;

  if shortfall is not null then
    perform engine.log_failure(held, 'incomplete', null, null, held.repulls + 1, shortfall);
    new_state := case when held.repulls < repulls_allowed then 'waiting' else 'dead' end;
  elsif held.feed = 'results' then
    perform engine.cover_days(held, held.period_start, held.period_end);
  end if;

  update public.backfill_progress as chunk
  set
    state = new_state,
    lease_token = null,
    lease_until = null,
    last_error = shortfall,
    ended_at = case when new_state <> 'waiting' then engine.clock() end,
    -- Pulled again from the start, a little later: results are still coming in, or pages shifted while they were read.
    repulls = case when new_state = 'waiting' then chunk.repulls + 1 else chunk.repulls end,
    cursor_day = case when new_state = 'waiting' and chunk.feed = 'racecards' then pull_again_from else chunk.cursor_day end,
    cursor_skip = case when new_state = 'waiting' then 0 else chunk.cursor_skip end,
    pages_done = case
      when new_state <> 'waiting' then chunk.pages_done
      when chunk.feed = 'racecards' then pull_again_from - chunk.period_start
      else 0
    end,
    api_total = case when new_state = 'waiting' then null else chunk.api_total end,
    reading_since = case when new_state = 'waiting' then null else chunk.reading_since end,
    next_attempt_at = case when new_state = 'waiting' then engine.clock() + interval '1 minute' else chunk.next_attempt_at end
  where chunk.id = held.id;

  perform engine.dispatch_next(held.feed);
  return new_state;
end
$$;
comment on function public.finish_chunk(bigint, uuid) is
  'Ends a chunk whose pages are all in. Compares the races that came in this reading, stored or rejected, with the
   API''s total: returns succeeded; waiting, when something is missing and the chunk will be pulled again; dead, when it
   was missing four times. Error PT409 when the lease is lost.';

revoke all on function public.finish_chunk from public, anon, authenticated, service_role;
grant execute on function public.finish_chunk to service_role;
