-- Profiles of a horse and of a parent's offspring: their runs by one thing after another.

create function racing.profile_of(horse_ids text[])
returns setof racing.profile_line
language plpgsql
stable
security invoker
set search_path = ''
set jit = 'off'
as $$
begin
  return query
  with run as materialized (
    select
      start.horse_id, start.position, start.rpr, start.sp_decimal::double precision as sp, race.race_date,
      race.is_handicap, field.ran, field.finishers, field.winners,
      race.code, race.course_id, race.course_name, race.distance_band, race.going_group,
      racing.class_name(race.class_rank) as class, start.headgear, start.age::text as age,
      coalesce(start.jockey_id, start.jockey_name) as jockey
    from racing.starts as start
    join racing.races as race on race.race_id = start.race_id
    cross join lateral (select one.* from racing.fields as one where one.race_id = start.race_id offset 0) as field
    where start.horse_id = any (profile_of.horse_ids)
  )
  select
    part.dimension,
    part.value,
    count(distinct run.horse_id)::integer,
    count(*)::integer,
    count(*) filter (where run.position = 1)::integer,
    count(*) filter (where run.position <= racing.places_paid(run.ran, run.is_handicap))::integer,
    round(count(*) filter (where run.position = 1)::numeric / count(*), 4),
    round(avg(racing.prb(run.ran, run.finishers, run.position))::numeric, 4),
    round(sum(1 / run.sp) filter (where run.sp > 1)::numeric, 4),
    round((
      coalesce(sum(1.0::double precision / run.winners) filter (where run.position = 1 and run.sp > 1), 0)
      / sum(1 / run.sp) filter (where run.sp > 1)
    )::numeric, 4),
    round(sum(racing.sp_profit(run.position, run.winners, run.sp::numeric))::numeric, 2),
    max(run.rpr),
    min(run.race_date),
    max(run.race_date)
  from run
  cross join lateral (
    values
      (1, 'all', 'all'), (2, 'code', run.code), (3, 'course', run.course_id), (4, 'distance', run.distance_band),
      (5, 'going', run.going_group), (6, 'class', run.class), (7, 'age', run.age), (8, 'headgear', run.headgear),
      (9, 'jockey', run.jockey)
  ) as part (place, dimension, value)
  group by part.place, part.dimension, part.value
  order by part.place, count(*) desc, part.value;
end
$$;
comment on function racing.profile_of(text[]) is
  'The runs of these horses (ids) taken together, by one thing after another, for racing.horse_profile() and
   racing.progeny().';

create function racing.horse_profile(horse text)
returns setof racing.profile_line
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if not exists (select from public.ra_mst_horses as known where known.id = horse_profile.horse) then
    raise exception 'There is no horse %', coalesce(quote_literal(left(horse_profile.horse, 60)), 'null')
      using errcode = '22023', hint = 'Give an id: select id, name from ra_mst_horses where name = ''…'';';
  end if;
  return query select line.* from racing.profile_of(array[horse_profile.horse]) as line;
end
$$;
comment on function racing.horse_profile(text) is
  'All stored runs of a horse (its id): in all, by code, course, distance band, going group, class, age, headgear and
   jockey. No row for a horse that never ran; error 22023 for an id that is not known.';

create function racing.progeny(parent text)
returns setof racing.profile_line
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  children constant text[] := array(
    select child.id from public.ra_mst_horses as child where child.sire_id = progeny.parent
    union
    select child.id from public.ra_mst_horses as child where child.dam_id = progeny.parent
    union
    select child.id from public.ra_mst_horses as child where child.damsire_id = progeny.parent
  );
begin
  if
    not exists (select from public.ra_mst_sires as known where known.id = progeny.parent)
    and not exists (select from public.ra_mst_dams as known where known.id = progeny.parent)
    and not exists (select from public.ra_mst_damsires as known where known.id = progeny.parent)
  then
    raise exception 'There is no sire, dam or damsire %', coalesce(quote_literal(left(progeny.parent, 60)), 'null')
      using errcode = '22023',
        hint = 'Give an id: select id, name from ra_mst_sires where name = ''…''; or ra_mst_dams, ra_mst_damsires.';
  end if;
  return query select line.* from racing.profile_of(children) as line;
end
$$;
comment on function racing.progeny(text) is
  'All stored runs of the offspring of a sire or dam, or of a damsire''s daughters (its id), as racing.horse_profile()
   has them of one horse. No row when none of them ran; error 22023 for an id that is not known.';

revoke all on function racing.profile_of, racing.horse_profile, racing.progeny
  from public, anon, authenticated, service_role;
grant execute on function racing.profile_of, racing.horse_profile, racing.progeny to service_role;
