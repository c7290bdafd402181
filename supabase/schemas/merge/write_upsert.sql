-- How rows of a page are merged into a table whose columns say who owns them. The database writes each upsert from the
-- comments: a new column needs a comment and select engine.write_upserts(); no upsert is edited.
--
-- The upserts are in SQL, not in plpgsql, so that each call is planned: a plan from when the tables were empty would
-- scan them.

create function engine.refuse_unknown_keys(table_name text, rows jsonb, columns text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  -- Postgres silently drops a key without a column, and with it the value of a misspelt name. Removing the columns from
  -- the row is the cheapest check: 2 ms for 500 rows of 50 keys; comparing key by key takes 5.
  unknown constant text := (
    select string_agg(distinct format('"%s"', sent.key), ', ')
    from jsonb_array_elements(rows) as element
    cross join jsonb_object_keys(element - columns) as sent (key)
  );
begin
  if unknown is not null then
    raise exception 'Rows for % bring what it does not take: %', table_name, unknown
      using errcode = '22023',
        hint = 'Keys are names of columns: is one misspelt? After a new column: select engine.write_upserts();';
  end if;
end
$$;
comment on function engine.refuse_unknown_keys(text, jsonb, text[]) is
  'Error 22023 when a row of the array has a key that is not among the columns; it names table and keys.';

create function engine.refuse_columns(table_name text, filled jsonb, together jsonb, instead_of jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  odd text;
begin
  select string_agg(format('%s.%s', c.table_name, c.column_name), ', ' order by c.column_name)
  into odd
  from engine.column_owners as c
  where c.table_name = refuse_columns.table_name and c.owner is null;
  if odd is not null then
    raise exception 'The comment does not say who owns %', odd
      using errcode = '22023',
        hint = 'Begin its comment with the feed that fills it, "Card. ", "Result. " or "Both. "; then: '
          'select engine.write_upserts();';
  end if;

  select string_agg(format('%s.%s', c.table_name, c.column_name), ', ' order by c.column_name)
  into odd
  from engine.column_owners as c
  where
    c.table_name = refuse_columns.table_name
    and case c.owner
      when 'Card' then not exists (
        select from engine.column_owners as day
        where day.table_name = c.table_name and day.column_name in ('has_card', 'card_seen_on')
      )
      when 'Result' then not exists (
        select from engine.column_owners as day where day.table_name = c.table_name and day.column_name = 'has_result'
      )
    end;
  if odd is not null then
    raise exception 'Nothing says which feed a row comes from that brings %', odd
      using errcode = '22023',
        hint = 'A column of a card needs has_card or card_seen_on beside it, one of a result has_result.';
  end if;

  select string_agg(named.column_name, ', ' order by named.column_name)
  into odd
  from (
    select jsonb_object_keys(filled) as column_name
    union
    select jsonb_array_elements_text(one) from jsonb_array_elements(together) as one
    union
    select unnest(array[pair.key, pair.value]) from jsonb_each_text(instead_of) as pair
  ) as named
  where not exists (
    select from engine.column_owners as c
    where c.table_name = refuse_columns.table_name and c.column_name = named.column_name
  );
  if odd is not null then
    raise exception '% has no column %', table_name, odd
      using errcode = '22023', hint = 'The exceptions of engine.write_upserts() name columns; correct them there.';
  end if;

  select string_agg(c.column_name, ', ' order by c.column_name)
  into odd
  from engine.column_owners as c
  where
    c.table_name = refuse_columns.table_name
    and c.column_name in (select pair.value from jsonb_each_text(instead_of) as pair)
    and not exists (
      select from engine.column_owners as master
      where master.table_name = c.refers_to and master.column_name = 'name'
    );
  if odd is not null then
    raise exception 'The id of % refers to no table with a name: %', table_name, odd
      using errcode = '22023',
        hint = 'A name can stand in the place of an id only where the id''s table has the name of each: give the '
          'column a foreign key to it, or correct the exception in engine.write_upserts().';
  end if;
end
$$;
comment on function engine.refuse_columns(text, jsonb, jsonb, jsonb) is
  'Error 22023 when a column of the table has no owner or no rule, when an exception of write_upsert names none, or when
   an id in whose place a name is kept refers to no table with names.';

create function engine.write_upsert(
  table_name text,
  filled jsonb default '{}',
  joined text default '',
  together jsonb default '[]',
  instead_of jsonb default '{}'
)
returns void
language plpgsql
security invoker
set search_path = ''
as $body$
#variable_conflict use_variable
declare
  function_name constant text := 'upsert_' || regexp_replace(table_name, '^ra_(mst_)?', '');
  is_dated constant boolean := exists (
    select from engine.column_owners as c
    where c.table_name = write_upsert.table_name and c.column_name = 'last_seen_on'
  );
  -- One time for a page's rows: asking the clock for each of them took a twentieth of a page.
  times constant text[] := array(
    select a.attname::text
    from pg_catalog.pg_attribute as a
    where
      a.attrelid = ('public.' || quote_ident(write_upsert.table_name))::regclass
      and a.attname in ('created_at', 'updated_at')
      and not a.attisdropped
  );
  part record;
begin
  perform engine.refuse_columns(table_name, filled, together, instead_of);
  with columns as (
    select
      c.column_name,
      format('%I', c.column_name) as name,
      c.place_in_key,
      filled ->> c.column_name as expression,
      case when c.is_required and c.default_value is not null then
        format('coalesce(sent.%I, %s)', c.column_name, c.default_value)
      end as or_default,
      engine.merge_rule(
        c, is_dated,
        (
          select array(select jsonb_array_elements_text(one)) from jsonb_array_elements(together) as one
          where one ? c.column_name
        ),
        (
          select jsonb_build_object('name', one.key, 'id', one.value, 'master', id.refers_to)
          from jsonb_each_text(instead_of) as one
          join engine.column_owners as id on id.table_name = c.table_name and id.column_name = one.value
          where c.column_name in (one.key, one.value)
        )
      ) as rule,
      -- By name, not by position: a column that was added later has a different position.
      row_number() over (order by c.place_in_key, c.owner, c.column_name collate "C") as place
    from engine.column_owners as c
    where c.table_name = write_upsert.table_name
  )
  select
    string_agg(format('%L', c.column_name), E',\n      ' order by c.place) filter (
      where c.expression is null or strpos(c.expression, 'sent.' || c.name) > 0
    ) as accepted,
    array_agg(c.name order by c.place) as names,
    array_agg(c.name order by c.place) filter (where c.place_in_key is not null) as key,
    string_agg(format('one.%1$s = seen.%1$s', c.name), ' and ') filter (where c.place_in_key is not null) as same_key,
    string_agg(
      coalesce(coalesce(c.expression, c.or_default) || ' as ' || c.name, 'sent.' || c.name),
      E',\n      ' order by c.place
    ) as sent,
    string_agg(c.rule, E',\n      ' order by c.place) as merged,
    string_agg(
      format('%s = %s', c.name, regexp_replace(c.rule, '\mseen\.', 'excluded.', 'g')), E',\n    ' order by c.place
    ) filter (where c.place_in_key is null) as changes
  into part
  from columns as c;

  execute format(
    $text$
      create or replace function engine.%1$I(rows jsonb)
      returns void
      language sql
      security invoker
      set search_path = ''
      as %2$L
    $text$,
    function_name,
    format(
      $text$
  select engine.refuse_unknown_keys(
    %1$L, rows,
    array[
      %2$s
    ]
  );

  %11$sinsert into public.%1$I as known (
    %3$s
  )
  select seen.*%10$s
  from (
    select
      %4$s
    from jsonb_populate_recordset(null::public.%1$I, rows) as sent%5$s
  ) as seen%6$s
  order by %7$s
  on conflict (%8$s) do update set
    %9$s
$text$,
      table_name, part.accepted,
      array_to_string(part.names || times, E',\n    '), part.sent, E'\n    ' || nullif(joined, ''),
      case when is_dated then format(
        -- offset 0: row by row through the key. The planner would read the whole table for each page.
        E'\n  left join lateral (\n    select one.* from public.%I as one where %s offset 0\n  ) as known on true'
          || E'\n  where (\n      %s\n    ) is distinct from (\n      known.%s\n    )',
        table_name, part.same_key, part.merged, array_to_string(part.names, E',\n      known.')
      ) end,
      -- Runners in the order of the key would leave each page of its index half empty: 91 bytes a runner, and 66 with
      -- the races shuffled by the ends of their ids. The runners of a race stay together.
      case when cardinality(part.key) > 1 then format('reverse(seen.%s), ', part.key[1]) else '' end
        || 'seen.' || array_to_string(part.key, ', seen.'),
      array_to_string(part.key, ', '),
      part.changes || case when 'updated_at' = any (times) then E',\n    updated_at = excluded.updated_at' else '' end,
      repeat(', (select moment.at from moment)', cardinality(times)),
      case when cardinality(times) > 0 then E'with moment as materialized (select engine.clock() as at)\n  ' end
    )
  );
  execute format(
    'comment on function engine.%I(jsonb) is %L', function_name,
    format(
      'Upserts an array of rows shaped like %s, merged by the owners of its columns. What a row refers to must be '
        'there. Error 22023 names keys that are no column. Written by engine.write_upsert().',
      table_name
    )
  );
  execute format('revoke all on function engine.%I from public, anon, authenticated, service_role', function_name);
  execute format('grant execute on function engine.%I to service_role', function_name);
end
$body$;
comment on function engine.write_upsert(text, jsonb, text, jsonb, jsonb) is
  'Writes the upsert of a table from what its columns'' comments say. filled: what SQL puts into a column, an expression
   over sent and what is joined; a page may bring that column only if the expression reads it. joined: what the
   expressions of filled read besides sent. together: lists of columns that change together. instead_of: for the column
   of a name, the column of the id in whose place the name is kept; that id refers to a table with a column "name". Into
   a table that has last_seen_on, only rows that bring something new are written. Error 22023 as of
   engine.refuse_columns.';

grant execute on function engine.refuse_unknown_keys to service_role;
