-- How a column is merged when a row comes again: the rule of each owner, in one place.
--
-- Written into the upserts as expressions, not called by them: a function that sets its search path is never inlined.

create function engine.merge_rule(known engine.column_owners, is_dated boolean, belongs_to text[], instead_of text)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select case
    -- A name stands only while no id is known.
    when instead_of is null then merged.rule
    else format('case when num_nonnulls(known.%1$I, seen.%1$I) = 0 then %2$s end', instead_of, merged.rule)
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
        -- stale.
        else format(
          'case when %3$s > %2$s then coalesce(seen.%1$I, known.%1$I) '
            'when %3$s < %2$s then coalesce(known.%1$I, seen.%1$I) '
            'else greatest(known.%1$I%4$s, seen.%1$I) end',
          known.column_name,
          case known.owner when 'Both' then 'known.last_seen_on' else 'coalesce(known.card_seen_on, ''-infinity'')' end,
          case known.owner when 'Both' then 'seen.last_seen_on' else 'coalesce(seen.card_seen_on, ''-infinity'')' end,
          case when known.is_text then ' collate "C"' else '' end
        )
      end as rule
  ) as merged
$$;
comment on function engine.merge_rule(engine.column_owners, boolean, text[], text) is
  'What becomes of a column when a row is known and seen again: an expression over known and seen. is_dated: the table
   goes by the days on which its rows were seen; else by has_card and has_result. belongs_to: the columns that it
   changes together with. instead_of: the column with an id, in whose place it is kept; null for any other.';
