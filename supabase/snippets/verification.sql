-- Three checks of a filled database. The demo runs them too.

-- Races by year
select
  extract(year from race_date)::integer as year,
  count(*) as races,
  count(*) filter (where has_card) as with_card,
  count(*) filter (where has_result) as with_result,
  count(*) filter (where is_abandoned) as abandoned
from ra_races
group by 1
order by 1;

-- Races, runners, horses and jockeys
select
  (select count(*) from ra_races) as races,
  (select count(*) from ra_runners) as runners,
  (select count(*) from ra_mst_horses) as horses,
  (select count(*) from ra_mst_jockeys) as jockeys;

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
