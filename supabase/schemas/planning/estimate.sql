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

create function engine.bytes_of_masters(runners numeric)
returns numeric
language sql
immutable
security invoker
set search_path = ''
as $$ select 480000 * greatest(bytes_of_masters.runners, 0) ^ 0.3 $$;
comment on function engine.bytes_of_masters(numeric) is
  'For estimates: bytes of horses, parents, people and their indexes beside so many runners. Measured: 10.7 MB at 31,000
   runners, 18 at 125,000, 20 at 250,000, 27 at 664,000: most of those who run were there before.';

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
      known.bytes_a_runner - case when settings.capture_long_texts then 0 else known.long_text_bytes_a_runner end
        as bytes_a_runner,
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
    cross join public.backfill_settings as settings
    join engine.feeds as known on known.name = any (request.wanted_feeds)
    left join public.backfill_progress as chunk on chunk.feed = known.name and chunk.state = 'succeeded'
    group by known.name, request.wanted_feeds, settings.capture_long_texts
  ),
  -- Of a range that is pulled again, what is stored and comes once more takes no room.
  days_stored as (
    select
      known.feed as name, date_trunc('month', known.day::timestamp) as month,
      sum(case when known.races_in_api > 0 then least(known.races_stored::numeric / known.races_in_api, 1) else 1 end)
        as days
    from request
    join public.ra_coverage as known on
      known.feed = any (request.wanted_feeds) and known.day between backfill_plan.start_date and request.last_day
    where backfill_plan.reprocess = 'all' and known.regions @> (select s.regions from public.backfill_settings as s)
    group by 1, 2
  ),
  ids_lacking as (
    select learned.name, date_trunc('month', chunk.period_start::timestamp) as month, chunk.pages_expected as ids
    from request
    cross join learned
    cross join lateral engine.plan_chunks(
      start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
      reprocess => 'missing'
    ) as chunk
    where backfill_plan.reprocess = 'all' and (learned.feed).counted_by = 'ids'
  ),
  chunks as (
    select
      learned.name,
      chunk.period_start,
      chunk.pages_expected,
      ceil(chunk.pages_expected / learned.pages_an_invocation) as invocations,
      sizes.races,
      sizes.races * learned.runners_a_race as runners,
      sizes.races * learned.runners_a_race * sizes.new_part as new_runners,
      coalesce(
        chunk.period_start >= (
          select other.first_day
          from engine.feeds as other
          where other.name = (learned.feed).shares_rows_with and other.name = any (request.wanted_feeds)
        ),
        false
      ) as is_shared,
      case when (learned.feed).counted_by = 'ids' then chunk.pages_expected * sizes.new_part else 0 end as new_ids,
      learned.bytes_a_runner,
      learned.feed
    from request
    cross join learned
    cross join lateral engine.plan_chunks(
      start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
      reprocess => backfill_plan.reprocess
    ) as chunk
    left join days_stored as stored
      on stored.name = learned.name and stored.month = date_trunc('month', chunk.period_start::timestamp)
    left join ids_lacking as lacking
      on lacking.name = learned.name and lacking.month = date_trunc('month', chunk.period_start::timestamp)
    cross join lateral (
      select
        (chunk.period_end - chunk.period_start) * learned.races_a_day as races,
        case
          when backfill_plan.reprocess <> 'all' then 1
          when (learned.feed).counted_by = 'ids' then coalesce(lacking.ids, 0)::numeric / chunk.pages_expected
          else greatest(1 - coalesce(stored.days, 0) / (chunk.period_end - chunk.period_start), 0)
        end as new_part
    ) as sizes
  ),
  -- With the runners that came before each, newest first, as a backfill goes unless it is told otherwise.
  in_order as (
    select
      chunks.*,
      stored.runners
        + sum(chunks.new_runners) filter (where not chunks.is_shared) over newest_first as runners_by_then,
      sum(chunks.new_runners) filter (where chunks.is_shared) over newest_first as shared_by_then
    from chunks
    cross join (
      select greatest(c.reltuples, 0)::numeric as runners
      from pg_catalog.pg_class as c
      where c.oid = 'public.ra_runners'::regclass
    ) as stored
    window newest_first as (order by chunks.period_start desc, (chunks.feed).place rows unbounded preceding)
  ),
  sized as (
    select
      in_order.*,
      in_order.new_ids * in_order.bytes_a_runner
        + case
          -- The space of the rows' earlier versions; once a vacuum has been there, it is used again.
          when in_order.is_shared then (in_order.feed).bytes_a_shared_runner
            * (
              least(in_order.shared_by_then, 32000)
              - least(in_order.shared_by_then - in_order.new_runners, 32000)
            )
          else in_order.new_runners * in_order.bytes_a_runner
            + coalesce(
              engine.bytes_of_masters(in_order.runners_by_then)
                - engine.bytes_of_masters(in_order.runners_by_then - in_order.new_runners),
              0
            )
        end as bytes
    from in_order
  ),
  months as (
    select
      min(sized.period_start) as first_day,
      max((sized.feed).place) as last_place,
      sum(sum(sized.bytes)) over (order by date_trunc('month', sized.period_start::timestamp) desc) / 1e6 as megabytes
    from sized
    where sized.new_ids + sized.new_runners > 0
    group by date_trunc('month', sized.period_start::timestamp)
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
    count(sized.name)::integer,
    coalesce(sum(sized.pages_expected), 0)::integer,
    round(coalesce(sum(sized.pages_expected), 0) / learned.calls_per_second / 60, 1),
    round(coalesce(sum(sized.races), 0))::integer,
    round(coalesce(sum(sized.runners), 0))::integer,
    round(coalesce(sum(sized.bytes), 0) / 1e6, 1),
    coalesce(sum(sized.invocations), 0)::integer,
    nullif(
      concat_ws(
        ' ',
        case
          when count(sized.name) = 0 then engine.why_no_chunks(
            start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
            reprocess => backfill_plan.reprocess
          )
          when backfill_plan.start_date < (learned.feed).first_day
            then format('The API has no %s before %s: none are planned.', learned.name, (learned.feed).first_day)
          when backfill_plan.start_date < learned.free_since then format(
            'The %s before %s need the historical add-on of The Racing API.', learned.name, learned.free_since
          )
          when (learned.feed).ids_a_second is not null
            then 'Old rows are copied only while no other feed has anything to do.'
          when (learned.feed).in_background
            then format('The %s are asked for only while no other feed has anything to do.', learned.name)
        end,
        fits.words
      ),
      ''
    )
  from request
  cross join learned
  left join sized on sized.name = learned.name
  left join fits on fits.place = (learned.feed).place
  group by learned.name, learned.feed, learned.calls_per_second, learned.free_since, request.last_day, fits.words
  order by (learned.feed).place
$$;
comment on function public.backfill_plan(date, date, text[], text) is
  'What backfill_start with the same arguments would cost, a row per feed; starts nothing. api_calls: requests, without
   those sent again; minutes: at the rate limit (feeds run side by side, so the greatest one is about the whole; those
   in the background come after the others, so theirs are added); races and runners that come; megabytes by which the
   database grows, indexes included, without what is stored and comes again; invocations of the functions; note: null,
   or what prevents a part of it, or why a feed has no chunks; of the last feed that brings something, also whether the
   database has room for all feeds together, and if not, from which day on it has. Errors as of backfill_start.';

revoke all on function public.backfill_plan from public, anon, authenticated, service_role;
grant execute on function engine.learned, engine.bytes_of_masters, public.backfill_plan to service_role;
