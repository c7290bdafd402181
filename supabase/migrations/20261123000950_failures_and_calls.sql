-- The error log, and the count of API calls.

create function engine.log_failure(
  chunk public.backfill_progress,
  failure_class text,
  endpoint text,
  http_status integer,
  attempt integer,
  message text
)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ingest_errors (run_id, chunk_id, feed, failure_class, endpoint, http_status, attempt, message)
  values (
    chunk.run_id, chunk.id, chunk.feed, log_failure.failure_class, log_failure.endpoint, log_failure.http_status,
    log_failure.attempt, log_failure.message
  )
$$;
comment on function engine.log_failure(public.backfill_progress, text, text, integer, integer, text) is
  'Keeps one failed attempt in the error log.';

create function engine.count_calls(chunk public.backfill_progress, calls integer)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.racing_api_calls as known (run_id, feed, counted_from, calls)
  select chunk.run_id, chunk.feed, date_bin('10 seconds', engine.clock(), timestamptz 'epoch'), count_calls.calls
  where count_calls.calls > 0
  on conflict (run_id, feed, counted_from) do update set calls = known.calls + excluded.calls
$$;
comment on function engine.count_calls(public.backfill_progress, integer) is
  'Counts API calls of a chunk for the current rate. Call it last in a transaction: the chunks of a feed share the row.';

create function public.note_failed_request(
  chunk_id bigint,
  lease_token uuid,
  message text,
  endpoint text,
  http_status integer default null,
  attempt integer default 1
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held constant public.backfill_progress := engine.hold_lease(note_failed_request.chunk_id, note_failed_request.lease_token);
begin
  perform engine.log_failure(
    held, 'retried', note_failed_request.endpoint, note_failed_request.http_status, note_failed_request.attempt,
    note_failed_request.message
  );
  -- Three timeouts in a row take longer than a lease, and whoever reports them is alive.
  update public.backfill_progress as chunk
  set lease_until = engine.clock() + (select s.lease_seconds from public.backfill_settings as s) * interval '1 second'
  where chunk.id = held.id;
end
$$;
comment on function public.note_failed_request(bigint, uuid, text, text, integer, integer) is
  'Keeps one failed request that the invocation sends again, and renews the lease. attempt: which request of the page it was, 1
   the first; message carries no secret. Error PT409 when the lease is lost.';

create function engine.count_interruption(chunk public.backfill_progress, message text)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  nth constant integer := count_interruption.chunk.interruptions + 1;
  gives_up constant boolean := nth >= (select s.interruptions_before_dead from public.backfill_settings as s);
begin
  perform engine.log_failure(count_interruption.chunk, 'interruption', null, null, nth, count_interruption.message);
  update public.backfill_progress as interrupted
  set
    interruptions = nth,
    last_error = case
      when gives_up then format('Interrupted %s times without storing a page', nth)
      else interrupted.last_error
    end
  where interrupted.id = count_interruption.chunk.id;
  return case when gives_up then 'dead' else 'waiting' end;
end
$$;
comment on function engine.count_interruption(public.backfill_progress, text) is
  'Counts and logs an interruption of a chunk. Returns the state it goes to: waiting, or dead when it was interrupted too often
   without storing a page.';

revoke execute on function
  engine.count_interruption(public.backfill_progress, text),
  engine.log_failure(public.backfill_progress, text, text, integer, integer, text),
  engine.count_calls(public.backfill_progress, integer),
  public.note_failed_request(bigint, uuid, text, text, integer, integer)
  from public, anon, authenticated;
grant execute on function
  engine.count_interruption(public.backfill_progress, text),
  engine.log_failure(public.backfill_progress, text, text, integer, integer, text),
  engine.count_calls(public.backfill_progress, integer),
  public.note_failed_request(bigint, uuid, text, text, integer, integer)
  to service_role;
