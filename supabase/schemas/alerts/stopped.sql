-- Troubles: what was given up, is paused, or was dispatched and does not arrive.

create view engine.chunks_given_up
with (security_invoker = true)
as
select
  'dead_chunks' as kind,
  dead.subject,
  format(
    'Given up: %s of %s, the last one because: %s Once that is fixed: select backfill_retry(%s); '
    'or to leave it: select backfill_cancel(%s);',
    case when count(*) = 1 then 'a chunk' else count(*) || ' chunks' end, dead.feed,
    rtrim((array_agg(dead.last_error order by dead.ended_at desc))[1], '.') || '.',
    max(dead.run_id), max(dead.run_id)
  ) as message
from (
  -- Scheduled pulls get one message per feed, not one per pull.
  select
    chunk.*,
    case
      when chunk.kind in ('gaps', 'schedule') then 'scheduled pulls, ' || chunk.feed
      else format('run %s, %s', chunk.run_id, chunk.feed)
    end as subject,
    feed.has_days,
    feed.counted_by,
    run.reprocess
  from public.backfill_progress as chunk
  join public.backfill_runs as run on run.id = chunk.run_id
  join engine.feeds as feed on feed.name = chunk.feed
) as dead
where
  dead.state = 'dead'
  and case
    when not dead.has_days then not exists (
      select from public.backfill_progress as later
      where
        later.feed = dead.feed
        and later.state = 'succeeded'
        and later.ended_at > dead.ended_at
        -- Lists come as a whole. Ids that a later chunk has in part, engine.has_ids_to_ask knows.
        and (
          dead.counted_by = 'lists' or (later.period_start <= dead.period_start and later.period_end >= dead.period_end)
        )
    )
    -- Cards may have brought what it should have asked for.
    and (
      dead.counted_by <> 'ids'
      or engine.has_ids_to_ask(
        feed => dead.feed, period_start => dead.period_start, period_end => dead.period_end,
        reprocess => dead.reprocess
      )
    )
    else exists (
      select from generate_series(
        dead.period_start::timestamp, dead.period_end::timestamp - interval '1 day', interval '1 day'
      ) as d (day)
      where
        d.day::date < engine.london_day(engine.clock() - interval '4 hours')
        and engine.lacks_coverage(dead.feed, d.day::date)
    )
  end
group by dead.subject, dead.feed;
comment on view engine.chunks_given_up is
  'A trouble for the dead chunks of a run and feed, and one for those of all scheduled pulls of a feed, while what they
   should have pulled is missing.';

create view engine.paused_runs
with (security_invoker = true)
as
select
  'paused' as kind,
  paused.subject,
  (array_agg(paused.pause_reason order by paused.id desc))[1]
    || case
      when paused.subject = 'scheduled pulls' then ' The next pull of these days tries again by itself.' else ''
    end as message
from (
  -- A paused scheduled pull is replaced by the next one: one message, not one per pull.
  select
    run.id,
    case when run.kind in ('gaps', 'schedule') then 'scheduled pulls' else 'run ' || run.id end as subject,
    run.pause_reason
  from public.backfill_runs as run
  where
    run.paused_at is not null
    and run.cancelled_at is null
    and exists (select from engine.live_chunks as live where live.run_id = run.id)
) as paused
group by paused.subject;
comment on view engine.paused_runs is
  'A trouble for each run that is paused and has something left to do, and one for all scheduled pulls that are.';

create view engine.unanswered_dispatches
with (security_invoker = true)
as
select
  'unanswered_dispatches' as kind,
  silence.feed as subject,
  case
    -- The newest says whether dispatches are sent at all, and what a function answered.
    when not starts_with(silence.newest_message, 'The dispatch ') then silence.newest_message
    else format(
      'No function answers the dispatches for %s since %s. Find out why: select * from check_setup();',
      silence.feed, silence.began_at
    )
  end as message
from (
  select
    lost.feed,
    min(lost.occurred_at) as began_at,
    (array_agg(lost.message order by lost.occurred_at desc, lost.id desc))[1] as newest_message
  from public.ingest_errors as lost
  where
    lost.failure_class = 'lost_dispatch'
    -- The sweep handles one lost dispatch; two minutes without any claim are an alert.
    and lost.occurred_at >= (select engine.clock() - interval '2 hours')
    and lost.occurred_at <= (select engine.clock() - interval '2 minutes')
    and exists (select from engine.claimable_chunks as ready where ready.feed = lost.feed)
    and not exists (
      select from public.backfill_progress as chunk where chunk.feed = lost.feed and chunk.claimed_at > lost.occurred_at
    )
  group by lost.feed
) as silence;
comment on view engine.unanswered_dispatches is
  'A trouble for each feed that has something to do, was dispatched two minutes ago or earlier, and has claimed nothing
   since.';

create view engine.days_given_up
with (security_invoker = true)
as
select
  'gap' as kind,
  format('%s of %s', gap.feed, days.words) as subject,
  format(
    'Still missing after %s nightly pulls: the %s of %s. See coverage_gaps; to try again: select pull_days(%L);',
    max(gap.tries), gap.feed, case when count(*) = 1 then min(gap.day)::text else format('%s days', count(*)) end,
    min(gap.day)
  ) as message
from engine.gap_pulls as gap
-- Old days come many at a time: one message for all, not one per day.
cross join lateral (
  select case when gap.day >= engine.london_day(gap.given_up_at) - 7 then gap.day::text else 'earlier days' end as words
) as days
where gap.given_up_at is not null
group by gap.feed, days.words;
comment on view engine.days_given_up is
  'A trouble for each day of a feed that the closing of gaps gave up, and one for all that were already more than a
   week old.';
