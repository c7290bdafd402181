-- A dispatch asks a function, through pg_net, to work on a feed. It is sent after the transaction commits, so a state
-- change and the dispatch that it needs happen together or not at all. A dispatch may still be lost on its way: the
-- sweep sends another.

create table engine.dispatches (
  id bigint generated always as identity primary key,
  feed text not null,
  sent_at timestamptz not null default engine.clock(),
  request_id bigint,
  queued_at timestamptz not null default engine.wall_clock()
);

create index dispatches_feed on engine.dispatches (feed, sent_at);
comment on table engine.dispatches is
  'Dispatches that were queued and not yet claimed. A claim removes its dispatch, so one that is delivered twice claims
   once; the sweep removes lost ones.';
comment on column engine.dispatches.id is 'Sent with the dispatch; the function returns it to claim_chunk.';
comment on column engine.dispatches.feed is 'One of engine.feeds.';
comment on column engine.dispatches.sent_at is 'When it was queued, by the engine''s time.';
comment on column engine.dispatches.request_id is 'The id of pg_net''s request and of its response.';
comment on column engine.dispatches.queued_at is 'When it was queued, by the real clock, which pg_net goes by.';

create function engine.dispatch_is_lost(sent_at timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    dispatch_is_lost.sent_at < engine.clock() - interval '15 seconds'
    -- Sent by a clock that was ahead and has been corrected.
    or dispatch_is_lost.sent_at > engine.clock() + interval '1 minute'
$$;
comment on function engine.dispatch_is_lost(timestamptz) is
  'Whether a dispatch queued at this time counts as lost. A hop through pg_net takes a third of a second, behind a slow
   batch five seconds.';

create function engine.post_signed(function_name text, subject text, id bigint, body jsonb)
returns bigint
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  project_url text;
  worker_secret text;
  -- A little longer than the wait for a dispatch plus the delay of a crowded queue.
  expires constant bigint := floor(extract(epoch from engine.wall_clock())) + 120;
begin
  -- Trimmed, as the functions trim WORKER_SECRET.
  select nullif(btrim(s.decrypted_secret, E' \t\r\n'), '') into project_url
  from vault.decrypted_secrets as s where s.name = 'project_url';
  select nullif(btrim(s.decrypted_secret, E' \t\r\n'), '') into worker_secret
  from vault.decrypted_secrets as s where s.name = 'worker_secret';
  if project_url is null or worker_secret is null then
    raise exception 'Vault lacks the secret "%"',
      case when project_url is null then 'project_url' else 'worker_secret' end
      -- A code of its own, so that handlers of it catch nothing else. PostgREST answers it as HTTP 424.
      using errcode = 'PT424',
        hint = 'Run "npx -y deno task setup"; with only the SQL editor, fill in supabase/snippets/set_up.sql and run '
          'it.';
  end if;
  -- Every login can read the queue, so it holds only what the secret signs, never the secret.
  return engine.post(
    url => rtrim(project_url, '/') || '/functions/v1/' || post_signed.function_name,
    headers => jsonb_build_object(
      'Content-Type', 'application/json',
      'X-Call-Signature', encode(
        engine.hmac_sha256(
          engine.text_to_sign(
            array[post_signed.function_name, post_signed.subject, post_signed.id::text, expires::text]
          ),
          convert_to(worker_secret, 'utf8')
        ),
        'hex'
      )
    ),
    body => post_signed.body || jsonb_build_object('expires', expires)
  );
end
$$;
comment on function engine.post_signed(text, text, bigint, jsonb) is
  'Queues a request to a function, signed with the Vault secret worker_secret over function, subject (a feed, or ping),
   id and expiry, and valid for two minutes. The expiry is added to the body. Returns the id of pg_net''s request. Needs
   the Vault secrets project_url and worker_secret: error PT424 (HTTP 424) when one is missing, or when pg_net''s queue
   is not safe to write to.';

-- Security definer, so that the role that the functions work with needs no right to Vault's secrets or to pg_net.
create function engine.dispatch(feed text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  function_name constant text := (
    select known.function_name from engine.feeds as known where known.name = dispatch.feed
  );
  dispatch_id bigint;
begin
  if function_name is null then
    raise exception 'Unknown feed "%"', dispatch.feed
      using errcode = '22023', hint = 'The feeds are the rows of engine.feeds.';
  end if;
  insert into engine.dispatches (feed) values (dispatch.feed) returning id into dispatch_id;
  update engine.dispatches as sent
  set
    request_id = engine.post_signed(
      function_name => function_name, subject => dispatch.feed, id => dispatch_id,
      body => jsonb_build_object('feed', dispatch.feed, 'dispatch', dispatch_id)
    )
  where sent.id = dispatch_id;
end
$$;
comment on function engine.dispatch(text) is
  'Queues one dispatch to the function that works on a feed, valid for one claim. Errors: those of engine.post_signed;
   22023 for an unknown feed.';

alter table engine.dispatches set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

alter table engine.dispatches enable row level security;
grant select, delete on engine.dispatches to service_role;
grant execute on function engine.dispatch_is_lost, engine.dispatch to service_role;
