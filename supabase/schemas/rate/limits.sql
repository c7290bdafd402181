-- The rate budget that every API call draws from.

create table public.racing_api_limits (
  endpoint text primary key,
  documented_calls_per_second numeric(8, 2) not null,
  calls_per_second numeric(8, 2) not null,
  headroom numeric(3, 2) not null default 0.10,
  next_slot timestamptz not null default '-infinity',
  taken_slots timestamptz[] not null default '{}',
  constraint racing_api_limits_rate_positive check (calls_per_second > 0),
  constraint racing_api_limits_headroom_sane check (headroom >= 0 and headroom < 1)
);
comment on table public.racing_api_limits is
  'The rate budget: a row per endpoint, and one for the account. A slot is the right to make one call at a time.';
comment on column public.racing_api_limits.documented_calls_per_second is
  'As The Racing API documents it for its paid plans.';
comment on column public.racing_api_limits.calls_per_second is 'The rate in force: what the account''s plan allows.';
comment on column public.racing_api_limits.headroom is
  'Share of the rate left unused. Slots are evenly spaced, but requests arrive with jitter: with 0.10 at 5 calls a
   second a call may be 111 ms late before any window of one second holds a sixth.';
comment on column public.racing_api_limits.next_slot is
  'The earliest next slot: an endpoint''s slots are evenly spaced, and after a 429 there is none for a while. In the
   past when idle.';
comment on column public.racing_api_limits.taken_slots is
  'The account''s row: slots given out, kept for as long as they limit later ones. Empty for endpoints.';

insert into public.racing_api_limits (endpoint, documented_calls_per_second, calls_per_second)
values
  -- More than 100 requests in 10 s from one address block it for five minutes.
  ('account', 10, 10),
  ('/racecards/pro', 2, 2),
  ('/results', 5, 5),
  ('/courses', 1, 1),
  ('/courses/regions', 1, 1),
  ('/horses/{horse_id}/pro', 5, 5);

-- A few rows, updated all the time: room for the new versions on the same page, and vacuumed before they pile up.
alter table public.racing_api_limits
  set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

create view engine.feed_rates
with (security_invoker = true)
as
select
  feed.name as feed,
  feed.goes_first,
  coalesce(min(l.calls_per_second * (1 - l.headroom)), feed.ids_a_second) as calls_per_second,
  feed.in_background,
  feed.ids_a_second is null as asks_api
from engine.feeds as feed
left join public.racing_api_limits as l on l.endpoint = any (feed.endpoints)
group by feed.name;
comment on view engine.feed_rates is
  'Calls a second that the slowest endpoint of each feed allows, without the headroom; of a feed that asks none, the ids
   that it gets done.';

create function engine.allowed_rate(feed text, beside text[])
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  select
    own.calls_per_second
    * case
      when own.asks_api then least(1, account.calls_per_second * (1 - account.headroom) / together.calls_per_second)
      else 1
    end
  from engine.feed_rates as own
  cross join lateral (
    select sum(rate.calls_per_second) as calls_per_second
    from engine.feed_rates as rate
    -- Feeds that go first end before the others begin, and those in the background begin when the others have ended.
    where
      rate.feed = own.feed
      or (
        rate.feed = any (allowed_rate.beside)
        and not rate.goes_first
        and not rate.in_background
        and not own.in_background
      )
  ) as together
  join public.racing_api_limits as account on account.endpoint = 'account'
  where own.feed = allowed_rate.feed
$$;
comment on function engine.allowed_rate(text, text[]) is
  'Calls a second that the limits allow a feed while these others are pulled too: the rate of its endpoint, or its share
   of the account''s when together they could make more calls than the account may.';

alter table public.racing_api_limits enable row level security;
revoke all on public.racing_api_limits from public, anon, authenticated, service_role;
grant select, update on public.racing_api_limits to service_role;
grant select on engine.feed_rates to service_role;
grant execute on function engine.allowed_rate to service_role;
