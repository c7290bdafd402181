-- Master data. Regions and courses come from the API's own lists; everything else is harvested from cards and results,
-- because the API has no list of it.
--
-- last_seen_on decides which name wins: a row seen on a newer racing day replaces one seen on an older day, never the
-- other way round, so the order in which months are pulled does not show in the data.

create table public.ra_mst_regions (
  code text primary key,
  name text,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_regions_code_lower_case check (code = lower(code))
);
comment on table public.ra_mst_regions is 'Regions of racing. Source: The Racing API, /courses/regions.';
comment on column public.ra_mst_regions.code is
  'Lower case, as the API takes it in queries: gb, ire. The Racing API, /courses/regions, `region_code`.';
comment on column public.ra_mst_regions.name is 'The Racing API, /courses/regions, `region`.';

create table public.ra_mst_courses (
  id text primary key,
  name text,
  region_code text,
  is_listed boolean not null default false,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock()
);
comment on table public.ra_mst_courses is 'Racecourses. Source: The Racing API, /courses; a course that only a race names is kept too.';
comment on column public.ra_mst_courses.id is 'The Racing API, /courses, `id`; cards and results, `course_id`.';
comment on column public.ra_mst_courses.name is
  'The name of /courses when is_listed ("Dundalk-AW"), else the name first seen on a race, without a region suffix. The Racing
   API, /courses, `course`.';
comment on column public.ra_mst_courses.region_code is
  'Lower case. No reference: a race may name a region that /courses/regions was not pulled for. The Racing API, /courses,
   `region_code`.';
comment on column public.ra_mst_courses.is_listed is 'True when /courses lists it; its name is then never taken from a race.';

create table public.ra_mst_bookmakers (
  code text primary key,
  name text not null,
  type text not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_bookmakers_type_known check (type in ('online', 'exchange', 'spread', 'tote', 'unknown'))
);
comment on table public.ra_mst_bookmakers is 'Bookmakers. The API has no list of them: a known set, and those seen in odds.';
comment on column public.ra_mst_bookmakers.code is
  'The name in lower case without spaces and punctuation: "Spread Ex" and "Spreadex" are one.';
comment on column public.ra_mst_bookmakers.name is
  'As in the known set, else as first seen. The Racing API, /racecards/pro, `odds[].bookmaker`.';
comment on column public.ra_mst_bookmakers.type is
  'Kind of bookmaker; unknown until the known set has it, unless the name gives it away.';

create table public.ra_mst_sires (
  id text primary key,
  name text,
  region_code text,
  horse_id text not null,
  last_seen_on date not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_sires_same_animal check (horse_id = 'hrs_' || substr(id, 5))
);
comment on table public.ra_mst_sires is 'Sires of runners.';

create table public.ra_mst_dams (
  id text primary key,
  name text,
  region_code text,
  horse_id text not null,
  last_seen_on date not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_dams_same_animal check (horse_id = 'hrs_' || substr(id, 5))
);
comment on table public.ra_mst_dams is 'Dams of runners.';

create table public.ra_mst_damsires (
  id text primary key,
  name text,
  region_code text,
  horse_id text not null,
  last_seen_on date not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_damsires_same_animal check (horse_id = 'hrs_' || substr(id, 5))
);
comment on table public.ra_mst_damsires is 'Dams'' sires of runners.';

create table public.ra_mst_horses (
  id text primary key,
  name text,
  region_code text,
  dob date,
  sex text,
  sex_code text,
  colour text,
  breeder text,
  sire_id text references public.ra_mst_sires,
  dam_id text references public.ra_mst_dams,
  damsire_id text references public.ra_mst_damsires,
  last_seen_on date not null,
  card_seen_on date,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock()
);
comment on table public.ra_mst_horses is 'Horses that were entered in a race.';
comment on column public.ra_mst_horses.id is 'The Racing API, /racecards/pro and /results, `horse_id`.';
comment on column public.ra_mst_horses.name is
  'Without the birth region: "Some Horse (IRE)" is Some Horse, ire. The Racing API, /racecards/pro and /results, `horse`.';
comment on column public.ra_mst_horses.region_code is
  'Where the horse was born, lower case; null when no source says. The Racing API, /racecards/pro, `region`, and /results,
   `horse`.';
comment on column public.ra_mst_horses.dob is
  'Date of birth; cards only, so null when the horse was only seen in results. The Racing API, /racecards/pro, `dob`.';
comment on column public.ra_mst_horses.sex is
  'As last seen on a card: colt, filly, gelding, mare, horse, rig. Results carry only the code. The Racing API, /racecards/pro,
   `sex`.';
comment on column public.ra_mst_horses.sex_code is
  'As last seen on a card: C, F, G, M, H, R. That of a race''s day is in ra_runners. The Racing API, /racecards/pro, `sex_code`.';
comment on column public.ra_mst_horses.colour is
  'As sent by cards ("b", "ch", "gr", "b/br"). The Racing API, /racecards/pro, `colour`.';
comment on column public.ra_mst_horses.breeder is 'Cards only. The Racing API, /racecards/pro, `breeder`.';
comment on column public.ra_mst_horses.sire_id is
  'Null when no source names one. The Racing API, /racecards/pro and /results, `sire_id`.';
comment on column public.ra_mst_horses.dam_id is
  'Null when no source names one. The Racing API, /racecards/pro and /results, `dam_id`.';
comment on column public.ra_mst_horses.damsire_id is
  'Null when no source names one. The Racing API, /racecards/pro and /results, `damsire_id`.';
comment on column public.ra_mst_horses.card_seen_on is
  'Newest racing day whose card gave dob, sex, colour and breeder; null when the horse was only seen in results.';

create table public.ra_mst_jockeys (
  id text primary key,
  name text,
  last_seen_on date not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock()
);
comment on table public.ra_mst_jockeys is 'Jockeys, by their name without a claim; never the placeholder NON-RUNNER.';
comment on column public.ra_mst_jockeys.id is 'The Racing API, /racecards/pro and /results, `jockey_id`.';
comment on column public.ra_mst_jockeys.name is
  'Without the claim: "Name(5)" is Name. The Racing API, /racecards/pro and /results, `jockey`.';

create table public.ra_mst_trainers (
  id text primary key,
  name text,
  location text,
  last_seen_on date not null,
  card_seen_on date,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock()
);
comment on table public.ra_mst_trainers is 'Trainers. The location is carried by cards only.';
comment on column public.ra_mst_trainers.id is 'The Racing API, /racecards/pro and /results, `trainer_id`.';
comment on column public.ra_mst_trainers.name is 'The Racing API, /racecards/pro and /results, `trainer`.';
comment on column public.ra_mst_trainers.location is 'Cards only. The Racing API, /racecards/pro, `trainer_location`.';
comment on column public.ra_mst_trainers.card_seen_on is 'Newest racing day whose card gave the location; null when none did.';

create table public.ra_mst_owners (
  id text primary key,
  name text,
  last_seen_on date not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock()
);
comment on table public.ra_mst_owners is 'Owners.';
comment on column public.ra_mst_owners.id is 'The Racing API, /racecards/pro and /results, `owner_id`.';
comment on column public.ra_mst_owners.name is 'The Racing API, /racecards/pro and /results, `owner`.';

create index ra_mst_horses_sire_id on public.ra_mst_horses (sire_id);
create index ra_mst_horses_dam_id on public.ra_mst_horses (dam_id);
create index ra_mst_horses_damsire_id on public.ra_mst_horses (damsire_id);

do $$
declare
  part text;
begin
  foreach part in array array['sires', 'dams', 'damsires'] loop
    execute format(
      'comment on column public.ra_mst_%s.horse_id is %L', part,
      'The id this animal has, or would have, among the horses: the four kinds of id share their number. May have no row.'
    );
    execute format(
      'comment on column public.ra_mst_%s.region_code is %L', part,
      'Where the animal was born, lower case (ire, fr); null when the source does not say.'
    );
    execute format(
      'comment on column public.ra_mst_%s.id is %L', part,
      format('The Racing API, /racecards/pro and /results, `%s_id`.', rtrim(part, 's'))
    );
    execute format(
      'comment on column public.ra_mst_%s.name is %L', part,
      format('Without the birth region. The Racing API, /racecards/pro and /results, `%s`.', rtrim(part, 's'))
    );
  end loop;
  foreach part in array array['horses', 'sires', 'dams', 'damsires', 'jockeys', 'trainers', 'owners'] loop
    execute format(
      'comment on column public.ra_mst_%s.last_seen_on is %L', part,
      'Newest racing day that named it: of two names, the one seen on the newer day stands.'
    );
  end loop;
  foreach part in array array[
    'regions', 'courses', 'bookmakers', 'horses', 'sires', 'dams', 'damsires', 'jockeys', 'trainers', 'owners'
  ] loop
    execute format('comment on column public.ra_mst_%s.created_at is %L', part, 'When the row was first written.');
    execute format(
      'comment on column public.ra_mst_%s.updated_at is %L', part,
      'When a value of the row last changed. A pull that brings nothing new leaves it.'
    );
    execute format(
      'create trigger skip_unchanged_row before update on public.ra_mst_%s
         for each row execute function engine.skip_unchanged_row()', part
    );
    execute format('alter table public.ra_mst_%s enable row level security', part);
    execute format('revoke all on public.ra_mst_%s from anon, authenticated, service_role', part);
    execute format('grant select, insert, update on public.ra_mst_%s to service_role', part);
  end loop;
end
$$;
