-- Strike rates of everybody, or of one, by something.

create function racing.refuse_choice(argument text, given text, allowed text[])
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if not coalesce(given = any (allowed), false) then
    raise exception '% is %, which is not known', argument, coalesce(quote_literal(given), 'null')
      using errcode = '22023', hint = format('Allowed are: %s.', array_to_string(allowed, ', '));
  end if;
end
$$;
comment on function racing.refuse_choice(text, text, text[]) is
  'Error 22023 unless the value given for an argument is one of those allowed; its hint lists them.';

create function racing.strike_rates(
  entity text,
  by text default 'all',
  since date default null,
  until date default null,
  entity_id text default null
)
returns setof racing.strike_rate
language plpgsql
stable
security invoker
set search_path = ''
-- Half a million runs are grouped at once.
set work_mem = '48MB'
set jit = 'off'
as $$
declare
  is_person constant boolean := coalesce(entity in ('trainer', 'jockey', 'owner'), false);
  key text;
  partner text := 'null::text';
  value text;
  -- Of one, the index finds the runs; the fields are looked up for them only.
  one text := '';
begin
  perform racing.refuse_choice(
    'entity', entity, array['trainer', 'jockey', 'pair', 'owner', 'sire', 'dam', 'damsire']
  );
  perform racing.refuse_choice(
    'by', by, array['all', 'course', 'distance', 'going', 'class', 'code', 'age', 'month']
  );
  if since > until then
    raise exception 'since (%) is after until (%)', since, until
      using errcode = '22023', hint = 'Give the first day as since and the last as until, or null for no limit.';
  end if;
  -- Where there is no id, the name is the key.
  if entity = 'pair' then
    key := 'coalesce(start.trainer_id, start.trainer_name)';
    partner := 'coalesce(start.jockey_id, start.jockey_name)';
  else
    key := format(
      'coalesce(%1$s.%2$I, %1$s.%3$I)', case when is_person then 'start' else 'horse' end, entity || '_id',
      entity || '_name'
    );
  end if;
  value := case by
    when 'all' then '''all'''
    when 'course' then 'race.course_id'
    when 'distance' then 'race.distance_band'
    when 'going' then 'race.going_group'
    when 'class' then 'racing.class_name(race.class_rank)'
    when 'code' then 'race.code'
    when 'month' then 'to_char(race.race_date, ''MM'')'
    -- Of the runner.
    when 'age' then 'null::text'
  end;
  if strike_rates.entity_id is not null then
    one := case
      when entity = 'pair' then 'where $3 in (start.trainer_id, start.jockey_id)'
      when is_person then format('where start.%I = $3', entity || '_id')
      else format(
        'where start.horse_id in (select known.id from public.ra_mst_horses as known where known.%I = $3)',
        entity || '_id'
      )
    end;
  end if;
  return query execute format(
    $sql$
    with race as materialized (
      select race.race_id, race.race_date, race.happened_at, race.is_handicap, %1$s as by_value
      from racing.races as race
      where race.has_result and race.race_date between coalesce($1, '-infinity') and coalesce($2, 'infinity')
    ),
    start as %2$s (
      select
        -- Compared as bytes: no rules of a language are needed to tell ids apart.
        %3$s collate "C" as entity_key, %4$s collate "C" as partner_key, %5$s collate "C" as by_value,
        race.race_date, race.happened_at, race.is_handicap, start.race_id, start.position,
        start.sp_decimal::float8 as sp, start.bsp::float8 as bsp
      from race
      join racing.starts as start on start.race_id = race.race_id
      %6$s
      %7$s
    ),
    field as materialized (%8$s),
    overall as (%9$s),
    grouped as (
      select
        start.entity_key,
        start.partner_key,
        start.by_value,
        count(*) as runs,
        count(*) filter (where start.position = 1) as wins,
        count(*) filter (
          where start.position = 1
            or start.position <= 4 and start.position <= racing.places_paid(field.ran, start.is_handicap)
        ) as places,
        -- racing.prb() and racing.sp_profit() written out: a call takes 2.6 µs, and there are half a million runs. A
        -- test compares them.
        avg(
          (field.ran - coalesce(start.position::float8, (field.finishers + field.ran + 1) / 2.0::float8))
          / nullif(field.ran - 1, 0)
        ) as prb,
        count(*) filter (where start.sp > 1) as priced_runs,
        sum(1 / start.sp) filter (where start.sp > 1) as expected_wins,
        sum(1.0::float8 / field.winners) filter (where start.position = 1 and start.sp > 1) as priced_wins,
        sum(1 / start.sp / field.sp_total) filter (where field.sp_total is not null) as fair_expected_wins,
        sum(1.0::float8 / field.winners) filter (where start.position = 1 and field.sp_total is not null) as fair_wins,
        count(*) filter (where start.bsp > 1) as bsp_runs,
        sum(1 / start.bsp) filter (where start.bsp > 1) as bsp_expected_wins,
        sum(1.0::float8 / field.winners) filter (where start.position = 1 and start.bsp > 1) as bsp_wins,
        sum(start.sp / field.winners) filter (where start.position = 1 and start.sp > 1) as returned,
        string_agg(
          case when start.position = 1 then 'W' else 'L' end, ''
          order by start.happened_at, start.race_id collate "C", start.position
        ) as outcomes,
        min(start.race_date) as first_day,
        max(start.race_date) as last_day
      from start
      join field on field.race_id = start.race_id
      group by start.entity_key, start.partner_key, start.by_value
    )
    select
      master.id,
      coalesce(master.name, grouped.entity_key),
      partner.id,
      coalesce(partner.name, grouped.partner_key),
      grouped.by_value,
      grouped.runs::integer,
      grouped.wins::integer,
      grouped.places::integer,
      round(grouped.wins::numeric / grouped.runs, 4),
      round(wilson.low::numeric, 4),
      round(wilson.high::numeric, 4),
      round(grouped.places::numeric / grouped.runs, 4),
      round(grouped.prb::numeric, 4),
      round(grouped.wins::numeric / nullif(overall.wins, 0) / (grouped.runs::numeric / overall.runs), 4),
      grouped.priced_runs::integer,
      round(grouped.expected_wins::numeric, 4),
      round((coalesce(grouped.priced_wins, 0) / grouped.expected_wins)::numeric, 4),
      round((coalesce(grouped.fair_wins, 0) / grouped.fair_expected_wins)::numeric, 4),
      grouped.bsp_runs::integer,
      round((coalesce(grouped.bsp_wins, 0) / grouped.bsp_expected_wins)::numeric, 4),
      round((coalesce(grouped.returned, 0) - nullif(grouped.priced_runs, 0))::numeric, 2),
      racing.longest_losing_run(grouped.outcomes),
      grouped.first_day,
      grouped.last_day
    from grouped
    join overall on overall.by_value is not distinct from grouped.by_value
    cross join lateral racing.wilson(grouped.wins, grouped.runs) as wilson
    left join public.%10$I as master on master.id = grouped.entity_key
    left join public.ra_mst_jockeys as partner on partner.id = grouped.partner_key
    where grouped.entity_key is not null and (not %11$L or grouped.partner_key is not null)
    order by grouped.runs desc, grouped.entity_key, grouped.partner_key, grouped.by_value
    $sql$,
    value,
    case when strike_rates.entity_id is null then 'materialized' else 'not materialized' end,
    key,
    partner,
    case by when 'age' then 'start.age::text' else 'race.by_value' end,
    case
      when is_person or entity = 'pair' then ''
      else 'join public.ra_mst_horses as horse on horse.id = start.horse_id'
    end,
    one,
    case
      when strike_rates.entity_id is null then
        'select start.race_id, count(*)::integer as ran, count(start.position)::integer as finishers,
          count(*) filter (where start.position = 1) as winners,
          case when bool_and(coalesce(start.sp > 1, false)) then sum(1 / start.sp) end as sp_total
        from start group by start.race_id'
      else
        'select field.* from (select distinct start.race_id from start) as known
        cross join lateral (select one.* from racing.fields as one where one.race_id = known.race_id offset 0) as field'
    end,
    case
      when strike_rates.entity_id is null then
        'select start.by_value, count(*) as runs, count(*) filter (where start.position = 1) as wins
        from start group by start.by_value'
      else format(
        'select %s collate "C" as by_value, count(*) as runs, count(*) filter (where start.position = 1) as wins
        from race join racing.starts as start on start.race_id = race.race_id group by 1',
        case by when 'age' then 'start.age::text' else 'race.by_value' end
      )
    end,
    case when entity = 'pair' then 'ra_mst_trainers' else 'ra_mst_' || entity || 's' end,
    entity = 'pair'
  )
  using since, until, strike_rates.entity_id;
end
$$;
comment on function racing.strike_rates(text, text, date, date, text) is
  'Strike rates by something, most runs first. entity: trainer, jockey, pair (trainer and jockey), owner, sire, dam or
   damsire. by: all, course, distance (its band), going (its group), class, code, age or month (of the year). since and
   until: UK racing days, inclusive, null for no limit. entity_id: one of them only (of a pair, the trainer or the
   jockey), null for all. Who has no id counts by name. Error 22023 for anything else, and its hint lists what is
   allowed.';

revoke all on function racing.refuse_choice, racing.strike_rates from public, anon, authenticated, service_role;
grant execute on function racing.refuse_choice, racing.strike_rates to service_role;
