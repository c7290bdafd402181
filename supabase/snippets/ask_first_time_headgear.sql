-- Who wears headgear for the first time today?
select
  to_char(form.off_dt at time zone 'Europe/London', 'HH24:MI') as off,
  form.course_name as course,
  form.horse_name as horse,
  form.headgear,
  form.previous_headgear as before,
  form.trainer_name as trainer,
  form.days_since_run
from racing.runner_form as form
where
  form.race_date = (now() at time zone 'Europe/London')::date
  and form.is_first_time_headgear
  and not form.is_non_runner
order by form.off_dt, form.race_id, form.horse_name;
