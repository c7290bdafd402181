-- One page of the API into the tables: rows, rejects, coverage, cursor and lease in one transaction.

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
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  held public.backfill_progress := engine.hold_lease(ingest_page.chunk_id, ingest_page.lease_token);
  -- Before anything is stored: what this page rejects was seen in this reading.
  moment constant timestamptz := engine.clock();
  before_day constant date := (page -> 'cursor_before' ->> 'day')::date;
  before_skip constant integer := (page -> 'cursor_before' ->> 'skip')::integer;
  after_day constant date := (page -> 'cursor_after' ->> 'day')::date;
  after_skip constant integer := (page -> 'cursor_after' ->> 'skip')::integer;
  race_ids constant text[] := array(select race ->> 'id' from jsonb_array_elements(page -> 'races') as race);
  is_understood constant boolean := engine.is_understood(page, held.feed);
  is_new constant boolean := (held.cursor_day, held.cursor_skip) is not distinct from (before_day, before_skip);
  leaves_day constant boolean := held.feed = 'racecards' and after_day > before_day;
  new_lease_until timestamptz;
begin
  -- The answer to a page that went in may get lost on its way back: the same page again is only acknowledged.
  if not is_new then
    if (held.cursor_day, held.cursor_skip) is distinct from (after_day, after_skip) then
      raise exception 'The cursor of chunk % stands at (%, %), the page starts at (%, %)',
        held.id, held.cursor_day, held.cursor_skip, before_day, before_skip
        using errcode = 'PT409', hint = 'Somebody else worked on the chunk. Stop; nothing was written.';
    end if;
  elsif not is_understood then
    -- The cursor stays in front of it, so that nobody passes it by a retry.
    perform engine.store_rejects(page -> 'rejects', race_ids, held.feed, held.run_id, held.id);
    perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
    update public.backfill_progress as chunk
    set
      api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
      rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects')
    where chunk.id = held.id;
  else
    if before_skip = 0 then
      held.reading_since := moment;
      held.api_total := null;
    end if;
    -- A total that falls while pages are read means that races were taken out, and others slipped past the cursor. Each
    -- list of the masters has its own.
    held.api_total := greatest(
      (page ->> 'api_total')::integer, case when held.feed <> 'masters' then held.api_total end
    );
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
    perform engine.store_rejects(page -> 'rejects', race_ids, held.feed, held.run_id, held.id);
    perform engine.upsert_runners(page -> 'runners');
    perform engine.upsert_odds(page -> 'odds');
    perform engine.take_back_left_out(page -> 'races', page -> 'runners');
    perform engine.mark_absent_as_non_runners(race_ids);
    perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
    if held.feed <> 'masters' then
      perform engine.note_races_seen(held, coalesce(before_day, held.period_start), before_skip, page, leaves_day);
    end if;
  end if;

  update public.backfill_progress as chunk
  set
    cursor_day = after_day,
    cursor_skip = after_skip,
    api_total = held.api_total,
    reading_since = case when not leaves_day then held.reading_since end,
    -- Results know their pages after the first one; the other feeds from the start.
    pages_expected = case
      when chunk.feed = 'results' then greatest(1, ceil(held.api_total::numeric / settings.results_page_limit))
      else chunk.pages_expected
    end,
    lease_until = engine.clock() + settings.lease_seconds * interval '1 second',
    api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
    pages_done = chunk.pages_done + 1,
    races_stored = chunk.races_stored + jsonb_array_length(page -> 'races'),
    runners_stored = chunk.runners_stored + jsonb_array_length(page -> 'runners'),
    rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects'),
    last_page_at = engine.clock(),
    attempts = 0,
    interruptions = 0,
    failing_since = null
  where chunk.id = held.id and is_new and is_understood;

  update public.backfill_progress as chunk
  set lease_until = engine.clock() + settings.lease_seconds * interval '1 second'
  where chunk.id = held.id
  returning chunk.lease_until into new_lease_until;

  if is_new then
    perform engine.count_calls(held, (page ->> 'api_calls')::integer);
  end if;

  return query
  select new_lease_until, run.paused_at is null, is_understood
  from public.backfill_runs as run
  where run.id = held.run_id;
end
$$;
comment on function public.ingest_page(bigint, uuid, jsonb) is
  'Stores one page, moves the chunk''s cursor and renews its lease, all or nothing. page: {cursor_before: {day, skip},
   cursor_after: {day, skip}, api_total, api_calls (made since the last page), regions, bookmakers, courses, sires,
   dams, damsires, horses, jockeys, trainers, owners, races, runners, odds (arrays of rows; odds may be absent),
   rejects, unknown_fields}. Returns until when the lease holds, whether to go on (false: the run was paused; yield),
   and whether anything of the page was understood: when not, its rejects are stored and the cursor stays in front of
   it; fail the chunk. Error PT409 when the lease is lost.';

revoke all on function public.ingest_page from public, anon, authenticated, service_role;
grant execute on function public.ingest_page to service_role;
