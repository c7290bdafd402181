-- The nightly upkeep: keeps the database from growing without limit.

create function engine.purge_run(run_id bigint)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- All that the deletion touches is locked first, in the usual order, chunks before their run, and without waiting.
  perform
  from public.backfill_progress as chunk
  where chunk.run_id = purge_run.run_id
  order by chunk.id
  for update nowait;
  perform
  from public.ra_coverage as known
  where known.chunk_id in (select chunk.id from public.backfill_progress as chunk where chunk.run_id = purge_run.run_id)
  order by known.feed, known.day
  for update nowait;
  perform from public.ingest_rejects as known where known.run_id = purge_run.run_id order by known.id for update nowait;
  perform from public.backfill_runs as run where run.id = purge_run.run_id for update nowait;
  delete from public.backfill_runs as run
  where
    run.id = purge_run.run_id
    and not exists (
      select from engine.live_chunks as live where live.run_id = run.id
    );
  return found;
exception
  when lock_not_available then
    -- Another session holds a part of it, for example to retry its dead chunks: it stays for another night.
    return false;
end
$$;
comment on function engine.purge_run(bigint) is
  'Deletes a run with its chunks and their errors. Returns false, at once, when one of them waits, is worked on, or is
   locked by another session.';

create function engine.purge()
returns table (what text, rows_deleted bigint)
language plpgsql
security invoker
set search_path = ''
-- The deletion keeps its locks until it ends, so a log row that an open transaction holds must not block pages.
set lock_timeout = '10s'
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  old_run bigint;
begin
  perform engine.note_silent_tick();
  perform engine.note_usage();

  what := 'ingest_errors';
  delete from public.ingest_errors as error
  where error.occurred_at < engine.clock() - settings.error_log_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'racing_api_calls';
  delete from engine.racing_api_calls as counted
  where counted.counted_from < engine.clock() - settings.api_log_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'invocations';
  delete from engine.invocations as invocation
  where invocation.claimed_at < engine.clock() - settings.api_log_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'daily_usage';
  delete from engine.daily_usage as noted where noted.day < engine.london_day() - settings.usage_days;
  get diagnostics rows_deleted = row_count;
  return next;

  -- Scheduled runs only: a backfill's record says which days are expected to be stored. The newest run of a feed stays.
  what := 'backfill_runs';
  rows_deleted := 0;
  for old_run in
    select run.id
    from public.backfill_runs as run
    where
      run.kind in ('gaps', 'schedule')
      and run.created_at < engine.clock() - settings.scheduled_run_days * interval '1 day'
      and exists (
        select from public.backfill_runs as newer
        where newer.feeds = run.feeds and newer.kind = run.kind and newer.id > run.id
      )
      -- Of a feed that asks for ids, nothing else says which months are done.
      and not exists (select from engine.months_of_ids as asked where asked.run_id = run.id)
    order by run.id
  loop
    if engine.purge_run(old_run) then
      rows_deleted := rows_deleted + 1;
    end if;
  end loop;
  return next;

  what := 'ingest_rejects';
  delete from public.ingest_rejects as reject
  where reject.id in (
    select old.id
    from public.ingest_rejects as old
    where
      old.acknowledged_at < engine.clock() - settings.reject_days * interval '1 day'
      -- A reject that still comes would be a new one the next time.
      and old.last_seen_at < engine.clock() - settings.reject_days * interval '1 day'
      -- engine.whole_results always needs it to know whether a result has all of its runners.
      and not (old.feed = 'results' and old.kind = 'runner')
    order by old.id
    for update skip locked
  );
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'alerts';
  delete from public.alerts as alert
  where alert.resolved_at < engine.clock() - settings.alert_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  -- Grows by one row per job and minute, and nothing else empties it.
  what := 'cron.job_run_details';
  delete from cron.job_run_details as details
  where
    -- By number: a job that was cut off when the server stopped has no end time.
    details.runid <= (
      select max(old.runid)
      from cron.job_run_details as old
      where old.end_time < now() - settings.cron_log_days * interval '1 day'
    )
    and details.jobid in (select job.jobid from cron.job as job where job.jobname like 'engine-%');
  get diagnostics rows_deleted = row_count;
  return next;
end
$$;
comment on function engine.purge() is
  'Keeps an alert when the tick stands still, and notes the usage of the days that are over. Then deletes what is
   older than backfill_settings says: errors, counted API calls, invocations, usage, scheduled runs that ended,
   acknowledged rejects, resolved alerts, and the cron log of the engine''s jobs. Returns the number of rows per table.
   Races, runners, masters, coverage, rejects that nobody has acknowledged, and rejected runners of results, are never
   deleted.';
