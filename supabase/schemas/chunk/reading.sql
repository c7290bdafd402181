-- What a reading has seen so far.

create function engine.keys_on_page(page jsonb, counted_rows text[])
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(distinct came.key), '{}')
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
  ) as came
$$;
comment on function engine.keys_on_page(jsonb, text[]) is
  'What the API counts of a page, read, rejected or left out, as engine.pages_read keeps it. page as ingest_page gets
   it; counted_rows as in engine.feeds.';

create function engine.short_days(chunk_id bigint)
returns table (day date, races_in_api integer, races_seen integer)
language sql
stable
security invoker
set search_path = ''
as $$
  select pages.day, max(pages.races_in_api), count(distinct seen.race_key)::integer
  from engine.pages_read as pages
  left join lateral unnest(pages.race_keys) as seen (race_key) on true
  where pages.chunk_id = short_days.chunk_id
  group by pages.day
  having count(distinct seen.race_key) < max(pages.races_in_api)
  order by pages.day
$$;
comment on function engine.short_days(bigint) is
  'The days for which a chunk read fewer races than the API has, each race counted once. For a feed that is not counted
   by days: the period, by its first day.';

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
   on. from_day: of a feed that is not counted by days, the period''s first.';

create function engine.end_day(chunk public.backfill_progress, day date)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  is_short constant boolean := exists (
    select from engine.short_days(chunk.id) as short where short.day = end_day.day
  );
  races_to_store constant integer := chunk.api_total - (
    select count(distinct left_out.race_key)
    from engine.pages_read as read, unnest(read.left_out) as left_out (race_key)
    where read.chunk_id = chunk.id and read.day = end_day.day
  );
begin
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
    chunk.id, page_day, page_skip, chunk.api_total, engine.keys_on_page(page, feed.counted_rows),
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
  engine.keys_on_page, engine.short_days, engine.leaves_day, engine.continue_reading, engine.read_again,
  engine.end_day, engine.note_races_seen
  to service_role;
