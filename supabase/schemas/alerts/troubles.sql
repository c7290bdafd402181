-- What is wrong now. Each kind of trouble is a view of its own, with the same columns as this one.

-- A function, so that a minute without such work does not plan what asks for it: cron opens a session for each tick.
create function engine.troubles_of_work()
returns table (kind text, subject text, message text)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if exists (select from public.backfill_progress as chunk where chunk.state = 'dead') then
    return query select dead.kind, dead.subject, dead.message from engine.chunks_given_up as dead;
  end if;
  if exists (select from public.backfill_progress as chunk where chunk.state = 'waiting') then
    return query select silence.kind, silence.subject, silence.message from engine.unanswered_dispatches as silence;
  end if;
end
$$;
comment on function engine.troubles_of_work() is
  'The rows of engine.chunks_given_up while a chunk is dead, and of engine.unanswered_dispatches while one waits: they
   have none at other times.';

create view engine.standing_troubles
with (security_invoker = true)
as
select late.kind, late.subject, late.message from engine.late_feeds as late
union all
select work.kind, work.subject, work.message from engine.troubles_of_work() as work
union all
select paused.kind, paused.subject, paused.message from engine.paused_runs as paused
union all
select reject.kind, reject.subject, reject.message from engine.rejects_to_acknowledge as reject
union all
select field.kind, field.subject, field.message from engine.fields_to_acknowledge as field
union all
select day.kind, day.subject, day.message from engine.days_given_up as day
union all
select schedule.kind, schedule.subject, schedule.message from engine.failing_schedules as schedule
union all
select job.kind, job.subject, job.message from engine.jobs_at_a_standstill as job;
comment on view engine.standing_troubles is
  'A row for each thing that is wrong now: its kind, what it is about, and a message that says what is wrong and what
   to do.';
