-- One page of the API into the tables: rows, rejects, coverage, cursor and lease in one transaction.

create function engine.is_next_page(held public.backfill_progress, page jsonb)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  before_day constant date := (page -> 'cursor_before' ->> 'day')::date;
  before_skip constant integer := (page -> 'cursor_before' ->> 'skip')::integer;
  after_day constant date := (page -> 'cursor_after' ->> 'day')::date;
  after_skip constant integer := (page -> 'cursor_after' ->> 'skip')::integer;
begin
  if (held.cursor_day, held.cursor_skip) is not distinct from (before_day, before_skip) then
    return true;
  end if;
  if (held.cursor_day, held.cursor_skip) is not distinct from (after_day, after_skip) then
    return false;
  end if;
  raise exception 'The cursor of chunk % stands at (%, %), the page starts at (%, %)',
    held.id, held.cursor_day, held.cursor_skip, before_day, before_skip
    using errcode = 'PT409', hint = 'Another worker has the chunk. Stop; nothing was written.';
end
$$;
comment on function engine.is_next_page(public.backfill_progress, jsonb) is
  'True when a page starts at the chunk''s cursor; false when it ends there, which means that it is stored already;
   error PT409 when it does neither and belongs to another worker. page as ingest_page gets it.';

create function engine.is_understood(page jsonb, feed text)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    -- The other rows of a page belong to these.
    exists (
      select from engine.feeds as known, unnest(known.counted_rows) as list (name)
      where known.name = is_understood.feed and jsonb_array_length(page -> list.name) > 0
    )
    or not exists (
      select from jsonb_array_elements(page -> 'rejects') as reject
      where reject ->> 'kind' in ('race', 'region', 'course', 'horse')
    )
    -- What an old database has does not change: a page of it that is wrong throughout is no reason to stop.
    or is_understood.feed = 'legacy'
    -- An id that was asked for alone says nothing about the others.
    or coalesce(jsonb_array_length(page -> 'asked') = 1, false)
$$;
comment on function engine.is_understood(jsonb, text) is
  'False when elements came and none of them could be read: the feed has changed. An empty page is understood.';

create function engine.store_page(held public.backfill_progress, page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  race_ids constant text[] := array(select race ->> 'id' from jsonb_array_elements(page -> 'races') as race);
  horse_ids constant text[] := array(
    select sent ->> 'id' from jsonb_array_elements(page -> 'asked') as sent where (sent ->> 'is_known')::boolean
  );
begin
  if held.feed = 'legacy' then
    perform engine.fill_page(held, page);
    return;
  end if;
  perform engine.withdraw_legacy(page);
  perform engine.upsert_regions(page -> 'regions');
  perform engine.upsert_bookmakers(page -> 'bookmakers');
  perform engine.upsert_courses(page -> 'courses');
  perform engine.upsert_sires(page -> 'sires');
  perform engine.upsert_dams(page -> 'dams');
  perform engine.upsert_damsires(page -> 'damsires');
  perform engine.upsert_horses(page -> 'horses');
  perform engine.upsert_jockeys(page -> 'jockeys');
  perform engine.upsert_trainers(page -> 'trainers');
  perform engine.upsert_owners(page -> 'owners');
  perform engine.upsert_races(page -> 'races');
  perform engine.store_rejects(
    rejects => page -> 'rejects', race_ids => race_ids, horse_ids => horse_ids, feed => held.feed,
    run_id => held.run_id, chunk_id => held.id
  );
  perform engine.upsert_runners(page -> 'runners');
  perform engine.upsert_odds(page -> 'odds');
  perform engine.take_back_left_out(page -> 'races', page -> 'runners');
  perform engine.mark_absent_as_non_runners(race_ids);
  perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
  perform engine.note_asked(held.feed, page -> 'asked');
end
$$;
comment on function engine.store_page(public.backfill_progress, jsonb) is
  'Stores the rows of a page, its rejects and its unknown fields, and nothing about the chunk that brought it. page as
   ingest_page gets it.';

create function engine.move_cursor(held public.backfill_progress, page jsonb)
returns timestamptz
language plpgsql
security invoker
set search_path = ''
as $$
declare
  new_lease_end constant timestamptz := engine.next_lease_end();
begin
  update public.backfill_progress as chunk
  set
    cursor_day = (page -> 'cursor_after' ->> 'day')::date,
    cursor_skip = (page -> 'cursor_after' ->> 'skip')::integer,
    cursor_id = page -> 'cursor_after' ->> 'id',
    api_total = held.api_total,
    reading_since = case when not engine.leaves_day(page) then held.reading_since end,
    pages_expected = case feed.counted_by
      -- One total for the whole period comes with its first page; the pages of lists and days are known from the start.
      when 'pages' then greatest(1, ceil(held.api_total::numeric / engine.page_limit(held)))
      when 'ids' then held.api_total
      else chunk.pages_expected
    end,
    lease_until = new_lease_end,
    api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
    pages_done = chunk.pages_done
      + case feed.counted_by when 'ids' then jsonb_array_length(page -> 'asked') else 1 end,
    races_stored = chunk.races_stored + jsonb_array_length(page -> 'races'),
    runners_stored = chunk.runners_stored + jsonb_array_length(page -> 'runners'),
    rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects'),
    last_page_at = engine.clock(),
    attempts = 0,
    interruptions = 0,
    failing_since = null
  from engine.feeds as feed
  where chunk.id = held.id and feed.name = chunk.feed;
  return new_lease_end;
end
$$;
comment on function engine.move_cursor(public.backfill_progress, jsonb) is
  'Moves a chunk''s cursor behind a page that was stored, counts the page, resets the count of failures and renews the
   lease. held: the chunk with its reading as engine.continue_reading returns it. Returns until when the lease holds.';

create function engine.set_page_aside(held public.backfill_progress, page jsonb)
returns timestamptz
language plpgsql
security invoker
set search_path = ''
as $$
declare
  new_lease_end constant timestamptz := engine.next_lease_end();
begin
  perform engine.store_rejects(
    rejects => page -> 'rejects', race_ids => '{}', horse_ids => '{}', feed => held.feed, run_id => held.run_id,
    chunk_id => held.id
  );
  perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
  -- The cursor stays in front of the page, so that a retry does not skip it.
  update public.backfill_progress as chunk
  set
    lease_until = new_lease_end,
    api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
    rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects')
  where chunk.id = held.id;
  return new_lease_end;
end
$$;
comment on function engine.set_page_aside(public.backfill_progress, jsonb) is
  'Keeps the rejects of a page that could not be understood at all, and renews the lease. Returns until when it
   holds.';

create function public.ingest_page(chunk_id bigint, lease_token uuid, page jsonb)
returns table (lease_until timestamptz, go_on boolean, understood boolean)
language plpgsql
security invoker
set search_path = ''
-- The API roles have 8 s; a page of a big Saturday on a busy small instance may need more.
set statement_timeout = '60s'
set lock_timeout = '60s'
as $$
#variable_conflict use_column
declare
  held public.backfill_progress := engine.hold_lease(ingest_page.chunk_id, ingest_page.lease_token);
  is_new constant boolean := engine.is_next_page(held, page);
  is_understood constant boolean := engine.is_understood(page, held.feed);
  new_lease_end timestamptz;
begin
  if not is_new then
    -- The answer for a stored page may be lost on its way back: the same page again is only acknowledged.
    new_lease_end := engine.renew_lease(held.id);
  elsif not is_understood then
    new_lease_end := engine.set_page_aside(held, page);
  else
    held := engine.continue_reading(held, page);
    perform engine.store_page(held, page);
    if (select feed.has_days from engine.feeds as feed where feed.name = held.feed) then
      perform engine.note_races_seen(held, page);
    end if;
    new_lease_end := engine.move_cursor(held, page);
  end if;
  if is_new then
    -- Not after each: the database's size costs 4 % of what storing a page does. Odds are several times the rest of
    -- one, and a page of ids is counted by its ids.
    if
      held.pages_done % 4 = 3
      or jsonb_array_length(page -> 'asked') > 0
      or (select settings.capture_odds from public.backfill_settings as settings)
    then
      perform engine.pause_without_room();
    end if;
    perform engine.count_calls(held, (page ->> 'api_calls')::integer);
  end if;

  return query
  select new_lease_end, run.paused_at is null, is_understood
  from public.backfill_runs as run
  where run.id = held.run_id;
end
$$;
comment on function public.ingest_page(bigint, uuid, jsonb) is
  'Stores one page, moves the chunk''s cursor and renews its lease, all or nothing. page: {cursor_before: {day, skip},
   cursor_after: {day, skip, id}, api_total, api_calls (made since the last page), regions, bookmakers, courses, sires,
   dams, damsires, horses, jockeys, trainers, owners, races, runners, odds, odds_history (arrays of rows; the last two
   may be absent),
   rejects, unknown_fields, left_out (ids of races that are not to be stored; may be absent), copies (the id of each
   race that came again on the page, once for each further copy; may be absent), asked (of a feed that asks for ids:
   {id, is_known} of each, as engine.ids_asked has them; may be absent)}. Returns until when the lease holds, whether
   to go on (false: the run is paused, perhaps by this page, after which the database has no room; yield), and whether
   anything of the page was understood: when not, its rejects are stored and the cursor stays in front of it; fail the
   chunk. Error PT409 when the lease is lost.';

revoke all on function public.ingest_page from public, anon, authenticated, service_role;
grant execute on function
  engine.is_next_page, engine.is_understood, engine.store_page, engine.move_cursor, engine.set_page_aside,
  public.ingest_page
  to service_role;
