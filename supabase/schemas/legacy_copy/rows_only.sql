-- Which rows of an old database are nowhere else, and why. Dynamic, because the tables are there only after a
-- take-over, under names that differ from era to era.

create function engine.keyed_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    $sql$
      select null::text, count(*)
      from (
        select distinct %1$s
        from %2$s as old
        where
          %3$s
          and not exists (select from public.%4$I as ours where %5$s)
          %6$s
      ) as left_over
    $sql$,
    (select string_agg(format('old.%I', one), ', ') from unnest(known.old_key) as one),
    known.relation::regclass,
    engine.legacy_is_real(known.old_key, known.name_column, engine.old_columns(known.kind)),
    known.new_table,
    (
      select string_agg(format('ours.%I = old.%I', pair.new_column, pair.old_column), ' and ')
      from unnest(known.new_key, known.old_key) as pair (new_column, old_column)
    ),
    -- A row that is not understood is kept whole among the rejects. The jockey of a non-runner is nobody.
    case
      when known.kind in ('races', 'runners', 'results') then format(
        'and not exists (
          select from public.ingest_rejects as reject
          where reject.feed = %L and reject.kind in (%L, %L) and reject.race_id = old.%I %s
        )',
        'legacy', 'race', 'runner', known.old_key[1],
        case
          when known.kind = 'races' then ''
          else 'and (reject.kind = ''race'' or reject.horse_id = old.horse_id)'
        end
      )
      when known.kind = 'jockeys' then 'and old.id <> ''jky_224913'''
      else ''
    end
  )
$$;
comment on function engine.keyed_only_there(engine.legacy_tables) is
  'A statement that counts the rows of an old table with a key of ours that are only there: a reason (null) and a
   number. Copies of a row count once.';

create function engine.odds_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    case known.kind
      -- Of a runner with any quote all have been copied: the last of each bookmaker stands, all are in the history.
      when 'runner_odds' then $sql$
        select %2$s, count(*)
        from %1$s as old
        where
          %3$s
          and not exists (
            select from public.ra_runner_odds as ours
            where ours.race_id = old.race_id and ours.horse_id = old.horse_id
          )
      $sql$
      when 'odds_live' then $sql$
        select
          case when coalesce(old.market_type, 'WIN') <> 'WIN' then 'not of a bet to win' else %2$s end,
          count(*)
        from %1$s as old
        where
          %3$s
          and num_nonnulls(nullif(old.odds_decimal, 0), nullif(nullif(old.odds_fractional, ''), '-')) > 0
          and not exists (
            select from public.ra_runner_odds_history as ours
            where
              ours.race_id = old.race_id and ours.horse_id = old.horse_id and ours.quoted_at = old.odds_timestamp
              and ours.bookmaker_code in (
                regexp_replace(lower(old.bookmaker_name), '[^a-z0-9]+', '', 'g'),
                regexp_replace(lower(old.bookmaker_id), '[^a-z0-9]+', '', 'g')
              )
          )
        group by 1
      $sql$
      when 'odds_history' then $sql$
        select case when quote.id is null then 'the quote that it belongs to is gone' else %2$s end, count(*)
        from %1$s as old
        left join %4$s as quote on quote.id = old.runner_odds_id
        where
          num_nonnulls(nullif(old.decimal_odds, 0), nullif(nullif(old.fractional_odds, ''), '-')) > 0
          and not exists (
            select from public.ra_runner_odds_history as ours
            where
              ours.race_id = quote.race_id and ours.horse_id = quote.horse_id
              and ours.quoted_at = old.timestamp at time zone 'Europe/London'
          )
        group by 1
      $sql$
    end,
    known.relation::regclass,
    case
      when (select settings.capture_odds from public.backfill_settings as settings) then 'null::text'
      else '''odds are not kept: capture_odds is off'''
    end,
    case
      when known.kind = 'odds_history' then 'true'
      else engine.legacy_is_real(array['race_id', 'horse_id'], known.name_column, engine.old_columns(known.kind))
    end,
    (select one.relation::regclass from engine.legacy_tables as one where one.kind = 'runner_odds')
  )
$$;
comment on function engine.odds_only_there(engine.legacy_tables) is
  'A statement that counts the quotes of an old table of odds that are only there, a row per reason. A quote without a
   price says nothing.';

create function engine.notes_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    $sql$
      select
        case
          when runner.id is null then 'the runner that it is about is gone'
          when noted.is_known is null then 'of a kind that ours have no column for'
          when noted.is_long and not settings.capture_long_texts
            then 'long texts are not kept: capture_long_texts is off'
        end,
        count(*)
      from %1$s as old
      cross join public.backfill_settings as settings
      left join %2$s as runner on runner.id = old.runner_id
      left join public.ra_runners as ours on ours.race_id = runner.race_id and ours.horse_id = runner.horse_id
      cross join lateral (
        select
          case
            -- A card of the API has lists of its own.
            when ours.has_card then true
            when old.quote_text <> '' then ours.quotes is not null
            when old.stable_tour_text <> '' then ours.stable_tour is not null
            when old.medical_type <> '' or old.medical_date is not null then ours.medical is not null
            when old.entity_type = 'trainer' then ours.previous_trainers is not null
            when old.entity_type = 'owner' then ours.previous_owners is not null
            when old.stats_runs is not null then ours.trainer_14_days_runs is not null
          end as is_known,
          coalesce(old.quote_text, old.stable_tour_text, '') <> '' as is_long
      ) as noted
      where noted.is_known is not true
      group by 1
    $sql$,
    known.relation::regclass,
    (select one.relation::regclass from engine.legacy_tables as one where one.kind = 'runners')
  )
$$;
comment on function engine.notes_only_there(engine.legacy_tables) is
  'A statement that counts the notes about runners that are only there, a row per reason.';

create function engine.bookmakers_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  -- Bookmakers have no ids here: one is known by its name.
  select format(
    $sql$
      select null::text, count(*)
      from %s as old
      where
        coalesce(old.code, old.name, '') not in ('') and not starts_with(coalesce(old.name, ''), '**TEST**')
        and not exists (
          select from public.ra_mst_bookmakers as ours
          where
            ours.code in (
              regexp_replace(lower(old.code), '[^a-z0-9]+', '', 'g'),
              regexp_replace(lower(old.name), '[^a-z0-9]+', '', 'g')
            )
        )
    $sql$,
    known.relation::regclass
  )
$$;
comment on function engine.bookmakers_only_there(engine.legacy_tables) is
  'A statement that counts the old bookmakers that are only there: a reason (null) and a number.';

create function engine.rows_only_in_legacy(left_out text[] default '{}')
returns table (old_table text, reason text, rows bigint)
language plpgsql
stable
security invoker
set search_path = ''
set statement_timeout = '300s'
set work_mem = '64MB'
as $$
declare
  known engine.legacy_tables;
  columns text[];
begin
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.kind <> all (rows_only_in_legacy.left_out)
    order by one.place
  loop
    columns := engine.old_columns(known.kind);
    old_table := known.old_table;
    rows := null;
    if known.kind = 'odds_historical' then
      for reason, rows in select file.reason, file.rows from engine.prices_only_there(known) as file order by 1 loop
        return next;
      end loop;
    else
      for reason, rows in execute case
        when known.new_table is not null then engine.keyed_only_there(known)
        when known.kind = 'bookmakers' then engine.bookmakers_only_there(known)
        when known.kind = 'supplementary' and columns @> array['runner_id', 'entity_type', 'medical_type'] then
          engine.notes_only_there(known)
        when
          known.kind = 'odds_history'
          and exists (
            select from engine.legacy_tables as one where one.kind = 'runner_odds' and one.relation is not null
          )
          then engine.odds_only_there(known)
        when known.kind in ('runner_odds', 'odds_live') and columns @> array['race_id', 'horse_id'] then
          engine.odds_only_there(known)
        else format(
          'select %L, count(*) from %s as old', 'it lacks what it was about', known.relation::regclass
        )
      end loop
        return next;
      end loop;
    end if;
    if rows is null then
      reason := null;
      rows := 0;
      return next;
    end if;
  end loop;
end
$$;
comment on function engine.rows_only_in_legacy(text[]) is
  'How many rows of each old table are neither in our tables nor among the rejects, a row per table that is there and
   reason; reason is null where they only were not pulled or copied yet. Copies of a row count once; rows without an id,
   and those marked **TEST**, never. No row when no old database was taken over. What the old system worked out from
   other rows (statistics, logs) is not counted, and neither are the kinds of table in left_out.';

grant execute on function
  engine.keyed_only_there, engine.odds_only_there, engine.notes_only_there, engine.bookmakers_only_there,
  engine.rows_only_in_legacy
  to service_role;
