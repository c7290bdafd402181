-- What a reading has met so far.

create function engine.races_on_page(page jsonb)
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(distinct came.race_key), '{}')
  from (
    select race ->> 'id' as race_key from jsonb_array_elements(page -> 'races') as race
    union all
    select coalesce(r.race_id, engine.reject_fingerprint(r.kind, r.race_id, r.horse_id, r.path, r.raw))
    from jsonb_to_recordset(page -> 'rejects') as r (kind text, race_id text, horse_id text, path text, raw jsonb)
    where r.kind = 'race'
  ) as came
$$;
comment on function engine.races_on_page(jsonb) is
  'The races of a page, read or rejected, as engine.pages_read keeps them. page as ingest_page gets it.';

create function engine.is_understood(page jsonb)
returns boolean
language sql
immutable
security invoker
set search_path = ''
as $$
  select
    -- All else comes with one of these, but for the bookmakers, who are known beforehand.
    jsonb_array_length(page -> 'races') + jsonb_array_length(page -> 'regions') + jsonb_array_length(page -> 'courses') > 0
    or not exists (
      select from jsonb_array_elements(page -> 'rejects') as reject
      where reject ->> 'kind' in ('race', 'region', 'course')
    )
$$;
comment on function engine.is_understood(jsonb) is
  'False when elements came and none of them could be read: the feed has changed. An empty page is understood.';

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
  'What a chunk has read with fewer races than the API has, each race counted once: days of cards; of results the
   period, by its first day.';

create function engine.note_races_seen(
  chunk public.backfill_progress, day date, skip integer, page jsonb, leaves_day boolean
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  is_short boolean;
begin
  -- A reading that begins again forgets what it saw before.
  delete from engine.pages_read as known
  where known.chunk_id = chunk.id and known.day = note_races_seen.day and note_races_seen.skip = 0;
  insert into engine.pages_read as known (chunk_id, day, skip, races_in_api, race_keys)
  values (chunk.id, note_races_seen.day, note_races_seen.skip, chunk.api_total, engine.races_on_page(page))
  on conflict on constraint pages_read_pkey do update set
    races_in_api = excluded.races_in_api,
    race_keys = excluded.race_keys;
  if not leaves_day then
    return;
  end if;

  -- The API counts cards by the day, so a day is over when its pages are in; one that is short waits for finish_chunk.
  is_short := exists (select from engine.short_days(chunk.id) as short where short.day = note_races_seen.day);
  if not is_short then
    delete from engine.pages_read as known where known.chunk_id = chunk.id and known.day = note_races_seen.day;
  end if;
  -- A day of which all races are stored, though fewer came, is as old as it was.
  if not is_short or engine.races_of_day(chunk.feed, note_races_seen.day, chunk.regions) < chunk.api_total then
    perform engine.cover_days(chunk, note_races_seen.day, note_races_seen.day + 1, chunk.api_total);
  end if;
end
$$;
comment on function engine.note_races_seen(public.backfill_progress, date, integer, jsonb, boolean) is
  'Keeps which races came with a page at (day, skip), and covers the day when it was the last page of a card day.';

revoke all on function
  engine.races_on_page, engine.is_understood, engine.short_days, engine.note_races_seen
  from public, anon, authenticated, service_role;
grant execute on function
  engine.races_on_page, engine.is_understood, engine.short_days, engine.note_races_seen
  to service_role;
