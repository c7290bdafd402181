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
comment on table public.ra_races is
  'Races, one row each, filled by racecards and results. Source: The Racing API, /racecards/pro and /results. Columns begin with
   who owns them. Card: only cards fill it. Result: only results do. Both: a result''s word stands, and a card fills what it left
   open. A missing value never replaces a known one.';
comment on column public.ra_races.id is
  'Both. Opaque text; some numbers in it are beyond 32 bits. The Racing API, /racecards/pro and /results, `race_id`.';
comment on column public.ra_races.course_id is 'Both. The Racing API, /racecards/pro and /results, `course_id`.';
comment on column public.ra_races.region_code is
  'Both. Region of the course, lower case (gb, ire). The Racing API, /racecards/pro and /results, `region`.';
comment on column public.ra_races.race_date is
  'Both. The UK racing day. When card and result differ (a meeting moved), the result''s day. The Racing API, /racecards/pro and
   /results, `date`.';
comment on column public.ra_races.off_dt is
  'Both. Off time with its offset: the truth about when the race starts. Null when none is sent. The Racing API, /racecards/pro
   and /results, `off_dt`.';
comment on column public.ra_races.off_time is
  'Both. The off time as printed, local and 12-hour without am or pm ("1:44"). For showing only. The Racing API, /racecards/pro,
   `off_time`, and /results, `off`.';
comment on column public.ra_races.race_name is 'Both. The Racing API, /racecards/pro and /results, `race_name`.';
comment on column public.ra_races.race_type is
  'Both. Flat, Hurdle, Chase, …, as sent. The Racing API, /racecards/pro and /results, `type`.';
comment on column public.ra_races.race_class is
  'Both. As sent ("Class 4"); null for a race without a class. The Racing API, /racecards/pro, `race_class`, and /results,
   `class`.';
comment on column public.ra_races.pattern is
  'Both. "Group 1", "Grade 2", "Listed"; null for any other race. The Racing API, /racecards/pro and /results, `pattern`.';
comment on column public.ra_races.age_band is
  'Both. Ages that may run, as sent ("2yo", "4yo+"). The Racing API, /racecards/pro and /results, `age_band`.';
comment on column public.ra_races.sex_restriction is
  'Both. Sexes that may run, as letters ("F", "M"); null when all may. The Racing API, /racecards/pro, `sex_restriction`, and
   /results, `sex_rest`.';
comment on column public.ra_races.rating_band is
  'Both. Official ratings that may run, as sent ("0-75"); null without a limit. The Racing API, /racecards/pro and /results,
   `rating_band`.';
comment on column public.ra_races.distance_yards is
  'Both. In yards: from the result''s `dist_y`, else from its `dist`; of a card from the text ("2m53y" is 3573). The Racing API,
   /racecards/pro, `distance`, and /results, `dist_y`, `dist`.';
comment on column public.ra_races.distance_metres is
  'Both. In metres, whole; worked out from the yards where the source does not say. The Racing API, /results, `dist_m`.';
comment on column public.ra_races.distance_furlongs is
  'Both. In furlongs; worked out from the yards where the source does not say. The Racing API, /racecards/pro, `distance_f`, and
   /results, `dist_f`.';
comment on column public.ra_races.going is
  'Both. As sent: the vocabulary changes ("Standard To Slow" became "Standard / Slow"). The Racing API, /racecards/pro and
   /results, `going`.';
comment on column public.ra_races.surface is 'Both. Turf or AW, as sent. The Racing API, /racecards/pro and /results, `surface`.';
comment on column public.ra_races.jumps is
  'Both. What is jumped, as sent ("8 hurdles"); null on the flat. The Racing API, /racecards/pro and /results, `jumps`.';
comment on column public.ra_races.has_card is 'Card. True once a card of the race was stored.';
comment on column public.ra_races.has_result is 'Result. True once a result of the race was stored.';
comment on column public.ra_races.card_date is
  'Card. The day that the card gives the race; differs from race_date when the meeting moved. The Racing API, /racecards/pro,
   `date`.';
comment on column public.ra_races.card_distance is
  'Card. The distance to the yard, as printed ("2m53y"). The Racing API, /racecards/pro, `distance`.';
comment on column public.ra_races.card_distance_round is
  'Card. The distance as a race is known by ("2m"). The Racing API, /racecards/pro, `distance_round`.';
comment on column public.ra_races.prize_amount is
  'Card. The advertised prize, in prize_currency; null on ante-post cards. The Racing API, /racecards/pro, `prize`.';
comment on column public.ra_races.prize_currency is
  'Card. ISO 4217: GBP or EUR for UK and Irish races; null exactly when the amount is. The Racing API, /racecards/pro, `prize`.';
comment on column public.ra_races.field_size is
  'Card. As sent: without non-runners and reserves; 0 on ante-post cards. Counts are derived from ra_runners. The Racing API,
   /racecards/pro, `field_size`.';
comment on column public.ra_races.going_detailed is
  'Card. The going in more words, as sent; null when nothing is said. The Racing API, /racecards/pro, `going_detailed`.';
comment on column public.ra_races.rail_movements is
  'Card. How far the rails were moved, as sent; null when nothing is said. The Racing API, /racecards/pro, `rail_movements`.';
comment on column public.ra_races.stalls is
  'Card. Where the stalls stand, as sent ("Centre"); null when nothing is said. The Racing API, /racecards/pro, `stalls`.';
comment on column public.ra_races.weather is 'Card. As sent ("Overcast"). The Racing API, /racecards/pro, `weather`.';
comment on column public.ra_races.is_big_race is
  'Card. The source counts it among the big races; null when it does not say. The Racing API, /racecards/pro, `big_race`.';
comment on column public.ra_races.is_abandoned is
  'Card. The card says that the race was abandoned: no result follows. The newest card decides. The Racing API, /racecards/pro,
   `is_abandoned`.';
comment on column public.ra_races.race_status is
  'Card. As sent; null on cards from before the field was there. The Racing API, /racecards/pro, `race_status`.';
comment on column public.ra_races.tip is 'Card. Name of the horse that is tipped. The Racing API, /racecards/pro, `tip`.';
comment on column public.ra_races.verdict is
  'Card. The tipster''s sentence on the race. The Racing API, /racecards/pro, `verdict`.';
comment on column public.ra_races.betting_forecast is
  'Card. Expected prices, as printed ("9/4 One Horse, 11/4 Another"). The Racing API, /racecards/pro, `betting_forecast`.';
comment on column public.ra_races.result_distance is
  'Result. The distance as printed, rounded to the half furlong ("1m½f"). The Racing API, /results, `dist`.';
comment on column public.ra_races.winning_time_detail is
  'Result. Winning time as printed, with its difference to the standard ("3m 59.31s (slow by 4.69s)"). The Racing API, /results,
   `winning_time_detail`.';
comment on column public.ra_races.stewards_comments is
  'Result. What the stewards decided; null when nothing is said. The Racing API, /results, `comments`.';
comment on column public.ra_races.non_runners is
  'Result. Who did not run and why, as printed ("One Horse (unsuitable ground)"). ra_runners.is_non_runner is derived otherwise.
   The Racing API, /results, `non_runners`.';
comment on column public.ra_races.tote_win is
  'Result. Tote dividends are kept as printed, with their currency; a dead heat has two ("£3.25 £1.20"). The Racing API,
   /results, `tote_win`.';
comment on column public.ra_races.tote_place is
  'Result. One dividend for each placed horse, as printed ("£1.70 £1.20"). The Racing API, /results, `tote_pl`.';
comment on column public.ra_races.tote_exacta is
  'Result. Dividend for the first two in order, as printed. The Racing API, /results, `tote_ex`.';
comment on column public.ra_races.tote_csf is
  'Result. Computer straight forecast, as printed; null when none was paid. The Racing API, /results, `tote_csf`.';
comment on column public.ra_races.tote_tricast is
  'Result. Dividend for the first three in order of a big handicap, as printed; null when none was paid. The Racing API,
   /results, `tote_tricast`.';
comment on column public.ra_races.tote_trifecta is
  'Result. Tote dividend for the first three in order, as printed; null when none was paid. The Racing API, /results,
   `tote_trifecta`.';

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
comment on table public.ra_runners is
  'Runners: one horse in one race. Entries of the card that did not run stay, marked as such. Columns begin with who owns them.
   Card: only cards fill it. Result: only results do. Both: a result''s word stands, and a card fills what it left open. A
   missing value never replaces a known one.';
comment on column public.ra_runners.race_id is 'Both. The Racing API, /racecards/pro and /results, `race_id`.';
comment on column public.ra_runners.horse_id is
  'Both. A horse may run twice on a day: only race and horse together are one runner. The Racing API, /racecards/pro and
   /results, `horse_id`.';
comment on column public.ra_runners.jockey_id is
  'Both. Null while undeclared, and for a non-runner that is sent with the placeholder NON-RUNNER. The Racing API, /racecards/pro
   and /results, `jockey_id`.';
comment on column public.ra_runners.trainer_id is
  'Both. Null when none is named. The Racing API, /racecards/pro and /results, `trainer_id`.';
comment on column public.ra_runners.owner_id is
  'Both. Null when none is named. The Racing API, /racecards/pro and /results, `owner_id`.';
comment on column public.ra_runners.number is
  'Both. Saddlecloth number ("R20" is 20); null before it is given, and where the card puts NR in its place. The Racing API,
   /racecards/pro and /results, `number`.';
comment on column public.ra_runners.draw is
  'Both. Stall; null where there are none (the API sends 0). The Racing API, /racecards/pro and /results, `draw`.';
comment on column public.ra_runners.age is
  'Both. In years, on the day of the race. The Racing API, /racecards/pro and /results, `age`.';
comment on column public.ra_runners.sex_code is
  'Both. On the day of the race: C, F, G, H, M, R. The Racing API, /racecards/pro, `sex_code`, and /results, `sex`.';
comment on column public.ra_runners.weight_lbs is
  'Both. Weight carried, in pounds. The Racing API, /racecards/pro, `lbs`, and /results, `weight_lbs`, `weight`.';
comment on column public.ra_runners.headgear is
  'Both. Letters as sent (p cheekpieces, b blinkers, v visor, h hood, t tongue strap); null for none. The Racing API,
   /racecards/pro and /results, `headgear`.';
comment on column public.ra_runners.official_rating is
  'Both. Official rating in force; null for an unrated horse (the API sends a dash). The Racing API, /racecards/pro, `ofr`, and
   /results, `or`.';
comment on column public.ra_runners.jockey_claim_lbs is
  'Both. Allowance of the jockey, in pounds; 0 when a jockey of a card claims none, null when nothing is said. The Racing API,
   /racecards/pro, `jockey` ("Name(5)"), and /results, `jockey_claim_lbs`.';
comment on column public.ra_runners.silk_url is
  'Both. Picture of the owner''s colours. The Racing API, /racecards/pro and /results, `silk_url`.';
comment on column public.ra_runners.is_non_runner is
  'Both. Declared, did not run: the card says so, or the race has a result without this horse. The Racing API, /racecards/pro and
   /results, `number` (NR), `jockey`, `jockey_id`.';
comment on column public.ra_runners.is_reserve is
  'Card. A reserve of an Irish card ("R20"); not counted in the field. The Racing API, /racecards/pro, `number`.';
comment on column public.ra_runners.has_card is 'Card. True once a card named the runner.';
comment on column public.ra_runners.has_result is 'Result. True once a result named the runner.';
comment on column public.ra_runners.headgear_run is
  'Card. Which run in this headgear it is, as sent ("1" the first); null when nothing is said. The Racing API, /racecards/pro,
   `headgear_run`.';
comment on column public.ra_runners.wind_surgery is
  'Card. "w" after a wind operation, as sent; null for none. The Racing API, /racecards/pro, `wind_surgery`.';
comment on column public.ra_runners.wind_surgery_run is
  'Card. Which run since the wind operation it is, as sent ("1" the first); null for none. The Racing API, /racecards/pro,
   `wind_surgery_run`.';
comment on column public.ra_runners.card_rpr is
  'Card. Best Racing Post Rating before the race, as the card prints it; rpr is the rating earned in the race. Null without one.
   The Racing API, /racecards/pro, `rpr`.';
comment on column public.ra_runners.card_topspeed is
  'Card. Best Topspeed before the race; topspeed is the figure earned in the race. Null without one. The Racing API,
   /racecards/pro, `ts`.';
comment on column public.ra_runners.form is
  'Card. Form figures as printed, newest last, "-" between seasons ("542-"); null for a horse that never ran. The Racing API,
   /racecards/pro, `form`.';
comment on column public.ra_runners.last_run is
  'Card. As printed: "95", "68 (36J)" (days since a run of this code, other code in brackets), "(22P)"; null when it never ran.
   The Racing API, /racecards/pro, `last_run`.';
comment on column public.ra_runners.last_run_days is
  'Card. Days since the last run under this code; null when there was none. The Racing API, /racecards/pro, `last_run`.';
comment on column public.ra_runners.card_comment is
  'Card. A sentence on the horse, before the race. The Racing API, /racecards/pro, `comment`.';
comment on column public.ra_runners.spotlight is
  'Card. A longer text on the horse''s chances. The Racing API, /racecards/pro, `spotlight`.';
comment on column public.ra_runners.trainer_rtf_percent is
  'Card. Percentage of the trainer''s recent runners that ran to form; null without any. The Racing API, /racecards/pro,
   `trainer_rtf`.';
comment on column public.ra_runners.trainer_14_days_runs is
  'Card. Runners of the trainer in the 14 days before the card. The Racing API, /racecards/pro, `trainer_14_days.runs`.';
comment on column public.ra_runners.trainer_14_days_wins is
  'Card. Winners among them. The Racing API, /racecards/pro, `trainer_14_days.wins`.';
comment on column public.ra_runners.trainer_14_days_percent is
  'Card. Percentage of winners, as sent. The Racing API, /racecards/pro, `trainer_14_days.percent`.';
comment on column public.ra_runners.past_results_flags is
  'Card. Letters such as C (won at this course), D (at this distance), BF (beaten favourite); null for none. The Racing API,
   /racecards/pro, `past_results_flags`.';
comment on column public.ra_runners.quotes is
  'Card. Array of {date, horse_id, race_id, course_id, distance_f, distance_y, quote, …} as sent; null for none. The Racing API,
   /racecards/pro, `quotes`.';
comment on column public.ra_runners.stable_tour is
  'Card. Array of {quote} as sent: what the trainer said of the horse; null for none. The Racing API, /racecards/pro,
   `stable_tour`.';
comment on column public.ra_runners.medical is
  'Card. Array of {date, type} as sent ("Wind Surgery"); null for none. The Racing API, /racecards/pro, `medical`.';
comment on column public.ra_runners.previous_trainers is
  'Card. Array of {trainer, trainer_id, change_date} as sent; null for none. The Racing API, /racecards/pro, `prev_trainers`.';
comment on column public.ra_runners.previous_owners is
  'Card. Array of {owner, owner_id, change_date} as sent; null for none. The Racing API, /racecards/pro, `prev_owners`.';
comment on column public.ra_runners.position is
  'Result. Finishing position; equal for a dead heat; null when position_code says why. The Racing API, /results, `position`.';
comment on column public.ra_runners.position_code is
  'Result. Why there is no position: PU, F, UR, BD, RO, RR, SU, REF, DSQ, LFT, CO, VOI; other letters are kept too. The Racing
   API, /results, `position`.';
comment on column public.ra_runners.beaten_lengths is
  'Result. Lengths behind the horse in front; 0 for the winner and in a dead heat; null when not measured. The Racing API,
   /results, `btn`.';
comment on column public.ra_runners.beaten_lengths_overall is
  'Result. Lengths behind the winner; null when not measured. The Racing API, /results, `ovr_btn`.';
comment on column public.ra_runners.time_seconds is
  'Result. Time from off to finish, in seconds; null when not measured. The Racing API, /results, `time`.';
comment on column public.ra_runners.sp is
  'Result. Starting price as a fraction ("13/8", "Evens") without the favourite''s letter. The Racing API, /results, `sp`.';
comment on column public.ra_runners.sp_decimal is
  'Result. Starting price as a decimal, stake included ("4.50"). The Racing API, /results, `sp_dec`.';
comment on column public.ra_runners.sp_favourite is
  'Result. favourite, joint favourite or co-favourite, from the letter behind the price (F, J, C); null for any other. The Racing
   API, /results, `sp`.';
comment on column public.ra_runners.bsp is
  'Result. Betfair starting price, decimal. Sent since 2026. The Racing API, /results, `bsp`.';
comment on column public.ra_runners.rpr is
  'Result. Racing Post Rating earned; arrives one to five days after the race. Never overwritten by a missing one. The Racing
   API, /results, `rpr`.';
comment on column public.ra_runners.topspeed is
  'Result. Topspeed figure earned; arrives as late as rpr, and is kept like it. The Racing API, /results, `tsr`.';
comment on column public.ra_runners.prize_amount is
  'Result. Prize money won, in prize_currency; null for none. The Racing API, /results, `prize`.';
comment on column public.ra_runners.prize_currency is
  'Result. ISO 4217, that of the race''s region where the amount has no sign; null exactly when the amount is. The Racing API,
   /results, `prize`.';
comment on column public.ra_runners.result_comment is
  'Result. How the race went for the horse. The Racing API, /results, `comment`.';

do $$
declare
  part text;
begin
  foreach part in array array['races', 'runners'] loop
    execute format('comment on column public.ra_%s.created_at is %L', part, 'When the row was first written.');
    execute format(
      'comment on column public.ra_%s.updated_at is %L', part,
      'When a value of the row last changed. A pull that brings nothing new leaves it.'
    );
  end loop;
end
$$;

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
