-- What the API says of a race in words, as values that can be compared. plpgsql and not sql: a function with a search
-- path of its own is never inlined, and plpgsql costs a third of sql then.

create function racing.code(race_type text, surface text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when code.race_type ilike '%hurdle%' then 'hurdle'
    when code.race_type ilike '%chase%' then 'chase'
    when code.race_type ilike 'nh%flat' or code.race_type ilike 'national hunt flat' then 'National Hunt flat'
    when code.race_type ilike 'flat' and code.surface ilike 'turf' then 'flat turf'
    when code.race_type ilike 'flat' and code.surface <> '' then 'flat all-weather'
  end;
end
$$;
comment on function racing.code(text, text) is
  'The code of racing from ra_races.race_type and surface: flat turf, flat all-weather, hurdle, chase or National Hunt
   flat. Null for another type, and for a flat race without a surface.';

create function racing.is_handicap(race_name text)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return (
    is_handicap.race_name ilike '%handicap%'
    and regexp_replace(is_handicap.race_name, 'non[- ]?handicap', '', 'gi') ~* '\mhandicap\M'
  )
  or is_handicap.race_name ~* '\m(h''cap\M|nursery\s*(\(|$))';
end
$$;
comment on function racing.is_handicap(text) is
  'Whether a race is a handicap, from ra_races.race_name: the API has no field for it. True for "… Handicap …" and a
   nursery, false for "… Non-Handicap …". Null without a name.';

create function racing.class_rank(race_class text, pattern text)
returns smallint
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when class_rank.pattern ~* '^(group|grade) [123]$' then right(class_rank.pattern, 1)::smallint
    when class_rank.pattern ilike 'listed%' then 4
    when class_rank.race_class ~* '^class [1-7]$' then right(class_rank.race_class, 1)::smallint + 4
  end;
end
$$;
comment on function racing.class_rank(text, text) is
  'The standing of a race, 1 the highest, from ra_races.race_class and pattern: Group or Grade 1, 2, 3 are 1 to 3,
   Listed is 4, Class 1 to 7 are 5 to 11. Null without either, as most Irish races are.';

create function racing.class_name(class_rank integer)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when class_name.class_rank between 1 and 3 then 'Group or Grade ' || class_name.class_rank
    when class_name.class_rank = 4 then 'Listed'
    when class_name.class_rank between 5 and 11 then 'Class ' || class_name.class_rank - 4
  end;
end
$$;
comment on function racing.class_name(integer) is
  'A rank of racing.class_rank() in words: "Group or Grade 1", "Class 4".';

create function racing.distance_band(distance_yards integer, code text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when distance_band.code like 'flat%' then case
      when distance_band.distance_yards < 1430 then '5f-6f'
      when distance_band.distance_yards < 1980 then '7f-8f'
      when distance_band.distance_yards < 2860 then '9f-12f'
      when distance_band.distance_yards >= 2860 then '13f+'
    end
    when distance_band.code is not null then case
      when distance_band.distance_yards < 4070 then '2m'
      when distance_band.distance_yards < 4950 then '2m4f'
      when distance_band.distance_yards < 5720 then '3m'
      when distance_band.distance_yards >= 5720 then '3m2f+'
    end
  end;
end
$$;
comment on function racing.distance_band(integer, text) is
  'The band of a distance in yards under a code. Flat: 5f-6f below 6½ furlongs (1,430 yards), 7f-8f below 9 (1,980),
   9f-12f below 13 (2,860), 13f+. Over jumps and in National Hunt flat races: 2m below 18½ furlongs (4,070), 2m4f below
   22½ (4,950), 3m below 26 (5,720), 3m2f+. Null without a distance or a code.';

create function racing.places_paid(ran integer, is_handicap boolean)
returns smallint
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when places_paid.ran is null or places_paid.ran < 1 then null
    when places_paid.ran < 5 then 1
    when places_paid.ran < 8 then 2
    when places_paid.ran < 16 or places_paid.is_handicap is not true then 3
    else 4
  end;
end
$$;
comment on function racing.places_paid(integer, boolean) is
  'How many places count, by the usual each-way terms of British bookmakers: the winner alone in a field of 1 to 4, two
   places in 5 to 7, three from 8 on, four in a handicap of 16 or more. The field is those that ran. Null without one.';

create function racing.end_of_day(day date)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return (end_of_day.day + 1)::timestamp at time zone 'Europe/London' - interval '1 microsecond';
end
$$;
comment on function racing.end_of_day(date) is
  'The last moment of a UK day: when a race without an off time counts as having happened, for later ones.';

revoke all on function
  racing.code, racing.is_handicap, racing.class_rank, racing.class_name, racing.distance_band, racing.places_paid,
  racing.end_of_day
  from public, anon, authenticated, service_role;
grant execute on function
  racing.code, racing.is_handicap, racing.class_rank, racing.class_name, racing.distance_band, racing.places_paid,
  racing.end_of_day
  to service_role;
