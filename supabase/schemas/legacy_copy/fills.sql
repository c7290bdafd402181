-- What fills each table from the old database, and what a page of the API takes out again.

create function engine.write_fills()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  parents text;
begin
  foreach parents in array array['ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires'] loop
    perform engine.write_fill(parents, filled => '{"horse_id": "''hrs_'' || substr(sent.id, 5)"}');
  end loop;
  perform engine.write_fill(
    'ra_mst_horses',
    pairs => '{"sire_name": "sire_id", "dam_name": "dam_id", "damsire_name": "damsire_id"}'
  );
  perform engine.write_fill('ra_mst_jockeys');
  perform engine.write_fill('ra_mst_trainers');
  perform engine.write_fill('ra_mst_owners');
  -- The day of a card says which cards of the API are stored.
  perform engine.write_fill('ra_races', filled => '{"card_date": "null::date"}');
  perform engine.write_fill(
    'ra_runners',
    -- Of a horse that the result of the API does not have, an old place is none.
    filled => (
      select jsonb_object_agg(
        c.column_name, format('case when not race.has_result then sent.%I end', c.column_name)
      )
      from engine.column_owners as c
      where c.table_name = 'ra_runners' and c.owner = 'Result' and c.column_name <> 'has_result'
    ),
    joined => 'join public.ra_races as race on race.id = sent.race_id',
    pairs => '{"jockey_name": "jockey_id", "trainer_name": "trainer_id", "owner_name": "owner_id"}'
  );
  perform engine.write_withdrawal(
    'ra_races',
    'from (
    select race.id, race.has_card, race.has_result, true as is_here
    from jsonb_to_recordset(races) as race (id text, has_card boolean, has_result boolean)
  ) as seen
  where known.id = seen.id and known.from_legacy'
  );
  perform engine.write_withdrawal(
    'ra_runners',
    'from (
    select old.race_id, old.horse_id, race.has_card, race.has_result, runner.horse_id is not null as is_here
    from jsonb_to_recordset(races) as race (id text, has_card boolean, has_result boolean)
    join public.ra_runners as old on old.race_id = race.id and old.from_legacy
    left join jsonb_to_recordset(runners) as runner (race_id text, horse_id text)
      on runner.race_id = old.race_id and runner.horse_id = old.horse_id
  ) as seen
  where known.race_id = seen.race_id and known.horse_id = seen.horse_id'
  );
end
$$;
comment on function engine.write_fills() is
  'Writes the fills and withdrawals again from the comments on the columns. A migration that adds a column to ra_* calls
   it after engine.write_upserts().';

select engine.write_fills();

create function engine.fill_courses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_courses as known (id, name, region_code, is_listed, from_legacy)
  select seen.id, seen.name, seen.region_code, false, true
  from jsonb_populate_recordset(null::public.ra_mst_courses, rows) as seen
  order by seen.id
  on conflict (id) do nothing
$$;
comment on function engine.fill_courses(jsonb) is
  'Stores an array of {id, name, region_code}, of the old database: those that are not there.';

create function engine.fill_odds(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_runner_odds as known (
    race_id, horse_id, bookmaker_code, fractional, decimal, ew_places, ew_denominator, quoted_at, from_legacy
  )
  select
    seen.race_id, seen.horse_id, seen.bookmaker_code, seen.fractional, seen.decimal, seen.ew_places,
    seen.ew_denominator, seen.quoted_at, true
  from jsonb_populate_recordset(null::public.ra_runner_odds, rows) as seen
  join public.ra_runners as runner on runner.race_id = seen.race_id and runner.horse_id = seen.horse_id
  order by seen.race_id, seen.horse_id, seen.bookmaker_code
  on conflict (race_id, horse_id, bookmaker_code) do nothing
$$;
comment on function engine.fill_odds(jsonb) is
  'Stores an array of rows shaped like ra_runner_odds, of the old database: those of runners that are there, and for
   which this bookmaker has no quote.';

create function engine.fill_odds_history(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_runner_odds_history as known (
    race_id, horse_id, bookmaker_code, quoted_at, fractional, decimal, ew_places, ew_denominator, is_in_running
  )
  select
    seen.race_id, seen.horse_id, seen.bookmaker_code, seen.quoted_at, seen.fractional, seen.decimal, seen.ew_places,
    seen.ew_denominator, seen.is_in_running
  from jsonb_populate_recordset(null::public.ra_runner_odds_history, rows) as seen
  join public.ra_runners as runner on runner.race_id = seen.race_id and runner.horse_id = seen.horse_id
  order by seen.race_id, seen.horse_id, seen.bookmaker_code, seen.quoted_at
  on conflict (race_id, horse_id, bookmaker_code, quoted_at) do nothing
$$;
comment on function engine.fill_odds_history(jsonb) is
  'Stores an array of rows shaped like ra_runner_odds_history, of the old database: those of runners that are there and
   that are not stored; none when it is null.';

create function engine.withdraw_legacy(page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Nearly every project has taken over nothing.
  if not exists (select from engine.legacy_items) then
    return;
  end if;
  update public.ra_mst_courses as known
  set name = null, region_code = null, from_legacy = false
  from jsonb_to_recordset(page -> 'courses') as seen (id text)
  where known.id = seen.id and known.from_legacy;
  perform engine.withdraw_races(page -> 'races', page -> 'runners');
  perform engine.withdraw_runners(page -> 'races', page -> 'runners');
end
$$;
comment on function engine.withdraw_legacy(jsonb) is
  'Takes out of our tables what the old database said and a page of the API answers. page as ingest_page gets it; call
   it before the page is stored.';

create function engine.fill_page(held public.backfill_progress, page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  race_ids constant text[] := array(
    select substr(sent ->> 'id', 6) from jsonb_array_elements(page -> 'asked') as sent
    where sent ->> 'id' like 'race %'
  );
begin
  perform engine.upsert_bookmakers(page -> 'bookmakers');
  perform engine.fill_courses(page -> 'courses');
  perform engine.fill_sires(page -> 'sires');
  perform engine.fill_dams(page -> 'dams');
  perform engine.fill_damsires(page -> 'damsires');
  perform engine.fill_horses(page -> 'horses');
  perform engine.fill_jockeys(page -> 'jockeys');
  perform engine.fill_trainers(page -> 'trainers');
  perform engine.fill_owners(page -> 'owners');
  perform engine.fill_races(page -> 'races');
  perform engine.store_rejects(
    rejects => page -> 'rejects', race_ids => race_ids, horse_ids => '{}', feed => held.feed,
    run_id => held.run_id, chunk_id => held.id
  );
  perform engine.fill_runners(page -> 'runners');
  perform engine.fill_odds(page -> 'odds');
  perform engine.fill_odds_history(page -> 'odds_history');
  perform engine.mark_absent_as_non_runners(race_ids);
  perform engine.fill_prices(
    array(
      select substr(sent ->> 'id', 15)::date from jsonb_array_elements(page -> 'asked') as sent
      where sent ->> 'id' like 'runner\_prices %'
    )
  );
  perform engine.note_copied(page);
end
$$;
comment on function engine.fill_page(public.backfill_progress, jsonb) is
  'Stores a page of the old database and its rejects, where the API has said nothing, and notes its items as copied.
   page as ingest_page gets it.';

grant execute on function
  engine.fill_courses, engine.fill_odds, engine.fill_odds_history, engine.withdraw_legacy, engine.fill_page
  to service_role;
