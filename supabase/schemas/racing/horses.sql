-- Horses, harvested from cards and results, and completed from their profiles. Which value wins, parents.sql says; a
-- profile counts as older than every card and result of the horse.

create table public.ra_mst_horses (
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  dob date,
  last_seen_on date not null,
  card_seen_on date,
  from_legacy boolean not null default false,
  id text primary key,
  name text,
  region_code text,
  sex text,
  sex_code text,
  colour text,
  breeder text,
  sire_id text references public.ra_mst_sires,
  dam_id text references public.ra_mst_dams,
  damsire_id text references public.ra_mst_damsires,
  sire_name text,
  dam_name text,
  damsire_name text,
  constraint ra_mst_horses_sire_once check (num_nonnulls(sire_id, sire_name) <= 1),
  constraint ra_mst_horses_dam_once check (num_nonnulls(dam_id, dam_name) <= 1),
  constraint ra_mst_horses_damsire_once check (num_nonnulls(damsire_id, damsire_name) <= 1)
);
comment on table public.ra_mst_horses is 'Horses that were entered in a race.';
comment on column public.ra_mst_horses.id is 'Both. The Racing API, /racecards/pro and /results, `horse_id`.';
comment on column public.ra_mst_horses.name is
  'Both. Without the birth region: "Some Horse (IRE)" is Some Horse, ire. The Racing API, /racecards/pro and /results,
   `horse`.';
comment on column public.ra_mst_horses.region_code is
  'Both. Where the horse was born, lower case; null when no source says. The Racing API, /racecards/pro, `region`, and
   /results, `horse`.';
comment on column public.ra_mst_horses.dob is
  'Card. Date of birth; null while the horse was only seen in results. The Racing API, /racecards/pro and
   /horses/{horse_id}/pro, `dob`.';
comment on column public.ra_mst_horses.sex is
  'Card. As last seen on a card: colt, filly, gelding, mare, horse, rig; without a card, as its profile says. Results
   carry only the code. The Racing API, /racecards/pro and /horses/{horse_id}/pro, `sex`.';
comment on column public.ra_mst_horses.sex_code is
  'Card. As last seen on a card: C, F, G, M, H, R; without a card, as its profile says. That of a race''s day is in
   ra_runners. The Racing API, /racecards/pro and /horses/{horse_id}/pro, `sex_code`.';
comment on column public.ra_mst_horses.colour is
  'Card. As sent by cards ("b", "ch", "gr", "b/br"). The Racing API, /racecards/pro and
   /horses/{horse_id}/pro, `colour`.';
comment on column public.ra_mst_horses.breeder is
  'Card. The Racing API, /racecards/pro and /horses/{horse_id}/pro, `breeder`.';
comment on column public.ra_mst_horses.sire_id is
  'Both. Null when no source names one, or only one without an id (sire_name). The Racing API, /racecards/pro and
   /results, `sire_id`.';
comment on column public.ra_mst_horses.dam_id is
  'Both. Null when no source names one, or only one without an id (dam_name). The Racing API, /racecards/pro and
   /results, `dam_id`.';
comment on column public.ra_mst_horses.damsire_id is
  'Both. Null when no source names one, or only one without an id (damsire_name). The Racing API, /racecards/pro and
   /results, `damsire_id`.';
comment on column public.ra_mst_horses.card_seen_on is
  'Card. Newest racing day whose card gave dob, sex, colour and breeder; null when the horse was only seen in results,
   also if its profile gave them.';
comment on column public.ra_mst_horses.last_seen_on is
  'Both. Newest racing day that named it: of two names, the one seen on the newer day stands.';
comment on column public.ra_mst_horses.created_at is 'When the row was first written.';
comment on column public.ra_mst_horses.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';
comment on column public.ra_mst_horses.sire_name is
  'Both. The sire, when the source names one without an id, without the birth region; null where there is an id. The
   Racing API, /racecards/pro and /results, `sire`.';
comment on column public.ra_mst_horses.dam_name is
  'Both. The dam, when the source names one without an id, without the birth region; null where there is an id. The
   Racing API, /racecards/pro and /results, `dam`.';
comment on column public.ra_mst_horses.damsire_name is
  'Both. The dam''s sire, when the source names one without an id, without the birth region; null where there is an id.
   The Racing API, /racecards/pro and /results, `damsire`.';

comment on column public.ra_mst_horses.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_horses
  for each row execute function engine.skip_unchanged_row();

create index ra_mst_horses_sire_id on public.ra_mst_horses (sire_id);
create index ra_mst_horses_dam_id on public.ra_mst_horses (dam_id);
create index ra_mst_horses_damsire_id on public.ra_mst_horses (damsire_id);
-- engine.incomplete_ids has the same condition. Not num_nulls(): without statistics of it the planner expects a third
-- of the horses, and reads them all.
create index ra_mst_horses_incomplete on public.ra_mst_horses (id)
  where dob is null or sex is null or colour is null or breeder is null;

alter table public.ra_mst_horses enable row level security;
revoke all on public.ra_mst_horses from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_horses to service_role;
