-- Troubles: what is late or has stopped.

create view engine.late_feeds
with (security_invoker = true)
as
select
  'freshness' as kind,
  fresh.feed as subject,
  format(
    'The %s due at %s are not in. See backfill_status and ingest_errors.', fresh.feed, fresh.expected_since
  ) as message
from public.data_freshness as fresh
where
  fresh.state = 'late'
  -- A project that has just woken up still has to pull what it missed.
  and (select max(h.awake_since) from engine.heartbeats as h where h.name in ('watch', 'pulls'))
    < engine.clock() - (select s.freshness_grace_minutes from public.backfill_settings as s) * interval '1 minute';
comment on view engine.late_feeds is
  'A trouble for each feed that is late, once the cron jobs have run for the grace period.';

create view engine.failing_schedules
with (security_invoker = true)
as
select
  'schedule' as kind,
  schedule.name as subject,
  format(
    'The pull that is due can''t be started since %s: %s. It is tried again each minute.', schedule.failing_since,
    rtrim(schedule.last_error, '.')
  ) as message
from public.pull_schedules as schedule
-- What the next ticks resolve, such as a lock, is not worth an alert.
where schedule.enabled and schedule.failing_since < engine.clock() - interval '5 minutes';
comment on view engine.failing_schedules is
  'A trouble for each schedule whose pull could not be started for five minutes.';

create view engine.jobs_at_a_standstill
with (security_invoker = true)
as
-- One part of the tick has stopped. When all of cron stopped, the sweep reports it as soon as it runs again, and when
-- the tick alone did, the upkeep does.
select
  'standstill' as kind,
  job.subject,
  format(
    '%s since %s: %s. %s', job.words, still.beat_at, job.what_follows,
    coalesce('The last error: ' || rtrim(still.last_error, '.') || '.', 'See cron.job_run_details for engine-tick.')
  ) as message
from (
  values
    ('sweep', 'the sweep', 'The sweep has not run', 'what gets lost is not restored'),
    ('pulls', 'the schedules', 'The schedules have not been looked at', 'nothing is pulled by itself'),
    ('keeping', 'the kept runs', 'No runs have been kept', 'strike rates over years become slower')
) as job (beats, subject, words, what_follows)
join engine.heartbeats as still on still.name = job.beats
join engine.heartbeats as watch on watch.name = 'watch'
where
  still.due_at < engine.clock() - interval '10 minutes'
  and watch.awake_since < engine.clock() - interval '10 minutes';
comment on view engine.jobs_at_a_standstill is
  'A trouble for each other part of the tick that is late by ten minutes while the watch ran.';
