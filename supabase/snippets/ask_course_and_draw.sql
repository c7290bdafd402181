-- Is there a draw bias at a course?
select
  bias.distance as furlongs,
  bias.third,
  bias.races,
  bias.runs,
  bias.wins,
  bias.strike_rate,
  bias.prb,
  bias.iv
from ra_mst_courses as course
cross join lateral racing.draw_bias(course.id, array['distance'], since => date '2026-01-01') as bias
where course.name = 'York'
order by bias.distance, array_position(array['low', 'middle', 'high'], bias.third);
