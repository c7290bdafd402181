-- The part of the tick that looks for what is wrong.

create function engine.watch()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  sent integer;
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
    sent := engine.send_alerts();
  exception
    when others then
      -- The alerts stay in their table even when they can't be sent; the cron job's log says why.
      sent := null;
      raise warning 'Alerts could not be sent: %', sqlerrm;
  end;
  -- An open alert may be over within a minute, and a message may be answered or must be sent again. After the last
  -- chunk it looks once more.
  if
    sent = 0
    and not exists (select from public.alerts as a where a.resolved_at is null)
    and not engine.has_live_chunk()
  then
    perform engine.rest('watch');
  end if;
end
$$;
comment on function engine.watch() is
  'The part of the tick that looks for what is wrong: raises new alerts, resolves those whose trouble has gone, and
   sends the messages. Due each minute while a chunk is live, an alert is open or a message was just sent.';
