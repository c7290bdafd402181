-- What is known of one horse, or of the offspring of one parent: the rows of racing.horse_profile and racing.progeny.

create type racing.profile_line as (
  dimension text,
  value text,
  horses integer,
  runs integer,
  wins integer,
  places integer,
  strike_rate numeric,
  prb numeric,
  expected_wins numeric,
  ae numeric,
  profit numeric,
  best_rpr smallint,
  first_day date,
  last_day date
);
comment on type racing.profile_line is
  'Runs that have something in common: a row of racing.horse_profile() and racing.progeny(). The measures are those of
   racing.strike_rates().';
comment on column racing.profile_line.dimension is
  'all, code, course, distance, going, class, age, headgear or jockey.';
comment on column racing.profile_line.value is
  'Its value: course_id, distance_band, going_group, class, …; a jockey''s id, or name without one. Null where
   there is none, as for no headgear.';
comment on column racing.profile_line.horses is 'How many horses these runs are of.';
comment on column racing.profile_line.runs is 'Runs (racing.starts).';
comment on column racing.profile_line.wins is 'Those won, dead heats and walkovers included.';
comment on column racing.profile_line.places is 'Those placed, the winner included.';
comment on column racing.profile_line.strike_rate is 'wins / runs, 0 to 1.';
comment on column racing.profile_line.prb is 'Average percentage of rivals beaten, 0 to 1; 0.5 is par.';
comment on column racing.profile_line.expected_wins is
  'Sum of 1 / sp_decimal over the runs with a price; null without one.';
comment on column racing.profile_line.ae is
  'Actual against expected wins at the starting price, over the runs with a price; a dead heat of n is 1/n of a
   win.';
comment on column racing.profile_line.profit is
  'What a bet of 1 to win on each run with a price brought, stakes taken off.';
comment on column racing.profile_line.best_rpr is 'Best Racing Post Rating earned in one of them.';
comment on column racing.profile_line.first_day is 'UK racing day of the first.';
comment on column racing.profile_line.last_day is 'UK racing day of the last.';
