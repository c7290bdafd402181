-- What somebody should look at: one message when it begins, one when it is well again.

create table public.alerts (
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  message text not null,
  raised_at timestamptz not null default engine.clock(),
  well_at timestamptz,
  constraint alerts_kind_known check (
    kind in ('freshness', 'dead_chunks', 'paused', 'unanswered_calls', 'rejects', 'unknown_field', 'gap', 'schedule',
      'standstill')
  ),
  constraint alerts_in_order check (well_at >= raised_at)
);
create unique index alerts_one_open on public.alerts (kind, subject) where well_at is null;
create index alerts_well_at on public.alerts (well_at);
comment on table public.alerts is 'What went wrong and when it was well again. No row carries a secret.';
comment on column public.alerts.kind is
  'freshness: a scheduled pull is late; dead_chunks: chunks were given up and their days are missing; paused: a run is paused;
   unanswered_calls: the functions do not answer; rejects: rows that could not be understood; unknown_field: the API sends something
   new; gap: a day was given up; schedule: a pull that is due can''t be started; standstill: one of the cron jobs did not run.';
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
comment on column public.alert_messages.delivered_at is
  'When the webhook''s answer was seen, or the last of five tries was over; null before.';

-- Unlogged, as pg_net's queue, its answers and the sequence of its ids: a crash empties them all and lets the ids start over, so
-- that an id kept elsewhere would name somebody else's request.
create unlogged table engine.alert_requests (
  message_id bigint primary key references public.alert_messages on delete cascade,
  request_id bigint not null,
  -- By the clock that pg_net goes by.
  queued_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table engine.alert_requests is
  'Which request of pg_net''s carries a message that was sent and not yet answered. Emptied by a crash: the messages are sent again.';
comment on column engine.alert_requests.message_id is 'The message.';
comment on column engine.alert_requests.request_id is 'The id of the request''s answer in net._http_response.';
comment on column engine.alert_requests.queued_at is 'When it was queued: what was answered earlier is no answer to it.';
alter table engine.alert_requests enable row level security;
revoke all on engine.alert_requests from public, anon, authenticated, service_role;

alter table public.alerts enable row level security;
alter table public.alert_messages enable row level security;
revoke all on public.alerts, public.alert_messages from anon, authenticated, service_role;
revoke all on sequence public.alerts_id_seq, public.alert_messages_id_seq from anon, authenticated, service_role;
grant select on public.alerts, public.alert_messages to service_role;

-- From one day of one feed to the next by way of the index, and of none more than a thousand: however many there are, the watch
-- looks each minute.
create view engine.unread_rejects
with (security_invoker = true)
as
with recursive days as (
  select feeds.feed, engine.london_day(oldest.first_seen_at) as met_on
  from (values ('masters'), ('racecards'), ('results')) as feeds (feed)
  cross join lateral (
    select reject.first_seen_at
    from public.ingest_rejects as reject
    where reject.feed = feeds.feed and reject.acknowledged_at is null
    order by reject.first_seen_at
    limit 1
  ) as oldest
  union all
  select days.feed, engine.london_day(next.first_seen_at)
  from days
  cross join lateral (
    select reject.first_seen_at
    from public.ingest_rejects as reject
    where
      reject.feed = days.feed
      and reject.acknowledged_at is null
      and reject.first_seen_at >= engine.london_midnight(days.met_on + 1)
    order by reject.first_seen_at
    limit 1
  ) as next
)
select days.feed, days.met_on, counted.rows_counted, counted.first_reason
from days
cross join lateral (
  select count(*) as rows_counted, (array_agg(first_ones.reason order by first_ones.first_seen_at, first_ones.id))[1] as first_reason
  from (
    select reject.id, reject.first_seen_at, reject.reason
    from public.ingest_rejects as reject
    where
      reject.feed = days.feed
      and reject.acknowledged_at is null
      and reject.first_seen_at >= engine.london_midnight(days.met_on)
      and reject.first_seen_at < engine.london_midnight(days.met_on + 1)
    order by reject.first_seen_at, reject.id
    limit 1001
  ) as first_ones
) as counted;
comment on view engine.unread_rejects is
  'Rejects that nobody has acknowledged, by feed and the UK day on which they were first met. Counted to 1,001.';
revoke all on engine.unread_rejects from public, anon, authenticated;

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
  case
    -- The newest says whether calls are sent at all.
    when (array_agg(lost.message order by lost.occurred_at desc, lost.id desc))[1] like 'No call could be sent:%'
      then (array_agg(lost.message order by lost.occurred_at desc, lost.id desc))[1]
    else format(
      'Nobody answers the calls for %s since %s. Are the functions deployed, and do Vault''s project_url and worker_secret fit '
      'them? See: select * from net._http_response order by created desc limit 10;', lost.feed, min(lost.occurred_at)
    )
  end
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
-- One message for all that a feed's day of work brought, further ones when they become many, and another one for what comes
-- after that day.
select
  'rejects', format('%s, met on %s%s', reject.feed, reject.met_on, size.words),
  format(
    'Not understood: %s of %s, first met on %s, the first because: %s. See ingest_rejects. When you have looked: '
    'update ingest_rejects set acknowledged_at = now() '
    'where feed = %L and engine.london_day(first_seen_at) = %L and acknowledged_at is null;',
    case
      when reject.rows_counted > 1000 then 'more than 1,000 rows'
      when reject.rows_counted = 1 then 'a row'
      else reject.rows_counted || ' rows'
    end,
    reject.feed, reject.met_on, rtrim(reject.first_reason, '.'), reject.feed, reject.met_on
  )
from engine.unread_rejects as reject
join (values (1, ''), (100, ', 100 or more'), (1001, ', more than 1,000')) as size (least, words)
  on size.least <= reject.rows_counted
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
-- What is over with the next ticks, a lock for example, is no alert.
select
  'schedule', schedule.name,
  format(
    'The pull that is due can''t be started since %s: %s. It is tried again each minute.', schedule.failing_since,
    rtrim(schedule.last_error, '.')
  )
from public.pull_schedules as schedule
where schedule.enabled and schedule.failing_since < engine.clock() - interval '5 minutes'
union all
-- One job alone stands still: when all of cron did, the sweep itself says so as soon as it runs again.
select
  'standstill', job.subject,
  format('%s since %s: %s. See cron.job_run_details for %s.', job.words, still.beat_at, job.what_follows, job.name)
from (
  values
    ('sweep', 'engine-sweep', 'the sweep', 'The sweep has not run', 'what gets lost is not restored'),
    ('pulls', 'engine-pulls', 'the schedules', 'The schedules have not been looked at', 'nothing is pulled by itself')
) as job (beats, name, subject, words, what_follows)
join engine.heartbeats as still on still.name = job.beats
join engine.heartbeats as watch on watch.name = 'watch'
where
  still.beat_at < engine.clock() - interval '10 minutes'
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

create function engine.note_alert(kind text, subject text, message text, is_over boolean)
returns void
language sql
security invoker
set search_path = ''
as $$
  with noted as (
    insert into public.alerts (kind, subject, message, raised_at, well_at)
    select
      note_alert.kind, note_alert.subject, note_alert.message, engine.clock(),
      case when note_alert.is_over then engine.clock() end
    where not exists (
      select from public.alerts as a
      where a.kind = note_alert.kind and a.subject = note_alert.subject and a.well_at is null
    )
    returning id
  )
  insert into public.alert_messages (alert_id, phase)
  select noted.id, 'raised' from noted
$$;
comment on function engine.note_alert(text, text, text, boolean) is
  'Keeps an alert with its message, unless one of the same kind and subject stands. is_over: it tells of what has passed.';

create function engine.note_standstill(silence interval)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.note_alert(
    'standstill', 'the sweep',
    format(
      'The sweep stood still from %s to %s: the project slept, or cron did. What was missed is being pulled.',
      engine.clock() - note_standstill.silence, engine.clock()
    ),
    true
  )
$$;
comment on function engine.note_standstill(interval) is 'Keeps an alert that the sweep has not run for so long, unless one stands.';

create function engine.note_silent_watch()
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.note_alert(
    'standstill', 'the alerts',
    format(
      'The alerts have not been looked at since %s, and none was sent. See cron.job_run_details for engine-watch.', watch.beat_at
    ),
    false
  )
  from engine.heartbeats as watch
  join engine.heartbeats as sweep on sweep.name = 'sweep'
  where
    watch.name = 'watch'
    and watch.beat_at < engine.clock() - interval '10 minutes'
    and sweep.awake_since < engine.clock() - interval '10 minutes'
$$;
comment on function engine.note_silent_watch() is
  'Keeps an alert that the watch has not run for ten minutes while the sweep did. The next watch sends it, and ends it.';

revoke all on engine.standing_troubles from public, anon, authenticated;
revoke execute on function
  engine.send_alerts(), engine.watch(), engine.note_alert(text, text, text, boolean), engine.note_standstill(interval),
  engine.note_silent_watch()
  from public, anon, authenticated;

select cron.schedule('engine-watch', '* * * * *', 'select engine.watch()');
