-- Handing a request to pg_net.

-- Not net.http_post: it is compiled once in a session, with the types that its first caller has created, and would run
-- here with our owner's rights. What it does is these two statements.
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
  -- pg_net grants everything on its tables to every login, so any login can add a trigger to the queue, which would run
  -- with our owner's rights. From here to the end of the transaction none can.
  begin
    lock table net.http_request_queue in row exclusive mode;
  exception
    when lock_not_available then
      -- Any login can lock it, too. Then pg_net itself sends nothing either.
      raise exception 'Nothing is sent: another session has locked net.http_request_queue'
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
      -- Its condition may call any function, and any login may use a superuser's function as a trigger there.
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
    raise exception 'Nothing is sent: net.http_request_queue has a trigger that is not ours, %', stranger
      using errcode = 'PT424',
        hint = 'Its owner could run code with the rights of the role that sends. Find out why it is '
          'there, and drop its function with cascade.';
  end if;

  begin
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('POST', post.url, post.headers, convert_to(post.body::text, 'utf8'), 5000)
    returning id into request_id;
  exception
    when others then
      -- Every login can also set the sequence of its ids, even to its end.
      raise exception 'Nothing is sent: net.http_request_queue accepts no row: %', sqlerrm
        using errcode = 'PT424',
          hint = 'When its ids are used up: select setval(''net.http_request_queue_id_seq'', 1);';
  end;
  -- Older versions of pg_net poll and need no wake-up.
  if to_regprocedure('net.wake()') is not null then
    perform net.wake();
  end if;
  return request_id;
end
$$;
comment on function engine.post(text, jsonb, jsonb) is
  'Queues a request for pg_net, which sends it after the commit and waits five seconds for the answer. Returns its id.
   Error PT424 (HTTP 424) when the queue has a trigger that is not ours, another session has locked it, or it accepts no
   row.';
