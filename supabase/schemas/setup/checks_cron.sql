-- Whether cron does its work, for check_setup.

create function engine.judge_job(
  job_name text,
  longest_silence interval,
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
  job record;
  last_run record;
  since interval;
  -- For how long this has been looked at, at least.
  watched constant interval := engine.wall_clock() - (select min(ping.queued_at) from engine.pings as ping);
begin
  what_to_do := case judge_job.job_name
    when 'engine-pulls' then 'Put it back: select * from start_schedules();'
    else 'Put it back: select engine.schedule_jobs(); "npx -y deno task setup" does so, too.'
  end;
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
  if last_run.start_time is null then
    state := case
      when judge_job.longest_silence > interval '1 day' then 'ok'
      when watched > judge_job.longest_silence then 'failed'
      else 'waiting'
    end;
    finding := 'It is there and has not run yet.';
    what_to_do := case state
      when 'ok' then 'Nothing: it runs at night.'
      when 'waiting' then 'Look again in a minute: select * from check_setup();'
      else 'pg_cron does not run: restart the project in the dashboard.'
    end;
  elsif since > judge_job.longest_silence then
    state := 'failed';
    finding := format('It last ran at %s, and should have run since.', last_run.start_time);
    what_to_do := 'pg_cron does not run: restart the project in the dashboard.';
  elsif last_run.status = 'failed' then
    state := 'failed';
    finding := format('Its last run, %s s ago, failed: %s', floor(extract(epoch from since)), last_run.said);
    what_to_do := 'Do what the message says; the next run comes by itself.';
  else
    state := 'ok';
    finding := format('It last ran %s s ago.', greatest(floor(extract(epoch from since)), 0));
    what_to_do := 'Nothing.';
  end if;
end
$$;
comment on function engine.judge_job(text, interval) is
  'Whether a cron job is there, active, and ran no longer ago than it may be silent, with success.';

create function engine.check_cron()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'cron: ' || job.name,
    -- A tick that another session keeps from working ends with success.
    case when late.ticked_at is not null and judged.state = 'ok' then 'warning' else judged.state end,
    case
      when late.ticked_at is not null and judged.state = 'ok'
        then format('It runs, but has done nothing since %s: another session holds its lock.', late.ticked_at)
      else judged.finding
    end,
    case
      when late.ticked_at is not null and judged.state = 'ok'
        then format('Find out which: select engine.lock_holder(%L);', job.heartbeat)
      else judged.what_to_do
    end
  from (
    values
      (1, 'engine-sweep', 'sweep', interval '3 minutes'),
      (2, 'engine-watch', 'watch', interval '3 minutes'),
      (3, 'engine-upkeep', null, interval '26 hours'),
      (4, 'engine-pulls', 'pulls', interval '3 minutes')
  ) as job (place, name, heartbeat, longest_silence)
  cross join lateral engine.judge_job(job.name, job.longest_silence) as judged
  left join lateral (
    select beat.beat_at as ticked_at
    from engine.heartbeats as beat
    where beat.name = job.heartbeat and beat.beat_at < engine.clock() - interval '5 minutes'
  ) as late on true
  where
    job.name <> 'engine-pulls'
    or (select s.schedules_started_on from public.backfill_settings as s) is not null
  order by job.place
$$;
comment on function engine.check_cron() is
  'Whether the engine''s cron jobs are there and run: engine-pulls only while the schedules are on.';
