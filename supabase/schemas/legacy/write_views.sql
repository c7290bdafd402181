-- The views under the old names. The take-over makes plain ones over the old tables, so that no reader misses a table;
-- these replace them, with the same columns of the same types.

create function engine.legacy_objects()
returns table (name text, kind text, relkind text, has_public_view boolean)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  objects constant regclass := pg_catalog.to_regclass('legacy_data.moved_objects');
begin
  if objects is null then
    return;
  end if;
  return query execute format(
    'select moved.name, moved.kind, moved.relkind, moved.has_public_view from %s as moved
     where moved.relkind <> %L order by moved.name',
    objects, 'f()'
  );
end
$$;
comment on function engine.legacy_objects() is
  'The tables and views that were taken over, a row each: its name, the kind of table, its relkind as in pg_class, and
   whether a view in public has its name. No row where nothing was taken over.';

create function engine.legacy_kind(kind text)
returns engine.legacy_kinds
language sql
stable
security invoker
set search_path = ''
as $$
  select row(
    known.kind, replace(known.source, '{bookmakers}', books.name), replace(known.matches, '{bookmakers}', books.name),
    known.one_of, known.never_pulled
  )::engine.legacy_kinds
  from engine.legacy_kinds as known
  cross join (
    select coalesce(quote_ident(max(moved.name)), '') as name
    from engine.legacy_objects() as moved
    where moved.kind = 'bookmakers'
  ) as books
  where known.kind = legacy_kind.kind and (known.source not like '%{bookmakers}%' or books.name <> '')
$$;
comment on function engine.legacy_kind(text) is
  'A kind of old table with the names of this database in it; null for a table that ours have no rows of.';

create function engine.legacy_match(kind engine.legacy_kinds)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$ select format('select from %s where %s', split_part(kind.source, ' left join ', 1), kind.matches) $$;
comment on function engine.legacy_match(engine.legacy_kinds) is
  'A query that has a row when ours have the row "old": for exists (…).';

create function engine.note_legacy_duplicates()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  target record;
begin
  if pg_catalog.to_regclass('legacy_data.duplicate_rows') is not null then
    return;
  end if;
  create table legacy_data.duplicate_rows (
    name text not null,
    id bigint not null,
    constraint duplicate_rows_pkey primary key (name, id)
  );
  comment on table legacy_data.duplicate_rows is
    'Rows of old tables of which another row has the same race and horse, and a higher id: what was written last counts.
     The rows themselves stay where they are.';
  revoke all on legacy_data.duplicate_rows from public, anon, authenticated, service_role;
  grant select on legacy_data.duplicate_rows to service_role;
  for target in
    select moved.name, known.one_of
    from engine.legacy_objects() as moved
    join engine.legacy_kinds as known on known.kind = moved.kind
    where known.one_of is not null and moved.relkind in ('r', 'p')
  loop
    execute format(
      'insert into legacy_data.duplicate_rows (name, id)
       select %L, numbered.id
       from (
         select old.id, row_number() over (partition by %s order by old.id desc) as place from legacy_data.%I as old
       ) as numbered
       where numbered.place > 1',
      target.name, target.one_of, target.name
    );
  end loop;
end
$$;
comment on function engine.note_legacy_duplicates() is
  'Notes in legacy_data.duplicate_rows which old rows are written twice. The second call does nothing.';

create function engine.legacy_view(name text, kind text, is_merged boolean)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  known engine.legacy_kinds;
  new_columns text;
  old_columns text;
  no_duplicate text := '';
  has_duplicates boolean;
begin
  select string_agg(format('old.%I', a.attname), ', ' order by a.attnum)
  into old_columns
  from pg_catalog.pg_attribute as a
  where
    a.attrelid = format('legacy_data.%I', legacy_view.name)::regclass and a.attnum > 0 and not a.attisdropped;
  known := engine.legacy_kind(legacy_view.kind);
  if not is_merged or known.kind is null then
    return format('select %s from legacy_data.%I as old', old_columns, legacy_view.name);
  end if;
  select string_agg(
    format(
      -- Missing text is '' more often than null there, and readers look for that.
      case
        when c.expression is not null and a.atttypid in ('text'::regtype, 'varchar'::regtype)
          then 'coalesce((%1$s)::%2$s, case old.%3$I when '''' then '''' end)::%2$s as %3$I'
        else '(%1$s)::%2$s as %3$I'
      end,
      case
        when c.expression is null then format('old.%I', a.attname)
        -- The first table of the source has both.
        when c.half is not null then
          format('case when %s.has_%s then %s else old.%I end', own.alias, c.half, c.expression, a.attname)
        else c.expression
      end,
      pg_catalog.format_type(a.atttypid, a.atttypmod), a.attname
    ),
    E',\n  ' order by a.attnum
  )
  into new_columns
  from pg_catalog.pg_attribute as a
  cross join lateral (select (regexp_match(known.source, '^public\.\w+ as (\w+)'))[1] as alias) as own
  left join engine.legacy_columns as c on c.kind = known.kind and c.name = a.attname
  where
    a.attrelid = format('legacy_data.%I', legacy_view.name)::regclass and a.attnum > 0 and not a.attisdropped;
  if known.one_of is not null then
    execute format(
      'select exists (select from %s as d where d.name = $1)', pg_catalog.to_regclass('legacy_data.duplicate_rows')
    )
    into has_duplicates
    using legacy_view.name;
    if has_duplicates then
      no_duplicate := format(
        ' and not exists (select from legacy_data.duplicate_rows as d where d.name = %L and d.id = old.id)',
        legacy_view.name
      );
    end if;
  end if;
  return format(
    E'select\n  %s\nfrom %s\nleft join legacy_data.%I as old on %s%s%s\nunion all\n'
    'select %s\nfrom legacy_data.%I as old\nwhere not exists (%s)',
    new_columns, known.source, legacy_view.name, known.matches, no_duplicate,
    case known.kind when 'results' then E'\nwhere runner.has_result' else '' end,
    old_columns, legacy_view.name, engine.legacy_match(known)
  );
end
$$;
comment on function engine.legacy_view(text, text, boolean) is
  'The query of the view under an old name. Merged: rows of ours first, in the old columns and types, then the old rows
   that ours don''t have; else the old rows alone.';

create function engine.write_legacy_views(is_merged boolean default true)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  tries_until constant timestamptz := clock_timestamp() + interval '60 seconds';
  old_timeout constant text := current_setting('lock_timeout');
  budget integer := 200;
  remaining integer;
  began timestamptz;
  number integer;
  target record;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    return 0;
  end if;
  perform engine.note_legacy_duplicates();
  loop
    begin
      number := 0;
      began := clock_timestamp();
      for target in
        select moved.name from engine.legacy_objects() as moved order by moved.name
      loop
        remaining := budget - extract(epoch from clock_timestamp() - began) * 1000;
        if remaining <= 0 then
          raise lock_not_available;
        end if;
        perform pg_catalog.set_config('lock_timeout', remaining::text, true);
        -- Changes nothing, and takes the lock of the view alone.
        execute format('alter view legacy.%I set (security_invoker = true)', target.name);
      end loop;
      for target in
        select moved.name, moved.kind from engine.legacy_objects() as moved order by moved.name
      loop
        execute format(
          'create or replace view legacy.%I with (security_invoker = true) as %s',
          target.name, engine.legacy_view(target.name, target.kind, write_legacy_views.is_merged)
        );
        number := number + 1;
      end loop;
      perform pg_catalog.set_config('lock_timeout', old_timeout, true);
      exit;
    exception
      -- The locks of the try are gone with it.
      when lock_not_available or deadlock_detected then
        null;
    end;
    if clock_timestamp() > tries_until then
      raise exception 'The views in the schema legacy are in use without a pause, and were not replaced'
        using errcode = '55P03',
          hint = 'Let the sessions that read them end their transaction, then run this again: nothing is lost.';
    end if;
    perform pg_catalog.pg_sleep(0.2 + budget / 500.0);
    -- A reader of two views may have one and wait for the other, and is ended after a second.
    budget := least(2 * budget, 600);
  end loop;
  return number;
end
$$;
comment on function engine.write_legacy_views(boolean) is
  'Writes the views in legacy again and returns how many: merged with ours, or over the old tables alone, which then
   depend on nothing of ours. 0 where nothing was taken over. Error 55P03 when readers don''t let go for a minute.';
