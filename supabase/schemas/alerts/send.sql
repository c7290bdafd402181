-- Messages to the webhook: reading the answers, writing the body, sending.

create function engine.note_alert_answers()
returns void
language sql
security invoker
set search_path = ''
as $$
  -- A row that another session holds waits for the next tick and delays no other.
  update engine.alert_messages as m
  set delivered_at = engine.clock()
  where
    m.id in (select open.id from engine.alert_messages as open where open.delivered_at is null for update skip locked)
    and m.delivered_at is null
    and (
      exists (
        select from engine.alert_requests as request
        join net._http_response as answer on answer.id = request.request_id
        where
          request.message_id = m.id
          and answer.status_code between 200 and 299
          -- pg_net stores the time at which it began the batch, which may be before the request came.
          and answer.created > request.queued_at - interval '1 minute'
      )
      or (m.tries >= 5 and m.sent_at < engine.clock() - interval '5 minutes')
    );
  delete from engine.alert_requests as request
  using engine.alert_messages as m
  where m.id = request.message_id and m.delivered_at is not null
$$;
comment on function engine.note_alert_answers() is
  'Closes the messages that were answered with success, and those whose fifth and last try was five minutes ago.';

create function engine.alert_body(alert public.alerts, phase text, alert_format text)
returns jsonb
language sql
-- Not immutable: it writes times in the session's time zone.
stable
security invoker
set search_path = ''
as $$
  select case
    when alert_body.alert_format = 'slack' then jsonb_build_object(
      'text',
      case alert_body.phase
        when 'raised' then format('%s (%s): %s', replace(alert.kind, '_', ' '), alert.subject, alert.message)
        else format('Resolved: %s (%s), since %s', replace(alert.kind, '_', ' '), alert.subject, alert.resolved_at)
      end
    )
    else jsonb_build_object(
      'phase', alert_body.phase, 'kind', alert.kind, 'subject', alert.subject, 'message', alert.message,
      'raised_at', alert.raised_at, 'resolved_at', alert.resolved_at
    )
  end
$$;
comment on function engine.alert_body(public.alerts, text, text) is
  'What a message says. phase: raised, or resolved. alert_format: slack, one text; json, the alert in fields.';

create function engine.send_alert(message_id bigint, webhook text, body jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.alert_messages as m
  set tries = m.tries + 1, sent_at = engine.clock()
  where m.id = send_alert.message_id;
  insert into engine.alert_requests as known (message_id, request_id)
  select
    send_alert.message_id,
    engine.post(
      url => webhook, body => send_alert.body, headers => jsonb_build_object('Content-Type', 'application/json')
    )
  on conflict (message_id) do update set request_id = excluded.request_id, queued_at = excluded.queued_at
$$;
comment on function engine.send_alert(bigint, text, jsonb) is
  'Queues a message for the webhook, counts the try, and keeps which request carries it. Errors: those of engine.post.';

create function engine.send_alerts()
returns integer
language plpgsql
security invoker
set search_path = ''
-- Every login can lock pg_net's tables; the next tick tries again.
set lock_timeout = '1s'
as $$
declare
  webhook constant text := (
    select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'alert_webhook_url'
  );
  message record;
  sent integer := 0;
begin
  if webhook is null then
    return 0;
  end if;
  perform engine.note_alert_answers();
  for message in
    select m.id, engine.alert_body(a, m.phase, (select s.alert_format from public.backfill_settings as s)) as body
    from engine.alert_messages as m
    join public.alerts as a on a.id = m.alert_id
    where
      m.delivered_at is null
      and m.tries < 5
      and m.created_at > engine.clock() - interval '1 day'
      -- Sent again when no success came within five minutes, and when the request was lost in a crash.
      and (
        m.sent_at is null
        or m.sent_at < engine.clock() - interval '5 minutes'
        or not exists (select from engine.alert_requests as request where request.message_id = m.id)
      )
    order by m.id
    for update of m skip locked
  loop
    perform engine.send_alert(message.id, webhook, message.body);
    sent := sent + 1;
  end loop;
  return sent;
end
$$;
comment on function engine.send_alerts() is
  'Sends waiting messages to the webhook in the Vault secret alert_webhook_url, each until the webhook answers with
   success, at most five times. Returns how many were sent. Without a webhook it sends none, and they stay in
   alert_messages.';
