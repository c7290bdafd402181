-- When the cron jobs of the engine last ran.

create table engine.heartbeats (
  name text primary key,
  beat_at timestamptz not null,
  awake_since timestamptz not null
);
comment on table engine.heartbeats is
  'When a cron job of the engine last ran, so that the next one knows how long the break was.';
comment on column engine.heartbeats.name is 'sweep, pulls or watch.';
comment on column engine.heartbeats.beat_at is 'When it last ran.';
comment on column engine.heartbeats.awake_since is 'Since when it has run without a break of ten minutes.';

create function engine.beat(name text)
returns interval
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moment constant timestamptz := engine.clock();
  last_beat constant timestamptz := (select h.beat_at from engine.heartbeats as h where h.name = beat.name);
begin
  insert into engine.heartbeats as h (name, beat_at, awake_since)
  values (beat.name, moment, moment)
  on conflict on constraint heartbeats_pkey do update set
    beat_at = excluded.beat_at,
    awake_since = case
      when h.beat_at < excluded.beat_at - interval '10 minutes' then excluded.beat_at else h.awake_since
    end;
  return coalesce(moment - last_beat, interval '0');
end
$$;
comment on function engine.beat(text) is
  'Notes that a cron job runs. Returns how long ago it ran before; zero for the first time.';

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
  -- A tick that finds another one at work has nothing to do. When that lasts, reporting success would hide it, so
  -- cron's log gets an error.
  if exists (
    select from engine.heartbeats as h
    where h.name = begin_tick.name and h.beat_at < engine.clock() - interval '3 minutes'
  ) then
    perform engine.refuse_lock(begin_tick.name);
  end if;
  return false;
end
$$;
comment on function engine.begin_tick(text) is
  'Takes the lock of a cron job until its transaction ends. False when another session has it; error 55P03, with a
   sentence that says which, when no tick was made for three minutes.';

alter table engine.heartbeats
  set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

alter table engine.heartbeats enable row level security;
