-- What there is to copy from an old database, and what was copied: an item is a race with all that belongs to it, a row
-- of a master table, or a day of the file of prices. Ids are chunked by months as those of a feed that asks the API for
-- ids.

create table engine.legacy_items (
  item text collate "C" primary key,
  day date not null,
  copied_at timestamptz
);
comment on table engine.legacy_items is
  'Races, master rows and days of prices of the old database, as engine.find_legacy_items found them. Empty without
   one. Stays when the old tables are dropped: it says that rows of ours may come from there.';
comment on column engine.legacy_items.item is
  'Kind and id: "race rac_10500115", "horses hrs_123", "runner_prices 2019-05-04".';
comment on column engine.legacy_items.day is
  'The racing day, by which it is put into a month; the first day of the feed, copied last, of what has none.';
comment on column engine.legacy_items.copied_at is 'When a chunk last copied it; null: it was not copied yet.';

create index legacy_items_day on engine.legacy_items (day, item);

create function engine.find_legacy_items()
returns bigint
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '300s'
set work_mem = '64MB'
as $$
#variable_conflict use_variable
declare
  feed constant engine.feeds := (select known from engine.feeds as known where known.name = 'legacy');
  last_day constant date := engine.london_day() + feed.days_ahead;
  known engine.legacy_tables;
  found_now bigint;
  found_in_all bigint := 0;
begin
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.new_table is not null
    order by one.place
  loop
    execute format(
      $sql$
        insert into engine.legacy_items (item, day)
        select %3$L || ' ' || old.id, coalesce(greatest(least(coalesce(old.day, %7$s), $1), $2), $2)
        from (
          select old.%4$I as id, min(%5$s) as day
          from %1$s as old
          where %2$s
          group by old.%4$I
        ) as old
        where not exists (select from engine.legacy_items as known where known.item = %3$L || ' ' || old.id)
          %6$s
        on conflict (item) do nothing
      $sql$,
      known.relation::regclass,
      engine.legacy_is_real(known.old_key, known.name_column, engine.old_columns(known.kind)),
      case when known.kind in ('races', 'runners', 'results') then 'race' else known.kind end,
      known.old_key[1],
      case
        when known.kind = 'races' then 'old.date'
        when known.kind = 'results' then 'old.race_date'
        else 'null::date'
      end,
      case
        when known.kind in ('runners', 'results', 'races') then ''
        -- A race brings those that run in it along. What is left is a row that ours lack.
        else format('and not exists (select from public.%I as ours where ours.id = old.id)', known.new_table)
          -- A horse's pedigree comes with the horse.
          || case
            when known.kind = 'pedigree'
              then ' and not exists (select from engine.legacy_items as horse where horse.item = ''horses '' || old.id)'
            else ''
          end
      end,
      case
        -- A runner whose race the old database lost: our race has its day, if there is one.
        when known.kind = 'runners'
          then '(select ours.race_date from public.ra_races as ours where ours.id = old.id)'
        else 'null::date'
      end
    )
    using last_day, feed.first_day;
    get diagnostics found_now = row_count;
    found_in_all := found_in_all + found_now;
  end loop;
  found_in_all := found_in_all + engine.find_price_days(feed.first_day, last_day);
  analyze engine.legacy_items;
  return found_in_all;
end
$$;
comment on function engine.find_legacy_items() is
  'Notes the races, master rows and days of prices of the old database that are not noted yet, and returns how many
   these are. Masters that our tables have are left out.';

create function engine.index_legacy()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  target record;
begin
  for target in
    select
      one.relation, one.old_table, wanted.column_name, coalesce(wanted.expression, wanted.column_name) as expression
    from (
      values
        ('runners', 'race_id', null),
        ('results', 'race_id', null),
        ('runner_odds', 'race_id', null),
        ('odds_live', 'race_id', null),
        ('odds_history', 'runner_odds_id', null),
        ('supplementary', 'runner_id', null),
        ('odds_historical', 'date_of_race', '(' || replace(engine.price_day(), 'old.', '') || ')')
    ) as wanted (kind, column_name, expression)
    join engine.legacy_tables as one on one.kind = wanted.kind
    join pg_catalog.pg_class as c on c.oid = one.relation
    where
      -- Only the owner may, and only he needs to: without it a page takes seconds, not milliseconds.
      pg_catalog.pg_has_role(c.relowner, 'usage')
      and wanted.column_name = any (engine.old_columns(one.kind))
      and not exists (
        select
        from pg_catalog.pg_index as i
        left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where
          i.indrelid = one.relation and i.indisvalid and i.indpred is null
          and case
            when wanted.expression is null then a.attname = wanted.column_name
            else i.indexrelid = pg_catalog.to_regclass(
              format('legacy_data.%I', left(one.old_table, 40) || '_' || wanted.column_name || '_for_copying')
            )
          end
      )
  loop
    execute format(
      'create index %I on %s (%s)', left(target.old_table, 40) || '_' || target.column_name || '_for_copying',
      target.relation::regclass, target.expression
    );
  end loop;
end
$$;
comment on function engine.index_legacy() is
  'Gives the old tables of runners, results, odds and notes an index by what the copy finds their rows by, where they
   have none, if the caller owns them.';

create function engine.note_copied(page jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.legacy_items as known
  set copied_at = engine.clock()
  from (
    select sent ->> 'id' as item
    from jsonb_array_elements(page -> 'asked') as sent
    union
    -- What came along with a race needs no page of its own.
    select list.name || ' ' || (master ->> 'id')
    from unnest(
      array['horses', 'pedigree', 'sires', 'dams', 'damsires', 'jockeys', 'trainers', 'owners', 'courses']
    ) as list (name)
    cross join lateral jsonb_array_elements(
      page -> case list.name when 'pedigree' then 'horses' else list.name end
    ) as master
  ) as sent
  where known.item = sent.item
$$;
comment on function engine.note_copied(jsonb) is
  'Notes the items of a page, and its master rows, as copied. Call it once these are stored. page as ingest_page gets
   it.';

alter table engine.legacy_items enable row level security;
grant select, insert, update on engine.legacy_items to service_role;
grant execute on function
  engine.find_legacy_items, engine.index_legacy, engine.note_copied
  to service_role;
