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

create function public.known_id(chunk_id bigint, lease_token uuid, other_than text default null)
returns text
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  held constant public.backfill_progress := engine.hold_lease(known_id.chunk_id, known_id.lease_token);
  -- A row somewhere in the table, and from there on: to sort all horses would take a second.
  blocks constant bigint := pg_catalog.pg_relation_size('public.ra_mst_horses') / 8192;
  somewhere constant tid := format('(%s,%s)', floor(random() * blocks), floor(random() * 50))::tid;
  found_id text;
begin
  if held.feed <> 'horses' then
    return null;
  end if;
  -- One that is complete without a card has its profile from there. Another one each time: one that the API has lost
  -- must not stop the feed for good.
  for nth in 1 .. 4 loop
    select horse.id into found_id
    from public.ra_mst_horses as horse
    where
      horse.ctid >= case when nth % 2 = 1 then somewhere else '(0,0)' end
      and horse.ctid < case when nth % 2 = 1 then '(4294967295,0)' else somewhere end
      and (nth > 2 or horse.card_seen_on is null)
      and horse.id is distinct from known_id.other_than
      -- Looked up for each row that is met, not as a list of all.
      and 0 = (
        select count(*) from engine.incomplete_ids as incomplete
        where incomplete.feed = held.feed and incomplete.id = horse.id
      )
    limit 1;
    exit when found;
  end loop;
  return found_id;
end
$$;
comment on function public.known_id(bigint, uuid, text) is
  'An id that the API surely knows, to ask for when it seems to know none of those that a chunk asks for: of horses one
   whose row is complete, at best from its profile, and another one each time. other_than: an id that is not wanted.
   Null when there is none. Error PT409 when the lease is lost.';

revoke all on function public.next_ids, public.known_id from public, anon, authenticated, service_role;
grant execute on function public.next_ids, public.known_id to service_role;
