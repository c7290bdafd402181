-- The engine's cron jobs. start_schedules adds another one, engine-pulls; engine-compact comes and goes, see
-- engine.begin_compaction.

create function engine.schedule_jobs()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform cron.schedule('engine-sweep', '* * * * *', 'select engine.sweep()');
  perform cron.schedule('engine-watch', '* * * * *', 'select engine.watch()');
  perform cron.schedule('engine-upkeep', '10 4 * * *', 'select * from engine.purge()');
end
$$;
comment on function engine.schedule_jobs() is
  'Schedules the engine''s three cron jobs, or puts back those that are gone. Calling it again changes nothing.';

select engine.schedule_jobs();
