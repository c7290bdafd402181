-- Told of 19 October 2025 only: not seen a day later.

create table public.ra_odds_history (
  id bigserial primary key,
  runner_odds_id bigint,
  fractional_odds varchar(20),
  decimal_odds numeric,
  timestamp timestamp,
  captured_at timestamp default current_timestamp
);
