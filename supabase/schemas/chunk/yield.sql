-- A chunk given back at its cursor.

create function public.yield_chunk(
  chunk_id bigint, lease_token uuid, api_calls integer, progressed boolean default true, report jsonb default null
)
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
  update public.backfill_progress as chunk
  set api_calls = chunk.api_calls + yield_chunk.api_calls
  where chunk.id = held.id;
  if not progressed then
    new_state := engine.interrupt_chunk(
      held, 'The isolate was ended before it had stored a page', yield_chunk.report
    );
  else
    perform engine.leave_chunk(held, new_state, report => yield_chunk.report);
  end if;
  perform engine.dispatch_next(held.feed);
  perform engine.count_calls(held, yield_chunk.api_calls);
  return new_state;
end
$$;
comment on function public.yield_chunk(bigint, uuid, integer, boolean, jsonb) is
  'Gives a chunk back at its cursor because the invocation''s time is up. api_calls: those made since the last page;
   progressed: whether a page was stored since the claim, otherwise it is an interruption; report: where the
   invocation''s time went, see engine.end_invocation. Returns the chunk''s new state: waiting, or dead after too many
   interruptions. Error PT409 when the lease is lost.';

revoke all on function public.yield_chunk from public, anon, authenticated, service_role;
grant execute on function public.yield_chunk to service_role;
