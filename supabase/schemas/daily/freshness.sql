-- Whether the data is as new as it should be.

create view public.data_freshness
with (security_invoker = true)
as
with settings as (
  select
    s.schedules_started_on,
    s.schedules_started_at + s.freshness_grace_minutes * interval '1 minute' as late_from,
    s.freshness_grace_minutes * interval '1 minute' as grace
  from public.backfill_settings as s
),
feeds as (
  select
    feed.name as feed,
    feed.has_days,
    feed.counted_by,
    patience.longer,
    -- The newest pull of today's data that should be done by now, on any weekday: an empty day is pulled like any
    -- other. A feed in the background waits for the others, a backfill too, and has a day.
    max(engine.last_due(schedule, engine.clock() - settings.grace - patience.longer)) filter (
      where settings.schedules_started_on is not null
    ) as expected_since,
    min(engine.next_due(schedule, engine.clock())) filter (
      where settings.schedules_started_on is not null
    ) as next_due_at
  from engine.feeds as feed
  cross join settings
  cross join lateral (
    select case when feed.in_background then interval '1 day' else interval '0' end as longer
  ) as patience
  left join public.pull_schedules as schedule
    on feed.name = any (schedule.feeds)
      and schedule.enabled
      and schedule.pulls in ('days', 'ids')
      and schedule.first_day <= 0
      and schedule.last_day >= 0
  -- What was read from an old database does not age.
  where cardinality(feed.endpoints) > 0
  group by feed.name, patience.longer
),
known as (
  select
    feeds.feed,
    feeds.next_due_at,
    -- What was due before the schedules were switched on is not expected.
    case
      when engine.london_day(feeds.expected_since) >= settings.schedules_started_on then feeds.expected_since
    end as expected_since,
    settings.late_from + feeds.longer as late_from,
    feeds.has_days,
    case
      -- With nothing to ask for, no run is started.
      when feeds.counted_by = 'ids' then greatest(
        (
          select max(coalesce(chunk.reading_since, chunk.ended_at)) from public.backfill_progress as chunk
          where chunk.feed = feeds.feed and chunk.state = 'succeeded'
        ),
        (
          select max(schedule.last_due_at) from public.pull_schedules as schedule
          where
            schedule.pulls = 'ids'
            and feeds.feed = any (schedule.feeds)
            and not exists (select from engine.live_chunks as live where live.feed = feeds.feed)
            -- What was given up or cancelled since then is not asked for, and the chunks that succeeded count above.
            and not exists (
              select from public.backfill_progress as chunk
              where
                chunk.feed = feeds.feed
                and chunk.kind = 'schedule'
                and chunk.state in ('dead', 'cancelled')
                and chunk.ended_at >= schedule.last_due_at
            )
        )
      )
      when not feeds.has_days then (
        -- By the index, which has the same value for a chunk that was read.
        select max(coalesce(chunk.reading_since, chunk.ended_at)) from public.backfill_progress as chunk
        where chunk.feed = feeds.feed and chunk.state = 'succeeded' and chunk.reading_since is not null
      )
      else (
        select c.pulled_at from public.ra_coverage as c
        where c.feed = feeds.feed and c.day <= engine.london_day()
        order by c.day desc
        limit 1
      )
    end as last_pulled_at,
    (select newest.day from engine.newest_days as newest where newest.feed = feeds.feed) as newest_day
  from feeds
  cross join settings
)
select
  known.feed,
  known.newest_day,
  known.last_pulled_at,
  known.expected_since,
  known.next_due_at,
  case
    -- Without a schedule nothing is promised, and without a run nothing was even asked for.
    when known.next_due_at is null then case
      when
        known.last_pulled_at is not null
        or exists (select from public.backfill_progress as chunk where chunk.feed = known.feed)
        then 'not_scheduled'
      else 'nothing_asked_for'
    end
    when known.expected_since is null then case when known.last_pulled_at is null then 'waiting' else 'fresh' end
    when not known.has_days and known.last_pulled_at >= known.expected_since then 'fresh'
    -- The day that was due, not an older one that was pulled again since.
    when exists (
      select from public.ra_coverage as c
      where
        c.feed = known.feed
        and c.day = engine.london_day(known.expected_since)
        and c.pulled_at >= known.expected_since
    ) then 'fresh'
    when engine.clock() < known.late_from then 'waiting'
    else 'late'
  end as state
from known;
comment on view public.data_freshness is
  'A row per feed: how new its data is, and whether it is as new as the schedules promise.';
comment on column public.data_freshness.feed is 'One of engine.feeds.';
comment on column public.data_freshness.newest_day is
  'Day of the newest race stored from this feed, including cards of days to come; null without days.';
comment on column public.data_freshness.last_pulled_at is
  'When the newest day up to today was last pulled completely, even when it was empty. For a feed without days: the
   time of the first page of its last complete pull. For one that asks for ids also when its schedule last found none
   to ask for.';
comment on column public.data_freshness.expected_since is
  'By when it should have been pulled again: the last scheduled time that is freshness_grace_minutes ago, and a day
   more of a feed in the background. Null before the first.';
comment on column public.data_freshness.next_due_at is
  'The next scheduled pull of its today; null after stop_schedules, or when no enabled schedule of the feed pulls it.';
comment on column public.data_freshness.state is
  'fresh; late: the pull due at expected_since is not done; waiting: the schedules are on, and the first pull is neither
   done nor late; not_scheduled: start_schedules was not called, or no schedule of the feed is enabled, so nothing is
   promised; nothing_asked_for: not scheduled, and no run has ever asked for the feed.';

revoke all on public.data_freshness from public, anon, authenticated, service_role;
grant select on public.data_freshness to service_role;
