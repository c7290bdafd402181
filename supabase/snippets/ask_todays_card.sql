-- What does today's card look like, with each horse's record?
select
  to_char(off_dt at time zone 'Europe/London', 'HH24:MI') as off,
  course_name as course,
  number as no,
  horse_name || case when is_non_runner then ' (non-runner)' else '' end as horse,
  last_six,
  runs || '-' || wins || '-' || places as runs_wins_places,
  course_runs || '-' || course_wins as here,
  distance_runs || '-' || distance_wins as distance,
  going_runs || '-' || going_wins as going,
  trainer_14_days_runs || '-' || trainer_14_days_wins as trainer_14_days,
  jockey_14_days_runs || '-' || jockey_14_days_wins as jockey_14_days
from racing.card()
where not is_reserve
order by off_dt, race_id, number nulls last, horse_id;
