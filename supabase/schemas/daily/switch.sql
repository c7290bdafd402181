-- The schedules on and off.

create function public.start_schedules()
returns table (name text, next_due_at timestamptz)
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform engine.refuse_broken_setup(
    array(select unnest(s.feeds) from public.pull_schedules as s where s.enabled)
  );
  update public.backfill_settings as s
  set schedules_started_on = engine.london_day(), schedules_started_at = engine.clock()
  where s.schedules_started_on is null;
  -- For the next tick.
  insert into engine.wakeups (called_at) values (engine.clock());
  return query
  select s.name, case when s.last_due_at is null then engine.clock() else engine.next_due(s, engine.clock()) end
  from public.pull_schedules as s
  where s.enabled
  order by 2, 1;
end
$$;
comment on function public.start_schedules() is
  'Switches the daily pulls on, the first ones within a minute. Returns when each schedule is due next. Calling it again
   changes nothing. Error PT424 as of engine.refuse_broken_setup.';

create function public.stop_schedules()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_settings as s set schedules_started_on = null, schedules_started_at = null;
  update public.pull_schedules as s
  set last_due_at = null, failing_since = null, last_error = null
  where s.last_due_at is not null or s.failing_since is not null;
  -- So that they are due at once when they are switched on again.
  delete from engine.heartbeats as h where h.name = 'pulls';
end
$$;
comment on function public.stop_schedules() is
  'Switches the daily pulls off; runs in progress are not affected. Calling it again changes nothing.';

revoke all on function public.start_schedules, public.stop_schedules from public, anon, authenticated, service_role;
