-- Odds of the cards, kept only while backfill_settings.capture_odds is on: they are most of a card's bytes.

create table public.ra_runner_odds (
  race_id text not null,
  horse_id text not null,
  bookmaker_code text not null references public.ra_mst_bookmakers,
  fractional text,
  decimal numeric(10, 2),
  ew_places integer,
  ew_denominator integer,
  quoted_at timestamptz,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  from_legacy boolean not null default false,
  constraint ra_runner_odds_pkey primary key (race_id, horse_id, bookmaker_code),
  constraint ra_runner_odds_runner foreign key (race_id, horse_id) references public.ra_runners on delete cascade,
  constraint ra_runner_odds_has_price check (num_nonnulls(fractional, decimal) > 0)
);
comment on table public.ra_runner_odds is
  'The last price before the race that each bookmaker quoted for a runner, while backfill_settings.capture_odds is on.
   How a price came about is not kept: the card''s history of it is not stored, and a newer quote replaces an older one.
   Source: The Racing API, /racecards/pro.';
comment on column public.ra_runner_odds.race_id is 'The race. The Racing API, /racecards/pro, `race_id`.';
comment on column public.ra_runner_odds.horse_id is 'The runner in it. The Racing API, /racecards/pro, `horse_id`.';
comment on column public.ra_runner_odds.bookmaker_code is
  'The bookmaker that quotes the price. The Racing API, /racecards/pro, `odds[].bookmaker`.';
comment on column public.ra_runner_odds.fractional is
  'As printed: "7/2"; exchanges print the decimal price here ("3.35").';
comment on column public.ra_runner_odds.decimal is 'Decimal price, stake included.';
comment on column public.ra_runner_odds.ew_places is
  'Places that an each-way bet pays; null where the bookmaker offers none.';
comment on column public.ra_runner_odds.ew_denominator is
  'What the odds are divided by for an each-way bet: 5 pays a fifth of them.';
comment on column public.ra_runner_odds.quoted_at is
  'When the price was last looked at. The card gives UK local time; null when it gives none, and then any dated quote
   wins.';
comment on column public.ra_runner_odds.created_at is 'When the row was first written.';
comment on column public.ra_runner_odds.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_runner_odds.from_legacy is
  'True when the quote comes from the old database. Any quote of a card replaces it. See docs/legacy_values.md.';
create index ra_runner_odds_bookmaker_code on public.ra_runner_odds (bookmaker_code);

create trigger skip_unchanged_row before update on public.ra_runner_odds
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_runner_odds enable row level security;
revoke all on public.ra_runner_odds from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_runner_odds to service_role;
