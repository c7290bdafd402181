-- What a reading has seen so far.

create function engine.page_limit(chunk public.backfill_progress)
returns integer
language sql
stable
security invoker
set search_path = ''
as $$
  select
    case
      -- Of 1,300 races, as a month has, no page of a hundred or less ends within five races of one of the reading
      -- before.
      when feed.counted_by in ('days', 'pages')
        then greatest(feed.page_limit - (array[0, 6, 1, 7])[least(chunk.repulls, 3) + 1], 1)
      else feed.page_limit
    end
  from engine.feeds as feed
  where feed.name = chunk.feed
$$;
comment on function engine.page_limit(public.backfill_progress) is
  'How many rows a chunk asks for at once: engine.feeds.page_limit, and a few less at each reading that starts again, so
   that its pages end elsewhere. A list whose order is not certain, of races at the same time, may have a race on two
   pages and another on none, and do so again where pages end at the same place. Null for lists.';

create function engine.keys_on_page(page jsonb, counted_rows text[])
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(came.key order by came.key), '{}')
  from (
    select counted ->> 'id' as key
    from unnest(keys_on_page.counted_rows) as list (name), jsonb_array_elements(page -> list.name) as counted
    union all
    select coalesce(
      r.race_id,
      engine.reject_fingerprint(
        kind => r.kind, race_id => r.race_id, horse_id => r.horse_id, path => r.path, raw => r.raw
      )
    )
    from jsonb_to_recordset(page -> 'rejects') as r (kind text, race_id text, horse_id text, path text, raw jsonb)
    where r.kind in ('race', 'horse')
    union all
    select jsonb_array_elements_text(page -> 'left_out')
    union all
    select jsonb_array_elements_text(page -> 'copies')
  ) as came
$$;
comment on function engine.keys_on_page(jsonb, text[]) is
  'What the API counts of a page, read, rejected or left out, each key as often as it came, as engine.pages_read keeps
   it. page as ingest_page gets it; counted_rows as in engine.feeds.';

create function engine.keys_read(chunk_id bigint)
returns table (day date, race_key text, times integer, most_on_a_page integer, is_left_out boolean)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    on_page.day, on_page.race_key, sum(on_page.times)::integer, max(on_page.times)::integer,
    bool_and(on_page.is_left_out)
  from (
    select
      pages.day, pages.skip, seen.race_key, count(*) as times,
      bool_or(seen.race_key = any (pages.left_out)) as is_left_out
    from engine.pages_read as pages, unnest(pages.race_keys) as seen (race_key)
    where pages.chunk_id = keys_read.chunk_id
    group by pages.day, pages.skip, seen.race_key
  ) as on_page
  group by on_page.day, on_page.race_key
$$;
comment on function engine.keys_read(bigint) is
  'The keys that a chunk''s reading has seen so far, as in engine.pages_read.race_keys: how often each came in all, and
   how often on one page; and whether it was left out wherever it came.';

create function engine.days_read(chunk_id bigint)
returns table (day date, races_in_api integer, races_seen integer, races_to_store integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with totals as (
    select
      pages.day, max(pages.races_in_api) as races,
      min(pages.races_in_api) = max(pages.races_in_api) as stands_still
    from engine.pages_read as pages
    where pages.chunk_id = days_read.chunk_id
    group by pages.day
  )
  select
    totals.day, totals.races, came.races::integer, (totals.races - came.races + came.to_store)::integer
  from
    totals,
    lateral (
      select
        coalesce(sum(
          case
            when totals.stands_still and exists (
              select from engine.copies_read as known
              where
                known.chunk_id = days_read.chunk_id and known.day = keys.day and known.race_key = keys.race_key
                and known.times >= keys.times
            ) then keys.times
            else keys.most_on_a_page
          end
        ), 0) as races,
        count(*) filter (where not keys.is_left_out) as to_store
      from engine.keys_read(days_read.chunk_id) as keys
      where keys.day = totals.day
    ) as came
$$;
comment on function engine.days_read(bigint) is
  'How many races the API has of each day that a chunk has read, how many of them came, and how many there are to store:
   without copies, and without those that are left out. A race that comes twice on a page counts twice; one that comes
   on two pages only if it came so often at the last reading too, whose pages ended elsewhere, and if the API''s total
   stands still: otherwise the pages may have shifted, and another race was missed. For a feed that is not counted by
   days: the period, by its first day.';

create function engine.short_days(chunk_id bigint)
returns table (day date, races_in_api integer, races_seen integer)
language sql
stable
security invoker
set search_path = ''
as $$
  select read.day, read.races_in_api, read.races_seen
  from engine.days_read(short_days.chunk_id) as read
  where read.races_seen < read.races_in_api
  order by read.day
$$;
comment on function engine.short_days(bigint) is
  'The days for which a chunk read fewer races than the API has, counted as engine.days_read does.';

create function engine.leaves_day(page jsonb)
returns boolean
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce((page -> 'cursor_after' ->> 'day')::date > (page -> 'cursor_before' ->> 'day')::date, false)
$$;
comment on function engine.leaves_day(jsonb) is
  'Whether a page is the last one of its day. Always false for a feed that is not counted by days, whose cursor has no
   day. page as ingest_page gets it.';

create function engine.continue_reading(held public.backfill_progress, page jsonb)
returns public.backfill_progress
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if (page -> 'cursor_before' ->> 'skip')::integer = 0 then
    held.reading_since := engine.clock();
    held.api_total := null;
  end if;
  -- A total that falls while pages are read means that races were removed and others moved past the cursor. Each list
  -- has its own total, and ids that are not wanted any more are no loss.
  held.api_total := greatest(
    (page ->> 'api_total')::integer,
    (
      select held.api_total
      from engine.feeds as feed
      where feed.name = held.feed and feed.counted_by in ('days', 'pages')
    )
  );
  return held;
end
$$;
comment on function engine.continue_reading(public.backfill_progress, jsonb) is
  'The chunk with what its next page says about the reading: when it began, and how many rows the API has. Writes
   nothing. Call it before anything of the page is stored, so that the page''s rejects count as seen in this reading.
   page as ingest_page gets it.';

create function engine.read_again(chunk public.backfill_progress, from_day date)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  delete from engine.copies_read as known
  using engine.pages_read as read
  where known.chunk_id = read_again.chunk.id and read.chunk_id = known.chunk_id and read.day = known.day;
  insert into engine.copies_read (chunk_id, day, race_key, times)
  select read_again.chunk.id, keys.day, keys.race_key, keys.times
  from engine.keys_read(read_again.chunk.id) as keys
  where keys.times > 1;
  delete from engine.pages_read as read where read.chunk_id = read_again.chunk.id;
  update public.backfill_progress as known
  set
    cursor_day = case when known.cursor_day is not null then read_again.from_day end,
    cursor_skip = 0,
    cursor_id = null,
    pages_done = read_again.from_day - known.period_start,
    api_total = null,
    reading_since = null
  where known.id = read_again.chunk.id;
end
$$;
comment on function engine.read_again(public.backfill_progress, date) is
  'Puts the cursor of a chunk, which the caller holds locked, back to a day, as if nothing had been read from there
   on, and keeps which races came more than once. from_day: of a feed that is not counted by days, the period''s
   first.';

create function engine.end_day(chunk public.backfill_progress, day date)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  is_short boolean;
  races_to_store integer;
begin
  select read.races_seen < read.races_in_api, read.races_to_store into is_short, races_to_store
  from engine.days_read(chunk.id) as read
  where read.day = end_day.day;
  if not is_short then
    delete from engine.pages_read as read where read.chunk_id = chunk.id and read.day = end_day.day;
  end if;
  -- A day with all races stored, though fewer came this time, keeps its age.
  if not is_short or engine.races_of_day(chunk.feed, end_day.day, chunk.regions) < races_to_store then
    perform engine.cover_days(
      chunk => chunk, period_start => end_day.day, period_end => end_day.day + 1, races_in_api => races_to_store
    );
  end if;
end
$$;
comment on function engine.end_day(public.backfill_progress, date) is
  'Writes the coverage of a day whose pages are all in, and forgets which races came. A short day waits for
   finish_chunk.';

create function engine.note_races_seen(chunk public.backfill_progress, page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  page_day constant date := coalesce((page -> 'cursor_before' ->> 'day')::date, chunk.period_start);
  page_skip constant integer := (page -> 'cursor_before' ->> 'skip')::integer;
begin
  -- A reading that starts again forgets what it saw before.
  delete from engine.pages_read as known
  where known.chunk_id = chunk.id and known.day = page_day and page_skip = 0;
  insert into engine.pages_read as known (chunk_id, day, skip, races_in_api, race_keys, left_out)
  select
    chunk.id, page_day, page_skip, (page ->> 'api_total')::integer, engine.keys_on_page(page, feed.counted_rows),
    array(select jsonb_array_elements_text(page -> 'left_out'))
  from engine.feeds as feed
  where feed.name = chunk.feed
  on conflict on constraint pages_read_pkey do update set
    races_in_api = excluded.races_in_api,
    race_keys = excluded.race_keys,
    left_out = excluded.left_out;
  -- A feed counted by days is done with a day at its last page.
  if engine.leaves_day(page) then
    perform engine.end_day(chunk, page_day);
  end if;
end
$$;
comment on function engine.note_races_seen(public.backfill_progress, jsonb) is
  'Keeps which races, or whatever else the feed counts, came with a page, and ends the day when it was the last page of
   one. chunk: as engine.continue_reading returns it; page as ingest_page gets it.';

grant execute on function
  engine.page_limit, engine.keys_on_page, engine.keys_read, engine.days_read, engine.short_days, engine.leaves_day,
  engine.continue_reading, engine.read_again, engine.end_day, engine.note_races_seen
  to service_role;
