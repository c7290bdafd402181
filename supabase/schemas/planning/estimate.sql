-- What a backfill will cost, before anything starts.

create function engine.learned(known numeric, seen numeric, enough numeric, otherwise numeric)
returns numeric
language sql
immutable
security invoker
set search_path = ''
as $$ select case when seen >= enough then known / seen else otherwise end $$;
comment on function engine.learned(numeric, numeric, numeric, numeric) is
  'The ratio known / seen once enough was seen; the parameter "otherwise" before that.';

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
      start_date => backfill_plan.start_date, end_date => backfill_plan.end_date, feeds => backfill_plan.feeds,
      reprocess => backfill_plan.reprocess
    ) as r
  ),
  -- The constants of engine.feeds, or measured values once enough of a feed was pulled.
  learned as (
    select
      known.name,
      known as feed,
      case when known.counted_by in ('lists', 'ids') then 0 else engine.races_per_day(known.name) end as races_a_day,
      engine.learned(
        known => sum(chunk.runners_stored), seen => sum(chunk.races_stored), enough => 5000,
        otherwise => known.runners_a_race
      ) as runners_a_race,
      engine.learned(
        known => sum(chunk.pages_done), seen => sum(chunk.invocations), enough => 100,
        otherwise => known.pages_an_invocation
      ) as pages_an_invocation,
      engine.allowed_rate(known.name, request.wanted_feeds) as calls_per_second,
      (engine.london_day() - known.free_months * interval '1 month')::date as free_since
    from request
    join engine.feeds as known on known.name = any (request.wanted_feeds)
    left join public.backfill_progress as chunk on chunk.feed = known.name and chunk.state = 'succeeded'
    group by known.name, request.wanted_feeds
  ),
  chunks as (
    select
      learned.name,
      chunk.period_start,
      chunk.pages_expected,
      ceil(chunk.pages_expected / learned.pages_an_invocation) as invocations,
      sizes.races,
      sizes.races * learned.runners_a_race as runners,
      sizes.races * learned.runners_a_race
        * case
          when chunk.period_start >= (
            select other.first_day
            from engine.feeds as other
            where other.name = (learned.feed).shares_rows_with and other.name = any (request.wanted_feeds)
          ) then (learned.feed).bytes_a_shared_runner
          else (learned.feed).bytes_a_runner
        end
          + case when (learned.feed).counted_by = 'ids' then chunk.pages_expected else 0 end
            * (learned.feed).bytes_a_runner as bytes
    from request
    cross join learned
    cross join lateral engine.plan_chunks(
      start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
      reprocess => backfill_plan.reprocess
    ) as chunk
    cross join lateral (select (chunk.period_end - chunk.period_start) * learned.races_a_day as races) as sizes
  ),
  -- Newest first, as a backfill goes unless it is told otherwise.
  months as (
    select
      min(chunks.period_start) as first_day,
      max((learned.feed).place) as last_place,
      sum(sum(chunks.bytes)) over (order by date_trunc('month', chunks.period_start::timestamp) desc) / 1e6 as megabytes
    from chunks
    join learned on learned.name = chunks.name
    where chunks.bytes > 0
    group by date_trunc('month', chunks.period_start::timestamp)
  ),
  fits as (
    -- One sentence for the whole plan, in the row of the last feed that brings something.
    select
      max(months.last_place) as place,
      engine.what_fits(
        since => min(months.first_day) filter (where months.megabytes < room.backfills_until - room.megabytes),
        last_day => request.last_day,
        is_all => max(months.megabytes) < room.backfills_until - room.megabytes,
        megabytes => max(months.megabytes)
      ) as words
    from months
    cross join request
    cross join engine.room as room
    group by request.last_day, room.backfills_until, room.megabytes
  )
  select
    learned.name,
    count(chunks.name)::integer,
    coalesce(sum(chunks.pages_expected), 0)::integer,
    round(coalesce(sum(chunks.pages_expected), 0) / learned.calls_per_second / 60, 1),
    round(coalesce(sum(chunks.races), 0))::integer,
    round(coalesce(sum(chunks.runners), 0))::integer,
    round(coalesce(sum(chunks.bytes), 0) / 1e6, 1),
    coalesce(sum(chunks.invocations), 0)::integer,
    nullif(
      concat_ws(
        ' ',
        case
          when count(chunks.name) = 0 then engine.why_no_chunks(
            start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
            reprocess => backfill_plan.reprocess
          )
          when backfill_plan.start_date < (learned.feed).first_day
            then format('The API has no %s before %s: none are planned.', learned.name, (learned.feed).first_day)
          when backfill_plan.start_date < learned.free_since then format(
            'The %s before %s need the historical add-on of The Racing API.', learned.name, learned.free_since
          )
          when (learned.feed).in_background
            then format('The %s are asked for only while no other feed has anything to do.', learned.name)
        end,
        fits.words
      ),
      ''
    )
  from request
  cross join learned
  left join chunks on chunks.name = learned.name
  left join fits on fits.place = (learned.feed).place
  group by learned.name, learned.feed, learned.calls_per_second, learned.free_since, request.last_day, fits.words
  order by (learned.feed).place
$$;
comment on function public.backfill_plan(date, date, text[], text) is
  'What backfill_start with the same arguments would cost, a row per feed; starts nothing. api_calls: requests, without
   those sent again; minutes: at the rate limit (feeds run side by side, so the greatest one is about the whole; those
   in the background come after the others, so theirs are added); races and runners that come; megabytes by which the
   database grows at most, indexes included; invocations of the functions; note: null, or what prevents a part of it, or
   why a feed has no chunks; of the last feed that brings something, also whether the database has room for all feeds
   together, and if not, from which day on it has. Errors as of backfill_start.';

revoke all on function public.backfill_plan from public, anon, authenticated, service_role;
grant execute on function engine.learned, public.backfill_plan to service_role;
