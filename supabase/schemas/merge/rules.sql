-- How a column is merged when a row comes again: the rule of each owner, in one place.
--
-- Written into the upserts as expressions, not called by them: a function that sets its search path is never inlined.

create function engine.plain_name(name text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select lower(regexp_replace(name collate "C", '\s', '', 'g'))
$$;
comment on function engine.plain_name(text) is
  'A name as names are compared: without spaces, A to Z in lower case, whatever the collation of the database.';

-- Volatile: it sees a master that another page has stored since the upsert began.
create function engine.names_another(master text, id text, name text)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  is_another boolean;
begin
  if id is null or name is null then
    return false;
  end if;
  execute format(
    'select engine.plain_name(known.name) <> engine.plain_name($1) from public.%I as known where known.id = $2', master
  )
  into is_another
  using name, id;
  return coalesce(is_another, false);
end
$$;
comment on function engine.names_another(text, text, text) is
  'True when a name is another than the one that a master table has for an id. False when either is missing.';

create function engine.merged_id(pair jsonb, first_row text, second_row text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  -- Nearly every row has no name without an id: only then is the master looked up.
  select format(
    'coalesce(%1$s.%3$I, case when %1$s.%4$I is null or not engine.names_another(%5$L, %2$s.%3$I, %1$s.%4$I) '
      'then %2$s.%3$I end)',
    first_row, second_row, pair ->> 'id', pair ->> 'name', pair ->> 'master'
  )
$$;
comment on function engine.merged_id(jsonb, text, text) is
  'An expression: the id of the row that takes precedence, or else that of the other row, unless the first one names
   somebody else without an id. pair as engine.merge_rule gets it; first_row and second_row: known and seen, or seen and
   known.';

create function engine.merge_rule(known engine.column_owners, is_dated boolean, belongs_to text[], pair jsonb)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select case
    when pair is null then merged.rule
    when known.column_name = pair ->> 'id' then of_pair.id
    -- A name stands only while no id does.
    else format('case when (%s) is null then %s end', of_pair.id, merged.rule)
  end
  from (
    select
      case
        when known.place_in_key is not null then format('seen.%I', known.column_name)
        when not is_dated then case
          when known.column_name in ('has_card', 'has_result') then format('known.%1$I or seen.%1$I', known.column_name)
          -- A winner who is disqualified keeps no position.
          when belongs_to is not null then format(
            'case when num_nonnulls(%2$s) > 0 then seen.%1$I else known.%1$I end', known.column_name,
            (select string_agg(format('seen.%I', one), ', ') from unnest(belongs_to) as one)
          )
          -- A result takes precedence, and a card fills what it left empty. Otherwise the newer pull wins.
          when known.owner = 'Both' then format(
            'case when known.has_result and not seen.has_result then coalesce(known.%1$I, seen.%1$I) '
              'else coalesce(seen.%1$I, known.%1$I) end',
            known.column_name
          )
          -- The other feed brings null, which coalesce passes over; of a column that is never null, only the owner's
          -- row counts.
          when known.is_required then format(
            'case when seen.%2$I then seen.%1$I else known.%1$I end', known.column_name, 'has_' || lower(known.owner)
          )
          else format('coalesce(seen.%1$I, known.%1$I)', known.column_name)
        end
        when known.column_name in ('last_seen_on', 'card_seen_on') then
          format('greatest(known.%1$I, seen.%1$I)', known.column_name)
        -- The value seen on the newer day; a missing one never replaces a known one. Seen on the same day, the greater
        -- one, so that the order of pulling does not show: by code point, as the functions compare, whatever the
        -- collation of the database. What only cards know goes by the days of cards: a newer result does not make it
        -- stale. Without a card only the horse's profile says it, which is asked for on its own: the newer answer
        -- corrects the older one.
        else format(
          'case %5$swhen %3$s > %2$s then coalesce(seen.%1$I, known.%1$I) '
            'when %3$s < %2$s then coalesce(known.%1$I, seen.%1$I) '
            'else greatest(known.%1$I%4$s, seen.%1$I) end',
          known.column_name,
          case known.owner when 'Both' then 'known.last_seen_on' else 'coalesce(known.card_seen_on, ''-infinity'')' end,
          case known.owner when 'Both' then 'seen.last_seen_on' else 'coalesce(seen.card_seen_on, ''-infinity'')' end,
          case when known.is_text then ' collate "C"' else '' end,
          case when known.owner = 'Card' then format(
            'when num_nonnulls(known.card_seen_on, seen.card_seen_on) = 0 then coalesce(seen.%1$I, known.%1$I) ',
            known.column_name
          ) end
        )
      end as rule
  ) as merged
  cross join lateral (
    select
      case
        when pair is null then null
        when is_dated then format(
          'case when seen.last_seen_on > known.last_seen_on then %1$s when seen.last_seen_on < known.last_seen_on '
            'then %2$s else greatest(known.%3$I collate "C", seen.%3$I) end',
          engine.merged_id(pair, 'seen', 'known'), engine.merged_id(pair, 'known', 'seen'), pair ->> 'id'
        )
        -- Nobody else has ridden or owned the horse once it has run: a name that differs is the same person's, whose
        -- master was renamed since.
        else format(
          'case when known.has_result and seen.has_result then coalesce(seen.%3$I, known.%3$I) '
            'when known.has_result then %2$s else %1$s end',
          engine.merged_id(pair, 'seen', 'known'), engine.merged_id(pair, 'known', 'seen'), pair ->> 'id'
        )
      end as id
  ) as of_pair
$$;
comment on function engine.merge_rule(engine.column_owners, boolean, text[], jsonb) is
  'What becomes of a column when a row is known and seen again: an expression over known and seen. is_dated: the table
   goes by the days on which its rows were seen; else by has_card and has_result. belongs_to: the columns that it
   changes together with. pair: {id, name, master} of an id and of the name that is kept in its place, columns both, and
   the table that the id refers to; null for any other column.';

grant execute on function engine.plain_name, engine.names_another to service_role;
