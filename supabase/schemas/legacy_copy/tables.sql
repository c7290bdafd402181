-- The tables of an old database, in the schema legacy_data, into which the take-over moves them as they are. A project
-- that took none over has no such schema: nothing here fails without it.

create view engine.legacy_tables
with (security_invoker = true)
as
select
  kind.name as kind,
  kind.place,
  kind.new_table,
  kind.old_key,
  kind.new_key,
  kind.name_column,
  found.oid as relation,
  found.name as old_table
from (
  values
    (
      'races', 1, array['ra_mst_races', 'ra_races'], 'ra_races', array['id'], array['id'], 'race_name'
    ),
    (
      'runners', 2, array['ra_mst_runners', 'ra_runners'], 'ra_runners', array['race_id', 'horse_id'],
      array['race_id', 'horse_id'], 'horse_name'
    ),
    (
      'results', 3, array['ra_mst_race_results', 'ra_race_results'], 'ra_runners', array['race_id', 'horse_id'],
      array['race_id', 'horse_id'], 'horse_name'
    ),
    ('horses', 4, array['ra_mst_horses', 'ra_horses'], 'ra_mst_horses', array['id'], array['id'], 'name'),
    (
      'pedigree', 5, array['ra_horse_pedigree', 'ra_rel_pedigree'], 'ra_mst_horses', array['horse_id'], array['id'],
      'sire'
    ),
    ('sires', 6, array['ra_mst_sires', 'ra_sires'], 'ra_mst_sires', array['id'], array['id'], 'name'),
    ('dams', 7, array['ra_mst_dams', 'ra_dams'], 'ra_mst_dams', array['id'], array['id'], 'name'),
    ('damsires', 8, array['ra_mst_damsires', 'ra_damsires'], 'ra_mst_damsires', array['id'], array['id'], 'name'),
    ('jockeys', 9, array['ra_mst_jockeys', 'ra_jockeys'], 'ra_mst_jockeys', array['id'], array['id'], 'name'),
    ('trainers', 10, array['ra_mst_trainers', 'ra_trainers'], 'ra_mst_trainers', array['id'], array['id'], 'name'),
    ('owners', 11, array['ra_mst_owners', 'ra_owners'], 'ra_mst_owners', array['id'], array['id'], 'name'),
    ('courses', 12, array['ra_mst_courses', 'ra_courses'], 'ra_mst_courses', array['id'], array['id'], 'name'),
    ('bookmakers', 13, array['ra_mst_bookmakers', 'ra_bookmakers'], null, null, null, 'name'),
    ('runner_odds', 14, array['ra_runner_odds'], null, null, null, null),
    ('odds_live', 15, array['ra_odds_live'], null, null, null, 'horse_name'),
    ('odds_historical', 16, array['ra_odds_historical'], null, null, null, 'horse_name'),
    ('odds_history', 17, array['ra_odds_history'], null, null, null, null),
    ('supplementary', 18, array['ra_runner_supplementary', 'ra_sup_runner'], null, null, null, 'entity_name')
) as kind (name, place, old_names, new_table, old_key, new_key, name_column)
left join lateral (
  select c.oid, c.relname::text as name
  from unnest(kind.old_names) with ordinality as candidate (name, nth)
  join pg_catalog.pg_class as c on c.relname = candidate.name and c.relkind in ('r', 'p')
  where c.relnamespace = to_regnamespace('legacy_data')
  order by candidate.nth
  limit 1
) as found on true;
comment on view engine.legacy_tables is
  'The tables of an old database that hold what is not worked out from others, a row each: under which of its names it
   is in legacy_data (null: it is not there), and by which columns its rows are known in which table of ours. Left out
   are statistics, logs and lists that are worked out from these, and regions.';

create function engine.has_legacy()
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  -- Nearly every project has none, and is asked often.
  select case
    when to_regnamespace('legacy_data') is null then false
    else exists (
      select from engine.legacy_tables as known where known.kind = 'races' and known.relation is not null
    )
  end
$$;
comment on function engine.has_legacy() is 'Whether an old database was taken over and is still there: its races are.';

create function engine.old_columns(kind text)
returns text[]
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(a.attname::text), '{}')
  from engine.legacy_tables as known
  join pg_catalog.pg_attribute as a on a.attrelid = known.relation and a.attnum > 0 and not a.attisdropped
  where known.kind = old_columns.kind
$$;
comment on function engine.old_columns(text) is
  'The columns that an old table has, which differ from era to era; none when it is not there.';

create function engine.legacy_is_real(key text[], name_column text, columns text[])
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select string_agg(
    format('coalesce(old.%1$I, %2$L) <> %2$L and not starts_with(old.%1$I::text, %3$L)', one.name, '', '**TEST**'),
    ' and '
  )
    || case
      when name_column = any (columns) then format(
        ' and not starts_with(coalesce(old.%I, %L), %L)', name_column, '', '**TEST**'
      )
      else ''
    end
  from unnest(key) as one (name)
$$;
comment on function engine.legacy_is_real(text[], text, text[]) is
  'A condition over old: the row has a key, and is none of those that the old system''s own tests left behind, whose id
   or name begins with **TEST**. columns: those that the table has.';

grant select on engine.legacy_tables to service_role;
grant execute on function engine.has_legacy, engine.old_columns, engine.legacy_is_real to service_role;
