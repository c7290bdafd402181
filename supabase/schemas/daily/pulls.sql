-- The daily pulls. A cron tick each minute starts what is due by the UK's clock; each pull is an ordinary run.

create function engine.start_scheduled_pull(schedule public.pull_schedules, since date, out started integer, out all_started boolean)
language plpgsql
security invoker
set search_path = ''
as $$
declare
  due constant timestamptz := engine.last_due(schedule, engine.clock());
  wanted_from date;
  wanted_until date;
  lane text;
  rival bigint;
begin
  started := 0;
  all_started := true;
  foreach lane in array schedule.feeds loop
    wanted_from := start_scheduled_pull.since + schedule.first_day;
    wanted_until := engine.london_day() + schedule.last_day;
    -- A scheduled pull that was paused is replaced, with all that it had left, by the next one of its days, so that a repaired
    -- account is noticed by itself.
    select
      least(wanted_from, min(coalesce(left_over.cursor_day, left_over.period_start))),
      greatest(wanted_until, max(left_over.period_end) - 1)
    into wanted_from, wanted_until
    from public.backfill_progress as left_over
    join public.backfill_runs as run on run.id = left_over.run_id
    where
      left_over.feed = lane
      and left_over.state in ('waiting', 'working')
      and left_over.priority = 100
      and run.paused_at is not null
      and exists (
        select from public.backfill_progress as live
        where
          live.run_id = left_over.run_id
          and live.feed = lane
          and live.state in ('waiting', 'working')
          and live.period_start <= wanted_until
          and live.period_end > wanted_from
      );
    for rival in
      select distinct live.run_id
      from public.backfill_progress as live
      join public.backfill_runs as run on run.id = live.run_id
      where
        live.feed = lane
        and live.state in ('waiting', 'working')
        and live.priority = 100
        and run.paused_at is not null
        and live.period_start <= wanted_until
        and live.period_end > wanted_from
    loop
      perform public.backfill_cancel(rival);
    end loop;

    -- To some days an earlier pull has yet to come: it pulls all that this one would. One that had begun to read them
    -- before this one was due does not: what it stores is as old as its first page, though its last one may come hours
    -- later. Nor is it made to begin again, because then one bad page among its last would keep it from ever ending:
    -- this pull waits for its end.
    select min(d.day)::date, max(d.day)::date
    into wanted_from, wanted_until
    from generate_series(wanted_from::timestamp, wanted_until::timestamp, interval '1 day') as d (day)
    where not exists (
      select from public.backfill_progress as live
      where
        live.feed = lane
        and live.state in ('waiting', 'working')
        and live.priority = 100
        and engine.has_yet_to_read(live, d.day::date, due)
    );
    if wanted_from is null then
      -- One that failed tries again now, not when its wait is over: the data is due.
      update public.backfill_progress as live
      set next_attempt_at = engine.clock()
      where
        live.feed = lane
        and live.state = 'waiting'
        and live.priority = 100
        and live.next_attempt_at > engine.clock()
        and live.period_start <= engine.london_day() + schedule.last_day
        and live.period_end > start_scheduled_pull.since + schedule.first_day;
      perform engine.dispatch_next(lane);
      continue;
    end if;
    if exists (
      select from public.backfill_progress as live
      where
        live.feed = lane
        and live.state in ('waiting', 'working')
        and live.priority = 100
        -- One that waits holds what it has yet to pull; beside one that works, nobody pulls any of its days.
        and case when live.state = 'waiting' then coalesce(live.cursor_day, live.period_start) else live.period_start end <= wanted_until
        and live.period_end > wanted_from
    ) then
      all_started := false;
      -- It tries again too, once for each time that this one is due, so that its wait is not added to that of this one.
      update public.backfill_progress as live
      set next_attempt_at = engine.clock()
      where
        live.feed = lane
        and live.state = 'waiting'
        and live.priority = 100
        and live.next_attempt_at > engine.clock()
        and live.claimed_at < due
        and live.period_start <= wanted_until
        and live.period_end > wanted_from;
      if found then
        perform engine.dispatch_next(lane);
      end if;
    else
      -- Not waited for: the other schedules are due as well, and this one is tried again with the next tick.
      if not engine.try_lock('start scheduled pull') then
        perform engine.refuse_lock('start scheduled pull');
      end if;
      perform engine.start_run(wanted_from, wanted_until, array[lane], true, 'all', 100::smallint, 'schedule ' || schedule.name);
      started := started + 1;
    end if;
  end loop;
end
$$;
comment on function engine.start_scheduled_pull(public.pull_schedules, date) is
  'Starts a run of priority 100 for each feed of a schedule, from its first day as counted from since (UK day on which
   it was due) to its last day as counted from today. Days that an earlier scheduled pull has yet to begin with are left
   out; when that is all of them, the earlier one tries again at once. started: how many runs; all_started: false when
   an earlier pull that has passed or begun some of the days still holds them, so that this one has to wait; it tries
   again at once as well.';

create function engine.start_due_pulls()
returns integer
language plpgsql
security invoker
set search_path = ''
-- A lock that somebody holds delays one schedule by a tick, not all of them.
set lock_timeout = '5s'
as $$
declare
  silence interval;
  schedule public.pull_schedules;
  due timestamptz;
  pull record;
  all_started boolean;
  started integer := 0;
  what_to_do text;
begin
  -- Two ticks at once would each start the same pull.
  if not engine.begin_tick('pulls') then
    return 0;
  end if;
  silence := engine.beat('pulls');
  -- A standstill may have left days out that no schedule reaches back to: gaps are due, whatever the time.
  if silence > interval '10 minutes' then
    update public.pull_schedules as s
    set last_due_at = null
    where s.name in (select gaps.name from public.pull_schedules as gaps where gaps.pulls = 'gaps' for no key update skip locked);
  end if;

  -- The widest range first: when several are due after a standstill, the narrower ones find their days taken; gaps are what is left.
  for schedule in
    select s.* from public.pull_schedules as s where s.enabled order by s.pulls = 'gaps', s.last_day - s.first_day desc, s.name
  loop
    -- Each on its own: an error in one of them holds up no other.
    begin
      due := engine.last_due(schedule, engine.clock());
      continue when due is null or due <= schedule.last_due_at;
      perform from public.pull_schedules as s where s.name = schedule.name for no key update skip locked;
      -- Somebody is changing it: the next tick goes by what it is then.
      continue when not found;

      all_started := true;
      if schedule.pulls = 'gaps' then
        perform engine.close_gaps(schedule.feeds);
      else
        -- What was due yesterday at 23:30 is yesterday's, though the tick came after midnight.
        select attempt.* into pull
        from engine.start_scheduled_pull(
          schedule, case when schedule.day_of_month is null then engine.london_day(due) else engine.london_day() end
        ) as attempt;
        started := started + pull.started;
        -- What is left waits for the next tick.
        all_started := pull.all_started;
      end if;
      if all_started then
        update public.pull_schedules as s
        set last_due_at = due, failing_since = null, last_error = null
        where s.name = schedule.name;
      elsif schedule.failing_since is not null then
        -- It only waits for an earlier pull.
        update public.pull_schedules as s set failing_since = null, last_error = null where s.name = schedule.name;
      end if;
    exception
      when others then
        get stacked diagnostics what_to_do = pg_exception_hint;
        raise warning 'The schedule % cannot start: %', schedule.name, sqlerrm;
        update public.pull_schedules as s
        set
          failing_since = coalesce(s.failing_since, engine.clock()),
          last_error = concat_ws('. ', rtrim(sqlerrm, '.'), nullif(what_to_do, ''))
        where s.name in (select known.name from public.pull_schedules as known where known.name = schedule.name for no key update skip locked);
    end;
  end loop;
  return started;
end
$$;
comment on function engine.start_due_pulls() is
  'The cron tick of the schedules: starts a run of priority 100 for each schedule whose time has come, once however many of its times
   went by unseen, and closes gaps when that is due and after a standstill of ten minutes. A schedule that
   can''t be started is tried again with the next tick, and the others go on. Returns how many runs were started.';

revoke all on function
  engine.start_scheduled_pull, engine.start_due_pulls
  from public, anon, authenticated, service_role;
