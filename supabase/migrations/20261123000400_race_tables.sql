-- Races and runners. A racecard (before the race) and a result (after it) meet in the same row, in either order.
-- Columns are card-owned, result-owned or shared; engine.upsert_races and engine.upsert_runners keep to that.

create table public.ra_races (
  id text primary key,
  course_id text not null references public.ra_mst_courses,
  region_code text not null,
  race_date date not null,
  off_dt timestamptz,
  off_time text,
  race_name text,
  race_type text,
  race_class text,
  pattern text,
  age_band text,
  sex_restriction text,
  rating_band text,
  distance_yards integer,
  distance_metres integer,
  distance_furlongs numeric(6, 2),
  going text,
  surface text,
  jumps text,
  has_card boolean not null default false,
  has_result boolean not null default false,
  -- card-owned
  card_date date,
  card_distance text,
  card_distance_round text,
  prize_amount numeric(12, 2),
  prize_currency text,
  field_size integer,
  going_detailed text,
  rail_movements text,
  stalls text,
  weather text,
  is_big_race boolean,
  is_abandoned boolean not null default false,
  race_status text,
  tip text,
  verdict text,
  betting_forecast text,
  -- result-owned
  result_distance text,
  winning_time_detail text,
  stewards_comments text,
  non_runners text,
  tote_win text,
  tote_place text,
  tote_exacta text,
  tote_csf text,
  tote_tricast text,
  tote_trifecta text,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_races_region_code_lower_case check (region_code = lower(region_code)),
  constraint ra_races_prize_has_currency check ((prize_amount is null) = (prize_currency is null)),
  constraint ra_races_currency_is_iso check (prize_currency ~ '^[A-Z]{3}$')
);
comment on table public.ra_races is 'Races, one row each, filled by racecards and results. Source: The Racing API, /racecards/pro and /results.';
comment on column public.ra_races.race_date is 'The UK racing day. When card and result differ (a meeting moved), the result''s day.';
comment on column public.ra_races.card_date is
  'Card. The day that the card gives the race; differs from race_date when the meeting moved. The Racing API, /racecards/pro, `date`.';
comment on column public.ra_races.off_dt is 'Off time with its offset, as the API''s off_dt says. The truth about when the race starts.';
comment on column public.ra_races.off_time is 'The off time as printed, local and 12-hour without am or pm ("1:44"). For showing only.';
comment on column public.ra_races.distance_yards is 'From the result (dist_y), else from the card''s text ("2m53y" is 3573).';
comment on column public.ra_races.prize_amount is 'The advertised prize of the card, in prize_currency.';
comment on column public.ra_races.prize_currency is 'ISO 4217: GBP or EUR for UK and Irish races; null exactly when the amount is.';
comment on column public.ra_races.field_size is 'As sent by the card: without non-runners and reserves; 0 on ante-post cards. Counts are derived from ra_runners.';
comment on column public.ra_races.is_abandoned is 'The card says that the race was abandoned: no result follows.';
comment on column public.ra_races.tote_win is 'Tote dividends are kept as printed, with their currency; a dead heat has two ("£3.25 £1.20").';

create table public.ra_runners (
  race_id text not null references public.ra_races on delete cascade,
  horse_id text not null references public.ra_mst_horses,
  jockey_id text references public.ra_mst_jockeys,
  trainer_id text references public.ra_mst_trainers,
  owner_id text references public.ra_mst_owners,
  number integer,
  draw integer,
  age integer,
  sex_code text,
  weight_lbs integer,
  headgear text,
  official_rating integer,
  jockey_claim_lbs integer,
  silk_url text,
  is_non_runner boolean not null default false,
  is_reserve boolean not null default false,
  has_card boolean not null default false,
  has_result boolean not null default false,
  -- card-owned
  headgear_run text,
  wind_surgery text,
  wind_surgery_run text,
  card_rpr integer,
  card_topspeed integer,
  form text,
  last_run text,
  last_run_days integer,
  card_comment text,
  spotlight text,
  trainer_rtf_percent numeric(5, 2),
  trainer_14_days_runs integer,
  trainer_14_days_wins integer,
  trainer_14_days_percent numeric(5, 2),
  past_results_flags text[],
  quotes jsonb,
  stable_tour jsonb,
  medical jsonb,
  previous_trainers jsonb,
  previous_owners jsonb,
  -- result-owned
  position integer,
  position_code text,
  beaten_lengths numeric(8, 2),
  beaten_lengths_overall numeric(8, 2),
  time_seconds numeric(8, 2),
  sp text,
  sp_decimal numeric(10, 2),
  sp_favourite text,
  bsp numeric(10, 2),
  rpr integer,
  topspeed integer,
  prize_amount numeric(12, 2),
  prize_currency text,
  result_comment text,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_runners_pkey primary key (race_id, horse_id),
  constraint ra_runners_prize_has_currency check ((prize_amount is null) = (prize_currency is null)),
  constraint ra_runners_currency_is_iso check (prize_currency ~ '^[A-Z]{3}$'),
  constraint ra_runners_favourite_known check (sp_favourite in ('favourite', 'joint favourite', 'co-favourite'))
);
comment on table public.ra_runners is 'Runners: one horse in one race. Entries of the card that did not run stay, marked as such.';
comment on column public.ra_runners.number is 'Saddlecloth number; null for a non-runner whose number the card replaces by NR.';
comment on column public.ra_runners.draw is 'Stall; null where there are none (the API sends 0).';
comment on column public.ra_runners.sex_code is 'On the day of the race: C, F, G, H, M, R.';
comment on column public.ra_runners.is_non_runner is 'Declared, did not run: the card says so, or the race has a result without this horse.';
comment on column public.ra_runners.is_reserve is 'A reserve of an Irish card ("R20"); not counted in the field.';
comment on column public.ra_runners.card_rpr is 'Best Racing Post Rating before the race, as the card prints it. rpr is the rating earned in the race.';
comment on column public.ra_runners.card_topspeed is 'Best Topspeed before the race. topspeed is the figure earned in the race.';
comment on column public.ra_runners.last_run is 'As printed: "95", "68 (36J)" (days since a run of this code, other code in brackets), "(22P)".';
comment on column public.ra_runners.last_run_days is 'Days since the last run under this code; null when there was none.';
comment on column public.ra_runners.position is 'Finishing position; equal for a dead heat; null when position_code says why.';
comment on column public.ra_runners.position_code is 'Why there is no position: PU, F, UR, BD, RO, RR, SU, REF, DSQ, LFT, CO, VOI.';
comment on column public.ra_runners.beaten_lengths is 'Lengths behind the horse in front; 0 for the winner and in a dead heat.';
comment on column public.ra_runners.beaten_lengths_overall is 'Lengths behind the winner.';
comment on column public.ra_runners.sp is 'Starting price as a fraction ("13/8", "Evens") without the favourite''s letter.';
comment on column public.ra_runners.bsp is 'Betfair starting price, decimal. Sent since 2026.';
comment on column public.ra_runners.rpr is 'Racing Post Rating earned; arrives one to five days after the race. Never overwritten by a missing one.';
comment on column public.ra_runners.trainer_rtf_percent is 'Percentage of the trainer''s recent runners that ran to form.';
comment on column public.ra_runners.quotes is 'Array of {date, horse_id, race_id, course_id, distance_f, distance_y, quote, …} as sent.';

create index ra_races_race_date on public.ra_races (race_date);
create index ra_races_card_date on public.ra_races (card_date);
create index ra_races_course_id on public.ra_races (course_id);
create index ra_runners_horse_id on public.ra_runners (horse_id);
create index ra_runners_jockey_id on public.ra_runners (jockey_id);
create index ra_runners_trainer_id on public.ra_runners (trainer_id);
create index ra_runners_owner_id on public.ra_runners (owner_id);

create trigger skip_unchanged_row before update on public.ra_races
  for each row execute function engine.skip_unchanged_row();
create trigger skip_unchanged_row before update on public.ra_runners
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_races enable row level security;
alter table public.ra_runners enable row level security;
revoke all on public.ra_races, public.ra_runners from anon, authenticated, service_role;
grant select, insert, update on public.ra_races, public.ra_runners to service_role;
