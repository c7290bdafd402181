-- How an operator steers a run: pause, resume, cancel, retry. A change that the state does not allow is an error and
-- changes nothing.

create function engine.hold_run(run_id bigint)
returns public.backfill_runs
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
begin
  select run.* into held from public.backfill_runs as run where run.id = hold_run.run_id for no key update;
  if not found then
    raise exception 'There is no run %', coalesce(hold_run.run_id::text, 'null')
      using errcode = '22023', hint = 'The runs are in: select run_id, state from backfill_status;';
  end if;
  if held.cancelled_at is not null then
    raise exception 'Run % was cancelled at %', held.id, held.cancelled_at
      using errcode = 'PT409',
        hint = format(
          'What it stored stays. For what is missing: select backfill_start(date %L, date %L, %L);', held.start_date,
          held.end_date, held.feeds
        );
  end if;
  return held;
end
$$;
comment on function engine.hold_run(bigint) is
  'Locks a run that may still be steered and returns it; otherwise an error.';

create function engine.refuse_to_steer(run_id bigint, refusal text)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  status record;
begin
  select known.* into status from public.backfill_status_details as known where known.run_id = refuse_to_steer.run_id;
  raise exception 'Run % %: it %', status.run_id, refuse_to_steer.refusal,
    case status.state
      when 'waiting' then 'waits to be claimed'
      when 'running' then 'is running'
      when 'paused' then 'is paused'
      when 'completed_with_failures'
        then format('completed with failures at %s, dead chunks: %s', status.ended_at, status.chunks_dead)
      else format('succeeded at %s', status.ended_at)
    end
    using errcode = 'PT409',
      hint = case
        when status.state <> 'succeeded' then status.what_to_do
        when status.chunks_total = 0 then status.what_to_do
        else format(
          'To pull its days again: select backfill_start(date %L, date %L, %L, reprocess => ''all'');',
          status.start_date, status.end_date, status.feeds
        )
      end;
end
$$;
comment on function engine.refuse_to_steer(bigint, text) is
  'Error PT409: the refusal ("has ended"), the state of the run, and what to do instead.';

create function engine.hold_chunks(run_id bigint, states text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform
  from public.backfill_progress as chunk
  where chunk.run_id = hold_chunks.run_id and chunk.state = any (hold_chunks.states)
  order by chunk.id
  for update;
end
$$;
comment on function engine.hold_chunks(bigint, text[]) is
  'Locks the chunks of a run that are in these states. Call it before hold_run: all code locks chunks before their
   run.';

create function public.backfill_pause(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held constant public.backfill_runs := engine.hold_run(backfill_pause.run_id);
begin
  if not exists (select from engine.live_chunks as live where live.run_id = held.id) then
    perform engine.refuse_to_steer(held.id, 'has ended');
  end if;
  if held.paused_at is not null then
    raise exception 'Run % is paused already', held.id using errcode = 'PT409', hint = held.pause_reason;
  end if;
  update public.backfill_runs as run
  set
    paused_at = engine.clock(),
    pause_reason = format('Paused by %s. To go on: select backfill_resume(%s);', session_user, run.id)
  where run.id = held.id;
end
$$;
comment on function public.backfill_pause(bigint) is
  'Pauses a run: chunks being worked on store their current page and yield, waiting ones keep waiting.';

create function engine.go_on(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Chunks before their run, in the usual order. Due from now on: not since before the pause, which would look as if
  -- their dispatches were unanswered, and not after a wait that the pause has made pointless.
  perform engine.hold_chunks(go_on.run_id, array['waiting']);
  update public.backfill_progress as chunk
  set next_attempt_at = engine.clock(), failing_since = null
  where chunk.run_id = go_on.run_id and chunk.state = 'waiting';
  update public.backfill_runs as run set paused_at = null, pause_reason = null where run.id = go_on.run_id;
end
$$;
comment on function engine.go_on(bigint) is 'Ends the pause of a run. Nothing is dispatched yet.';

create function public.backfill_resume(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
begin
  perform engine.hold_chunks(backfill_resume.run_id, array['waiting']);
  held := engine.hold_run(backfill_resume.run_id);
  -- Its last chunk may have ended after the pause.
  if not exists (select from engine.live_chunks as live where live.run_id = held.id) then
    perform engine.refuse_to_steer(held.id, 'has ended');
  end if;
  if held.paused_at is null then
    perform engine.refuse_to_steer(held.id, 'is not paused');
  end if;
  perform engine.go_on(held.id);
  perform engine.pause_without_room();
  perform engine.dispatch_due();
end
$$;
comment on function public.backfill_resume(bigint) is
  'Resumes a paused run at once, at its cursors. While the database has no room, it is paused again at once.';

create function public.backfill_cancel(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
begin
  perform engine.hold_chunks(backfill_cancel.run_id, array['waiting', 'working', 'dead']);
  held := engine.hold_run(backfill_cancel.run_id);
  if not exists (
    select from public.backfill_progress as chunk
    where chunk.run_id = held.id and chunk.state in ('waiting', 'working', 'dead')
  ) then
    perform engine.refuse_to_steer(held.id, 'has ended');
  end if;
  update public.backfill_runs as run set cancelled_at = engine.clock() where run.id = held.id;
  perform engine.leave_chunk(chunk, 'cancelled')
  from public.backfill_progress as chunk
  where chunk.run_id = held.id and chunk.state in ('waiting', 'working', 'dead')
  order by chunk.id;
  -- Others can have its leases and days now. It is cancelled even if a Vault secret is missing.
  perform engine.dispatch_next(null);
end
$$;
comment on function public.backfill_cancel(bigint) is
  'Ends a run for good. What it stored stays; a page in flight is refused, because its lease is gone. Dead chunks are
   cancelled too: their days are no longer expected.';

create function public.backfill_retry(run_id bigint)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
  redriven integer;
begin
  perform engine.hold_chunks(backfill_retry.run_id, array['dead']);
  held := engine.hold_run(backfill_retry.run_id);
  -- A period that was read to its end and still lacked races is read from its start.
  perform engine.read_again(chunk, chunk.period_start)
  from public.backfill_progress as chunk
  where chunk.run_id = held.id and chunk.state = 'dead' and chunk.repulls > 0
  order by chunk.id;
  update public.backfill_progress as chunk
  set
    state = 'waiting',
    ended_at = null,
    attempts = 0,
    interruptions = 0,
    repulls = 0,
    failing_since = null,
    next_attempt_at = engine.clock()
  where chunk.run_id = held.id and chunk.state = 'dead';
  get diagnostics redriven = row_count;
  if redriven = 0 then
    perform engine.refuse_to_steer(held.id, 'has no dead chunks');
  end if;
  perform engine.dispatch_due();
  return redriven;
end
$$;
comment on function public.backfill_retry(bigint) is
  'Puts the dead chunks of a run back to waiting, at their cursors and with all attempts. A page that killed its chunk
   is read again, and a period that lacked races from its start. Returns how many.';

revoke all on function
  public.backfill_pause, public.backfill_resume, public.backfill_cancel, public.backfill_retry
  from public, anon, authenticated, service_role;
grant execute on function
  engine.hold_run, engine.refuse_to_steer, engine.hold_chunks, engine.go_on, public.backfill_pause,
  public.backfill_resume, public.backfill_cancel, public.backfill_retry
  to service_role;
