-- The cron tick of the alerts.

create function engine.watch()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '10s'
as $$
begin
  -- Two ticks at once would raise the same alert twice.
  if not engine.begin_tick('watch') then
    return;
  end if;
  perform engine.beat('watch');

  with troubles as materialized (
    select t.kind, t.subject, t.message from engine.standing_troubles as t
  ),
  raised as (
    insert into public.alerts (kind, subject, message)
    select troubles.kind, troubles.subject, troubles.message
    from troubles
    -- Not left to "on conflict" alone, which waits for a session that is changing the open alert.
    where not exists (
      select from public.alerts as a
      where a.kind = troubles.kind and a.subject = troubles.subject and a.resolved_at is null
    )
    order by troubles.kind, troubles.subject
    on conflict (kind, subject) where resolved_at is null do nothing
    returning id
  ),
  over as (
    update public.alerts as a
    set resolved_at = engine.clock()
    where a.id in (
      select standing.id
      from public.alerts as standing
      where
        standing.resolved_at is null
        and not exists (
          select from troubles where troubles.kind = standing.kind and troubles.subject = standing.subject
        )
      -- An alert that another session holds is resolved by the next tick and delays no other.
      for update skip locked
    )
    returning a.id
  )
  insert into engine.alert_messages (alert_id, phase)
  select raised.id, 'raised' from raised
  union all
  select over.id, 'resolved' from over;

  begin
    perform engine.send_alerts();
  exception
    when others then
      -- The alerts stay in their table even when they can't be sent; the cron job's log says why.
      raise warning 'Alerts could not be sent: %', sqlerrm;
  end;
end
$$;
comment on function engine.watch() is
  'The cron tick of the alerts: raises new alerts, resolves those whose trouble has gone, and sends the messages.';
