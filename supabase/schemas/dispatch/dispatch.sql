-- Asking for an invocation. The call leaves through pg_net after the transaction commits, so a state change and the
-- call it needs happen together or not at all. A call may still be lost on its way: the sweep restores it.

create table engine.dispatches (
  id bigint generated always as identity primary key,
  feed text not null,
  sent_at timestamptz not null default engine.clock()
);

create index dispatches_feed on engine.dispatches (feed, sent_at);
comment on table engine.dispatches is
  'Calls queued and not yet answered by a claim. A claim takes its call off the list, so the same call delivered twice
   claims once, and the sweep takes off what is lost.';
comment on column engine.dispatches.id is 'Goes with the call; claim_chunk gets it back.';
comment on column engine.dispatches.feed is 'One of engine.feeds.';
comment on column engine.dispatches.sent_at is 'When it was queued.';

create function engine.dispatch_is_lost(sent_at timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    dispatch_is_lost.sent_at < engine.clock() - interval '15 seconds'
    -- Sent by a clock that was ahead and has been put right.
    or dispatch_is_lost.sent_at > engine.clock() + interval '1 minute'
$$;
comment on function engine.dispatch_is_lost(timestamptz) is
  'Whether a call queued then can no longer be expected: a hop through pg_net takes a third of a second, behind a slow
   batch five.';

-- Security definer, so that the role that the functions work with needs no right to Vault's secrets nor to pg_net.
create function engine.dispatch(feed text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  project_url text;
  worker_secret text;
  function_name constant text := (
    select known.function_name from engine.feeds as known where known.name = dispatch.feed
  );
  dispatch_id bigint;
  -- Longer than a call is waited for and a crowded queue may hold it up, and not much longer.
  expires constant bigint := floor(extract(epoch from engine.wall_clock())) + 120;
begin
  if function_name is null then
    raise exception 'Unknown feed "%"', dispatch.feed
      using errcode = '22023', hint = 'The feeds are the rows of engine.feeds.';
  end if;
  select s.decrypted_secret into project_url from vault.decrypted_secrets as s where s.name = 'project_url';
  -- Trimmed, as the functions trim WORKER_SECRET.
  select nullif(btrim(s.decrypted_secret, E' \t\r\n'), '') into worker_secret
  from vault.decrypted_secrets as s where s.name = 'worker_secret';
  if project_url is null or worker_secret is null then
    raise exception 'Vault lacks the secret "%"',
      case when project_url is null then 'project_url' else 'worker_secret' end
      -- A code of its own, which PostgREST answers as HTTP 424, so that what catches it catches nothing else.
      using errcode = 'PT424',
        hint = 'Fill in supabase/snippets/set_up.sql and run it: it sets both secrets, again too.';
  end if;

  insert into engine.dispatches (feed) values (dispatch.feed) returning id into dispatch_id;
  -- Everybody who can log in may read the queue: the secret itself does not go there, only what it signs.
  perform engine.post(
    url => rtrim(project_url, '/') || '/functions/v1/' || function_name,
    headers => jsonb_build_object(
      'Content-Type', 'application/json',
      'X-Call-Signature', encode(
        engine.hmac_sha256(
          engine.text_to_sign(array[function_name, dispatch.feed, dispatch_id::text, expires::text]),
          convert_to(worker_secret, 'utf8')
        ),
        'hex'
      )
    ),
    body => jsonb_build_object('feed', dispatch.feed, 'dispatch', dispatch_id, 'expires', expires)
  );
end
$$;
comment on function engine.dispatch(text) is
  'Queues one call of the function that works on a feed, signed with the Vault secret worker_secret, for two
   minutes and for one claim. Needs the Vault secrets project_url and worker_secret: error PT424 (HTTP 424) when one is
   missing, or when pg_net''s queue is not safe to write to.';

alter table engine.dispatches set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

alter table engine.dispatches enable row level security;
grant select, delete on engine.dispatches to service_role;
grant execute on function engine.dispatch_is_lost, engine.dispatch to service_role;
