-- The goings that are known, with their order. The API's words change over the years, so they are compared without
-- case, and "Standard / Slow" is "Standard To Slow".

create table racing.goings (
  key text primary key,
  surface text not null,
  rank smallint not null,
  going_group text not null,
  constraint goings_surface_known check (surface in ('turf', 'all-weather')),
  constraint goings_group_known
    check (going_group in ('firm', 'good', 'good to soft', 'soft', 'heavy', 'fast', 'standard', 'slow'))
);
comment on table racing.goings is
  'Known goings, a row each. Add one where racing.unknown_goings shows a going that is not here. Source: the scale of
   the British Horseracing Authority (hard to heavy; fast to slow for all-weather), with the Irish words between.';
comment on column racing.goings.key is 'The going as racing.going_key() writes it: "good to firm".';
comment on column racing.goings.surface is 'turf or all-weather: ranks are only comparable within one of them.';
comment on column racing.goings.rank is
  'Order from the fastest (1) to the slowest: 1 to 10 on turf, 1 to 5 all-weather.';
comment on column racing.goings.going_group is
  'What goings count as one in a record: firm, good, good to soft, soft, heavy; all-weather fast, standard, slow.';

insert into racing.goings (key, surface, rank, going_group)
values
  ('hard', 'turf', 1, 'firm'),
  ('firm to hard', 'turf', 1, 'firm'),
  ('firm', 'turf', 2, 'firm'),
  ('good to firm', 'turf', 3, 'firm'),
  ('good', 'turf', 4, 'good'),
  ('good to yielding', 'turf', 5, 'good'),
  ('good to soft', 'turf', 6, 'good to soft'),
  ('yielding', 'turf', 6, 'good to soft'),
  ('yielding to soft', 'turf', 7, 'good to soft'),
  ('soft', 'turf', 8, 'soft'),
  ('very soft', 'turf', 9, 'soft'),
  ('soft to heavy', 'turf', 9, 'heavy'),
  ('heavy', 'turf', 10, 'heavy'),
  ('fast', 'all-weather', 1, 'fast'),
  ('standard to fast', 'all-weather', 2, 'fast'),
  ('standard', 'all-weather', 3, 'standard'),
  ('standard to slow', 'all-weather', 4, 'slow'),
  ('slow', 'all-weather', 5, 'slow');

create function racing.going_key(going text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return replace(replace(lower(btrim(going_key.going)), ' / ', '/'), '/', ' to ');
end
$$;
comment on function racing.going_key(text) is
  'A going as racing.goings has it: lower case, " to " for "/" with or without spaces, so that "Standard / Slow" and
   "Standard To Slow" are one. Null in, null out.';

create view racing.unknown_goings
with (security_invoker = true)
as
select
  race.going,
  count(*)::integer as races,
  min(race.race_date) as first_day,
  max(race.race_date) as last_day
from public.ra_races as race
where
  race.going is not null
  and not exists (select from racing.goings as known where known.key = racing.going_key(race.going))
group by race.going;
comment on view racing.unknown_goings is
  'Goings of races that racing.goings does not know: their races have no going_rank and no going_group. To change that:
   insert into racing.goings (key, surface, rank, going_group) values (racing.going_key(''…''), …).';
comment on column racing.unknown_goings.going is 'As sent.';
comment on column racing.unknown_goings.races is 'How many races have it.';
comment on column racing.unknown_goings.first_day is 'UK racing day of the first of them.';
comment on column racing.unknown_goings.last_day is 'UK racing day of the last of them.';

alter table racing.goings enable row level security;
revoke all on racing.goings, racing.unknown_goings from public, anon, authenticated, service_role;
revoke all on function racing.going_key from public, anon, authenticated, service_role;
grant select on racing.goings, racing.unknown_goings to service_role;
grant execute on function racing.going_key to service_role;
