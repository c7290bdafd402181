-- From what a chunk has read to coverage rows.

-- What is stored of a feed on the days of a period, as coverage rows.
create function engine.cover_days(
  chunk public.backfill_progress, period_start date, period_end date, races_in_api integer default null
)
returns void
language sql
security invoker
set search_path = ''
as $$
  -- Rejects without an id that this reading did not see again are understood now, or the API removed them.
  delete from public.ingest_rejects as reject
  where
    reject.feed = chunk.feed
    and reject.race_id is null
    and reject.race_date >= cover_days.period_start
    and reject.race_date < cover_days.period_end
    and reject.last_seen_at < chunk.reading_since;

  insert into public.ra_coverage as known (
    feed, day, races_in_api, races_stored, races_rejected, races_abandoned, pulled_at, regions, chunk_id
  )
  select
    chunk.feed, days.day, coalesce(cover_days.races_in_api, stored.races + rejected.races), stored.races,
    rejected.races, stored.abandoned, chunk.reading_since, chunk.regions, chunk.id
  from (
      select day::date as day
      from generate_series(
        cover_days.period_start::timestamp, cover_days.period_end::timestamp - interval '1 day', interval '1 day'
      ) as day
    ) as days,
    lateral (
      select count(*) as races, count(*) filter (where race.is_abandoned) as abandoned
      from engine.stored_races as race
      where race.feed = chunk.feed and race.day = days.day and race.region_code = any (chunk.regions)
    ) as stored,
    lateral (
      select count(distinct coalesce(reject.race_id, reject.fingerprint)) as races
      from public.ingest_rejects as reject
      where reject.feed = chunk.feed and reject.kind = 'race'
        -- A reject without a day may belong to any day, so each of them counts as incomplete. Pulling a day alone shows
        -- whether it is.
        and (
          reject.race_date = days.day
          or (reject.race_date is null and reject.chunk_id = chunk.id and cover_days.races_in_api is null)
        )
        -- A reject that this reading did not see is not among the API's races.
        and reject.last_seen_at >= chunk.reading_since
        and not exists (
          select from engine.stored_races as race
          where race.feed = chunk.feed and race.race_id = reject.race_id
        )
    ) as rejected
  on conflict (feed, day) do update set
    races_in_api = excluded.races_in_api,
    races_stored = excluded.races_stored,
    races_rejected = excluded.races_rejected,
    races_abandoned = excluded.races_abandoned,
    -- A reading that began earlier and ended later never makes a complete day older.
    pulled_at = case
      when known.races_stored >= known.races_in_api and known.regions @> excluded.regions
        then greatest(known.pulled_at, excluded.pulled_at)
      else excluded.pulled_at
    end,
    regions = case
      when known.races_stored >= known.races_in_api and known.regions @> excluded.regions
        and known.pulled_at > excluded.pulled_at then known.regions
      else excluded.regions
    end,
    chunk_id = excluded.chunk_id
$$;
comment on function engine.cover_days(public.backfill_progress, date, date, integer) is
  'Writes a coverage row for each day of a half-open period that the chunk has pulled completely: as old as the first
   page of the reading, in the regions of the reading. races_in_api is the API''s own count where it gives one per day;
   otherwise what is stored and rejected. The caller has checked that all races of the period came.';

grant execute on function engine.cover_days to service_role;
