-- Sires, dams and damsires, harvested from cards and results: the API has no list of them.
--
-- last_seen_on decides which name wins: a row seen on a newer racing day replaces one seen on an older day, never the
-- other way round, so the order in which months are pulled does not show in the data.
--
-- The first word of a column's comment is its owner (merge/column_owners.sql): the upserts are written from it.

create table public.ra_mst_sires (
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  last_seen_on date not null,
  from_legacy boolean not null default false,
  id text primary key,
  name text,
  region_code text,
  horse_id text not null,
  constraint ra_mst_sires_same_animal check (horse_id = 'hrs_' || substr(id, 5))
);
comment on table public.ra_mst_sires is 'Sires of runners.';
comment on column public.ra_mst_sires.id is 'Both. The Racing API, /racecards/pro and /results, `sire_id`.';
comment on column public.ra_mst_sires.name is
  'Both. Without the birth region. The Racing API, /racecards/pro and /results, `sire`.';
comment on column public.ra_mst_sires.region_code is
  'Both. Where the animal was born, lower case (ire, fr); null when the source does not say.';
comment on column public.ra_mst_sires.horse_id is
  'Both. The id this animal has, or would have, among the horses: the four kinds of id share their number. May have no
   row.';
comment on column public.ra_mst_sires.last_seen_on is
  'Both. Newest racing day that named it: of two names, the one seen on the newer day stands. A horse''s profile counts
   as the day before its first stored run.';
comment on column public.ra_mst_sires.created_at is 'When the row was first written.';
comment on column public.ra_mst_sires.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_sires.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_sires
  for each row execute function engine.skip_unchanged_row();

create table public.ra_mst_dams (
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  last_seen_on date not null,
  from_legacy boolean not null default false,
  id text primary key,
  name text,
  region_code text,
  horse_id text not null,
  constraint ra_mst_dams_same_animal check (horse_id = 'hrs_' || substr(id, 5))
);
comment on table public.ra_mst_dams is 'Dams of runners.';
comment on column public.ra_mst_dams.id is 'Both. The Racing API, /racecards/pro and /results, `dam_id`.';
comment on column public.ra_mst_dams.name is
  'Both. Without the birth region. The Racing API, /racecards/pro and /results, `dam`.';
comment on column public.ra_mst_dams.region_code is
  'Both. Where the animal was born, lower case (ire, fr); null when the source does not say.';
comment on column public.ra_mst_dams.horse_id is
  'Both. The id this animal has, or would have, among the horses: the four kinds of id share their number. May have no
   row.';
comment on column public.ra_mst_dams.last_seen_on is
  'Both. Newest racing day that named it: of two names, the one seen on the newer day stands. A horse''s profile counts
   as the day before its first stored run.';
comment on column public.ra_mst_dams.created_at is 'When the row was first written.';
comment on column public.ra_mst_dams.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_dams.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_dams
  for each row execute function engine.skip_unchanged_row();

create table public.ra_mst_damsires (
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  last_seen_on date not null,
  from_legacy boolean not null default false,
  id text primary key,
  name text,
  region_code text,
  horse_id text not null,
  constraint ra_mst_damsires_same_animal check (horse_id = 'hrs_' || substr(id, 5))
);
comment on table public.ra_mst_damsires is 'Dams'' sires of runners.';
comment on column public.ra_mst_damsires.id is 'Both. The Racing API, /racecards/pro and /results, `damsire_id`.';
comment on column public.ra_mst_damsires.name is
  'Both. Without the birth region. The Racing API, /racecards/pro and /results, `damsire`.';
comment on column public.ra_mst_damsires.region_code is
  'Both. Where the animal was born, lower case (ire, fr); null when the source does not say.';
comment on column public.ra_mst_damsires.horse_id is
  'Both. The id this animal has, or would have, among the horses: the four kinds of id share their number. May have no
   row.';
comment on column public.ra_mst_damsires.last_seen_on is
  'Both. Newest racing day that named it: of two names, the one seen on the newer day stands. A horse''s profile counts
   as the day before its first stored run.';
comment on column public.ra_mst_damsires.created_at is 'When the row was first written.';
comment on column public.ra_mst_damsires.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_damsires.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_damsires
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_sires enable row level security;
alter table public.ra_mst_dams enable row level security;
alter table public.ra_mst_damsires enable row level security;
revoke all on
  public.ra_mst_sires, public.ra_mst_dams, public.ra_mst_damsires
  from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_sires, public.ra_mst_dams, public.ra_mst_damsires to service_role;
