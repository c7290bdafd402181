-- When the parts of the tick last ran, and when each is due again.

create table engine.heartbeats (
  name text primary key,
  beat_at timestamptz not null,
  awake_since timestamptz not null,
  due_at timestamptz not null,
  failing_since timestamptz,
  last_error text,
  constraint heartbeats_failure_has_error check ((failing_since is null) = (last_error is null))
);
comment on table engine.heartbeats is
  'When a part of the tick last ran, and when it is due again, so that its next run knows how long the break was.';
comment on column engine.heartbeats.name is 'sweep, pulls, watch or keeping.';
comment on column engine.heartbeats.beat_at is 'When it last ran, or first failed to.';
comment on column engine.heartbeats.awake_since is 'Since when it has never been late by ten minutes.';
comment on column engine.heartbeats.due_at is
  'Ticks before that time leave it out, unless a wakeup came.';
comment on column engine.heartbeats.failing_since is
  'Since when each of its runs in a tick has failed; null while there is no problem.';
comment on column engine.heartbeats.last_error is 'Why the last one failed; null while there is no problem.';

create function engine.beat(name text)
returns interval
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moment constant timestamptz := engine.clock();
  expected constant timestamptz := (select h.due_at from engine.heartbeats as h where h.name = beat.name);
begin
  insert into engine.heartbeats as h (name, beat_at, awake_since, due_at)
  values (beat.name, moment, moment, moment)
  on conflict on constraint heartbeats_pkey do update set
    beat_at = excluded.beat_at,
    awake_since = case
      when h.due_at < excluded.beat_at - interval '10 minutes' then excluded.beat_at else h.awake_since
    end,
    due_at = excluded.due_at,
    failing_since = null,
    last_error = null;
  return greatest(moment - expected, interval '0');
end
$$;
comment on function engine.beat(text) is
  'Notes that a part of the tick runs, and that the next tick is to run it again. Returns by how much it is late; zero
   for the first time.';

create function engine.rest(name text, until timestamptz default 'infinity')
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.heartbeats as h
  -- Less than a quarter of an hour: each fifteenth tick, though none comes exactly on the minute.
  set due_at = least(rest.until, engine.clock() + interval '14 minutes 30 seconds')
  where h.name = rest.name
$$;
comment on function engine.rest(text, timestamptz) is
  'Notes that a part of the tick has nothing to do: it is due again after a quarter of an hour, or at a time before
   that.';

create function engine.begin_tick(name text)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if engine.try_lock(begin_tick.name) then
    return true;
  end if;
  -- A run that finds another one at work has nothing to do. When that lasts, reporting success would hide it, so the
  -- tick and cron's log get an error.
  if exists (
    select from engine.heartbeats as h
    where h.name = begin_tick.name and h.due_at < engine.clock() - interval '3 minutes'
  ) then
    perform engine.refuse_lock(begin_tick.name);
  end if;
  return false;
end
$$;
comment on function engine.begin_tick(text) is
  'Takes the lock of a part of the tick until its transaction ends. False when another session has it; error 55P03, with
   a sentence that says which, when it is due for three minutes.';

-- The first write after a checkpoint puts the whole page into the WAL, but its gap. With the lowest fill factor
-- Postgres takes the old versions of these rows out of the page before there are many.
alter table engine.heartbeats
  set (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

alter table engine.heartbeats enable row level security;
