-- What the chain lost, the sweep restores: it alone can finish a run from the tables.

create function engine.expire_leases()
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  lost public.backfill_progress;
  gives_up boolean;
  expired integer := 0;
begin
  for lost in
    select chunk.*
    from public.backfill_progress as chunk
    where chunk.state = 'working' and chunk.lease_until < engine.clock()
    order by chunk.id
    for update skip locked
  loop
    gives_up := lost.interruptions + 1 >= settings.interruptions_before_dead;
    perform engine.log_failure(
      lost, 'interruption', null, null, lost.interruptions + 1,
      format('The invocation fell silent: its lease ran out at %s', lost.lease_until)
    );
    update public.backfill_progress as chunk
    set
      state = case when gives_up then 'dead' else 'waiting' end,
      lease_token = null,
      lease_until = null,
      interruptions = chunk.interruptions + 1,
      next_attempt_at = engine.clock(),
      ended_at = case when gives_up then engine.clock() end,
      last_error = case
        when gives_up then format('Interrupted %s times without storing a page', chunk.interruptions + 1)
        else chunk.last_error
      end
    where chunk.id = lost.id;
    expired := expired + 1;
  end loop;
  return expired;
end
$$;
comment on function engine.expire_leases() is
  'Takes leases that ran out away from invocations that fell silent. Returns how many. Such an interruption is not a failed attempt,
   but a chunk interrupted too often without storing a page is given up.';

create function engine.sweep()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Two sweeps at once would each dispatch for the same free leases.
  if not pg_try_advisory_xact_lock(hashtext('engine.sweep')) then
    return;
  end if;
  perform engine.expire_leases();
  begin
    perform engine.dispatch_due();
  exception
    when object_not_in_prerequisite_state then
      -- A Vault secret is missing. The leases stay expired, and the cron job's log says what to do.
      raise warning '%', sqlerrm;
  end;
end
$$;
comment on function engine.sweep() is
  'The cron tick of every minute: expires leases, then dispatches what is due and nobody works on. With nothing to do it
   calls nobody.';

revoke execute on function engine.expire_leases(), engine.sweep() from public, anon, authenticated;

select cron.schedule('engine-sweep', '* * * * *', 'select engine.sweep()');
