-- How did a trainer's month go, course by course?
select
  coalesce(course.name, 'all') as course,
  rate.runs,
  rate.wins,
  rate.places,
  rate.strike_rate,
  rate.strike_rate_low as low,
  rate.strike_rate_high as high,
  rate.prb,
  rate.iv,
  rate.ae,
  rate.profit,
  rate.longest_losing_run as losing_run
from ra_mst_trainers as trainer
cross join unnest(array['all', 'course']) as asked (by)
cross join lateral racing.strike_rates(
  'trainer', asked.by, since => date '2026-10-01', until => date '2026-10-31', entity_id => trainer.id
) as rate
left join ra_mst_courses as course on asked.by = 'course' and course.id = rate.by_value
where trainer.name = 'Tom Garane'
order by asked.by, rate.runs desc, course.name;
