-- Odds of the old system, and its log of what it collected.

create table public.ra_runner_odds (
  id bigserial primary key,
  race_id varchar(50) not null,
  horse_id varchar(50) not null,
  bookmaker_id bigint not null,
  fractional_odds varchar(20),
  decimal_odds numeric,
  ew_places integer,
  ew_denom integer,
  updated_at timestamp not null,
  captured_at timestamp default current_timestamp
);

create table public.ra_odds_live (
  id bigserial primary key,
  race_id text not null,
  horse_id text not null,
  bookmaker_id text not null,
  race_date date not null,
  race_time time,
  off_dt timestamptz,
  course text not null,
  race_name text,
  race_class text,
  race_type text,
  distance text,
  going text,
  runners integer,
  horse_name text not null,
  horse_number integer,
  jockey text,
  trainer text,
  draw integer,
  weight text,
  age integer,
  form text,
  bookmaker_name text not null,
  bookmaker_type text default 'fixed',
  market_type text default 'WIN',
  odds_decimal numeric,
  odds_fractional text,
  market_status text default 'OPEN',
  in_play boolean default false,
  odds_timestamp timestamptz not null,
  fetched_at timestamptz default now(),
  updated_at timestamptz default now()
);

-- The sequence keeps the table's first name.
create table public.rb_odds_historical (
  racing_bet_data_id bigserial primary key,
  date_of_race timestamptz,
  country varchar(10),
  track text,
  race_time time,
  going text,
  race_type text,
  distance text,
  race_class integer,
  runners_count integer,
  horse_name text,
  official_rating integer default 0,
  age integer,
  weight text,
  jockey text,
  trainer text,
  headgear text,
  stall_number integer,
  sp_favorite_position integer,
  industry_sp numeric,
  finishing_position text,
  winning_distance text,
  ip_min numeric,
  ip_max numeric,
  pre_race_min numeric,
  pre_race_max numeric,
  forecasted_odds numeric,
  sp_win_return numeric,
  ew_return numeric,
  place_return numeric,
  data_source text,
  file_source text default 'Racing API',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  match_timestamp timestamptz,
  race_name text
);
alter table public.rb_odds_historical rename to ra_odds_historical;

create table public.ra_odds_statistics (
  id serial primary key,
  fetch_timestamp timestamptz not null,
  race_id text,
  races_count integer default 0,
  horses_count integer default 0,
  bookmakers_found integer default 0,
  total_odds_fetched integer default 0,
  bookmaker_list text[],
  fetch_duration_ms numeric,
  errors_count integer default 0,
  created_at timestamptz default now()
);

create table public.ra_collection_metadata (
  id uuid primary key default gen_random_uuid(),
  table_name text not null,
  operation text not null,
  records_processed integer default 0,
  records_inserted integer default 0,
  records_updated integer default 0,
  records_skipped integer default 0,
  status text not null,
  error_message text,
  metadata jsonb,
  updated_at timestamptz default now(),
  created_at timestamptz default now()
);
