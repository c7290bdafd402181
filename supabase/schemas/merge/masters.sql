-- Master rows of a page into their tables.
--
-- Two pages stored at the same time share courses, people and pedigrees. Rows are upserted in the order of their keys and the
-- tables always in the same order, so that pages wait for each other but never in a ring; and a row that brings nothing new is
-- left out beforehand, because even an upsert that changes nothing locks its row, and a lock on a course would make every page
-- wait for every other. What is known only ever becomes more, so a row left out by an outdated look is not missed.

create function engine.newer_value(known anyelement, known_on date, seen anyelement, seen_on date)
returns anyelement
language sql
immutable
security invoker
set search_path = ''
as $$
  select case
    when seen_on > known_on then coalesce(seen, known)
    when seen_on < known_on then coalesce(known, seen)
    else greatest(known, seen)
  end
$$;
comment on function engine.newer_value(anyelement, date, anyelement, date) is
  'The value seen on the newer day; a missing one never replaces a known one. Seen on the same day, the greater one, so
   that the order of pulling does not show.';

-- Two pages stored at the same time share courses, people and pedigrees. Rows are upserted in the order of their keys and the
-- tables always in the same order, so that pages wait for each other but never in a ring; and a row that brings nothing new is
-- left out beforehand, because even an upsert that changes nothing locks its row, and a lock on a course would make every page
-- wait for every other. What is known only ever becomes more, so a row left out by an outdated look is not missed.

create function engine.upsert_regions(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_regions as known (code, name)
  select seen.code, seen.name
  from jsonb_populate_recordset(null::public.ra_mst_regions, rows) as seen
  order by seen.code
  on conflict (code) do update set name = coalesce(excluded.name, known.name)
$$;
comment on function engine.upsert_regions(jsonb) is 'Upserts an array of {code, name}.';

create function engine.upsert_bookmakers(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_bookmakers as known (code, name, type)
  select seen.code, seen.name, seen.type
  from jsonb_populate_recordset(null::public.ra_mst_bookmakers, rows) as seen
  left join public.ra_mst_bookmakers as known on known.code = seen.code
  where known.code is null or (seen.type <> 'unknown' and (seen.name, seen.type) is distinct from (known.name, known.type))
  order by seen.code
  on conflict (code) do update set name = excluded.name, type = excluded.type
  where excluded.type <> 'unknown'
$$;
comment on function engine.upsert_bookmakers(jsonb) is
  'Upserts an array of {code, name, type}. One of unknown type (seen in odds) changes nothing of one that is known.';

create function engine.upsert_courses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_courses as known (id, name, region_code, is_listed)
  select seen.id, seen.name, seen.region_code, seen.is_listed
  from jsonb_populate_recordset(null::public.ra_mst_courses, rows) as seen
  left join public.ra_mst_courses as known on known.id = seen.id
  where
    known.id is null
    or (seen.is_listed and (seen.name, seen.region_code, true) is distinct from (known.name, known.region_code, known.is_listed))
    or num_nonnulls(coalesce(known.name, seen.name), coalesce(known.region_code, seen.region_code))
      > num_nonnulls(known.name, known.region_code)
  order by seen.id
  on conflict (id) do update set
    name = case when excluded.is_listed then coalesce(excluded.name, known.name) else coalesce(known.name, excluded.name) end,
    region_code = case
      when excluded.is_listed then coalesce(excluded.region_code, known.region_code)
      else coalesce(known.region_code, excluded.region_code)
    end,
    is_listed = known.is_listed or excluded.is_listed
$$;
comment on function engine.upsert_courses(jsonb) is
  'Upserts an array of {id, name, region_code, is_listed}. The name of /courses is never replaced by the one on a race.';

-- Sires, dams and damsires differ by the table only, and so do jockeys and owners.
create function engine.upsert_parents(kind text, rows jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if kind not in ('sires', 'dams', 'damsires') then
    raise exception 'Unknown kind of parent "%"', kind using errcode = '22023';
  end if;
  execute format(
    'insert into public.ra_mst_%1$s as known (id, name, region_code, horse_id, last_seen_on)
     select seen.id, seen.name, seen.region_code, ''hrs_'' || substr(seen.id, 5), seen.last_seen_on
     from jsonb_populate_recordset(null::public.ra_mst_%1$s, $1) as seen
     left join public.ra_mst_%1$s as known on known.id = seen.id
     where
       known.id is null
       or seen.last_seen_on > known.last_seen_on
       or (
         seen.last_seen_on = known.last_seen_on
         and (greatest(known.name, seen.name), greatest(known.region_code, seen.region_code))
           is distinct from (known.name, known.region_code)
       )
       or num_nonnulls(coalesce(known.name, seen.name), coalesce(known.region_code, seen.region_code))
         > num_nonnulls(known.name, known.region_code)
     order by seen.id
     on conflict (id) do update set
       name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
       region_code = engine.newer_value(known.region_code, known.last_seen_on, excluded.region_code, excluded.last_seen_on),
       last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on)',
    kind
  ) using rows;
end
$$;
comment on function engine.upsert_parents(text, jsonb) is
  'Upserts an array of {id, name, region_code, last_seen_on} into sires, dams or damsires.';

create function engine.upsert_people(kind text, rows jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if kind not in ('jockeys', 'owners') then
    raise exception 'Unknown kind of people "%"', kind using errcode = '22023';
  end if;
  execute format(
    'insert into public.ra_mst_%1$s as known (id, name, last_seen_on)
     select seen.id, seen.name, seen.last_seen_on
     from jsonb_populate_recordset(null::public.ra_mst_%1$s, $1) as seen
     left join public.ra_mst_%1$s as known on known.id = seen.id
     where
       known.id is null
       or seen.last_seen_on > known.last_seen_on
       or (seen.last_seen_on = known.last_seen_on and seen.name > known.name)
       or (known.name is null and seen.name is not null)
     order by seen.id
     on conflict (id) do update set
       name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
       last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on)',
    kind
  ) using rows;
end
$$;
comment on function engine.upsert_people(text, jsonb) is 'Upserts an array of {id, name, last_seen_on} into jockeys or owners.';

create function engine.upsert_trainers(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_trainers as known (id, name, location, last_seen_on, card_seen_on)
  select seen.id, seen.name, seen.location, seen.last_seen_on, seen.card_seen_on
  from (
    -- A card without a location says nothing about it: it must not make an older one look newer.
    select r.id, r.name, r.location, r.last_seen_on, case when r.location is not null then r.card_seen_on end as card_seen_on
    from jsonb_populate_recordset(null::public.ra_mst_trainers, rows) as r
  ) as seen
  left join public.ra_mst_trainers as known on known.id = seen.id
  where
    known.id is null
    or seen.last_seen_on > known.last_seen_on
    or coalesce(seen.card_seen_on, '-infinity') > coalesce(known.card_seen_on, '-infinity')
    or (seen.last_seen_on = known.last_seen_on and seen.name > known.name)
    or (seen.card_seen_on = known.card_seen_on and seen.location > known.location)
    or num_nonnulls(coalesce(known.name, seen.name), coalesce(known.location, seen.location))
      > num_nonnulls(known.name, known.location)
  order by seen.id
  on conflict (id) do update set
    name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
    location = engine.newer_value(
      known.location, coalesce(known.card_seen_on, '-infinity'), excluded.location, coalesce(excluded.card_seen_on, '-infinity')
    ),
    last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on),
    card_seen_on = greatest(known.card_seen_on, excluded.card_seen_on)
$$;
comment on function engine.upsert_trainers(jsonb) is 'Upserts an array of {id, name, location, last_seen_on, card_seen_on}.';

create function engine.upsert_horses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_horses as known (
    id, name, region_code, dob, sex, sex_code, colour, breeder, sire_id, dam_id, damsire_id, last_seen_on, card_seen_on
  )
  select
    seen.id, seen.name, seen.region_code, seen.dob, seen.sex, seen.sex_code, seen.colour, seen.breeder, seen.sire_id,
    seen.dam_id, seen.damsire_id, seen.last_seen_on, seen.card_seen_on
  from jsonb_populate_recordset(null::public.ra_mst_horses, rows) as seen
  left join public.ra_mst_horses as known on known.id = seen.id
  where
    known.id is null
    or seen.last_seen_on > known.last_seen_on
    or coalesce(seen.card_seen_on, '-infinity') > coalesce(known.card_seen_on, '-infinity')
    or (
      seen.last_seen_on = known.last_seen_on
      and (
        greatest(known.name, seen.name), greatest(known.region_code, seen.region_code),
        greatest(known.sire_id, seen.sire_id), greatest(known.dam_id, seen.dam_id),
        greatest(known.damsire_id, seen.damsire_id)
      ) is distinct from (known.name, known.region_code, known.sire_id, known.dam_id, known.damsire_id)
    )
    or (
      seen.card_seen_on = known.card_seen_on
      and (
        greatest(known.dob, seen.dob), greatest(known.sex, seen.sex), greatest(known.sex_code, seen.sex_code),
        greatest(known.colour, seen.colour), greatest(known.breeder, seen.breeder)
      ) is distinct from (known.dob, known.sex, known.sex_code, known.colour, known.breeder)
    )
    or num_nonnulls(
      coalesce(known.name, seen.name), coalesce(known.region_code, seen.region_code), coalesce(known.sire_id, seen.sire_id),
      coalesce(known.dam_id, seen.dam_id), coalesce(known.damsire_id, seen.damsire_id), coalesce(known.dob, seen.dob),
      coalesce(known.sex, seen.sex), coalesce(known.sex_code, seen.sex_code), coalesce(known.colour, seen.colour),
      coalesce(known.breeder, seen.breeder)
    ) > num_nonnulls(
      known.name, known.region_code, known.sire_id, known.dam_id, known.damsire_id, known.dob, known.sex, known.sex_code,
      known.colour, known.breeder
    )
  order by seen.id
  on conflict (id) do update set
    name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
    region_code = engine.newer_value(known.region_code, known.last_seen_on, excluded.region_code, excluded.last_seen_on),
    sire_id = engine.newer_value(known.sire_id, known.last_seen_on, excluded.sire_id, excluded.last_seen_on),
    dam_id = engine.newer_value(known.dam_id, known.last_seen_on, excluded.dam_id, excluded.last_seen_on),
    damsire_id = engine.newer_value(known.damsire_id, known.last_seen_on, excluded.damsire_id, excluded.last_seen_on),
    -- Only cards know these; a day of results must not make an older card look stale.
    (dob, sex, sex_code, colour, breeder) = (
      select
        engine.newer_value(known.dob, card.known_on, excluded.dob, card.seen_on),
        engine.newer_value(known.sex, card.known_on, excluded.sex, card.seen_on),
        engine.newer_value(known.sex_code, card.known_on, excluded.sex_code, card.seen_on),
        engine.newer_value(known.colour, card.known_on, excluded.colour, card.seen_on),
        engine.newer_value(known.breeder, card.known_on, excluded.breeder, card.seen_on)
      from (
        values (coalesce(known.card_seen_on, '-infinity'), coalesce(excluded.card_seen_on, '-infinity'))
      ) as card (known_on, seen_on)
    ),
    last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on),
    card_seen_on = greatest(known.card_seen_on, excluded.card_seen_on)
$$;
comment on function engine.upsert_horses(jsonb) is
  'Upserts an array of rows shaped like ra_mst_horses. Parents must have their rows by then.';

revoke all on function
  engine.newer_value, engine.upsert_regions, engine.upsert_bookmakers, engine.upsert_courses, engine.upsert_parents,
  engine.upsert_people, engine.upsert_trainers, engine.upsert_horses
  from public, anon, authenticated, service_role;
grant execute on function
  engine.newer_value, engine.upsert_regions, engine.upsert_bookmakers, engine.upsert_courses, engine.upsert_parents,
  engine.upsert_people, engine.upsert_trainers, engine.upsert_horses
  to service_role;
