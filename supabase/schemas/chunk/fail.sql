-- An attempt that failed.

create function engine.wait_after_failure(attempt integer, retry_after_seconds integer)
returns interval
language sql
volatile
security invoker
set search_path = ''
as $$
  select greatest(
    (4 ^ least(attempt - 1, 3)) * (0.75 + random() / 2) * interval '1 minute',
    least(coalesce(retry_after_seconds, 0), 3600) * interval '1 second'
  )
$$;
comment on function engine.wait_after_failure(integer, integer) is
  'How long a chunk waits after this many transient failures in a row: 1, 4, 16 and then 64 minutes, give or take a
   quarter; at least as long as the API asked for, of which an hour counts at most. retry_after_seconds: null when the
   API asked for nothing.';

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
    -- Lists are one chunk, the whole run waits for it, and the same rows come again each month.
    or (select feed.counted_by = 'lists' from engine.feeds as feed where feed.name = chunk.feed)
$$;
comment on function engine.is_hopeless(public.backfill_progress) is
  'Whether a chunk fails for a reason of its own: others of its feed got pages during this attempt, or it has failed
   for a day, not counting pauses and the time that it was dead. Lists are judged alone. Otherwise the API may be down
   for everybody, and no chunk is given up for that.';

create function engine.pause_for_account(run_id bigint, message text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_runs as run
  set
    paused_at = engine.clock(),
    pause_reason = format(
      '%s. Once that is fixed: select backfill_resume(%s);', pause_for_account.message, run.id
    )
  where run.id = pause_for_account.run_id and run.paused_at is null;
end
$$;
comment on function engine.pause_for_account(bigint, text) is
  'Pauses a run, unless it is paused already, because the API refuses the account. message: what the API said.';

create function public.fail_chunk(
  chunk_id bigint,
  lease_token uuid,
  failure_class text,
  message text,
  endpoint text default null,
  http_status integer default null,
  retry_after_seconds integer default null,
  api_calls integer default 0,
  report jsonb default null
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
  perform engine.log_failure(
    chunk => held, failure_class => failure_class, endpoint => fail_chunk.endpoint,
    http_status => fail_chunk.http_status, attempt => attempt, message => message
  );

  new_state := case
    when failure_class = 'chunk' then 'dead'
    when
      failure_class = 'transient' and attempt >= settings.attempts_before_dead and engine.is_hopeless(held)
      then 'dead'
    else 'waiting'
  end;
  update public.backfill_progress as chunk
  set
    -- A refused account is not the chunk's fault: it costs the chunk no attempt.
    attempts = case
      when failure_class = 'account' then chunk.attempts
      when new_state = 'waiting' then least(attempt, settings.attempts_before_dead - 1)
      else attempt
    end,
    failing_since = case
      when failure_class = 'account' then chunk.failing_since else coalesce(chunk.failing_since, engine.clock())
    end,
    api_calls = chunk.api_calls + fail_chunk.api_calls
  where chunk.id = held.id;
  perform engine.leave_chunk(
    chunk => held, state => new_state, error => message,
    due_at => engine.clock() + case
      when failure_class = 'transient' then engine.wait_after_failure(attempt, retry_after_seconds) else interval '0'
    end,
    ended_as => 'failed', report => fail_chunk.report
  );

  if failure_class = 'account' then
    perform engine.pause_for_account(held.run_id, message);
  end if;
  perform engine.dispatch_next(held.feed);
  perform engine.count_calls(held, fail_chunk.api_calls);
  return new_state;
end
$$;
comment on function public.fail_chunk(bigint, uuid, text, text, text, integer, integer, integer, jsonb) is
  'Ends an attempt that failed. failure_class: transient (tried again after 1, 4, 16 and 64 minutes, then dead; every
   64 minutes for a day while no chunk of the feed gets a page), chunk (dead at once, the run goes on) or account (the
   run is paused). message says what happened and must contain no secret; report: where the invocation''s time went,
   see engine.end_invocation. Returns the chunk''s new state. Error PT409 when the lease is lost; 22023 when the class
   is none of these.';

revoke all on function public.fail_chunk from public, anon, authenticated, service_role;
grant execute on function
  engine.wait_after_failure, engine.is_hopeless, engine.pause_for_account, public.fail_chunk
  to service_role;
