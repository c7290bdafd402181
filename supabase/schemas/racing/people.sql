-- Jockeys, trainers and owners, harvested from cards and results. Which name wins, parents.sql says.

create table public.ra_mst_jockeys (
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  last_seen_on date not null,
  from_legacy boolean not null default false,
  id text primary key,
  name text
);
comment on table public.ra_mst_jockeys is 'Jockeys, by their name without a claim; never the placeholder NON-RUNNER.';
comment on column public.ra_mst_jockeys.id is 'Both. The Racing API, /racecards/pro and /results, `jockey_id`.';
comment on column public.ra_mst_jockeys.name is
  'Both. Without the claim: "Name(5)" is Name. The Racing API, /racecards/pro and /results, `jockey`.';
comment on column public.ra_mst_jockeys.last_seen_on is
  'Both. Newest racing day that named it: of two names, the one seen on the newer day stands.';
comment on column public.ra_mst_jockeys.created_at is 'When the row was first written.';
comment on column public.ra_mst_jockeys.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_jockeys.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_jockeys
  for each row execute function engine.skip_unchanged_row();

create table public.ra_mst_trainers (
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  last_seen_on date not null,
  card_seen_on date,
  from_legacy boolean not null default false,
  id text primary key,
  name text,
  location text
);
comment on table public.ra_mst_trainers is 'Trainers. The location is carried by cards only.';
comment on column public.ra_mst_trainers.id is 'Both. The Racing API, /racecards/pro and /results, `trainer_id`.';
comment on column public.ra_mst_trainers.name is 'Both. The Racing API, /racecards/pro and /results, `trainer`.';
comment on column public.ra_mst_trainers.location is 'Card. The Racing API, /racecards/pro, `trainer_location`.';
comment on column public.ra_mst_trainers.card_seen_on is
  'Card. Newest racing day whose card gave the location; null when none did.';
comment on column public.ra_mst_trainers.last_seen_on is
  'Both. Newest racing day that named it: of two names, the one seen on the newer day stands.';
comment on column public.ra_mst_trainers.created_at is 'When the row was first written.';
comment on column public.ra_mst_trainers.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_trainers.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_trainers
  for each row execute function engine.skip_unchanged_row();

create table public.ra_mst_owners (
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  last_seen_on date not null,
  from_legacy boolean not null default false,
  id text primary key,
  name text
);
comment on table public.ra_mst_owners is 'Owners.';
comment on column public.ra_mst_owners.id is 'Both. The Racing API, /racecards/pro and /results, `owner_id`.';
comment on column public.ra_mst_owners.name is 'Both. The Racing API, /racecards/pro and /results, `owner`.';
comment on column public.ra_mst_owners.last_seen_on is
  'Both. Newest racing day that named it: of two names, the one seen on the newer day stands.';
comment on column public.ra_mst_owners.created_at is 'When the row was first written.';
comment on column public.ra_mst_owners.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_owners.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_owners
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_jockeys enable row level security;
alter table public.ra_mst_trainers enable row level security;
alter table public.ra_mst_owners enable row level security;
revoke all on
  public.ra_mst_jockeys, public.ra_mst_trainers, public.ra_mst_owners
  from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_jockeys, public.ra_mst_trainers, public.ra_mst_owners to service_role;
