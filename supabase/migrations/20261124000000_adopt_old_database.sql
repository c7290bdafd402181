-- Takes over the database of the earlier system of the same name: moves its tables, as they are, from public into the
-- schema legacy_data, where the initial migration finds room for ours, and leaves views under their old names. Nothing
-- but the catalogue is written. On a database without such tables it does nothing and leaves nothing.
--
-- What it makes is described in docs/taking_over.md. This file is written by hand and runs before the initial
-- migration: nothing of the engine is there yet. The functions of pg_temp end with the session; setup asks the first
-- one too.

-- What stands in public under names that the earlier system had, or that ours have.
create or replace function pg_temp.find_relations()
returns table (relation oid, name text, kind text, verdict text, is_core boolean)
language sql
stable
set search_path = ''
as $find$
  with recursive found as (
    select
      c.oid,
      c.relname::text as name,
      c.relkind::text as kind,
      array(
        select a.attname::text
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      ) as columns,
      -- Since their first version the defaults and triggers of our tables call the engine, or they have keys to it.
      exists (
        select
        from pg_catalog.pg_depend as dependency
        join (
          select 'pg_attrdef'::regclass::oid, d.oid from pg_catalog.pg_attrdef as d where d.adrelid = c.oid
          union all
          select 'pg_trigger'::regclass::oid, t.oid from pg_catalog.pg_trigger as t where t.tgrelid = c.oid
          union all
          select 'pg_constraint'::regclass::oid, k.oid from pg_catalog.pg_constraint as k where k.conrelid = c.oid
        ) as part (class, oid) on part.class = dependency.classid and part.oid = dependency.objid
        left join pg_catalog.pg_proc as p
          on dependency.refclassid = 'pg_proc'::regclass and p.oid = dependency.refobjid
        left join pg_catalog.pg_class as other
          on dependency.refclassid = 'pg_class'::regclass and other.oid = dependency.refobjid
        where
          p.pronamespace = pg_catalog.to_regnamespace('engine')
          or other.relnamespace = pg_catalog.to_regnamespace('engine')
      )
      or c.relname in ('backfill_settings', 'pull_schedules', 'racing_api_limits', 'ra_coverage') as calls_engine
    from pg_catalog.pg_class as c
    where
      c.relnamespace = 'public'::regnamespace
      and c.relkind in ('r', 'p', 'v', 'm', 'f')
      -- Not the views that a take-over left here.
      and not exists (
        select
        from pg_catalog.pg_rewrite as rule
        join pg_catalog.pg_depend as dependency
          on dependency.classid = 'pg_rewrite'::regclass and dependency.objid = rule.oid
          and dependency.refclassid = 'pg_class'::regclass
        join pg_catalog.pg_class as source on source.oid = dependency.refobjid
        where rule.ev_class = c.oid and source.relnamespace = pg_catalog.to_regnamespace('legacy')
      )
  ),
  known (kind, names, needs, is_core) as (
    values
      ('regions', '{ra_regions,ra_mst_regions}'::text[], '{code,name}'::text[], false),
      ('courses', '{ra_courses,ra_mst_courses}', '{id,name,region_code,region}', false),
      ('bookmakers', '{ra_bookmakers,ra_mst_bookmakers}', '{id,name,code}', false),
      ('sires', '{ra_sires,ra_mst_sires}', '{id,name,horse_id}', false),
      ('dams', '{ra_dams,ra_mst_dams}', '{id,name,horse_id}', false),
      ('damsires', '{ra_damsires,ra_mst_damsires}', '{id,name,horse_id}', false),
      ('horses', '{ra_horses,ra_mst_horses}', '{id,name,sire_id,dam_id,damsire_id}', true),
      ('jockeys', '{ra_jockeys,ra_mst_jockeys}', '{id,name}', false),
      ('trainers', '{ra_trainers,ra_mst_trainers}', '{id,name}', false),
      ('owners', '{ra_owners,ra_mst_owners}', '{id,name}', false),
      ('races', '{ra_races,ra_mst_races}', '{id,course_id,date,off_dt}', true),
      ('runners', '{ra_runners,ra_mst_runners}', '{id,race_id,horse_id,number}', true),
      ('results', '{ra_race_results,ra_mst_race_results}', '{id,race_id,horse_id,race_date,position}', false),
      ('pedigree', '{ra_horse_pedigree,ra_rel_pedigree}', '{horse_id,sire_id,dam_id,damsire_id}', false),
      ('odds', '{ra_runner_odds}', '{id,race_id,horse_id,bookmaker_id}', false)
  ),
  judged as (
    select
      found.oid,
      found.name,
      coalesce(known.kind, 'other') as kind,
      found.kind as relkind,
      coalesce(known.is_core, false) as is_core,
      case
        when
          found.calls_engine
          or found.name like 'ra\_%' and found.columns && '{last_seen_on,is_listed,has_card,bookmaker_code}'
          then 'ours'
        when found.columns @> known.needs then 'old'
        -- Its very first schema called each key by the name of its table.
        when
          found.name in (
            'ra_horses', 'ra_jockeys', 'ra_trainers', 'ra_owners', 'ra_courses', 'ra_races', 'ra_bookmakers',
            'ra_runners'
          )
          and found.columns @> array[
            case found.name when 'ra_runners' then 'runner_id' else rtrim(substr(found.name, 4), 's') || '_id' end
          ]
          then 'first schema'
        when known.kind is not null then 'unknown'
        when found.name like 'ra\_%' or found.name = 'v_latest_table_updates' then 'named alike'
      end as verdict
    from found
    left join known on found.name = any (known.names)
  ),
  views as (
    select distinct dependency.refobjid as source, rule.ev_class as view
    from pg_catalog.pg_rewrite as rule
    join pg_catalog.pg_depend as dependency
      on dependency.classid = 'pg_rewrite'::regclass and dependency.objid = rule.oid
      and dependency.refclassid = 'pg_class'::regclass
    where dependency.refobjid <> rule.ev_class
  ),
  over_ours as (
    select judged.oid from judged where judged.verdict = 'ours'
    union
    select views.view from over_ours join views on views.source = over_ours.oid
  ),
  over_old as (
    select judged.oid from judged where judged.verdict = 'old'
    union
    select views.view from over_old join views on views.source = over_old.oid
  )
  select
    judged.oid,
    judged.name,
    judged.kind,
    case
      when judged.verdict in ('ours', 'old', 'first schema', 'unknown') then judged.verdict
      when judged.relkind in ('v', 'm') and judged.oid in (select over_old.oid from over_old) then 'old'
      when judged.oid in (select over_ours.oid from over_ours) then 'ours'
      -- Its other tables go along with those that are known.
      when
        judged.verdict = 'named alike'
        and exists (select from judged as core where core.is_core and core.verdict = 'old')
        then 'old'
      else judged.verdict
    end,
    judged.is_core
  from judged
  where judged.verdict is not null or judged.oid in (select over_old.oid from over_old)
$find$;

-- Removes everything that is ours, while no table of racing data has a row. Without keep_lists the lists that every
-- project pulls again (regions, courses, bookmakers, which days are stored) may have some.
create or replace function pg_temp.remove_ours(keep_lists boolean)
returns void
language plpgsql
set search_path = ''
set client_min_messages = warning
as $remove$
declare
  ours constant oid[] := array(
    select found.relation
    from pg_temp.find_relations() as found
    join pg_catalog.pg_class as c on c.oid = found.relation
    where found.verdict = 'ours' and c.relkind in ('r', 'p')
  );
  statements text[];
  statement text;
  has_rows boolean;
  target record;
begin
  for target in
    select c.oid::regclass as name, c.relname like 'ra\_%' and (
      keep_lists or c.relname not in ('ra_mst_regions', 'ra_mst_courses', 'ra_mst_bookmakers', 'ra_coverage')
    ) as has_pulled_rows
    from pg_catalog.pg_class as c
    where c.oid = any (ours)
    order by c.relname
  loop
    execute format('lock table %s in access exclusive mode', target.name);
    if target.has_pulled_rows then
      execute format('select exists (select from %s)', target.name) into has_rows;
      if has_rows then
        raise exception '% has rows that were pulled, and nothing was changed', target.name
          using errcode = '55000',
            hint = 'What is ours is removed only while it is empty. With its data: npx -y deno task uninstall '
              '--with-data' || case when keep_lists then '' else '; then: select legacy_data.put_back();' end;
      end if;
    end if;
  end loop;
  statements := array(
    select format('drop function if exists %s cascade', p.oid::regprocedure)
    from pg_catalog.pg_proc as p
    where
      p.pronamespace = 'public'::regnamespace
      and p.proconfig::text ~ 'search_path='
      and (
        p.prosrc ~ '\m(engine|legacy_data)\.'
        or exists (
          select from pg_catalog.pg_type as t
          where t.oid = any (p.proargtypes::oid[] || p.prorettype) and t.typrelid = any (ours)
        )
        or exists (
          select from pg_catalog.pg_class as c
          where c.oid = any (ours) and p.prosrc ~ ('\mpublic\.' || c.relname || '\M')
        )
      )
    union all
    select format('drop table if exists %s cascade', c.oid::regclass)
    from pg_catalog.pg_class as c
    where c.oid = any (ours)
  );
  foreach statement in array statements loop
    execute statement;
  end loop;
  -- Ours, not another one of that name.
  if pg_catalog.to_regclass('racing.goings') is not null then
    drop schema racing cascade;
  end if;
  if pg_catalog.to_regprocedure('engine.clock()') is not null then
    drop schema engine cascade;
  end if;
  if pg_catalog.to_regclass('cron.job') is not null then
    execute $cron$
      select cron.unschedule(job.jobname) from cron.job as job
      where job.jobname in (
        'engine-tick', 'engine-upkeep', 'engine-compact', 'engine-sweep', 'engine-watch', 'engine-pulls'
      )
    $cron$;
  end if;
  -- Whatever of ours was recorded as applied is gone, and is to be applied again.
  if pg_catalog.to_regclass('supabase_migrations.schema_migrations') is not null then
    execute $forget$
      delete from supabase_migrations.schema_migrations as applied
      where applied.version between '20261123000000' and '20261124999999' and applied.version <> '20261124000000'
    $forget$;
  end if;
end
$remove$;

-- The way back, kept with what was moved: it works whether or not the initial migration came after.
create or replace function pg_temp.put_back()
returns text
language plpgsql
set search_path = ''
set client_min_messages = warning
as $back$
declare
  target record;
  setting text;
  number integer := 0;
begin
  for target in
    select moved.name, moved.has_public_view
    from legacy_data.moved_objects as moved
    where moved.relkind <> 'f()'
    order by moved.relkind in ('v', 'm') desc, moved.name
  loop
    if target.has_public_view then
      execute format('drop view if exists public.%I', target.name);
    elsif pg_catalog.to_regclass(format('public.%I', target.name)) is not null then
      raise exception 'public.% is in the way of the old table of that name', target.name
        using errcode = '55000', hint = 'Call public.legacy_undo() instead: it removes ours while they are empty.';
    end if;
    execute format('drop view if exists legacy.%I', target.name);
  end loop;
  for target in
    select moved.name, moved.relkind from legacy_data.moved_objects as moved where moved.relkind <> 'f()'
  loop
    execute format(
      'alter %s legacy_data.%I set schema public',
      case target.relkind
        when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table'
      end,
      target.name
    );
    number := number + 1;
  end loop;
  for target in
    select moved.name, moved.settings from legacy_data.moved_objects as moved where moved.relkind = 'f()'
  loop
    if pg_catalog.to_regprocedure(target.name) is null then
      continue;
    end if;
    execute format('alter routine %s reset search_path', target.name);
    foreach setting in array target.settings loop
      if setting like 'search\_path=%' then
        execute format('alter routine %s set search_path = %s', target.name, substr(setting, 13));
      end if;
    end loop;
  end loop;
  drop function legacy.refuse_to_write();
  drop schema legacy;
  drop schema legacy_data cascade;
  if pg_catalog.to_regclass('supabase_migrations.schema_migrations') is not null then
    execute $forget$
      delete from supabase_migrations.schema_migrations as applied where applied.version = '20261124000000'
    $forget$;
  end if;
  return format('%s tables and views are back in public, as they were.', number);
end
$back$;

-- Keeps the functions of this session that the way back needs.
create or replace function pg_temp.keep_way_back()
returns void
language plpgsql
set search_path = ''
as $keep$
declare
  kept regprocedure;
begin
  create function legacy.refuse_to_write()
  returns trigger
  language plpgsql
  set search_path = ''
  as $refuse$
  begin
    raise exception '%.% is a view of what was taken over, and read-only', tg_table_schema, tg_table_name
      using errcode = '25006',
        hint = 'The racing data is in public.ra_races, ra_runners and ra_mst_*, and fills itself: stop the old writer. '
          'To go back to the old tables: npx -y deno task darkhorses legacy undo';
  end
  $refuse$;
  comment on function legacy.refuse_to_write() is 'Trigger of the views: error 25006.';
  foreach kept in array array[
    'pg_temp.find_relations()'::regprocedure, 'pg_temp.remove_ours(boolean)'::regprocedure,
    'pg_temp.put_back()'::regprocedure
  ] loop
    execute replace(
      regexp_replace(pg_catalog.pg_get_functiondef(kept), 'FUNCTION \w+\.', 'FUNCTION legacy_data.'),
      'pg_temp.', 'legacy_data.'
    );
  end loop;
  comment on function legacy_data.find_relations() is
    'What stands in public under names that the old system had, or that ours have.';
  comment on function legacy_data.remove_ours(boolean) is
    'Removes all that is ours while it is empty; error 55000 otherwise. With true, the lists that every project pulls
     must be empty too.';
  comment on function legacy_data.put_back() is
    'Puts the old tables back into public and removes the views. Error 55000 while a table of ours has such a name.';
  revoke all on all functions in schema legacy_data, legacy from public, anon, authenticated, service_role;
end
$keep$;

create or replace function pg_temp.columns_of(name text)
returns text
language sql
stable
set search_path = ''
as $$
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
  from pg_catalog.pg_attribute as a
  where a.attrelid = format('public.%I', columns_of.name)::regclass and a.attnum > 0 and not a.attisdropped
$$;

-- One try: takes every lock within the given time or fails, and then writes nothing but the catalogue. What needs no
-- lock that anybody waits for comes first.
create or replace function pg_temp.move_old_relations(budget interval)
returns void
language plpgsql
set search_path = ''
as $move$
declare
  -- Names that ours have: views cannot stand there.
  reserved constant text[] := array[
    'ra_mst_regions', 'ra_mst_courses', 'ra_mst_bookmakers', 'ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires',
    'ra_mst_horses', 'ra_mst_jockeys', 'ra_mst_trainers', 'ra_mst_owners', 'ra_races', 'ra_runners',
    'ra_runner_odds'
  ];
  old_timeout constant text := coalesce(current_setting('lock_timeout', true), '0');
  began timestamptz;
  has_lock boolean := false;
  remaining integer;
  target record;
begin
  create schema legacy_data;
  comment on schema legacy_data is
    'The tables of the system that was here before, as they were. The views in legacy read them.';
  create schema legacy;
  comment on schema legacy is
    'A view under each name that the system before had, to be read with search_path = legacy, public. Read-only.';
  perform pg_temp.keep_way_back();
  create table legacy_data.moved_objects (
    name text not null,
    kind text not null,
    relkind text not null,
    has_public_view boolean not null,
    settings text[],
    constraint moved_objects_pkey primary key (name, relkind)
  );
  comment on table legacy_data.moved_objects is
    'What was moved from public, and what of it has a view there; functions stayed, and their settings were these.';
  insert into legacy_data.moved_objects (name, kind, relkind, has_public_view)
  select found.name, found.kind, c.relkind::text, found.name <> all (reserved)
  from pg_temp.find_relations() as found
  join pg_catalog.pg_class as c on c.oid = found.relation
  where found.verdict = 'old';

  -- A view goes on reading its table when that is moved.
  for target in select moved.name from legacy_data.moved_objects as moved order by moved.name loop
    execute format(
      'create view legacy.%1$I with (security_invoker = true) as select %2$s from public.%1$I',
      target.name, pg_temp.columns_of(target.name)
    );
    execute format(
      'create trigger refuse_to_write instead of insert or update or delete on legacy.%I
        for each row execute function legacy.refuse_to_write()', target.name
    );
  end loop;
  revoke all on all tables in schema legacy, legacy_data from public, anon, authenticated, service_role;
  grant usage on schema legacy, legacy_data to service_role;
  grant select on legacy_data.moved_objects to service_role;
  grant select, insert, update, delete on all tables in schema legacy to service_role;

  -- What an attempt before this one left of ours is beside the old tables, empty and not whole, or is only recorded.
  if pg_catalog.to_regprocedure('public.check_setup()') is null then
    perform pg_catalog.set_config('lock_timeout', (extract(epoch from budget) * 1000)::integer::text, true);
    perform pg_temp.remove_ours(true);
  end if;
  -- A reader of two tables may have one and wait for the other: after a second Postgres would end one of the two
  -- sessions, so all this must be over before. Only autovacuum lets go no sooner than after a second of waiting: its
  -- table comes first, while no other is locked.
  for target in
    select moved.name, exists (
      select from pg_catalog.pg_locks as held
      where held.relation = format('public.%I', moved.name)::regclass and held.mode = 'ShareUpdateExclusiveLock'
    ) as is_vacuumed
    from legacy_data.moved_objects as moved
    where moved.relkind in ('r', 'p')
    order by 2 desc, pg_catalog.pg_relation_size(format('public.%I', moved.name)::regclass) desc, moved.name
  loop
    remaining := case
      when has_lock then extract(epoch from began + budget - clock_timestamp()) * 1000
      when target.is_vacuumed then 1500
      else extract(epoch from budget) * 1000
    end;
    if remaining <= 0 then
      raise lock_not_available using message = 'The locks were not there in time';
    end if;
    perform pg_catalog.set_config('lock_timeout', remaining::text, true);
    execute format('lock table public.%I in access exclusive mode', target.name);
    began := case when has_lock then began else clock_timestamp() end;
    has_lock := true;
  end loop;
  for target in
    select moved.name, moved.relkind
    from legacy_data.moved_objects as moved
    order by moved.relkind in ('v', 'm'), moved.name
  loop
    execute format(
      'alter %s public.%I set schema legacy_data',
      case target.relkind
        when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table'
      end,
      target.name
    );
    execute format('grant select on legacy_data.%I to service_role', target.name);
  end loop;
  for target in
    select moved.name from legacy_data.moved_objects as moved where moved.has_public_view order by moved.name
  loop
    execute format(
      'create view public.%1$I with (security_invoker = true) as select * from legacy.%1$I', target.name
    );
    execute format(
      'create trigger refuse_to_write instead of insert or update or delete on public.%I
        for each row execute function legacy.refuse_to_write()', target.name
    );
    execute format('revoke all on public.%I from public, anon, authenticated, service_role', target.name);
    execute format('grant select, insert, update, delete on public.%I to service_role', target.name);
  end loop;

  -- Functions that name an old table find it by their search path from now on. Their callers find them where they were.
  for target in
    select p.oid::regprocedure as name, p.proconfig
    from pg_catalog.pg_proc as p
    where
      p.pronamespace = 'public'::regnamespace
      and p.prokind in ('f', 'p')
      and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
      and p.prosrc !~ '\m(engine|legacy_data)\.'
      and exists (
        select from legacy_data.moved_objects as moved where p.prosrc ~ ('\m' || moved.name || '\M')
      )
  loop
    insert into legacy_data.moved_objects (name, kind, relkind, has_public_view, settings)
    values (target.name::text, 'function', 'f()', false, coalesce(target.proconfig, '{}'));
    execute format('alter routine %s set search_path = legacy, public, extensions', target.name);
  end loop;
  perform pg_catalog.set_config('lock_timeout', old_timeout, true);
  raise notice 'The old tables are in legacy_data. Readers waited for % ms at most.',
    round(extract(epoch from clock_timestamp() - began) * 1000);
end
$move$;

do $take_over$
declare
  -- PGOPTIONS="-c take_over.seconds=600" tries for longer.
  tries_until constant timestamptz := clock_timestamp() + make_interval(
    secs => coalesce(nullif(current_setting('take_over.seconds', true), ''), '90')::numeric::double precision
  );
  -- A reader waits for as long as a try at most. Short tries first.
  budget interval := '100 milliseconds';
  names text;
  holders text;
begin
  select string_agg(found.name, ', ' order by found.name)
  into names
  from pg_temp.find_relations() as found
  where found.verdict = 'first schema';
  if names is not null then
    raise exception
      'The database has tables of the very first schema of the old system (%), which can''t be taken over', names
      using hint = 'Nothing was changed. Rename them aside (create schema old_system; alter table … set schema '
        'old_system;), run this again, and let the API bring the races.';
  end if;
  if not exists (select from pg_temp.find_relations() as found where found.verdict = 'old' and found.is_core) then
    return;
  end if;
  if pg_catalog.to_regclass('legacy_data.moved_objects') is not null then
    raise exception 'The database was taken over already, and public has tables of the old system again'
      using hint = 'Nothing was changed. Rename them aside (create schema old_system; alter table … set schema '
        'old_system;), then run this again.';
  end if;
  if pg_catalog.to_regnamespace('legacy_data') is not null or pg_catalog.to_regnamespace('legacy') is not null then
    raise exception 'The database has a schema legacy or legacy_data of its own, where the old tables are to go'
      using hint = 'Nothing was changed. Rename it (alter schema legacy rename to …), then run this again.';
  end if;
  -- The next migration makes these, and would fail.
  select string_agg(wanted.name, ', ')
  into names
  from (
    values
      ('engine', pg_catalog.to_regprocedure('engine.clock()')::oid),
      ('racing', pg_catalog.to_regclass('racing.goings')::oid)
  ) as wanted (name, known)
  where pg_catalog.to_regnamespace(wanted.name) is not null and wanted.known is null;
  if names is not null then
    raise exception 'The database has a schema of its own that is called as one of ours: %', names
      using hint = 'Nothing was changed. Rename it (alter schema racing rename to …), then run this again.';
  end if;
  select string_agg(found.name, ', ' order by found.name)
  into names
  from pg_temp.find_relations() as found
  where found.verdict = 'unknown';
  if names is not null then
    raise exception 'Beside tables of the old system the database has others, with names of it and other columns: %',
      names
      using hint = 'Nothing was changed. Rename them aside (create schema old_system; alter table … set schema '
        'old_system;), then run this again.';
  end if;

  loop
    begin
      perform pg_temp.move_old_relations(budget);
      if pg_catalog.to_regprocedure('engine.write_legacy_views(boolean)') is not null then
        execute 'select engine.write_legacy_views()';
      end if;
      return;
    exception
      -- The locks of the try are gone with it.
      when lock_not_available or deadlock_detected then
        null;
    end;
    if clock_timestamp() > tries_until then
      select string_agg(distinct format('session %s (%s, %s)', session.pid, session.usename, session.state), ', ')
      into holders
      from pg_temp.find_relations() as found
      join pg_catalog.pg_locks as held on held.relation = found.relation and held.granted
      join pg_catalog.pg_stat_activity as session on session.pid = held.pid
      where found.verdict = 'old' and held.pid <> pg_catalog.pg_backend_pid()
        and held.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database());
      raise exception 'The old tables are in use without a pause, and were not moved: %',
        coalesce(holders, 'by sessions that come and go')
        using errcode = '55P03',
          hint = 'Nothing was changed. Let those sessions end their transaction, or end them (select '
            'pg_terminate_backend(<session>)), stop the old writer, then run this again.';
    end if;
    perform pg_catalog.pg_sleep(0.2 + 2 * extract(epoch from budget));
    budget := least(2 * budget, interval '600 milliseconds');
  end loop;
end
$take_over$;

drop function pg_temp.find_relations();
drop function pg_temp.remove_ours(boolean);
drop function pg_temp.put_back();
drop function pg_temp.keep_way_back();
drop function pg_temp.move_old_relations(interval);
drop function pg_temp.columns_of(text);
