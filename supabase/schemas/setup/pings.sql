-- A ping asks a function whether it works: it is signed and sent as a dispatch is, claims nothing, and the function
-- reports what it found.

create table engine.pings (
  id bigint generated always as identity primary key,
  function_name text not null,
  request_id bigint,
  sent_at timestamptz not null default engine.clock(),
  queued_at timestamptz not null default engine.wall_clock(),
  answered_at timestamptz,
  clock_ahead_seconds numeric,
  account text,
  api_endpoint text,
  api_status integer,
  api_message text,
  constraint pings_account_known check (account in ('accepted', 'refused', 'plan_too_low', 'not_set', 'unknown')),
  constraint pings_answer_comes_first check (answered_at is not null or account is null)
);

create index pings_function_name on engine.pings (function_name, id);
comment on table engine.pings is
  'Pings that were queued, and what the functions reported. The last twenty of each function are kept.';
comment on column engine.pings.id is 'Sent with the ping; valid for one answer.';
comment on column engine.pings.function_name is 'The Edge Function that it went to.';
comment on column engine.pings.request_id is 'The id of pg_net''s request and of its response.';
comment on column engine.pings.sent_at is 'When it was queued, by the engine''s time.';
comment on column engine.pings.queued_at is 'When it was queued, by the real clock, which pg_net goes by.';
comment on column engine.pings.answered_at is
  'When the function reported that it had got it, by the real clock; null before.';
comment on column engine.pings.clock_ahead_seconds is
  'By how much the function''s clock was ahead of the database''s; the way there is part of it.';
comment on column engine.pings.account is
  'What the API said of the account: accepted; refused; plan_too_low, for the endpoint asked; not_set: a function secret
   is missing; unknown: it did not answer, or with an error of its own. Null until the function reported it.';
comment on column engine.pings.api_endpoint is 'The path that was asked for.';
comment on column engine.pings.api_status is 'What the API answered; null without an answer.';
comment on column engine.pings.api_message is 'What went wrong with it; contains no secret. Null when nothing did.';

create function engine.ping_functions()
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  pinged text;
  ping_id bigint;
  sent integer := 0;
begin
  delete from engine.pings as old
  where old.id not in (
    select kept.id
    from (
      select p.id, row_number() over (partition by p.function_name order by p.id desc) as nth from engine.pings as p
    ) as kept
    where kept.nth < 20
  );
  for pinged in select distinct feed.function_name from engine.feeds as feed order by 1 loop
    insert into engine.pings (function_name) values (pinged) returning id into ping_id;
    update engine.pings as p
    set
      request_id = engine.post_signed(
        function_name => pinged, subject => 'ping', id => ping_id, body => jsonb_build_object('ping', ping_id)
      )
    where p.id = ping_id;
    sent := sent + 1;
  end loop;
  return sent;
end
$$;
comment on function engine.ping_functions() is
  'Queues a ping to each function of engine.feeds, and deletes old ones. Returns how many were queued. Errors: those of
   engine.post_signed.';

create function public.answer_ping(
  ping_id bigint,
  function_clock timestamptz,
  account text default null,
  api_endpoint text default null,
  api_status integer default null,
  api_message text default null
)
returns date
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if answer_ping.account is null then
    update engine.pings as p
    set
      answered_at = engine.wall_clock(),
      clock_ahead_seconds = round(extract(epoch from answer_ping.function_clock - engine.wall_clock()), 3)
    where p.id = answer_ping.ping_id and p.answered_at is null;
  else
    update engine.pings as p
    set
      account = answer_ping.account,
      api_endpoint = left(answer_ping.api_endpoint, 100),
      api_status = answer_ping.api_status,
      api_message = left(answer_ping.api_message, 500)
    where p.id = answer_ping.ping_id and p.answered_at is not null and p.account is null;
  end if;
  return case when found then engine.london_day() end;
end
$$;
comment on function public.answer_ping(bigint, timestamptz, text, text, integer, text) is
  'How a function answers a ping. First without an account, as soon as it gets the ping: this notes that it reached the
   database, and by how much its clock differs. Then, once, with what the API said of the account; the message must
   contain no secret. Returns the UK day, for which a card may be asked; null when the ping is unknown or this was
   reported before: then nothing is to be done.';

alter table engine.pings enable row level security;
revoke all on function public.answer_ping from public, anon, authenticated, service_role;
grant select, update on engine.pings to service_role;
grant execute on function engine.wall_clock, public.answer_ping to service_role;
