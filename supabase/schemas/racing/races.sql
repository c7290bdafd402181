-- Races. A racecard (before the race) and a result (after it) meet in the same row, in either order.
-- Columns belong to cards, to results or to both: their comments say it, and the upsert is written from them.

create table public.ra_races (
  off_dt timestamptz,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  race_date date not null,
  card_date date,
  distance_yards integer,
  distance_metres integer,
  field_size integer,
  has_card boolean not null default false,
  has_result boolean not null default false,
  is_big_race boolean,
  is_abandoned boolean not null default false,
  from_legacy boolean not null default false,
  id text primary key,
  course_id text not null references public.ra_mst_courses,
  region_code text not null,
  off_time text,
  race_name text,
  race_type text,
  race_class text,
  pattern text,
  age_band text,
  sex_restriction text,
  rating_band text,
  distance_furlongs numeric(6, 2),
  going text,
  surface text,
  jumps text,
  -- card-owned
  card_distance text,
  card_distance_round text,
  prize_amount numeric(12, 2),
  prize_currency text,
  going_detailed text,
  rail_movements text,
  stalls text,
  weather text,
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
  constraint ra_races_region_code_lower_case check (region_code = lower(region_code)),
  -- An amount may be in an unknown currency.
  constraint ra_races_currency_has_amount check (prize_currency is null or prize_amount is not null),
  constraint ra_races_currency_is_iso check (prize_currency ~ '^[A-Z]{3}$')
);
comment on table public.ra_races is
  'Races, one row each, filled by racecards and results. Source: The Racing API, /racecards/pro and /results. The first
   word of a column''s comment is its owner. Card: only cards fill it. Result: only results do. Both: the result takes
   precedence, and a card fills what it left empty. A missing value never replaces a known one.';
comment on column public.ra_races.id is
  'Both. Opaque text; some numbers in it are beyond 32 bits. The Racing API, /racecards/pro and /results, `race_id`.';
comment on column public.ra_races.course_id is 'Both. The Racing API, /racecards/pro and /results, `course_id`.';
comment on column public.ra_races.region_code is
  'Both. Region of the course, lower case (gb, ire). The Racing API, /racecards/pro and /results, `region`.';
comment on column public.ra_races.race_date is
  'Both. The UK racing day. When card and result differ (a meeting moved), the result''s day. The Racing API,
   /racecards/pro and /results, `date`.';
comment on column public.ra_races.off_dt is
  'Both. Off time with its offset: the truth about when the race starts. Null when none is sent. The Racing API,
   /racecards/pro and /results, `off_dt`.';
comment on column public.ra_races.off_time is
  'Both. The off time as printed, local and 12-hour without am or pm ("1:44"). For showing only. The Racing API,
   /racecards/pro, `off_time`, and /results, `off`.';
comment on column public.ra_races.race_name is 'Both. The Racing API, /racecards/pro and /results, `race_name`.';
comment on column public.ra_races.race_type is
  'Both. Flat, Hurdle, Chase, …, as sent. The Racing API, /racecards/pro and /results, `type`.';
comment on column public.ra_races.race_class is
  'Both. As sent ("Class 4"); null for a race without a class. The Racing API, /racecards/pro, `race_class`, and
   /results, `class`.';
comment on column public.ra_races.pattern is
  'Both. "Group 1", "Grade 2", "Listed"; null for any other race. The Racing API, /racecards/pro and /results,
   `pattern`.';
comment on column public.ra_races.age_band is
  'Both. Ages that may run, as sent ("2yo", "4yo+"). The Racing API, /racecards/pro and /results, `age_band`.';
comment on column public.ra_races.sex_restriction is
  'Both. Sexes that may run, as letters ("F", "M"); null when all may. The Racing API, /racecards/pro,
   `sex_restriction`, and /results, `sex_rest`.';
comment on column public.ra_races.rating_band is
  'Both. Official ratings that may run, as sent ("0-75"); null without a limit. The Racing API, /racecards/pro and
   /results, `rating_band`.';
comment on column public.ra_races.distance_yards is
  'Both. In yards: from the result''s `dist_y`, else from its `dist`; of a card from the text ("2m53y" is 3573). The
   Racing API, /racecards/pro, `distance`, and /results, `dist_y`, `dist`.';
comment on column public.ra_races.distance_metres is
  'Both. In metres, whole; worked out from the yards where the source does not say. The Racing API, /results,
   `dist_m`.';
comment on column public.ra_races.distance_furlongs is
  'Both. In furlongs; worked out from the yards where the source does not say. The Racing API, /racecards/pro,
   `distance_f`, and /results, `dist_f`.';
comment on column public.ra_races.going is
  'Both. As sent: the vocabulary changes ("Standard To Slow" became "Standard / Slow"). The Racing API, /racecards/pro
   and /results, `going`.';
comment on column public.ra_races.surface is
  'Both. Turf or AW, as sent. The Racing API, /racecards/pro and /results, `surface`.';
comment on column public.ra_races.jumps is
  'Both. What is jumped, as sent ("8 hurdles"); null on the flat. The Racing API, /racecards/pro and /results,
   `jumps`.';
comment on column public.ra_races.has_card is 'Card. True once a card of the race was stored.';
comment on column public.ra_races.has_result is 'Result. True once a result of the race was stored.';
comment on column public.ra_races.card_date is
  'Card. The day that the card gives the race; differs from race_date when the meeting moved. The Racing API,
   /racecards/pro, `date`.';
comment on column public.ra_races.card_distance is
  'Card. The distance to the yard, as printed ("2m53y"). The Racing API, /racecards/pro, `distance`.';
comment on column public.ra_races.card_distance_round is
  'Card. The distance as a race is known by ("2m"). The Racing API, /racecards/pro, `distance_round`.';
comment on column public.ra_races.prize_amount is
  'Card. The advertised prize, in prize_currency; null on ante-post cards. The Racing API, /racecards/pro, `prize`.';
comment on column public.ra_races.prize_currency is
  'Card. ISO 4217: GBP or EUR for UK and Irish races; null when the amount is, or when its currency is unknown. The
   Racing API, /racecards/pro, `prize`.';
comment on column public.ra_races.field_size is
  'Card. As sent: without non-runners and reserves; 0 on ante-post cards. Counts are derived from ra_runners. The Racing
   API, /racecards/pro, `field_size`.';
comment on column public.ra_races.going_detailed is
  'Card. The going in more words, as sent; null when nothing is said. The Racing API, /racecards/pro,
   `going_detailed`.';
comment on column public.ra_races.rail_movements is
  'Card. How far the rails were moved, as sent; null when nothing is said. The Racing API, /racecards/pro,
   `rail_movements`.';
comment on column public.ra_races.stalls is
  'Card. Where the stalls stand, as sent ("Centre"); null when nothing is said. The Racing API, /racecards/pro,
   `stalls`.';
comment on column public.ra_races.weather is 'Card. As sent ("Overcast"). The Racing API, /racecards/pro, `weather`.';
comment on column public.ra_races.is_big_race is
  'Card. The source counts it among the big races; null when it does not say. The Racing API, /racecards/pro,
   `big_race`.';
comment on column public.ra_races.is_abandoned is
  'Card. The card says that the race was abandoned: no result follows. The newest card decides. The Racing API,
   /racecards/pro, `is_abandoned`.';
comment on column public.ra_races.race_status is
  'Card. As sent; null on cards from before the field was there. The Racing API, /racecards/pro, `race_status`.';
comment on column public.ra_races.tip is
  'Card. Name of the horse that is tipped. The Racing API, /racecards/pro, `tip`.';
comment on column public.ra_races.verdict is
  'Card. The tipster''s sentence on the race. The Racing API, /racecards/pro, `verdict`.';
comment on column public.ra_races.betting_forecast is
  'Card. Expected prices, as printed ("9/4 One Horse, 11/4 Another"). The Racing API, /racecards/pro,
   `betting_forecast`.';
comment on column public.ra_races.result_distance is
  'Result. The distance as printed, rounded to the half furlong ("1m½f"). The Racing API, /results, `dist`.';
comment on column public.ra_races.winning_time_detail is
  'Result. Winning time as printed, with its difference to the standard ("3m 59.31s (slow by 4.69s)"). The Racing API,
   /results, `winning_time_detail`.';
comment on column public.ra_races.stewards_comments is
  'Result. What the stewards decided; null when nothing is said. The Racing API, /results, `comments`.';
comment on column public.ra_races.non_runners is
  'Result. Who did not run and why, as printed ("One Horse (unsuitable ground)"). ra_runners.is_non_runner is derived
   otherwise. The Racing API, /results, `non_runners`.';
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
comment on column public.ra_races.created_at is 'When the row was first written.';
comment on column public.ra_races.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

create index ra_races_race_date on public.ra_races (race_date);
create index ra_races_card_date on public.ra_races (card_date);
create index ra_races_course_id on public.ra_races (course_id);

-- coverage_gaps looks for these, and reads no other race, however many have their result.
create index ra_races_without_result on public.ra_races (race_date)
  where has_card and not has_result and not is_abandoned;

comment on column public.ra_races.from_legacy is
  'True when values of it come from the old database: then all that cards fill do while has_card is false, all that
   results fill while has_result is false, and all of both while neither is true. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_races
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_races
  set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

alter table public.ra_races enable row level security;
revoke all on public.ra_races from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_races to service_role;
