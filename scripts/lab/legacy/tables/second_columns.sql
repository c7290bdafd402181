-- The columns that came with the rename of the masters.

alter table public.ra_races
  add column time time;

alter table public.ra_runners
  add column position integer,
  add column distance_beaten varchar(20),
  add column prize_won numeric(10,2),
  add column starting_price varchar(20),
  add column result_updated_at timestamp,
  add column finishing_time varchar(20),
  add column starting_price_decimal numeric(10,2),
  add column race_comment text,
  add column jockey_silk_url text,
  add column overall_beaten_distance numeric(10,2),
  add column jockey_claim_lbs integer,
  add column weight_stones_lbs varchar(10),
  add column trainer_location varchar;

alter table public.ra_jockeys
  add column last_ride_date date,
  add column last_win_date date,
  add column days_since_last_ride integer,
  add column days_since_last_win integer,
  add column recent_14d_rides integer default 0,
  add column recent_14d_wins integer default 0,
  add column recent_14d_win_rate numeric(5,2) default 0.00,
  add column recent_30d_rides integer default 0,
  add column recent_30d_wins integer default 0,
  add column recent_30d_win_rate numeric(5,2) default 0.00;

alter table public.ra_trainers
  add column last_runner_date date,
  add column last_win_date date,
  add column days_since_last_runner integer,
  add column days_since_last_win integer,
  add column recent_14d_runs integer default 0,
  add column recent_14d_wins integer default 0,
  add column recent_14d_win_rate numeric(5,2) default 0.00,
  add column recent_30d_runs integer default 0,
  add column recent_30d_wins integer default 0,
  add column recent_30d_win_rate numeric(5,2) default 0.00;

alter table public.ra_owners
  add column last_runner_date date,
  add column last_win_date date,
  add column days_since_last_runner integer,
  add column days_since_last_win integer,
  add column recent_14d_runs integer default 0,
  add column recent_14d_wins integer default 0,
  add column recent_14d_win_rate numeric(5,2) default 0.00,
  add column recent_30d_runs integer default 0,
  add column recent_30d_wins integer default 0,
  add column recent_30d_win_rate numeric(5,2) default 0.00;
