-- The engine's cron jobs. A third one, engine-compact, comes and goes: see engine.begin_compaction.

create function engine.schedule_jobs()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- What the parts of the tick were before they had one job.
  perform cron.unschedule(job.jobname)
  from cron.job as job
  where job.jobname in ('engine-sweep', 'engine-watch', 'engine-pulls');
  perform cron.schedule('engine-tick', '* * * * *', engine.tick_statement());
  perform cron.schedule('engine-upkeep', '10 4 * * *', 'select * from engine.purge()');
end
$$;
comment on function engine.schedule_jobs() is
  'Schedules the engine''s two cron jobs, or puts back those that are gone, and takes away those of earlier versions.
   Calling it again changes nothing.';

select engine.schedule_jobs();
