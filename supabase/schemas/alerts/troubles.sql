-- What an alert stands for now.

-- From one day of one feed to the next by way of the index, and of none more than a thousand: however many there are, the watch
-- looks each minute.
create view engine.unread_rejects
with (security_invoker = true)
as
with recursive days as (
  select feeds.name as feed, engine.london_day(oldest.first_seen_at) as met_on
  from engine.feeds as feeds
  cross join lateral (
    select reject.first_seen_at
    from public.ingest_rejects as reject
    where reject.feed = feeds.name and reject.acknowledged_at is null
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
    feed.has_days,
    case when chunk.kind in ('gaps', 'schedule') then 'scheduled pulls, ' || chunk.feed else format('run %s, %s', chunk.run_id, chunk.feed) end as subject
  from public.backfill_progress as chunk
  join engine.feeds as feed on feed.name = chunk.feed
) as dead
where
  dead.state = 'dead'
  and case
    when not dead.has_days then not exists (
      select from public.backfill_progress as later
      where later.feed = dead.feed and later.state = 'succeeded' and later.ended_at > dead.ended_at
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
  select run.id, case when run.kind in ('gaps', 'schedule') then 'scheduled pulls' else 'run ' || run.id end as subject, run.pause_reason
  from public.backfill_runs as run
  where
    run.paused_at is not null
    and run.cancelled_at is null
    and exists (select from engine.live_chunks as live where live.run_id = run.id)
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

revoke all on engine.unread_rejects, engine.standing_troubles from public, anon, authenticated, service_role;
