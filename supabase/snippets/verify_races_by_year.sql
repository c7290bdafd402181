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
