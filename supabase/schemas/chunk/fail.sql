-- An attempt that failed.

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

revoke all on function public.fail_chunk from public, anon, authenticated, service_role;
grant execute on function public.fail_chunk to service_role;
