-- What is missing.

create table engine.gap_pulls (
  feed text not null references engine.feeds,
  day date not null,
  tries integer not null default 0,
  last_try_at timestamptz,
  given_up_at timestamptz,
  constraint gap_pulls_pkey primary key (feed, day)
);
comment on table engine.gap_pulls is
  'Days whose gap the nightly closing has tried to close. The row is deleted once the gap is closed.';
comment on column engine.gap_pulls.feed is 'One of engine.feeds that has days.';
comment on column engine.gap_pulls.day is 'UK racing day.';
comment on column engine.gap_pulls.tries is 'Pulls so far.';
comment on column engine.gap_pulls.last_try_at is 'When the last one was started.';
comment on column engine.gap_pulls.given_up_at is
  'When it was given up, after gap_tries pulls; null while it is tried. Delete the row to have it tried again.';

create view engine.expected_days
with (security_invoker = true)
as
-- Ranges are put together before they become days: hundreds of pulls of the same week are one.
select feed.name as feed, days.day::date as day
from engine.feeds as feed
cross join lateral (
  select exists (
    select from public.pull_schedules as schedule
    where schedule.enabled and schedule.pulls = 'days' and feed.name = any (schedule.feeds)
  ) as are_on
) as schedules
cross join lateral (
  select range_agg(daterange(chunk.period_start, chunk.period_end)) as periods
  from public.backfill_progress as chunk
  where
    chunk.feed = feed.name
    and chunk.state <> 'cancelled'
    -- A scheduled run does not make its days expected once the feed's schedules are switched off.
    and (chunk.kind in ('backfill', 'by_hand') or schedules.are_on)
) as asked
-- With the schedules on, every day since then, and every day since the last backfill reached the present of its time.
left join lateral (
  select coalesce(max(run.end_date), settings.schedules_started_on) as day
  from public.backfill_settings as settings
  left join public.backfill_runs as run
    on run.kind = 'backfill'
      -- A backfill that was cancelled because of a dead chunk still reached the present.
      and (
        run.cancelled_at is null
        or exists (
          select from public.backfill_progress as newest
          where
            newest.run_id = run.id
            and newest.feed = feed.name
            and newest.state = 'succeeded'
            and newest.period_end > run.end_date
        )
      )
      and feed.name = any (run.feeds)
      and run.end_date < settings.schedules_started_on
      -- A backfill up to the present, not a trial of an old year.
      and run.end_date >= engine.london_day(run.created_at) - 7
  where settings.schedules_started_on is not null
  group by settings.schedules_started_on
) as since on schedules.are_on
cross join lateral unnest(
  (
    coalesce(asked.periods, '{}')
      + case
        when since.day < (select engine.london_day())
          then datemultirange(daterange(since.day, (select engine.london_day())))
        else '{}'
      end
  )
  -- A day that the API does not have, as far as known now, is not expected.
  * datemultirange(daterange(feed.first_day, null))
) as stretch (days)
cross join lateral generate_series(
  lower(stretch.days)::timestamp, upper(stretch.days)::timestamp - interval '1 day', interval '1 day'
) as days (day)
where feed.has_days;
comment on view engine.expected_days is
  'Per feed the days that should be stored: those that a run was asked for, and with the schedules on all since the last
   backfill.';

create view public.coverage_gaps
with (security_invoker = true)
as
with gaps as (
  select
    expected.feed,
    expected.day,
    case
      when known.day is null then 'never_pulled'
      when known.races_stored < known.races_in_api then 'incomplete'
      when not known.regions @> settings.regions then 'never_pulled'
      else 'provisional'
    end as kind,
    case
      when known.day is null then 'never pulled completely'
      when known.races_stored < known.races_in_api
        then format('%s of %s races stored', known.races_stored, known.races_in_api)
      when not known.regions @> settings.regions then format(
        'never pulled for the region %s',
        (
          select string_agg(region, ', ' order by region)
          from unnest(settings.regions) as region
          where region <> all (known.regions)
        )
      )
      when known.pulled_at < engine.london_midnight(expected.day + 1) then 'pulled before the day was over'
      else 'pulled before late ratings and corrections were in'
    end as missing
  from engine.expected_days as expected
  cross join public.backfill_settings as settings
  left join engine.known_days as known on known.feed = expected.feed and known.day = expected.day
  where
    known.is_covered is not true
    and known.is_provisional is not true
  union all
  -- A race with a card and no result needs a look: it may be void, abandoned without notice, or still to come.
  select
    'results', race.race_date, 'no_result',
    format(
      '%s with a card and without a result: %s', case when count(*) = 1 then 'a race' else count(*) || ' races' end,
      string_agg(race.id, ', ' order by race.off_dt, race.id)
    )
  from public.ra_races as race
  where
    race.has_card
    and not race.has_result
    and not race.is_abandoned
    and race.race_date <= (select engine.london_day()) - 2
    and race.region_code = any ((select s.regions from public.backfill_settings as s)::text[])
    -- Asked for these few: joined, each day that was ever pulled would look for such races.
    and (
      select known.is_covered from engine.known_days as known
      where known.feed = 'results' and known.day = race.race_date
    )
  group by race.race_date
  union all
  select asked.feed, asked.period_start, 'never_pulled', 'not all ids of the month were asked for'
  from engine.months_of_ids as asked
  where
    asked.state in ('failed', 'running')
    -- As of days: what a schedule asked for is not missing once it is switched off.
    and (
      asked.kind in ('backfill', 'by_hand')
      or exists (
        select from public.pull_schedules as schedule
        where schedule.enabled and schedule.pulls = 'ids' and asked.feed = any (schedule.feeds)
      )
    )
  union all
  -- An empty list would look complete in an empty database.
  select
    feed.name, null, 'nothing_asked_for',
    'no run has asked for any day: begin with backfill_plan and backfill_start, or with start_schedules'
  from engine.feeds as feed
  where
    feed.has_days
    and feed.by_default
    and (select s.schedules_started_on from public.backfill_settings as s) is null
    and not exists (select from public.backfill_runs)
    and not exists (select from public.ra_coverage)
)
select gaps.feed, gaps.day, gaps.kind, gaps.missing, coalesce(pulls.tries, 0) as tries, pulls.given_up_at
from gaps
left join engine.gap_pulls as pulls on pulls.feed = gaps.feed and pulls.day = gaps.day;
comment on view public.coverage_gaps is
  'A row per feed and day of which something that should be stored is missing. Only days that a run or a schedule has
   asked for should be stored: no row means that nothing of those is missing.';
comment on column public.coverage_gaps.feed is 'One of engine.feeds, but not one of lists.';
comment on column public.coverage_gaps.day is
  'UK racing day; of a feed that asks for ids, the first that the chunk has; null for nothing_asked_for.';
comment on column public.coverage_gaps.kind is
  'never_pulled: never, or not in a region that the settings have now, or not all ids of a month; incomplete: fewer
   races stored than the API has; provisional: pulled before the day was over, or a result before its late ratings and
   corrections were in; no_result: races that have a card, are not abandoned, and had no result two days later;
   nothing_asked_for: no run was ever started, so no day is expected.';
comment on column public.coverage_gaps.missing is 'In words: how many races of how many, or which.';
comment on column public.coverage_gaps.tries is 'Pulls by the nightly closing so far.';
comment on column public.coverage_gaps.given_up_at is
  'When the nightly closing gave up, after gap_tries pulls; null before.';

alter table engine.gap_pulls enable row level security;
revoke all on engine.gap_pulls, public.coverage_gaps from public, anon, authenticated, service_role;
grant select on engine.gap_pulls, engine.expected_days, public.coverage_gaps to service_role;
