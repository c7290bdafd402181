-- Races with runners
select
  count(*) as races,
  count(*) filter (where exists (select from ra_runners where ra_runners.race_id = ra_races.id)) as with_runners,
  round(
    100.0 * count(*) filter (where exists (select from ra_runners where ra_runners.race_id = ra_races.id))
      / nullif(count(*), 0),
    2
  ) as percent
from ra_races;
