-- What only one transaction at a time may do. Each has a row to lock, because every login can take an advisory lock: a
-- reader with a dashboard's login could block the engine. Locking a row needs the right to update it.

create table engine.locks (
  name text primary key,
  guards text not null
);
comment on table engine.locks is
  'A row for each thing that only one transaction at a time may do: it keeps the row locked until it ends.';
comment on column engine.locks.name is 'What the functions call it.';
comment on column engine.locks.guards is 'What the session that holds it is doing.';

insert into engine.locks (name, guards)
values
  ('sweep', 'restoring what got lost'),
  ('pulls', 'starting the pulls that are due'),
  ('watch', 'raising and sending alerts'),
  ('keeping', 'keeping the runs of changed days'),
  ('start backfill', 'starting a backfill'),
  ('start by_hand', 'starting a pull of days by hand'),
  ('start gaps', 'starting the closing of gaps'),
  ('start schedule', 'starting a scheduled pull');

create function engine.lock_holder(name text)
returns text
language sql
volatile
security invoker
set search_path = ''
as $$
  with sessions as (
    select
      format(
        'session %s (%s)', session.pid, concat_ws(', ', session.usename, nullif(session.application_name, ''))
      ) as words,
      -- The row says which transaction locked it, except when that happened within a savepoint.
      coalesce(
        bool_or(
          held.locktype = 'transactionid' and held.mode = 'ExclusiveLock' and held.transactionid = lock.xmax
        ),
        false
      ) as is_named,
      bool_or(held.relation = 'engine.locks'::regclass and held.mode = 'RowShareLock')
        and bool_and(held.granted) as has_locks
    from engine.locks as lock
    cross join pg_catalog.pg_locks as held
    join pg_catalog.pg_stat_activity as session on session.pid = held.pid
    where lock.name = lock_holder.name and held.pid <> pg_catalog.pg_backend_pid()
    group by session.pid, session.usename, session.application_name
  )
  select format(
    'The lock "%s" (%s) is held by %s', lock.name, lock.guards,
    coalesce(
      (select min(named.words) from sessions as named where named.is_named),
      (select string_agg(likely.words, ' or ' order by likely.words) from sessions as likely where likely.has_locks),
      'a session that has just let go'
    )
  )
  from engine.locks as lock
  where lock.name = lock_holder.name
$$;
comment on function engine.lock_holder(text) is 'A sentence that says which session holds a lock of engine.locks.';

create function engine.refuse_lock(name text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Nothing was done and the next try may succeed: the functions try again on this code.
  raise exception '%', coalesce(engine.lock_holder(refuse_lock.name), format('There is no lock "%s"', refuse_lock.name))
    using errcode = '55P03',
      hint = 'Let that session end its transaction (commit or rollback), or end it: '
        'select pg_terminate_backend(<session>); then try again.';
end
$$;
comment on function engine.refuse_lock(text) is
  'Error 55P03, with a sentence that says who holds the lock and what to do.';

create function engine.try_lock(name text)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform from engine.locks as lock where lock.name = try_lock.name for no key update skip locked;
  return found;
end
$$;
comment on function engine.try_lock(text) is
  'Takes a lock until the transaction ends and returns true; false, at once, when another session holds it.';

create function engine.take_lock(name text)
returns void
language plpgsql
security invoker
set search_path = ''
-- Below the 8 s that the API roles' statements have, so that the caller gets this message.
set lock_timeout = '5s'
as $$
begin
  if engine.try_lock(take_lock.name) then
    return;
  end if;
  begin
    perform from engine.locks as lock where lock.name = take_lock.name for no key update;
  exception
    when lock_not_available then
      perform engine.refuse_lock(take_lock.name);
  end;
  if not found then
    raise exception 'There is no lock "%"', take_lock.name
      using errcode = '22023', hint = 'The locks are the rows of engine.locks, and none of them may be deleted.';
  end if;
end
$$;
comment on function engine.take_lock(text) is
  'Takes a lock until the transaction ends. Waits for five seconds at most; then error 55P03 says who holds it.';

alter table engine.locks enable row level security;
grant select, update (guards) on engine.locks to service_role;
grant execute on function engine.lock_holder, engine.refuse_lock, engine.try_lock, engine.take_lock to service_role;
