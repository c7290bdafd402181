-- What would be lost with the old tables.

create function engine.legacy_rows_left()
returns table (name text, kind text, stored bigint, left_only bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  target record;
  known engine.legacy_kinds;
  copied jsonb;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    return;
  end if;
  -- What was copied from the old tables is not only there, and what was rejected is kept whole among the rejects.
  select coalesce(jsonb_object_agg(counted.old_table, counted.rows), '{}')
  into copied
  from (
    select found.old_table, sum(found.rows) as rows from engine.rows_only_in_legacy() as found group by 1
  ) as counted;
  for target in
    select moved.name, moved.kind
    from engine.legacy_objects() as moved
    where moved.relkind in ('r', 'p')
    order by moved.name
  loop
    name := target.name;
    kind := target.kind;
    execute format('select count(*) from legacy_data.%I', name) into stored;
    known := engine.legacy_kind(kind);
    if copied ? name then
      left_only := (copied ->> name)::bigint;
    elsif known.kind is null then
      left_only := stored;
    else
      execute format(
        'select count(*) from legacy_data.%I as old
         where not coalesce(%s, false) and not exists (%s)
           and not exists (
             select from legacy_data.duplicate_rows as d where d.name = %L and d.id::text = old.%I::text
           )',
        name, known.never_pulled, engine.legacy_match(known), name,
        case kind when 'regions' then 'code' when 'pedigree' then 'horse_id' else 'id' end
      )
      into left_only;
    end if;
    return next;
  end loop;
end
$$;
comment on function engine.legacy_rows_left() is
  'A row per old table: its rows, and how many of them only it has. Rows that no source has (tests, empty ids, a jockey
   NON-RUNNER) and second writings of the same runner are not missed. Of a table that ours have no rows of, all. Reads
   every old table; none where nothing was taken over.';

create function public.drop_legacy(confirm boolean default false, give_up text[] default '{}')
returns text
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '800ms'
as $$
declare
  unknown constant text := (
    select string_agg(coalesce(quote_literal(left(given.name, 60)), 'null'), ', ')
    from unnest(drop_legacy.give_up) as given (name)
    where not exists (
      select from pg_catalog.pg_class as old
      where old.relnamespace = pg_catalog.to_regnamespace('legacy_data') and old.relname = given.name
    )
  );
  kept text;
  given_up text;
  depending text;
  tables integer;
  bytes bigint;
  target record;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    raise exception 'Nothing was taken over from an old system, or it is gone already' using errcode = '22023';
  end if;
  if unknown is not null then
    raise exception 'Of the tables to give up there is no %', unknown
      using errcode = '22023', hint = 'select drop_legacy(); names those that have rows that nothing else has.';
  end if;
  select
    string_agg(format('%s %s', rows.name, rows.left_only), ', ' order by rows.name)
      filter (where rows.left_only > 0 and rows.name <> all (drop_legacy.give_up)),
    string_agg(format('%s %s', rows.name, rows.left_only), ', ' order by rows.name)
      filter (where rows.left_only > 0 and rows.name = any (drop_legacy.give_up)),
    count(*),
    coalesce(sum(pg_catalog.pg_total_relation_size(format('legacy_data.%I', rows.name)::regclass)), 0)
  into kept, given_up, tables, bytes
  from engine.legacy_rows_left() as rows;
  if not drop_legacy.confirm then
    return format(
      'Would remove %s old tables (%s MB), and the views that read them. Rows that only they have: %s. To do it: '
      'select drop_legacy(confirm => true%s);%s',
      tables, round(bytes / 1e6), coalesce(concat_ws(', ', kept, given_up), 'none'),
      case when kept is null then '' else ', give_up => ''{…}''' end,
      case
        when kept is null then ''
        else ' with the tables whose rows may be lost (or: darkhorses legacy drop --confirm --give-up …)'
      end
    );
  end if;
  if kept is not null then
    raise exception 'The old tables have rows that nothing else has, and nothing was removed: %', kept
      using errcode = '55000',
        hint = 'Pull them, copy them, or name the tables whose rows may be lost: select drop_legacy(confirm => true, '
          'give_up => ''{ra_odds_live,…}''), or darkhorses legacy drop --confirm --give-up ra_odds_live,…';
  end if;
  select string_agg(distinct rule.ev_class::regclass::text, ', ')
  into depending
  from pg_catalog.pg_depend as dependency
  join pg_catalog.pg_rewrite as rule on dependency.classid = 'pg_rewrite'::regclass and rule.oid = dependency.objid
  join pg_catalog.pg_class as source on source.oid = dependency.refobjid
  join pg_catalog.pg_class as reader on reader.oid = rule.ev_class
  where
    dependency.refclassid = 'pg_class'::regclass
    and source.relnamespace in (
      pg_catalog.to_regnamespace('legacy'), pg_catalog.to_regnamespace('legacy_data')
    )
    and reader.relnamespace not in (
      pg_catalog.to_regnamespace('legacy'), pg_catalog.to_regnamespace('legacy_data')
    )
    and not (
      reader.relnamespace = 'public'::regnamespace
      and reader.relname in (
        select moved.name from engine.legacy_objects() as moved where moved.has_public_view
      )
    );
  if depending is not null then
    raise exception 'Views of yours read the old tables, and nothing was removed: %', depending
      using errcode = '55000', hint = 'Drop them first, then run this again.';
  end if;
  for target in select moved.name from engine.legacy_objects() as moved where moved.has_public_view loop
    execute format('drop view if exists public.%I', target.name);
  end loop;
  drop schema legacy cascade;
  drop schema legacy_data cascade;
  return format('Removed %s old tables (%s MB), and the views that read them.', tables, round(bytes / 1e6));
end
$$;
comment on function public.drop_legacy(boolean, text[]) is
  'Removes the tables that were taken over from an old system, and the views under their old names. Without confirm it
   only says what would go. Error 55000, with a count for each table, while a table has rows that nothing else has: pull
   or copy them, or name the table in give_up. Error 22023 where nothing was taken over, or where give_up names what is
   no old table.';

create function public.legacy_undo()
returns text
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '800ms'
as $$
declare
  old_schema constant regnamespace := pg_catalog.to_regnamespace('legacy_data');
  said text;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    raise exception 'Nothing was taken over from an old system: there is nothing to put back' using errcode = '22023';
  end if;
  -- This function goes with the others, and ends what it does all the same.
  execute format('select %s.remove_ours(false)', old_schema);
  execute format('select %s.put_back()', old_schema) into said;
  return said;
end
$$;
comment on function public.legacy_undo() is
  'Puts the tables of the old system back into public under their names, and removes everything that is ours. Only while
   no race, runner or other harvested row of ours is stored: error 55000 names the table. Error 22023 where nothing was
   taken over.';

revoke all on function public.drop_legacy, public.legacy_undo from public, anon, authenticated, service_role;
