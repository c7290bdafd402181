-- Slots: the right to make one call of the API at a time.

create function engine.free_slot(taken timestamptz[], earliest timestamptz, allowed integer, span interval)
returns timestamptz
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  slot timestamptz := free_slot.earliest;
  crowded_until timestamptz;
begin
  loop
    -- Slots with which one more would be too many within the span. No slot is free from there until a span after the
    -- first of them.
    select max(near.first_taken) + free_slot.span into crowded_until
    from (
      select n.at as first_taken, lead(n.at, free_slot.allowed - 1) over (order by n.at) as last_taken
      from unnest(free_slot.taken) as n (at)
      where n.at > slot - free_slot.span and n.at < slot + free_slot.span
    ) as near
    where
      near.last_taken is not null
      and greatest(near.last_taken, slot) - least(near.first_taken, slot) < free_slot.span;
    exit when crowded_until is null;
    slot := crowded_until;
  end loop;
  return slot;
end
$$;
comment on function engine.free_slot(timestamptz[], timestamptz, integer, interval) is
  'The first moment, not before earliest, at which one more slot leaves no more than allowed ones within any span of
   time. Later slots may be taken already: one that is early enough before them is still free.';

create function public.reserve_slot(endpoint text)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moment timestamptz;
  own public.racing_api_limits;
  account public.racing_api_limits;
  allowed integer;
  span interval;
  slot timestamptz;
begin
  -- A call that is made while the feeds in front have work would make their next call wait.
  if engine.stands_back(reserve_slot.endpoint) then
    return null;
  end if;
  -- Always the endpoint's row first, then the account's: two callers never deadlock.
  select l.* into own
  from public.racing_api_limits as l
  where l.endpoint = reserve_slot.endpoint and l.endpoint <> 'account'
  for no key update;
  if not found then
    raise exception 'There is no rate limit for the endpoint "%"', reserve_slot.endpoint
      using errcode = '22023', hint = 'Add it to racing_api_limits with the rate that The Racing API documents for it.';
  end if;
  select l.* into account from public.racing_api_limits as l where l.endpoint = 'account' for no key update;
  -- Read the time after the rows are locked: a caller that waited for them would get a slot in the past.
  moment := engine.clock();

  -- The endpoint's slots are evenly spaced. The account's are counted: no more within a second and its headroom than
  -- its rate. So a card that waits for its endpoint takes one place when its time comes, and delays no result before
  -- it.
  allowed := greatest(floor(account.calls_per_second), 1);
  -- Rounded up to the microsecond: a third of a second, rounded down three times, would be four calls in a second.
  span := ceil(1000000 / (least(account.calls_per_second, 1) * (1 - account.headroom)))::float8
    * interval '1 microsecond';
  account.taken_slots := array(select t.at from unnest(account.taken_slots) as t (at) where t.at > moment - span);
  slot := greatest(own.next_slot, account.next_slot, moment);
  if cardinality(account.taken_slots) >= allowed then
    slot := engine.free_slot(taken => account.taken_slots, earliest => slot, allowed => allowed, span => span);
  end if;

  update public.racing_api_limits as l
  set
    next_slot = case
      when l.endpoint = 'account' then l.next_slot
      else slot + ceil(1000000 / (l.calls_per_second * (1 - l.headroom)))::float8 * interval '1 microsecond'
    end,
    taken_slots = case when l.endpoint = 'account' then account.taken_slots || slot else l.taken_slots end
  where l.endpoint in (reserve_slot.endpoint, 'account');

  return ceil(1000 * extract(epoch from slot - moment));
end
$$;
comment on function public.reserve_slot(text) is
  'Reserves the next slot of an endpoint (its path, as in racing_api_limits). Returns the milliseconds until it: call
   the API then, not earlier, once. Every caller in every invocation draws from the same rows, so together they keep the
   endpoint''s rate and the account''s, in every second. Null, and no slot, for an endpoint of a feed in the background
   while another feed has work: see engine.stands_back.';

create function public.push_back_slots(endpoint text, seconds numeric)
returns void
language sql
security invoker
set search_path = ''
as $$
  update public.racing_api_limits as l
  set next_slot = greatest(
    l.next_slot, engine.clock() + least(greatest(seconds, 0), 3600)::float8 * interval '1 second'
  )
  where l.endpoint = push_back_slots.endpoint;
$$;
comment on function public.push_back_slots(text, numeric) is
  'After a 429: gives out no slot of the endpoint for this many seconds (at most an hour).';

revoke all on function public.reserve_slot, public.push_back_slots from public, anon, authenticated, service_role;
grant execute on function engine.free_slot, public.reserve_slot, public.push_back_slots to service_role;
