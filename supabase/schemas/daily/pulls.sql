-- The daily pulls. The tick starts what is due by the UK's clock; each pull is an ordinary run.

create function engine.replace_paused_pulls(feed text, inout first_day date, inout last_day date)
language plpgsql
security invoker
set search_path = ''
as $$
declare
  paused bigint[];
  paused_run bigint;
begin
  loop
    paused := array(
      select distinct live.run_id
      from engine.live_pulls as live
      where
        live.feed = replace_paused_pulls.feed
        and live.paused_at is not null
        and live.period_start <= last_day
        and live.period_end > first_day
    );
    exit when paused = '{}';
    select
      least(first_day, min(coalesce(left_over.cursor_day, left_over.period_start))),
      greatest(last_day, max(left_over.period_end) - 1)
    into first_day, last_day
    from engine.live_pulls as left_over
    where left_over.run_id = any (paused) and left_over.feed = replace_paused_pulls.feed;
    foreach paused_run in array paused loop
      perform public.backfill_cancel(paused_run);
    end loop;
  end loop;
end
$$;
comment on function engine.replace_paused_pulls(text, date, date) is
  'Cancels the paused scheduled pulls of a feed that hold some of these days, and returns the range extended by all
   days that they had left. So the next pull notices when the account works again.';

create function engine.has_yet_to_read(pull engine.live_pulls, day date, due timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    has_yet_to_read.day < pull.period_end
    and case
      when pull.reading_since is null or pull.reading_since >= due
        then has_yet_to_read.day >= coalesce(pull.cursor_day, pull.period_start)
      -- What it has begun to read is too old for the pull that is due: the day at its cursor, or all days when they are
      -- read as one.
      else coalesce(has_yet_to_read.day > pull.cursor_day, false)
    end
$$;
comment on function engine.has_yet_to_read(engine.live_pulls, date, timestamptz) is
  'Whether a pull that goes on from its cursor will have read the day at the time due or later.';

create function engine.days_left_to_pull(feed text, due timestamptz, inout first_day date, inout last_day date)
language sql
stable
security invoker
set search_path = ''
as $$
  -- What a pull stores is as old as its first page, though its last one may come hours later. A pull that began before
  -- the due time is not started again: one bad page near its end would then keep it from ever finishing.
  select min(d.day)::date, max(d.day)::date
  from generate_series(
    days_left_to_pull.first_day::timestamp, days_left_to_pull.last_day::timestamp, interval '1 day'
  ) as d (day)
  where not exists (
    select from engine.live_pulls as live
    where
      live.feed = days_left_to_pull.feed
      and engine.has_yet_to_read(live, d.day::date, days_left_to_pull.due)
  )
$$;
comment on function engine.days_left_to_pull(text, timestamptz, date, date) is
  'The first and the last of these days that no earlier pull will read at the due time or later; nulls when earlier
   pulls read them all.';

create function engine.hurry_pulls(
  feed text, first_day date, last_day date, claimed_before timestamptz default null
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_progress as chunk
  set next_attempt_at = engine.clock()
  from engine.live_pulls as live
  where
    chunk.id = live.id
    and chunk.state = 'waiting'
    and chunk.next_attempt_at > engine.clock()
    and live.feed = hurry_pulls.feed
    and (hurry_pulls.claimed_before is null or live.claimed_at < hurry_pulls.claimed_before)
    and live.period_start <= hurry_pulls.last_day
    and live.period_end > hurry_pulls.first_day;
  if found then
    perform engine.dispatch_next(hurry_pulls.feed);
  end if;
end
$$;
comment on function engine.hurry_pulls(text, date, date, timestamptz) is
  'Makes the failed scheduled pulls of these days that were last claimed before a time (null: at any time) try again
   now instead of waiting, because the data is due.';

create function engine.start_scheduled_pull(schedule public.pull_schedules, due timestamptz)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  wanted_feed constant text := schedule.feeds[1];
  -- What was due yesterday at 23:30 belongs to yesterday, even if the tick came after midnight.
  due_day constant date := case
    when schedule.day_of_month is null then engine.london_day(due) else engine.london_day()
  end;
  wanted record;
  days_left record;
begin
  wanted := engine.replace_paused_pulls(
    wanted_feed, due_day + schedule.first_day, engine.london_day() + schedule.last_day
  );
  days_left := engine.days_left_to_pull(
    feed => wanted_feed, due => due, first_day => wanted.first_day, last_day => wanted.last_day
  );
  if days_left.first_day is null then
    perform engine.hurry_pulls(wanted_feed, wanted.first_day, wanted.last_day);
    return 'left_to_another';
  end if;
  if exists (
    select from engine.live_pulls as live
    where live.feed = wanted_feed and live.held_from <= days_left.last_day and live.period_end > days_left.first_day
  ) then
    -- Once per due time, so that the wait of the earlier pull is not added to the wait of this one.
    perform engine.hurry_pulls(wanted_feed, days_left.first_day, days_left.last_day, claimed_before => due);
    return 'waits';
  end if;
  -- Do not wait for it: the other schedules are due too, and the next tick tries this one again.
  if not engine.try_lock('start schedule') then
    perform engine.refuse_lock('start schedule');
  end if;
  perform engine.create_run(
    kind => 'schedule', start_date => days_left.first_day, end_date => days_left.last_day, feeds => array[wanted_feed],
    requested_by => 'schedule ' || schedule.name
  );
  return 'started';
end
$$;
comment on function engine.start_scheduled_pull(public.pull_schedules, timestamptz) is
  'Starts the run of a schedule for a due time. Its first day is counted from the UK day on which it was due, its last
   day from today. Returns started; left_to_another when earlier pulls will still read all of its days; waits when an
   earlier pull that has read or begun some of them still holds them. The earlier pull then tries again at once.';

create function engine.answer_schedule(schedule public.pull_schedules, due timestamptz)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  outcome text := 'started';
begin
  if schedule.pulls = 'gaps' then
    perform engine.close_gaps(schedule.feeds);
  elsif schedule.pulls = 'ids' then
    outcome := engine.start_ids_pull(schedule);
  else
    outcome := engine.start_scheduled_pull(schedule, due);
  end if;
  update public.pull_schedules as s
  set
    -- A schedule that waits is tried again with the next tick.
    last_due_at = case when outcome = 'waits' then s.last_due_at else due end,
    failing_since = null,
    last_error = null
  where s.name = schedule.name and (outcome <> 'waits' or s.failing_since is not null);
  return case when schedule.pulls <> 'gaps' and outcome = 'started' then 1 else 0 end;
end
$$;
comment on function engine.answer_schedule(public.pull_schedules, timestamptz) is
  'Does what a schedule asks for at a due time, and notes that it was done. Returns how many runs were started, not
   counting those of gaps.';

create function engine.start_due_pulls()
returns integer
language plpgsql
security invoker
set search_path = ''
-- A lock held elsewhere delays one schedule by a tick, not all of them.
set lock_timeout = '5s'
as $$
declare
  schedule public.pull_schedules;
  due timestamptz;
  started integer := 0;
  newest_run constant bigint := (select max(run.id) from public.backfill_runs as run);
  is_left boolean := false;
  next_due timestamptz := timestamptz 'infinity';
  what_to_do text;
begin
  -- Two ticks at once would start the same pull twice.
  if not engine.begin_tick('pulls') then
    return 0;
  end if;
  -- A standstill may have left days out that no schedule reaches back to, so gaps are due at once.
  if engine.beat('pulls') > interval '10 minutes' then
    update public.pull_schedules as s
    set last_due_at = null
    where s.name in (
      select gaps.name from public.pull_schedules as gaps where gaps.pulls = 'gaps' for no key update skip locked
    );
  end if;

  -- The widest range first: when several are due after a standstill, the narrower ones find their days taken. Gaps take
  -- what is left. Ids come last, because to find them takes seconds: where something else was started, which is
  -- dispatched only when this ends, they are left to the next tick.
  for schedule in
    select s.*
    from public.pull_schedules as s
    where s.enabled
    order by array_position(array['days', 'gaps', 'ids'], s.pulls), s.last_day - s.first_day desc, s.name
  loop
    -- Each on its own: an error in one delays no other.
    begin
      due := engine.last_due(schedule, engine.clock());
      if due is null or due <= schedule.last_due_at then
        next_due := least(next_due, engine.next_due(schedule, engine.clock()));
        continue;
      end if;
      is_left := true;
      continue when
        schedule.pulls = 'ids'
        and exists (select from public.backfill_runs as run where run.id > coalesce(newest_run, 0));
      perform from public.pull_schedules as s where s.name = schedule.name for no key update skip locked;
      -- Another session is changing it: the next tick uses its new values.
      continue when not found;
      started := started + engine.answer_schedule(schedule, due);
    exception
      when others then
        get stacked diagnostics what_to_do = pg_exception_hint;
        raise warning 'The schedule % cannot start: %', schedule.name, sqlerrm;
        update public.pull_schedules as s
        set
          failing_since = coalesce(s.failing_since, engine.clock()),
          last_error = concat_ws('. ', rtrim(sqlerrm, '.'), nullif(what_to_do, ''))
        where s.name in (
          select known.name
          from public.pull_schedules as known
          where known.name = schedule.name
          for no key update skip locked
        );
    end;
  end loop;
  -- What was due, and may have been left, is looked at again by the next tick.
  if not is_left then
    perform engine.rest('pulls', until => next_due);
  end if;
  return started;
end
$$;
comment on function engine.start_due_pulls() is
  'The part of the tick that looks at the schedules: starts a pull for each schedule that is due, one even if
   several of its times were missed, and closes gaps when that is due and after a standstill of ten minutes. A schedule
   that can''t be started is tried again with the next tick, and the others go on. Returns how many runs were started.';
