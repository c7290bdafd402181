-- Which races each feed has brought.

-- One branch per feed, so that each finds the days by its own index.
create view engine.stored_races
with (security_invoker = true)
as
select 'racecards' as feed, race.card_date as day, race.id as race_id, race.region_code, race.is_abandoned
from public.ra_races as race
where race.has_card
union all
select 'results', race.race_date, race.id, race.region_code, false
from public.ra_races as race
where race.has_result;
comment on view engine.stored_races is
  'A row per feed and race that it brought, on the day that the feed gave it: a card that moved is on its own day.
   is_abandoned: the feed says that nothing will follow.';

-- One branch per feed here too, so that each reads only the end of an index.
create view engine.newest_days
with (security_invoker = true)
as
select 'racecards' as feed, max(race.card_date) as day from public.ra_races as race where race.has_card
union all
select 'results', max(race.race_date) from public.ra_races as race where race.has_result;
comment on view engine.newest_days is
  'The day of the newest race of each feed in engine.stored_races; null when it brought none.';

create function engine.races_of_day(feed text, day date, regions text[])
returns bigint
language sql
stable
security invoker
set search_path = ''
as $$
  select count(*)
  from engine.stored_races as stored
  where
    stored.feed = races_of_day.feed
    and stored.day = races_of_day.day
    and stored.region_code = any (races_of_day.regions)
$$;
comment on function engine.races_of_day(text, date, text[]) is
  'How many races of these regions are stored that the feed gave this day.';

grant select on engine.stored_races, engine.newest_days to service_role;
grant execute on function engine.races_of_day to service_role;
