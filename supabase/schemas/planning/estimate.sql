-- What a backfill will cost, before anything starts.

create function engine.learned(known numeric, seen numeric, enough numeric, otherwise numeric)
returns numeric
language sql
immutable
security invoker
set search_path = ''
as $$ select case when seen >= enough then known / seen else otherwise end $$;
comment on function engine.learned(numeric, numeric, numeric, numeric) is
  'known per seen once enough was seen to go by; before that, otherwise.';

create function public.backfill_plan(
  start_date date,
  end_date date default null,
  feeds text[] default null,
  reprocess text default 'missing'
)
returns table (
  feed text,
  chunks integer,
  api_calls integer,
  minutes numeric,
  races integer,
  runners integer,
  megabytes numeric,
  invocations integer,
  note text
)
language sql
stable
security invoker
set search_path = ''
as $$
  with request as (
    select r.last_day, r.wanted_feeds
    from engine.check_request(
      backfill_plan.start_date, backfill_plan.end_date, backfill_plan.feeds, backfill_plan.reprocess
    ) as r
  ),
  -- Measured over the simulated year 2025 (docs/guide.md, "What it costs"); once enough of a feed was pulled, what that came to.
  learned as (
    select
      f.feed,
      f.place,
      f.endpoint,
      f.bytes_a_runner,
      f.bytes_a_shared_runner,
      -- Here, and not a chunk each, because it reads the whole coverage.
      case when f.feed <> 'masters' then engine.races_per_day(f.feed) else 0 end as races_a_day,
      engine.learned(sum(chunk.runners_stored), sum(chunk.races_stored), 5000, f.runners_a_race) as runners_a_race,
      engine.learned(sum(chunk.pages_done), sum(chunk.invocations), 100, f.pages_an_invocation) as pages_an_invocation
    from (
        values
          ('masters', 1, '/courses', 0, 0, 0, 2),
          ('racecards', 2, '/racecards/pro', 750, 750, 10.4, 16),
          ('results', 3, '/results', 600, 310, 9.8, 7.5)
      ) as f (feed, place, endpoint, bytes_a_runner, bytes_a_shared_runner, runners_a_race, pages_an_invocation)
    left join public.backfill_progress as chunk on chunk.feed = f.feed and chunk.state = 'succeeded'
    group by f.feed, f.place, f.endpoint, f.bytes_a_runner, f.bytes_a_shared_runner, f.runners_a_race, f.pages_an_invocation
  ),
  chunks as (
    select
      learned.feed,
      chunk.pages_expected,
      ceil(chunk.pages_expected / learned.pages_an_invocation) as invocations,
      sizes.races,
      sizes.races * learned.runners_a_race as runners,
      -- A result shares its rows with a card that is planned too.
      sizes.races * learned.runners_a_race
        * case
          when 'racecards' = any (request.wanted_feeds) and chunk.period_start >= date '2023-01-23' then learned.bytes_a_shared_runner
          else learned.bytes_a_runner
        end as bytes
    from request
    join learned on learned.feed = any (request.wanted_feeds)
    cross join lateral engine.plan_chunks(
      backfill_plan.start_date, request.last_day, learned.feed, backfill_plan.reprocess
    ) as chunk
    cross join lateral (select (chunk.period_end - chunk.period_start) * learned.races_a_day as races) as sizes
  )
  select
    learned.feed,
    count(chunks.feed)::integer,
    coalesce(sum(chunks.pages_expected), 0)::integer,
    round(coalesce(sum(chunks.pages_expected), 0) / min(l.calls_per_second * (1 - l.headroom)) / 60, 1),
    round(coalesce(sum(chunks.races), 0))::integer,
    round(coalesce(sum(chunks.runners), 0))::integer,
    round(coalesce(sum(chunks.bytes), 0) / 1e6, 1),
    coalesce(sum(chunks.invocations), 0)::integer,
    case
      when count(chunks.feed) = 0 then 'Nothing to do.'
      when learned.feed = 'racecards' and backfill_plan.start_date < date '2023-01-23'
        then 'The API has no cards before 2023-01-23: none are planned.'
      when learned.feed = 'results' and backfill_plan.start_date < (engine.london_day() - interval '12 months')::date
        then format(
          'Results before %s need the historical add-on of The Racing API.', (engine.london_day() - interval '12 months')::date
        )
    end
  from request
  join learned on learned.feed = any (request.wanted_feeds)
  join public.racing_api_limits as l on l.endpoint = learned.endpoint
  left join chunks on chunks.feed = learned.feed
  group by learned.feed, learned.place
  order by learned.place
$$;
comment on function public.backfill_plan(date, date, text[], text) is
  'What backfill_start with the same arguments would cost, a row per feed; starts nothing. api_calls: requests, without those sent
   again; minutes: at the rate limit (cards and results run side by side, so the greater one is about the whole); races and
   runners that come; megabytes by which the database grows at most, indexes included; invocations of the functions; note: null,
   or what stands in the way. Errors as of backfill_start.';

revoke all on function engine.learned, public.backfill_plan from public, anon, authenticated, service_role;
grant execute on function engine.learned, public.backfill_plan to service_role;
