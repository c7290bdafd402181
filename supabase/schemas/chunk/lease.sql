-- The lease of a chunk. Every write of a worker passes here first.

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
      using errcode = 'PT409', hint = 'Another worker has the chunk, or it has ended. Stop; nothing was written.';
  end if;
  return held;
end
$$;
comment on function engine.hold_lease(bigint, uuid) is
  'Locks the chunk''s row and returns it when the token is the current one; otherwise error PT409 (HTTP 409), so that
   an invocation that lost its lease changes nothing.';

create function engine.next_lease_end()
returns timestamptz
language sql
volatile
security invoker
set search_path = ''
as $$ select engine.clock() + s.lease_seconds * interval '1 second' from public.backfill_settings as s $$;
comment on function engine.next_lease_end() is 'When a lease that is given or renewed now runs out.';

create function engine.renew_lease(chunk_id bigint)
returns timestamptz
language plpgsql
security invoker
set search_path = ''
as $$
declare
  new_lease_end constant timestamptz := engine.next_lease_end();
begin
  update public.backfill_progress as chunk set lease_until = new_lease_end where chunk.id = renew_lease.chunk_id;
  return new_lease_end;
end
$$;
comment on function engine.renew_lease(bigint) is
  'Renews the lease of a chunk, which the caller holds. Returns until when it holds.';

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
  held constant public.backfill_progress := engine.hold_lease(
    note_failed_request.chunk_id, note_failed_request.lease_token
  );
begin
  perform engine.log_failure(
    chunk => held, failure_class => 'retried', endpoint => note_failed_request.endpoint,
    http_status => note_failed_request.http_status, attempt => note_failed_request.attempt,
    message => note_failed_request.message
  );
  -- Three timeouts in a row take longer than a lease, and the invocation that reports them is alive.
  perform engine.renew_lease(held.id);
end
$$;
comment on function public.note_failed_request(bigint, uuid, text, text, integer, integer) is
  'Keeps one failed request that the invocation sends again, and renews the lease. attempt: which request for the page
   it was, starting at 1; message must contain no secret. Error PT409 when the lease is lost.';

revoke all on function public.note_failed_request from public, anon, authenticated, service_role;
grant execute on function
  engine.hold_lease, engine.next_lease_end, engine.renew_lease, public.note_failed_request
  to service_role;
