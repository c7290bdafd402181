-- The cron tick of the alerts, and the messages to the webhook.

-- Security definer, because the webhook's address, which is a secret, is in Vault, and pg_net is not for the functions' role.
create function engine.send_alerts()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Anybody may lock pg_net's tables; the next tick tries again.
set lock_timeout = '1s'
as $$
declare
  webhook constant text := (select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'alert_webhook_url');
  format_wanted constant text := (select s.alert_format from public.backfill_settings as s);
  message record;
  words text;
  sent integer := 0;
begin
  if webhook is null then
    return 0;
  end if;
  -- What somebody holds waits for the next tick, and holds up no other.
  update public.alert_messages as m
  set delivered_at = engine.clock()
  where
    m.id in (select open.id from public.alert_messages as open where open.delivered_at is null for update skip locked)
    and m.delivered_at is null
    and (
      exists (
        select from engine.alert_requests as request
        join net._http_response as answer on answer.id = request.request_id
        where
          request.message_id = m.id
          and answer.status_code between 200 and 299
          -- pg_net's time is that at which it began with the batch, which may have been before the request came.
          and answer.created > request.queued_at - interval '1 minute'
      )
      or (m.tries >= 5 and m.sent_at < engine.clock() - interval '5 minutes')
    );
  delete from engine.alert_requests as request
  using public.alert_messages as m
  where m.id = request.message_id and m.delivered_at is not null;

  for message in
    select m.id, m.phase, m.created_at, a.kind, a.subject, a.message, a.raised_at, a.well_at
    from public.alert_messages as m
    join public.alerts as a on a.id = m.alert_id
    where
      m.delivered_at is null
      and m.tries < 5
      and m.created_at > engine.clock() - interval '1 day'
      -- Sent again when no good answer came within five minutes, and when a crash took the request along.
      and (
        m.sent_at is null
        or m.sent_at < engine.clock() - interval '5 minutes'
        or not exists (select from engine.alert_requests as request where request.message_id = m.id)
      )
    order by m.id
    for update of m skip locked
  loop
    words := case message.phase
      when 'raised' then format('%s (%s): %s', replace(message.kind, '_', ' '), message.subject, message.message)
      else format('Well again: %s (%s), since %s', replace(message.kind, '_', ' '), message.subject, message.well_at)
    end;
    update public.alert_messages as m set tries = m.tries + 1, sent_at = engine.clock() where m.id = message.id;
    insert into engine.alert_requests as known (message_id, request_id)
    select
      message.id,
      engine.post(
        url => webhook,
        body => case
          when format_wanted = 'slack' then jsonb_build_object('text', words)
          else jsonb_build_object(
            'phase', message.phase, 'kind', message.kind, 'subject', message.subject, 'message', message.message,
            'raised_at', message.raised_at, 'well_at', message.well_at
          )
        end,
        headers => jsonb_build_object('Content-Type', 'application/json')
      )
    on conflict (message_id) do update set request_id = excluded.request_id, queued_at = excluded.queued_at;
    sent := sent + 1;
  end loop;
  return sent;
end
$$;
comment on function engine.send_alerts() is
  'Sends messages that wait to the webhook whose address is Vault''s secret alert_webhook_url, each until it is answered well, at most
   five times. Returns how many were sent; none without a webhook, then they stay in alert_messages.';

create function engine.watch()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '10s'
as $$
begin
  -- Two ticks at once would each raise the same.
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
    -- Not left to "on conflict" alone, which waits for a session that is changing the alert that stands.
    where not exists (
      select from public.alerts as a where a.kind = troubles.kind and a.subject = troubles.subject and a.well_at is null
    )
    order by troubles.kind, troubles.subject
    on conflict (kind, subject) where well_at is null do nothing
    returning id
  ),
  over as (
    update public.alerts as a
    set well_at = engine.clock()
    where a.id in (
      select standing.id
      from public.alerts as standing
      where
        standing.well_at is null
        and not exists (select from troubles where troubles.kind = standing.kind and troubles.subject = standing.subject)
      -- One that somebody holds is over with the next tick, and holds up no other.
      for update skip locked
    )
    returning a.id
  )
  insert into public.alert_messages (alert_id, phase)
  select raised.id, 'raised' from raised
  union all
  select over.id, 'well' from over;

  begin
    perform engine.send_alerts();
  exception
    when others then
      -- The alerts stand in their table, whatever keeps them from being sent; the cron job's log says it.
      raise warning 'Alerts could not be sent: %', sqlerrm;
  end;
end
$$;
comment on function engine.watch() is
  'The cron tick of the alerts: raises what has begun to stand, ends what no longer does, and sends the messages.';

select cron.schedule('engine-watch', '* * * * *', 'select engine.watch()');

revoke all on function engine.send_alerts, engine.watch from public, anon, authenticated, service_role;
