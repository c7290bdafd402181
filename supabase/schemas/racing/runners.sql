-- Runners. A racecard (before the race) and a result (after it) meet in the same row, in either order.
-- Columns belong to cards, to results or to both: their comments say it, and the upsert is written from them.

-- Columns of a fixed width come first, wide before narrow, and numbers are as small as they can be: what a runner takes
-- counts a million times.
create table public.ra_runners (
  updated_at timestamptz not null default engine.clock(),
  number smallint,
  draw smallint,
  age smallint,
  weight_lbs smallint,
  official_rating smallint,
  jockey_claim_lbs smallint,
  position smallint,
  rpr smallint,
  topspeed smallint,
  card_rpr smallint,
  card_topspeed smallint,
  last_run_days smallint,
  trainer_14_days_runs smallint,
  trainer_14_days_wins smallint,
  is_non_runner boolean not null default false,
  is_reserve boolean not null default false,
  has_card boolean not null default false,
  has_result boolean not null default false,
  race_id text not null references public.ra_races on delete cascade,
  horse_id text not null references public.ra_mst_horses,
  jockey_id text references public.ra_mst_jockeys,
  trainer_id text references public.ra_mst_trainers,
  owner_id text references public.ra_mst_owners,
  jockey_name text,
  trainer_name text,
  owner_name text,
  sex_code text,
  headgear text,
  silk text,
  position_code text,
  beaten_lengths numeric(8, 2),
  beaten_lengths_overall numeric(8, 2),
  time_seconds numeric(8, 2),
  sp text,
  sp_decimal numeric(10, 2),
  sp_favourite text,
  bsp numeric(10, 2),
  prize_amount numeric(12, 2),
  prize_currency text,
  result_comment text,
  headgear_run text,
  wind_surgery text,
  wind_surgery_run text,
  form text,
  last_run text,
  trainer_rtf_percent numeric(5, 2),
  trainer_14_days_percent numeric(5, 2),
  past_results_flags text[],
  card_comment text,
  spotlight text,
  quotes jsonb,
  stable_tour jsonb,
  medical jsonb,
  previous_trainers jsonb,
  previous_owners jsonb,
  from_legacy boolean not null default false,
  -- Ids rise with the days, so what comes later goes to the end: its other pages need no room for more.
  constraint ra_runners_pkey primary key (race_id, horse_id) with (fillfactor = 100),
  -- An amount may be in an unknown currency.
  constraint ra_runners_currency_has_amount check (prize_currency is null or prize_amount is not null),
  constraint ra_runners_currency_is_iso check (prize_currency ~ '^[A-Z]{3}$'),
  constraint ra_runners_favourite_known check (sp_favourite in ('favourite', 'joint favourite', 'co-favourite')),
  constraint ra_runners_jockey_once check (num_nonnulls(jockey_id, jockey_name) <= 1),
  constraint ra_runners_trainer_once check (num_nonnulls(trainer_id, trainer_name) <= 1),
  constraint ra_runners_owner_once check (num_nonnulls(owner_id, owner_name) <= 1)
);
comment on table public.ra_runners is
  'Runners: one horse in one race. Entries of the card that did not run stay, marked as such. The first word of a
   column''s comment is its owner. Card: only cards fill it. Result: only results do. Both: the result takes precedence,
   and a card fills what it left empty. A missing value never replaces a known one.';
comment on column public.ra_runners.race_id is 'Both. The Racing API, /racecards/pro and /results, `race_id`.';
comment on column public.ra_runners.horse_id is
  'Both. A horse may run twice on a day: only race and horse together are one runner. The Racing API, /racecards/pro and
   /results, `horse_id`.';
comment on column public.ra_runners.jockey_id is
  'Both. Null while undeclared, for a non-runner that is sent with the placeholder NON-RUNNER, and for a jockey without
   an id (jockey_name). The Racing API, /racecards/pro and /results, `jockey_id`.';
comment on column public.ra_runners.trainer_id is
  'Both. Null when none is named, or one without an id (trainer_name). The Racing API, /racecards/pro and /results,
   `trainer_id`.';
comment on column public.ra_runners.owner_id is
  'Both. Null when none is named, or one without an id (owner_name). The Racing API, /racecards/pro and /results,
   `owner_id`.';
comment on column public.ra_runners.number is
  'Both. Saddlecloth number ("R20" is 20); null before it is given, and where the card puts NR in its place. The Racing
   API, /racecards/pro and /results, `number`.';
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
  'Both. Official rating in force; null for an unrated horse (the API sends a dash). The Racing API, /racecards/pro,
   `ofr`, and /results, `or`.';
comment on column public.ra_runners.jockey_claim_lbs is
  'Both. Allowance of the jockey, in pounds; 0 when a jockey of a card claims none, null when nothing is said. The
   Racing API, /racecards/pro, `jockey` ("Name(5)"), and /results, `jockey_claim_lbs`.';
comment on column public.ra_runners.silk is
  'Both. Picture of the owner''s colours: the name of its file ("327321b") where the address follows from it, as
   silk_url() knows, else the whole address. The Racing API, /racecards/pro and /results, `silk_url`.';
comment on column public.ra_runners.is_non_runner is
  'Both. Declared, did not run: the card says so, or the race has a result without this horse. The Racing API,
   /racecards/pro and /results, `number` (NR), `jockey`, `jockey_id`.';
comment on column public.ra_runners.is_reserve is
  'Card. A reserve of an Irish card ("R20"); not counted in the field. The Racing API, /racecards/pro, `number`.';
comment on column public.ra_runners.has_card is 'Card. True once a card named the runner.';
comment on column public.ra_runners.has_result is 'Result. True once a result named the runner.';
comment on column public.ra_runners.headgear_run is
  'Card. Which run in this headgear it is, as sent ("1" the first); null when nothing is said. The Racing API,
   /racecards/pro, `headgear_run`.';
comment on column public.ra_runners.wind_surgery is
  'Card. "w" after a wind operation, as sent; null for none. The Racing API, /racecards/pro, `wind_surgery`.';
comment on column public.ra_runners.wind_surgery_run is
  'Card. Which run since the wind operation it is, as sent ("1" the first); null for none. The Racing API,
   /racecards/pro, `wind_surgery_run`.';
comment on column public.ra_runners.card_rpr is
  'Card. Best Racing Post Rating before the race, as the card prints it; rpr is the rating earned in the race. Null
   without one. The Racing API, /racecards/pro, `rpr`.';
comment on column public.ra_runners.card_topspeed is
  'Card. Best Topspeed before the race; topspeed is the figure earned in the race. Null without one. The Racing API,
   /racecards/pro, `ts`.';
comment on column public.ra_runners.form is
  'Card. Form figures as printed, newest last, "-" between seasons ("542-"); null for a horse that never ran. The Racing
   API, /racecards/pro, `form`.';
comment on column public.ra_runners.last_run is
  'Card. As printed: "95", "68 (36J)" (days since a run of this code, other code in brackets), "(22P)"; null when it
   never ran. The Racing API, /racecards/pro, `last_run`.';
comment on column public.ra_runners.last_run_days is
  'Card. Days since the last run under this code; null when there was none. The Racing API, /racecards/pro,
   `last_run`.';
comment on column public.ra_runners.card_comment is
  'Card. A sentence on the horse, before the race. The Racing API, /racecards/pro, `comment`.';
comment on column public.ra_runners.spotlight is
  'Card. A longer text on the horse''s chances. The Racing API, /racecards/pro, `spotlight`.';
comment on column public.ra_runners.trainer_rtf_percent is
  'Card. Percentage of the trainer''s recent runners that ran to form; null without any. The Racing API, /racecards/pro,
   `trainer_rtf`.';
comment on column public.ra_runners.trainer_14_days_runs is
  'Card. Runners of the trainer in the 14 days before the card. The Racing API, /racecards/pro,
   `trainer_14_days.runs`.';
comment on column public.ra_runners.trainer_14_days_wins is
  'Card. Winners among them. The Racing API, /racecards/pro, `trainer_14_days.wins`.';
comment on column public.ra_runners.trainer_14_days_percent is
  'Card. Percentage of winners, as sent. The Racing API, /racecards/pro, `trainer_14_days.percent`.';
comment on column public.ra_runners.past_results_flags is
  'Card. Letters such as C (won at this course), D (at this distance), BF (beaten favourite); null for none. The Racing
   API, /racecards/pro, `past_results_flags`.';
comment on column public.ra_runners.quotes is
  'Card. Array of {date, horse_id, race_id, course_id, distance_f, distance_y, quote, …} as sent; null for none. The
   Racing API, /racecards/pro, `quotes`.';
comment on column public.ra_runners.stable_tour is
  'Card. Array of {quote} as sent: what the trainer said of the horse; null for none. The Racing API, /racecards/pro,
   `stable_tour`.';
comment on column public.ra_runners.medical is
  'Card. Array of {date, type} as sent ("Wind Surgery"); null for none. The Racing API, /racecards/pro, `medical`.';
comment on column public.ra_runners.previous_trainers is
  'Card. Array of {trainer, trainer_id, change_date} as sent; null for none. The Racing API, /racecards/pro,
   `prev_trainers`.';
comment on column public.ra_runners.previous_owners is
  'Card. Array of {owner, owner_id, change_date} as sent; null for none. The Racing API, /racecards/pro,
   `prev_owners`.';
comment on column public.ra_runners.position is
  'Result. Finishing position; equal for a dead heat; null when position_code says why. The Racing API, /results,
   `position`.';
comment on column public.ra_runners.position_code is
  'Result. Why there is no position: PU, F, UR, BD, RO, RR, SU, REF, DSQ, LFT, CO, VOI; other letters are kept too. The
   Racing API, /results, `position`.';
comment on column public.ra_runners.beaten_lengths is
  'Result. Lengths behind the horse in front; 0 for the winner and in a dead heat; null when not measured. The Racing
   API, /results, `btn`.';
comment on column public.ra_runners.beaten_lengths_overall is
  'Result. Lengths behind the winner; null when not measured. The Racing API, /results, `ovr_btn`.';
comment on column public.ra_runners.time_seconds is
  'Result. Time from off to finish, in seconds; null when not measured. The Racing API, /results, `time`.';
comment on column public.ra_runners.sp is
  'Result. Starting price as a fraction ("13/8", "Evens") without the favourite''s letter. The Racing API, /results,
   `sp`.';
comment on column public.ra_runners.sp_decimal is
  'Result. Starting price as a decimal, stake included ("4.50"). The Racing API, /results, `sp_dec`.';
comment on column public.ra_runners.sp_favourite is
  'Result. favourite, joint favourite or co-favourite, from the letter behind the price (F, J, C); null for any other.
   The Racing API, /results, `sp`.';
comment on column public.ra_runners.bsp is
  'Result. Betfair starting price, decimal. Sent since 2026. The Racing API, /results, `bsp`.';
comment on column public.ra_runners.rpr is
  'Result. Racing Post Rating earned; arrives one to five days after the race. Never overwritten by a missing one. The
   Racing API, /results, `rpr`.';
comment on column public.ra_runners.topspeed is
  'Result. Topspeed figure earned; arrives as late as rpr, and is kept like it. The Racing API, /results, `tsr`.';
comment on column public.ra_runners.prize_amount is
  'Result. Prize money won, in prize_currency; null for none. The Racing API, /results, `prize`.';
comment on column public.ra_runners.prize_currency is
  'Result. ISO 4217, that of the race''s region where the amount has no sign; null when the amount is, or when its
   currency is unknown. The Racing API, /results, `prize`.';
comment on column public.ra_runners.result_comment is
  'Result. How the race went for the horse. The Racing API, /results, `comment`.';
comment on column public.ra_runners.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';
comment on column public.ra_runners.jockey_name is
  'Both. Who rides, when the source names somebody without an id; null where there is an id. ra_runner_names has the
   name in either case. The Racing API, /racecards/pro and /results, `jockey`.';
comment on column public.ra_runners.trainer_name is
  'Both. Who trains the horse, when the source names somebody without an id; null where there is an id. ra_runner_names
   has the name in either case. The Racing API, /racecards/pro and /results, `trainer`.';
comment on column public.ra_runners.owner_name is
  'Both. Who owns the horse, when the source names somebody without an id (many owners of Irish results of 2026); null
   where there is an id. ra_runner_names has the name in either case. The Racing API, /racecards/pro and /results,
   `owner`.';

comment on column public.ra_runners.from_legacy is
  'True when values of it come from the old database: then all that cards fill do while has_card is false, all that
   results fill while has_result is false, and all of both while neither is true. See docs/legacy_values.md.';
create index ra_runners_horse_id on public.ra_runners (horse_id);
create index ra_runners_jockey_id on public.ra_runners (jockey_id);
create index ra_runners_trainer_id on public.ra_runners (trainer_id);
create index ra_runners_owner_id on public.ra_runners (owner_id);

create trigger skip_unchanged_row before update on public.ra_runners
  for each row execute function engine.skip_unchanged_row();

-- Millions of rows: the default waits for a fifth of them to change before it looks, which is a year of racing.
alter table public.ra_runners
  set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- The file lies three folders down, named by its last three characters, the last one first.
create function public.silk_url(runner public.ra_runners)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select case
    when runner.silk like '%/%' then runner.silk
    else
      'https://www.rp-assets.com/svg/' || right(runner.silk, 1) || '/' || left(right(runner.silk, 2), 1) || '/'
      || left(right(runner.silk, 3), 1) || '/' || runner.silk || '.svg'
  end
$$;
comment on function public.silk_url(public.ra_runners) is
  'Address of the picture of the owner''s colours, as the source sent it: select runner.silk_url from ra_runners as
   runner, or select=horse_id,silk_url over the API. Null without one. The Racing API, /racecards/pro and /results,
   `silk_url`.';

alter table public.ra_runners enable row level security;
revoke all on public.ra_runners from public, anon, authenticated, service_role;
revoke all on function public.silk_url from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_runners to service_role;
grant execute on function public.silk_url to service_role;
