-- Asking for an invocation. The call leaves through pg_net after the transaction commits, so a state change and the call it
-- needs happen together or not at all. A call may still be lost on its way: the sweep restores it.

create table engine.calls_on_their_way (
  id bigint generated always as identity primary key,
  feed text not null,
  sent_at timestamptz not null default engine.clock()
);
create index calls_on_their_way_feed on engine.calls_on_their_way (feed, sent_at);
comment on table engine.calls_on_their_way is
  'Calls queued and not yet answered by a claim. A claim takes its call off the list, so the same call delivered twice claims once,
   and the sweep takes off what is lost.';
comment on column engine.calls_on_their_way.id is 'Goes with the call; claim_chunk gets it back.';
comment on column engine.calls_on_their_way.feed is 'masters, racecards or results.';
comment on column engine.calls_on_their_way.sent_at is 'When it was queued.';
alter table engine.calls_on_their_way enable row level security;
revoke all on engine.calls_on_their_way from public, anon, authenticated, service_role;
grant select, delete on engine.calls_on_their_way to service_role;

create function engine.call_is_lost(sent_at timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    call_is_lost.sent_at < engine.clock() - interval '15 seconds'
    -- Sent by a clock that was ahead and has been put right.
    or call_is_lost.sent_at > engine.clock() + interval '1 minute'
$$;
comment on function engine.call_is_lost(timestamptz) is
  'Whether a call queued then can no longer be expected: a hop through pg_net takes a third of a second, behind a slow
   batch five.';

-- Core functions only, so that there is one way on every server, with pgcrypto or without.
create function engine.hmac_sha256(message bytea, key bytea)
returns bytea
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  block_bytes constant integer := 64;
  short_key constant bytea := case when octet_length(key) > block_bytes then sha256(key) else key end;
  block constant bytea := short_key || decode(repeat('00', block_bytes - octet_length(short_key)), 'hex');
  inner_block bytea := block;
  outer_block bytea := block;
begin
  for nth in 0 .. block_bytes - 1 loop
    inner_block := set_byte(inner_block, nth, get_byte(block, nth) # 54); -- 0x36
    outer_block := set_byte(outer_block, nth, get_byte(block, nth) # 92); -- 0x5c
  end loop;
  return sha256(outer_block || sha256(inner_block || message));
end
$$;
comment on function engine.hmac_sha256(bytea, bytea) is 'HMAC with SHA-256, as RFC 2104 has it.';

-- Each field with its length in bytes before it: whatever stands in one of them, no two calls read the same.
create function engine.text_to_sign(fields text[])
returns bytea
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select convert_to(
    string_agg(octet_length(convert_to(field.value, 'utf8')) || ':' || field.value || ',', '' order by field.place),
    'utf8'
  )
  from unnest(text_to_sign.fields) with ordinality as field (value, place)
$$;
comment on function engine.text_to_sign(text[]) is
  'What is signed of a call: function, feed, number and expiry, each as "<bytes>:<field>,".';

-- Not net.http_post: it is compiled once in a session, with the types that its first caller puts in its way, and would
-- run here with our owner's rights. What it does is these two statements.
create function engine.post(url text, headers jsonb, body jsonb)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
declare
  stranger text;
  request_id bigint;
begin
  -- pg_net grants everything on its tables to everybody, so anybody may hang a trigger on the queue, which would run
  -- with our owner's rights. From here to the end of the transaction nobody can.
  begin
    lock table net.http_request_queue in row exclusive mode;
  exception
    when lock_not_available then
      -- Which anybody may do as well. Then pg_net itself sends nothing either.
      raise exception 'Nothing is sent: somebody has locked net.http_request_queue'
        using errcode = 'PT424',
          hint = 'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
  end;
  select format('%s of %s', t.tgname, f.proowner::regrole) into stranger
  from pg_trigger as t
  join pg_proc as f on f.oid = t.tgfoid
  join pg_roles as owner on owner.oid = f.proowner
  where
    t.tgrelid = 'net.http_request_queue'::regclass
    and not t.tgisinternal
    and (
      -- Its condition may call anybody's function, and everybody may hang a superuser's function there.
      t.tgqual is not null
      or not (
        owner.rolname = current_user
        or exists (
          select from pg_depend as part
          join pg_extension as extension on extension.oid = part.refobjid and extension.extname = 'pg_net'
          where part.classid = 'pg_proc'::regclass and part.objid = f.oid and part.deptype = 'e'
        )
      )
    )
  limit 1;
  if stranger is not null then
    raise exception 'Nothing is sent: on net.http_request_queue there is a trigger that is not ours, %', stranger
      using errcode = 'PT424',
        hint = 'Its maker could run code of their own with the rights of the role that sends. Find out why it is there, '
          'and drop its function with cascade.';
  end if;

  begin
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('POST', post.url, post.headers, convert_to(post.body::text, 'utf8'), 5000)
    returning id into request_id;
  exception
    when others then
      -- The sequence of its ids is everybody's too, and may be set to its end.
      raise exception 'Nothing is sent: net.http_request_queue takes no row: %', sqlerrm
        using errcode = 'PT424',
          hint = 'When its ids are used up: select setval(''net.http_request_queue_id_seq'', 1);';
  end;
  -- Older versions of pg_net look by themselves.
  if to_regprocedure('net.wake()') is not null then
    perform net.wake();
  end if;
  return request_id;
end
$$;
comment on function engine.post(text, jsonb, jsonb) is
  'Queues a request for pg_net, which sends it after the commit and waits five seconds for the answer. Returns its id. Error
   PT424 (HTTP 424) when the queue has a trigger of somebody else''s, another session holds it, or it takes no row.';

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
  function_name constant text := case when dispatch.feed = 'masters' then 'masters' else 'events' end;
  call_id bigint;
  -- Longer than a call is waited for and a crowded queue may hold it up, and not much longer.
  expires constant bigint := floor(extract(epoch from engine.wall_clock())) + 120;
begin
  select s.decrypted_secret into project_url from vault.decrypted_secrets as s where s.name = 'project_url';
  -- Trimmed, as the functions trim WORKER_SECRET.
  select nullif(btrim(s.decrypted_secret, E' \t\r\n'), '') into worker_secret
  from vault.decrypted_secrets as s where s.name = 'worker_secret';
  if project_url is null or worker_secret is null then
    raise exception 'Vault lacks the secret "%"', case when project_url is null then 'project_url' else 'worker_secret' end
      -- A code of its own, which PostgREST answers as HTTP 424, so that what catches it catches nothing else.
      using errcode = 'PT424',
        hint = 'Fill in supabase/snippets/set_up.sql and run it: it sets both secrets, again too.';
  end if;

  insert into engine.calls_on_their_way (feed) values (dispatch.feed) returning id into call_id;
  -- Everybody who can log in may read the queue: the secret itself does not go there, only what it signs.
  perform engine.post(
    url => rtrim(project_url, '/') || '/functions/v1/' || function_name,
    headers => jsonb_build_object(
      'Content-Type', 'application/json',
      'X-Call-Signature', encode(
        engine.hmac_sha256(
          engine.text_to_sign(array[function_name, dispatch.feed, call_id::text, expires::text]),
          convert_to(worker_secret, 'utf8')
        ),
        'hex'
      )
    ),
    body => jsonb_build_object('feed', dispatch.feed, 'call', call_id, 'expires', expires)
  );
end
$$;

comment on function engine.dispatch(text) is
  'Queues one call of the function that works on a feed, signed with the Vault secret worker_secret, for two
   minutes and for one claim. Needs the Vault secrets project_url and worker_secret: error PT424 (HTTP 424) when one is
   missing, or when pg_net''s queue is not safe to write to.';

-- What may be claimed now. One definition for the claim, for the sweep and for whoever wants to look.
create view engine.claimable_chunks
with (security_invoker = true)
as
select chunk.id, chunk.feed, chunk.priority, chunk.run_id, chunk.place_in_run
from public.backfill_progress as chunk
join public.backfill_runs as run on run.id = chunk.run_id
where
  chunk.state = 'waiting'
  and chunk.next_attempt_at <= engine.clock()
  and run.paused_at is null
  and run.cancelled_at is null
  -- A day is never pulled by two runs at once, a backfill's and a daily one's.
  and not exists (
    select from public.backfill_progress as live
    where
      live.state = 'working'
      and live.feed = chunk.feed
      and live.id <> chunk.id
      and live.period_start < chunk.period_end
      and live.period_end > chunk.period_start
  )
  -- Courses have their listed names before the first race names them.
  and (
    chunk.feed = 'masters'
    or not exists (
      select from public.backfill_progress as masters
      where masters.run_id = chunk.run_id and masters.feed = 'masters' and masters.state in ('waiting', 'working')
    )
  )
  -- An invocation that has to wait long for its first slot would only hold a lease until it runs out.
  and not exists (
    select from public.racing_api_limits as l
    where
      l.next_slot > engine.clock() + interval '15 seconds'
      and (
        l.endpoint = 'account'
        or l.endpoint = any (
          case chunk.feed
            when 'racecards' then array['/racecards/pro']
            when 'results' then array['/results']
            else array['/courses', '/courses/regions']
          end
        )
      )
  );

comment on view engine.claimable_chunks is 'Chunks that wait, are due, belong to a run that is neither paused nor cancelled, whose
   days nobody pulls now, and whose endpoint has a slot soon.';

create function engine.dispatch_due(feed text default null)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  allowed constant integer := (select s.leases_per_feed from public.backfill_settings as s);
  lane text;
  calls integer := 0;
  missing integer;
begin
  foreach lane in array coalesce(case when dispatch_due.feed is not null then array[dispatch_due.feed] end, array['masters', 'racecards', 'results']) loop
    select
      least(
        (select count(*) from engine.claimable_chunks as ready where ready.feed = lane),
        allowed - (select count(*) from public.backfill_progress as live where live.feed = lane and live.state = 'working')
      )
      - (
        select count(*) from engine.calls_on_their_way as call
        where call.feed = lane and not engine.call_is_lost(call.sent_at)
      )
    into missing;
    for nth in 1 .. missing loop
      perform engine.dispatch(lane);
      calls := calls + 1;
    end loop;
  end loop;
  return calls;
end
$$;

comment on function engine.dispatch_due(text) is
  'Dispatches as many calls of a feed (null: of each) as chunks are claimable and leases are neither taken nor called for.
   Returns how many. With nothing to do it calls nobody.';

revoke execute on function
  engine.call_is_lost(timestamptz), engine.hmac_sha256(bytea, bytea), engine.text_to_sign(text[]),
  engine.post(text, jsonb, jsonb),
  engine.dispatch(text), engine.dispatch_due(text)
  from public, anon, authenticated;
grant execute on function engine.call_is_lost(timestamptz), engine.dispatch(text), engine.dispatch_due(text) to service_role;
revoke all on engine.claimable_chunks from public, anon, authenticated;
grant select on engine.claimable_chunks to service_role;
