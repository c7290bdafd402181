-- Whether stalls near one rail win more than their share.

create type racing.draw_third as (
  distance numeric,
  going_group text,
  field text,
  third text,
  races integer,
  runs integer,
  wins integer,
  places integer,
  strike_rate numeric,
  place_rate numeric,
  prb numeric,
  iv numeric
);
comment on type racing.draw_third is 'A third of the draw: a row of racing.draw_bias().';
comment on column racing.draw_third.distance is 'In furlongs, to the nearest half; null unless asked by distance.';
comment on column racing.draw_third.going_group is
  'racing.goings.going_group; null unless asked by going, and for an unknown going.';
comment on column racing.draw_third.field is 'Runners that ran: 3-7, 8-11, 12-15 or 16+; null unless asked by field.';
comment on column racing.draw_third.third is 'low, middle or high stalls.';
comment on column racing.draw_third.races is 'Races with runners in this third.';
comment on column racing.draw_third.runs is 'Runs from these stalls.';
comment on column racing.draw_third.wins is 'Those won.';
comment on column racing.draw_third.places is 'Those placed, the winner included: position <= racing.places_paid().';
comment on column racing.draw_third.strike_rate is 'wins / runs, 0 to 1.';
comment on column racing.draw_third.place_rate is 'places / runs, 0 to 1.';
comment on column racing.draw_third.prb is 'Average percentage of rivals beaten, 0 to 1; 0.5 is par.';
comment on column racing.draw_third.iv is
  'Impact value: (wins / all wins) / (runs / all runs), where all are the three thirds of the same kind of race. 1
   is par.';

create function racing.draw_bias(
  course text,
  by text[] default array['distance'],
  since date default null,
  until date default null
)
returns setof racing.draw_third
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
set jit = 'off'
as $$
declare
  chosen constant text[] := array(
    select known.id from public.ra_mst_courses as known
    where known.id = draw_bias.course or lower(known.name) = lower(draw_bias.course)
  );
  choice text;
begin
  foreach choice in array coalesce(draw_bias.by, array[null::text]) loop
    perform racing.refuse_choice('by', choice, array['distance', 'going', 'field']);
  end loop;
  if cardinality(chosen) <> 1 then
    raise exception 'There is % course %',
      case when chosen = '{}' then 'no' else 'more than one' end, coalesce(quote_literal(draw_bias.course), 'null')
      using errcode = '22023', hint = 'Give an id or a name: select id, name from ra_mst_courses order by name;';
  end if;
  if since > until then
    raise exception 'since (%) is after until (%)', since, until
      using errcode = '22023', hint = 'Give the first day as since and the last as until, or null for no limit.';
  end if;
  return query
  with drawn as (
    select
      race.race_id,
      race.is_handicap,
      case when 'distance' = any (draw_bias.by) then round(round(race.distance_yards / 110.0) / 2, 1) end as distance,
      case when 'going' = any (draw_bias.by) then race.going_group end as going_group,
      case
        when 'field' = any (draw_bias.by) then case
          when field.ran < 8 then '3-7' when field.ran < 12 then '8-11' when field.ran < 16 then '12-15' else '16+'
        end
      end as field,
      start.position,
      field.ran,
      field.finishers,
      -- Stalls of non-runners are empty, so that the third goes by the order of those that ran.
      (row_number() over (partition by race.race_id order by start.draw, start.horse_id collate "C") - 1) * 3
        / field.ran as third,
      count(start.draw) over (partition by race.race_id) as stalls
    from racing.races as race
    cross join lateral (
      select one.horse_id, one.draw, one.position from racing.starts as one where one.race_id = race.race_id offset 0
    ) as start
    cross join lateral (select one.* from racing.fields as one where one.race_id = race.race_id offset 0) as field
    where
      race.course_id = any (chosen)
      and race.race_date between coalesce(draw_bias.since, '-infinity') and coalesce(draw_bias.until, 'infinity')
      and field.ran >= 3
  ),
  grouped as (
    select
      drawn.distance,
      drawn.going_group,
      drawn.field,
      drawn.third,
      count(distinct drawn.race_id) as races,
      count(*) as runs,
      count(*) filter (where drawn.position = 1) as wins,
      count(*) filter (where drawn.position <= racing.places_paid(drawn.ran, drawn.is_handicap)) as places,
      avg(racing.prb(drawn.ran, drawn.finishers, drawn.position)) as prb
    from drawn
    where drawn.stalls = drawn.ran
    group by drawn.distance, drawn.going_group, drawn.field, drawn.third
  )
  select
    grouped.distance,
    grouped.going_group,
    grouped.field,
    (array['low', 'middle', 'high'])[grouped.third + 1],
    grouped.races::integer,
    grouped.runs::integer,
    grouped.wins::integer,
    grouped.places::integer,
    round(grouped.wins::numeric / grouped.runs, 4),
    round(grouped.places::numeric / grouped.runs, 4),
    round(grouped.prb::numeric, 4),
    round(
      grouped.wins::numeric / nullif(sum(grouped.wins) over situation, 0)
      / (grouped.runs::numeric / sum(grouped.runs) over situation), 4
    )
  from grouped
  window situation as (partition by grouped.distance, grouped.going_group, grouped.field)
  order by grouped.distance, grouped.going_group, grouped.field, grouped.third;
end
$$;
comment on function racing.draw_bias(text, text[], date, date) is
  'The thirds of the draw at a course (id or name), by any of distance, going (its group) and field (its size); what is
   not asked by is taken together and null. Only races in which each of at least three that ran had a stall. The runners
   of a race in the order of their stalls, those of non-runners left out, are cut in three: third = floor((n - 1) * 3 /
   ran). since and until: UK racing days, inclusive, null for no limit. Error 22023 for an unknown course or by.';

revoke all on function racing.draw_bias from public, anon, authenticated, service_role;
grant execute on function racing.draw_bias to service_role;
