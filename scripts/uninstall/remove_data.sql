-- Removes the schema with all data: the engine, the answers, and what the settings uninstall.relations,
-- uninstall.functions and uninstall.versions name, each as an array. One transaction: all of it goes, or nothing does.
do $$
declare
  relations constant text[] := current_setting('uninstall.relations');
  functions constant text[] := current_setting('uninstall.functions');
  versions constant text[] := current_setting('uninstall.versions');
  -- Ours, not others of these names.
  schemas constant text[] := array_remove(
    array[
      case when to_regprocedure('engine.clock()') is not null then 'engine' end,
      case when to_regclass('racing.goings') is not null then 'racing' end
    ],
    null
  );
  others constant oid[] := array(
    select c.oid
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where
      c.relkind in ('r', 'p', 'v', 'm', 'f')
      and n.nspname <> all (schemas || array['pg_toast'])
      and not (n.nspname = 'public' and c.relname = any (relations))
  );
  other_functions constant oid[] := array(
    select p.oid
    from pg_proc as p
    join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname <> all (schemas) and not (n.nspname = 'public' and p.proname = any (functions))
  );
  -- What hangs on a table of somebody else: a foreign key to ours, a default, a policy or a trigger that calls ours.
  parts_of_others constant text[] := array(
    select 'constraint ' || c.oid from pg_constraint as c where c.conrelid = any (others)
    union all select 'default ' || d.oid from pg_attrdef as d where d.adrelid = any (others)
    union all select 'policy ' || p.oid from pg_policy as p where p.polrelid = any (others)
    union all select 'trigger ' || t.oid from pg_trigger as t where t.tgrelid = any (others) and not t.tgisinternal
    union all
    select format('column %s %s', a.attrelid, a.attnum)
    from pg_attribute as a
    where a.attrelid = any (others) and not a.attisdropped
    order by 1
  );
  drops text[];
  statement text;
begin
  -- Names first: what a drop takes along has none any more.
  drops := array(
    select
      format('drop %s if exists public.%I cascade', case c.relkind when 'v' then 'view' else 'table' end, c.relname)
    from pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and c.relname = any (relations)
    union all
    select format('drop function if exists %s cascade', p.oid::regprocedure)
    from pg_proc as p
    where p.pronamespace = 'public'::regnamespace and p.proname = any (functions)
  );
  if 'racing' = any (schemas) then
    drop schema racing cascade;
  end if;
  if 'engine' = any (schemas) then
    drop schema engine cascade;
  end if;
  foreach statement in array drops loop
    execute statement;
  end loop;
  if
    exists (
      select from unnest(others) as gone (oid)
      where not exists (select from pg_class as c where c.oid = gone.oid)
    )
    or exists (
      select from unnest(other_functions) as gone (oid)
      where not exists (select from pg_proc as p where p.oid = gone.oid)
    )
    or parts_of_others <> array(
      select 'constraint ' || c.oid from pg_constraint as c where c.conrelid = any (others)
      union all select 'default ' || d.oid from pg_attrdef as d where d.adrelid = any (others)
      union all select 'policy ' || p.oid from pg_policy as p where p.polrelid = any (others)
      union all select 'trigger ' || t.oid from pg_trigger as t where t.tgrelid = any (others) and not t.tgisinternal
      union all
      select format('column %s %s', a.attrelid, a.attnum)
      from pg_attribute as a
      where a.attrelid = any (others) and not a.attisdropped
      order by 1
    )
  then
    raise exception 'Views, functions or tables of yours depend on the data, and nothing was removed'
      using hint = 'Drop them first, then run this again.';
  end if;
  delete from supabase_migrations.schema_migrations as applied where applied.version = any (versions);
end
$$
