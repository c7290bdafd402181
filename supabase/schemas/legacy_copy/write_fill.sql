-- How rows of the old database get into a table whose columns say who owns them: only where the API has said nothing.
-- The functions are written from the columns' comments, as the upserts are.
--
-- A race or runner is answered by the API owner by owner: once it has a card, an empty column of cards says that there
-- is none, and an old value would contradict it. So a column that is filled from the old database while has_card is
-- false belongs to nobody else, and is emptied when the first card comes. What is stored does not depend on which of
-- the two came first.

create function engine.is_answered(owner text, is_dated boolean)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select case
    -- What the API leaves out of a master row it may still say: it says no more with each answer than it knows.
    when is_dated then 'false'
    when owner = 'Both' then '(known.has_card or known.has_result)'
    else 'known.has_' || lower(owner)
  end
$$;
comment on function engine.is_answered(text, boolean) is
  'A condition over known: the API has answered what columns of this owner say.';

create function engine.fill_rule(known engine.column_owners, is_dated boolean, belongs_to text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select case
    when known.place_in_key is not null or known.column_name in ('has_card', 'has_result', 'last_seen_on') then null
    when belongs_to is not null then format(
      'case when %3$s or num_nonnulls(known.%1$I, known.%2$I) > 0 then known.%1$I else excluded.%1$I end',
      known.column_name, belongs_to, engine.is_answered(known.owner, is_dated)
    )
    when known.is_required and known.default_value is not null then format(
      'known.%1$I or (not (%2$s) and excluded.%1$I)', known.column_name, engine.is_answered(known.owner, is_dated)
    )
    when known.is_required then null
    else format(
      'case when %2$s then known.%1$I else coalesce(known.%1$I, excluded.%1$I) end', known.column_name,
      engine.is_answered(known.owner, is_dated)
    )
  end
$$;
comment on function engine.fill_rule(engine.column_owners, boolean, text) is
  'What becomes of a column of a known row when the old database has the row too: an expression over known and excluded;
   null when it stays. is_dated as of engine.merge_rule; belongs_to: the other column of a pair of which one may have a
   value.';

create function engine.write_fill(
  table_name text, filled jsonb default '{}', joined text default '', pairs jsonb default '{}'
)
returns void
language plpgsql
security invoker
set search_path = ''
as $body$
#variable_conflict use_variable
declare
  is_dated constant boolean := exists (
    select from engine.column_owners as c
    where c.table_name = write_fill.table_name and c.column_name = 'last_seen_on'
  );
  has_created_at constant boolean := exists (
    select from pg_catalog.pg_attribute as a
    where
      a.attrelid = ('public.' || quote_ident(write_fill.table_name))::regclass
      and a.attname = 'created_at' and not a.attisdropped
  );
  part record;
begin
  with columns as (
    select
      c.column_name,
      format('%I', c.column_name) as name,
      c.place_in_key,
      c.owner,
      c.is_required,
      c.default_value,
      filled ->> c.column_name as expression,
      engine.fill_rule(
        c, is_dated,
        (
          select case pair.key when c.column_name then pair.value else pair.key end
          from jsonb_each_text(pairs) as pair
          where c.column_name in (pair.key, pair.value)
        )
      ) as rule,
      row_number() over (order by c.place_in_key, c.owner, c.column_name collate "C") as place
    from engine.column_owners as c
    where c.table_name = write_fill.table_name
  )
  select
    string_agg(c.name, E',\n    ' order by c.place) as names,
    string_agg(c.name, ', ' order by c.place) filter (where c.place_in_key is not null) as key,
    string_agg(
      coalesce(
        c.expression || ' as ' || c.name,
        case
          when c.column_name in ('has_card', 'has_result') then 'false'
          when c.is_required and c.default_value is not null
            then format('coalesce(sent.%s, %s)', c.name, c.default_value)
        end || ' as ' || c.name,
        'sent.' || c.name
      ),
      E',\n    ' order by c.place
    ) as sent,
    string_agg(format('%s = %s', c.name, c.rule), E',\n    ' order by c.place)
      filter (where c.rule is not null) as changes,
    string_agg(
      format('%s is distinct from known.%s', '(' || c.rule || ')', c.name), E'\n      or ' order by c.place
    ) filter (where c.rule is not null) as is_change
  into part
  from columns as c;

  execute format(
    $text$
      create or replace function engine.%I(rows jsonb)
      returns void
      language sql
      security invoker
      set search_path = ''
      as %L
    $text$,
    'fill_' || regexp_replace(table_name, '^ra_(mst_)?', ''),
    format(
      $text$
  insert into public.%1$I as known (
    %2$s,
    from_legacy, updated_at%3$s
  )
  select
    %4$s,
    true, (select engine.clock())%5$s
  from jsonb_populate_recordset(null::public.%1$I, rows) as sent %6$s
  order by sent.%7$s
  on conflict (%8$s) do update set
    %9$s,
    from_legacy = known.from_legacy
      or %10$s
$text$,
      table_name, part.names, case when has_created_at then ', created_at' else '' end, part.sent,
      case when has_created_at then ', (select engine.clock())' else '' end, joined,
      replace(part.key, ', ', ', sent.'), part.key, part.changes, part.is_change
    )
  );
  execute format(
    'comment on function engine.%I(jsonb) is %L', 'fill_' || regexp_replace(table_name, '^ra_(mst_)?', ''),
    format(
      'Stores an array of rows shaped like %s, of the old database: new rows, and of known ones what the API has not '
        'said. What a row refers to must be there. Written by engine.write_fill().',
      table_name
    )
  );
  execute format(
    'revoke all on function engine.%1$I from public, anon, authenticated, service_role',
    'fill_' || regexp_replace(table_name, '^ra_(mst_)?', '')
  );
  execute format(
    'grant execute on function engine.%1$I to service_role', 'fill_' || regexp_replace(table_name, '^ra_(mst_)?', '')
  );
end
$body$;
comment on function engine.write_fill(text, jsonb, text, jsonb) is
  'Writes the function that fills a table from the old database. filled, joined as of engine.write_upsert. pairs: of an
   id and the name that stands in its place only one may have a value.';

create function engine.write_withdrawal(table_name text, seen text)
returns void
language plpgsql
security invoker
set search_path = ''
as $body$
#variable_conflict use_variable
declare
  function_name constant text := 'withdraw_' || regexp_replace(table_name, '^ra_', '');
  part record;
begin
  with columns as (
    select
      format('%I', c.column_name) as name,
      c.owner,
      c.is_required,
      case
        when c.is_required and c.default_value is null then null
        when c.owner = 'Both' then 'seen.is_here and not known.has_card and not known.has_result'
        -- A result comes with all of its runners: what the old database says of another one's place is withdrawn too.
        when c.owner = 'Result' then 'seen.has_result and not known.has_result'
        else 'seen.is_here and seen.has_card and not known.has_card'
      end as is_answered_now
    from engine.column_owners as c
    where
      c.table_name = write_withdrawal.table_name
      and c.place_in_key is null
      and c.column_name not in ('has_card', 'has_result')
  )
  select
    string_agg(
      format('%1$s = case when %2$s then %3$s else known.%1$s end', c.name, c.is_answered_now,
        case when c.is_required then 'false' else 'null' end),
      E',\n    ' order by c.name
    ) filter (where c.is_answered_now is not null) as changes,
    string_agg(case when c.is_required then format('nullif(known.%s, false)', c.name) else 'known.' || c.name end,
      ', ' order by c.name) filter (where c.owner = 'Card' and c.is_answered_now is not null) as of_cards,
    string_agg(case when c.is_required then format('nullif(known.%s, false)', c.name) else 'known.' || c.name end,
      ', ' order by c.name) filter (where c.owner = 'Result' and c.is_answered_now is not null) as of_results
  into part
  from columns as c;
  execute format(
    $text$
      create or replace function engine.%I(races jsonb, runners jsonb)
      returns void
      language sql
      security invoker
      set search_path = ''
      as %L
    $text$,
    function_name,
    format(
      $text$
  update public.%1$I as known
  set
    %2$s,
    from_legacy = (not seen.is_here and not known.has_card and not known.has_result)
      or (
        not known.has_card and not (seen.is_here and seen.has_card)
        and num_nonnulls(%3$s) > 0
      )
      or (
        not known.has_result and not seen.has_result
        and num_nonnulls(%4$s) > 0
      )
  %5$s
$text$,
      table_name, part.changes, part.of_cards, part.of_results, seen
    )
  );
  execute format(
    'comment on function engine.%I(jsonb, jsonb) is %L', function_name,
    format(
      'Takes out of %s what the old database said and the API answers with these races and runners, as ingest_page '
        'gets them. Call it before they are stored. Written by engine.write_withdrawal().',
      table_name
    )
  );
  execute format('revoke all on function engine.%I from public, anon, authenticated, service_role', function_name);
  execute format('grant execute on function engine.%I to service_role', function_name);
end
$body$;
comment on function engine.write_withdrawal(text, text) is
  'Writes the function that takes values of the old database out of a table. seen: from and where of an update of known,
   with seen.has_card, seen.has_result and seen.is_here: whether the page has the row itself.';
