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
    raise exception '% is %, which is not known', argument, coalesce(quote_literal(left(given, 60)), 'null')
      using errcode = '22023', hint = format('Allowed are: %s.', array_to_string(allowed, ', '));
  end if;
end
$$;
comment on function racing.refuse_choice(text, text, text[]) is
  'Error 22023 unless the value given for an argument is one of those allowed; its hint lists them.';

create function racing.value_of(by text, source text)
returns text
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  name constant text := case by
    when 'course' then 'course_id'
    when 'distance' then 'distance_band'
    when 'going' then 'going_group'
    when 'class' then 'class_name'
    else by
  end;
begin
  return case
    when by = 'all' then '''all'''
    when by = 'month' then format('to_char(%s.race_date, ''MM'')', source)
    when source = 'day' then format('unnest(day.%Is)::text', name)
    else format('%s.%I::text', source, name)
  end;
end
$$;
comment on function racing.value_of(text, text) is
  'The expression of SQL for what racing.strike_rates() is asked by. source: day, a row of racing.days; run, one of
   racing.runs; race, one of racing.races, which has no age.';

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
-- Half a million runs are grouped at once, in their order: sorted by their keys, they would lose it. The project's own
-- roles get more below: what anybody may ask over the API must not take all memory of a small project.
set work_mem = '16MB'
-- The planner takes 8 kB for a group that texts are joined in. It takes 1.3.
set hash_mem_multiplier = '6'
set enable_sort = 'off'
set jit = 'off'
as $$
declare
  is_one constant boolean := strike_rates.entity_id is not null;
  -- Those of one are found by an index, and few.
  are_kept constant boolean := not is_one and exists (select from racing.kept_days);
  is_pair constant boolean := coalesce(entity = 'pair', false);
  name constant text := case when is_pair then 'trainer' else entity end;
  is_known boolean;
  runs text;
  overall text;
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
  if pg_catalog.pg_has_role('service_role', 'member') then
    perform pg_catalog.set_config('work_mem', '48MB', true);
  end if;
  if is_one then
    execute format('select exists (select from public.%I as master where master.id = $1)', 'ra_mst_' || name || 's')
      using strike_rates.entity_id into is_known;
    if not (is_known or is_pair and exists (select from public.ra_mst_jockeys as j where j.id = strike_rates.entity_id))
    then
      raise exception 'There is no % %', case when is_pair then 'trainer or jockey' else name end,
        quote_literal(left(strike_rates.entity_id, 60))
        using errcode = '22023',
          hint = format('Give an id: select id, name from ra_mst_%ss where name ilike ''%%…%%'';', name);
    end if;
  end if;
  if are_kept then
    runs := format(
      $sql$
      select
        day.race_date, unnest(day.%Is) as entity_key, %s as partner_key, %s as by_value, unnest(day.wins) as win,
        unnest(day.are_placed) as is_placed, unnest(day.prbs) as prb, unnest(day.sps) as sp,
        unnest(day.chances) as chance, unnest(day.bsps) as bsp
      from racing.days as day
      where day.race_date between $1 and $2
      order by day.race_date
      $sql$,
      name,
      case when is_pair then 'unnest(day.jockeys)' else 'null::text' end,
      racing.value_of(by, 'day')
    );
  else
    runs := format(
      $sql$
      select run.*
      from (
        select
          run.race_date, run.happened_at, run.race_id collate "C" as race_id, run.position, run.%I as entity_key,
          %s as partner_key, %s as by_value, run.win, run.is_placed, run.prb, run.sp, run.chance, run.bsp
        from racing.runs as run
        where %s run.race_date between $1 and $2
        -- Else they are looked for in the order of the days, to save the sort.
        offset 0
      ) as run
      order by run.race_date, run.happened_at, run.race_id, run.position
      $sql$,
      name,
      case when is_pair then 'run.jockey' else 'null::text' end,
      racing.value_of(by, 'run'),
      case
        when is_pair and is_one then '$3 in (run.trainer_id, run.jockey_id) and'
        when is_one then format('run.%I = $3 and', name || '_id')
      end
    );
  end if;
  if is_one then
    -- Of all, no more than this is asked, so what is not kept is counted without its fields.
    overall := format(
      $sql$
      select counted.by_value, sum(counted.runs) as runs, sum(counted.wins) as wins
      from (
        select kept.by_value, count(*) as runs, count(kept.win) as wins
        from (
          select %1$s as by_value, unnest(day.wins) as win
          from racing.kept_days as day
          where
            day.race_date between $1 and $2
            and not exists (select from racing.changed_days as changed where changed.race_date = day.race_date)
        ) as kept
        group by kept.by_value
        union all
        select %2$s, count(*), count(*) filter (where start.position = 1)
        from (
          select one.race_id, %3$s as by_value
          from racing.races as one
          join racing.days_not_kept as lacking on lacking.race_date = one.race_date
          where one.has_result and one.race_date between $1 and $2
          offset 0
        ) as race
        join racing.starts as start on start.race_id = race.race_id
        group by 1
      ) as counted
      group by counted.by_value
      $sql$,
      racing.value_of(by, 'day'),
      case by when 'age' then 'start.age::text' else 'race.by_value' end,
      case by when 'age' then 'null::text' else racing.value_of(by, 'one') end
    );
  else
    overall := 'select one.by_value, sum(one.runs) as runs, sum(one.wins) as wins from grouped as one group by 1';
  end if;
  return query execute format(
    $sql$
    with run as (%1$s),
    grouped as materialized (
      select
        run.entity_key,
        run.partner_key,
        run.by_value,
        count(*) as runs,
        count(run.win) as wins,
        count(*) filter (where run.is_placed) as places,
        sum(run.prb) / nullif(count(run.prb), 0) as prb,
        count(run.sp) as priced_runs,
        sum(1 / run.sp) as expected_wins,
        sum(run.win) filter (where run.sp is not null) as priced_wins,
        sum(run.chance) as fair_expected_wins,
        sum(run.win) filter (where run.chance is not null) as fair_wins,
        count(run.bsp) as bsp_runs,
        sum(1 / run.bsp) as bsp_expected_wins,
        sum(run.win) filter (where run.bsp is not null) as bsp_wins,
        sum(run.sp * run.win) as returned,
        string_agg(case when run.win is null then 'L' else 'W' end, '') as outcomes,
        min(run.race_date) as first_day,
        max(run.race_date) as last_day
      from run
      group by run.entity_key, run.partner_key, run.by_value
    ),
    overall as (%2$s)
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
      round(greatest(0, (wilson.centre - wilson.margin) / wilson.scale)::numeric, 4),
      round(least(1, (wilson.centre + wilson.margin) / wilson.scale)::numeric, 4),
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
      case
        when grouped.wins = 0 then grouped.runs
        else (select max(length(losing.run)) from string_to_table(grouped.outcomes, 'W') as losing (run))
      end::integer,
      grouped.first_day,
      grouped.last_day
    from grouped
    -- No value is empty, and null as a key would have each group compared with all values.
    join overall on coalesce(overall.by_value, '') = coalesce(grouped.by_value, '')
    cross join lateral (
      select grouped.runs::float8 as n, grouped.wins / grouped.runs::float8 as p, 1.959963984540054::float8 ^ 2 as z2
    ) as share
    cross join lateral (
      select
        share.p + share.z2 / (2 * share.n) as centre,
        sqrt(share.z2 * (share.p * (1 - share.p) / share.n + share.z2 / (4 * share.n * share.n))) as margin,
        1 + share.z2 / share.n as scale
    ) as wilson
    left join public.%3$I as master on master.id = grouped.entity_key
    left join public.ra_mst_jockeys as partner on partner.id = grouped.partner_key
    where grouped.entity_key is not null and (not %4$L or grouped.partner_key is not null)
    order by grouped.runs desc, grouped.entity_key, grouped.partner_key, grouped.by_value
    $sql$,
    runs, overall, 'ra_mst_' || name || 's', is_pair
  )
  using coalesce(since, '-infinity'), coalesce(until, 'infinity'), strike_rates.entity_id;
end
$$;
comment on function racing.strike_rates(text, text, date, date, text) is
  'Strike rates by something, most runs first. entity: trainer, jockey, pair (trainer and jockey), owner, sire, dam or
   damsire. by: all, course, distance (its band), going (its group), class, code, age or month (of the year). since and
   until: UK racing days, inclusive, null for no limit. entity_id: one of them only (of a pair, the trainer or the
   jockey), null for all. Who has no id counts by name. Error 22023 for anything else, an unknown id too, and its hint
   says what is allowed.';

revoke all on function racing.refuse_choice, racing.value_of, racing.strike_rates
  from public, anon, authenticated, service_role;
grant execute on function racing.refuse_choice, racing.value_of, racing.strike_rates to service_role;
