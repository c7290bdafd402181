-- What a chunk asks for next, of a feed that asks for ids.

create function public.next_ids(chunk_id bigint, lease_token uuid, after_id text, at_most integer)
returns table (id text, seen_on date, ids_left integer)
language plpgsql
security invoker
set search_path = ''
-- The API roles have 8 s; a month on a busy small instance may need more.
set statement_timeout = '60s'
as $$
declare
  held public.backfill_progress := engine.hold_lease(next_ids.chunk_id, next_ids.lease_token);
begin
  -- The invocation asks ahead of the page that it stores, so the cursor is its own.
  held.cursor_id := next_ids.after_id;
  return query
  select to_ask.id, to_ask.first_day, (count(*) over ())::integer
  from engine.ids_left(held) as to_ask
  order by to_ask.id collate "C"
  limit next_ids.at_most;
end
$$;
comment on function public.next_ids(bigint, uuid, text, integer) is
  'The next ids that a chunk asks for behind after_id (empty: from its first on), with the day on which each was first
   seen, and how many are left with these. No row: all were asked for. To find them takes as long for a few as for all:
   ask for what an invocation needs at once. Error PT409 when the lease is lost.';

revoke all on function public.next_ids from public, anon, authenticated, service_role;
grant execute on function public.next_ids to service_role;
