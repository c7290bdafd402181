-- The damage report.

create function engine.legacy_faults_of_masters()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  known engine.legacy_tables;
  -- Capitals in brackets that are a country's, as values/regions.ts has them, not (II) or (AW).
  suffix constant text := '\(('
    || 'GB|JER|GUE|IRE|FR|GER|ITY|SPA|BEL|HOL|AUT|SLO|SVN|GR|CYP|USA|PR|PAN|AUS|'
    || 'NZ|CAN|HK|SIN|BAR|JPN|CHN|KOR|MAC|MAL|IND|UAE|KSA|QA|BHR|OMN|ISR|TUR|'
    || 'RUS|SWI|DEN|SWE|NOR|POL|HUN|CZE|SAF|MAU|MOR|ARG|BRZ|CHI|PER|URU|BUL|YUG|'
    || 'ALG|AZE|COL|CRO|CUB|ECU|EST|FIN|JAM|KAZ|KEN|LAT|LIT|LUX|MEX|POR|ROM|SER|'
    || 'SVK|TRI|TUN|UKR|UZB|VEN|ZIM'
    || ')\)$';
  claim constant text := '\([0-9]+\)$';
  counted bigint[];
  sought text;
  suffixes bigint[] := array[0, 0, 0];
  claims bigint[] := array[0, 0, 0];
  blanks bigint := 0;
begin
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.new_table like 'ra\_mst\_%' and one.kind <> 'pedigree'
    order by one.place
  loop
    sought := case known.kind when 'jockeys' then claim else suffix end;
    execute format(
      $sql$
        select array[
          count(*) filter (where judged.is_found),
          count(*) filter (where judged.is_found and ours.name ~ $1),
          count(*) filter (where judged.is_found and ours.id is null),
          count(*) filter (where judged.id = '')
        ]
        from (
          -- Few names end with a bracket, and the pattern has many arms. Offset: it is not looked for three times.
          select old.id, right(old.name, 1) = ')' and old.name ~ $1 and %3$s as is_found
          from %1$s as old
          offset 0
        ) as judged
        left join public.%2$I as ours on ours.id = judged.id
      $sql$,
      known.relation::regclass, known.new_table,
      -- That one is nobody, and a line of its own.
      case when known.kind = 'jockeys' then 'old.id <> ''jky_224913''' else 'true' end
    )
    into counted
    using sought;
    if known.kind = 'jockeys' then
      claims := counted[1:3];
    elsif known.kind in ('horses', 'sires', 'dams', 'damsires') then
      suffixes := array[suffixes[1] + counted[1], suffixes[2] + counted[2], suffixes[3] + counted[3]];
    end if;
    blanks := blanks + counted[4];
  end loop;
  return query values
    ('names with a region behind them', suffixes[1], suffixes[2], suffixes[3]),
    ('jockeys with a claim behind the name', claims[1], claims[2], claims[3]),
    ('rows with the id ''''', blanks, 0::bigint, 0::bigint),
    ('horses whose damsire is ''''', engine.count_legacy('horses', 'old.damsire_id = '''''), 0::bigint, 0::bigint),
    (
      'region codes that are wrong',
      engine.count_legacy('courses', 'lower(old.region_code) in (''sa'', ''ita'')')
        + engine.count_relation(
          'legacy_data', array['ra_mst_regions', 'ra_regions'], 'lower(old.code) in (''sa'', ''ita'')'
        ),
      (select count(*) from public.ra_mst_regions as ours where ours.code in ('sa', 'ita')), 0::bigint
    ),
    (
      'bookmakers with an underscore in the code', engine.count_legacy('bookmakers', 'old.code like ''%\_%'''),
      (select count(*) from public.ra_mst_bookmakers as ours where ours.code like '%\_%'), 0::bigint
    ),
    ('rows marked **TEST**', engine.count_tests(), 0::bigint, 0::bigint),
    ('columns that are null in every row', engine.count_empty_columns(), null::bigint, null::bigint);
end
$$;
comment on function engine.legacy_faults_of_masters() is
  'What public.legacy_report says about master tables and the rest.';

create function engine.count_relation(schema_name text, names text[], condition text)
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation regclass;
  counted bigint := 0;
begin
  select c.oid::regclass into relation
  from unnest(count_relation.names) with ordinality as candidate (name, nth)
  join pg_catalog.pg_class as c on c.relname = candidate.name and c.relkind in ('r', 'p')
  where c.relnamespace = to_regnamespace(count_relation.schema_name)
  order by candidate.nth
  limit 1;
  if relation is not null then
    execute format('select count(*) from %s as old where %s', relation, count_relation.condition) into counted;
  end if;
  return counted;
end
$$;
comment on function engine.count_relation(text, text[], text) is
  'Rows of the first of these tables that is there, for which a condition over old holds; 0 when none is.';

create function engine.count_legacy(kind text, condition text)
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation constant regclass := (
    select known.relation from engine.legacy_tables as known where known.kind = count_legacy.kind
  );
  counted bigint := 0;
begin
  if relation is not null then
    execute format('select count(*) from %s as old where %s', relation, count_legacy.condition) into counted;
  end if;
  return counted;
end
$$;
comment on function engine.count_legacy(text, text) is
  'Rows of an old table, as engine.legacy_tables calls it, for which a condition over old holds; 0 when it is not
   there.';

create function engine.count_tests()
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  known record;
  counted bigint := 0;
begin
  for known in
    select
      one.kind,
      (
        select string_agg(format('starts_with(old.%I::text, ''**TEST**'')', a.attname), ' or ')
        from pg_catalog.pg_attribute as a
        where
          a.attrelid = one.relation and a.attnum > 0 and not a.attisdropped
          and a.attname in ('id', 'name', 'race_id', 'horse_id', 'horse_name', 'race_name')
          and a.atttypid in ('text'::regtype, 'varchar'::regtype)
      ) as condition
    from engine.legacy_tables as one
    where one.relation is not null
  loop
    continue when known.condition is null;
    counted := counted + engine.count_legacy(known.kind, known.condition);
  end loop;
  return counted;
end
$$;
comment on function engine.count_tests() is 'Old rows that the old system''s own tests left behind.';

create function engine.count_empty_columns()
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  known engine.legacy_tables;
  candidates text[];
  counted bigint;
  counted_in_all bigint := 0;
  has_value boolean;
begin
  for known in select one.* from engine.legacy_tables as one where one.relation is not null loop
    execute format('select exists (select from %s)', known.relation::regclass) into has_value;
    candidates := array(
      -- A column of which the sample had a value is not empty, and need not be counted.
      select format('old.%I', name)
      from unnest(engine.old_columns(known.kind)) as name
      where not exists (
        select from pg_catalog.pg_stats as sampled
        where
          sampled.schemaname = 'legacy_data' and sampled.tablename = known.old_table and sampled.attname = name
          and sampled.null_frac < 1
      )
    );
    continue when not has_value or cardinality(candidates) = 0;
    -- As a rule the sample was right about all of them.
    execute format(
      'select exists (select from %s as old where num_nonnulls(%s) > 0)', known.relation::regclass,
      array_to_string(candidates, ', ')
    )
    into has_value;
    counted := cardinality(candidates);
    if has_value then
      execute format(
        'select %s from %s as old',
        (select string_agg(format('(count(%s) = 0)::integer', name), ' + ') from unnest(candidates) as name),
        known.relation::regclass
      )
      into counted;
    end if;
    counted_in_all := counted_in_all + counted;
  end loop;
  return counted_in_all;
end
$$;
comment on function engine.count_empty_columns() is
  'Columns of the old tables that are null in every row; tables without rows are left out.';

create function public.legacy_report()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
set statement_timeout = '300s'
-- Millions of runs are put together by race and horse: on disk that takes several times as long.
set work_mem = '64MB'
as $$
begin
  if not engine.has_legacy() then
    raise exception 'There is no old database in this project'
      using errcode = '55000', hint = 'One that setup takes over is in the schema legacy_data.';
  end if;
  return query
    with counted as materialized (
      select 1 as part, line.*
      from engine.legacy_faults_of_races() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select 2, line.*
      from engine.legacy_faults_of_results() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select 3, line.*
      from engine.legacy_faults_of_runners() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select 4, line.*
      from engine.legacy_faults_of_masters() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select
        5, concat_ws(': ', 'only in ' || left_over.old_table, left_over.reason), left_over.rows, null, left_over.rows,
        left_over.place
      from engine.rows_only_in_legacy(array['races', 'results', 'runners'])
        with ordinality as left_over (old_table, reason, rows, place)
    )
    select counted.fault, counted.old_rows, counted.new_rows, counted.not_here
    from counted
    order by counted.fault like 'only in %', counted.part, counted.place;
end
$$;
comment on function public.legacy_report() is
  'What was wrong in the old database, a row per fault. old_rows: how many rows of it have the fault; new_rows: how many
   of these are in our tables and have it still; not_here: how many of them our tables do not have (yet). The rest is
   right now. The last lines, "only in …": how many rows of an old table are nowhere else, and why
   where something other than a pull or a copy is needed. docs/legacy_values.md has
   each fault. Error 55000 when no old database was taken over.';

revoke all on function public.legacy_report from public, anon, authenticated, service_role;
grant execute on function
  engine.legacy_faults_of_masters, engine.count_relation, engine.count_legacy, engine.count_tests,
  engine.count_empty_columns, public.legacy_report
  to service_role;
