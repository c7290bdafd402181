-- Settings an operator may change, and the one rate budget that every call to the API is drawn from.

create table public.backfill_settings (
  id boolean primary key default true,
  regions text[] not null default array['gb', 'ire'],
  leases_per_feed integer not null default 2,
  lease_seconds integer not null default 90,
  stop_taking_pages_after_seconds integer not null default 45,
  stop_taking_pages_after_busy_seconds numeric(4, 2) not null default 0.4,
  racecards_page_limit integer not null default 500,
  results_page_limit integer not null default 100,
  answer_timeout_seconds integer not null default 30,
  attempts_before_dead integer not null default 5,
  interruptions_before_dead integer not null default 10,
  capture_odds boolean not null default false,
  gap_tries integer not null default 3,
  gap_days_a_night integer not null default 62,
  freshness_grace_minutes integer not null default 45,
  alert_format text not null default 'slack',
  error_log_days integer not null default 90,
  api_log_days integer not null default 7,
  cron_log_days integer not null default 7,
  scheduled_run_days integer not null default 30,
  alert_days integer not null default 180,
  reject_days integer not null default 90,
  schedules_started_on date,
  constraint backfill_settings_one_row check (id),
  constraint backfill_settings_regions_not_empty check (cardinality(regions) > 0),
  constraint backfill_settings_leases_positive check (leases_per_feed between 1 and 10),
  constraint backfill_settings_lease_outlives_page check (lease_seconds between 30 and 600),
  constraint backfill_settings_stop_positive check (stop_taking_pages_after_seconds between 1 and 300),
  constraint backfill_settings_busy_positive check (stop_taking_pages_after_busy_seconds > 0),
  constraint backfill_settings_racecards_page_limit_allowed check (racecards_page_limit between 1 and 500),
  constraint backfill_settings_results_page_limit_allowed check (results_page_limit between 1 and 100),
  constraint backfill_settings_answer_timeout_sane check (answer_timeout_seconds between 1 and 60),
  constraint backfill_settings_attempts_positive check (attempts_before_dead between 1 and 100),
  constraint backfill_settings_interruptions_positive check (interruptions_before_dead between 1 and 1000),
  constraint backfill_settings_gap_tries_positive check (gap_tries between 1 and 100),
  constraint backfill_settings_gap_days_positive check (gap_days_a_night between 1 and 1000),
  constraint backfill_settings_grace_positive check (freshness_grace_minutes between 1 and 1440),
  constraint backfill_settings_alert_format_known check (alert_format in ('slack', 'json')),
  constraint backfill_settings_retention_positive check (
    least(error_log_days, api_log_days, cron_log_days, scheduled_run_days, alert_days, reject_days) >= 1
  )
);
insert into public.backfill_settings default values;

comment on table public.backfill_settings is 'One row: what an operator may tune. A change holds from the next claim on.';
comment on column public.backfill_settings.regions is
  'Region codes to pull, lower case, as /courses/regions spells them (saf, not sa). A change holds from the next claim
   on; a period of results, or a card day, that is half read keeps its own. Days that were pulled without one of them count as missing.';
comment on column public.backfill_settings.leases_per_feed is
  'Chunks of one feed that may be worked on at once. Two, so that a hop through pg_net costs no throughput.';
comment on column public.backfill_settings.lease_seconds is 'How long a lease lasts unless a page renews it.';
comment on column public.backfill_settings.stop_taking_pages_after_seconds is
  'An invocation takes no further page after this time and yields: an isolate is retired at half of its wall clock.';
comment on column public.backfill_settings.stop_taking_pages_after_busy_seconds is
  'Likewise for the seconds it spent parsing and reading bodies. Sending and receiving costs about as much again (measured: 1.8 s of
   CPU for each of these seconds), and an isolate is retired at 1 s of CPU and ended at 2 s.';

comment on column public.backfill_settings.capture_odds is
  'Whether ra_runner_odds is filled. Odds are most of a card''s bytes, and stored they are more than
   the rest of it: about 10,500 rows of 180 bytes a card day (1.9 MB, indexes included), against 0.3 MB for its races and runners.';

comment on column public.backfill_settings.gap_tries is 'Nightly pulls of a day with a gap, after which it is given up and an alert says so.';
comment on column public.backfill_settings.gap_days_a_night is 'Days of a feed that one closing of gaps pulls at most, the newest first.';
comment on column public.backfill_settings.freshness_grace_minutes is
  'How late a scheduled pull may be before data_freshness calls the feed late. Three retries of a failed pull take 21 minutes.';
comment on column public.backfill_settings.alert_format is 'Body of an alert: slack ({"text": …}) or json (all of it in fields).';
comment on column public.backfill_settings.error_log_days is 'How long ingest_errors keeps a row.';
comment on column public.backfill_settings.api_log_days is 'How long racing_api_calls keeps a row.';
comment on column public.backfill_settings.cron_log_days is 'How long cron.job_run_details keeps a row of the engine''s jobs.';
comment on column public.backfill_settings.scheduled_run_days is 'How long a scheduled run that succeeded is kept. What a backfill did is kept for ever.';
comment on column public.backfill_settings.alert_days is 'How long an alert is kept after it was well again.';
comment on column public.backfill_settings.reject_days is
  'How long a reject is kept after it was acknowledged and last met. One that nobody has acknowledged is kept for ever, and so is a
   runner of a result: it says that the horse ran.';
comment on column public.backfill_settings.schedules_started_on is
  'Set by start_schedules and emptied by stop_schedules: from this UK day on every day is expected to be stored.';

comment on column public.backfill_settings.racecards_page_limit is 'Races asked for in one call of /racecards/pro; the API allows 500.';
comment on column public.backfill_settings.results_page_limit is 'Races asked for in one call of /results; the API allows 100.';
comment on column public.backfill_settings.answer_timeout_seconds is
  'How long a call of the API may take until its body is in. A racecards page of a big Saturday is 2 MB.';
comment on column public.backfill_settings.attempts_before_dead is 'Failed attempts of a chunk without a page in between, after which it is dead.';
comment on column public.backfill_settings.interruptions_before_dead is 'Leases of a chunk that run out without a page in between, after which it is dead.';

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
comment on column public.racing_api_limits.documented_calls_per_second is 'As The Racing API documents it for its paid plans.';
comment on column public.racing_api_limits.calls_per_second is 'The rate in force: what the account''s plan allows.';
comment on column public.racing_api_limits.headroom is
  'Share of the rate left unused. Slots are evenly spaced, but requests arrive with jitter: with 0.10 at 5 calls a second a
   call may be 111 ms late before any window of one second holds a sixth.';
comment on column public.racing_api_limits.next_slot is
  'No slot before it: an endpoint''s slots are evenly spaced, and after a 429 there is none for a while. In the past when idle.';
comment on column public.racing_api_limits.taken_slots is
  'The account''s row: slots given out, for as long as they bear on those to come. Empty for endpoints.';

insert into public.racing_api_limits (endpoint, documented_calls_per_second, calls_per_second)
values
  -- More than 100 requests in 10 s from one address block it for five minutes.
  ('account', 10, 10),
  ('/racecards/pro', 2, 2),
  ('/results', 5, 5),
  ('/courses', 1, 1),
  ('/courses/regions', 1, 1);

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
    -- Those that have, with the slot, one too many within the span: from the slot on until the span behind the first of them.
    select max(near.first_taken) + free_slot.span into crowded_until
    from (
      select n.at as first_taken, lead(n.at, free_slot.allowed - 1) over (order by n.at) as last_taken
      from unnest(free_slot.taken) as n (at)
      where n.at > slot - free_slot.span and n.at < slot + free_slot.span
    ) as near
    where near.last_taken is not null and greatest(near.last_taken, slot) - least(near.first_taken, slot) < free_slot.span;
    exit when crowded_until is null;
    slot := crowded_until;
  end loop;
  return slot;
end
$$;
comment on function engine.free_slot(timestamptz[], timestamptz, integer, interval) is
  'The first moment, not before earliest, at which one more slot leaves no more than allowed ones within any span of time. Later slots
   may be taken already: one that is early enough before them is still free.';

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
  -- Always the endpoint's row first, then the account's: two callers never wait for each other in a ring.
  select l.* into own
  from public.racing_api_limits as l
  where l.endpoint = reserve_slot.endpoint and l.endpoint <> 'account'
  for no key update;
  if not found then
    raise exception 'There is no rate limit for the endpoint "%"', reserve_slot.endpoint
      using errcode = '22023', hint = 'Add it to racing_api_limits with the rate that The Racing API documents for it.';
  end if;
  select l.* into account from public.racing_api_limits as l where l.endpoint = 'account' for no key update;
  -- Not before the rows are held: who waited for them would get a slot of the past.
  moment := engine.clock();

  -- The endpoint's slots are evenly spaced. The account's are counted: no more within a second, and its headroom, than its rate. So
  -- a card that waits for its endpoint takes one place when its time comes, and holds up no result before it.
  allowed := greatest(floor(account.calls_per_second), 1);
  -- To the microsecond above: a third of a second, rounded down three times, would be four calls in a second.
  span := ceil(1000000 / (least(account.calls_per_second, 1) * (1 - account.headroom)))::float8 * interval '1 microsecond';
  account.taken_slots := array(select t.at from unnest(account.taken_slots) as t (at) where t.at > moment - span);
  slot := greatest(own.next_slot, account.next_slot, moment);
  if cardinality(account.taken_slots) >= allowed then
    slot := engine.free_slot(account.taken_slots, slot, allowed, span);
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
  'Reserves the next slot of an endpoint (its path, as in racing_api_limits). Returns the milliseconds until it: call the API
   then, not earlier, once. Every caller in every invocation draws from the same rows, so together they keep the endpoint''s
   rate and the account''s, in every second.';

create function public.push_back_slots(endpoint text, seconds numeric)
returns void
language sql
security invoker
set search_path = ''
as $$
  update public.racing_api_limits as l
  set next_slot = greatest(l.next_slot, engine.clock() + least(greatest(seconds, 0), 3600)::float8 * interval '1 second')
  where l.endpoint = push_back_slots.endpoint;
$$;

comment on function public.push_back_slots(text, numeric) is
  'After a 429: no slot of the endpoint for anybody in the next so many seconds (at most an hour).';

alter table public.backfill_settings enable row level security;
alter table public.racing_api_limits enable row level security;
revoke all on public.backfill_settings, public.racing_api_limits from anon, authenticated, service_role;
grant select on public.backfill_settings to service_role;
grant select, update on public.racing_api_limits to service_role;
revoke execute on function
  engine.free_slot(timestamptz[], timestamptz, integer, interval),
  public.reserve_slot(text), public.push_back_slots(text, numeric)
  from public, anon, authenticated;
grant execute on function
  engine.free_slot(timestamptz[], timestamptz, integer, interval),
  public.reserve_slot(text), public.push_back_slots(text, numeric)
  to service_role;
