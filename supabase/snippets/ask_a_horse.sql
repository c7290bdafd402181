-- What has a horse done, and where, over which distance, on what going?
select
  line.dimension,
  case line.dimension when 'course' then course.name when 'jockey' then jockey.name else line.value end as value,
  line.runs,
  line.wins,
  line.places,
  line.prb,
  line.ae,
  line.profit,
  line.best_rpr
from ra_mst_horses as horse
cross join lateral racing.horse_profile(horse.id) as line
left join ra_mst_courses as course on line.dimension = 'course' and course.id = line.value
left join ra_mst_jockeys as jockey on line.dimension = 'jockey' and jockey.id = line.value
where horse.name = 'My Kelpike Drummer'
order by line.dimension <> 'all', line.dimension, line.runs desc, line.value;
