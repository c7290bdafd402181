-- The three ways an invocation leaves its chunk. Each gives the lease back and asks for the next call of the feed in the same
-- transaction; what got lost is restored by the sweep.

create function engine.dispatch_next(feed text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Whoever ends the masters calls the chunks that waited for them.
  perform engine.dispatch_due(nullif(dispatch_next.feed, 'masters'));
exception
  when sqlstate 'PT424' then
    -- A Vault secret is missing, or pg_net's queue is not safe. The chunk ends all the same; the sweep goes on calling.
    raise warning '%', sqlerrm;
end
$$;
comment on function engine.dispatch_next(text) is
  'Dispatches what may be worked on now that a chunk of the feed (null: of any) has ended. Nobody, with a warning, when nothing
   can be sent: a Vault secret is missing, or pg_net''s queue is not safe.';

create function engine.is_hopeless(chunk public.backfill_progress)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    coalesce(chunk.failing_since < engine.clock() - interval '1 day', false)
    or exists (
      select from public.backfill_progress as other
      where other.feed = chunk.feed and other.id <> chunk.id and other.last_page_at > chunk.claimed_at
    )
    -- The masters have one chunk, everybody waits for it, and what they bring comes again each month.
    or chunk.feed = 'masters'
$$;
comment on function engine.is_hopeless(public.backfill_progress) is
  'Whether failures of a chunk are its own: others of its feed got pages during this very attempt, or it has failed for
   a day, in which a pause, or the time that it was dead, does not count; the masters are on their own. Otherwise the
   API may be out for everybody, and no chunk is given up for that.';

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

create function public.yield_chunk(chunk_id bigint, lease_token uuid, api_calls integer, progressed boolean default true)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  held constant public.backfill_progress := engine.hold_lease(yield_chunk.chunk_id, yield_chunk.lease_token);
  new_state text := 'waiting';
begin
  if not progressed then
    new_state := engine.count_interruption(held, 'The isolate was ended before it had stored a page');
  end if;
  update public.backfill_progress as chunk
  set
    state = new_state,
    lease_token = null,
    lease_until = null,
    next_attempt_at = engine.clock(),
    ended_at = case when new_state = 'dead' then engine.clock() end,
    api_calls = chunk.api_calls + yield_chunk.api_calls
  where chunk.id = held.id;
  perform engine.dispatch_next(held.feed);
  perform engine.count_calls(held, yield_chunk.api_calls);
  return new_state;
end
$$;
comment on function public.yield_chunk(bigint, uuid, integer, boolean) is
  'Gives a chunk back at its cursor because the invocation''s time is up. api_calls: those made since the last page; progressed: whether
   a page was stored since the claim, otherwise it is an interruption. Returns the chunk''s new state: waiting, or dead after too many
   interruptions. Error PT409 when the lease is lost.';

create function public.fail_chunk(
  chunk_id bigint,
  lease_token uuid,
  failure_class text,
  message text,
  endpoint text default null,
  http_status integer default null,
  retry_after_seconds integer default null,
  api_calls integer default 0
)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  held constant public.backfill_progress := engine.hold_lease(fail_chunk.chunk_id, fail_chunk.lease_token);
  attempt constant integer := held.attempts + 1;
  new_state text;
begin
  if failure_class is null or failure_class not in ('transient', 'chunk', 'account') then
    raise exception 'Unknown failure class "%"', coalesce(failure_class, 'null')
      using errcode = '22023', hint = 'Use transient, chunk or account.';
  end if;
  perform engine.log_failure(held, failure_class, fail_chunk.endpoint, fail_chunk.http_status, attempt, message);

  new_state := case
    when failure_class = 'chunk' then 'dead'
    when failure_class = 'transient' and attempt >= settings.attempts_before_dead and engine.is_hopeless(held) then 'dead'
    else 'waiting'
  end;
  update public.backfill_progress as chunk
  set
    state = new_state,
    lease_token = null,
    lease_until = null,
    last_error = message,
    -- The account's trouble is not the chunk's: its attempts are not spent.
    attempts = case
      when failure_class = 'account' then chunk.attempts
      when new_state = 'waiting' then least(attempt, settings.attempts_before_dead - 1)
      else attempt
    end,
    failing_since = case
      when failure_class = 'account' then chunk.failing_since else coalesce(chunk.failing_since, engine.clock())
    end,
    api_calls = chunk.api_calls + fail_chunk.api_calls,
    ended_at = case when new_state = 'dead' then engine.clock() end,
    -- 1, 4, 16 and 64 minutes, a quarter more or less; at least what the API asked for, but not more than an hour of that.
    next_attempt_at = case
      when failure_class = 'transient' then engine.clock() + greatest(
        (4 ^ least(attempt - 1, 3)) * (0.75 + random() / 2) * interval '1 minute',
        least(coalesce(retry_after_seconds, 0), 3600) * interval '1 second'
      )
      else engine.clock()
    end
  where chunk.id = held.id;

  if failure_class = 'account' then
    update public.backfill_runs as run
    set
      paused_at = engine.clock(),
      pause_reason = format('%s. When that is put right: select backfill_resume(%s);', message, run.id)
    where run.id = held.run_id and run.paused_at is null;
  end if;

  perform engine.dispatch_next(held.feed);
  perform engine.count_calls(held, fail_chunk.api_calls);
  return new_state;
end
$$;
comment on function public.fail_chunk(bigint, uuid, text, text, text, integer, integer, integer) is
  'Ends an attempt that failed. failure_class: transient (tried again after 1, 4, 16 and 64 minutes, then dead; each 64
   minutes while nobody of the feed gets a page, for a day), chunk (dead at once, the run goes on) or account (the run is paused). message says what happened and carries no secret. Returns the
   chunk''s new state. Error PT409 when the lease is lost.';

revoke execute on function
  engine.dispatch_next(text),
  engine.is_hopeless(public.backfill_progress),
  public.finish_chunk(bigint, uuid),
  public.yield_chunk(bigint, uuid, integer, boolean),
  public.fail_chunk(bigint, uuid, text, text, text, integer, integer, integer)
  from public, anon, authenticated;
grant execute on function
  engine.dispatch_next(text),
  engine.is_hopeless(public.backfill_progress),
  public.finish_chunk(bigint, uuid),
  public.yield_chunk(bigint, uuid, integer, boolean),
  public.fail_chunk(bigint, uuid, text, text, text, integer, integer, integer)
  to service_role;
