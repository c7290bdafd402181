-- The rows of racing.strike_rates.

create type racing.strike_rate as (
  entity_id text,
  entity_name text,
  partner_id text,
  partner_name text,
  by_value text,
  runs integer,
  wins integer,
  places integer,
  strike_rate numeric,
  strike_rate_low numeric,
  strike_rate_high numeric,
  place_rate numeric,
  prb numeric,
  iv numeric,
  priced_runs integer,
  expected_wins numeric,
  ae numeric,
  fair_ae numeric,
  bsp_runs integer,
  bsp_ae numeric,
  profit numeric,
  longest_losing_run integer,
  first_day date,
  last_day date
);
comment on type racing.strike_rate is
  'How somebody or an animal''s offspring fared in some kind of race: a row of racing.strike_rates().';
comment on column racing.strike_rate.entity_id is
  'Id of the trainer, jockey, owner, sire, dam or damsire; of a pair, the trainer''s. Null for one without an id.';
comment on column racing.strike_rate.entity_name is 'Its name.';
comment on column racing.strike_rate.partner_id is 'Of a pair, the jockey''s id; else null.';
comment on column racing.strike_rate.partner_name is 'Of a pair, the jockey''s name; else null.';
comment on column racing.strike_rate.by_value is
  'Value of what was asked by: course_id, distance_band, going_group, class, code, age, or month of the year (01 to
   12); "all" for by => ''all''. Null where the race does not have it.';
comment on column racing.strike_rate.runs is 'Runs (racing.starts).';
comment on column racing.strike_rate.wins is 'Those won; each horse of a dead heat has won, and a walkover is won.';
comment on column racing.strike_rate.places is 'Those placed, the winner included: position <= racing.places_paid().';
comment on column racing.strike_rate.strike_rate is 'wins / runs, 0 to 1.';
comment on column racing.strike_rate.strike_rate_low is
  'Lower end of the Wilson score interval of strike_rate at 95 %: where the true rate lies in 95 of 100 such samples.
   With p = wins / runs, n = runs, z = 1.96: (p + z²/2n - z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n). Source: E. B.
   Wilson, 1927.';
comment on column racing.strike_rate.strike_rate_high is 'Upper end of it: the same with + z √(…).';
comment on column racing.strike_rate.place_rate is 'places / runs, 0 to 1.';
comment on column racing.strike_rate.prb is
  'Average percentage of rivals beaten, 0 to 1 (racing.prb()); 0.5 is par. Null when all were walkovers.';
comment on column racing.strike_rate.iv is
  'Impact value: (wins / all wins) / (runs / all runs), where all is every run of the same by_value in the same
   days. 1 is par. Null when nothing there was won.';
comment on column racing.strike_rate.priced_runs is 'Runs with a starting price.';
comment on column racing.strike_rate.expected_wins is 'Sum of 1 / sp_decimal over them.';
comment on column racing.strike_rate.ae is
  'Actual against expected wins at the starting price, as geegeez.co.uk has it: wins / expected_wins, over runs
   with a price; a dead heat of n is 1/n of a win. The overround is in it: all runs together come to less than 1.';
comment on column racing.strike_rate.fair_ae is
  'The same without the overround (sp_probability in racing.runner_form): all runs together come to 1. Only races
   in which each runner has a price count.';
comment on column racing.strike_rate.bsp_runs is 'Runs with a Betfair starting price, which is sent since 2026.';
comment on column racing.strike_rate.bsp_ae is
  'As ae, at the Betfair starting price: over those runs, wins / sum of 1 / bsp. Null without one.';
comment on column racing.strike_rate.profit is
  'What a bet of 1 to win on each priced run at its starting price brought, stakes taken off: sum of
   racing.sp_profit().';
comment on column racing.strike_rate.longest_losing_run is
  'Most runs in a row without a win, in the order of their off times.';
comment on column racing.strike_rate.first_day is 'UK racing day of the first of these runs.';
comment on column racing.strike_rate.last_day is 'UK racing day of the last of them.';
