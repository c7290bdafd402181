-- How a chunk leaves a worker.

create function engine.leave_chunk(
  chunk public.backfill_progress,
  state text,
  due_at timestamptz default engine.clock(),
  error text default null,
  ended_as text default null,
  report jsonb default null
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_progress as known
  set
    state = leave_chunk.state,
    lease_token = null,
    lease_until = null,
    next_attempt_at = case when leave_chunk.state = 'waiting' then leave_chunk.due_at else known.next_attempt_at end,
    ended_at = case when leave_chunk.state <> 'waiting' then engine.clock() end,
    last_error = case when leave_chunk.state <> 'succeeded' then coalesce(leave_chunk.error, known.last_error) end
  where known.id = leave_chunk.chunk.id;
  perform engine.end_invocation(
    leave_chunk.chunk.lease_token,
    coalesce(
      leave_chunk.ended_as,
      case leave_chunk.state when 'waiting' then 'yielded' when 'dead' then 'failed' else leave_chunk.state end
    ),
    leave_chunk.report
  );
  -- A chunk that waits or is dead may go on at its cursor, and still needs what it has read before.
  if leave_chunk.state in ('succeeded', 'cancelled') then
    delete from engine.pages_read as read where read.chunk_id = leave_chunk.chunk.id;
    delete from engine.copies_read as read where read.chunk_id = leave_chunk.chunk.id;
  end if;
end
$$;
comment on function engine.leave_chunk(public.backfill_progress, text, timestamptz, text, text, jsonb) is
  'The one way in which a chunk leaves a worker: ends the lease and puts the chunk, which the caller holds locked, into
   a state. waiting: may be claimed from due_at on; succeeded, dead or cancelled: ended now, and due_at is ignored.
   error becomes last_error; null keeps the present one, and a chunk that succeeded has none. A chunk that succeeded or
   was cancelled forgets which races it has read. A dead chunk without an error violates a constraint. ended_as and
   report complete the record of its invocation: see engine.end_invocation. ended_as defaults to what the state
   suggests: yielded when it waits, failed when it is dead.';

create function engine.interrupt_chunk(chunk public.backfill_progress, message text, report jsonb default null)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  nth constant integer := interrupt_chunk.chunk.interruptions + 1;
  gives_up constant boolean := nth >= (select s.interruptions_before_dead from public.backfill_settings as s);
  new_state constant text := case when gives_up then 'dead' else 'waiting' end;
begin
  perform engine.log_failure(
    chunk => interrupt_chunk.chunk, failure_class => 'interruption', endpoint => null, http_status => null,
    attempt => nth, message => interrupt_chunk.message
  );
  update public.backfill_progress as known set interruptions = nth where known.id = interrupt_chunk.chunk.id;
  perform engine.leave_chunk(
    chunk => interrupt_chunk.chunk, state => new_state,
    error => case when gives_up then format('Interrupted %s times without storing a page', nth) end,
    ended_as => 'interrupted', report => interrupt_chunk.report
  );
  return new_state;
end
$$;
comment on function engine.interrupt_chunk(public.backfill_progress, text, jsonb) is
  'Takes a chunk, which the caller holds locked, from an invocation that ended before it stored a page: logs the
   interruption with this message and counts it; report as in engine.end_invocation. Returns the state that the chunk
   goes to: waiting, or dead when it was interrupted too often.';

grant execute on function engine.leave_chunk, engine.interrupt_chunk to service_role;
