-- The cron tick of each minute: one job, because cron opens a session for each, which costs more than most ticks.

-- What an idle minute asks is this, in a session that has read no catalog yet: two small tables, and not the chunks,
-- whose ten indexes take more to look up than all the rest.
create function engine.take_parts_due()
returns text[]
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moment constant timestamptz := engine.clock();
  is_woken constant boolean := exists (select from engine.wakeups);
  all_rest boolean;
  parts text[];
  has_schedules boolean;
  keeps_runs boolean;
begin
  -- None rests for longer than a quarter of an hour: such a time was set by a clock that was ahead.
  select
    count(*) filter (where h.name in ('sweep', 'watch')) = 2
    and coalesce(bool_and(h.due_at > moment and h.due_at < moment + interval '15 minutes'), false)
  into all_rest
  from engine.heartbeats as h;
  if all_rest and not is_woken then
    return array[]::text[];
  end if;

  parts := array(
    select part.name
    from (values (1, 'sweep'), (2, 'pulls'), (3, 'watch'), (4, 'keeping')) as part (place, name)
    left join engine.heartbeats as h on h.name = part.name
    where
      h.name is null
      or h.due_at <= moment
      or h.due_at >= moment + interval '15 minutes'
      or is_woken
    order by part.place
  );
  if is_woken then
    delete from engine.wakeups;
  end if;
  if parts && array['pulls', 'keeping'] then
    select schedules_started_on is not null, runs_kept_since is not null
    into has_schedules, keeps_runs
    from public.backfill_settings;
    parts := array_remove(parts, case when not has_schedules then 'pulls' end);
    parts := array_remove(parts, case when not keeps_runs then 'keeping' end);
  end if;
  return parts;
end
$$;
comment on function engine.take_parts_due() is
  'The parts that this tick is to run, in order: sweep, pulls (while the schedules are on), watch, keeping (while runs
   are kept). Empty in most minutes of a project that has nothing to do. Takes the wakeups away: call it to run what it
   returns.';

create function engine.note_failure(part text, error text)
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '5s'
as $$
begin
  insert into engine.heartbeats as h (name, beat_at, awake_since, due_at, failing_since, last_error)
  values (
    note_failure.part, engine.clock(), engine.clock(), engine.clock(), engine.clock(), note_failure.error
  )
  on conflict on constraint heartbeats_pkey do update set
    due_at = least(h.due_at, excluded.due_at),
    failing_since = coalesce(h.failing_since, excluded.failing_since),
    last_error = excluded.last_error;
  -- So that the watch looks each minute.
  insert into engine.wakeups (called_at) values (engine.clock());
exception
  when others then
    -- The cron job's log has the error all the same, and the other parts go on.
    raise warning 'It could not be noted that the % failed: %', note_failure.part, sqlerrm;
end
$$;
comment on function engine.note_failure(text, text) is
  'Notes that a part of the tick failed, and why. The next tick runs all parts.';

create function engine.run_part(part text)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  trouble text;
  what_to_do text;
begin
  case part
    when 'sweep' then perform engine.sweep();
    when 'pulls' then perform engine.start_due_pulls();
    when 'watch' then perform engine.watch();
    when 'keeping' then perform engine.keep_changed_days();
  end case;
  return null;
exception
  -- A statement timeout is not among the others.
  when query_canceled or others then
    get stacked diagnostics what_to_do = pg_exception_hint;
    trouble := concat_ws('. ', rtrim(sqlerrm, '.'), nullif(what_to_do, ''));
    perform engine.note_failure(run_part.part, trouble);
    return format('%s: %s', run_part.part, trouble);
end
$$;
comment on function engine.run_part(text) is
  'Runs a part of the tick: sweep, pulls, watch or keeping. Null, or why it failed: then nothing of it is kept, and the
   error is noted in its heartbeat.';

create function engine.end_tick(failed text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if failed <> '' then
    raise exception 'Of this tick failed %', failed
      using hint = 'The other parts ran. What a part could not do, the next tick tries again.';
  end if;
end
$$;
comment on function engine.end_tick(text) is
  'Lets the cron job fail with what failed in it; with nothing, or an empty text, it does nothing.';

create function engine.tick_statement()
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select 'do $' || '$ declare part text; failed text; begin '
    'foreach part in array engine.take_parts_due() loop '
    'failed := concat_ws(''; '', failed, engine.run_part(part)); commit; end loop; '
    'perform engine.end_tick(failed); end $' || '$'
$$;
comment on function engine.tick_statement() is
  'What cron runs each minute: the sweep, the pulls that are due, the watch and the keeping, each as far as it is due,
   each in a transaction of its own, so that what one has stored stays when another fails, and no lock outlives its
   part. A statement and no procedure: one that commits can have no search path of its own. Not within a transaction.';

create function engine.note_silent_tick()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  last_beat constant timestamptz := (select max(h.beat_at) from engine.heartbeats as h);
begin
  if
    exists (select from engine.heartbeats as h where h.due_at > engine.clock() - interval '10 minutes')
    -- After a break of the whole project the sweep notes how long it was.
    or pg_catalog.pg_postmaster_start_time() > engine.wall_clock() - interval '10 minutes'
  then
    return;
  end if;
  perform engine.note_alert(
    kind => 'standstill', subject => 'the tick', is_over => false,
    message => format(
      'The tick of each minute has not run since %s: nothing is pulled by itself, and what gets lost is not restored. '
      'See the rows cron: engine-tick of select * from check_setup();',
      last_beat
    )
  )
  where last_beat is not null;
  perform engine.send_alerts();
exception
  when others then
    raise warning 'It could not be told that the tick stands still: %', sqlerrm;
end
$$;
comment on function engine.note_silent_tick() is
  'Keeps and sends an alert when each part of the tick is late by ten minutes, which none of them could tell. For the
   nightly upkeep. The next watch resolves it.';
