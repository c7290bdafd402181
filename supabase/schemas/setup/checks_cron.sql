-- Whether cron does its work, for check_setup.

create function engine.cron_is_dead(server_started_at timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    cron_is_dead.server_started_at < moment.long_ago
    and not exists (select from cron.job_run_details as run where run.start_time >= moment.long_ago)
    -- A job that ran before was there to be run since.
    and exists (
      select from cron.job_run_details as run
      join cron.job as job on job.jobid = run.jobid
      where job.active and job.jobname = 'engine-tick'
    )
  from (values (engine.wall_clock() - interval '3 minutes')) as moment (long_ago)
$$;
comment on function engine.cron_is_dead(timestamptz) is
  'Whether pg_cron has started no job for three minutes, although the server runs for longer and a job of every minute
   that ran before is still there. A project that has been woken, or set up, just now is none.';

create function engine.judge_job(
  job_name text,
  longest_silence interval,
  server_started_at timestamptz,
  out state text,
  out finding text,
  out what_to_do text
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  is_nightly constant boolean := judge_job.longest_silence > interval '1 day';
  job record;
  last_run record;
  since interval;
begin
  what_to_do := 'Schedule it again: select engine.schedule_jobs(); "npx -y deno task setup" does that, too.';
  select j.jobid, j.active into job from cron.job as j where j.jobname = judge_job.job_name;
  if not found then
    state := 'failed';
    finding := 'The job is gone.';
    return;
  end if;
  if not job.active then
    state := 'failed';
    finding := 'The job is switched off.';
    what_to_do := format('select cron.alter_job(%s, active => true);', job.jobid);
    return;
  end if;
  select d.status, left(d.return_message, 200) as said, d.start_time into last_run
  from cron.job_run_details as d
  where d.jobid = job.jobid and d.start_time is not null
  order by d.runid desc
  limit 1;
  since := engine.wall_clock() - last_run.start_time;
  if engine.cron_is_dead(judge_job.server_started_at) then
    state := 'failed';
    finding := concat_ws(
      ' ', 'It last ran at ' || last_run.start_time || '.', 'pg_cron has started no job for more than 3 minutes.'
    );
    what_to_do := 'Restart the project in the dashboard.';
  elsif last_run.start_time is null then
    state := case when is_nightly then 'ok' else 'waiting' end;
    finding := 'It has not run yet.';
    what_to_do := case
      when is_nightly then 'Nothing: it runs at night.'
      else 'Look again in a minute: select * from check_setup(); if that is so after 3 minutes, restart the project.'
    end;
  elsif since > judge_job.longest_silence
    -- What was cut off when the server stopped counts as failed there.
    or not is_nightly and last_run.start_time < judge_job.server_started_at
  then
    state := case when is_nightly then 'warning' else 'waiting' end;
    finding := case
      when last_run.start_time < judge_job.server_started_at then format(
        'It last ran at %s, before the server was started at %s.', last_run.start_time, judge_job.server_started_at
      )
      when last_run.status = 'running' then format('Its run of %s has not ended yet.', last_run.start_time)
      else format('It last ran at %s.', last_run.start_time)
    end;
    what_to_do := case
      when is_nightly
        then 'Nothing, if the project was paused: it runs again at night. Otherwise see cron.job_run_details.'
      else 'Look again in a minute: select * from check_setup(); if that does not help, see cron.job_run_details.'
    end;
  elsif last_run.status = 'failed' then
    state := case when is_nightly then 'warning' else 'failed' end;
    finding := format('Its last run, %s s ago, failed: %s', floor(extract(epoch from since)), last_run.said);
    what_to_do := case
      when is_nightly
        then 'Do what the message says; it runs again at night. To try it now: select * from engine.purge();'
      else 'Do what the message says; it runs again within a minute.'
    end;
  else
    state := 'ok';
    finding := format('It last ran %s s ago.', greatest(floor(extract(epoch from since)), 0));
    what_to_do := 'Nothing.';
  end if;
end
$$;
comment on function engine.judge_job(text, interval, timestamptz) is
  'Whether a cron job is there and active, ran no longer ago than it may be silent, and ran with success. Only a cron
   that is dead, a job that is gone or off, and one of every minute that fails, is failed: what a project missed while
   it was paused is not. server_started_at: pg_postmaster_start_time().';

create function engine.check_jobs()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select 'cron: ' || job.name, judged.state, judged.finding, judged.what_to_do
  from (
    values (1, 'engine-tick', interval '3 minutes'), (2, 'engine-upkeep', interval '26 hours')
  ) as job (place, name, longest_silence)
  cross join lateral engine.judge_job(
    job.name, job.longest_silence, pg_catalog.pg_postmaster_start_time()
  ) as judged
  order by job.place
$$;
comment on function engine.check_jobs() is 'Whether the engine''s cron jobs are there and run.';

create function engine.check_parts()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'tick: ' || part.name,
    case
      when still.failing_since is not null then 'failed'
      when still.name is null then 'waiting'
      -- A part that another session keeps from working ends with success at first.
      when still.due_at < part.long_ago then 'warning'
      else 'ok'
    end,
    case
      when still.failing_since is not null
        then format('It fails since %s: %s.', still.failing_since, rtrim(still.last_error, '.'))
      when still.name is null then 'It has not run yet.'
      when still.due_at < part.long_ago then format('It has done nothing since %s.', still.beat_at)
      else format('It last ran %s s ago.', greatest(floor(extract(epoch from engine.clock() - still.beat_at)), 0))
    end,
    case
      when still.failing_since is not null then 'Do what the message says; it runs again within a minute.'
      when still.name is null then 'Look again in a minute: select * from check_setup();'
      when still.due_at < part.long_ago
        then format(
          'Do what the row cron: engine-tick says. If that is ok, another session holds its lock: '
          'select engine.lock_holder(%L);',
          part.name
        )
      else 'Nothing.'
    end
  from (
    select known.place, known.name, engine.clock() - interval '5 minutes' as long_ago
    from (values (1, 'sweep'), (2, 'pulls'), (3, 'watch'), (4, 'keeping')) as known (place, name)
  ) as part
  cross join public.backfill_settings as s
  left join engine.heartbeats as still on still.name = part.name
  where
    case part.name
      when 'pulls' then s.schedules_started_on is not null
      when 'keeping' then s.runs_kept_since is not null
      else true
    end
  order by part.place
$$;
comment on function engine.check_parts() is
  'Whether the parts of the tick ran when they were due, and with success: the pulls only while the schedules are
   on, the keeping only while runs are kept.';

create function engine.check_cron()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select job.part, job.state, job.finding, job.what_to_do from engine.check_jobs() as job
  union all
  select of_tick.part, of_tick.state, of_tick.finding, of_tick.what_to_do from engine.check_parts() as of_tick
$$;
comment on function engine.check_cron() is 'Whether the engine''s cron jobs run, and each part of the tick.';
