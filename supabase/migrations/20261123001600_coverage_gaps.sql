-- What is missing, and its nightly closing.

create table public.gap_pulls (
  feed text not null,
  day date not null,
  tries integer not null default 0,
  last_try_at timestamptz,
  given_up_at timestamptz,
  constraint gap_pulls_pkey primary key (feed, day),
  constraint gap_pulls_feed_known check (feed in ('racecards', 'results'))
);
comment on table public.gap_pulls is 'Days whose gap the nightly closing has tried to close. A row goes when the gap does.';
comment on column public.gap_pulls.feed is 'racecards or results.';
comment on column public.gap_pulls.day is 'UK racing day.';
comment on column public.gap_pulls.tries is 'Pulls so far.';
comment on column public.gap_pulls.last_try_at is 'When the last one was started.';
comment on column public.gap_pulls.given_up_at is
  'When it was given up, after gap_tries pulls; null while it is tried. Delete the row to have it tried again.';
alter table public.gap_pulls enable row level security;
revoke all on public.gap_pulls from anon, authenticated, service_role;
grant select on public.gap_pulls to service_role;

create view engine.expected_days
with (security_invoker = true)
as
select distinct chunk.feed, days.day::date as day
from public.backfill_progress as chunk,
  generate_series(chunk.period_start::timestamp, chunk.period_end::timestamp - interval '1 day', interval '1 day') as days (day)
where
  chunk.feed <> 'masters'
  and chunk.state <> 'cancelled'
  -- Nor does a pull of before make anybody expect a feed whose schedules were switched off since.
  and (
    chunk.priority < 90
    or exists (
      select from public.pull_schedules as schedule
      where schedule.enabled and schedule.pulls = 'days' and chunk.feed = any (schedule.feeds)
    )
  )
union
-- With the schedules on, every day since then, and every day since the last backfill reached the present of its time.
select f.feed, days.day::date
from public.backfill_settings as settings
cross join (values ('racecards'), ('results')) as f (feed)
cross join lateral (
  select coalesce(max(run.end_date), settings.schedules_started_on) as day
  from public.backfill_runs as run
  where
    run.priority = 0
    -- One that was cancelled for the sake of a dead chunk reached the present all the same.
    and (
      run.cancelled_at is null
      or exists (
        select from public.backfill_progress as newest
        where newest.run_id = run.id and newest.feed = f.feed and newest.state = 'succeeded' and newest.period_end > run.end_date
      )
    )
    and f.feed = any (run.feeds)
    and run.end_date < settings.schedules_started_on
    -- One that was to reach the present, not a trial of a year long past.
    and run.end_date >= engine.london_day(run.created_at) - 7
) as since
cross join lateral generate_series(
  greatest(since.day, case when f.feed = 'racecards' then date '2023-01-23' end)::timestamp,
  engine.london_day()::timestamp - interval '1 day',
  interval '1 day'
) as days (day)
where
  settings.schedules_started_on is not null
  -- Whoever has switched a feed's schedules off does not miss its days.
  and exists (
    select from public.pull_schedules as schedule where schedule.enabled and schedule.pulls = 'days' and f.feed = any (schedule.feeds)
  );
comment on view engine.expected_days is
  'Per feed the days that should be stored: those that a run was asked for, and with the schedules on all since the last backfill.';

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
      when known.day is null then 'never pulled wholly'
      when known.races_stored < known.races_in_api then format('%s of %s races stored', known.races_stored, known.races_in_api)
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
    -- The day in progress is provisional by nature, and so is the one before until its nightly pull; and a card before its morning.
    and (
      known.day is null
      or known.races_stored < known.races_in_api
      or not known.regions @> settings.regions
      or expected.day < (select engine.london_day(engine.clock() - interval '4 hours'))
    )
  union all
  -- A race that has a card and no result is a question: void, abandoned unseen, or still to come.
  select
    'results', race.race_date, 'no_result',
    format(
      '%s with a card and without a result: %s', case when count(*) = 1 then 'a race' else count(*) || ' races' end,
      string_agg(race.id, ', ' order by race.off_dt, race.id)
    )
  from public.ra_races as race
  join engine.known_days as known on known.feed = 'results' and known.day = race.race_date and known.is_covered
  where
    race.has_card
    and not race.has_result
    and not coalesce(race.is_abandoned, false)
    and race.race_date <= engine.london_day() - 2
    and race.region_code = any ((select s.regions from public.backfill_settings as s)::text[])
  group by race.race_date
)
select gaps.feed, gaps.day, gaps.kind, gaps.missing, coalesce(pulls.tries, 0) as tries, pulls.given_up_at
from gaps
left join public.gap_pulls as pulls on pulls.feed = gaps.feed and pulls.day = gaps.day;

comment on view public.coverage_gaps is 'A row per feed and day of which something that should be stored is missing.';
comment on column public.coverage_gaps.feed is 'racecards or results.';
comment on column public.coverage_gaps.day is 'UK racing day.';
comment on column public.coverage_gaps.kind is
  'never_pulled, or not in a region that the settings have by now; incomplete: fewer races stored than the API has;
   provisional: pulled before the day was over, or a result before its late ratings and corrections were in; no_result:
   races that have a card, are not abandoned, and had no result two days later.';
comment on column public.coverage_gaps.missing is 'In words: how many races of how many, or which.';
comment on column public.coverage_gaps.tries is 'Pulls by the nightly closing so far.';
comment on column public.coverage_gaps.given_up_at is 'When the nightly closing gave up, after gap_tries pulls; null before.';

create function engine.close_gaps(feeds text[] default array['racecards', 'results'])
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  paused bigint;
  lane text;
  days date[];
  new_run_id bigint;
  chosen integer := 0;
begin
  -- Two closings at once would both pull the same days. Nobody waits for the other: the next one finds what is left.
  if not engine.try_lock('close gaps') then
    perform engine.refuse_lock('close gaps');
  end if;
  delete from public.gap_pulls as pulls
  where not exists (select from public.coverage_gaps as gap where gap.feed = pulls.feed and gap.day = pulls.day);

  -- A closing that was paused is replaced by this one.
  for paused in
    select run.id
    from public.backfill_runs as run
    where
      run.priority = 90
      and run.paused_at is not null
      and run.cancelled_at is null
      and run.feeds <@ close_gaps.feeds
      and exists (select from public.backfill_progress as chunk where chunk.run_id = run.id and chunk.state in ('waiting', 'working'))
  loop
    -- The API was not asked for what it had left.
    update public.gap_pulls as pulls
    set tries = greatest(pulls.tries - 1, 0), last_try_at = null
    from public.backfill_progress as left_over
    where
      left_over.run_id = paused
      and left_over.state in ('waiting', 'working')
      and left_over.feed = pulls.feed
      and pulls.day >= coalesce(left_over.cursor_day, left_over.period_start)
      and pulls.day < left_over.period_end;
    perform public.backfill_cancel(paused);
  end loop;

  update public.gap_pulls as pulls
  set given_up_at = engine.clock()
  where pulls.given_up_at is null and pulls.tries >= settings.gap_tries;

  foreach lane in array close_gaps.feeds loop
    select array_agg(gap.day order by gap.day) into days
    from (
      select distinct g.day
      from public.coverage_gaps as g
      where
        g.feed = lane
        and g.given_up_at is null
        and g.day <= engine.london_day()
        -- A second standstill of the same night is not another try.
        and not exists (
          select from public.gap_pulls as pulls
          where pulls.feed = lane and pulls.day = g.day and pulls.last_try_at > engine.clock() - interval '12 hours'
        )
        -- Somebody is at it already, or will be: a backfill, or an earlier closing.
        and not exists (
          select from public.backfill_progress as live
          where
            live.feed = lane
            and live.state in ('waiting', 'working')
            and g.day >= live.period_start
            and g.day < live.period_end
        )
      order by g.day desc
      limit settings.gap_days_a_night
    ) as gap;
    continue when days is null;

    insert into public.backfill_runs (start_date, end_date, feeds, newest_first, reprocess, priority, requested_by)
    values (days[1], days[cardinality(days)], array[lane], true, 'missing', 90, 'closing of gaps')
    returning id into new_run_id;

    -- A chunk for each stretch of days in a month; for each day when that was in vain, so that one bad day spoils no other.
    insert into public.backfill_progress (
      run_id, feed, period_start, period_end, priority, place_in_run, cursor_day, pages_planned, pages_expected
    )
    select
      new_run_id, lane, stretch.first_day, stretch.last_day + 1, 90,
      row_number() over (order by stretch.first_day desc),
      case when lane = 'racecards' then stretch.first_day end,
      stretch.pages, stretch.pages
    from (
      select
        min(d.day) as first_day,
        max(d.day) as last_day,
        case
          when lane = 'racecards' then count(*)
          else ceil(count(*) * (select engine.races_per_day('results')) / settings.results_page_limit)
        end::integer as pages
      from (
        select
          wanted.day,
          wanted.day - (row_number() over (partition by pulls.day is null order by wanted.day))::integer as stretch_id,
          pulls.day as tried_day
        from unnest(days) as wanted (day)
        left join public.gap_pulls as pulls on pulls.feed = lane and pulls.day = wanted.day and pulls.tries > 0
      ) as d
      group by d.stretch_id, d.tried_day, date_trunc('month', d.day::timestamp)
    ) as stretch;

    insert into public.gap_pulls as pulls (feed, day, tries, last_try_at)
    select lane, day, 1, engine.clock() from unnest(days) as day
    on conflict (feed, day) do update set tries = pulls.tries + 1, last_try_at = excluded.last_try_at;
    chosen := chosen + cardinality(days);
  end loop;

  perform engine.dispatch_due();
  return chosen;
end
$$;
comment on function engine.close_gaps(text[]) is
  'Starts a run per feed (default: racecards and results) for the days of coverage_gaps that nobody is working on, the newest first, at most gap_days_a_night. A day
   still missing after gap_tries such pulls is given up, and an alert says so. Returns how many days are pulled.';

revoke all on engine.expected_days, public.coverage_gaps from public, anon, authenticated, service_role;
grant select on engine.expected_days, public.coverage_gaps to service_role;
revoke execute on function engine.close_gaps(text[]) from public, anon, authenticated;
