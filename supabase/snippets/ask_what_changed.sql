-- What has changed on today's cards since eight in the morning?
with since as (
  select today.day, (today.day + time '08:00') at time zone 'Europe/London' as moment
  from (values ((now() at time zone 'Europe/London')::date)) as today (day)
)
select
  to_char(race.off_dt at time zone 'Europe/London', 'HH24:MI') as off,
  course.name as course,
  horse.name as horse,
  case
    when runner.is_non_runner then 'is a non-runner'
    else 'has another entry, and is ridden by ' || coalesce(names.jockey_name, 'nobody yet')
  end as what
from since
join ra_races as race on race.race_date = since.day and race.created_at < since.moment
join ra_mst_courses as course on course.id = race.course_id
join ra_runners as runner on runner.race_id = race.id and runner.updated_at >= since.moment and not runner.has_result
join ra_mst_horses as horse on horse.id = runner.horse_id
join ra_runner_names as names on names.race_id = runner.race_id and names.horse_id = runner.horse_id
union all
select
  to_char(race.off_dt at time zone 'Europe/London', 'HH24:MI'),
  course.name,
  null,
  case
    when race.is_abandoned then 'is abandoned'
    when race.created_at >= since.moment then 'is new'
    else concat_ws(', ', 'has another card: ' || race.field_size || ' runners', race.going)
  end
from since
join ra_races as race on race.race_date = since.day and race.updated_at >= since.moment and not race.has_result
join ra_mst_courses as course on course.id = race.course_id
order by off, course, horse nulls first;
