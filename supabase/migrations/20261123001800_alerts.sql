-- What somebody should look at: one message when it begins, one when it is well again.

create table public.alerts (
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  message text not null,
  raised_at timestamptz not null default engine.clock(),
  well_at timestamptz,
  constraint alerts_kind_known check (
    kind in ('freshness', 'dead_chunks', 'paused', 'unanswered_calls', 'rejects', 'unknown_field', 'gap', 'standstill')
  ),
  constraint alerts_in_order check (well_at >= raised_at)
);
create unique index alerts_one_open on public.alerts (kind, subject) where well_at is null;
create index alerts_well_at on public.alerts (well_at);
comment on table public.alerts is 'What went wrong and when it was well again. No row carries a secret.';
comment on column public.alerts.kind is
  'freshness: a scheduled pull is late; dead_chunks: chunks were given up and their days are missing; paused: a run is paused;
   unanswered_calls: the functions do not answer; rejects: rows that could not be understood; unknown_field: the API sends something
   new; gap: a day was given up; standstill: the sweep did not run.';
comment on column public.alerts.subject is 'What it is about: a feed, a run, a day or a field. One alert of a kind and subject at a time.';
comment on column public.alerts.message is 'What is the matter and what to do.';
comment on column public.alerts.raised_at is 'When it was noticed.';
comment on column public.alerts.well_at is 'When it was over; null while it stands.';

create table public.alert_messages (
  id bigint generated always as identity primary key,
  alert_id bigint not null references public.alerts on delete cascade,
  phase text not null,
  created_at timestamptz not null default engine.clock(),
  tries integer not null default 0,
  sent_at timestamptz,
  request_id bigint,
  delivered_at timestamptz,
  constraint alert_messages_one_a_phase unique (alert_id, phase),
  constraint alert_messages_phase_known check (phase in ('raised', 'well'))
);
create index alert_messages_open on public.alert_messages (id) where delivered_at is null;
comment on table public.alert_messages is 'Messages to the webhook. Without one they stay here; older than a day they are not sent any more.';
comment on column public.alert_messages.alert_id is 'What it tells of.';
comment on column public.alert_messages.phase is 'raised, or well: it is over.';
comment on column public.alert_messages.created_at is 'When it was written.';
comment on column public.alert_messages.tries is 'Times it was sent.';
comment on column public.alert_messages.sent_at is 'When it was last sent; null before.';
comment on column public.alert_messages.request_id is 'Its id in net._http_response.';
comment on column public.alert_messages.delivered_at is
  'When the webhook''s answer was seen, or the last of five tries was over; null before.';

alter table public.alerts enable row level security;
alter table public.alert_messages enable row level security;
revoke all on public.alerts, public.alert_messages from anon, authenticated, service_role;
revoke all on sequence public.alerts_id_seq, public.alert_messages_id_seq from anon, authenticated, service_role;
grant select on public.alerts, public.alert_messages to service_role;

create view engine.standing_troubles
with (security_invoker = true)
as
select
  'freshness' as kind, fresh.feed as subject,
  format('The %s due at %s are not in. See backfill_status and ingest_errors.', fresh.feed, fresh.expected_since) as message
from public.data_freshness as fresh
where
  fresh.state = 'late'
  -- Whoever has just woken up has yet to pull what was missed.
  and (select max(h.awake_since) from engine.heartbeats as h where h.name in ('watch', 'pulls'))
    < engine.clock() - (select s.freshness_grace_minutes from public.backfill_settings as s) * interval '1 minute'
union all
select
  'dead_chunks', dead.subject,
  format(
    'Given up: %s of %s, the last one because: %s When that is put right: select backfill_retry(%s); or let it be: select backfill_cancel(%s);',
    case when count(*) = 1 then 'a chunk' else count(*) || ' chunks' end, dead.feed,
    rtrim((array_agg(dead.last_error order by dead.ended_at desc))[1], '.') || '.',
    max(dead.run_id), max(dead.run_id)
  )
from (
  -- Of what starts by itself one message a feed, not one a pull.
  select
    chunk.*,
    case when chunk.priority >= 90 then 'scheduled pulls, ' || chunk.feed else format('run %s, %s', chunk.run_id, chunk.feed) end as subject
  from public.backfill_progress as chunk
) as dead
where
  dead.state = 'dead'
  and case
    when dead.feed = 'masters' then not exists (
      select from public.backfill_progress as later
      where later.feed = 'masters' and later.state = 'succeeded' and later.ended_at > dead.ended_at
    )
    else exists (
      select from generate_series(dead.period_start::timestamp, dead.period_end::timestamp - interval '1 day', interval '1 day') as d (day)
      where
        d.day::date < engine.london_day(engine.clock() - interval '4 hours')
        and engine.lacks_coverage(dead.feed, d.day::date)
    )
  end
group by dead.subject, dead.feed
union all
select
  'paused', paused.subject,
  (array_agg(paused.pause_reason order by paused.id desc))[1]
    || case when paused.subject = 'scheduled pulls' then ' Otherwise the next pull of these days tries again.' else '' end
from (
  -- What starts by itself is replaced by itself: one message, not one a pull.
  select run.id, case when run.priority >= 90 then 'scheduled pulls' else 'run ' || run.id end as subject, run.pause_reason
  from public.backfill_runs as run
  where
    run.paused_at is not null
    and run.cancelled_at is null
    and exists (select from public.backfill_progress as chunk where chunk.run_id = run.id and chunk.state in ('waiting', 'working'))
) as paused
group by paused.subject
union all
select
  'unanswered_calls', lost.feed,
  format(
    'Nobody answers the calls for %s since %s. Are the functions deployed, and do Vault''s project_url and worker_secret fit them? '
    'See: select * from net._http_response order by id desc limit 10;', lost.feed, min(lost.occurred_at)
  )
from public.ingest_errors as lost
where
  lost.failure_class = 'lost_call'
  -- One lost call is the sweep's business; two minutes without anybody are not.
  and lost.occurred_at between engine.clock() - interval '2 hours' and engine.clock() - interval '2 minutes'
  and exists (select from engine.claimable_chunks as ready where ready.feed = lost.feed)
  and not exists (
    select from public.backfill_progress as chunk where chunk.feed = lost.feed and chunk.claimed_at > lost.occurred_at
  )
group by lost.feed
union all
select
  'rejects', format('%s of %s', reject.feed, days.words),
  format(
    'Not understood: %s of the %s of %s, the first because: %s See ingest_rejects.',
    case when count(*) = 1 then 'a row' else count(*) || ' rows' end, reject.feed, days.words,
    rtrim((array_agg(reject.reason order by reject.id))[1], '.') || '.'
  )
from public.ingest_rejects as reject
-- A backfill that meets something new in every month is one message, not a hundred.
cross join lateral (
  select
    case
      when reject.race_date >= engine.london_day(reject.first_seen_at) - 7 then reject.race_date::text
      else 'earlier days'
    end as words
) as days
group by reject.feed, days.words
union all
select
  'unknown_field', format('%s %s.%s', field.feed, field.object, field.field),
  format(
    'The API sends a field that is not stored: %s of %s (%s). When you have looked: '
    'update ingest_unknown_fields set acknowledged_at = now() where feed = %L and object = %L and field = %L;',
    field.field, field.object, field.feed, field.feed, field.object, field.field
  )
from public.ingest_unknown_fields as field
where field.acknowledged_at is null
union all
select
  'gap', format('%s of %s', gap.feed, days.words),
  format(
    'Still missing after %s nightly pulls: the %s of %s. See coverage_gaps; to try again: select pull_days(%L);',
    max(gap.tries), gap.feed, case when count(*) = 1 then min(gap.day)::text else format('%s days', count(*)) end, min(gap.day)
  )
from public.gap_pulls as gap
-- Likewise.
cross join lateral (
  select case when gap.day >= engine.london_day(gap.given_up_at) - 7 then gap.day::text else 'earlier days' end as words
) as days
where gap.given_up_at is not null
group by gap.feed, days.words
union all
-- The sweep alone stands still: when all of cron did, the sweep itself says so as soon as it runs again.
select
  'standstill', 'the sweep',
  format('The sweep has not run since %s: what gets lost is not restored. See cron.job_run_details for engine-sweep.', sweep.beat_at)
from engine.heartbeats as sweep
join engine.heartbeats as watch on watch.name = 'watch'
where
  sweep.name = 'sweep'
  and sweep.beat_at < engine.clock() - interval '10 minutes'
  and watch.awake_since < engine.clock() - interval '10 minutes';
comment on view engine.standing_troubles is 'A row for each thing that an alert stands for now.';

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
  update public.alert_messages as m
  set delivered_at = engine.clock()
  where
    m.delivered_at is null
    and (
      exists (select from net._http_response as answer where answer.id = m.request_id and answer.status_code between 200 and 299)
      or (m.tries >= 5 and m.sent_at < engine.clock() - interval '5 minutes')
    );

  for message in
    select m.id, m.phase, m.created_at, a.kind, a.subject, a.message, a.raised_at, a.well_at
    from public.alert_messages as m
    join public.alerts as a on a.id = m.alert_id
    where
      m.delivered_at is null
      and m.tries < 5
      and m.created_at > engine.clock() - interval '1 day'
      -- Sent again when no good answer came within five minutes.
      and (m.sent_at is null or m.sent_at < engine.clock() - interval '5 minutes')
    order by m.id
    for update of m
  loop
    words := case message.phase
      when 'raised' then format('%s (%s): %s', replace(message.kind, '_', ' '), message.subject, message.message)
      else format('Well again: %s (%s), since %s', replace(message.kind, '_', ' '), message.subject, message.well_at)
    end;
    update public.alert_messages as m
    set
      tries = m.tries + 1,
      sent_at = engine.clock(),
      request_id = engine.post(
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
    where m.id = message.id;
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
as $$
begin
  -- Two ticks at once would each raise the same.
  if not pg_try_advisory_xact_lock(hashtext('engine.watch')) then
    return;
  end if;
  perform engine.beat('watch');

  with troubles as materialized (
    select t.kind, t.subject, t.message from engine.standing_troubles as t
  ),
  raised as (
    insert into public.alerts (kind, subject, message)
    select troubles.kind, troubles.subject, troubles.message from troubles order by troubles.kind, troubles.subject
    on conflict (kind, subject) where well_at is null do nothing
    returning id
  ),
  over as (
    update public.alerts as a
    set well_at = engine.clock()
    where
      a.well_at is null
      and not exists (select from troubles where troubles.kind = a.kind and troubles.subject = a.subject)
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

create function engine.note_standstill(silence interval)
returns void
language sql
security invoker
set search_path = ''
as $$
  with noted as (
    insert into public.alerts (kind, subject, message, raised_at, well_at)
    select
      'standstill', 'the sweep',
      format(
        'The sweep stood still from %s to %s: the project slept, or cron did. What was missed is being pulled.',
        engine.clock() - note_standstill.silence, engine.clock()
      ),
      engine.clock(), engine.clock()
    where not exists (
      select from public.alerts as a where a.kind = 'standstill' and a.subject = 'the sweep' and a.well_at is null
    )
    returning id
  )
  insert into public.alert_messages (alert_id, phase)
  select noted.id, 'raised' from noted
$$;
comment on function engine.note_standstill(interval) is 'Keeps an alert that the sweep has not run for so long, unless one stands.';

revoke all on engine.standing_troubles from public, anon, authenticated;
revoke execute on function engine.send_alerts(), engine.watch(), engine.note_standstill(interval)
  from public, anon, authenticated;

select cron.schedule('engine-watch', '* * * * *', 'select engine.watch()');
