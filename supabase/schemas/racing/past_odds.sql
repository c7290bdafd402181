-- What only an old database says of prices: how those of the bookmakers came about, and what the market made of a
-- runner. The Racing API has neither, so a copy of such a database alone fills these, and only while
-- backfill_settings.capture_odds is on. Every row of theirs is marked by its table.

create table public.ra_runner_odds_history (
  race_id text not null,
  horse_id text not null,
  bookmaker_code text not null references public.ra_mst_bookmakers,
  quoted_at timestamptz not null,
  fractional text,
  decimal numeric(10, 2),
  ew_places integer,
  ew_denominator integer,
  is_in_running boolean not null default false,
  created_at timestamptz not null default engine.clock(),
  constraint ra_runner_odds_history_pkey primary key (race_id, horse_id, bookmaker_code, quoted_at),
  constraint ra_runner_odds_history_runner
    foreign key (race_id, horse_id) references public.ra_runners on delete cascade,
  constraint ra_runner_odds_history_has_price check (num_nonnulls(fractional, decimal) > 0)
);
comment on table public.ra_runner_odds_history is
  'Each price to win that an old database saw a bookmaker quote for a runner, a row per moment, the last one too. All
   rows come from there: The Racing API''s odds have their last price in ra_runner_odds. docs/legacy_values.md.';
comment on column public.ra_runner_odds_history.race_id is 'The race.';
comment on column public.ra_runner_odds_history.horse_id is 'The runner in it.';
comment on column public.ra_runner_odds_history.bookmaker_code is 'The bookmaker that quoted the price.';
comment on column public.ra_runner_odds_history.quoted_at is 'When it did.';
comment on column public.ra_runner_odds_history.fractional is
  'As printed: "7/2"; exchanges print the decimal price here ("3.35"). Null when only the decimal price is known.';
comment on column public.ra_runner_odds_history.decimal is
  'Decimal price, stake included; null when only the fraction is known.';
comment on column public.ra_runner_odds_history.ew_places is
  'Places that an each-way bet pays; null where the old database does not say.';
comment on column public.ra_runner_odds_history.ew_denominator is
  'What the odds are divided by for an each-way bet: 5 pays a fifth of them; null where the old database does not say.';
comment on column public.ra_runner_odds_history.is_in_running is 'True when the race was being run.';
comment on column public.ra_runner_odds_history.created_at is 'When the row was copied.';
create index ra_runner_odds_history_bookmaker_code on public.ra_runner_odds_history (bookmaker_code);

create table public.ra_runner_prices (
  race_id text not null,
  horse_id text not null,
  sp_decimal numeric,
  sp_rank integer,
  forecast_decimal numeric,
  pre_race_min numeric,
  pre_race_max numeric,
  in_running_min numeric,
  in_running_max numeric,
  win_return numeric,
  each_way_return numeric,
  place_return numeric,
  source text,
  legacy_id bigint not null,
  created_at timestamptz not null default engine.clock(),
  constraint ra_runner_prices_pkey primary key (race_id, horse_id),
  constraint ra_runner_prices_runner foreign key (race_id, horse_id) references public.ra_runners on delete cascade
);
comment on table public.ra_runner_prices is
  'What the market made of a runner, as a file of prices had it that an old database had read (ra_odds_historical): a
   row per runner. All rows come from there. The file has no ids: docs/legacy_values.md says how its rows found their
   runners. Every price is decimal, stake included, and null when the file has none.';
comment on column public.ra_runner_prices.race_id is 'The race.';
comment on column public.ra_runner_prices.horse_id is 'The runner in it.';
comment on column public.ra_runner_prices.sp_decimal is
  'Starting price by the file. That of the API is ra_runners.sp_decimal.';
comment on column public.ra_runner_prices.sp_rank is 'Place in the market at the off: 1 is the favourite.';
comment on column public.ra_runner_prices.forecast_decimal is 'Price that was forecast.';
comment on column public.ra_runner_prices.pre_race_min is 'Lowest price on the exchange before the race.';
comment on column public.ra_runner_prices.pre_race_max is 'Highest price on the exchange before the race.';
comment on column public.ra_runner_prices.in_running_min is 'Lowest price on the exchange during the race.';
comment on column public.ra_runner_prices.in_running_max is 'Highest price on the exchange during the race.';
comment on column public.ra_runner_prices.win_return is
  'What a bet to win returned, as the file has it: of which stake, nothing says.';
comment on column public.ra_runner_prices.each_way_return is 'What an each-way bet returned, as the file has it.';
comment on column public.ra_runner_prices.place_return is 'What a bet on a place returned, as the file has it.';
comment on column public.ra_runner_prices.source is 'What the old database called the source.';
comment on column public.ra_runner_prices.legacy_id is
  'The old row: ra_odds_historical.racing_bet_data_id. Of several rows for one runner, the one with the highest.';
comment on column public.ra_runner_prices.created_at is 'When the row was copied.';
create index ra_runner_prices_legacy_id on public.ra_runner_prices (legacy_id);

alter table public.ra_runner_odds_history enable row level security;
alter table public.ra_runner_prices enable row level security;
revoke all on public.ra_runner_odds_history, public.ra_runner_prices from public, anon, authenticated, service_role;
grant select, insert on public.ra_runner_odds_history, public.ra_runner_prices to service_role;
