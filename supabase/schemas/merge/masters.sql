-- Master rows of a page into their tables: those with rules of their own. The others are in upserts.sql.
--
-- Two pages stored at the same time share courses, people and pedigrees. Rows are upserted in the order of their keys
-- and the tables always in the same order, so that pages wait for each other but never deadlock. A row that brings
-- nothing new is left out beforehand: even an upsert that changes nothing locks its row, and a lock on a course would
-- make every page wait for every other. Stored values are only ever added to, so leaving out a row because of a
-- slightly old snapshot loses nothing.

create function engine.upsert_regions(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.refuse_unknown_keys('ra_mst_regions', rows, array['code', 'name']);

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
  select engine.refuse_unknown_keys('ra_mst_bookmakers', rows, array['code', 'name', 'type']);

  insert into public.ra_mst_bookmakers as known (code, name, type)
  select seen.code, seen.name, seen.type
  from jsonb_populate_recordset(null::public.ra_mst_bookmakers, rows) as seen
  left join public.ra_mst_bookmakers as known on known.code = seen.code
  where
    known.code is null
    or (seen.type <> 'unknown' and (seen.name, seen.type) is distinct from (known.name, known.type))
  order by seen.code
  on conflict (code) do update set name = excluded.name, type = excluded.type
  where excluded.type <> 'unknown'
$$;
comment on function engine.upsert_bookmakers(jsonb) is
  'Upserts an array of {code, name, type}. A bookmaker of unknown type (seen in odds) changes nothing of a known one.';

create function engine.merged_course(known public.ra_mst_courses, seen public.ra_mst_courses)
returns table (name text, region_code text, is_listed boolean)
language sql
immutable
security invoker
set search_path = ''
as $$
  select
    case when seen.is_listed then coalesce(seen.name, known.name) else coalesce(known.name, seen.name) end,
    case
      when seen.is_listed then coalesce(seen.region_code, known.region_code)
      else coalesce(known.region_code, seen.region_code)
    end,
    coalesce(known.is_listed, false) or seen.is_listed
$$;
comment on function engine.merged_course(public.ra_mst_courses, public.ra_mst_courses) is
  'What a course becomes when it is seen again. The name of /courses is never replaced by the one on a race.';

create function engine.upsert_courses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.refuse_unknown_keys('ra_mst_courses', rows, array['id', 'name', 'region_code', 'is_listed']);

  insert into public.ra_mst_courses as known (id, name, region_code, is_listed)
  select seen.id, seen.name, seen.region_code, seen.is_listed
  from jsonb_populate_recordset(null::public.ra_mst_courses, rows) as seen
  left join public.ra_mst_courses as known on known.id = seen.id
  cross join engine.merged_course(known, seen) as merged
  where
    (seen.id, merged.name, merged.region_code, merged.is_listed)
    is distinct from (known.id, known.name, known.region_code, known.is_listed)
  order by seen.id
  on conflict (id) do update set (name, region_code, is_listed) = (
    select merged.name, merged.region_code, merged.is_listed from engine.merged_course(known, excluded) as merged
  )
$$;
comment on function engine.upsert_courses(jsonb) is
  'Upserts an array of {id, name, region_code, is_listed}, merged by engine.merged_course.';

grant execute on function
  engine.upsert_regions, engine.upsert_bookmakers, engine.merged_course, engine.upsert_courses
  to service_role;
