-- The sweep restores what was lost: it can finish a run from the tables alone.

create function engine.expire_leases()
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  lost public.backfill_progress;
  expired integer := 0;
begin
  for lost in
    select chunk.*
    from public.backfill_progress as chunk
    where
      chunk.state = 'working'
      -- No lease is longer than ten minutes. A longer one was given by a clock that was ahead.
      and (chunk.lease_until < engine.clock() or chunk.lease_until > engine.clock() + interval '11 minutes')
    order by chunk.id
    for update skip locked
  loop
    perform engine.interrupt_chunk(
      lost, format('The invocation fell silent: its lease ran out at %s', lost.lease_until)
    );
    expired := expired + 1;
  end loop;
  return expired;
end
$$;
comment on function engine.expire_leases() is
  'Ends leases that ran out because the invocation fell silent. Returns how many. Such an interruption is not a failed
   attempt, but a chunk that is interrupted too often without storing a page is given up.';

create function engine.silence_is_noted(feed text, beginning text)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select exists (
    select from public.ingest_errors as known
    where
      known.failure_class = 'lost_dispatch'
      and known.feed = silence_is_noted.feed
      and starts_with(known.message, silence_is_noted.beginning)
      and known.occurred_at > engine.clock() - interval '1 hour'
      and known.occurred_at > coalesce(
        (select max(chunk.claimed_at) from public.backfill_progress as chunk where chunk.feed = silence_is_noted.feed),
        '-infinity'
      )
  )
$$;
comment on function engine.silence_is_noted(text, text) is
  'Whether the error log already says that a feed''s dispatches are not claimed, in a message that begins like this.
   While that lasts, it is logged once, and again every hour.';

create function engine.forget_lost_dispatches()
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  forgotten integer;
begin
  -- Hardly ever is one lost, and what follows takes longer to plan than the rest of an idle sweep.
  if not exists (select from engine.dispatches as sent where engine.dispatch_is_lost(sent.sent_at)) then
    return 0;
  end if;
  with lost as (
    delete from engine.dispatches as sent
    -- A dispatch that is being claimed at this moment is not lost; skip it rather than wait.
    where sent.id in (
      select late.id
      from engine.dispatches as late
      where engine.dispatch_is_lost(late.sent_at)
      order by late.id
      for update skip locked
    )
    returning sent.id, sent.feed, sent.sent_at, sent.request_id, sent.queued_at
  ),
  told as (
    select
      lost.id,
      lost.feed,
      case
        when answer.kind <> 'answered'
          then format('No function takes the dispatches of %s. %s %s', lost.feed, answer.finding, answer.what_to_do)
        else format(
          'The dispatch %s of %s, sent at %s, has not arrived: it was lost, or the function does not answer',
          lost.id, lost.feed, lost.sent_at
        )
      end as message,
      answer.kind <> 'answered' as is_explained
    from lost
    left join engine.feeds as feed on feed.name = lost.feed
    left join lateral engine.read_response(lost.request_id, lost.queued_at, feed.function_name) as answer on true
  ),
  noted as (
    insert into public.ingest_errors (feed, failure_class, attempt, message)
    select told.feed, 'lost_dispatch', 1, told.message
    from told
    where not engine.silence_is_noted(told.feed, case when told.is_explained then told.message else 'The dispatch ' end)
    order by told.id
  )
  select count(*)::integer into forgotten from lost;
  return forgotten;
end
$$;
comment on function engine.forget_lost_dispatches() is
  'Removes dispatches that never arrived from the list, so that others are sent in their place. Returns how many. The
   error log keeps them, with what the function answered; while none of a feed arrives, only one and then one every
   hour.';

create function engine.note_standstill(silence interval)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.note_alert(
    kind => 'standstill', subject => 'the sweep', is_over => true,
    message => format(
      'The sweep did not run from %s to %s: the project was paused, or cron stopped. What was missed is being pulled.',
      engine.clock() - note_standstill.silence, engine.clock()
    )
  )
$$;
comment on function engine.note_standstill(interval) is
  'Keeps an alert that the sweep has not run for so long, unless one is open.';

create function engine.note_silent_watch()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform engine.note_alert(
    kind => 'standstill', subject => 'the alerts', is_over => false,
    message => format(
      'The alerts have not been looked at since %s, and none was sent. %s', watch.beat_at,
      coalesce(
        'The last error: ' || rtrim(watch.last_error, '.') || '.', 'See cron.job_run_details for engine-tick.'
      )
    )
  )
  from engine.heartbeats as watch
  join engine.heartbeats as sweep on sweep.name = 'sweep'
  where
    watch.name = 'watch'
    and watch.due_at < engine.clock() - interval '10 minutes'
    and sweep.awake_since < engine.clock() - interval '10 minutes';
end
$$;
comment on function engine.note_silent_watch() is
  'Keeps an alert that the watch is late by ten minutes while the sweep ran. The next watch sends it and resolves
   it.';

create function engine.sweep()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  silence interval;
  what_to_do text;
begin
  -- Two sweeps at once would each dispatch for the same free leases.
  if not engine.begin_tick('sweep') then
    return;
  end if;
  silence := engine.beat('sweep');
  if silence > interval '10 minutes' then
    perform engine.note_standstill(silence);
  end if;
  perform engine.note_silent_watch();
  perform engine.expire_leases();
  -- Slots are pushed back by an hour at most. One further away was reserved by a clock that was ahead.
  update public.racing_api_limits as l
  set next_slot = '-infinity', taken_slots = '{}'
  where
    l.next_slot > engine.clock() + interval '61 minutes'
    or engine.clock() + interval '61 minutes' < any (l.taken_slots);
  perform engine.forget_lost_dispatches();
  perform engine.compact_indexes();
  begin
    perform engine.dispatch_due();
  exception
    when sqlstate 'PT424' then
      -- A Vault secret is missing, or another session holds pg_net's queue, which every login may lock. The leases stay
      -- expired; the error log and then an alert say what to do.
      get stacked diagnostics what_to_do = pg_exception_hint;
      raise warning '%', sqlerrm;
      insert into public.ingest_errors (feed, failure_class, attempt, message)
      select distinct ready.feed, 'lost_dispatch', 1, reason.words
      from engine.claimable_chunks as ready
      cross join (values (format('No dispatch could be sent: %s. %s', sqlerrm, what_to_do))) as reason (words)
      where not engine.silence_is_noted(ready.feed, reason.words);
  end;
  if not engine.has_live_chunk() and not exists (select from engine.compactions as c where c.ended_at is null) then
    perform engine.rest('sweep');
  end if;
end
$$;
comment on function engine.sweep() is
  'The part of the tick that restores: ends expired leases, takes a step of compacting indexes, then dispatches what is
   due and not being worked on. With nothing to do it dispatches nothing. Due each minute while a chunk is live or an
   index is being compacted.';
