-- What a chunk reads of the old database.

create function engine.legacy_rows(kind text, key text, ids text[])
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation regclass;
  found_rows jsonb;
begin
  select known.relation::regclass into relation
  from engine.legacy_tables as known
  where known.kind = legacy_rows.kind and legacy_rows.key = any (engine.old_columns(known.kind));
  if relation is null or cardinality(legacy_rows.ids) = 0 then
    return jsonb '[]';
  end if;
  execute format(
    -- A null says no more than an absent column, and most columns of masters are statistics that are null.
    'select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(old))), %L) from %s as old where old.%I = any ($1)',
    '[]', relation, legacy_rows.key
  )
  into found_rows
  using legacy_rows.ids;
  return found_rows;
end
$$;
comment on function engine.legacy_rows(text, text, text[]) is
  'The rows of an old table, as engine.legacy_tables calls it, that have one of these texts in a column: an array of
   objects without nulls. Empty when the table or the column is not there.';

create function engine.legacy_rows_behind(kind text, key text, of_kind text, races text[])
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation constant regclass := (
    select known.relation from engine.legacy_tables as known
    where known.kind = legacy_rows_behind.kind and legacy_rows_behind.key = any (engine.old_columns(known.kind))
  );
  other constant regclass := (
    select known.relation from engine.legacy_tables as known where known.kind = legacy_rows_behind.of_kind
  );
  found_rows jsonb;
begin
  if relation is null or other is null or cardinality(legacy_rows_behind.races) = 0 then
    return jsonb '[]';
  end if;
  execute format(
    $sql$
      select coalesce(
        jsonb_agg(
          jsonb_strip_nulls(to_jsonb(old)) || jsonb_build_object('race_id', owner.race_id, 'horse_id', owner.horse_id)
            || case %L
              when 'runner_odds' then jsonb_build_object('bookmaker_id', to_jsonb(owner) -> 'bookmaker_id')
              else '{}'
            end
        ),
        '[]'
      )
      from %s as owner
      join %s as old on old.%I = owner.id
      where owner.race_id = any ($1)
    $sql$,
    legacy_rows_behind.of_kind, other, relation, legacy_rows_behind.key
  )
  into found_rows
  using legacy_rows_behind.races;
  return found_rows;
end
$$;
comment on function engine.legacy_rows_behind(text, text, text, text[]) is
  'The rows of an old table that name rows of another one by number in the column key, of these races: an array of
   objects without nulls, with race_id and horse_id of the other row, of odds with its bookmaker_id too. Empty when one
   of the tables is not there.';

create function engine.legacy_ids(variadic texts jsonb[])
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(distinct one #>> '{}'), '{}')
  from unnest(legacy_ids.texts) as list (ids)
  cross join jsonb_array_elements(list.ids) as one
  where one #>> '{}' <> ''
$$;
comment on function engine.legacy_ids(jsonb[]) is 'The texts in several arrays, each once, without empty ones.';

create function engine.legacy_page(items text[], with_odds boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races text[];
  of_kind jsonb;
  page jsonb;
  runs jsonb;
  animals jsonb;
begin
  select coalesce(jsonb_object_agg(kinds.kind, kinds.ids), '{}') into of_kind
  from (
    select split_part(one, ' ', 1) as kind, jsonb_agg(substr(one, strpos(one, ' ') + 1)) as ids
    from unnest(legacy_page.items) as one
    group by 1
  ) as kinds;
  races := engine.legacy_ids(of_kind -> 'race');
  page := jsonb_build_object(
    'races', engine.legacy_rows('races', 'id', races),
    'runners', engine.legacy_rows('runners', 'race_id', races),
    'results', engine.legacy_rows('results', 'race_id', races),
    'runner_odds', case when with_odds then engine.legacy_rows('runner_odds', 'race_id', races) else '[]' end,
    'odds_live', case when with_odds then engine.legacy_rows('odds_live', 'race_id', races) else '[]' end,
    'odds_history', case
      when with_odds then engine.legacy_rows_behind('odds_history', 'runner_odds_id', 'runner_odds', races)
      else '[]'
    end,
    'supplementary', engine.legacy_rows_behind('supplementary', 'runner_id', 'runners', races),
    'known_races', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'id', ours.id, 'date', ours.race_date, 'region', ours.region_code, 'course_id', ours.course_id
          )
        )
        from public.ra_races as ours
        where ours.id = any (races)
      ),
      '[]'
    )
  );
  runs := (page -> 'runners') || (page -> 'results');
  animals := engine.legacy_rows(
    'horses', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].horse_id'), of_kind -> 'horses')
  );
  page := page || jsonb_build_object(
    'horses', animals,
    'pedigree', engine.legacy_rows(
      'pedigree', 'horse_id',
      engine.legacy_ids(jsonb_path_query_array(runs, '$[*].horse_id'), of_kind -> 'horses', of_kind -> 'pedigree')
    )
  );
  runs := runs || animals || (page -> 'pedigree');
  return page || jsonb_build_object(
    'sires', engine.legacy_rows(
      'sires', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].sire_id'), of_kind -> 'sires')
    ),
    'dams', engine.legacy_rows(
      'dams', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].dam_id'), of_kind -> 'dams')
    ),
    'damsires', engine.legacy_rows(
      'damsires', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].damsire_id'), of_kind -> 'damsires')
    ),
    'jockeys', engine.legacy_rows(
      'jockeys', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].jockey_id'), of_kind -> 'jockeys')
    ),
    'trainers', engine.legacy_rows(
      'trainers', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].trainer_id'), of_kind -> 'trainers')
    ),
    'owners', engine.legacy_rows(
      'owners', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].owner_id'), of_kind -> 'owners')
    ),
    'courses', engine.legacy_rows(
      'courses', 'id',
      engine.legacy_ids(jsonb_path_query_array(page -> 'races', '$[*].course_id'), of_kind -> 'courses')
    ),
    'bookmakers', engine.legacy_bookmakers()
  );
end
$$;
comment on function engine.legacy_page(text[], boolean) is
  'The old rows of these items, by kind, as they are but without nulls: of races with their runners, results, notes,
   odds (if they are wanted) and all masters that these name; known_races: which of the races are ours too.';

create function engine.legacy_bookmakers()
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation regclass;
  found_rows jsonb := jsonb '[]';
begin
  select known.relation::regclass into relation from engine.legacy_tables as known where known.kind = 'bookmakers';
  if relation is not null then
    execute format(
      'select coalesce(jsonb_agg(jsonb_build_object(%L, old.id, %L, old.code, %L, old.name)), %L) from %s as old',
      'id', 'code', 'name', '[]', relation
    )
    into found_rows;
  end if;
  return found_rows;
end
$$;
comment on function engine.legacy_bookmakers() is 'The old bookmakers, about twenty: an array of {id, code, name}.';

create function public.legacy_rows_of(chunk_id bigint, lease_token uuid, items text[])
returns jsonb
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform engine.hold_lease(legacy_rows_of.chunk_id, legacy_rows_of.lease_token);
  if not engine.has_legacy() then
    raise exception 'The old database is gone: there is no schema legacy_data with races in it'
      using errcode = '55000',
        hint = 'Nothing is left to copy. End the run: select backfill_cancel(run_id);';
  end if;
  if engine.front_has_work() then
    return null;
  end if;
  return engine.legacy_page(
    legacy_rows_of.items, (select settings.capture_odds from public.backfill_settings as settings)
  );
end
$$;
comment on function public.legacy_rows_of(bigint, uuid, text[]) is
  'For a chunk of the feed legacy: the old rows of these items, as engine.legacy_page has them. Null when another feed
   has work: yield. Error PT409 when the lease is lost, 55000 when the old database is gone.';

revoke all on function public.legacy_rows_of from public, anon, authenticated, service_role;
grant execute on function
  engine.legacy_rows, engine.legacy_rows_behind, engine.legacy_ids, engine.legacy_page, engine.legacy_bookmakers,
  public.legacy_rows_of
  to service_role;
