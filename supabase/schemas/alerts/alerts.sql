-- Alerts for the operator: one message when a problem begins, one when it is resolved.

create table public.alerts (
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  message text not null,
  raised_at timestamptz not null default engine.clock(),
  resolved_at timestamptz,
  constraint alerts_kind_known check (
    kind in (
      'freshness', 'dead_chunks', 'paused', 'unanswered_dispatches', 'rejects', 'unknown_field', 'gap', 'schedule',
      'standstill'
    )
  ),
  constraint alerts_in_order check (resolved_at >= raised_at)
);

create unique index alerts_one_open on public.alerts (kind, subject) where resolved_at is null;
create index alerts_resolved_at on public.alerts (resolved_at);
comment on table public.alerts is 'What went wrong, and when it was resolved. No row contains a secret.';
comment on column public.alerts.kind is
  'freshness: a scheduled pull is late; dead_chunks: chunks were given up and their days are missing; paused: a run is
   paused; unanswered_dispatches: no function answers; rejects: rows that could not be understood; unknown_field: the
   API sends something new; gap: a day was given up; schedule: a pull that is due can''t be started; standstill: one of
   the cron jobs did not run.';
comment on column public.alerts.subject is
  'What it is about: a feed, a run, a day or a field. One alert of a kind and subject at a time.';
comment on column public.alerts.message is 'What is wrong and what to do.';
comment on column public.alerts.raised_at is 'When it was noticed.';
comment on column public.alerts.resolved_at is 'When it was resolved; null while it is open.';

create table engine.alert_messages (
  id bigint generated always as identity primary key,
  alert_id bigint not null references public.alerts on delete cascade,
  phase text not null,
  created_at timestamptz not null default engine.clock(),
  tries integer not null default 0,
  sent_at timestamptz,
  delivered_at timestamptz,
  constraint alert_messages_one_a_phase unique (alert_id, phase),
  constraint alert_messages_phase_known check (phase in ('raised', 'resolved'))
);

create index alert_messages_open on engine.alert_messages (id) where delivered_at is null;
comment on table engine.alert_messages is
  'Messages to the webhook. Without a webhook they stay here; after a day they are no longer sent.';
comment on column engine.alert_messages.alert_id is 'The alert that it reports.';
comment on column engine.alert_messages.phase is 'raised or resolved.';
comment on column engine.alert_messages.created_at is 'When it was written.';
comment on column engine.alert_messages.tries is 'Times it was sent.';
comment on column engine.alert_messages.sent_at is 'When it was last sent; null before.';
comment on column engine.alert_messages.delivered_at is
  'When the webhook''s answer was seen, or the last of five tries had failed; null before.';

-- Unlogged, as pg_net's queue, its answers and the sequence of its ids: a crash empties them all and lets the ids start
-- over, so that an id kept elsewhere would name another request.
create unlogged table engine.alert_requests (
  message_id bigint primary key references engine.alert_messages on delete cascade,
  request_id bigint not null,
  -- By the clock that pg_net goes by.
  queued_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table engine.alert_requests is
  'Which pg_net request carries a message that was sent and is not answered yet. A crash empties it; the messages are
   then sent again.';
comment on column engine.alert_requests.message_id is 'The message.';
comment on column engine.alert_requests.request_id is 'The id of the request''s answer in net._http_response.';
comment on column engine.alert_requests.queued_at is
  'When it was queued. An answer from before that time belongs to another request.';

create function engine.note_alert(kind text, subject text, message text, is_over boolean)
returns void
language sql
security invoker
set search_path = ''
as $$
  with noted as (
    insert into public.alerts (kind, subject, message, raised_at, resolved_at)
    select
      note_alert.kind, note_alert.subject, note_alert.message, engine.clock(),
      case when note_alert.is_over then engine.clock() end
    where not exists (
      select from public.alerts as a
      where a.kind = note_alert.kind and a.subject = note_alert.subject and a.resolved_at is null
    )
    returning id
  )
  insert into engine.alert_messages (alert_id, phase)
  select noted.id, 'raised' from noted
$$;
comment on function engine.note_alert(text, text, text, boolean) is
  'Keeps an alert with its message, unless one of the same kind and subject is open. is_over: the alert is resolved
   from the start.';

alter table public.alerts enable row level security;
alter table engine.alert_messages enable row level security;
alter table engine.alert_requests enable row level security;
revoke all on public.alerts, engine.alert_messages from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence
  public.alerts_id_seq, engine.alert_messages_id_seq
  from public, anon, authenticated, service_role;
grant select on public.alerts to service_role;
