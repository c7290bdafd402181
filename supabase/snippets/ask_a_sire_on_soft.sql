-- How do a sire's progeny run on soft ground, and on any other?
select
  rate.by_value as going,
  rate.runs,
  rate.wins,
  rate.strike_rate,
  rate.strike_rate_low as low,
  rate.strike_rate_high as high,
  rate.prb,
  rate.iv,
  rate.ae,
  rate.profit
from ra_mst_sires as sire
cross join lateral racing.strike_rates('sire', 'going', entity_id => sire.id) as rate
where sire.name = 'Morlotta Song'
order by rate.by_value in ('soft', 'heavy') desc, rate.runs desc, rate.by_value;
