-- What could not be understood of a page, and unknown fields.

create function engine.reject_fingerprint(kind text, race_id text, horse_id text, path text, raw jsonb)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  -- Where ids and path identify the element, its content does not count: a card's runner has different odds at every
  -- pull.
  select md5(concat_ws('|', kind, race_id, horse_id, path, case when race_id is null then raw::text end))
$$;
comment on function engine.reject_fingerprint(text, text, text, text, jsonb) is
  'Identifies a reject, so that the same one is recognised when it comes again.';

create function engine.store_rejects(
  rejects jsonb, race_ids text[], horse_ids text[], feed text, run_id bigint, chunk_id bigint
)
returns void
language sql
security invoker
set search_path = ''
as $$
  with seen as (
    select distinct on (fingerprint)
      r.kind, r.race_id, r.horse_id, r.race_date, r.path, r.reason, r.raw,
      engine.reject_fingerprint(
        kind => r.kind, race_id => r.race_id, horse_id => r.horse_id, path => r.path, raw => r.raw
      ) as fingerprint
    from jsonb_to_recordset(rejects) as r (
      kind text, race_id text, horse_id text, race_date date, path text, reason text, raw jsonb
    )
    order by fingerprint
  ),
  -- Apart, because only one of the two has an index.
  understood_races as (
    delete from public.ingest_rejects as known
    where
      known.feed = store_rejects.feed
      and known.race_id = any (race_ids)
      and known.fingerprint not in (select seen.fingerprint from seen)
  ),
  understood_horses as (
    delete from public.ingest_rejects as known
    where
      cardinality(horse_ids) > 0
      and known.feed = store_rejects.feed
      and known.race_id is null
      and known.horse_id = any (horse_ids)
      and known.fingerprint not in (select seen.fingerprint from seen)
  )
  insert into public.ingest_rejects as known (
    feed, kind, race_id, horse_id, race_date, path, reason, raw, fingerprint, run_id, chunk_id
  )
  select
    store_rejects.feed, seen.kind, seen.race_id, seen.horse_id, seen.race_date, seen.path, seen.reason, seen.raw,
    seen.fingerprint, store_rejects.run_id, store_rejects.chunk_id
  from seen
  order by seen.fingerprint
  on conflict (feed, fingerprint) do update set
    race_date = excluded.race_date,
    reason = excluded.reason,
    raw = excluded.raw,
    run_id = excluded.run_id,
    chunk_id = excluded.chunk_id,
    last_seen_at = engine.clock(),
    acknowledged_at = case when known.reason = excluded.reason then known.acknowledged_at end
$$;
comment on function engine.store_rejects(jsonb, text[], text[], text, bigint, bigint) is
  'Keeps an array of {kind, race_id, horse_id, race_date, path, reason, raw}; the same reject again is the same row.
   Removes earlier rejects of the given races, and of horses asked for by their id, that are understood now.';

create function engine.note_unknown_fields(fields jsonb, feed text)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ingest_unknown_fields as known (feed, object, field, times_seen, first_value, newest_value)
  select
    note_unknown_fields.feed, f.object, f.field, sum(f.seen), left(max(f.first_value), 150),
    left(max(f.newest_value), 150)
  from jsonb_to_recordset(fields) as f (object text, field text, seen bigint, first_value text, newest_value text)
  group by f.object, f.field
  order by f.object, f.field
  on conflict (feed, object, field) do update set
    times_seen = known.times_seen + excluded.times_seen,
    first_value = coalesce(known.first_value, excluded.first_value),
    newest_value = coalesce(excluded.newest_value, known.newest_value),
    last_seen_at = engine.clock()
$$;
comment on function engine.note_unknown_fields(jsonb, text) is
  'Counts an array of {object, field, seen, first_value, newest_value}, and keeps the first and the newest of the
   values.';

grant execute on function engine.reject_fingerprint, engine.store_rejects, engine.note_unknown_fields to service_role;
