-- A declared runner with its record before the race: the rows of racing.card.

create type racing.card_line as (
  race_id text,
  horse_id text,
  race_date date,
  off_dt timestamptz,
  course_name text,
  race_name text,
  code text,
  distance_band text,
  going_group text,
  number smallint,
  draw smallint,
  horse_name text,
  age smallint,
  weight_lbs smallint,
  official_rating smallint,
  headgear text,
  trainer_name text,
  jockey_name text,
  owner_name text,
  is_non_runner boolean,
  is_reserve boolean,
  is_abandoned boolean,
  last_six text,
  days_since_run integer,
  runs integer,
  wins integer,
  places integer,
  course_runs integer,
  course_wins integer,
  course_places integer,
  distance_runs integer,
  distance_wins integer,
  distance_places integer,
  going_runs integer,
  going_wins integer,
  going_places integer,
  code_runs integer,
  code_wins integer,
  code_places integer,
  trainer_14_days_runs integer,
  trainer_14_days_wins integer,
  trainer_30_days_runs integer,
  trainer_30_days_wins integer,
  jockey_14_days_runs integer,
  jockey_14_days_wins integer,
  jockey_30_days_runs integer,
  jockey_30_days_wins integer,
  together_runs integer,
  together_wins integer,
  trainer_course_runs integer,
  trainer_course_wins integer,
  jockey_course_runs integer,
  jockey_course_wins integer,
  together_course_runs integer,
  together_course_wins integer
);
comment on type racing.card_line is
  'A declared runner with its record before the off of its race: a row of racing.card().';
comment on column racing.card_line.race_id is 'ra_races.id; with horse_id the key of a row.';
comment on column racing.card_line.horse_id is 'ra_mst_horses.id.';
comment on column racing.card_line.race_date is 'UK racing day.';
comment on column racing.card_line.off_dt is 'Off time; null when none is sent.';
comment on column racing.card_line.course_name is 'Name of the course.';
comment on column racing.card_line.race_name is 'As sent.';
comment on column racing.card_line.code is 'racing.code() of the race.';
comment on column racing.card_line.distance_band is 'racing.distance_band() of the race.';
comment on column racing.card_line.going_group is
  'racing.goings.going_group of the race''s going as last sent; null before one is, and for an unknown one.';
comment on column racing.card_line.number is 'Saddlecloth number.';
comment on column racing.card_line.draw is 'Stall; null where there are none.';
comment on column racing.card_line.horse_name is 'Name of the horse.';
comment on column racing.card_line.age is 'In years.';
comment on column racing.card_line.weight_lbs is 'In pounds.';
comment on column racing.card_line.official_rating is 'Official rating in force.';
comment on column racing.card_line.headgear is 'Letters as sent; null for none.';
comment on column racing.card_line.trainer_name is 'Name of the trainer.';
comment on column racing.card_line.jockey_name is 'Name of the jockey; null while undeclared.';
comment on column racing.card_line.owner_name is 'Name of the owner.';
comment on column racing.card_line.is_non_runner is 'Declared and taken out. Its record is shown all the same.';
comment on column racing.card_line.is_reserve is 'A reserve of an Irish card.';
comment on column racing.card_line.is_abandoned is 'The race was abandoned, as the card says.';
comment on column racing.card_line.last_six is
  'The last six runs, oldest first, a character each: racing.form_figure(). Null for a horse without a run.';
comment on column racing.card_line.days_since_run is 'Days from the day of the last run to the race''s.';
comment on column racing.card_line.runs is
  'Runs of the horse before the off of this race, under any code (racing.starts).';
comment on column racing.card_line.wins is 'Those won, dead heats and walkovers included.';
comment on column racing.card_line.places is
  'Those placed, the winner included: position <= racing.places_paid() of that race.';
comment on column racing.card_line.course_runs is 'Runs at this course (course_id).';
comment on column racing.card_line.course_wins is 'Those won.';
comment on column racing.card_line.course_places is 'Those placed.';
comment on column racing.card_line.distance_runs is 'Runs over this distance_band.';
comment on column racing.card_line.distance_wins is 'Those won.';
comment on column racing.card_line.distance_places is 'Those placed.';
comment on column racing.card_line.going_runs is 'Runs on this going_group; 0 while the going is not known.';
comment on column racing.card_line.going_wins is 'Those won.';
comment on column racing.card_line.going_places is 'Those placed.';
comment on column racing.card_line.code_runs is 'Runs under this code.';
comment on column racing.card_line.code_wins is 'Those won.';
comment on column racing.card_line.code_places is 'Those placed.';
comment on column racing.card_line.trainer_14_days_runs is
  'Runs of the trainer (by id) from 14 days before the race''s day to its off. All columns of people are null where
   the person has no id.';
comment on column racing.card_line.trainer_14_days_wins is 'Those won.';
comment on column racing.card_line.trainer_30_days_runs is 'The same from 30 days before.';
comment on column racing.card_line.trainer_30_days_wins is 'Those won.';
comment on column racing.card_line.jockey_14_days_runs is
  'Runs of the jockey (by id) from 14 days before the race''s day to its off.';
comment on column racing.card_line.jockey_14_days_wins is 'Those won.';
comment on column racing.card_line.jockey_30_days_runs is 'The same from 30 days before.';
comment on column racing.card_line.jockey_30_days_wins is 'Those won.';
comment on column racing.card_line.together_runs is
  'All stored runs before the off that this jockey rode for this trainer.';
comment on column racing.card_line.together_wins is 'Those won.';
comment on column racing.card_line.trainer_course_runs is
  'All stored runs of the trainer at this course before the off.';
comment on column racing.card_line.trainer_course_wins is 'Those won.';
comment on column racing.card_line.jockey_course_runs is 'All stored runs of the jockey at this course before the off.';
comment on column racing.card_line.jockey_course_wins is 'Those won.';
comment on column racing.card_line.together_course_runs is
  'All stored runs of both together at this course before the off.';
comment on column racing.card_line.together_course_wins is 'Those won.';
