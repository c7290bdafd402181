-- Generated from supabase/schemas by "deno task schema": change the files there, not this one.

-- schemas/base/extensions.sql

-- What the platform must bring: pg_net sends the dispatches and the alerts, pg_cron runs the ticks, Vault keeps the
-- secrets. Where an extension is not installable (the local platform), a schema of the same name stands in for it.

do $$
begin
  if
    pg_catalog.to_regnamespace('net') is null
    and exists (select from pg_catalog.pg_available_extensions where name = 'pg_net')
  then
    create schema if not exists extensions;
    create extension pg_net with schema extensions;
  end if;
  if
    pg_catalog.to_regnamespace('cron') is null
    and exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron')
  then
    create extension pg_cron with schema pg_catalog;
  end if;
  if pg_catalog.to_regnamespace('net') is null then
    raise exception 'The extension pg_net is missing'
      using hint = 'On a hosted project, enable it under Database, Extensions; locally, start with "deno task local".';
  end if;
  if pg_catalog.to_regnamespace('cron') is null then
    raise exception 'The extension pg_cron is missing'
      using hint = 'On a hosted project, enable it under Database, Extensions; locally, start with "deno task local".';
  end if;
end
$$;

-- For the constraint that no day is worked on twice.
create extension if not exists btree_gist with schema extensions;

-- schemas/base/engine.sql

-- The schema of the engine's inner parts.

create schema engine;
comment on schema engine is
  'Inner parts of the backfill engine. Not exposed over the API; what an operator or a function calls is in public.';

grant usage on schema engine to service_role;

-- schemas/base/clock.sql

-- Time, as the engine counts it.

-- The engine's only source of time. Tests move time by replacing this function as its owner; there is no setting, table
-- or session variable behind it, so nothing that an API role can reach moves it.
create function engine.clock()
returns timestamptz
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$ select pg_catalog.clock_timestamp() $$;
comment on function engine.clock() is
  'The engine''s time. Not the start of the transaction: two calls in one transaction may differ.';

-- Not the engine's time: what is signed for another machine must agree with that machine's clock, which no test moves.
create function engine.wall_clock()
returns timestamptz
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$ select pg_catalog.clock_timestamp() $$;
comment on function engine.wall_clock() is
  'The real time, also where a test moves engine.clock(). Only for what another machine compares with its own clock.';

create function engine.london_day(moment timestamptz default engine.clock())
returns date
language sql
stable
security invoker
set search_path = ''
as $$ select (moment at time zone 'Europe/London')::date $$;
comment on function engine.london_day(timestamptz) is
  'The UK racing day of a moment. A UTC day starts an hour late for half of the year.';

create function engine.london_midnight(day date)
returns timestamptz
language sql
stable
security invoker
set search_path = ''
as $$ select london_midnight.day::timestamp at time zone 'Europe/London' $$;
comment on function engine.london_midnight(date) is 'When a UK day begins.';

grant execute on function engine.clock, engine.london_day, engine.london_midnight to service_role;

-- schemas/base/unchanged_rows.sql

-- Keeps updated_at correct and saves the write: an upsert that brings nothing new leaves the row as it is.

create function engine.skip_unchanged_row()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  given constant timestamptz := new.updated_at;
begin
  new.updated_at := old.updated_at;
  if new is not distinct from old then
    return null;
  end if;
  new.updated_at := case when given is distinct from old.updated_at then given else engine.clock() end;
  return new;
end
$$;
comment on function engine.skip_unchanged_row() is
  'Trigger: drops an update that changes no value but updated_at; otherwise sets that, unless the update does.';

-- schemas/base/locks.sql

-- What only one transaction at a time may do. Each has a row to lock, because every login can take an advisory lock: a
-- reader with a dashboard's login could block the engine. Locking a row needs the right to update it.

create table engine.locks (
  name text primary key,
  guards text not null
);
comment on table engine.locks is
  'A row for each thing that only one transaction at a time may do: it keeps the row locked until it ends.';
comment on column engine.locks.name is 'What the functions call it.';
comment on column engine.locks.guards is 'What the session that holds it is doing.';

insert into engine.locks (name, guards)
values
  ('sweep', 'restoring what got lost'),
  ('pulls', 'starting the pulls that are due'),
  ('watch', 'raising and sending alerts'),
  ('keeping', 'keeping the runs of changed days'),
  ('start backfill', 'starting a backfill'),
  ('start by_hand', 'starting a pull of days by hand'),
  ('start gaps', 'starting the closing of gaps'),
  ('start schedule', 'starting a scheduled pull');

create function engine.lock_holder(name text)
returns text
language sql
volatile
security invoker
set search_path = ''
as $$
  with sessions as (
    select
      format(
        'session %s (%s)', session.pid, concat_ws(', ', session.usename, nullif(session.application_name, ''))
      ) as words,
      -- The row says which transaction locked it, except when that happened within a savepoint.
      coalesce(
        bool_or(
          held.locktype = 'transactionid' and held.mode = 'ExclusiveLock' and held.transactionid = lock.xmax
        ),
        false
      ) as is_named,
      bool_or(held.relation = 'engine.locks'::regclass and held.mode = 'RowShareLock')
        and bool_and(held.granted) as has_locks
    from engine.locks as lock
    cross join pg_catalog.pg_locks as held
    join pg_catalog.pg_stat_activity as session on session.pid = held.pid
    where lock.name = lock_holder.name and held.pid <> pg_catalog.pg_backend_pid()
    group by session.pid, session.usename, session.application_name
  )
  select format(
    'The lock "%s" (%s) is held by %s', lock.name, lock.guards,
    coalesce(
      (select min(named.words) from sessions as named where named.is_named),
      (select string_agg(likely.words, ' or ' order by likely.words) from sessions as likely where likely.has_locks),
      'a session that has just let go'
    )
  )
  from engine.locks as lock
  where lock.name = lock_holder.name
$$;
comment on function engine.lock_holder(text) is 'A sentence that says which session holds a lock of engine.locks.';

create function engine.refuse_lock(name text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Nothing was done and the next try may succeed: the functions try again on this code.
  raise exception '%', coalesce(engine.lock_holder(refuse_lock.name), format('There is no lock "%s"', refuse_lock.name))
    using errcode = '55P03',
      hint = 'Let that session end its transaction (commit or rollback), or end it: '
        'select pg_terminate_backend(<session>); then try again.';
end
$$;
comment on function engine.refuse_lock(text) is
  'Error 55P03, with a sentence that says who holds the lock and what to do.';

create function engine.try_lock(name text)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform from engine.locks as lock where lock.name = try_lock.name for no key update skip locked;
  return found;
end
$$;
comment on function engine.try_lock(text) is
  'Takes a lock until the transaction ends and returns true; false, at once, when another session holds it.';

create function engine.take_lock(name text)
returns void
language plpgsql
security invoker
set search_path = ''
-- Below the 8 s that the API roles' statements have, so that the caller gets this message.
set lock_timeout = '5s'
as $$
begin
  if engine.try_lock(take_lock.name) then
    return;
  end if;
  begin
    perform from engine.locks as lock where lock.name = take_lock.name for no key update;
  exception
    when lock_not_available then
      perform engine.refuse_lock(take_lock.name);
  end;
  if not found then
    raise exception 'There is no lock "%"', take_lock.name
      using errcode = '22023', hint = 'The locks are the rows of engine.locks, and none of them may be deleted.';
  end if;
end
$$;
comment on function engine.take_lock(text) is
  'Takes a lock until the transaction ends. Waits for five seconds at most; then error 55P03 says who holds it.';

alter table engine.locks enable row level security;
grant select, update (guards) on engine.locks to service_role;
grant execute on function engine.lock_holder, engine.refuse_lock, engine.try_lock, engine.take_lock to service_role;

-- schemas/racing/regions.sql

-- Regions: from the API's own list.

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
comment on column public.ra_mst_regions.created_at is 'When the row was first written.';
comment on column public.ra_mst_regions.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

create trigger skip_unchanged_row before update on public.ra_mst_regions
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_regions enable row level security;
revoke all on public.ra_mst_regions from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_regions to service_role;

-- schemas/racing/courses.sql

-- Courses: from the API's own list, and those that only a race names.

create table public.ra_mst_courses (
  id text primary key,
  name text,
  region_code text,
  is_listed boolean not null default false,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  from_legacy boolean not null default false
);
comment on table public.ra_mst_courses is
  'Racecourses. Source: The Racing API, /courses; a course that only a race names is kept too.';
comment on column public.ra_mst_courses.id is 'The Racing API, /courses, `id`; cards and results, `course_id`.';
comment on column public.ra_mst_courses.name is
  'The name of /courses when is_listed ("Dundalk-AW"), else the name first seen on a race, without a region suffix. The
   Racing API, /courses, `course`.';
comment on column public.ra_mst_courses.region_code is
  'Lower case. No reference: a race may name a region that /courses/regions was not pulled for. The Racing API,
   /courses, `region_code`.';
comment on column public.ra_mst_courses.is_listed is
  'True when /courses lists it; its name is then never taken from a race.';
comment on column public.ra_mst_courses.created_at is 'When the row was first written.';
comment on column public.ra_mst_courses.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_courses.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_courses
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_courses enable row level security;
revoke all on public.ra_mst_courses from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_courses to service_role;

-- schemas/racing/bookmakers.sql

-- Bookmakers: the API has no list of them.

create table public.ra_mst_bookmakers (
  code text primary key,
  name text not null,
  type text not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_bookmakers_type_known check (type in ('online', 'exchange', 'spread', 'tote', 'unknown'))
);
comment on table public.ra_mst_bookmakers is
  'Bookmakers. The API has no list of them: a known set, and those seen in odds.';
comment on column public.ra_mst_bookmakers.code is
  'The name in lower case without spaces and punctuation: "Spread Ex" and "Spreadex" are one.';
comment on column public.ra_mst_bookmakers.name is
  'As in the known set, else as first seen. The Racing API, /racecards/pro, `odds[].bookmaker`.';
comment on column public.ra_mst_bookmakers.type is
  'Kind of bookmaker; unknown until the known set has it, unless the name gives it away.';
comment on column public.ra_mst_bookmakers.created_at is 'When the row was first written.';
comment on column public.ra_mst_bookmakers.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

create trigger skip_unchanged_row before update on public.ra_mst_bookmakers
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_bookmakers enable row level security;
revoke all on public.ra_mst_bookmakers from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_bookmakers to service_role;

-- schemas/racing/parents.sql

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

-- schemas/racing/horses.sql

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

-- schemas/racing/people.sql

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

-- schemas/racing/races.sql

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

-- schemas/racing/runners.sql

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

-- schemas/racing/names.sql

-- Runners with all their names, whether the source gave an id with a name or the name alone.

create view public.ra_runner_names
with (security_invoker = true)
as
select
  runner.race_id,
  runner.horse_id,
  horse.name as horse_name,
  coalesce(jockey.name, runner.jockey_name) as jockey_name,
  coalesce(trainer.name, runner.trainer_name) as trainer_name,
  coalesce(owner.name, runner.owner_name) as owner_name,
  coalesce(sire.name, horse.sire_name) as sire_name,
  coalesce(dam.name, horse.dam_name) as dam_name,
  coalesce(damsire.name, horse.damsire_name) as damsire_name
from public.ra_runners as runner
join public.ra_mst_horses as horse on horse.id = runner.horse_id
left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id
left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id
left join public.ra_mst_owners as owner on owner.id = runner.owner_id
left join public.ra_mst_sires as sire on sire.id = horse.sire_id
left join public.ra_mst_dams as dam on dam.id = horse.dam_id
left join public.ra_mst_damsires as damsire on damsire.id = horse.damsire_id;
comment on view public.ra_runner_names is
  'A row per runner with all its names, for questions by name: a person or parent that the source names without an id
   has no master row, and is found here all the same.';
comment on column public.ra_runner_names.race_id is 'The race.';
comment on column public.ra_runner_names.horse_id is 'The horse in it.';
comment on column public.ra_runner_names.horse_name is 'Name of the horse.';
comment on column public.ra_runner_names.jockey_name is 'Name of the jockey; null while undeclared.';
comment on column public.ra_runner_names.trainer_name is 'Name of the trainer; null when none is named.';
comment on column public.ra_runner_names.owner_name is 'Name of the owner; null when none is named.';
comment on column public.ra_runner_names.sire_name is 'Name of the horse''s sire; null when none is named.';
comment on column public.ra_runner_names.dam_name is 'Name of the horse''s dam; null when none is named.';
comment on column public.ra_runner_names.damsire_name is 'Name of the dam''s sire; null when none is named.';

revoke all on public.ra_runner_names from public, anon, authenticated, service_role;
grant select on public.ra_runner_names to service_role;

-- schemas/racing/odds.sql

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

-- schemas/racing/past_odds.sql

-- What only an old database says of prices: how those of the bookmakers came about, and what the market made of a
-- runner. The Racing API has neither, so a copy of such a database alone fills these, and only while
-- backfill_settings.capture_odds is on. Every row of theirs is marked by its table.

create table public.ra_runner_odds_history (
  race_id text not null,
  horse_id text not null,
  bookmaker_code text not null references public.ra_mst_bookmakers,
  quoted_at timestamptz not null,
  fractional text,
  decimal numeric(10, 2),
  ew_places integer,
  ew_denominator integer,
  is_in_running boolean not null default false,
  created_at timestamptz not null default engine.clock(),
  constraint ra_runner_odds_history_pkey primary key (race_id, horse_id, bookmaker_code, quoted_at),
  constraint ra_runner_odds_history_runner
    foreign key (race_id, horse_id) references public.ra_runners on delete cascade,
  constraint ra_runner_odds_history_has_price check (num_nonnulls(fractional, decimal) > 0)
);
comment on table public.ra_runner_odds_history is
  'Each price to win that an old database saw a bookmaker quote for a runner, a row per moment, the last one too. All
   rows come from there: The Racing API''s odds have their last price in ra_runner_odds. docs/legacy_values.md.';
comment on column public.ra_runner_odds_history.race_id is 'The race.';
comment on column public.ra_runner_odds_history.horse_id is 'The runner in it.';
comment on column public.ra_runner_odds_history.bookmaker_code is 'The bookmaker that quoted the price.';
comment on column public.ra_runner_odds_history.quoted_at is 'When it did.';
comment on column public.ra_runner_odds_history.fractional is
  'As printed: "7/2"; exchanges print the decimal price here ("3.35"). Null when only the decimal price is known.';
comment on column public.ra_runner_odds_history.decimal is
  'Decimal price, stake included; null when only the fraction is known.';
comment on column public.ra_runner_odds_history.ew_places is
  'Places that an each-way bet pays; null where the old database does not say.';
comment on column public.ra_runner_odds_history.ew_denominator is
  'What the odds are divided by for an each-way bet: 5 pays a fifth of them; null where the old database does not say.';
comment on column public.ra_runner_odds_history.is_in_running is 'True when the race was being run.';
comment on column public.ra_runner_odds_history.created_at is 'When the row was copied.';
create index ra_runner_odds_history_bookmaker_code on public.ra_runner_odds_history (bookmaker_code);

create table public.ra_runner_prices (
  race_id text not null,
  horse_id text not null,
  sp_decimal numeric,
  sp_rank integer,
  forecast_decimal numeric,
  pre_race_min numeric,
  pre_race_max numeric,
  in_running_min numeric,
  in_running_max numeric,
  win_return numeric,
  each_way_return numeric,
  place_return numeric,
  source text,
  legacy_id bigint not null,
  created_at timestamptz not null default engine.clock(),
  constraint ra_runner_prices_pkey primary key (race_id, horse_id),
  constraint ra_runner_prices_runner foreign key (race_id, horse_id) references public.ra_runners on delete cascade
);
comment on table public.ra_runner_prices is
  'What the market made of a runner, as a file of prices had it that an old database had read (ra_odds_historical): a
   row per runner. All rows come from there. The file has no ids: docs/legacy_values.md says how its rows found their
   runners. Every price is decimal, stake included, and null when the file has none.';
comment on column public.ra_runner_prices.race_id is 'The race.';
comment on column public.ra_runner_prices.horse_id is 'The runner in it.';
comment on column public.ra_runner_prices.sp_decimal is
  'Starting price by the file. That of the API is ra_runners.sp_decimal.';
comment on column public.ra_runner_prices.sp_rank is 'Place in the market at the off: 1 is the favourite.';
comment on column public.ra_runner_prices.forecast_decimal is 'Price that was forecast.';
comment on column public.ra_runner_prices.pre_race_min is 'Lowest price on the exchange before the race.';
comment on column public.ra_runner_prices.pre_race_max is 'Highest price on the exchange before the race.';
comment on column public.ra_runner_prices.in_running_min is 'Lowest price on the exchange during the race.';
comment on column public.ra_runner_prices.in_running_max is 'Highest price on the exchange during the race.';
comment on column public.ra_runner_prices.win_return is
  'What a bet to win returned, as the file has it: of which stake, nothing says.';
comment on column public.ra_runner_prices.each_way_return is 'What an each-way bet returned, as the file has it.';
comment on column public.ra_runner_prices.place_return is 'What a bet on a place returned, as the file has it.';
comment on column public.ra_runner_prices.source is 'What the old database called the source.';
comment on column public.ra_runner_prices.legacy_id is
  'The old row: ra_odds_historical.racing_bet_data_id. Of several rows for one runner, the one with the highest.';
comment on column public.ra_runner_prices.created_at is 'When the row was copied.';
create index ra_runner_prices_legacy_id on public.ra_runner_prices (legacy_id);

alter table public.ra_runner_odds_history enable row level security;
alter table public.ra_runner_prices enable row level security;
revoke all on public.ra_runner_odds_history, public.ra_runner_prices from public, anon, authenticated, service_role;
grant select, insert on public.ra_runner_odds_history, public.ra_runner_prices to service_role;

-- schemas/legacy_copy/tables.sql

-- The tables of an old database, in the schema legacy_data, into which the take-over moves them as they are. A project
-- that took none over has no such schema: nothing here fails without it.

create view engine.legacy_tables
with (security_invoker = true)
as
select
  kind.name as kind,
  kind.place,
  kind.new_table,
  kind.old_key,
  kind.new_key,
  kind.name_column,
  found.oid as relation,
  found.name as old_table
from (
  values
    (
      'races', 1, array['ra_mst_races', 'ra_races'], 'ra_races', array['id'], array['id'], 'race_name'
    ),
    (
      'runners', 2, array['ra_mst_runners', 'ra_runners'], 'ra_runners', array['race_id', 'horse_id'],
      array['race_id', 'horse_id'], 'horse_name'
    ),
    (
      'results', 3, array['ra_mst_race_results', 'ra_race_results'], 'ra_runners', array['race_id', 'horse_id'],
      array['race_id', 'horse_id'], 'horse_name'
    ),
    ('horses', 4, array['ra_mst_horses', 'ra_horses'], 'ra_mst_horses', array['id'], array['id'], 'name'),
    (
      'pedigree', 5, array['ra_horse_pedigree', 'ra_rel_pedigree'], 'ra_mst_horses', array['horse_id'], array['id'],
      'sire'
    ),
    ('sires', 6, array['ra_mst_sires', 'ra_sires'], 'ra_mst_sires', array['id'], array['id'], 'name'),
    ('dams', 7, array['ra_mst_dams', 'ra_dams'], 'ra_mst_dams', array['id'], array['id'], 'name'),
    ('damsires', 8, array['ra_mst_damsires', 'ra_damsires'], 'ra_mst_damsires', array['id'], array['id'], 'name'),
    ('jockeys', 9, array['ra_mst_jockeys', 'ra_jockeys'], 'ra_mst_jockeys', array['id'], array['id'], 'name'),
    ('trainers', 10, array['ra_mst_trainers', 'ra_trainers'], 'ra_mst_trainers', array['id'], array['id'], 'name'),
    ('owners', 11, array['ra_mst_owners', 'ra_owners'], 'ra_mst_owners', array['id'], array['id'], 'name'),
    ('courses', 12, array['ra_mst_courses', 'ra_courses'], 'ra_mst_courses', array['id'], array['id'], 'name'),
    ('bookmakers', 13, array['ra_mst_bookmakers', 'ra_bookmakers'], null, null, null, 'name'),
    ('runner_odds', 14, array['ra_runner_odds'], null, null, null, null),
    ('odds_live', 15, array['ra_odds_live'], null, null, null, 'horse_name'),
    ('odds_historical', 16, array['ra_odds_historical'], null, null, null, 'horse_name'),
    ('odds_history', 17, array['ra_odds_history'], null, null, null, null),
    ('supplementary', 18, array['ra_runner_supplementary', 'ra_sup_runner'], null, null, null, 'entity_name')
) as kind (name, place, old_names, new_table, old_key, new_key, name_column)
left join lateral (
  select c.oid, c.relname::text as name
  from unnest(kind.old_names) with ordinality as candidate (name, nth)
  join pg_catalog.pg_class as c on c.relname = candidate.name and c.relkind in ('r', 'p')
  where c.relnamespace = to_regnamespace('legacy_data')
  order by candidate.nth
  limit 1
) as found on true;
comment on view engine.legacy_tables is
  'The tables of an old database that hold what is not worked out from others, a row each: under which of its names it
   is in legacy_data (null: it is not there), and by which columns its rows are known in which table of ours. Left out
   are statistics, logs and lists that are worked out from these, and regions.';

create function engine.has_legacy()
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  -- Nearly every project has none, and is asked often.
  select case
    when to_regnamespace('legacy_data') is null then false
    else exists (
      select from engine.legacy_tables as known where known.kind = 'races' and known.relation is not null
    )
  end
$$;
comment on function engine.has_legacy() is 'Whether an old database was taken over and is still there: its races are.';

create function engine.old_columns(kind text)
returns text[]
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(a.attname::text), '{}')
  from engine.legacy_tables as known
  join pg_catalog.pg_attribute as a on a.attrelid = known.relation and a.attnum > 0 and not a.attisdropped
  where known.kind = old_columns.kind
$$;
comment on function engine.old_columns(text) is
  'The columns that an old table has, which differ from era to era; none when it is not there.';

create function engine.legacy_is_real(key text[], name_column text, columns text[])
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select string_agg(
    format('coalesce(old.%1$I, %2$L) <> %2$L and not starts_with(old.%1$I::text, %3$L)', one.name, '', '**TEST**'),
    ' and '
  )
    || case
      when name_column = any (columns) then format(
        ' and not starts_with(coalesce(old.%I, %L), %L)', name_column, '', '**TEST**'
      )
      else ''
    end
  from unnest(key) as one (name)
$$;
comment on function engine.legacy_is_real(text[], text, text[]) is
  'A condition over old: the row has a key, and is none of those that the old system''s own tests left behind, whose id
   or name begins with **TEST**. columns: those that the table has.';

grant select on engine.legacy_tables to service_role;
grant execute on function engine.has_legacy, engine.old_columns, engine.legacy_is_real to service_role;

-- schemas/runs/feeds.sql

-- What the API has of one kind, and how it is pulled. Every difference between feeds, apart from their content, is
-- here, so that a new feed is a row (and a reader in supabase/functions).

create table engine.feeds (
  name text primary key,
  place smallint not null,
  function_name text not null,
  endpoints text[] not null,
  counted_by text not null,
  page_limit integer,
  page_limit_allowed integer,
  goes_first boolean not null default false,
  first_day date,
  days_ahead integer,
  known_after_days integer,
  settled_after_days integer,
  overdue_after_days integer,
  free_months integer,
  runners_a_race numeric not null default 0,
  bytes_a_runner numeric not null default 0,
  shares_rows_with text,
  bytes_a_shared_runner numeric,
  pages_an_invocation numeric not null,
  has_days boolean not null generated always as (counted_by in ('days', 'pages')) stored,
  counted_rows text[] not null default array['races'],
  by_default boolean not null default true,
  in_background boolean not null default false,
  long_text_bytes_a_runner numeric not null default 0,
  ids_a_second numeric,
  constraint feeds_place_once unique (place),
  -- A ping is signed as a dispatch is, with this word in place of the feed.
  constraint feeds_ping_is_no_feed check (name <> 'ping'),
  constraint feeds_asks_something check ((cardinality(endpoints) > 0) = (ids_a_second is null)),
  constraint feeds_only_ids_without_endpoint check (ids_a_second is null or counted_by = 'ids'),
  constraint feeds_counted_rows_not_empty check (cardinality(counted_rows) > 0),
  constraint feeds_counted_by_known check (counted_by in ('lists', 'days', 'pages', 'ids')),
  constraint feeds_pages_have_a_limit check ((page_limit is null) = (counted_by = 'lists') and page_limit > 0),
  constraint feeds_page_limit_allowed check (page_limit <= page_limit_allowed),
  constraint feeds_days_have_bounds check (
    counted_by not in ('days', 'pages')
    or num_nulls(first_day, days_ahead, known_after_days, settled_after_days, overdue_after_days) = 0
  ),
  constraint feeds_shared_rows_have_a_size check ((shares_rows_with is null) = (bytes_a_shared_runner is null))
);
comment on table engine.feeds is
  'What can be pulled. A row per feed; the rates of its endpoints are in racing_api_limits.';
comment on column engine.feeds.name is 'As in runs, chunks and coverage.';
comment on column engine.feeds.place is 'The order in which feeds are listed.';
comment on column engine.feeds.function_name is 'The Edge Function that works on its chunks.';
comment on column engine.feeds.endpoints is
  'Paths of The Racing API, as in racing_api_limits. Empty of a feed that reads this database instead.';
comment on column engine.feeds.counted_by is
  'How the API counts it, and so how it is planned, read and checked. lists: one chunk, a page a list, one list an
   endpoint. days: a chunk a month, a total a day. pages: a chunk a month, one total for all of its days, which are read
   as one. ids: a chunk a month, a call for each id that engine.ids_to_ask has in it; no day of it is ever covered.';
comment on column engine.feeds.page_limit is
  'Rows asked for in one API call; of ids, how many of their answers are stored at once. A change holds from the next
   claim on. Null for lists.';
comment on column engine.feeds.page_limit_allowed is
  'The most rows that the API returns for one call; it refuses to be asked for more: 500 of /racecards/pro, 100 of
   /results. Null for lists.';
comment on column engine.feeds.goes_first is 'Whether the other chunks of a run wait for it.';
comment on column engine.feeds.first_day is 'The first day that the API has; null without days.';
comment on column engine.feeds.days_ahead is 'How many days ahead of today the API has it; null without days.';
comment on column engine.feeds.known_after_days is
  'How many days after a day it can be known at all: 0 a card on the morning of its day, 1 a result once its day is
   over.';
comment on column engine.feeds.settled_after_days is
  'How many days after a day its last corrections are in: 1 a card (an abandonment in the evening), 6 a result (late
   ratings and stewards'' corrections come for five days).';
comment on column engine.feeds.overdue_after_days is
  'From this age on, a day that was not pulled since it was settled counts as missing: its last scheduled pull should
   be done by then.';
comment on column engine.feeds.free_months is
  'How many months back the API gives it without the historical add-on; null: all of it.';
comment on column engine.feeds.runners_a_race is 'For estimates until enough was pulled: runners of a race.';
comment on column engine.feeds.bytes_a_runner is
  'For estimates: bytes by which a runner makes the database grow, with its indexes once they are compacted and its part
   of the race. Horses and people come on top: see engine.bytes_of_masters.';
comment on column engine.feeds.long_text_bytes_a_runner is
  'For estimates: how many of these are what people wrote, which backfill_settings.capture_long_texts leaves out.';
comment on column engine.feeds.shares_rows_with is 'The feed whose rows it adds to when both have a race; or null.';
comment on column engine.feeds.bytes_a_shared_runner is
  'For estimates: bytes that the earlier version of a runner''s row takes when another feed changes it. The
   first 32,000 count: then vacuums free as much as comes.';
comment on column engine.feeds.pages_an_invocation is 'For estimates until enough was pulled: pages of one invocation.';
comment on column engine.feeds.has_days is 'Whether its days are covered one by one.';
comment on column engine.feeds.counted_rows is
  'The arrays of a page, as ingest_page gets it, that hold what the API counts. Where it is no races, its pages are
   estimated from the races of other feeds, and its coverage says that a day was pulled and knows of no races.';
comment on column engine.feeds.by_default is 'Whether a run that names no feeds pulls it.';
comment on column engine.feeds.in_background is
  'Whether it stands back: nothing of it is claimed, and it gets no slot, while a chunk of any other feed can be claimed
   or is worked on.';
comment on column engine.feeds.ids_a_second is
  'For estimates, of a feed that asks no endpoint: ids that it gets done in a second. Null for the others, whose rate is
   that of their endpoints.';

-- Each feed has its own claims, and a lock for them. The search path is that of security definer functions: the trigger
-- belongs to this table, which engine.dispatch reads.
create function engine.add_claim_lock()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A feed that was deleted leaves its lock behind, as a session may hold it.
  insert into engine.locks (name, guards)
  values ('claim ' || new.name, format('giving out the %s'' leases', new.name))
  on conflict (name) do nothing;
  return null;
end
$$;
comment on function engine.add_claim_lock() is
  'Trigger: a new feed, and one with a new name, gets the lock that its claims take.';

create trigger add_claim_lock after insert or update of name on engine.feeds
  for each row execute function engine.add_claim_lock();

-- Sizes and rates measured over simulated years (docs/guide.md, "I want to know what it costs").
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, counted_rows, goes_first, pages_an_invocation
)
values ('masters', 1, 'masters', array['/courses', '/courses/regions'], 'lists', array['courses', 'regions'], true, 2);
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, page_limit, page_limit_allowed, first_day, days_ahead,
  known_after_days, settled_after_days, overdue_after_days, free_months,
  runners_a_race, bytes_a_runner, long_text_bytes_a_runner, shares_rows_with, bytes_a_shared_runner, pages_an_invocation
)
values
  (
    'racecards', 2, 'events', array['/racecards/pro'], 'days', 500, 500, '2023-01-23', 7,
    0, 1, 2, null,
    10.4, 895, 520, null, null, 16
  ),
  (
    'results', 3, 'events', array['/results'], 'pages', 100, 100, '1988-01-01', 0,
    1, 6, 8, 12,
    9.8, 405, 105, 'racecards', 215, 7.5
  );
-- Not by default: which horses there are to ask for is known once the results are stored. Its schedule asks for them.
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, counted_rows, page_limit, first_day, days_ahead, bytes_a_runner,
  pages_an_invocation, by_default, in_background
)
values (
  'horses', 4, 'masters', array['/horses/{horse_id}/pro'], 'ids', array['horses'], 10, '1988-01-01', 0, 150,
  180, false, true
);

-- The old database, where one was taken over. Its ids are those of engine.legacy_items.
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, counted_rows, page_limit, first_day, days_ahead, bytes_a_runner,
  pages_an_invocation, by_default, in_background, ids_a_second
)
values ('legacy', 5, 'masters', '{}', 'ids', array['races'], 50, '1988-01-01', 7, 4000, 2000, false, true, 60);

-- Too few rows to be analysed automatically, and plans would expect hundreds.
analyze engine.feeds;

create function engine.feed_names(with_days boolean default null, by_default boolean default null)
returns text[]
language sql
stable
security invoker
set search_path = ''
as $$
  select array_agg(feed.name order by feed.place)
  from engine.feeds as feed
  where
    (feed.has_days = feed_names.with_days or feed_names.with_days is null)
    and (feed.by_default = feed_names.by_default or feed_names.by_default is null)
    -- Nobody who has no old database needs to know of its feed.
    and (feed.name <> 'legacy' or engine.has_legacy())
$$;
comment on function engine.feed_names(boolean, boolean) is
  'Feeds in their order. with_days: true, those whose days are covered one by one; false, the others. by_default: true,
   those that are pulled when no feeds are named; false, the others. Null: both. legacy only while there is an old
   database.';

create function engine.refuse_unknown_feeds()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if new.feeds <@ engine.feed_names() and cardinality(new.feeds) > 0 then
    return new;
  end if;
  raise exception 'Unknown feed in %: %', tg_table_name, new.feeds
    using errcode = '22023',
      hint = format('The feeds are %s; give one at least.', array_to_string(engine.feed_names(), ', '));
end
$$;
comment on function engine.refuse_unknown_feeds() is
  'Trigger: error 22023 when the column feeds names a feed that engine.feeds lacks, or no feed.';

alter table engine.feeds enable row level security;
grant select on engine.feeds to service_role;
grant execute on function engine.feed_names to service_role;

-- schemas/runs/settings.sql

-- Settings that an operator may change.

create table public.backfill_settings (
  id boolean primary key default true,
  regions text[] not null default array['gb', 'ire'],
  leases_per_feed integer not null default 2,
  lease_seconds integer not null default 90,
  stop_taking_pages_after_seconds integer not null default 45,
  stop_taking_pages_after_busy_seconds numeric(4, 2) not null default 0.4,
  answer_timeout_seconds integer not null default 30,
  attempts_before_dead integer not null default 5,
  interruptions_before_dead integer not null default 10,
  capture_odds boolean not null default false,
  capture_long_texts boolean not null default true,
  gap_tries integer not null default 3,
  gap_days_a_night integer not null default 62,
  freshness_grace_minutes integer not null default 45,
  alert_format text not null default 'slack',
  error_log_days integer not null default 90,
  api_log_days integer not null default 7,
  cron_log_days integer not null default 7,
  scheduled_run_days integer not null default 30,
  alert_days integer not null default 180,
  reject_days integer not null default 90,
  schedules_started_on date,
  set_up_at timestamptz,
  database_limit_megabytes integer not null default 500,
  schedules_started_at timestamptz,
  usage_days integer not null default 730,
  runs_kept_since timestamptz,
  constraint backfill_settings_one_row check (id),
  constraint backfill_settings_regions_not_empty check (cardinality(regions) > 0),
  constraint backfill_settings_regions_lower_case check (regions::text = lower(regions::text)),
  constraint backfill_settings_leases_positive check (leases_per_feed between 1 and 10),
  constraint backfill_settings_lease_outlives_page check (lease_seconds between 30 and 600),
  constraint backfill_settings_stop_positive check (stop_taking_pages_after_seconds between 1 and 300),
  constraint backfill_settings_busy_positive check (stop_taking_pages_after_busy_seconds > 0),
  constraint backfill_settings_answer_timeout_sane check (answer_timeout_seconds between 1 and 60),
  constraint backfill_settings_attempts_positive check (attempts_before_dead between 1 and 100),
  constraint backfill_settings_interruptions_positive check (interruptions_before_dead between 1 and 1000),
  constraint backfill_settings_gap_tries_positive check (gap_tries between 1 and 100),
  constraint backfill_settings_gap_days_positive check (gap_days_a_night between 1 and 1000),
  constraint backfill_settings_grace_positive check (freshness_grace_minutes between 1 and 1440),
  constraint backfill_settings_alert_format_known check (alert_format in ('slack', 'json')),
  constraint backfill_settings_limit_positive check (database_limit_megabytes > 0),
  constraint backfill_settings_retention_positive check (
    least(
      error_log_days, api_log_days, cron_log_days, scheduled_run_days, alert_days, reject_days, usage_days
    ) >= 1
  )
);

insert into public.backfill_settings default values;
comment on table public.backfill_settings is
  'One row: what an operator may tune. A change holds from the next claim on.';
comment on column public.backfill_settings.regions is
  'Region codes to pull, any of /courses/regions, lower case, as that spells them (saf, not sa). A change holds from the
   next claim on; a period of results, or a card day, that is half read keeps its own. Days that were pulled without one
   of them count as missing.';
comment on column public.backfill_settings.leases_per_feed is
  'Chunks of one feed that may be worked on at once. Two, so that a hop through pg_net costs no throughput.';
comment on column public.backfill_settings.lease_seconds is 'How long a lease lasts unless a page renews it.';
comment on column public.backfill_settings.stop_taking_pages_after_seconds is
  'An invocation takes no further page after this time and yields: an isolate is retired at half of its wall clock.';
comment on column public.backfill_settings.stop_taking_pages_after_busy_seconds is
  'The same limit for the seconds that it spent parsing and reading bodies. Sending and receiving costs about as much
   again (measured: 1.8 s of CPU for each of these seconds), and an isolate is retired at 1 s of CPU and ended at 2 s.';
comment on column public.backfill_settings.answer_timeout_seconds is
  'How long an API call may take until its body is in. A racecards page of a big Saturday is 2 MB.';
comment on column public.backfill_settings.attempts_before_dead is
  'Failed attempts of a chunk without a page in between, after which it is dead.';
comment on column public.backfill_settings.interruptions_before_dead is
  'Leases of a chunk that run out without a page in between, after which it is dead.';
comment on column public.backfill_settings.capture_odds is
  'Whether ra_runner_odds is filled. Odds are most of a card''s bytes, and stored they are more than the rest of it:
   about 10,500 rows of 180 bytes a card day (1.9 MB, indexes included), against 0.4 MB for its races and runners.';
comment on column public.backfill_settings.capture_long_texts is
  'Whether what people wrote is stored: of races tip, verdict, betting_forecast and stewards_comments, of runners
   card_comment, spotlight, quotes, stable_tour and result_comment. Off, it is left out of what is pulled from then on;
   what is stored stays. On again, days that were pulled meanwhile get it by a run with reprocess => ''all''.';
comment on column public.backfill_settings.gap_tries is
  'Nightly pulls of a day with a gap, after which it is given up and an alert says so.';
comment on column public.backfill_settings.gap_days_a_night is
  'Days of a feed that one closing of gaps pulls at most, the newest first.';
comment on column public.backfill_settings.freshness_grace_minutes is
  'How late a scheduled pull may be before data_freshness calls the feed late. Three retries of a failed pull take 21
   minutes.';
comment on column public.backfill_settings.alert_format is
  'Body of an alert: slack ({"text": …}) or json (all of it in fields).';
comment on column public.backfill_settings.error_log_days is 'How long ingest_errors keeps a row.';
comment on column public.backfill_settings.api_log_days is
  'How long a counted API call and a row of invocation_times are kept.';
comment on column public.backfill_settings.cron_log_days is
  'How long cron.job_run_details keeps a row of the engine''s jobs.';
comment on column public.backfill_settings.scheduled_run_days is
  'How long a scheduled run that succeeded is kept. Backfills are kept for ever.';
comment on column public.backfill_settings.alert_days is 'How long an alert is kept after it was resolved.';
comment on column public.backfill_settings.reject_days is
  'How long a reject is kept after it was acknowledged and last met. One that nobody has acknowledged is kept for ever,
   and so is a runner of a result: it says that the horse ran.';
comment on column public.backfill_settings.schedules_started_on is
  'Set by start_schedules and cleared by stop_schedules: every day from this UK day on is expected to be stored.';
comment on column public.backfill_settings.database_limit_megabytes is
  'How large the plan lets the database be, in megabytes of 1,000,000 bytes: 500 on the free plan, which becomes
   read-only beyond it. Backfills and pulls by hand are paused 15 MB before it, daily pulls 5 MB before it; check_setup
   warns from 80 %, and fails from 95 %. Once it is raised: backfill_resume(run_id).';
comment on column public.backfill_settings.usage_days is 'How long usage_by_day keeps a day.';
comment on column public.backfill_settings.runs_kept_since is
  'Set by racing.keep_runs and cleared by racing.keep_no_runs: since when runs are kept. Null while none are.';
comment on column public.backfill_settings.set_up_at is
  'When "deno task setup" first got through; null before, and after "deno task uninstall".';
comment on column public.backfill_settings.schedules_started_at is
  'When that was: data_freshness calls no feed late before freshness_grace_minutes have passed.';

create function engine.refuse_to_delete_settings()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  raise exception 'The row of backfill_settings can''t be deleted: every run reads it'
    using errcode = '22023',
      hint = 'To restore a default: update backfill_settings set regions = default; and so on for each column.';
end
$$;
comment on function engine.refuse_to_delete_settings() is 'Trigger: error 22023.';

create trigger refuse_to_delete_settings before delete or truncate on public.backfill_settings
  for each statement execute function engine.refuse_to_delete_settings();

alter table public.backfill_settings enable row level security;
revoke all on public.backfill_settings from public, anon, authenticated, service_role;
grant select on public.backfill_settings to service_role;

-- schemas/runs/runs.sql

-- Runs: requests for work.

create table public.backfill_runs (
  id bigint generated always as identity primary key,
  start_date date not null,
  end_date date not null,
  feeds text[] not null,
  newest_first boolean not null,
  reprocess text not null,
  kind text not null,
  requested_by text not null default session_user,
  created_at timestamptz not null default engine.clock(),
  paused_at timestamptz,
  pause_reason text,
  cancelled_at timestamptz,
  left_out text,
  constraint backfill_runs_dates_in_order check (start_date <= end_date),
  constraint backfill_runs_kind_known check (kind in ('backfill', 'by_hand', 'gaps', 'schedule')),
  constraint backfill_runs_reprocess_known check (reprocess in ('missing', 'failed', 'all')),
  constraint backfill_runs_pause_has_reason check ((paused_at is null) = (pause_reason is null))
);
comment on table public.backfill_runs is
  'Requests for work. A run''s state is not stored: backfill_status derives it from here and from its chunks.';
comment on column public.backfill_runs.start_date is 'First UK racing day asked for.';
comment on column public.backfill_runs.end_date is 'Inclusive, and frozen when the run was started.';
comment on column public.backfill_runs.feeds is 'Names of engine.feeds.';
comment on column public.backfill_runs.newest_first is 'Whether the newest month goes first.';
comment on column public.backfill_runs.reprocess is
  'Which days were planned. missing: those without whole coverage; failed: those of dead chunks; all.';
comment on column public.backfill_runs.kind is
  'What it is for. backfill: backfill_start; by_hand: pull_days; gaps: the nightly closing of gaps; schedule: a
   scheduled pull. The later in this list, the earlier its chunks are claimed.';
comment on column public.backfill_runs.requested_by is
  'The role that started the run, or the schedule: "schedule day_cards".';
comment on column public.backfill_runs.created_at is 'When the run was started.';
comment on column public.backfill_runs.paused_at is 'Null unless the run is paused.';
comment on column public.backfill_runs.pause_reason is 'Why the run is paused and what to do about it.';
comment on column public.backfill_runs.cancelled_at is 'Null unless the run was cancelled, which is for good.';
comment on column public.backfill_runs.left_out is
  'Why some of its feeds have no chunk, as it was when the run was started; null when all of them have one.';

create trigger refuse_unknown_feeds before insert or update of feeds on public.backfill_runs
  for each row execute function engine.refuse_unknown_feeds();

alter table public.backfill_runs enable row level security;
revoke all on public.backfill_runs from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.backfill_runs_id_seq from public, anon, authenticated, service_role;
grant select, insert, update on public.backfill_runs to service_role;

-- schemas/runs/chunks.sql

-- The work of a run, cut into chunks.

create table public.backfill_progress (
  id bigint generated always as identity primary key,
  run_id bigint not null references public.backfill_runs on delete cascade,
  feed text not null references engine.feeds,
  period_start date not null,
  period_end date not null,
  kind text not null,
  priority smallint not null generated always as (
    case kind when 'schedule' then 100 when 'gaps' then 90 when 'by_hand' then 50 when 'backfill' then 0 end
  ) stored,
  place_in_run integer not null,
  state text not null default 'waiting',
  next_attempt_at timestamptz not null default engine.clock(),
  lease_token uuid,
  lease_until timestamptz,
  cursor_day date,
  cursor_skip integer not null default 0,
  cursor_id text,
  pages_done integer not null default 0,
  pages_planned integer not null,
  pages_expected integer not null,
  api_total integer,
  reading_since timestamptz,
  regions text[],
  api_calls integer not null default 0,
  invocations integer not null default 0,
  races_stored integer not null default 0,
  runners_stored integer not null default 0,
  rows_rejected integer not null default 0,
  attempts integer not null default 0,
  interruptions integer not null default 0,
  repulls integer not null default 0,
  failing_since timestamptz,
  last_error text,
  created_at timestamptz not null default engine.clock(),
  started_at timestamptz,
  claimed_at timestamptz,
  last_page_at timestamptz,
  ended_at timestamptz,
  constraint backfill_progress_one_chunk_a_month unique (run_id, feed, period_start),
  constraint backfill_progress_period_not_empty check (period_start < period_end),
  constraint backfill_progress_state_known check (state in ('waiting', 'working', 'succeeded', 'dead', 'cancelled')),
  constraint backfill_progress_leased_when_working check (
    (state = 'working') = (lease_token is not null) and (state = 'working') = (lease_until is not null)
  ),
  constraint backfill_progress_end_has_time check (
    (state in ('succeeded', 'dead', 'cancelled')) = (ended_at is not null)
  ),
  constraint backfill_progress_dead_has_error check (state <> 'dead' or last_error is not null),
  constraint backfill_progress_kind_known check (kind in ('backfill', 'by_hand', 'gaps', 'schedule')),
  -- No day of a feed is worked on by two chunks at the same time, whichever runs they belong to.
  constraint backfill_progress_day_worked_on_once
    exclude using gist (feed with =, daterange(period_start, period_end) with &&) where (state = 'working')
);
comment on table public.backfill_progress is
  'Chunks: one feed for one calendar month of a run. One invocation works on one chunk, under a lease.';
comment on column public.backfill_progress.feed is 'One of engine.feeds.';
comment on column public.backfill_progress.period_start is 'First day of the period.';
comment on column public.backfill_progress.period_end is 'Exclusive: the period is half-open.';
comment on column public.backfill_progress.kind is
  'That of the run, which never changes, so that the claim needs no join.';
comment on column public.backfill_progress.priority is
  'In which order chunks are claimed: the higher one first. Follows from the kind, and decides nothing else.';
comment on column public.backfill_progress.place_in_run is
  'The order within the run, 1 first; each feed of a run has its own.';
comment on column public.backfill_progress.state is
  'waiting: until next_attempt_at; working: while the lease lasts; succeeded; dead: given up, see last_error and
   backfill_retry(run_id); cancelled.';
comment on column public.backfill_progress.next_attempt_at is 'A waiting chunk is not claimed before.';
comment on column public.backfill_progress.lease_token is
  'The worker with this token may write. A new claim makes a new token, and the old one becomes invalid.';
comment on column public.backfill_progress.lease_until is
  'When the lease runs out unless a page renews it; null unless working.';
comment on column public.backfill_progress.cursor_day is
  'The day to pull next, of a feed counted by days (racecards); null for the others.';
comment on column public.backfill_progress.cursor_skip is
  'How much is pulled so far, as engine.feeds counts it: lists (masters), rows of the day at the cursor (racecards),
   rows of the period (results), or ids.';
comment on column public.backfill_progress.cursor_id is
  'The id that was asked for last, of a feed that asks for ids (horses); null before the first, and for the others.';
comment on column public.backfill_progress.pages_done is
  'Pages stored since the period was begun; of a feed that asks for ids, each id is one.';
comment on column public.backfill_progress.pages_planned is 'The estimate when planned.';
comment on column public.backfill_progress.pages_expected is 'The same, corrected by what the API says.';
comment on column public.backfill_progress.api_total is
  'What the API said it has for the list (masters), the day (racecards) or the period (results); the highest number in
   this reading. Of ids, those that were asked for and those that are left.';
comment on column public.backfill_progress.reading_since is
  'When the first page of the reading went in: of the lists (masters), the day at the cursor (racecards) or the period
   (the others). What is read is as old as that, however late its last page came. Null before the first page.';
comment on column public.backfill_progress.regions is
  'What the API is asked for: the regions of the settings when the reading began. Null before the first claim.';
comment on column public.backfill_progress.api_calls is 'API calls made for the chunk, including failed ones.';
comment on column public.backfill_progress.invocations is
  'Times it was claimed: invocations of a function that worked on it.';
comment on column public.backfill_progress.races_stored is 'Races upserted; a race pulled twice counts twice.';
comment on column public.backfill_progress.runners_stored is 'Runners upserted; a runner pulled twice counts twice.';
comment on column public.backfill_progress.rows_rejected is
  'Rejects of the pages stored. What they were is in ingest_rejects.';
comment on column public.backfill_progress.attempts is
  'Failed attempts since the last page that went in. An interruption is not one.';
comment on column public.backfill_progress.interruptions is 'Leases that ran out since the last page that went in.';
comment on column public.backfill_progress.repulls is
  'Times the period was pulled again because fewer races came than the API has.';
comment on column public.backfill_progress.failing_since is
  'Time of the first failure since the last page, retry or resume; null while it does not fail.';
comment on column public.backfill_progress.last_error is 'Why the last attempt failed; null once the chunk succeeded.';
comment on column public.backfill_progress.created_at is 'When the chunk was planned.';
comment on column public.backfill_progress.claimed_at is 'When it was last claimed; null before.';
comment on column public.backfill_progress.last_page_at is 'When its last page went in; null before.';
comment on column public.backfill_progress.started_at is 'When the chunk was first claimed; null before.';
comment on column public.backfill_progress.ended_at is 'When the chunk succeeded, died or was cancelled; null before.';

-- The claim looks only at waiting chunks, so that it costs the same after 400 finished ones as after none.
create index backfill_progress_claim on public.backfill_progress (feed, priority desc, run_id, place_in_run)
  where state = 'waiting';

-- reprocess => 'failed' asks for each day whether a chunk died on it.
create index backfill_progress_dead on public.backfill_progress (feed, period_start, period_end) where state = 'dead';

-- Queries for live chunks read only live ones, however many have ended.
create index backfill_progress_live on public.backfill_progress (feed, period_start)
  where state in ('waiting', 'working');

-- Each claim checks whose turn it is.
create index backfill_progress_claimed on public.backfill_progress (feed, claimed_at);
create index backfill_progress_leases on public.backfill_progress (feed, lease_until) where state = 'working';

-- The watch asks each minute when a feed without days was last pulled, and whether anything of it was given up since.
create index backfill_progress_succeeded on public.backfill_progress (feed, (coalesce(reading_since, ended_at)))
  where state = 'succeeded';
create index backfill_progress_given_up on public.backfill_progress (feed, ended_at)
  where state in ('dead', 'cancelled');

alter table public.backfill_progress set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

alter table public.backfill_progress enable row level security;
revoke all on public.backfill_progress from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.backfill_progress_id_seq from public, anon, authenticated, service_role;
grant select, insert, update on public.backfill_progress to service_role;

-- schemas/runs/live_chunks.sql

-- Chunks that have not ended. One definition for all code that asks whether a day is being worked on.

create view engine.live_chunks
with (security_invoker = true)
as
select
  chunk.id,
  chunk.run_id,
  chunk.feed,
  chunk.kind,
  chunk.state,
  chunk.period_start,
  chunk.period_end,
  chunk.cursor_day,
  -- A waiting chunk holds the days that it still has to pull; a working one holds all of its days.
  case when chunk.state = 'waiting' then coalesce(chunk.cursor_day, chunk.period_start) else chunk.period_start end
    as held_from,
  chunk.reading_since,
  chunk.claimed_at,
  chunk.next_attempt_at,
  run.paused_at
from public.backfill_progress as chunk
join public.backfill_runs as run on run.id = chunk.run_id
where chunk.state in ('waiting', 'working');
comment on view engine.live_chunks is
  'Chunks that wait or are worked on. held_from: the first of the days that the chunk holds, so that no other needs to
   or can pull them.';

create function engine.has_live_chunk()
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return exists (select from public.backfill_progress as chunk where chunk.state in ('waiting', 'working'));
end
$$;
comment on function engine.has_live_chunk() is 'Whether a chunk waits or is worked on.';

create view engine.live_pulls
with (security_invoker = true)
as
select live.*
from engine.live_chunks as live
where live.kind = 'schedule';
comment on view engine.live_pulls is 'Live chunks of scheduled pulls, shaped like engine.live_chunks.';

grant select on engine.live_chunks to service_role;

-- schemas/runs/room.sql

-- What the plan's limit still lets in, and the pause of the runs that have no room left.

create view engine.room
with (security_invoker = true)
as
select
  pg_catalog.pg_database_size(pg_catalog.current_database()) / 1e6 as megabytes,
  s.database_limit_megabytes as limit_megabytes,
  -- Not shares of the limit: what is on its way when a run is paused, and what a day of racing brings, are as large on
  -- a large plan. A chunk that has four pages to go brings 1.75 MB, and of cards and of results as many are worked on
  -- as there are leases; a day of cards and results is half a megabyte, so what is left are days to weeks of daily
  -- pulls. The last 5 MB are for the logs, and for what other schemas write.
  s.database_limit_megabytes - (8 + ceil(3.5 * s.leases_per_feed))::integer as backfills_until,
  s.database_limit_megabytes - 5 as daily_pulls_until
from public.backfill_settings as s;
comment on view engine.room is
  'One row: how large the database is, in megabytes of 1,000,000 bytes, how large the plan lets it be, and the sizes at
   which runs are paused. backfills_until: backfills, pulls by hand, closings of gaps, and all of horses;
   daily_pulls_until: other scheduled pulls.';

create function engine.pause_without_room()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  room constant engine.room := (select known from engine.room as known);
  kept numeric;
begin
  -- No index has a fifth of the database; to look which are to be compacted takes a moment more.
  if room.megabytes < 0.8 * room.backfills_until then
    return;
  end if;
  kept := engine.kept_for_compaction();
  if room.megabytes < room.backfills_until - kept then
    return;
  end if;
  update public.backfill_runs as run
  set
    paused_at = engine.clock(),
    -- engine.waiting_for_room knows it by its first words.
    pause_reason = format(
      'The database has %s of the %s MB that the plan allows', round(room.megabytes), room.limit_megabytes
    )
      || case
        when room.megabytes < room.backfills_until then
          '. While there is room for it, its indexes are compacted, which takes some minutes; then the run goes on by '
          'itself.'
        else format(
          ' (backfill_settings.database_limit_megabytes); %s. Make room, or take a larger plan and set the limit to '
          'what it allows%s',
          case
            when run.kind = 'schedule' and room.megabytes >= room.daily_pulls_until
              then 'beyond them a free project becomes read-only'
            else format('the last %s are kept for the daily pulls', room.limit_megabytes - room.backfills_until)
          end,
          case
            -- The next one of its kind takes its place.
            when run.kind in ('gaps', 'schedule') then '.'
            else format('; then: select backfill_resume(%s);', run.id)
          end
        )
      end
  where run.id in (
    select full_up.id
    from public.backfill_runs as full_up
    where
      -- Only live runs are read, however many have ended.
      full_up.id = any (array(select live.run_id from engine.live_chunks as live where live.paused_at is null))
      and full_up.paused_at is null
      and (
        full_up.kind <> 'schedule'
        or room.megabytes >= room.daily_pulls_until
        -- A hundred thousand horses would take what is kept for days of racing.
        or exists (select from engine.feeds as feed where feed.name = any (full_up.feeds) and feed.in_background)
      )
    order by full_up.id
    -- Nobody waits for a run here. One that another session holds is met again with the next page.
    for no key update skip locked
  );
end
$$;
comment on function engine.pause_without_room() is
  'Pauses each live run that has no room left in the database, with a sentence that says what to do: see engine.room. A
   backfill is paused earlier while indexes are to be compacted, because that needs room: engine.kept_for_compaction.
   Each claim asks, and each fourth page of a chunk, so what still comes is four pages of each chunk at most; with odds,
   and of horses, each page asks. To ask takes some milliseconds, by the number of files of the database: it has 700 and
   more.';

grant select on engine.room to service_role;
grant execute on function engine.pause_without_room to service_role;

-- schemas/runs/pages_read.sql

-- Which races a reading has seen so far.

create table engine.pages_read (
  chunk_id bigint not null references public.backfill_progress on delete cascade,
  day date not null,
  skip integer not null,
  races_in_api integer not null,
  race_keys text[] not null,
  left_out text[] not null default '{}',
  constraint pages_read_pkey primary key (chunk_id, day, skip)
);
comment on table engine.pages_read is
  'The races on the pages of an unfinished reading, so that the races that came, not those stored before, are compared
   with what the API has. A row a page: 22 kB of WAL for a month of 1,200 races. A row a race would be 250 kB, and a
   list on the chunk would be rewritten with each page.';
comment on column engine.pages_read.day is 'The day, of a feed counted by days; of others the first day of the period.';
comment on column engine.pages_read.skip is 'The cursor that the page was read at.';
comment on column engine.pages_read.races_in_api is 'The total that the API gave with this page.';
comment on column engine.pages_read.race_keys is
  'Ids of the races that came, or of what else the feed counts (engine.feeds.counted_rows), stored or rejected, each as
   often as it was on the page; where an id cannot be read, the fingerprint of the reject.';
comment on column engine.pages_read.left_out is
  'Ids among them that are not to be stored: of races of a region that was not asked for.';

create table engine.copies_read (
  chunk_id bigint not null references public.backfill_progress on delete cascade,
  day date not null,
  race_key text not null,
  times integer not null,
  constraint copies_read_pkey primary key (chunk_id, day, race_key)
);
comment on table engine.copies_read is
  'Races that came more than once when an unfinished chunk was last read and came up short. One that does so again, on
   pages that end elsewhere, is really twice in the API''s list; otherwise the pages shifted, and another race was
   missed.';
comment on column engine.copies_read.day is 'As in engine.pages_read.';
comment on column engine.copies_read.race_key is 'As in engine.pages_read.race_keys.';
comment on column engine.copies_read.times is 'How often it came.';

alter table engine.pages_read enable row level security;
alter table engine.copies_read enable row level security;
grant select, insert, update, delete on engine.pages_read to service_role;
grant select, insert, delete on engine.copies_read to service_role;

-- schemas/runs/errors.sql

-- The error log.

create table public.ingest_errors (
  id bigint generated always as identity primary key,
  occurred_at timestamptz not null default engine.clock(),
  run_id bigint references public.backfill_runs on delete cascade,
  chunk_id bigint references public.backfill_progress on delete cascade,
  feed text not null,
  failure_class text not null,
  endpoint text,
  http_status integer,
  attempt integer not null,
  message text not null,
  constraint ingest_errors_class_known check (
    failure_class in ('retried', 'transient', 'chunk', 'account', 'interruption', 'incomplete', 'lost_dispatch')
  )
);

create index ingest_errors_run_id on public.ingest_errors (run_id, occurred_at desc);
create index ingest_errors_last on public.ingest_errors (run_id, occurred_at desc, id desc)
  where failure_class <> 'retried';
create index ingest_errors_chunk_id on public.ingest_errors (chunk_id);
create index ingest_errors_lost_dispatches on public.ingest_errors (feed, occurred_at)
  where failure_class = 'lost_dispatch';
create index ingest_errors_occurred_at on public.ingest_errors (occurred_at);
comment on table public.ingest_errors is 'One row per failed attempt. Messages contain no secret.';
comment on column public.ingest_errors.failure_class is
  'retried: sent again within the invocation; transient: tried again later; chunk: that chunk is dead; account: the run
   is paused; interruption: the lease ran out or was given back without a page; incomplete: fewer races came than the
   API has; lost_dispatch: a dispatch never arrived, so another was sent.';
comment on column public.ingest_errors.endpoint is 'The path of the API call; null when it failed outside of one.';
comment on column public.ingest_errors.http_status is 'What the API answered; null without an answer.';
comment on column public.ingest_errors.attempt is 'Which failure of its kind in a row it was, starting at 1.';
comment on column public.ingest_errors.message is 'A sentence; contains no secret.';

create function engine.log_failure(
  chunk public.backfill_progress,
  failure_class text,
  endpoint text,
  http_status integer,
  attempt integer,
  message text
)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ingest_errors (run_id, chunk_id, feed, failure_class, endpoint, http_status, attempt, message)
  values (
    chunk.run_id, chunk.id, chunk.feed, log_failure.failure_class, log_failure.endpoint, log_failure.http_status,
    log_failure.attempt, log_failure.message
  )
$$;
comment on function engine.log_failure(public.backfill_progress, text, text, integer, integer, text) is
  'Keeps one failed attempt in the error log.';

alter table public.ingest_errors enable row level security;
revoke all on public.ingest_errors from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.ingest_errors_id_seq from public, anon, authenticated, service_role;
grant select, insert on public.ingest_errors to service_role;
grant execute on function engine.log_failure to service_role;

-- schemas/runs/api_calls.sql

-- The count of API calls.

create table engine.racing_api_calls (
  run_id bigint not null,
  feed text not null,
  counted_from timestamptz not null,
  calls integer not null,
  first_at timestamptz not null default engine.clock(),
  constraint racing_api_calls_pkey primary key (run_id, feed, counted_from)
);

create index racing_api_calls_counted_from on engine.racing_api_calls (counted_from);
comment on table engine.racing_api_calls is
  'API calls of a run and feed by ten seconds: what the current rate and the time left are derived from.';
comment on column engine.racing_api_calls.feed is 'One of engine.feeds.';
comment on column engine.racing_api_calls.counted_from is 'Start of the ten seconds in which the calls were reported.';
comment on column engine.racing_api_calls.calls is 'Requests sent, including failed ones.';
comment on column engine.racing_api_calls.first_at is 'When the first of them were reported.';

create function engine.count_calls(chunk public.backfill_progress, calls integer)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into engine.racing_api_calls as known (run_id, feed, counted_from, calls)
  select chunk.run_id, chunk.feed, date_bin('10 seconds', engine.clock(), timestamptz 'epoch'), count_calls.calls
  where count_calls.calls > 0
  on conflict (run_id, feed, counted_from) do update set calls = known.calls + excluded.calls
$$;
comment on function engine.count_calls(public.backfill_progress, integer) is
  'Counts API calls of a chunk for the current rate. Call it last in a transaction: the chunks of a feed share the
   row.';

alter table engine.racing_api_calls enable row level security;
revoke all on engine.racing_api_calls from public, anon, authenticated, service_role;
grant select, insert, update on engine.racing_api_calls to service_role;
grant execute on function engine.count_calls to service_role;

-- schemas/runs/invocations.sql

-- Where an invocation's time went.

create table engine.invocations (
  lease_token uuid primary key,
  run_id bigint not null,
  chunk_id bigint not null,
  feed text not null,
  claimed_at timestamptz not null default engine.clock(),
  dispatched_at timestamptz,
  ended_at timestamptz,
  ended_as text,
  slot_seconds numeric(9, 3),
  fetch_seconds numeric(9, 3),
  store_seconds numeric(9, 3),
  other_seconds numeric(9, 3),
  pages integer,
  log_lines integer,
  constraint invocations_end_has_time check ((ended_at is null) = (ended_as is null)),
  constraint invocations_end_known check (
    ended_as in ('succeeded', 'incomplete', 'yielded', 'failed', 'interrupted', 'cancelled')
  )
);

create index invocations_claimed_at on engine.invocations (claimed_at);
comment on table engine.invocations is
  'Invocations of the functions that took a chunk: a row each, written with the claim and completed with the call that
   ends it. Deleted after api_log_days. No foreign keys: a run that is deleted takes no usage away.';
comment on column engine.invocations.lease_token is 'The lease that it took the chunk under.';
comment on column engine.invocations.run_id is 'The chunk''s run, which may be deleted by now.';
comment on column engine.invocations.chunk_id is 'The chunk, which may be deleted by now.';
comment on column engine.invocations.feed is 'One of engine.feeds.';
comment on column engine.invocations.claimed_at is 'When it took the chunk.';
comment on column engine.invocations.dispatched_at is 'When its dispatch was queued; null for a call by hand.';
comment on column engine.invocations.ended_at is 'When the chunk left it; null while it works.';
comment on column engine.invocations.ended_as is
  'succeeded; incomplete (races lack); yielded (time was up, or the run was paused); failed; interrupted (the lease ran
   out, or no page was stored); cancelled.';
comment on column engine.invocations.slot_seconds is
  'By the function''s clock, as the next three. Each moment counts once: as storing, else fetching, else waiting. Null
   when it could not report. This one: waiting for slots, asking for them included.';
comment on column engine.invocations.fetch_seconds is 'From sending requests until their bodies were in.';
comment on column engine.invocations.store_seconds is 'In ingest_page, there and back.';
comment on column engine.invocations.other_seconds is
  'The rest: reading bodies, pauses before a request is sent again. Without the call that ends it.';
comment on column engine.invocations.pages is 'Pages that it stored.';
comment on column engine.invocations.log_lines is 'Lines that it wrote to the function''s log.';

create function engine.end_invocation(lease_token uuid, ended_as text, report jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.invocations as known
  set
    ended_at = engine.clock(),
    ended_as = end_invocation.ended_as,
    slot_seconds = (end_invocation.report ->> 'slot_seconds')::numeric,
    fetch_seconds = (end_invocation.report ->> 'fetch_seconds')::numeric,
    store_seconds = (end_invocation.report ->> 'store_seconds')::numeric,
    other_seconds = (end_invocation.report ->> 'other_seconds')::numeric,
    pages = (end_invocation.report ->> 'pages')::integer,
    log_lines = (end_invocation.report ->> 'log_lines')::integer
  where known.lease_token = end_invocation.lease_token
$$;
comment on function engine.end_invocation(uuid, text, jsonb) is
  'Notes how an invocation ended, and where its time went. report: {slot_seconds, fetch_seconds, store_seconds,
   other_seconds, pages, log_lines}; null when it could not say.';

create view public.invocation_times
with (security_invoker = true)
as
select
  known.run_id,
  known.chunk_id,
  known.feed,
  known.claimed_at,
  round(extract(epoch from known.claimed_at - known.dispatched_at), 3) as dispatch_seconds,
  known.slot_seconds,
  known.fetch_seconds,
  known.store_seconds,
  known.other_seconds,
  known.pages,
  known.ended_as,
  known.ended_at,
  known.log_lines
from engine.invocations as known;
comment on view public.invocation_times is
  'Why is it slow? A row per invocation that took a chunk, kept for a week (api_log_days): how long its dispatch was on
   its way, and where its time went, by its own clock. Each moment counts once: as storing, else as fetching, else as
   waiting for a slot, else as the rest: while the next page is fetched and one is stored, only the storing counts.';
comment on column public.invocation_times.run_id is 'The chunk''s run, which may be deleted by now.';
comment on column public.invocation_times.chunk_id is 'The chunk that it worked on, which may be deleted by now.';
comment on column public.invocation_times.feed is 'One of engine.feeds.';
comment on column public.invocation_times.claimed_at is 'When it took the chunk.';
comment on column public.invocation_times.dispatch_seconds is
  'From the queueing of its dispatch to the claim; null for a call by hand.';
comment on column public.invocation_times.slot_seconds is
  'Waiting for a slot, which the rate limits give. Null, as the next three, when it could not report: it works, or was
   interrupted.';
comment on column public.invocation_times.fetch_seconds is
  'Waiting for The Racing API: from sending requests until their bodies were in.';
comment on column public.invocation_times.store_seconds is 'Waiting for the database to store pages.';
comment on column public.invocation_times.other_seconds is
  'The rest: reading bodies, pauses before a request is sent again. Without the call that ends it.';
comment on column public.invocation_times.pages is 'Pages that it stored; null when it could not report.';
comment on column public.invocation_times.ended_as is
  'succeeded; incomplete (races lack, the chunk is read again); yielded (time was up, or the run was paused); failed;
   interrupted (its lease ran out, or it stored no page); cancelled. Null while it works.';
comment on column public.invocation_times.ended_at is 'When the chunk left it; null while it works.';
comment on column public.invocation_times.log_lines is
  'Lines that it wrote to the function''s log; null when it could not report.';

alter table engine.invocations enable row level security;
revoke all on public.invocation_times from public, anon, authenticated, service_role;
grant select, insert, update on engine.invocations to service_role;
grant select on public.invocation_times to service_role;
grant execute on function engine.end_invocation to service_role;

-- schemas/runs/rejects.sql

-- What could not be understood, and unknown fields.

create table public.ingest_rejects (
  id bigint generated always as identity primary key,
  feed text not null,
  kind text not null,
  race_id text,
  horse_id text,
  race_date date,
  path text not null,
  reason text not null,
  raw jsonb not null,
  fingerprint text not null,
  run_id bigint references public.backfill_runs on delete set null,
  chunk_id bigint references public.backfill_progress on delete set null,
  first_seen_at timestamptz not null default engine.clock(),
  last_seen_at timestamptz not null default engine.clock(),
  acknowledged_at timestamptz,
  constraint ingest_rejects_once unique (feed, fingerprint),
  constraint ingest_rejects_kind_known check (kind in ('race', 'runner', 'course', 'region', 'horse', 'value'))
);

create index ingest_rejects_run_id on public.ingest_rejects (run_id);
create index ingest_rejects_chunk_id on public.ingest_rejects (chunk_id);
create index ingest_rejects_race_date on public.ingest_rejects (feed, race_date);
create index ingest_rejects_race_id on public.ingest_rejects (race_id);

-- The watch looks every minute for those that nobody has acknowledged.
create index ingest_rejects_unread on public.ingest_rejects (feed, first_seen_at, id) where acknowledged_at is null;
create index ingest_rejects_acknowledged_at on public.ingest_rejects (acknowledged_at)
  where acknowledged_at is not null;
comment on table public.ingest_rejects is
  'Rows (kind race, runner, course, region, horse) and values (kind value) that are not understood, with their raw
   JSON. A reject is removed when a later pull of the same race, or a later profile of the same horse, is understood,
   or reject_days after it was acknowledged and last met, unless it is a runner of a result.';
comment on column public.ingest_rejects.kind is
  'race, runner, course, region, horse: missing as a whole. value: only that column is null, or it was sent twice with
   two values, of which the later one is stored.';
comment on column public.ingest_rejects.race_id is
  'Null for courses, regions and horses, and for a race whose id cannot be read.';
comment on column public.ingest_rejects.horse_id is
  'Null unless it is about a runner, or a horse, whose id can be read.';
comment on column public.ingest_rejects.race_date is 'UK racing day; null when it cannot be read either.';
comment on column public.ingest_rejects.path is
  'Where in the race the unreadable value is: "runners[3].horse_id". Empty when the element as a whole is wrong.';
comment on column public.ingest_rejects.reason is 'A sentence.';
comment on column public.ingest_rejects.raw is
  'The element as sent; of a value, {value}, which is a list of both where it was sent twice.';
comment on column public.ingest_rejects.fingerprint is
  'Hash of what was rejected: the same reject pulled again is the same row.';
comment on column public.ingest_rejects.run_id is 'The run that met it last; null once deleted.';
comment on column public.ingest_rejects.chunk_id is 'The chunk that met it last; null once deleted.';
comment on column public.ingest_rejects.first_seen_at is 'When it was first met.';
comment on column public.ingest_rejects.last_seen_at is 'When it was last met.';
comment on column public.ingest_rejects.acknowledged_at is
  'Set it once you have looked: until then an alert stays open. Null again when it is met with another reason.';

create table public.ingest_unknown_fields (
  feed text not null,
  object text not null,
  field text not null,
  times_seen bigint not null,
  first_seen_at timestamptz not null default engine.clock(),
  last_seen_at timestamptz not null default engine.clock(),
  acknowledged_at timestamptz,
  first_value text,
  newest_value text,
  constraint ingest_unknown_fields_pkey primary key (feed, object, field),
  constraint ingest_unknown_fields_values_short check (
    greatest(octet_length(first_value), octet_length(newest_value)) <= 600
  )
);
comment on table public.ingest_unknown_fields is
  'Fields that the API sent and that are not known here. They are reported, never fatal.';
comment on column public.ingest_unknown_fields.object is
  'What carried it: page, racecard, card_runner, result, result_runner, course, region; or a part of a card''s runner:
   trainer_14_days, odds, quotes, stable_tour, medical, prev_trainers, prev_owners.';
comment on column public.ingest_unknown_fields.field is 'Its name in the JSON.';
comment on column public.ingest_unknown_fields.times_seen is 'Objects that carried it, over all pages stored.';
comment on column public.ingest_unknown_fields.first_seen_at is 'When it was first met.';
comment on column public.ingest_unknown_fields.acknowledged_at is
  'Set it once you have looked: until then an alert stays open.';
comment on column public.ingest_unknown_fields.last_seen_at is 'When it was last met.';
comment on column public.ingest_unknown_fields.first_value is
  'The first value that was more than a missing one, as JSON, cut off after 150 characters; a secret in it is replaced.
   Null when there was none yet.';
comment on column public.ingest_unknown_fields.newest_value is 'The newest such value, in the same form.';

alter table public.ingest_rejects enable row level security;
alter table public.ingest_unknown_fields enable row level security;
revoke all on public.ingest_rejects, public.ingest_unknown_fields from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.ingest_rejects_id_seq from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.ingest_rejects to service_role;
grant select, insert, update on public.ingest_unknown_fields to service_role;

-- schemas/coverage/coverage.sql

-- What the API has of each day, and what is stored.

create table public.ra_coverage (
  feed text not null references engine.feeds,
  day date not null,
  races_in_api integer not null,
  races_stored integer not null,
  races_rejected integer not null,
  races_abandoned integer not null default 0,
  pulled_at timestamptz not null,
  regions text[] not null,
  chunk_id bigint references public.backfill_progress on delete set null,
  pulled_after_days integer not null generated always as (
    (pulled_at at time zone 'Europe/London')::date - day
  ) stored,
  constraint ra_coverage_pkey primary key (feed, day)
);

create index ra_coverage_chunk_id on public.ra_coverage (chunk_id);
comment on table public.ra_coverage is
  'Per feed and UK racing day: what the API has and what is stored. A day without a row was never fetched; a day with
   races_in_api = 0 is known to be empty.';
comment on column public.ra_coverage.feed is 'One of engine.feeds that has days.';
comment on column public.ra_coverage.day is 'UK racing day.';
comment on column public.ra_coverage.races_in_api is
  'The API''s count of the day, for a feed counted by days (racecards), without races of regions that were not asked for
   and second copies of a race. A feed counted by pages (results) has one count
   for the period; its days hold the number stored and rejected by this pull.';
comment on column public.ra_coverage.races_stored is 'Races of the day stored from this feed.';
comment on column public.ra_coverage.races_rejected is
  'Races of the day that could not be understood and are in ingest_rejects.';
comment on column public.ra_coverage.races_abandoned is
  'Of the races stored from this feed, those that the card says are abandoned: no result will follow.';
comment on column public.ra_coverage.pulled_at is
  'When the day was last pulled completely: the time of the first page of that reading.';
comment on column public.ra_coverage.pulled_after_days is
  'How many UK days after the day that was. Stored, because each look for gaps asks it of each day.';
comment on column public.ra_coverage.regions is 'The regions that the API was asked for.';
comment on column public.ra_coverage.chunk_id is 'The chunk that pulled it last; null once its run was deleted.';

alter table public.ra_coverage enable row level security;
revoke all on public.ra_coverage from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_coverage to service_role;

-- schemas/coverage/known_days.sql

-- Which days need no further pull.

-- A view, so that thousands of days are one join: a function call per day took most of the time of a plan. is_covered
-- is a column, not a condition: the planner would expect a condition to match hardly any row, and compare every day
-- with every other.
create view engine.known_days
with (security_invoker = true)
as
select
  c.feed,
  c.day,
  c.races_in_api,
  c.races_stored,
  c.races_rejected,
  c.pulled_at,
  c.regions,
  -- A reject counts as missing: the code may have learned to read it since.
  c.races_stored >= c.races_in_api
    and c.pulled_after_days >= feed.known_after_days
    and (
      c.pulled_after_days >= feed.settled_after_days
      or (select engine.london_day()) - c.day < feed.overdue_after_days
    )
    and c.regions @> (select s.regions from public.backfill_settings as s) as is_covered,
  -- Today is always provisional, and so are yesterday until its nightly pull and a card before the morning of its day.
  c.day >= (select engine.london_day(engine.clock() - interval '4 hours'))
    and c.races_stored >= c.races_in_api
    and c.regions @> (select s.regions from public.backfill_settings as s) as is_provisional
from public.ra_coverage as c
join engine.feeds as feed on feed.name = c.feed;
comment on view engine.known_days is
  'Coverage, and whether anything is missing. is_covered: pulled completely, in all regions of the settings, with no
   race missing, and not before it could be known: a card on the morning of its day or later, a result once its day was
   over. A day that is past its corrections must have been pulled after them too, as engine.feeds says. is_provisional:
   too new to be more than that, and nothing is missing so far: it needs no pull but those of the schedules.';

create function engine.lacks_coverage(feed text, day date)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select not exists (
    select from engine.known_days as known
    where known.feed = lacks_coverage.feed and known.day = lacks_coverage.day and known.is_covered
  )
$$;
comment on function engine.lacks_coverage(text, date) is
  'True when the feed''s day is not covered, as engine.known_days says it.';

grant select on engine.known_days to service_role;

-- schemas/legacy_copy/items.sql

-- What there is to copy from an old database, and what was copied: an item is a race with all that belongs to it, a row
-- of a master table, or a day of the file of prices. Ids are chunked by months as those of a feed that asks the API for
-- ids.

create table engine.legacy_items (
  item text collate "C" primary key,
  day date not null,
  copied_at timestamptz
);
comment on table engine.legacy_items is
  'Races, master rows and days of prices of the old database, as engine.find_legacy_items found them. Empty without
   one. Stays when the old tables are dropped: it says that rows of ours may come from there.';
comment on column engine.legacy_items.item is
  'Kind and id: "race rac_10500115", "horses hrs_123", "runner_prices 2019-05-04".';
comment on column engine.legacy_items.day is
  'The racing day, by which it is put into a month; the first day of the feed, copied last, of what has none.';
comment on column engine.legacy_items.copied_at is 'When a chunk last copied it; null: it was not copied yet.';

create index legacy_items_day on engine.legacy_items (day, item);

create function engine.find_legacy_items()
returns bigint
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '300s'
set work_mem = '64MB'
as $$
#variable_conflict use_variable
declare
  feed constant engine.feeds := (select known from engine.feeds as known where known.name = 'legacy');
  last_day constant date := engine.london_day() + feed.days_ahead;
  known engine.legacy_tables;
  found_now bigint;
  found_in_all bigint := 0;
begin
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.new_table is not null
    order by one.place
  loop
    execute format(
      $sql$
        insert into engine.legacy_items (item, day)
        select %3$L || ' ' || old.id, coalesce(greatest(least(coalesce(old.day, %7$s), $1), $2), $2)
        from (
          select old.%4$I as id, min(%5$s) as day
          from %1$s as old
          where %2$s
          group by old.%4$I
        ) as old
        where not exists (select from engine.legacy_items as known where known.item = %3$L || ' ' || old.id)
          %6$s
        on conflict (item) do nothing
      $sql$,
      known.relation::regclass,
      engine.legacy_is_real(known.old_key, known.name_column, engine.old_columns(known.kind)),
      case when known.kind in ('races', 'runners', 'results') then 'race' else known.kind end,
      known.old_key[1],
      case
        when known.kind = 'races' then 'old.date'
        when known.kind = 'results' then 'old.race_date'
        else 'null::date'
      end,
      case
        when known.kind in ('runners', 'results', 'races') then ''
        -- A race brings those that run in it along. What is left is a row that ours lack.
        else format('and not exists (select from public.%I as ours where ours.id = old.id)', known.new_table)
          -- A horse's pedigree comes with the horse.
          || case
            when known.kind = 'pedigree'
              then ' and not exists (select from engine.legacy_items as horse where horse.item = ''horses '' || old.id)'
            else ''
          end
      end,
      case
        -- A runner whose race the old database lost: our race has its day, if there is one.
        when known.kind = 'runners'
          then '(select ours.race_date from public.ra_races as ours where ours.id = old.id)'
        else 'null::date'
      end
    )
    using last_day, feed.first_day;
    get diagnostics found_now = row_count;
    found_in_all := found_in_all + found_now;
  end loop;
  found_in_all := found_in_all + engine.find_price_days(feed.first_day, last_day);
  analyze engine.legacy_items;
  return found_in_all;
end
$$;
comment on function engine.find_legacy_items() is
  'Notes the races, master rows and days of prices of the old database that are not noted yet, and returns how many
   these are. Masters that our tables have are left out.';

create function engine.index_legacy()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  target record;
begin
  for target in
    select
      one.relation, one.old_table, wanted.column_name, coalesce(wanted.expression, wanted.column_name) as expression
    from (
      values
        ('runners', 'race_id', null),
        ('results', 'race_id', null),
        ('runner_odds', 'race_id', null),
        ('odds_live', 'race_id', null),
        ('odds_history', 'runner_odds_id', null),
        ('supplementary', 'runner_id', null),
        ('odds_historical', 'date_of_race', '(' || replace(engine.price_day(), 'old.', '') || ')')
    ) as wanted (kind, column_name, expression)
    join engine.legacy_tables as one on one.kind = wanted.kind
    join pg_catalog.pg_class as c on c.oid = one.relation
    where
      -- Only the owner may, and only he needs to: without it a page takes seconds, not milliseconds.
      pg_catalog.pg_has_role(c.relowner, 'usage')
      and wanted.column_name = any (engine.old_columns(one.kind))
      and not exists (
        select
        from pg_catalog.pg_index as i
        left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where
          i.indrelid = one.relation and i.indisvalid and i.indpred is null
          and case
            when wanted.expression is null then a.attname = wanted.column_name
            else i.indexrelid = pg_catalog.to_regclass(
              format('legacy_data.%I', left(one.old_table, 40) || '_' || wanted.column_name || '_for_copying')
            )
          end
      )
  loop
    execute format(
      'create index %I on %s (%s)', left(target.old_table, 40) || '_' || target.column_name || '_for_copying',
      target.relation::regclass, target.expression
    );
  end loop;
end
$$;
comment on function engine.index_legacy() is
  'Gives the old tables of runners, results, odds and notes an index by what the copy finds their rows by, where they
   have none, if the caller owns them.';

create function engine.note_copied(page jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.legacy_items as known
  set copied_at = engine.clock()
  from (
    select sent ->> 'id' as item
    from jsonb_array_elements(page -> 'asked') as sent
    union
    -- What came along with a race needs no page of its own.
    select list.name || ' ' || (master ->> 'id')
    from unnest(
      array['horses', 'pedigree', 'sires', 'dams', 'damsires', 'jockeys', 'trainers', 'owners', 'courses']
    ) as list (name)
    cross join lateral jsonb_array_elements(
      page -> case list.name when 'pedigree' then 'horses' else list.name end
    ) as master
  ) as sent
  where known.item = sent.item
$$;
comment on function engine.note_copied(jsonb) is
  'Notes the items of a page, and its master rows, as copied. Call it once these are stored. page as ingest_page gets
   it.';

alter table engine.legacy_items enable row level security;
grant select, insert, update on engine.legacy_items to service_role;
grant execute on function
  engine.find_legacy_items, engine.index_legacy, engine.note_copied
  to service_role;

-- schemas/coverage/ids.sql

-- Which ids a feed has to ask for. A feed that asks for ids has a branch in engine.incomplete_ids and in
-- engine.ids_seen.

create table engine.ids_asked (
  feed text not null references engine.feeds,
  id text not null,
  asked_at timestamptz not null default engine.clock(),
  is_known boolean,
  constraint ids_asked_pkey primary key (feed, id)
);
comment on table engine.ids_asked is
  'Ids whose answer left something missing, so that they are not asked for again and again; an answer that completes
   the row of an id takes its note away. Delete a row to have its id asked for again.';
comment on column engine.ids_asked.feed is 'One of engine.feeds that asks for ids.';
comment on column engine.ids_asked.id is 'As it was asked for.';
comment on column engine.ids_asked.asked_at is 'When it was last asked for.';
comment on column engine.ids_asked.is_known is
  'False: the API does not know it (404), and it is asked for again after a month. Null: its answer could not be
   understood and is in ingest_rejects; it is asked for again after a month too. True: its answer lacks something, and
   it is not asked for again.';

create view engine.incomplete_ids
with (security_invoker = true)
as
select 'horses' as feed, horse.id
from public.ra_mst_horses as horse
where horse.dob is null or horse.sex is null or horse.colour is null or horse.breeder is null;
comment on view engine.incomplete_ids is
  'A row per feed and id whose row lacks something that the feed brings: of horses the date of birth, sex, colour or
   breeder, which no result has.';

create view engine.ids_wanted
with (security_invoker = true)
as
select incomplete.feed, incomplete.id
from engine.incomplete_ids as incomplete
where not exists (
  select from engine.ids_asked as asked
  where
    asked.feed = incomplete.feed
    and asked.id = incomplete.id
    and (asked.is_known or asked.asked_at > engine.clock() - interval '1 month')
);
comment on view engine.ids_wanted is
  'The ids of engine.incomplete_ids that were not asked for, or were unknown to the API a month ago or earlier.';

create view engine.ids_seen
with (security_invoker = true)
as
select 'horses' as feed, runner.horse_id as id, race.race_date as day
from public.ra_races as race
join public.ra_runners as runner on runner.race_id = race.id;
comment on view engine.ids_seen is
  'A row per feed, id and time that it was seen: of horses their stored runs.';

-- Not in SQL: plpgsql plans it with the values, and a month needs another plan than forty years.
create function engine.ids_to_ask(
  feed text, period_start date, period_end date, reprocess text, after_id text default ''
)
returns table (id text, first_day date)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if ids_to_ask.feed = 'legacy' then
    return query
    select known.item, known.day
    from engine.legacy_items as known
    where
      known.day >= ids_to_ask.period_start
      and known.day < ids_to_ask.period_end
      and known.item > ids_to_ask.after_id collate "C"
      and (ids_to_ask.reprocess = 'all' or known.copied_at is null)
    order by known.item;
    return;
  end if;
  return query
  select first_seen.id, first_seen.day
  from (
    select seen.id, min(seen.day) as day
    from engine.ids_seen as seen
    where
      seen.feed = ids_to_ask.feed
      and seen.day >= ids_to_ask.period_start
      and seen.day < ids_to_ask.period_end
      and seen.id collate "C" > ids_to_ask.after_id
      and (
        ids_to_ask.reprocess = 'all'
        or seen.id in (select wanted.id from engine.ids_wanted as wanted where wanted.feed = ids_to_ask.feed)
      )
    group by seen.id
  ) as first_seen
  -- A horse belongs to the month of its first stored run, so that no two chunks ask for it.
  where not exists (
    select from engine.ids_seen as earlier
    where earlier.feed = ids_to_ask.feed and earlier.id = first_seen.id and earlier.day < ids_to_ask.period_start
  )
  order by first_seen.id collate "C";
end
$$;
comment on function engine.ids_to_ask(text, date, date, text, text) is
  'The ids that a feed has to ask for in a half-open period, after after_id, in their order: of horses those with their
   first stored run in it, and that run''s day. reprocess: all, each of them; otherwise those that lack something and
   were not asked for, or were unknown to the API a month ago or earlier. Of legacy the items that were not copied. No
   row for a feed that asks for none.';

-- Beside engine.ids_to_ask, because it ends with the first one: the watch asks each minute, for each dead chunk.
create function engine.has_ids_to_ask(feed text, period_start date, period_end date, reprocess text)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if has_ids_to_ask.feed = 'legacy' then
    return exists (
      select from engine.legacy_items as known
      where
        known.day >= has_ids_to_ask.period_start
        and known.day < has_ids_to_ask.period_end
        and (has_ids_to_ask.reprocess = 'all' or known.copied_at is null)
    );
  end if;
  return exists (
    select from engine.ids_seen as seen
    where
      seen.feed = has_ids_to_ask.feed
      and seen.day >= has_ids_to_ask.period_start
      and seen.day < has_ids_to_ask.period_end
      and (
        has_ids_to_ask.reprocess = 'all'
        or exists (
          select from engine.ids_wanted as wanted where wanted.feed = has_ids_to_ask.feed and wanted.id = seen.id
        )
      )
      and not exists (
        select from engine.ids_seen as earlier
        where earlier.feed = has_ids_to_ask.feed and earlier.id = seen.id and earlier.day < has_ids_to_ask.period_start
      )
  );
end
$$;
comment on function engine.has_ids_to_ask(text, date, date, text) is
  'Whether engine.ids_to_ask has a row for the same arguments.';

create function engine.ids_left(chunk public.backfill_progress)
returns table (id text, first_day date)
language sql
stable
security invoker
set search_path = ''
as $$
  select to_ask.id, to_ask.first_day
  from public.backfill_runs as run
  cross join lateral engine.ids_to_ask(
    feed => chunk.feed, period_start => chunk.period_start, period_end => chunk.period_end,
    reprocess => run.reprocess, after_id => coalesce(chunk.cursor_id, '')
  ) as to_ask
  where run.id = chunk.run_id
$$;
comment on function engine.ids_left(public.backfill_progress) is
  'The ids that a chunk still has to ask for, behind its cursor and in their order, as engine.ids_to_ask returns them.';

create function engine.note_asked(feed text, asked jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  delete from engine.ids_asked as known
  using jsonb_to_recordset(asked) as sent (id text)
  where
    known.feed = note_asked.feed
    and known.id = sent.id
    and not exists (
      select from engine.incomplete_ids as incomplete
      where incomplete.feed = note_asked.feed and incomplete.id = sent.id
    );

  insert into engine.ids_asked as known (feed, id, is_known)
  select note_asked.feed, sent.id, sent.is_known
  from jsonb_to_recordset(asked) as sent (id text, is_known boolean)
  join engine.incomplete_ids as incomplete on incomplete.feed = note_asked.feed and incomplete.id = sent.id
  order by sent.id
  on conflict (feed, id) do update set asked_at = excluded.asked_at, is_known = excluded.is_known
$$;
comment on function engine.note_asked(text, jsonb) is
  'Notes which ids of a page, an array of {id, is_known}, are not to be asked for again, and forgets those whose row is
   complete. Call it once the page''s rows are stored. Null notes nothing.';

create view engine.months_of_ids
with (security_invoker = true)
as
select
  told.feed,
  told.month,
  case
    when told.state = 'dead' then case
      when
        engine.has_ids_to_ask(
          feed => told.feed, period_start => told.period_start, period_end => told.period_end,
          reprocess => told.reprocess
        ) then 'failed'
      -- Cards, or a later chunk, brought what it did not.
      else 'complete'
    end
    when told.state in ('waiting', 'working') then 'running'
    when told.state = 'succeeded' then 'complete'
    when told.pages_done > 0 then 'partial'
    else 'missing'
  end as state,
  told.kind,
  told.period_start,
  told.last_error,
  told.run_id
from (
  select distinct on (chunk.feed, chunk.month) chunk.*
  from (
    select
      known.*,
      months.month,
      run.reprocess,
      known.state = 'dead' and exists (
        select from public.backfill_progress as later
        where
          later.feed = known.feed
          and later.state = 'succeeded'
          and later.id > known.id
          and later.period_start <= known.period_start
          and later.period_end >= known.period_end
      ) as was_made_good
    from public.backfill_progress as known
    join public.backfill_runs as run on run.id = known.run_id
    join engine.feeds as feed on feed.name = known.feed and feed.counted_by = 'ids'
    cross join lateral (select date_trunc('month', known.period_start::timestamp)::date as month) as months
  ) as chunk
  -- A month has two when a run was started while one of its chunks was live: one that is not done says more than the
  -- newest.
  order by
    chunk.feed,
    chunk.month,
    chunk.state = 'cancelled',
    chunk.state in ('waiting', 'working') desc,
    chunk.state = 'dead' and not chunk.was_made_good desc,
    chunk.id desc
) as told;
comment on view engine.months_of_ids is
  'A row per month of a feed that asks for ids: as a live chunk says, otherwise a dead one that no later one has made
   good, otherwise the newest; one that was cancelled counts only where there is no other. state as in
   coverage_months.';

alter table engine.ids_asked enable row level security;
grant select, insert, update, delete on engine.ids_asked to service_role;
grant select on engine.incomplete_ids, engine.ids_wanted, engine.ids_seen, engine.months_of_ids to service_role;
grant execute on function engine.ids_to_ask, engine.has_ids_to_ask, engine.ids_left, engine.note_asked to service_role;

-- schemas/coverage/stored_races.sql

-- Which races each feed has brought.

-- One branch per feed, so that each finds the days by its own index.
create view engine.stored_races
with (security_invoker = true)
as
select 'racecards' as feed, race.card_date as day, race.id as race_id, race.region_code, race.is_abandoned
from public.ra_races as race
where race.has_card
union all
select 'results', race.race_date, race.id, race.region_code, false
from public.ra_races as race
where race.has_result;
comment on view engine.stored_races is
  'A row per feed and race that it brought, on the day that the feed gave it: a card that moved is on its own day.
   is_abandoned: the feed says that nothing will follow.';

-- One branch per feed here too, so that each reads only the end of an index.
create view engine.newest_days
with (security_invoker = true)
as
select 'racecards' as feed, max(race.card_date) as day from public.ra_races as race where race.has_card
union all
select 'results', max(race.race_date) from public.ra_races as race where race.has_result;
comment on view engine.newest_days is
  'The day of the newest race of each feed in engine.stored_races; null when it brought none.';

create function engine.races_of_day(feed text, day date, regions text[])
returns bigint
language sql
stable
security invoker
set search_path = ''
as $$
  select count(*)
  from engine.stored_races as stored
  where
    stored.feed = races_of_day.feed
    and stored.day = races_of_day.day
    and stored.region_code = any (races_of_day.regions)
$$;
comment on function engine.races_of_day(text, date, text[]) is
  'How many races of these regions are stored that the feed gave this day.';

grant select on engine.stored_races, engine.newest_days to service_role;
grant execute on function engine.races_of_day to service_role;

-- schemas/rate/limits.sql

-- The rate budget that every API call draws from.

create table public.racing_api_limits (
  endpoint text primary key,
  documented_calls_per_second numeric(8, 2) not null,
  calls_per_second numeric(8, 2) not null,
  headroom numeric(3, 2) not null default 0.10,
  next_slot timestamptz not null default '-infinity',
  taken_slots timestamptz[] not null default '{}',
  constraint racing_api_limits_rate_positive check (calls_per_second > 0),
  constraint racing_api_limits_headroom_sane check (headroom >= 0 and headroom < 1)
);
comment on table public.racing_api_limits is
  'The rate budget: a row per endpoint, and one for the account. A slot is the right to make one call at a time.';
comment on column public.racing_api_limits.documented_calls_per_second is
  'As The Racing API documents it for its paid plans.';
comment on column public.racing_api_limits.calls_per_second is 'The rate in force: what the account''s plan allows.';
comment on column public.racing_api_limits.headroom is
  'Share of the rate left unused. Slots are evenly spaced, but requests arrive with jitter: with 0.10 at 5 calls a
   second a call may be 111 ms late before any window of one second holds a sixth.';
comment on column public.racing_api_limits.next_slot is
  'The earliest next slot: an endpoint''s slots are evenly spaced, and after a 429 there is none for a while. In the
   past when idle.';
comment on column public.racing_api_limits.taken_slots is
  'The account''s row: slots given out, kept for as long as they limit later ones. Empty for endpoints.';

insert into public.racing_api_limits (endpoint, documented_calls_per_second, calls_per_second)
values
  -- More than 100 requests in 10 s from one address block it for five minutes.
  ('account', 10, 10),
  ('/racecards/pro', 2, 2),
  ('/results', 5, 5),
  ('/courses', 1, 1),
  ('/courses/regions', 1, 1),
  ('/horses/{horse_id}/pro', 5, 5);

-- A few rows, updated all the time: room for the new versions on the same page, and vacuumed before they pile up.
alter table public.racing_api_limits
  set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

create view engine.feed_rates
with (security_invoker = true)
as
select
  feed.name as feed,
  feed.goes_first,
  coalesce(min(l.calls_per_second * (1 - l.headroom)), feed.ids_a_second) as calls_per_second,
  feed.in_background,
  feed.ids_a_second is null as asks_api
from engine.feeds as feed
left join public.racing_api_limits as l on l.endpoint = any (feed.endpoints)
group by feed.name;
comment on view engine.feed_rates is
  'Calls a second that the slowest endpoint of each feed allows, without the headroom; of a feed that asks none, the ids
   that it gets done.';

create function engine.allowed_rate(feed text, beside text[])
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  select
    own.calls_per_second
    * case
      when own.asks_api then least(1, account.calls_per_second * (1 - account.headroom) / together.calls_per_second)
      else 1
    end
  from engine.feed_rates as own
  cross join lateral (
    select sum(rate.calls_per_second) as calls_per_second
    from engine.feed_rates as rate
    -- Feeds that go first end before the others begin, and those in the background begin when the others have ended.
    where
      rate.feed = own.feed
      or (
        rate.feed = any (allowed_rate.beside)
        and not rate.goes_first
        and not rate.in_background
        and not own.in_background
      )
  ) as together
  join public.racing_api_limits as account on account.endpoint = 'account'
  where own.feed = allowed_rate.feed
$$;
comment on function engine.allowed_rate(text, text[]) is
  'Calls a second that the limits allow a feed while these others are pulled too: the rate of its endpoint, or its share
   of the account''s when together they could make more calls than the account may.';

alter table public.racing_api_limits enable row level security;
revoke all on public.racing_api_limits from public, anon, authenticated, service_role;
grant select, update on public.racing_api_limits to service_role;
grant select on engine.feed_rates to service_role;
grant execute on function engine.allowed_rate to service_role;

-- schemas/rate/slots.sql

-- Slots: the right to make one call of the API at a time.

create function engine.free_slot(taken timestamptz[], earliest timestamptz, allowed integer, span interval)
returns timestamptz
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  slot timestamptz := free_slot.earliest;
  crowded_until timestamptz;
begin
  loop
    -- Slots with which one more would be too many within the span. No slot is free from there until a span after the
    -- first of them.
    select max(near.first_taken) + free_slot.span into crowded_until
    from (
      select n.at as first_taken, lead(n.at, free_slot.allowed - 1) over (order by n.at) as last_taken
      from unnest(free_slot.taken) as n (at)
      where n.at > slot - free_slot.span and n.at < slot + free_slot.span
    ) as near
    where
      near.last_taken is not null
      and greatest(near.last_taken, slot) - least(near.first_taken, slot) < free_slot.span;
    exit when crowded_until is null;
    slot := crowded_until;
  end loop;
  return slot;
end
$$;
comment on function engine.free_slot(timestamptz[], timestamptz, integer, interval) is
  'The first moment, not before earliest, at which one more slot leaves no more than allowed ones within any span of
   time. Later slots may be taken already: one that is early enough before them is still free.';

create function public.reserve_slot(endpoint text)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moment timestamptz;
  own public.racing_api_limits;
  account public.racing_api_limits;
  allowed integer;
  span interval;
  slot timestamptz;
begin
  -- A call that is made while the feeds in front have work would make their next call wait.
  if engine.stands_back(reserve_slot.endpoint) then
    return null;
  end if;
  -- Always the endpoint's row first, then the account's: two callers never deadlock.
  select l.* into own
  from public.racing_api_limits as l
  where l.endpoint = reserve_slot.endpoint and l.endpoint <> 'account'
  for no key update;
  if not found then
    raise exception 'There is no rate limit for the endpoint "%"', reserve_slot.endpoint
      using errcode = '22023', hint = 'Add it to racing_api_limits with the rate that The Racing API documents for it.';
  end if;
  select l.* into account from public.racing_api_limits as l where l.endpoint = 'account' for no key update;
  -- Read the time after the rows are locked: a caller that waited for them would get a slot in the past.
  moment := engine.clock();

  -- The endpoint's slots are evenly spaced. The account's are counted: no more within a second and its headroom than
  -- its rate. So a card that waits for its endpoint takes one place when its time comes, and delays no result before
  -- it.
  allowed := greatest(floor(account.calls_per_second), 1);
  -- Rounded up to the microsecond: a third of a second, rounded down three times, would be four calls in a second.
  span := ceil(1000000 / (least(account.calls_per_second, 1) * (1 - account.headroom)))::float8
    * interval '1 microsecond';
  account.taken_slots := array(select t.at from unnest(account.taken_slots) as t (at) where t.at > moment - span);
  slot := greatest(own.next_slot, account.next_slot, moment);
  if cardinality(account.taken_slots) >= allowed then
    slot := engine.free_slot(taken => account.taken_slots, earliest => slot, allowed => allowed, span => span);
  end if;

  update public.racing_api_limits as l
  set
    next_slot = case
      when l.endpoint = 'account' then l.next_slot
      else slot + ceil(1000000 / (l.calls_per_second * (1 - l.headroom)))::float8 * interval '1 microsecond'
    end,
    taken_slots = case when l.endpoint = 'account' then account.taken_slots || slot else l.taken_slots end
  where l.endpoint in (reserve_slot.endpoint, 'account');

  return ceil(1000 * extract(epoch from slot - moment));
end
$$;
comment on function public.reserve_slot(text) is
  'Reserves the next slot of an endpoint (its path, as in racing_api_limits). Returns the milliseconds until it: call
   the API then, not earlier, once. Every caller in every invocation draws from the same rows, so together they keep the
   endpoint''s rate and the account''s, in every second. Null, and no slot, for an endpoint of a feed in the background
   while another feed has work: see engine.stands_back.';

create function public.push_back_slots(endpoint text, seconds numeric)
returns void
language sql
security invoker
set search_path = ''
as $$
  update public.racing_api_limits as l
  set next_slot = greatest(
    l.next_slot, engine.clock() + least(greatest(seconds, 0), 3600)::float8 * interval '1 second'
  )
  where l.endpoint = push_back_slots.endpoint;
$$;
comment on function public.push_back_slots(text, numeric) is
  'After a 429: gives out no slot of the endpoint for this many seconds (at most an hour).';

revoke all on function public.reserve_slot, public.push_back_slots from public, anon, authenticated, service_role;
grant execute on function engine.free_slot, public.reserve_slot, public.push_back_slots to service_role;

-- schemas/dispatch/signature.sql

-- How a dispatch is signed.

-- Core functions only, so that it works in the same way on every server, with or without pgcrypto.
create function engine.hmac_sha256(message bytea, key bytea)
returns bytea
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  block_bytes constant integer := 64;
  short_key constant bytea := case when octet_length(key) > block_bytes then sha256(key) else key end;
  block constant bytea := short_key || decode(repeat('00', block_bytes - octet_length(short_key)), 'hex');
  inner_block bytea := block;
  outer_block bytea := block;
begin
  for nth in 0 .. block_bytes - 1 loop
    inner_block := set_byte(inner_block, nth, get_byte(block, nth) # 54); -- 0x36
    outer_block := set_byte(outer_block, nth, get_byte(block, nth) # 92); -- 0x5c
  end loop;
  return sha256(outer_block || sha256(inner_block || message));
end
$$;
comment on function engine.hmac_sha256(bytea, bytea) is 'HMAC with SHA-256, as in RFC 2104.';

-- Each field has its length in bytes before it, so that no two dispatches give the same text, whatever they contain.
create function engine.text_to_sign(fields text[])
returns bytea
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select convert_to(
    string_agg(octet_length(convert_to(field.value, 'utf8')) || ':' || field.value || ',', '' order by field.place),
    'utf8'
  )
  from unnest(text_to_sign.fields) with ordinality as field (value, place)
$$;
comment on function engine.text_to_sign(text[]) is
  'What is signed: function, subject (a feed, or ping), number and expiry, each as "<bytes>:<field>,".';

-- schemas/dispatch/post.sql

-- Handing a request to pg_net.

-- Not net.http_post: it is compiled once in a session, with the types that its first caller has created, and would run
-- here with our owner's rights. What it does is these two statements.
create function engine.post(url text, headers jsonb, body jsonb)
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
declare
  stranger text;
  request_id bigint;
begin
  -- pg_net grants everything on its tables to every login, so any login can add a trigger to the queue, which would run
  -- with our owner's rights. From here to the end of the transaction none can.
  begin
    lock table net.http_request_queue in row exclusive mode;
  exception
    when lock_not_available then
      -- Any login can lock it, too. Then pg_net itself sends nothing either.
      raise exception 'Nothing is sent: another session has locked net.http_request_queue'
        using errcode = 'PT424',
          hint = 'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
  end;
  select format('%s of %s', t.tgname, f.proowner::regrole) into stranger
  from pg_trigger as t
  join pg_proc as f on f.oid = t.tgfoid
  join pg_roles as owner on owner.oid = f.proowner
  where
    t.tgrelid = 'net.http_request_queue'::regclass
    and not t.tgisinternal
    and (
      -- Its condition may call any function, and any login may use a superuser's function as a trigger there.
      t.tgqual is not null
      or not (
        owner.rolname = current_user
        or exists (
          select from pg_depend as part
          join pg_extension as extension on extension.oid = part.refobjid and extension.extname = 'pg_net'
          where part.classid = 'pg_proc'::regclass and part.objid = f.oid and part.deptype = 'e'
        )
      )
    )
  limit 1;
  if stranger is not null then
    raise exception 'Nothing is sent: net.http_request_queue has a trigger that is not ours, %', stranger
      using errcode = 'PT424',
        hint = 'Its owner could run code with the rights of the role that sends. Find out why it is '
          'there, and drop its function with cascade.';
  end if;

  begin
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('POST', post.url, post.headers, convert_to(post.body::text, 'utf8'), 5000)
    returning id into request_id;
  exception
    when others then
      -- Every login can also set the sequence of its ids, even to its end.
      raise exception 'Nothing is sent: net.http_request_queue accepts no row: %', sqlerrm
        using errcode = 'PT424',
          hint = 'When its ids are used up: select setval(''net.http_request_queue_id_seq'', 1);';
  end;
  -- Older versions of pg_net poll and need no wake-up.
  if to_regprocedure('net.wake()') is not null then
    perform net.wake();
  end if;
  return request_id;
end
$$;
comment on function engine.post(text, jsonb, jsonb) is
  'Queues a request for pg_net, which sends it after the commit and waits five seconds for the answer. Returns its id.
   Error PT424 (HTTP 424) when the queue has a trigger that is not ours, another session has locked it, or it accepts no
   row.';

-- schemas/dispatch/dispatch.sql

-- A dispatch asks a function, through pg_net, to work on a feed. It is sent after the transaction commits, so a state
-- change and the dispatch that it needs happen together or not at all. A dispatch may still be lost on its way: the
-- sweep sends another.

create table engine.dispatches (
  id bigint generated always as identity primary key,
  feed text not null,
  sent_at timestamptz not null default engine.clock(),
  request_id bigint,
  queued_at timestamptz not null default engine.wall_clock()
);

create index dispatches_feed on engine.dispatches (feed, sent_at);
comment on table engine.dispatches is
  'Dispatches that were queued and not yet claimed. A claim removes its dispatch, so one that is delivered twice claims
   once; the sweep removes lost ones.';
comment on column engine.dispatches.id is 'Sent with the dispatch; the function returns it to claim_chunk.';
comment on column engine.dispatches.feed is 'One of engine.feeds.';
comment on column engine.dispatches.sent_at is 'When it was queued, by the engine''s time.';
comment on column engine.dispatches.request_id is 'The id of pg_net''s request and of its response.';
comment on column engine.dispatches.queued_at is 'When it was queued, by the real clock, which pg_net goes by.';

create function engine.dispatch_is_lost(sent_at timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    dispatch_is_lost.sent_at < engine.clock() - interval '15 seconds'
    -- Sent by a clock that was ahead and has been corrected.
    or dispatch_is_lost.sent_at > engine.clock() + interval '1 minute'
$$;
comment on function engine.dispatch_is_lost(timestamptz) is
  'Whether a dispatch queued at this time counts as lost. A hop through pg_net takes a third of a second, behind a slow
   batch five seconds.';

create function engine.post_signed(function_name text, subject text, id bigint, body jsonb)
returns bigint
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  project_url text;
  worker_secret text;
  -- A little longer than the wait for a dispatch plus the delay of a crowded queue.
  expires constant bigint := floor(extract(epoch from engine.wall_clock())) + 120;
begin
  -- Trimmed, as the functions trim WORKER_SECRET.
  select nullif(btrim(s.decrypted_secret, E' \t\r\n'), '') into project_url
  from vault.decrypted_secrets as s where s.name = 'project_url';
  select nullif(btrim(s.decrypted_secret, E' \t\r\n'), '') into worker_secret
  from vault.decrypted_secrets as s where s.name = 'worker_secret';
  if project_url is null or worker_secret is null then
    raise exception 'Vault lacks the secret "%"',
      case when project_url is null then 'project_url' else 'worker_secret' end
      -- A code of its own, so that handlers of it catch nothing else. PostgREST answers it as HTTP 424.
      using errcode = 'PT424',
        hint = 'Run "npx -y deno task setup"; with only the SQL editor, fill in supabase/snippets/set_up.sql and run '
          'it.';
  end if;
  -- Every login can read the queue, so it holds only what the secret signs, never the secret.
  return engine.post(
    url => rtrim(project_url, '/') || '/functions/v1/' || post_signed.function_name,
    headers => jsonb_build_object(
      'Content-Type', 'application/json',
      'X-Call-Signature', encode(
        engine.hmac_sha256(
          engine.text_to_sign(
            array[post_signed.function_name, post_signed.subject, post_signed.id::text, expires::text]
          ),
          convert_to(worker_secret, 'utf8')
        ),
        'hex'
      )
    ),
    body => post_signed.body || jsonb_build_object('expires', expires)
  );
end
$$;
comment on function engine.post_signed(text, text, bigint, jsonb) is
  'Queues a request to a function, signed with the Vault secret worker_secret over function, subject (a feed, or ping),
   id and expiry, and valid for two minutes. The expiry is added to the body. Returns the id of pg_net''s request. Needs
   the Vault secrets project_url and worker_secret: error PT424 (HTTP 424) when one is missing, or when pg_net''s queue
   is not safe to write to.';

-- Security definer, so that the role that the functions work with needs no right to Vault's secrets or to pg_net.
create function engine.dispatch(feed text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  function_name constant text := (
    select known.function_name from engine.feeds as known where known.name = dispatch.feed
  );
  dispatch_id bigint;
begin
  if function_name is null then
    raise exception 'Unknown feed "%"', dispatch.feed
      using errcode = '22023', hint = 'The feeds are the rows of engine.feeds.';
  end if;
  insert into engine.dispatches (feed) values (dispatch.feed) returning id into dispatch_id;
  update engine.dispatches as sent
  set
    request_id = engine.post_signed(
      function_name => function_name, subject => dispatch.feed, id => dispatch_id,
      body => jsonb_build_object('feed', dispatch.feed, 'dispatch', dispatch_id)
    )
  where sent.id = dispatch_id;
end
$$;
comment on function engine.dispatch(text) is
  'Queues one dispatch to the function that works on a feed, valid for one claim. Errors: those of engine.post_signed;
   22023 for an unknown feed.';

alter table engine.dispatches set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

alter table engine.dispatches enable row level security;
grant select, delete on engine.dispatches to service_role;
grant execute on function engine.dispatch_is_lost, engine.dispatch to service_role;

-- schemas/dispatch/due.sql

-- Which chunks may be worked on now, and the dispatches for them.

-- What could be worked on now, if no feed stood back for another.
create view engine.ready_chunks
with (security_invoker = true)
as
select chunk.id, chunk.feed, chunk.priority, chunk.run_id, chunk.place_in_run
from public.backfill_progress as chunk
join public.backfill_runs as run on run.id = chunk.run_id
where
  chunk.state = 'waiting'
  and chunk.next_attempt_at <= engine.clock()
  and run.paused_at is null
  and run.cancelled_at is null
  -- Two runs, such as a backfill and a daily pull, never pull the same day at once.
  and not exists (
    select from public.backfill_progress as live
    where
      live.state = 'working'
      and live.feed = chunk.feed
      and live.id <> chunk.id
      and live.period_start < chunk.period_end
      and live.period_end > chunk.period_start
  )
  -- Lists made once, and no join: chunks that may not be claimed are filtered out first, however many wait. Courses
  -- have their listed names before the first race names them.
  and (
    chunk.feed = any (array(select feed.name from engine.feeds as feed where feed.goes_first))
    or chunk.run_id <> all (array(
      select first.run_id
      from engine.live_chunks as first
      where first.feed = any (array(select feed.name from engine.feeds as feed where feed.goes_first))
    ))
  )
  -- An invocation that waits long for its first slot would only hold its lease until it runs out.
  and chunk.feed <> all (array(
    select feed.name
    from engine.feeds as feed
    join public.racing_api_limits as l on l.endpoint = 'account' or l.endpoint = any (feed.endpoints)
    where l.next_slot > engine.clock() + interval '15 seconds'
  ));
comment on view engine.ready_chunks is
  'Chunks that wait, are due, belong to a run that is neither paused nor cancelled, with days that no other chunk is
   pulling and an endpoint that has a slot soon.';

create function engine.front_has_work()
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    exists (
      select
      from public.backfill_progress as live
      join engine.feeds as feed on feed.name = live.feed and not feed.in_background
      where live.state = 'working'
    )
    or exists (
      select
      from engine.ready_chunks as ready
      join engine.feeds as feed on feed.name = ready.feed and not feed.in_background
    )
$$;
comment on function engine.front_has_work() is
  'Whether a chunk of a feed that is not in the background is worked on, or could be.';

create function engine.stands_back(endpoint text)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  -- Two steps, so that the endpoints of the other feeds, which call all the time, cost one look at a small table.
  if not exists (
    select from engine.feeds as feed
    where feed.in_background and stands_back.endpoint = any (feed.endpoints)
  ) then
    return false;
  end if;
  return engine.front_has_work();
end
$$;
comment on function engine.stands_back(text) is
  'Whether an endpoint gets no slot now, because its feed is in the background and another feed has work.';

-- What may be claimed now. One definition for the claim, the sweep and the operator.
create view engine.claimable_chunks
with (security_invoker = true)
as
select ready.id, ready.feed, ready.priority, ready.run_id, ready.place_in_run
from engine.ready_chunks as ready
where
  ready.feed <> all (array(select feed.name from engine.feeds as feed where feed.in_background))
  or not (select engine.front_has_work());
comment on view engine.claimable_chunks is
  'The chunks of engine.ready_chunks, without those of feeds in the background while another feed has work.';

create function engine.dispatch_due(feed text default null)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  allowed constant integer := (select s.leases_per_feed from public.backfill_settings as s);
  waiting record;
  dispatched integer := 0;
  missing integer;
begin
  -- In most minutes nothing waits, or all leases are taken. Two indexes say that at once; which chunks may be claimed
  -- takes milliseconds to plan.
  for waiting in
    select
      feed.name as feed,
      allowed - (
        select count(*) from public.backfill_progress as live where live.feed = feed.name and live.state = 'working'
      ) as free,
      (
        select count(*) from engine.dispatches as sent
        where sent.feed = feed.name and not engine.dispatch_is_lost(sent.sent_at)
      ) as sent
    from engine.feeds as feed
    where
      (feed.name = dispatch_due.feed or dispatch_due.feed is null)
      and exists (
        select from public.backfill_progress as chunk where chunk.feed = feed.name and chunk.state = 'waiting'
      )
    order by feed.place
  loop
    continue when waiting.free <= waiting.sent;
    missing := least(
      waiting.free, (select count(*) from engine.claimable_chunks as ready where ready.feed = waiting.feed)
    ) - waiting.sent;
    for nth in 1 .. missing loop
      perform engine.dispatch(waiting.feed);
      dispatched := dispatched + 1;
    end loop;
  end loop;
  return dispatched;
end
$$;
comment on function engine.dispatch_due(text) is
  'Sends as many dispatches for a feed (null: for each) as there are claimable chunks and free leases without a
   dispatch on its way. Returns how many. With nothing to do it dispatches nothing.';

create function engine.dispatch_next(feed text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- The end of a chunk that goes first dispatches those that waited for it.
  perform engine.dispatch_due(
    (select ended.name from engine.feeds as ended where ended.name = dispatch_next.feed and not ended.goes_first)
  );
  -- The end of the last chunk in front dispatches those that stood back for it.
  if not engine.front_has_work() then
    perform engine.dispatch_due(behind.name)
    from engine.feeds as behind
    where behind.in_background and behind.name <> dispatch_next.feed;
  end if;
exception
  when sqlstate 'PT424' then
    -- A Vault secret is missing, or pg_net's queue is not safe. The chunk ends all the same; the sweep keeps trying to
    -- dispatch.
    raise warning '%', sqlerrm;
end
$$;
comment on function engine.dispatch_next(text) is
  'Dispatches what may be worked on now that a chunk of the feed (null: of any) has ended: more of the feed, and once
   the others have nothing to do, the feeds in the background. Dispatches nothing, with a warning, when nothing can be
   sent: a Vault secret is missing, or pg_net''s queue is not safe.';

grant select on engine.ready_chunks, engine.claimable_chunks to service_role;
grant execute on function
  engine.front_has_work, engine.stands_back, engine.dispatch_due, engine.dispatch_next
  to service_role;

-- schemas/dispatch/responses.sql

-- What pg_net's table of responses says. Every login can write to that table, so it is a hint: what comes from it is
-- cut and cleaned, and nothing that a function itself has reported is doubted because of it.

create function engine.responses_are_locked()
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_locks as held
    where
      held.database = (select d.oid from pg_database as d where d.datname = current_database())
      and held.relation = to_regclass('net._http_response')
      and held.mode = 'AccessExclusiveLock'
      and held.pid <> pg_backend_pid()
  )
$$;
comment on function engine.responses_are_locked() is
  'Whether another session has locked pg_net''s table of responses, so that nobody can read it, or waits for that lock.
   Waits for nothing itself.';

create function engine.read_response(
  request_id bigint,
  queued_at timestamptz,
  function_name text,
  out kind text,
  out finding text,
  out what_to_do text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- For the moment between the question whether it is locked and the reading.
set lock_timeout = '1s'
as $$
declare
  answer record;
  reason text;
begin
  -- Every login can lock that table. Where many responses are read, waiting a second for each adds up to minutes.
  if read_response.request_id is null or engine.responses_are_locked() then
    return;
  end if;
  select r.status_code, r.timed_out, r.error_msg, left(r.content, 500) as content into answer
  from net._http_response as r
  where
    r.id = read_response.request_id
    -- The ids start over after a crash. pg_net stores the time at which it began the batch.
    and r.created > read_response.queued_at - interval '1 minute'
    and r.created < read_response.queued_at + interval '5 minutes'
  order by r.created desc
  limit 1;
  if not found then
    return;
  end if;
  reason := left(regexp_replace(coalesce(answer.error_msg, ''), '[^A-Za-z0-9 .,:;()/_''-]+', ' ', 'g'), 120);
  kind := case
    when answer.status_code between 200 and 299 then 'answered'
    when answer.status_code = 401 and answer.content like '%clocks%' then 'clocks_differ'
    when answer.status_code = 401 then 'secret_differs'
    when answer.status_code = 404 then 'not_deployed'
    when answer.status_code = 500 and answer.content like '%setting is missing%' then 'setting_missing'
    when answer.status_code = 503 and answer.content like '%BOOT_ERROR%' then 'does_not_start'
    when answer.status_code = 503 then 'no_database'
    when answer.status_code is not null then 'refused'
    when answer.timed_out or reason ~* 'time(d )?out' then 'timed_out'
    when reason ~* 'resolve|lookup|dns|host name|hostname|no such host|name or service' then 'no_host'
    else 'no_connection'
  end;
  finding := case kind
    when 'clocks_differ' then 'The function %1$s refuses what the database signs: their clocks differ.'
    when 'secret_differs' then 'The function %1$s has another worker secret than Vault (it answered 401).'
    when 'not_deployed' then 'The function %1$s is not deployed where Vault''s project_url leads (404).'
    when 'setting_missing' then 'The function %1$s lacks a secret that it needs (500).'
    when 'does_not_start' then 'The function %1$s does not start (503).'
    when 'no_database' then 'The function %1$s can''t reach the database (503).'
    when 'refused' then 'The function %1$s answered with an error (%2$s).'
    when 'timed_out' then 'The function %1$s did not answer within five seconds.'
    when 'no_host' then 'Vault''s project_url names a host that does not exist (%3$s).'
    when 'no_connection' then 'The function %1$s could not be connected to (%3$s).'
  end;
  finding := format(finding, read_response.function_name, answer.status_code, reason);
  what_to_do := case kind
    when 'clocks_differ' then
      'Wait a few minutes. If that does not help, restart the project: the platform sets both clocks.'
    when 'secret_differs' then
      'Run "npx -y deno task setup", which gives both the same; with only the SQL editor, put the value of the '
      'function secret WORKER_SECRET into supabase/snippets/set_up.sql and run it.'
    when 'not_deployed' then
      'Run "npx -y deno task setup", which deploys it; with only the SQL editor, compare project_url with the '
      'project''s URL in the dashboard (supabase/snippets/set_up.sql sets it).'
    when 'setting_missing' then
      'Run "npx -y deno task setup", which sets the function secrets; the function''s log says which one is missing.'
    when 'does_not_start' then
      'Read the function''s log in the dashboard, then deploy it again with "npx -y deno task setup".'
    when 'no_database' then
      'Read the function''s log in the dashboard: the database may be restarting, or it refuses the function''s key.'
    when 'refused' then
      'Read the function''s log in the dashboard.'
    when 'timed_out' then
      'Nothing, if it answers the next time; otherwise read the function''s log in the dashboard.'
    when 'answered' then
      null
    else
      'Run "npx -y deno task setup", or put the project''s URL, as the dashboard shows it, into '
      'supabase/snippets/set_up.sql and run it.'
  end;
exception
  when lock_not_available or undefined_table or invalid_schema_name or insufficient_privilege then
    -- A hint that can't be read is no hint.
    kind := null;
end
$$;
comment on function engine.read_response(bigint, timestamptz, text) is
  'What pg_net''s response to a request says about a function: kind (answered, secret_differs, clocks_differ,
   not_deployed, setting_missing, does_not_start, no_database, refused, timed_out, no_host or no_connection), and,
   unless it was answered, a sentence each on what is wrong and what to do. queued_at is by the real clock. Nulls while
   there is no response, and while another session has locked the table: it does not wait for it.';

create function engine.dispatch_trouble(feeds text[])
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select told.message
  from (
    select
      sent.sent_at as told_at,
      sent.feed,
      concat_ws(' ', answer.finding, answer.what_to_do) as message
    from engine.dispatches as sent
    join engine.feeds as feed on feed.name = sent.feed
    cross join lateral engine.read_response(sent.request_id, sent.queued_at, feed.function_name) as answer
    where sent.feed = any (dispatch_trouble.feeds) and answer.kind <> 'answered'
    union all
    select lost.occurred_at, lost.feed, lost.message
    from public.ingest_errors as lost
    where
      lost.failure_class = 'lost_dispatch'
      and lost.feed = any (dispatch_trouble.feeds)
      and lost.occurred_at > engine.clock() - interval '2 hours'
      -- One that got lost without an answer says nothing about why.
      and not starts_with(lost.message, 'The dispatch ')
  ) as told
  where not exists (
    select from public.backfill_progress as chunk where chunk.feed = told.feed and chunk.claimed_at > told.told_at
  )
  order by told.told_at desc
  limit 1
$$;
comment on function engine.dispatch_trouble(text[]) is
  'Why the dispatches of these feeds are not claimed, as far as an answer, or the failure to send them, says: a sentence
   and what to do. Null when nothing is known, and once a chunk of the feed was claimed.';

grant execute on function engine.responses_are_locked, engine.read_response, engine.dispatch_trouble to service_role;

-- schemas/setup/secrets.sql

-- What Vault must hold, so that the database can reach the functions.

create function engine.check_secret(name text, out state text, out finding text, out what_to_do text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Trimmed, as it is where it is used.
  value constant text := nullif(
    btrim(
      (select s.decrypted_secret from vault.decrypted_secrets as s where s.name = check_secret.name), E' \t\r\n'
    ),
    ''
  );
  -- A container has a name without dots and is reached without TLS.
  nearby constant text := '^http://(localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal|[a-z0-9_-]+)(:[0-9]+)?(/|$)';
begin
  -- No value is shown: somebody may have mixed up the two.
  finding := case
    when value is null then format('Vault lacks the secret "%s".', check_secret.name)
    when value ~* 'your[-_ ]?(project|worker)' then format('Vault''s %s is a placeholder.', check_secret.name)
    when check_secret.name <> 'project_url' then null
    when value ~* '^http://' and value !~* nearby then
      'Vault''s project_url begins with http:// and leads to another machine.'
    when value !~* '^https?://[^/[:space:]?#@]+(/|$)' then
      'Vault''s project_url is not the URL of a project.'
    when value !~* '^https?://[^/]+/*$' then
      'Vault''s project_url has a path after the host.'
  end;
  state := case when finding is null then 'ok' else 'failed' end;
  what_to_do := case check_secret.name
    when 'project_url' then
      'Run "npx -y deno task setup"; with only the SQL editor, put the project''s URL, as the dashboard shows it '
      '(https://….supabase.co), into supabase/snippets/set_up.sql and run it.'
    else
      'Run "npx -y deno task setup"; with only the SQL editor, put the value of the function secret WORKER_SECRET into '
      'supabase/snippets/set_up.sql and run it.'
  end;
  if state = 'ok' and check_secret.name = 'worker_secret' and length(value) < 16 then
    state := 'warning';
    finding := format('It has only %s characters, so it can be guessed.', length(value));
    what_to_do := 'Run "npx -y deno task setup --rotate-worker-secret", which makes a long one.';
  elsif state = 'ok' then
    finding := 'It is set.';
    what_to_do := 'Nothing.';
  end if;
end
$$;
comment on function engine.check_secret(text) is
  'Whether Vault''s project_url or worker_secret can be right: state ok, warning or failed, and a sentence each on what
   is found and what to do. Shows no value.';

-- schemas/setup/pings.sql

-- A ping asks a function whether it works: it is signed and sent as a dispatch is, claims nothing, and the function
-- reports what it found.

create table engine.pings (
  id bigint generated always as identity primary key,
  function_name text not null,
  request_id bigint,
  sent_at timestamptz not null default engine.clock(),
  queued_at timestamptz not null default engine.wall_clock(),
  answered_at timestamptz,
  clock_ahead_seconds numeric,
  account text,
  api_endpoint text,
  api_status integer,
  api_message text,
  constraint pings_account_known check (account in ('accepted', 'refused', 'plan_too_low', 'not_set', 'unknown')),
  constraint pings_answer_comes_first check (answered_at is not null or account is null)
);

create index pings_function_name on engine.pings (function_name, id);
comment on table engine.pings is
  'Pings that were queued, and what the functions reported. The last twenty of each function are kept.';
comment on column engine.pings.id is 'Sent with the ping; valid for one answer.';
comment on column engine.pings.function_name is 'The Edge Function that it went to.';
comment on column engine.pings.request_id is 'The id of pg_net''s request and of its response.';
comment on column engine.pings.sent_at is 'When it was queued, by the engine''s time.';
comment on column engine.pings.queued_at is 'When it was queued, by the real clock, which pg_net goes by.';
comment on column engine.pings.answered_at is
  'When the function reported that it had got it, by the real clock; null before.';
comment on column engine.pings.clock_ahead_seconds is
  'By how much the function''s clock was ahead of the database''s; the way there is part of it.';
comment on column engine.pings.account is
  'What the API said of the account: accepted; refused; plan_too_low, for the endpoint asked; not_set: a function secret
   is missing; unknown: it did not answer, or with an error of its own. Null until the function reported it.';
comment on column engine.pings.api_endpoint is 'The path that was asked for.';
comment on column engine.pings.api_status is 'What the API answered; null without an answer.';
comment on column engine.pings.api_message is 'What went wrong with it; contains no secret. Null when nothing did.';

create function engine.ping_functions()
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  pinged text;
  ping_id bigint;
  sent integer := 0;
begin
  delete from engine.pings as old
  where old.id not in (
    select kept.id
    from (
      select p.id, row_number() over (partition by p.function_name order by p.id desc) as nth from engine.pings as p
    ) as kept
    where kept.nth < 20
  );
  for pinged in select distinct feed.function_name from engine.feeds as feed order by 1 loop
    insert into engine.pings (function_name) values (pinged) returning id into ping_id;
    update engine.pings as p
    set
      request_id = engine.post_signed(
        function_name => pinged, subject => 'ping', id => ping_id, body => jsonb_build_object('ping', ping_id)
      )
    where p.id = ping_id;
    sent := sent + 1;
  end loop;
  return sent;
end
$$;
comment on function engine.ping_functions() is
  'Queues a ping to each function of engine.feeds, and deletes old ones. Returns how many were queued. Errors: those of
   engine.post_signed.';

create function public.answer_ping(
  ping_id bigint,
  function_clock timestamptz,
  account text default null,
  api_endpoint text default null,
  api_status integer default null,
  api_message text default null
)
returns date
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if answer_ping.account is null then
    update engine.pings as p
    set
      answered_at = engine.wall_clock(),
      clock_ahead_seconds = round(extract(epoch from answer_ping.function_clock - engine.wall_clock()), 3)
    where p.id = answer_ping.ping_id and p.answered_at is null;
  else
    update engine.pings as p
    set
      account = answer_ping.account,
      api_endpoint = left(answer_ping.api_endpoint, 100),
      api_status = answer_ping.api_status,
      api_message = left(answer_ping.api_message, 500)
    where p.id = answer_ping.ping_id and p.answered_at is not null and p.account is null;
  end if;
  return case when found then engine.london_day() end;
end
$$;
comment on function public.answer_ping(bigint, timestamptz, text, text, integer, text) is
  'How a function answers a ping. First without an account, as soon as it gets the ping: this notes that it reached the
   database, and by how much its clock differs. Then, once, with what the API said of the account; the message must
   contain no secret. Returns the UK day, for which a card may be asked; null when the ping is unknown or this was
   reported before: then nothing is to be done.';

alter table engine.pings enable row level security;
revoke all on function public.answer_ping from public, anon, authenticated, service_role;
grant select, update on engine.pings to service_role;
grant execute on function engine.wall_clock, public.answer_ping to service_role;

-- schemas/setup/ping_outcomes.sql

-- What became of the last pings.

create type engine.ping_outcome as (
  function_name text,
  ping_id bigint,
  sent_at timestamptz,
  queued_at timestamptz,
  age interval,
  outcome text,
  finding text,
  what_to_do text,
  clock_ahead_seconds numeric,
  account text,
  api_endpoint text,
  api_message text
);
comment on type engine.ping_outcome is
  'What became of a ping, as engine.ping_outcomes judges it, so that it is asked once and handed on.';

create function engine.ping_outcomes()
returns setof engine.ping_outcome
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  with asked as (
    select
      ping.*,
      engine.wall_clock() - ping.queued_at as age,
      max(ping.id) filter (where ping.answered_at is not null) over (partition by ping.function_name) as last_answered
    from engine.pings as ping
    where
      -- One of an hour ago says little.
      ping.queued_at > engine.wall_clock() - interval '1 hour'
      and ping.function_name in (select feed.function_name from engine.feeds as feed)
  ),
  telling as (
    select
      asked.*,
      row_number() over (
        partition by asked.function_name, asked.answered_at is null, asked.age >= interval '30 seconds'
        order by asked.id desc
      ) as nth
    from asked
    -- A report says more than the silence before it.
    where asked.answered_at is not null or asked.id > coalesce(asked.last_answered, 0)
  )
  select distinct on (judged.function_name)
    judged.function_name, judged.id, judged.sent_at, judged.queued_at, judged.age, judged.outcome,
    case judged.outcome
      when 'pending' then
        format('It was asked %s s ago and has not answered yet.', floor(extract(epoch from judged.age)))
      when 'not_sent' then 'Nothing has come back: pg_net has not sent the ping, or its response was lost.'
      when 'mute' then format(
        'The function %s answers, but reports nothing: it can''t reach the database, or the database refuses its key.',
        judged.function_name
      )
      else judged.finding
    end,
    case judged.outcome
      when 'pending' then 'Look again in 5 seconds: select * from check_setup();'
      when 'not_sent' then 'See the row "pg_net", and look again in a minute: select * from check_setup();'
      when 'mute' then 'Read the function''s log in the dashboard; then deploy it again with "npx -y deno task setup".'
      else judged.what_to_do
    end,
    judged.clock_ahead_seconds, judged.account, judged.api_endpoint, judged.api_message
  from (
    select
      telling.*,
      answer.finding,
      answer.what_to_do,
      case
        when telling.answered_at is not null then 'reported'
        when answer.kind <> 'answered' then answer.kind
        when telling.age < interval '30 seconds' then 'pending'
        when answer.kind = 'answered' then 'mute'
        else 'not_sent'
      end as outcome
    from telling
    -- A function's own report counts more than pg_net's table, which is then not asked.
    cross join lateral engine.read_response(
      case when telling.answered_at is null then telling.request_id end, telling.queued_at, telling.function_name
    ) as answer
    -- Of those without a report the newest are enough. Who asks every five seconds must also get to know what has been
    -- silent for thirty.
    where
      telling.answered_at is not null
      or telling.nth <= case when telling.age < interval '30 seconds' then 2 else 1 end
  ) as judged
  order by
    judged.function_name,
    judged.outcome = 'pending',
    -- Who looks again at once wants the last word on the account, not that it is being asked for.
    judged.outcome = 'reported' and judged.account is null and judged.age < interval '30 seconds',
    judged.id desc
$$;
comment on function engine.ping_outcomes() is
  'Of each function that was pinged within the past hour, the newest ping that says something, or the one that is waited
   for. outcome: reported, the function got it and reached the database; pending; mute, it answered and reported nothing
   for thirty seconds; not_sent, there is no response after thirty seconds; or a kind of engine.read_response. finding
   and what_to_do are null when it reported.';

-- schemas/setup/deployments.sql

-- What "deno task setup" has deployed, so that it can tell what has changed since.

create table engine.deployments (
  function_name text primary key,
  source_hash text not null,
  version integer not null,
  deployed_at timestamptz not null default engine.clock()
);
comment on table engine.deployments is
  'The Edge Functions as "deno task setup" last deployed them. Without a row, it deploys the function.';
comment on column engine.deployments.function_name is 'Its name on the platform.';
comment on column engine.deployments.source_hash is 'SHA-256 of everything that was uploaded, as hexadecimal digits.';
comment on column engine.deployments.version is
  'The number that the platform gave it. A higher one there was deployed by somebody else.';
comment on column engine.deployments.deployed_at is 'When that was.';

alter table engine.deployments enable row level security;

-- schemas/setup/refuse.sql

-- What a project must have before a run is started in it.

-- Security definer, so that the role that starts a run with the secret key needs no right to Vault, cron or the pings.
create function engine.refuse_broken_setup(feeds text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted text;
  trouble record;
begin
  foreach wanted in array array['project_url', 'worker_secret'] loop
    select c.state, c.finding, c.what_to_do into trouble from engine.check_secret(wanted) as c;
    if trouble.state = 'failed' then
      raise exception '%', rtrim(trouble.finding, '.') using errcode = 'PT424', hint = trouble.what_to_do;
    end if;
  end loop;

  if not exists (select from cron.job as job where job.jobname = 'engine-tick') then
    raise exception 'The cron job engine-tick is gone, so what gets lost on its way would never be sent again'
      using errcode = 'PT424',
        hint = 'Run "npx -y deno task setup", which puts it back; with only the SQL editor: '
          'select * from check_setup();';
  end if;

  -- No ping is no reason, nor is one without an answer: it may never have been sent, or have come all the same.
  select
    coalesce(ping.finding, ping.api_message, 'The account is refused') as finding,
    coalesce(
      ping.what_to_do,
      'Put the right RACING_API_USERNAME and RACING_API_PASSWORD into supabase/.env and run "npx -y deno task setup"; '
      'or set them as function secrets in the dashboard.'
    ) as what_to_do
  into trouble
  from engine.ping_outcomes() as ping
  where
    (ping.outcome not in ('reported', 'pending', 'not_sent', 'timed_out') or ping.account in ('refused', 'not_set'))
    and ping.function_name in (
      select feed.function_name from engine.feeds as feed where feed.name = any (refuse_broken_setup.feeds)
    )
    -- After something was mended nobody need wait until the old failure is forgotten. A new function secret leaves no
    -- trace here, so a newer ping counts as well: it is to say whether it helped.
    and not exists (
      select from engine.pings as newer where newer.function_name = ping.function_name and newer.id > ping.ping_id
    )
    and not exists (select from engine.deployments as deployed where deployed.deployed_at >= ping.sent_at)
    and not exists (
      select from vault.secrets as entry
      where entry.name in ('project_url', 'worker_secret') and entry.updated_at >= ping.queued_at
    )
    and not exists (
      select from public.backfill_progress as chunk
      join engine.feeds as feed on feed.name = chunk.feed
      where feed.function_name = ping.function_name and chunk.claimed_at > ping.sent_at
    )
  order by ping.function_name
  limit 1;
  if found then
    raise exception '%', rtrim(trouble.finding, '.')
      using errcode = 'PT424',
        hint = trouble.what_to_do || ' Then run this twice, five seconds apart: select * from check_setup();';
  end if;
end
$$;
comment on function engine.refuse_broken_setup(text[]) is
  'Error PT424 (HTTP 424), with a hint, when the tables show that a run of these feeds could not work: a Vault entry is
   missing or can''t be right, the cron job engine-tick is gone, or the last ping of the past hour to a function of
   these feeds failed, and since then nothing was claimed, deployed or changed in Vault.';

grant execute on function engine.refuse_broken_setup to service_role;

-- schemas/merge/column_owners.sql

-- Who owns a column: the feed that fills it. Said once, at the beginning of the column's comment; the upserts, the
-- types of the readers and the data dictionary read it from there.

create view engine.column_owners
with (security_invoker = true)
as
select
  c.relname::text as table_name,
  a.attname::text as column_name,
  substring(pg_catalog.col_description(c.oid, a.attnum) from '^(Card|Result|Both)\. ') as owner,
  a.attnotnull as is_required,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default_value,
  array_position(k.conkey, a.attnum) as place_in_key,
  a.atttypid = 'text'::regtype as is_text,
  (select r.relname::text from pg_catalog.pg_class as r where r.oid = f.confrelid) as refers_to
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_constraint as k on k.conrelid = c.oid and k.contype = 'p'
left join pg_catalog.pg_constraint as f on f.conrelid = c.oid and f.contype = 'f' and f.conkey = array[a.attnum]
left join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where
  c.relnamespace = 'public'::regnamespace
  and c.relkind = 'r'
  -- Columns that Postgres fills, the times of writing and the mark of the old database come from no feed.
  and a.attgenerated = ''
  and a.attidentity = ''
  and a.attname not in ('created_at', 'updated_at', 'from_legacy');
comment on view engine.column_owners is
  'Columns of the tables in public with the owner that their comments begin with. Card: only cards fill it. Result: only
   results do. Both: both do. Null when the comment does not say: the table is merged by hand, or the owner was
   forgotten. refers_to: the table that an id refers to.';

-- schemas/merge/rules.sql

-- How a column is merged when a row comes again: the rule of each owner, in one place.
--
-- Written into the upserts as expressions, not called by them: a function that sets its search path is never inlined.

create function engine.plain_name(name text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select lower(regexp_replace(name collate "C", '\s', '', 'g'))
$$;
comment on function engine.plain_name(text) is
  'A name as names are compared: without spaces, A to Z in lower case, whatever the collation of the database.';

-- Volatile: it sees a master that another page has stored since the upsert began.
create function engine.names_another(master text, id text, name text)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  is_another boolean;
begin
  if id is null or name is null then
    return false;
  end if;
  execute format(
    'select engine.plain_name(known.name) <> engine.plain_name($1) from public.%I as known where known.id = $2', master
  )
  into is_another
  using name, id;
  return coalesce(is_another, false);
end
$$;
comment on function engine.names_another(text, text, text) is
  'True when a name is another than the one that a master table has for an id. False when either is missing.';

create function engine.merged_id(pair jsonb, first_row text, second_row text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  -- Nearly every row has no name without an id: only then is the master looked up.
  select format(
    'coalesce(%1$s.%3$I, case when %1$s.%4$I is null or not engine.names_another(%5$L, %2$s.%3$I, %1$s.%4$I) '
      'then %2$s.%3$I end)',
    first_row, second_row, pair ->> 'id', pair ->> 'name', pair ->> 'master'
  )
$$;
comment on function engine.merged_id(jsonb, text, text) is
  'An expression: the id of the row that takes precedence, or else that of the other row, unless the first one names
   somebody else without an id. pair as engine.merge_rule gets it; first_row and second_row: known and seen, or seen and
   known.';

create function engine.merge_rule(known engine.column_owners, is_dated boolean, belongs_to text[], pair jsonb)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select case
    when pair is null then merged.rule
    when known.column_name = pair ->> 'id' then of_pair.id
    -- A name stands only while no id does.
    else format('case when (%s) is null then %s end', of_pair.id, merged.rule)
  end
  from (
    select
      case
        when known.place_in_key is not null then format('seen.%I', known.column_name)
        when not is_dated then case
          when known.column_name in ('has_card', 'has_result') then format('known.%1$I or seen.%1$I', known.column_name)
          -- A winner who is disqualified keeps no position.
          when belongs_to is not null then format(
            'case when num_nonnulls(%2$s) > 0 then seen.%1$I else known.%1$I end', known.column_name,
            (select string_agg(format('seen.%I', one), ', ') from unnest(belongs_to) as one)
          )
          -- A result takes precedence, and a card fills what it left empty. Otherwise the newer pull wins.
          when known.owner = 'Both' then format(
            'case when known.has_result and not seen.has_result then coalesce(known.%1$I, seen.%1$I) '
              'else coalesce(seen.%1$I, known.%1$I) end',
            known.column_name
          )
          -- The other feed brings null, which coalesce passes over; of a column that is never null, only the owner's
          -- row counts.
          when known.is_required then format(
            'case when seen.%2$I then seen.%1$I else known.%1$I end', known.column_name, 'has_' || lower(known.owner)
          )
          else format('coalesce(seen.%1$I, known.%1$I)', known.column_name)
        end
        when known.column_name in ('last_seen_on', 'card_seen_on') then
          format('greatest(known.%1$I, seen.%1$I)', known.column_name)
        -- The value seen on the newer day; a missing one never replaces a known one. Seen on the same day, the greater
        -- one, so that the order of pulling does not show: by code point, as the functions compare, whatever the
        -- collation of the database. What only cards know goes by the days of cards: a newer result does not make it
        -- stale. Without a card only the horse's profile says it, which is asked for on its own: the newer answer
        -- corrects the older one.
        else format(
          'case %5$swhen %3$s > %2$s then coalesce(seen.%1$I, known.%1$I) '
            'when %3$s < %2$s then coalesce(known.%1$I, seen.%1$I) '
            'else greatest(known.%1$I%4$s, seen.%1$I) end',
          known.column_name,
          case known.owner when 'Both' then 'known.last_seen_on' else 'coalesce(known.card_seen_on, ''-infinity'')' end,
          case known.owner when 'Both' then 'seen.last_seen_on' else 'coalesce(seen.card_seen_on, ''-infinity'')' end,
          case when known.is_text then ' collate "C"' else '' end,
          case when known.owner = 'Card' then format(
            'when num_nonnulls(known.card_seen_on, seen.card_seen_on) = 0 then coalesce(seen.%1$I, known.%1$I) ',
            known.column_name
          ) end
        )
      end as rule
  ) as merged
  cross join lateral (
    select
      case
        when pair is null then null
        when is_dated then format(
          'case when seen.last_seen_on > known.last_seen_on then %1$s when seen.last_seen_on < known.last_seen_on '
            'then %2$s else greatest(known.%3$I collate "C", seen.%3$I) end',
          engine.merged_id(pair, 'seen', 'known'), engine.merged_id(pair, 'known', 'seen'), pair ->> 'id'
        )
        -- Nobody else has ridden or owned the horse once it has run: a name that differs is the same person's, whose
        -- master was renamed since.
        else format(
          'case when known.has_result and seen.has_result then coalesce(seen.%3$I, known.%3$I) '
            'when known.has_result then %2$s else %1$s end',
          engine.merged_id(pair, 'seen', 'known'), engine.merged_id(pair, 'known', 'seen'), pair ->> 'id'
        )
      end as id
  ) as of_pair
$$;
comment on function engine.merge_rule(engine.column_owners, boolean, text[], jsonb) is
  'What becomes of a column when a row is known and seen again: an expression over known and seen. is_dated: the table
   goes by the days on which its rows were seen; else by has_card and has_result. belongs_to: the columns that it
   changes together with. pair: {id, name, master} of an id and of the name that is kept in its place, columns both, and
   the table that the id refers to; null for any other column.';

grant execute on function engine.plain_name, engine.names_another to service_role;

-- schemas/merge/write_upsert.sql

-- How rows of a page are merged into a table whose columns say who owns them. The database writes each upsert from the
-- comments: a new column needs a comment and select engine.write_upserts(); no upsert is edited.
--
-- The upserts are in SQL, not in plpgsql, so that each call is planned: a plan from when the tables were empty would
-- scan them.

create function engine.refuse_unknown_keys(table_name text, rows jsonb, columns text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  -- Postgres silently drops a key without a column, and with it the value of a misspelt name. Removing the columns from
  -- the row is the cheapest check: 2 ms for 500 rows of 50 keys; comparing key by key takes 5.
  unknown constant text := (
    select string_agg(distinct format('"%s"', sent.key), ', ')
    from jsonb_array_elements(rows) as element
    cross join jsonb_object_keys(element - columns) as sent (key)
  );
begin
  if unknown is not null then
    raise exception 'Rows for % bring what it does not take: %', table_name, unknown
      using errcode = '22023',
        hint = 'Keys are names of columns: is one misspelt? After a new column: select engine.write_upserts();';
  end if;
end
$$;
comment on function engine.refuse_unknown_keys(text, jsonb, text[]) is
  'Error 22023 when a row of the array has a key that is not among the columns; it names table and keys.';

create function engine.refuse_columns(table_name text, filled jsonb, together jsonb, instead_of jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  odd text;
begin
  select string_agg(format('%s.%s', c.table_name, c.column_name), ', ' order by c.column_name)
  into odd
  from engine.column_owners as c
  where c.table_name = refuse_columns.table_name and c.owner is null;
  if odd is not null then
    raise exception 'The comment does not say who owns %', odd
      using errcode = '22023',
        hint = 'Begin its comment with the feed that fills it, "Card. ", "Result. " or "Both. "; then: '
          'select engine.write_upserts();';
  end if;

  select string_agg(format('%s.%s', c.table_name, c.column_name), ', ' order by c.column_name)
  into odd
  from engine.column_owners as c
  where
    c.table_name = refuse_columns.table_name
    and case c.owner
      when 'Card' then not exists (
        select from engine.column_owners as day
        where day.table_name = c.table_name and day.column_name in ('has_card', 'card_seen_on')
      )
      when 'Result' then not exists (
        select from engine.column_owners as day where day.table_name = c.table_name and day.column_name = 'has_result'
      )
    end;
  if odd is not null then
    raise exception 'Nothing says which feed a row comes from that brings %', odd
      using errcode = '22023',
        hint = 'A column of a card needs has_card or card_seen_on beside it, one of a result has_result.';
  end if;

  select string_agg(named.column_name, ', ' order by named.column_name)
  into odd
  from (
    select jsonb_object_keys(filled) as column_name
    union
    select jsonb_array_elements_text(one) from jsonb_array_elements(together) as one
    union
    select unnest(array[pair.key, pair.value]) from jsonb_each_text(instead_of) as pair
  ) as named
  where not exists (
    select from engine.column_owners as c
    where c.table_name = refuse_columns.table_name and c.column_name = named.column_name
  );
  if odd is not null then
    raise exception '% has no column %', table_name, odd
      using errcode = '22023', hint = 'The exceptions of engine.write_upserts() name columns; correct them there.';
  end if;

  select string_agg(c.column_name, ', ' order by c.column_name)
  into odd
  from engine.column_owners as c
  where
    c.table_name = refuse_columns.table_name
    and c.column_name in (select pair.value from jsonb_each_text(instead_of) as pair)
    and not exists (
      select from engine.column_owners as master
      where master.table_name = c.refers_to and master.column_name = 'name'
    );
  if odd is not null then
    raise exception 'The id of % refers to no table with a name: %', table_name, odd
      using errcode = '22023',
        hint = 'A name can stand in the place of an id only where the id''s table has the name of each: give the '
          'column a foreign key to it, or correct the exception in engine.write_upserts().';
  end if;
end
$$;
comment on function engine.refuse_columns(text, jsonb, jsonb, jsonb) is
  'Error 22023 when a column of the table has no owner or no rule, when an exception of write_upsert names none, or when
   an id in whose place a name is kept refers to no table with names.';

create function engine.write_upsert(
  table_name text,
  filled jsonb default '{}',
  joined text default '',
  together jsonb default '[]',
  instead_of jsonb default '{}'
)
returns void
language plpgsql
security invoker
set search_path = ''
as $body$
#variable_conflict use_variable
declare
  function_name constant text := 'upsert_' || regexp_replace(table_name, '^ra_(mst_)?', '');
  is_dated constant boolean := exists (
    select from engine.column_owners as c
    where c.table_name = write_upsert.table_name and c.column_name = 'last_seen_on'
  );
  -- One time for a page's rows: asking the clock for each of them took a twentieth of a page.
  times constant text[] := array(
    select a.attname::text
    from pg_catalog.pg_attribute as a
    where
      a.attrelid = ('public.' || quote_ident(write_upsert.table_name))::regclass
      and a.attname in ('created_at', 'updated_at')
      and not a.attisdropped
  );
  part record;
begin
  perform engine.refuse_columns(table_name, filled, together, instead_of);
  with columns as (
    select
      c.column_name,
      format('%I', c.column_name) as name,
      c.place_in_key,
      filled ->> c.column_name as expression,
      case when c.is_required and c.default_value is not null then
        format('coalesce(sent.%I, %s)', c.column_name, c.default_value)
      end as or_default,
      engine.merge_rule(
        c, is_dated,
        (
          select array(select jsonb_array_elements_text(one)) from jsonb_array_elements(together) as one
          where one ? c.column_name
        ),
        (
          select jsonb_build_object('name', one.key, 'id', one.value, 'master', id.refers_to)
          from jsonb_each_text(instead_of) as one
          join engine.column_owners as id on id.table_name = c.table_name and id.column_name = one.value
          where c.column_name in (one.key, one.value)
        )
      ) as rule,
      -- By name, not by position: a column that was added later has a different position.
      row_number() over (order by c.place_in_key, c.owner, c.column_name collate "C") as place
    from engine.column_owners as c
    where c.table_name = write_upsert.table_name
  )
  select
    string_agg(format('%L', c.column_name), E',\n      ' order by c.place) filter (
      where c.expression is null or strpos(c.expression, 'sent.' || c.name) > 0
    ) as accepted,
    array_agg(c.name order by c.place) as names,
    array_agg(c.name order by c.place) filter (where c.place_in_key is not null) as key,
    string_agg(format('one.%1$s = seen.%1$s', c.name), ' and ') filter (where c.place_in_key is not null) as same_key,
    string_agg(
      coalesce(coalesce(c.expression, c.or_default) || ' as ' || c.name, 'sent.' || c.name),
      E',\n      ' order by c.place
    ) as sent,
    string_agg(c.rule, E',\n      ' order by c.place) as merged,
    string_agg(
      format('%s = %s', c.name, regexp_replace(c.rule, '\mseen\.', 'excluded.', 'g')), E',\n    ' order by c.place
    ) filter (where c.place_in_key is null) as changes
  into part
  from columns as c;

  execute format(
    $text$
      create or replace function engine.%1$I(rows jsonb)
      returns void
      language sql
      security invoker
      set search_path = ''
      as %2$L
    $text$,
    function_name,
    format(
      $text$
  select engine.refuse_unknown_keys(
    %1$L, rows,
    array[
      %2$s
    ]
  );

  %11$sinsert into public.%1$I as known (
    %3$s
  )
  select seen.*%10$s
  from (
    select
      %4$s
    from jsonb_populate_recordset(null::public.%1$I, rows) as sent%5$s
  ) as seen%6$s
  order by %7$s
  on conflict (%8$s) do update set
    %9$s
$text$,
      table_name, part.accepted,
      array_to_string(part.names || times, E',\n    '), part.sent, E'\n    ' || nullif(joined, ''),
      case when is_dated then format(
        -- offset 0: row by row through the key. The planner would read the whole table for each page.
        E'\n  left join lateral (\n    select one.* from public.%I as one where %s offset 0\n  ) as known on true'
          || E'\n  where (\n      %s\n    ) is distinct from (\n      known.%s\n    )',
        table_name, part.same_key, part.merged, array_to_string(part.names, E',\n      known.')
      ) end,
      -- Runners in the order of the key would leave each page of its index half empty: 91 bytes a runner, and 66 with
      -- the races shuffled by the ends of their ids. The runners of a race stay together.
      case when cardinality(part.key) > 1 then format('reverse(seen.%s), ', part.key[1]) else '' end
        || 'seen.' || array_to_string(part.key, ', seen.'),
      array_to_string(part.key, ', '),
      part.changes || case when 'updated_at' = any (times) then E',\n    updated_at = excluded.updated_at' else '' end,
      repeat(', (select moment.at from moment)', cardinality(times)),
      case when cardinality(times) > 0 then E'with moment as materialized (select engine.clock() as at)\n  ' end
    )
  );
  execute format(
    'comment on function engine.%I(jsonb) is %L', function_name,
    format(
      'Upserts an array of rows shaped like %s, merged by the owners of its columns. What a row refers to must be '
        'there. Error 22023 names keys that are no column. Written by engine.write_upsert().',
      table_name
    )
  );
  execute format('revoke all on function engine.%I from public, anon, authenticated, service_role', function_name);
  execute format('grant execute on function engine.%I to service_role', function_name);
end
$body$;
comment on function engine.write_upsert(text, jsonb, text, jsonb, jsonb) is
  'Writes the upsert of a table from what its columns'' comments say. filled: what SQL puts into a column, an expression
   over sent and what is joined; a page may bring that column only if the expression reads it. joined: what the
   expressions of filled read besides sent. together: lists of columns that change together. instead_of: for the column
   of a name, the column of the id in whose place the name is kept; that id refers to a table with a column "name". Into
   a table that has last_seen_on, only rows that bring something new are written. Error 22023 as of
   engine.refuse_columns.';

grant execute on function engine.refuse_unknown_keys to service_role;

-- schemas/merge/masters.sql

-- Master rows of a page into their tables: those with rules of their own. The others are in upserts.sql.
--
-- Two pages stored at the same time share courses, people and pedigrees. Rows are upserted in the order of their keys
-- and the tables always in the same order, so that pages wait for each other but never deadlock. A row that brings
-- nothing new is left out beforehand: even an upsert that changes nothing locks its row, and a lock on a course would
-- make every page wait for every other. Stored values are only ever added to, so leaving out a row because of a
-- slightly old snapshot loses nothing.

create function engine.upsert_regions(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.refuse_unknown_keys('ra_mst_regions', rows, array['code', 'name']);

  insert into public.ra_mst_regions as known (code, name)
  select seen.code, seen.name
  from jsonb_populate_recordset(null::public.ra_mst_regions, rows) as seen
  order by seen.code
  on conflict (code) do update set name = coalesce(excluded.name, known.name)
$$;
comment on function engine.upsert_regions(jsonb) is 'Upserts an array of {code, name}.';

create function engine.upsert_bookmakers(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.refuse_unknown_keys('ra_mst_bookmakers', rows, array['code', 'name', 'type']);

  insert into public.ra_mst_bookmakers as known (code, name, type)
  select seen.code, seen.name, seen.type
  from jsonb_populate_recordset(null::public.ra_mst_bookmakers, rows) as seen
  left join public.ra_mst_bookmakers as known on known.code = seen.code
  where
    known.code is null
    or (seen.type <> 'unknown' and (seen.name, seen.type) is distinct from (known.name, known.type))
  order by seen.code
  on conflict (code) do update set name = excluded.name, type = excluded.type
  where excluded.type <> 'unknown'
$$;
comment on function engine.upsert_bookmakers(jsonb) is
  'Upserts an array of {code, name, type}. A bookmaker of unknown type (seen in odds) changes nothing of a known one.';

create function engine.merged_course(known public.ra_mst_courses, seen public.ra_mst_courses)
returns table (name text, region_code text, is_listed boolean)
language sql
immutable
security invoker
set search_path = ''
as $$
  select
    case when seen.is_listed then coalesce(seen.name, known.name) else coalesce(known.name, seen.name) end,
    case
      when seen.is_listed then coalesce(seen.region_code, known.region_code)
      else coalesce(known.region_code, seen.region_code)
    end,
    coalesce(known.is_listed, false) or seen.is_listed
$$;
comment on function engine.merged_course(public.ra_mst_courses, public.ra_mst_courses) is
  'What a course becomes when it is seen again. The name of /courses is never replaced by the one on a race.';

create function engine.upsert_courses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.refuse_unknown_keys('ra_mst_courses', rows, array['id', 'name', 'region_code', 'is_listed']);

  insert into public.ra_mst_courses as known (id, name, region_code, is_listed)
  select seen.id, seen.name, seen.region_code, seen.is_listed
  from jsonb_populate_recordset(null::public.ra_mst_courses, rows) as seen
  left join public.ra_mst_courses as known on known.id = seen.id
  cross join engine.merged_course(known, seen) as merged
  where
    (seen.id, merged.name, merged.region_code, merged.is_listed)
    is distinct from (known.id, known.name, known.region_code, known.is_listed)
  order by seen.id
  on conflict (id) do update set (name, region_code, is_listed) = (
    select merged.name, merged.region_code, merged.is_listed from engine.merged_course(known, excluded) as merged
  )
$$;
comment on function engine.upsert_courses(jsonb) is
  'Upserts an array of {id, name, region_code, is_listed}, merged by engine.merged_course.';

grant execute on function
  engine.upsert_regions, engine.upsert_bookmakers, engine.merged_course, engine.upsert_courses
  to service_role;

-- schemas/merge/odds.sql

-- Odds of a page into their table.

create function engine.upsert_odds(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.refuse_unknown_keys(
    'ra_runner_odds', rows,
    array[
      'race_id', 'horse_id', 'bookmaker_code', 'fractional', 'decimal', 'ew_places', 'ew_denominator', 'quoted_at'
    ]
  );

  insert into public.ra_runner_odds as known (
    race_id, horse_id, bookmaker_code, fractional, decimal, ew_places, ew_denominator, quoted_at
  )
  select
    seen.race_id, seen.horse_id, seen.bookmaker_code, seen.fractional, seen.decimal, seen.ew_places,
    seen.ew_denominator, seen.quoted_at
  from jsonb_populate_recordset(null::public.ra_runner_odds, rows) as seen
  order by seen.race_id, seen.horse_id, seen.bookmaker_code
  -- A quote changes as a whole: the price of one moment is never combined with the each-way terms of another.
  on conflict (race_id, horse_id, bookmaker_code) do update set
    fractional = excluded.fractional,
    decimal = excluded.decimal,
    ew_places = excluded.ew_places,
    ew_denominator = excluded.ew_denominator,
    quoted_at = excluded.quoted_at,
    from_legacy = false
  where known.from_legacy or coalesce(excluded.quoted_at, '-infinity') >= coalesce(known.quoted_at, '-infinity')
$$;
comment on function engine.upsert_odds(jsonb) is
  'Upserts an array of rows shaped like ra_runner_odds; none when it is null. A quote is replaced only by one that is
   at least as new, or when it comes from the old database.';

grant execute on function engine.upsert_odds to service_role;

-- schemas/merge/left_out.sql

-- Horses that a result leaves out.

-- Races with a result whose every runner could be understood: a horse that is not in it did not run.
create view engine.whole_results
with (security_invoker = true)
as
select race.id as race_id
from public.ra_races as race
where
  race.has_result
  -- A result without a single runner does not say which horses ran.
  and exists (select from public.ra_runners as runner where runner.race_id = race.id and runner.has_result)
  -- A runner is rejected only when it has no id that can be read, so it may be any horse.
  and not exists (
    select from public.ingest_rejects as reject
    where reject.feed = 'results' and reject.race_id = race.id and reject.kind = 'runner'
  );
comment on view engine.whole_results is 'Races whose result is stored, with runners and without a rejected one.';

create function engine.whole_results_of_cards(runners jsonb)
returns table (race_id text)
language sql
stable
security invoker
set search_path = ''
as $$
  select whole.race_id
  from (
    select distinct sent.race_id #>> '{}' as race_id
    from jsonb_path_query(runners, '$[*] ? (@.has_card == true).race_id') as sent (race_id)
  ) as card
  -- offset 0: race by race through the key, or all races that were ever stored would be read for each page.
  cross join lateral (
    select one.race_id from engine.whole_results as one where one.race_id = card.race_id offset 0
  ) as whole
$$;
comment on function engine.whole_results_of_cards(jsonb) is
  'The races of the declared runners among these whose whole result is stored. runners as ingest_page gets them.';

-- A horse that is on the card but not in the result did not run, whichever of the two is stored last.
create function engine.mark_absent_as_non_runners(race_ids text[])
returns void
language sql
security invoker
set search_path = ''
as $$
  update public.ra_runners as runner
  set is_non_runner = true
  from engine.whole_results as whole
  where
    whole.race_id = any (race_ids)
    and runner.race_id = whole.race_id
    and not runner.has_result
    and not runner.is_non_runner
$$;
comment on function engine.mark_absent_as_non_runners(text[]) is
  'Marks as non-runners the declared horses that are missing from the result of their race, unless a runner of that
   result was rejected.';

-- A corrected result may leave out a horse that an earlier one had: disqualified as an ineligible runner, or mistaken
-- for another.
create function engine.take_back_left_out(results jsonb, runners jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  with seen as materialized (
    select sent.race_id, sent.horse_id from jsonb_to_recordset(runners) as sent (race_id text, horse_id text)
  )
  update public.ra_runners as runner
  set
    has_result = false,
    is_non_runner = true,
    position = null,
    position_code = null,
    beaten_lengths = null,
    beaten_lengths_overall = null
  from jsonb_to_recordset(results) as result (id text, has_result boolean)
  cross join lateral (
    select one.race_id from engine.whole_results as one where one.race_id = result.id offset 0
  ) as whole
  where
    result.has_result
    and runner.race_id = whole.race_id
    and runner.has_result
    and exists (select from seen where seen.race_id = runner.race_id)
    and not exists (select from seen where seen.race_id = runner.race_id and seen.horse_id = runner.horse_id)
$$;
comment on function engine.take_back_left_out(jsonb, jsonb) is
  'Removes the position of horses that an earlier result of these races had and this one does not. results and runners
   as ingest_page gets them; a result comes with all of its runners, and one without any takes nothing back.';

grant select on engine.whole_results to service_role;
grant execute on function
  engine.whole_results_of_cards, engine.mark_absent_as_non_runners, engine.take_back_left_out
  to service_role;

-- schemas/merge/upserts.sql

-- The upserts of all tables whose columns say who owns them, and what is special about each.

create function engine.write_upserts()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  parents text;
begin
  foreach parents in array array['ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires'] loop
    -- The id among the horses has the same number.
    perform engine.write_upsert(parents, filled => '{"horse_id": "''hrs_'' || substr(sent.id, 5)"}');
  end loop;
  perform engine.write_upsert(
    'ra_mst_horses',
    instead_of => '{"sire_name": "sire_id", "dam_name": "dam_id", "damsire_name": "damsire_id"}'
  );
  perform engine.write_upsert('ra_mst_jockeys');
  perform engine.write_upsert(
    'ra_mst_trainers',
    -- A card without a location says nothing about it: it must not make an older one look newer.
    filled => '{"card_seen_on": "case when sent.location is not null then sent.card_seen_on end"}'
  );
  perform engine.write_upsert('ra_mst_owners');
  perform engine.write_upsert(
    'ra_races',
    filled => '{"card_date": "case when sent.has_card then sent.race_date end"}',
    together => '[["prize_amount", "prize_currency"]]'
  );
  perform engine.write_upsert(
    'ra_runners',
    -- A horse on a card whose race has its complete result did not run, unless the result has a row for it.
    filled => '{
      "is_non_runner":
        "coalesce(sent.is_non_runner, false) or (coalesce(sent.has_card, false) and whole.race_id is not null)"
    }',
    joined => 'left join engine.whole_results_of_cards(rows) as whole on whole.race_id = sent.race_id',
    together => '[
      ["last_run", "last_run_days"], ["position", "position_code"], ["sp", "sp_favourite"],
      ["prize_amount", "prize_currency"]
    ]',
    instead_of => '{"jockey_name": "jockey_id", "trainer_name": "trainer_id", "owner_name": "owner_id"}'
  );
end
$$;
comment on function engine.write_upserts() is
  'Writes the upserts again from the comments on the columns. A migration that adds a column ends with it: alter table,
   comment on column, select engine.write_upserts().';

select engine.write_upserts();

-- schemas/merge/rejects.sql

-- What could not be understood of a page, and unknown fields.

create function engine.reject_fingerprint(kind text, race_id text, horse_id text, path text, raw jsonb)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  -- Where ids and path identify the element, its content does not count: a card's runner has different odds at every
  -- pull.
  select md5(concat_ws('|', kind, race_id, horse_id, path, case when race_id is null then raw::text end))
$$;
comment on function engine.reject_fingerprint(text, text, text, text, jsonb) is
  'Identifies a reject, so that the same one is recognised when it comes again.';

create function engine.store_rejects(
  rejects jsonb, race_ids text[], horse_ids text[], feed text, run_id bigint, chunk_id bigint
)
returns void
language sql
security invoker
set search_path = ''
as $$
  with seen as (
    select distinct on (fingerprint)
      r.kind, r.race_id, r.horse_id, r.race_date, r.path, r.reason, r.raw,
      engine.reject_fingerprint(
        kind => r.kind, race_id => r.race_id, horse_id => r.horse_id, path => r.path, raw => r.raw
      ) as fingerprint
    from jsonb_to_recordset(rejects) as r (
      kind text, race_id text, horse_id text, race_date date, path text, reason text, raw jsonb
    )
    order by fingerprint
  ),
  -- Apart, because only one of the two has an index.
  understood_races as (
    delete from public.ingest_rejects as known
    where
      known.feed = store_rejects.feed
      and known.race_id = any (race_ids)
      and known.fingerprint not in (select seen.fingerprint from seen)
  ),
  understood_horses as (
    delete from public.ingest_rejects as known
    where
      cardinality(horse_ids) > 0
      and known.feed = store_rejects.feed
      and known.race_id is null
      and known.horse_id = any (horse_ids)
      and known.fingerprint not in (select seen.fingerprint from seen)
  )
  insert into public.ingest_rejects as known (
    feed, kind, race_id, horse_id, race_date, path, reason, raw, fingerprint, run_id, chunk_id
  )
  select
    store_rejects.feed, seen.kind, seen.race_id, seen.horse_id, seen.race_date, seen.path, seen.reason, seen.raw,
    seen.fingerprint, store_rejects.run_id, store_rejects.chunk_id
  from seen
  order by seen.fingerprint
  on conflict (feed, fingerprint) do update set
    race_date = excluded.race_date,
    reason = excluded.reason,
    raw = excluded.raw,
    run_id = excluded.run_id,
    chunk_id = excluded.chunk_id,
    last_seen_at = engine.clock(),
    acknowledged_at = case when known.reason = excluded.reason then known.acknowledged_at end
$$;
comment on function engine.store_rejects(jsonb, text[], text[], text, bigint, bigint) is
  'Keeps an array of {kind, race_id, horse_id, race_date, path, reason, raw}; the same reject again is the same row.
   Removes earlier rejects of the given races, and of horses asked for by their id, that are understood now.';

create function engine.note_unknown_fields(fields jsonb, feed text)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ingest_unknown_fields as known (feed, object, field, times_seen, first_value, newest_value)
  select
    note_unknown_fields.feed, f.object, f.field, sum(f.seen), left(max(f.first_value), 150),
    left(max(f.newest_value), 150)
  from jsonb_to_recordset(fields) as f (object text, field text, seen bigint, first_value text, newest_value text)
  group by f.object, f.field
  order by f.object, f.field
  on conflict (feed, object, field) do update set
    times_seen = known.times_seen + excluded.times_seen,
    first_value = coalesce(known.first_value, excluded.first_value),
    newest_value = coalesce(excluded.newest_value, known.newest_value),
    last_seen_at = engine.clock()
$$;
comment on function engine.note_unknown_fields(jsonb, text) is
  'Counts an array of {object, field, seen, first_value, newest_value}, and keeps the first and the newest of the
   values.';

grant execute on function engine.reject_fingerprint, engine.store_rejects, engine.note_unknown_fields to service_role;

-- schemas/legacy_copy/write_fill.sql

-- How rows of the old database get into a table whose columns say who owns them: only where the API has said nothing.
-- The functions are written from the columns' comments, as the upserts are.
--
-- A race or runner is answered by the API owner by owner: once it has a card, an empty column of cards says that there
-- is none, and an old value would contradict it. So a column that is filled from the old database while has_card is
-- false belongs to nobody else, and is emptied when the first card comes. What is stored does not depend on which of
-- the two came first.

create function engine.is_answered(owner text, is_dated boolean)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select case
    -- What the API leaves out of a master row it may still say: it says no more with each answer than it knows.
    when is_dated then 'false'
    when owner = 'Both' then '(known.has_card or known.has_result)'
    else 'known.has_' || lower(owner)
  end
$$;
comment on function engine.is_answered(text, boolean) is
  'A condition over known: the API has answered what columns of this owner say.';

create function engine.fill_rule(known engine.column_owners, is_dated boolean, belongs_to text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select case
    when known.place_in_key is not null or known.column_name in ('has_card', 'has_result', 'last_seen_on') then null
    when belongs_to is not null then format(
      'case when %3$s or num_nonnulls(known.%1$I, known.%2$I) > 0 then known.%1$I else excluded.%1$I end',
      known.column_name, belongs_to, engine.is_answered(known.owner, is_dated)
    )
    when known.is_required and known.default_value is not null then format(
      'known.%1$I or (not (%2$s) and excluded.%1$I)', known.column_name, engine.is_answered(known.owner, is_dated)
    )
    when known.is_required then null
    else format(
      'case when %2$s then known.%1$I else coalesce(known.%1$I, excluded.%1$I) end', known.column_name,
      engine.is_answered(known.owner, is_dated)
    )
  end
$$;
comment on function engine.fill_rule(engine.column_owners, boolean, text) is
  'What becomes of a column of a known row when the old database has the row too: an expression over known and excluded;
   null when it stays. is_dated as of engine.merge_rule; belongs_to: the other column of a pair of which one may have a
   value.';

create function engine.write_fill(
  table_name text, filled jsonb default '{}', joined text default '', pairs jsonb default '{}'
)
returns void
language plpgsql
security invoker
set search_path = ''
as $body$
#variable_conflict use_variable
declare
  is_dated constant boolean := exists (
    select from engine.column_owners as c
    where c.table_name = write_fill.table_name and c.column_name = 'last_seen_on'
  );
  has_created_at constant boolean := exists (
    select from pg_catalog.pg_attribute as a
    where
      a.attrelid = ('public.' || quote_ident(write_fill.table_name))::regclass
      and a.attname = 'created_at' and not a.attisdropped
  );
  part record;
begin
  with columns as (
    select
      c.column_name,
      format('%I', c.column_name) as name,
      c.place_in_key,
      c.owner,
      c.is_required,
      c.default_value,
      filled ->> c.column_name as expression,
      engine.fill_rule(
        c, is_dated,
        (
          select case pair.key when c.column_name then pair.value else pair.key end
          from jsonb_each_text(pairs) as pair
          where c.column_name in (pair.key, pair.value)
        )
      ) as rule,
      row_number() over (order by c.place_in_key, c.owner, c.column_name collate "C") as place
    from engine.column_owners as c
    where c.table_name = write_fill.table_name
  )
  select
    string_agg(c.name, E',\n    ' order by c.place) as names,
    string_agg(c.name, ', ' order by c.place) filter (where c.place_in_key is not null) as key,
    string_agg(
      coalesce(
        c.expression || ' as ' || c.name,
        case
          when c.column_name in ('has_card', 'has_result') then 'false'
          when c.is_required and c.default_value is not null
            then format('coalesce(sent.%s, %s)', c.name, c.default_value)
        end || ' as ' || c.name,
        'sent.' || c.name
      ),
      E',\n    ' order by c.place
    ) as sent,
    string_agg(format('%s = %s', c.name, c.rule), E',\n    ' order by c.place)
      filter (where c.rule is not null) as changes,
    string_agg(
      format('%s is distinct from known.%s', '(' || c.rule || ')', c.name), E'\n      or ' order by c.place
    ) filter (where c.rule is not null) as is_change
  into part
  from columns as c;

  execute format(
    $text$
      create or replace function engine.%I(rows jsonb)
      returns void
      language sql
      security invoker
      set search_path = ''
      as %L
    $text$,
    'fill_' || regexp_replace(table_name, '^ra_(mst_)?', ''),
    format(
      $text$
  insert into public.%1$I as known (
    %2$s,
    from_legacy, updated_at%3$s
  )
  select
    %4$s,
    true, (select engine.clock())%5$s
  from jsonb_populate_recordset(null::public.%1$I, rows) as sent %6$s
  order by sent.%7$s
  on conflict (%8$s) do update set
    %9$s,
    from_legacy = known.from_legacy
      or %10$s
$text$,
      table_name, part.names, case when has_created_at then ', created_at' else '' end, part.sent,
      case when has_created_at then ', (select engine.clock())' else '' end, joined,
      replace(part.key, ', ', ', sent.'), part.key, part.changes, part.is_change
    )
  );
  execute format(
    'comment on function engine.%I(jsonb) is %L', 'fill_' || regexp_replace(table_name, '^ra_(mst_)?', ''),
    format(
      'Stores an array of rows shaped like %s, of the old database: new rows, and of known ones what the API has not '
        'said. What a row refers to must be there. Written by engine.write_fill().',
      table_name
    )
  );
  execute format(
    'revoke all on function engine.%1$I from public, anon, authenticated, service_role',
    'fill_' || regexp_replace(table_name, '^ra_(mst_)?', '')
  );
  execute format(
    'grant execute on function engine.%1$I to service_role', 'fill_' || regexp_replace(table_name, '^ra_(mst_)?', '')
  );
end
$body$;
comment on function engine.write_fill(text, jsonb, text, jsonb) is
  'Writes the function that fills a table from the old database. filled, joined as of engine.write_upsert. pairs: of an
   id and the name that stands in its place only one may have a value.';

create function engine.write_withdrawal(table_name text, seen text)
returns void
language plpgsql
security invoker
set search_path = ''
as $body$
#variable_conflict use_variable
declare
  function_name constant text := 'withdraw_' || regexp_replace(table_name, '^ra_', '');
  part record;
begin
  with columns as (
    select
      format('%I', c.column_name) as name,
      c.owner,
      c.is_required,
      case
        when c.is_required and c.default_value is null then null
        when c.owner = 'Both' then 'seen.is_here and not known.has_card and not known.has_result'
        -- A result comes with all of its runners: what the old database says of another one's place is withdrawn too.
        when c.owner = 'Result' then 'seen.has_result and not known.has_result'
        else 'seen.is_here and seen.has_card and not known.has_card'
      end as is_answered_now
    from engine.column_owners as c
    where
      c.table_name = write_withdrawal.table_name
      and c.place_in_key is null
      and c.column_name not in ('has_card', 'has_result')
  )
  select
    string_agg(
      format('%1$s = case when %2$s then %3$s else known.%1$s end', c.name, c.is_answered_now,
        case when c.is_required then 'false' else 'null' end),
      E',\n    ' order by c.name
    ) filter (where c.is_answered_now is not null) as changes,
    string_agg(case when c.is_required then format('nullif(known.%s, false)', c.name) else 'known.' || c.name end,
      ', ' order by c.name) filter (where c.owner = 'Card' and c.is_answered_now is not null) as of_cards,
    string_agg(case when c.is_required then format('nullif(known.%s, false)', c.name) else 'known.' || c.name end,
      ', ' order by c.name) filter (where c.owner = 'Result' and c.is_answered_now is not null) as of_results
  into part
  from columns as c;
  execute format(
    $text$
      create or replace function engine.%I(races jsonb, runners jsonb)
      returns void
      language sql
      security invoker
      set search_path = ''
      as %L
    $text$,
    function_name,
    format(
      $text$
  update public.%1$I as known
  set
    %2$s,
    from_legacy = (not seen.is_here and not known.has_card and not known.has_result)
      or (
        not known.has_card and not (seen.is_here and seen.has_card)
        and num_nonnulls(%3$s) > 0
      )
      or (
        not known.has_result and not seen.has_result
        and num_nonnulls(%4$s) > 0
      )
  %5$s
$text$,
      table_name, part.changes, part.of_cards, part.of_results, seen
    )
  );
  execute format(
    'comment on function engine.%I(jsonb, jsonb) is %L', function_name,
    format(
      'Takes out of %s what the old database said and the API answers with these races and runners, as ingest_page '
        'gets them. Call it before they are stored. Written by engine.write_withdrawal().',
      table_name
    )
  );
  execute format('revoke all on function engine.%I from public, anon, authenticated, service_role', function_name);
  execute format('grant execute on function engine.%I to service_role', function_name);
end
$body$;
comment on function engine.write_withdrawal(text, text) is
  'Writes the function that takes values of the old database out of a table. seen: from and where of an update of known,
   with seen.has_card, seen.has_result and seen.is_here: whether the page has the row itself.';

-- schemas/legacy_copy/fills.sql

-- What fills each table from the old database, and what a page of the API takes out again.

create function engine.write_fills()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  parents text;
begin
  foreach parents in array array['ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires'] loop
    perform engine.write_fill(parents, filled => '{"horse_id": "''hrs_'' || substr(sent.id, 5)"}');
  end loop;
  perform engine.write_fill(
    'ra_mst_horses',
    pairs => '{"sire_name": "sire_id", "dam_name": "dam_id", "damsire_name": "damsire_id"}'
  );
  perform engine.write_fill('ra_mst_jockeys');
  perform engine.write_fill('ra_mst_trainers');
  perform engine.write_fill('ra_mst_owners');
  -- The day of a card says which cards of the API are stored.
  perform engine.write_fill('ra_races', filled => '{"card_date": "null::date"}');
  perform engine.write_fill(
    'ra_runners',
    -- Of a horse that the result of the API does not have, an old place is none.
    filled => (
      select jsonb_object_agg(
        c.column_name, format('case when not race.has_result then sent.%I end', c.column_name)
      )
      from engine.column_owners as c
      where c.table_name = 'ra_runners' and c.owner = 'Result' and c.column_name <> 'has_result'
    ),
    joined => 'join public.ra_races as race on race.id = sent.race_id',
    pairs => '{"jockey_name": "jockey_id", "trainer_name": "trainer_id", "owner_name": "owner_id"}'
  );
  perform engine.write_withdrawal(
    'ra_races',
    'from (
    select race.id, race.has_card, race.has_result, true as is_here
    from jsonb_to_recordset(races) as race (id text, has_card boolean, has_result boolean)
  ) as seen
  where known.id = seen.id and known.from_legacy'
  );
  perform engine.write_withdrawal(
    'ra_runners',
    'from (
    select old.race_id, old.horse_id, race.has_card, race.has_result, runner.horse_id is not null as is_here
    from jsonb_to_recordset(races) as race (id text, has_card boolean, has_result boolean)
    join public.ra_runners as old on old.race_id = race.id and old.from_legacy
    left join jsonb_to_recordset(runners) as runner (race_id text, horse_id text)
      on runner.race_id = old.race_id and runner.horse_id = old.horse_id
  ) as seen
  where known.race_id = seen.race_id and known.horse_id = seen.horse_id'
  );
end
$$;
comment on function engine.write_fills() is
  'Writes the fills and withdrawals again from the comments on the columns. A migration that adds a column to ra_* calls
   it after engine.write_upserts().';

select engine.write_fills();

create function engine.fill_courses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_courses as known (id, name, region_code, is_listed, from_legacy)
  select seen.id, seen.name, seen.region_code, false, true
  from jsonb_populate_recordset(null::public.ra_mst_courses, rows) as seen
  order by seen.id
  on conflict (id) do nothing
$$;
comment on function engine.fill_courses(jsonb) is
  'Stores an array of {id, name, region_code}, of the old database: those that are not there.';

create function engine.fill_odds(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_runner_odds as known (
    race_id, horse_id, bookmaker_code, fractional, decimal, ew_places, ew_denominator, quoted_at, from_legacy
  )
  select
    seen.race_id, seen.horse_id, seen.bookmaker_code, seen.fractional, seen.decimal, seen.ew_places,
    seen.ew_denominator, seen.quoted_at, true
  from jsonb_populate_recordset(null::public.ra_runner_odds, rows) as seen
  join public.ra_runners as runner on runner.race_id = seen.race_id and runner.horse_id = seen.horse_id
  order by seen.race_id, seen.horse_id, seen.bookmaker_code
  on conflict (race_id, horse_id, bookmaker_code) do nothing
$$;
comment on function engine.fill_odds(jsonb) is
  'Stores an array of rows shaped like ra_runner_odds, of the old database: those of runners that are there, and for
   which this bookmaker has no quote.';

create function engine.fill_odds_history(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_runner_odds_history as known (
    race_id, horse_id, bookmaker_code, quoted_at, fractional, decimal, ew_places, ew_denominator, is_in_running
  )
  select
    seen.race_id, seen.horse_id, seen.bookmaker_code, seen.quoted_at, seen.fractional, seen.decimal, seen.ew_places,
    seen.ew_denominator, seen.is_in_running
  from jsonb_populate_recordset(null::public.ra_runner_odds_history, rows) as seen
  join public.ra_runners as runner on runner.race_id = seen.race_id and runner.horse_id = seen.horse_id
  order by seen.race_id, seen.horse_id, seen.bookmaker_code, seen.quoted_at
  on conflict (race_id, horse_id, bookmaker_code, quoted_at) do nothing
$$;
comment on function engine.fill_odds_history(jsonb) is
  'Stores an array of rows shaped like ra_runner_odds_history, of the old database: those of runners that are there and
   that are not stored; none when it is null.';

create function engine.withdraw_legacy(page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Nearly every project has taken over nothing.
  if not exists (select from engine.legacy_items) then
    return;
  end if;
  update public.ra_mst_courses as known
  set name = null, region_code = null, from_legacy = false
  from jsonb_to_recordset(page -> 'courses') as seen (id text)
  where known.id = seen.id and known.from_legacy;
  perform engine.withdraw_races(page -> 'races', page -> 'runners');
  perform engine.withdraw_runners(page -> 'races', page -> 'runners');
end
$$;
comment on function engine.withdraw_legacy(jsonb) is
  'Takes out of our tables what the old database said and a page of the API answers. page as ingest_page gets it; call
   it before the page is stored.';

create function engine.fill_page(held public.backfill_progress, page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  race_ids constant text[] := array(
    select substr(sent ->> 'id', 6) from jsonb_array_elements(page -> 'asked') as sent
    where sent ->> 'id' like 'race %'
  );
begin
  perform engine.upsert_bookmakers(page -> 'bookmakers');
  perform engine.fill_courses(page -> 'courses');
  perform engine.fill_sires(page -> 'sires');
  perform engine.fill_dams(page -> 'dams');
  perform engine.fill_damsires(page -> 'damsires');
  perform engine.fill_horses(page -> 'horses');
  perform engine.fill_jockeys(page -> 'jockeys');
  perform engine.fill_trainers(page -> 'trainers');
  perform engine.fill_owners(page -> 'owners');
  perform engine.fill_races(page -> 'races');
  perform engine.store_rejects(
    rejects => page -> 'rejects', race_ids => race_ids, horse_ids => '{}', feed => held.feed,
    run_id => held.run_id, chunk_id => held.id
  );
  perform engine.fill_runners(page -> 'runners');
  perform engine.fill_odds(page -> 'odds');
  perform engine.fill_odds_history(page -> 'odds_history');
  perform engine.mark_absent_as_non_runners(race_ids);
  perform engine.fill_prices(
    array(
      select substr(sent ->> 'id', 15)::date from jsonb_array_elements(page -> 'asked') as sent
      where sent ->> 'id' like 'runner\_prices %'
    )
  );
  perform engine.note_copied(page);
end
$$;
comment on function engine.fill_page(public.backfill_progress, jsonb) is
  'Stores a page of the old database and its rejects, where the API has said nothing, and notes its items as copied.
   page as ingest_page gets it.';

grant execute on function
  engine.fill_courses, engine.fill_odds, engine.fill_odds_history, engine.withdraw_legacy, engine.fill_page
  to service_role;

-- schemas/legacy_copy/prices.sql

-- The file of prices that an old database had read, ra_odds_historical. Its rows have no ids: each is found by day,
-- course, off time and name among the runners that we have. An item of the copy is a day of it.

create function engine.letters_of(name text)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select regexp_replace(
    lower(regexp_replace(letters_of.name, '\([^()]*\)|-AW$', '', 'g')), '[^a-z0-9]+', '', 'g'
  )
$$;
comment on function engine.letters_of(text) is
  'Letters and digits of a name in lower case, without what stands in brackets, and without the mark of an all-weather
   course: "Some Horse (IRE)" is somehorse, "Kempton-AW" is kempton.';

create function engine.price_file()
returns regclass
language sql
stable
security invoker
set search_path = ''
as $$
  select known.relation::regclass
  from engine.legacy_tables as known
  where
    known.kind = 'odds_historical'
    and engine.old_columns(known.kind) @> array[
      'racing_bet_data_id', 'date_of_race', 'track', 'race_time', 'horse_name', 'industry_sp', 'sp_favorite_position',
      'forecasted_odds', 'pre_race_min', 'pre_race_max', 'ip_min', 'ip_max', 'sp_win_return', 'ew_return',
      'place_return', 'data_source'
    ]
$$;
comment on function engine.price_file() is
  'The old table of the file of prices; null where it is not there or lacks a column that is read.';

-- A day at midnight, of the UK or of UTC, and an off time have the same day in London.
create function engine.price_day()
returns text
language sql
immutable
security invoker
set search_path = ''
as $$ select '(old.date_of_race at time zone ''Europe/London'')::date' $$;
comment on function engine.price_day() is 'The racing day of a row of the file of prices: SQL over old.';

create function engine.match_prices(days date[], left_alone boolean default false)
returns table (legacy_id bigint, race_id text, horse_id text, finding text)
language plpgsql
stable
security invoker
set search_path = ''
set work_mem = '32MB'
as $$
begin
  return query execute format(
    $sql$
      with wanted as materialized (
        select
          old.racing_bet_data_id as legacy_id,
          %2$s as day,
          (extract(epoch from old.race_time) / 60)::integer as off_minute,
          nullif(engine.letters_of(old.track), '') as course,
          nullif(engine.letters_of(old.horse_name), '') as horse
        from %1$s as old
        where
          %2$s = any ($1)
          and not ($2 and exists (
            select from public.ra_runner_prices as ours where ours.legacy_id = old.racing_bet_data_id
          ))
      ),
      races as materialized (
        select
          race.id,
          race.race_date as day,
          (extract(epoch from (race.off_dt at time zone 'Europe/London')::time) / 60)::integer as off_minute,
          engine.letters_of(course.name) as course
        from public.ra_races as race
        join public.ra_mst_courses as course on course.id = race.course_id
        where race.race_date = any ($1)
      ),
      places as materialized (
        select wanted.legacy_id, wanted.horse, races.id as race_id
        from wanted
        join races on races.day = wanted.day
        where
          num_nonnulls(wanted.off_minute, wanted.course) > 0
          -- On a clock of 24 hours, or of 12. An off is put off by minutes; the next race of a course is later.
          and (
            wanted.off_minute is null or races.off_minute is null
            or (wanted.off_minute - races.off_minute + 2170) %% 720 <= 20
          )
          -- Kempton and Kempton Park.
          and (
            wanted.course is null or races.course is null
            or starts_with(wanted.course, races.course) or starts_with(races.course, wanted.course)
          )
      ),
      fits as (
        select places.legacy_id, places.race_id, runner.horse_id
        from places
        join public.ra_runners as runner on runner.race_id = places.race_id
        join public.ra_mst_horses as horse on horse.id = runner.horse_id
        where engine.letters_of(horse.name) = places.horse
      ),
      counted as (
        select
          fits.legacy_id, min(fits.race_id) as race_id, min(fits.horse_id) as horse_id, count(*) as runners
        from fits
        group by fits.legacy_id
      )
      select
        wanted.legacy_id,
        case when counted.runners = 1 then counted.race_id end,
        case when counted.runners = 1 then counted.horse_id end,
        case
          when counted.runners > 1 then 'more than one runner fits'
          when counted.runners = 1 then null
          when wanted.horse is null or num_nonnulls(wanted.off_minute, wanted.course) = 0
            then 'no name of the horse, or neither course nor off time'
          when exists (select from places where places.legacy_id = wanted.legacy_id)
            then 'no horse of that name in the race'
          else 'no race of ours there and then'
        end
      from wanted
      left join counted on counted.legacy_id = wanted.legacy_id
    $sql$,
    engine.price_file(), engine.price_day()
  )
  using match_prices.days, match_prices.left_alone;
end
$$;
comment on function engine.match_prices(date[], boolean) is
  'The rows of the file of prices of these days (with left_alone: those that were not copied), and the runner of ours
   that each is about: the only one of that day whose race is at the course (one name begins with the other), off within
   ten minutes (on a clock of 12 hours), and whose name has the same letters. What the row leaves out of course and off
   time is not compared. Otherwise race_id and horse_id are null, and finding says why. Only where the file is there.';

create function engine.fill_prices(days date[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if
    cardinality(fill_prices.days) = 0 or engine.price_file() is null
    or not (select settings.capture_odds from public.backfill_settings as settings)
  then
    return;
  end if;
  execute format(
    $sql$
      insert into public.ra_runner_prices as known (
        race_id, horse_id, sp_decimal, sp_rank, forecast_decimal, pre_race_min, pre_race_max, in_running_min,
        in_running_max, win_return, each_way_return, place_return, source, legacy_id
      )
      select distinct on (matched.race_id, matched.horse_id)
        matched.race_id, matched.horse_id, nullif(old.industry_sp, 0), nullif(old.sp_favorite_position, 0),
        nullif(old.forecasted_odds, 0), nullif(old.pre_race_min, 0), nullif(old.pre_race_max, 0),
        nullif(old.ip_min, 0), nullif(old.ip_max, 0), old.sp_win_return, old.ew_return, old.place_return,
        nullif(old.data_source, ''), old.racing_bet_data_id
      from engine.match_prices($1) as matched
      join %s as old on old.racing_bet_data_id = matched.legacy_id
      where matched.horse_id is not null
      order by matched.race_id, matched.horse_id, old.racing_bet_data_id desc
      on conflict (race_id, horse_id) do nothing
    $sql$,
    engine.price_file()
  )
  using fill_prices.days;
end
$$;
comment on function engine.fill_prices(date[]) is
  'Copies the prices of these days whose runner is there, while capture_odds is on: of several rows of a runner the last
   one. A second time changes nothing.';

create function engine.find_price_days(first_day date, last_day date)
returns bigint
language plpgsql
security invoker
set search_path = ''
as $$
declare
  found_now bigint;
begin
  if engine.price_file() is null then
    return 0;
  end if;
  -- Behind the races of its month, by the alphabet: with a race come its runners.
  execute format(
    $sql$
      insert into engine.legacy_items (item, day)
      select 'runner_prices ' || dated.day, greatest(least(dated.day, $2), $1)
      from (select distinct %2$s as day from %1$s as old where old.date_of_race is not null) as dated
      on conflict (item) do nothing
    $sql$,
    engine.price_file(), engine.price_day()
  )
  using find_price_days.first_day, find_price_days.last_day;
  get diagnostics found_now = row_count;
  -- Races that came since may have the runners that a day lacked.
  update engine.legacy_items as known
  set copied_at = null
  where
    known.item like 'runner\_prices %'
    and exists (
      select from public.ra_races as race
      where race.race_date = substr(known.item, 15)::date and race.updated_at > known.copied_at
    );
  return found_now;
end
$$;
comment on function engine.find_price_days(date, date) is
  'Notes the days of the file of prices as items, within these bounds, and returns how many are new. A day of which
   races of ours were written since it was copied is to be copied once more.';

create function engine.prices_only_there(file engine.legacy_tables)
returns table (reason text, rows bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if engine.price_file() is null then
    return query execute format(
      'select %L, count(*) from %s as old', 'it lacks columns that are read', prices_only_there.file.relation::regclass
    );
    return;
  end if;
  if not (select settings.capture_odds from public.backfill_settings as settings) then
    return query execute format(
      $sql$
        select 'odds are not kept: capture_odds is off', count(*)
        from %s as old
        where not exists (
          select from public.ra_runner_prices as ours where ours.legacy_id = old.racing_bet_data_id
        )
      $sql$,
      engine.price_file()
    );
    return;
  end if;
  return query execute format(
    $sql$
      with days as materialized (
        select substr(known.item, 15)::date as day
        from engine.legacy_items as known
        where known.item like 'runner\_prices %%' and known.copied_at is not null
      )
      select coalesce(matched.finding, 'not copied yet'), count(*)
      from engine.match_prices(array(select days.day from days), left_alone => true) as matched
      where
        matched.finding is not null
        -- Of several rows of a runner one is kept.
        or not exists (
          select from public.ra_runner_prices as ours
          where ours.race_id = matched.race_id and ours.horse_id = matched.horse_id
        )
      group by 1
      union all
      select case when %2$s is null then 'without a day' else 'not copied yet' end, count(*)
      from %1$s as old
      where not exists (select from days where days.day = %2$s)
      group by 1
    $sql$,
    prices_only_there.file.relation::regclass, engine.price_day()
  );
end
$$;
comment on function engine.prices_only_there(engine.legacy_tables) is
  'Rows of the file of prices that ours do not have, a row per reason.';

grant execute on function
  engine.letters_of, engine.price_file, engine.price_day, engine.match_prices, engine.fill_prices,
  engine.find_price_days, engine.prices_only_there
  to service_role;

-- schemas/legacy_copy/rows_only.sql

-- Which rows of an old database are nowhere else, and why. Dynamic, because the tables are there only after a
-- take-over, under names that differ from era to era.

create function engine.keyed_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    $sql$
      select null::text, count(*)
      from (
        select distinct %1$s
        from %2$s as old
        where
          %3$s
          and not exists (select from public.%4$I as ours where %5$s)
          %6$s
      ) as left_over
    $sql$,
    (select string_agg(format('old.%I', one), ', ') from unnest(known.old_key) as one),
    known.relation::regclass,
    engine.legacy_is_real(known.old_key, known.name_column, engine.old_columns(known.kind)),
    known.new_table,
    (
      select string_agg(format('ours.%I = old.%I', pair.new_column, pair.old_column), ' and ')
      from unnest(known.new_key, known.old_key) as pair (new_column, old_column)
    ),
    -- A row that is not understood is kept whole among the rejects. The jockey of a non-runner is nobody.
    case
      when known.kind in ('races', 'runners', 'results') then format(
        'and not exists (
          select from public.ingest_rejects as reject
          where reject.feed = %L and reject.kind in (%L, %L) and reject.race_id = old.%I %s
        )',
        'legacy', 'race', 'runner', known.old_key[1],
        case
          when known.kind = 'races' then ''
          else 'and (reject.kind = ''race'' or reject.horse_id = old.horse_id)'
        end
      )
      when known.kind = 'jockeys' then 'and old.id <> ''jky_224913'''
      else ''
    end
  )
$$;
comment on function engine.keyed_only_there(engine.legacy_tables) is
  'A statement that counts the rows of an old table with a key of ours that are only there: a reason (null) and a
   number. Copies of a row count once.';

create function engine.odds_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    case known.kind
      -- Of a runner with any quote all have been copied: the last of each bookmaker stands, all are in the history.
      when 'runner_odds' then $sql$
        select %2$s, count(*)
        from %1$s as old
        where
          %3$s
          and not exists (
            select from public.ra_runner_odds as ours
            where ours.race_id = old.race_id and ours.horse_id = old.horse_id
          )
      $sql$
      when 'odds_live' then $sql$
        select
          case when coalesce(old.market_type, 'WIN') <> 'WIN' then 'not of a bet to win' else %2$s end,
          count(*)
        from %1$s as old
        where
          %3$s
          and num_nonnulls(nullif(old.odds_decimal, 0), nullif(nullif(old.odds_fractional, ''), '-')) > 0
          and not exists (
            select from public.ra_runner_odds_history as ours
            where
              ours.race_id = old.race_id and ours.horse_id = old.horse_id and ours.quoted_at = old.odds_timestamp
              and ours.bookmaker_code in (
                regexp_replace(lower(old.bookmaker_name), '[^a-z0-9]+', '', 'g'),
                regexp_replace(lower(old.bookmaker_id), '[^a-z0-9]+', '', 'g')
              )
          )
        group by 1
      $sql$
      when 'odds_history' then $sql$
        select case when quote.id is null then 'the quote that it belongs to is gone' else %2$s end, count(*)
        from %1$s as old
        left join %4$s as quote on quote.id = old.runner_odds_id
        where
          num_nonnulls(nullif(old.decimal_odds, 0), nullif(nullif(old.fractional_odds, ''), '-')) > 0
          and not exists (
            select from public.ra_runner_odds_history as ours
            where
              ours.race_id = quote.race_id and ours.horse_id = quote.horse_id
              and ours.quoted_at = old.timestamp at time zone 'Europe/London'
          )
        group by 1
      $sql$
    end,
    known.relation::regclass,
    case
      when (select settings.capture_odds from public.backfill_settings as settings) then 'null::text'
      else '''odds are not kept: capture_odds is off'''
    end,
    case
      when known.kind = 'odds_history' then 'true'
      else engine.legacy_is_real(array['race_id', 'horse_id'], known.name_column, engine.old_columns(known.kind))
    end,
    (select one.relation::regclass from engine.legacy_tables as one where one.kind = 'runner_odds')
  )
$$;
comment on function engine.odds_only_there(engine.legacy_tables) is
  'A statement that counts the quotes of an old table of odds that are only there, a row per reason. A quote without a
   price says nothing.';

create function engine.notes_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    $sql$
      select
        case
          when runner.id is null then 'the runner that it is about is gone'
          when noted.is_known is null then 'of a kind that ours have no column for'
          when noted.is_long and not settings.capture_long_texts
            then 'long texts are not kept: capture_long_texts is off'
        end,
        count(*)
      from %1$s as old
      cross join public.backfill_settings as settings
      left join %2$s as runner on runner.id = old.runner_id
      left join public.ra_runners as ours on ours.race_id = runner.race_id and ours.horse_id = runner.horse_id
      cross join lateral (
        select
          case
            -- A card of the API has lists of its own.
            when ours.has_card then true
            when old.quote_text <> '' then ours.quotes is not null
            when old.stable_tour_text <> '' then ours.stable_tour is not null
            when old.medical_type <> '' or old.medical_date is not null then ours.medical is not null
            when old.entity_type = 'trainer' then ours.previous_trainers is not null
            when old.entity_type = 'owner' then ours.previous_owners is not null
            when old.stats_runs is not null then ours.trainer_14_days_runs is not null
          end as is_known,
          coalesce(old.quote_text, old.stable_tour_text, '') <> '' as is_long
      ) as noted
      where noted.is_known is not true
      group by 1
    $sql$,
    known.relation::regclass,
    (select one.relation::regclass from engine.legacy_tables as one where one.kind = 'runners')
  )
$$;
comment on function engine.notes_only_there(engine.legacy_tables) is
  'A statement that counts the notes about runners that are only there, a row per reason.';

create function engine.bookmakers_only_there(known engine.legacy_tables)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  -- Bookmakers have no ids here: one is known by its name.
  select format(
    $sql$
      select null::text, count(*)
      from %s as old
      where
        coalesce(old.code, old.name, '') not in ('') and not starts_with(coalesce(old.name, ''), '**TEST**')
        and not exists (
          select from public.ra_mst_bookmakers as ours
          where
            ours.code in (
              regexp_replace(lower(old.code), '[^a-z0-9]+', '', 'g'),
              regexp_replace(lower(old.name), '[^a-z0-9]+', '', 'g')
            )
        )
    $sql$,
    known.relation::regclass
  )
$$;
comment on function engine.bookmakers_only_there(engine.legacy_tables) is
  'A statement that counts the old bookmakers that are only there: a reason (null) and a number.';

create function engine.rows_only_in_legacy(left_out text[] default '{}')
returns table (old_table text, reason text, rows bigint)
language plpgsql
stable
security invoker
set search_path = ''
set statement_timeout = '300s'
set work_mem = '64MB'
as $$
declare
  known engine.legacy_tables;
  columns text[];
begin
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.kind <> all (rows_only_in_legacy.left_out)
    order by one.place
  loop
    columns := engine.old_columns(known.kind);
    old_table := known.old_table;
    rows := null;
    if known.kind = 'odds_historical' then
      for reason, rows in select file.reason, file.rows from engine.prices_only_there(known) as file order by 1 loop
        return next;
      end loop;
    else
      for reason, rows in execute case
        when known.new_table is not null then engine.keyed_only_there(known)
        when known.kind = 'bookmakers' then engine.bookmakers_only_there(known)
        when known.kind = 'supplementary' and columns @> array['runner_id', 'entity_type', 'medical_type'] then
          engine.notes_only_there(known)
        when
          known.kind = 'odds_history'
          and exists (
            select from engine.legacy_tables as one where one.kind = 'runner_odds' and one.relation is not null
          )
          then engine.odds_only_there(known)
        when known.kind in ('runner_odds', 'odds_live') and columns @> array['race_id', 'horse_id'] then
          engine.odds_only_there(known)
        else format(
          'select %L, count(*) from %s as old', 'it lacks what it was about', known.relation::regclass
        )
      end loop
        return next;
      end loop;
    end if;
    if rows is null then
      reason := null;
      rows := 0;
      return next;
    end if;
  end loop;
end
$$;
comment on function engine.rows_only_in_legacy(text[]) is
  'How many rows of each old table are neither in our tables nor among the rejects, a row per table that is there and
   reason; reason is null where they only were not pulled or copied yet. Copies of a row count once; rows without an id,
   and those marked **TEST**, never. No row when no old database was taken over. What the old system worked out from
   other rows (statistics, logs) is not counted, and neither are the kinds of table in left_out.';

grant execute on function
  engine.keyed_only_there, engine.odds_only_there, engine.notes_only_there, engine.bookmakers_only_there,
  engine.rows_only_in_legacy
  to service_role;

-- schemas/coverage/cover_days.sql

-- From what a chunk has read to coverage rows.

-- What is stored of a feed on the days of a period, as coverage rows.
create function engine.cover_days(
  chunk public.backfill_progress, period_start date, period_end date, races_in_api integer default null
)
returns void
language sql
security invoker
set search_path = ''
as $$
  -- Rejects without an id that this reading did not see again are understood now, or the API removed them.
  delete from public.ingest_rejects as reject
  where
    reject.feed = chunk.feed
    and reject.race_id is null
    and reject.race_date >= cover_days.period_start
    and reject.race_date < cover_days.period_end
    and reject.last_seen_at < chunk.reading_since;

  insert into public.ra_coverage as known (
    feed, day, races_in_api, races_stored, races_rejected, races_abandoned, pulled_at, regions, chunk_id
  )
  select
    chunk.feed, days.day, coalesce(cover_days.races_in_api, stored.races + rejected.races), stored.races,
    rejected.races, stored.abandoned, chunk.reading_since, chunk.regions, chunk.id
  from (
      select day::date as day
      from generate_series(
        cover_days.period_start::timestamp, cover_days.period_end::timestamp - interval '1 day', interval '1 day'
      ) as day
    ) as days,
    lateral (
      select count(*) as races, count(*) filter (where race.is_abandoned) as abandoned
      from engine.stored_races as race
      where race.feed = chunk.feed and race.day = days.day and race.region_code = any (chunk.regions)
    ) as stored,
    lateral (
      select count(distinct coalesce(reject.race_id, reject.fingerprint)) as races
      from public.ingest_rejects as reject
      where reject.feed = chunk.feed and reject.kind = 'race'
        -- A reject without a day may belong to any day, so each of them counts as incomplete. Pulling a day alone shows
        -- whether it is.
        and (
          reject.race_date = days.day
          or (reject.race_date is null and reject.chunk_id = chunk.id and cover_days.races_in_api is null)
        )
        -- A reject that this reading did not see is not among the API's races.
        and reject.last_seen_at >= chunk.reading_since
        and not exists (
          select from engine.stored_races as race
          where race.feed = chunk.feed and race.race_id = reject.race_id
        )
    ) as rejected
  on conflict (feed, day) do update set
    races_in_api = excluded.races_in_api,
    races_stored = excluded.races_stored,
    races_rejected = excluded.races_rejected,
    races_abandoned = excluded.races_abandoned,
    -- A reading that began earlier and ended later never makes a complete day older.
    pulled_at = case
      when known.races_stored >= known.races_in_api and known.regions @> excluded.regions
        then greatest(known.pulled_at, excluded.pulled_at)
      else excluded.pulled_at
    end,
    regions = case
      when known.races_stored >= known.races_in_api and known.regions @> excluded.regions
        and known.pulled_at > excluded.pulled_at then known.regions
      else excluded.regions
    end,
    chunk_id = excluded.chunk_id
$$;
comment on function engine.cover_days(public.backfill_progress, date, date, integer) is
  'Writes a coverage row for each day of a half-open period that the chunk has pulled completely: as old as the first
   page of the reading, in the regions of the reading. races_in_api is the API''s own count where it gives one per day;
   otherwise what is stored and rejected. The caller has checked that all races of the period came.';

grant execute on function engine.cover_days to service_role;

-- schemas/chunk/lease.sql

-- The lease of a chunk. Every write of a worker passes here first.

create function engine.hold_lease(chunk_id bigint, lease_token uuid)
returns public.backfill_progress
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_progress;
begin
  select chunk.* into held
  from public.backfill_progress as chunk
  where chunk.id = hold_lease.chunk_id and chunk.lease_token = hold_lease.lease_token
  for update;
  if not found then
    raise exception 'The lease of chunk % is lost', hold_lease.chunk_id
      using errcode = 'PT409', hint = 'Another worker has the chunk, or it has ended. Stop; nothing was written.';
  end if;
  return held;
end
$$;
comment on function engine.hold_lease(bigint, uuid) is
  'Locks the chunk''s row and returns it when the token is the current one; otherwise error PT409 (HTTP 409), so that
   an invocation that lost its lease changes nothing.';

create function engine.next_lease_end()
returns timestamptz
language sql
volatile
security invoker
set search_path = ''
as $$ select engine.clock() + s.lease_seconds * interval '1 second' from public.backfill_settings as s $$;
comment on function engine.next_lease_end() is 'When a lease that is given or renewed now runs out.';

create function engine.renew_lease(chunk_id bigint)
returns timestamptz
language plpgsql
security invoker
set search_path = ''
as $$
declare
  new_lease_end constant timestamptz := engine.next_lease_end();
begin
  update public.backfill_progress as chunk set lease_until = new_lease_end where chunk.id = renew_lease.chunk_id;
  return new_lease_end;
end
$$;
comment on function engine.renew_lease(bigint) is
  'Renews the lease of a chunk, which the caller holds. Returns until when it holds.';

create function public.note_failed_request(
  chunk_id bigint,
  lease_token uuid,
  message text,
  endpoint text,
  http_status integer default null,
  attempt integer default 1
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held constant public.backfill_progress := engine.hold_lease(
    note_failed_request.chunk_id, note_failed_request.lease_token
  );
begin
  perform engine.log_failure(
    chunk => held, failure_class => 'retried', endpoint => note_failed_request.endpoint,
    http_status => note_failed_request.http_status, attempt => note_failed_request.attempt,
    message => note_failed_request.message
  );
  -- Three timeouts in a row take longer than a lease, and the invocation that reports them is alive.
  perform engine.renew_lease(held.id);
end
$$;
comment on function public.note_failed_request(bigint, uuid, text, text, integer, integer) is
  'Keeps one failed request that the invocation sends again, and renews the lease. attempt: which request for the page
   it was, starting at 1; message must contain no secret. Error PT409 when the lease is lost.';

revoke all on function public.note_failed_request from public, anon, authenticated, service_role;
grant execute on function
  engine.hold_lease, engine.next_lease_end, engine.renew_lease, public.note_failed_request
  to service_role;

-- schemas/chunk/next_ids.sql

-- What a chunk asks for next, of a feed that asks for ids.

create function public.next_ids(chunk_id bigint, lease_token uuid, after_id text, at_most integer)
returns table (id text, seen_on date, ids_left integer)
language plpgsql
security invoker
set search_path = ''
-- The API roles have 8 s; a month on a busy small instance may need more.
set statement_timeout = '60s'
as $$
declare
  held public.backfill_progress := engine.hold_lease(next_ids.chunk_id, next_ids.lease_token);
begin
  -- The invocation asks ahead of the page that it stores, so the cursor is its own.
  held.cursor_id := next_ids.after_id;
  return query
  select to_ask.id, to_ask.first_day, (count(*) over ())::integer
  from engine.ids_left(held) as to_ask
  order by to_ask.id collate "C"
  limit next_ids.at_most;
end
$$;
comment on function public.next_ids(bigint, uuid, text, integer) is
  'The next ids that a chunk asks for behind after_id (empty: from its first on), with the day on which each was first
   seen, and how many are left with these. No row: all were asked for. To find them takes as long for a few as for all:
   ask for what an invocation needs at once. Error PT409 when the lease is lost.';

create function public.known_id(chunk_id bigint, lease_token uuid, other_than text default null)
returns text
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  held constant public.backfill_progress := engine.hold_lease(known_id.chunk_id, known_id.lease_token);
  -- A row somewhere in the table, and from there on: to sort all horses would take a second.
  blocks constant bigint := pg_catalog.pg_relation_size('public.ra_mst_horses') / 8192;
  somewhere constant tid := format('(%s,%s)', floor(random() * blocks), floor(random() * 50))::tid;
  found_id text;
begin
  if held.feed <> 'horses' then
    return null;
  end if;
  -- One that is complete without a card has its profile from there. Another one each time: one that the API has lost
  -- must not stop the feed for good.
  for nth in 1 .. 4 loop
    select horse.id into found_id
    from public.ra_mst_horses as horse
    where
      horse.ctid >= case when nth % 2 = 1 then somewhere else '(0,0)' end
      and horse.ctid < case when nth % 2 = 1 then '(4294967295,0)' else somewhere end
      and (nth > 2 or horse.card_seen_on is null)
      and horse.id is distinct from known_id.other_than
      -- Looked up for each row that is met, not as a list of all.
      and 0 = (
        select count(*) from engine.incomplete_ids as incomplete
        where incomplete.feed = held.feed and incomplete.id = horse.id
      )
    limit 1;
    exit when found;
  end loop;
  return found_id;
end
$$;
comment on function public.known_id(bigint, uuid, text) is
  'An id that the API surely knows, to ask for when it seems to know none of those that a chunk asks for: of horses one
   whose row is complete, at best from its profile, and another one each time. other_than: an id that is not wanted.
   Null when there is none. Error PT409 when the lease is lost.';

revoke all on function public.next_ids, public.known_id from public, anon, authenticated, service_role;
grant execute on function public.next_ids, public.known_id to service_role;

-- schemas/chunk/claim.sql

-- Taking a chunk: only the worker that gets the lease token may write.

create function engine.backfill_goes_first(feed text, leases integer)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    count(*) filter (where live.kind = 'backfill') = 0
    and (
      (backfill_goes_first.leases > 1 and count(*) >= backfill_goes_first.leases - 1)
      -- They take turns when there is a single lease, and when both want the same day.
      or coalesce(
        (
          select last.kind
          from public.backfill_progress as last
          where last.feed = backfill_goes_first.feed and last.claimed_at is not null
          order by last.claimed_at desc
          limit 1
        ),
        'backfill'
      ) <> 'backfill'
    )
  from public.backfill_progress as live
  where live.feed = backfill_goes_first.feed and live.state = 'working'
$$;
comment on function engine.backfill_goes_first(text, integer) is
  'Whether the next of a feed''s leases goes to a waiting backfill, whatever the priority of others: when no backfill
   has a lease and this is the last free one, or when the last chunk claimed was not a backfill''s. So daily pulls,
   however many, never starve a backfill.';

create function engine.choose_chunk(feed text, leases integer)
returns public.backfill_progress
language plpgsql
security invoker
set search_path = ''
as $$
declare
  newest_run_first constant boolean := (
    select known.in_background from engine.feeds as known where known.name = choose_chunk.feed
  );
  chosen public.backfill_progress;
  backfills_only boolean;
begin
  foreach backfills_only in array
    case
      when engine.backfill_goes_first(choose_chunk.feed, choose_chunk.leases) then array[true, false] else array[false]
    end
  loop
    select chunk.* into chosen
    from public.backfill_progress as chunk
    join engine.claimable_chunks as ready on ready.id = chunk.id
    -- The state is checked again: the session that had the row locked may have just ended the chunk.
    where ready.feed = choose_chunk.feed and chunk.state = 'waiting' and (not backfills_only or chunk.kind = 'backfill')
    -- What waits in the background may wait for days, and what is new goes before it.
    order by ready.priority desc, case when newest_run_first then -ready.run_id end, ready.run_id, ready.place_in_run
    limit 1
    for update of chunk skip locked;
    exit when found;
  end loop;
  return chosen;
end
$$;
comment on function engine.choose_chunk(text, integer) is
  'Locks and returns the chunk of a feed that is claimed next: highest priority first, then the older run (of a feed in
   the background the newer one), then the run''s own order, but one lease is kept for a backfill, see
   engine.backfill_goes_first. Null when nothing may be claimed.';

create function engine.give_lease(chunk_id bigint, lease_token uuid, dispatched_at timestamptz)
returns public.backfill_progress
language plpgsql
security invoker
set search_path = ''
as $$
declare
  given public.backfill_progress;
begin
  update public.backfill_progress as chunk
  set
    state = 'working',
    lease_token = give_lease.lease_token,
    lease_until = engine.next_lease_end(),
    invocations = chunk.invocations + 1,
    claimed_at = engine.clock(),
    started_at = coalesce(chunk.started_at, engine.clock()),
    -- A total counts the regions that were asked for, so a reading keeps the regions that it began with.
    regions = case
      when chunk.reading_since is null then (select s.regions from public.backfill_settings as s) else chunk.regions
    end
  where chunk.id = give_lease.chunk_id
  returning chunk.* into given;
  insert into engine.invocations (lease_token, run_id, chunk_id, feed, claimed_at, dispatched_at)
  values (given.lease_token, given.run_id, given.id, given.feed, given.claimed_at, give_lease.dispatched_at);
  return given;
end
$$;
comment on function engine.give_lease(bigint, uuid, timestamptz) is
  'Leases a chunk, which the caller holds locked, to the worker that shows this token, and begins the record of its
   invocation. dispatched_at: null for a call by hand. Returns the chunk.';

create function public.claim_chunk(feed text, dispatch_id bigint default null, proposed_token uuid default null)
returns table (
  chunk_id bigint,
  run_id bigint,
  lease_token uuid,
  period_start date,
  period_end date,
  cursor_day date,
  cursor_skip integer,
  cursor_id text,
  api_total integer,
  regions text[],
  page_limit integer,
  stop_taking_pages_after_seconds integer,
  stop_taking_pages_after_busy_seconds numeric,
  answer_timeout_seconds integer,
  capture_odds boolean,
  capture_long_texts boolean
)
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  chosen public.backfill_progress;
  dispatched_at timestamptz;
begin
  -- Claims of one feed wait here for each other; otherwise two of them could count the same free lease.
  perform engine.take_lock('claim ' || claim_chunk.feed);
  if claim_chunk.dispatch_id is not null then
    -- The same claim again, because its answer was lost: it gets the same lease while that lasts. After that the number
    -- is spent and it gets nothing. A claim without a number is never a repetition.
    select chunk.* into chosen
    from public.backfill_progress as chunk
    where
      chunk.feed = claim_chunk.feed and chunk.state = 'working' and chunk.lease_token = claim_chunk.proposed_token;
    if not found then
      delete from engine.dispatches as known
      where known.id = claim_chunk.dispatch_id and known.feed = claim_chunk.feed
      returning known.sent_at into dispatched_at;
      if not found then
        -- Delivered a second time, or so late that another dispatch was sent in its place.
        return;
      end if;
    end if;
  end if;
  if chosen.id is null then
    if (
      select count(*) from public.backfill_progress as live
      where live.feed = claim_chunk.feed and live.state = 'working'
    ) >= settings.leases_per_feed then
      return;
    end if;

    perform engine.pause_without_room();
    chosen := engine.choose_chunk(claim_chunk.feed, settings.leases_per_feed);
    if chosen.id is null then
      return;
    end if;
    chosen := engine.give_lease(
      chosen.id, coalesce(claim_chunk.proposed_token, gen_random_uuid()), dispatched_at
    );
  end if;

  return query select
    chosen.id, chosen.run_id, chosen.lease_token, chosen.period_start, chosen.period_end, chosen.cursor_day,
    chosen.cursor_skip, chosen.cursor_id, chosen.api_total, chosen.regions,
    engine.page_limit(chosen),
    settings.stop_taking_pages_after_seconds, settings.stop_taking_pages_after_busy_seconds,
    settings.answer_timeout_seconds, settings.capture_odds, settings.capture_long_texts;
end
$$;
comment on function public.claim_chunk(text, bigint, uuid) is
  'Leases the next chunk of a feed: highest priority first, then the older run (of a feed in the background the newer
   one), then the run''s own order; one of the leases is kept for a backfill when one waits. dispatch_id is the number
   that came with the dispatch; null for a call by hand. proposed_token becomes the lease''s token: the same dispatch
   with the same token gets the same lease again, so that a lost answer costs nothing. No row when nothing is due, when
   all leases of the feed are taken, when the database has no room, or when the dispatch was claimed before. The answer
   says where to go on and under which settings.';

revoke all on function public.claim_chunk from public, anon, authenticated, service_role;
grant execute on function
  engine.backfill_goes_first, engine.choose_chunk, engine.give_lease, public.claim_chunk
  to service_role;

-- schemas/chunk/reading.sql

-- What a reading has seen so far.

create function engine.page_limit(chunk public.backfill_progress)
returns integer
language sql
stable
security invoker
set search_path = ''
as $$
  select
    case
      -- Of 1,300 races, as a month has, no page of a hundred or less ends within five races of one of the reading
      -- before.
      when feed.counted_by in ('days', 'pages')
        then greatest(feed.page_limit - (array[0, 6, 1, 7])[least(chunk.repulls, 3) + 1], 1)
      else feed.page_limit
    end
  from engine.feeds as feed
  where feed.name = chunk.feed
$$;
comment on function engine.page_limit(public.backfill_progress) is
  'How many rows a chunk asks for at once: engine.feeds.page_limit, and a few less at each reading that starts again, so
   that its pages end elsewhere. A list whose order is not certain, of races at the same time, may have a race on two
   pages and another on none, and do so again where pages end at the same place. Null for lists.';

create function engine.keys_on_page(page jsonb, counted_rows text[])
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(came.key order by came.key), '{}')
  from (
    select counted ->> 'id' as key
    from unnest(keys_on_page.counted_rows) as list (name), jsonb_array_elements(page -> list.name) as counted
    union all
    select coalesce(
      r.race_id,
      engine.reject_fingerprint(
        kind => r.kind, race_id => r.race_id, horse_id => r.horse_id, path => r.path, raw => r.raw
      )
    )
    from jsonb_to_recordset(page -> 'rejects') as r (kind text, race_id text, horse_id text, path text, raw jsonb)
    where r.kind in ('race', 'horse')
    union all
    select jsonb_array_elements_text(page -> 'left_out')
    union all
    select jsonb_array_elements_text(page -> 'copies')
  ) as came
$$;
comment on function engine.keys_on_page(jsonb, text[]) is
  'What the API counts of a page, read, rejected or left out, each key as often as it came, as engine.pages_read keeps
   it. page as ingest_page gets it; counted_rows as in engine.feeds.';

create function engine.keys_read(chunk_id bigint)
returns table (day date, race_key text, times integer, most_on_a_page integer, is_left_out boolean)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    on_page.day, on_page.race_key, sum(on_page.times)::integer, max(on_page.times)::integer,
    bool_and(on_page.is_left_out)
  from (
    select
      pages.day, pages.skip, seen.race_key, count(*) as times,
      bool_or(seen.race_key = any (pages.left_out)) as is_left_out
    from engine.pages_read as pages, unnest(pages.race_keys) as seen (race_key)
    where pages.chunk_id = keys_read.chunk_id
    group by pages.day, pages.skip, seen.race_key
  ) as on_page
  group by on_page.day, on_page.race_key
$$;
comment on function engine.keys_read(bigint) is
  'The keys that a chunk''s reading has seen so far, as in engine.pages_read.race_keys: how often each came in all, and
   how often on one page; and whether it was left out wherever it came.';

create function engine.days_read(chunk_id bigint)
returns table (day date, races_in_api integer, races_seen integer, races_to_store integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with totals as (
    select
      pages.day, max(pages.races_in_api) as races,
      min(pages.races_in_api) = max(pages.races_in_api) as stands_still
    from engine.pages_read as pages
    where pages.chunk_id = days_read.chunk_id
    group by pages.day
  )
  select
    totals.day, totals.races, came.races::integer, (totals.races - came.races + came.to_store)::integer
  from
    totals,
    lateral (
      select
        coalesce(sum(
          case
            when totals.stands_still and exists (
              select from engine.copies_read as known
              where
                known.chunk_id = days_read.chunk_id and known.day = keys.day and known.race_key = keys.race_key
                and known.times >= keys.times
            ) then keys.times
            else keys.most_on_a_page
          end
        ), 0) as races,
        count(*) filter (where not keys.is_left_out) as to_store
      from engine.keys_read(days_read.chunk_id) as keys
      where keys.day = totals.day
    ) as came
$$;
comment on function engine.days_read(bigint) is
  'How many races the API has of each day that a chunk has read, how many of them came, and how many there are to store:
   without copies, and without those that are left out. A race that comes twice on a page counts twice; one that comes
   on two pages only if it came so often at the last reading too, whose pages ended elsewhere, and if the API''s total
   stands still: otherwise the pages may have shifted, and another race was missed. For a feed that is not counted by
   days: the period, by its first day.';

create function engine.short_days(chunk_id bigint)
returns table (day date, races_in_api integer, races_seen integer)
language sql
stable
security invoker
set search_path = ''
as $$
  select read.day, read.races_in_api, read.races_seen
  from engine.days_read(short_days.chunk_id) as read
  where read.races_seen < read.races_in_api
  order by read.day
$$;
comment on function engine.short_days(bigint) is
  'The days for which a chunk read fewer races than the API has, counted as engine.days_read does.';

create function engine.leaves_day(page jsonb)
returns boolean
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce((page -> 'cursor_after' ->> 'day')::date > (page -> 'cursor_before' ->> 'day')::date, false)
$$;
comment on function engine.leaves_day(jsonb) is
  'Whether a page is the last one of its day. Always false for a feed that is not counted by days, whose cursor has no
   day. page as ingest_page gets it.';

create function engine.continue_reading(held public.backfill_progress, page jsonb)
returns public.backfill_progress
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if (page -> 'cursor_before' ->> 'skip')::integer = 0 then
    held.reading_since := engine.clock();
    held.api_total := null;
  end if;
  -- A total that falls while pages are read means that races were removed and others moved past the cursor. Each list
  -- has its own total, and ids that are not wanted any more are no loss.
  held.api_total := greatest(
    (page ->> 'api_total')::integer,
    (
      select held.api_total
      from engine.feeds as feed
      where feed.name = held.feed and feed.counted_by in ('days', 'pages')
    )
  );
  return held;
end
$$;
comment on function engine.continue_reading(public.backfill_progress, jsonb) is
  'The chunk with what its next page says about the reading: when it began, and how many rows the API has. Writes
   nothing. Call it before anything of the page is stored, so that the page''s rejects count as seen in this reading.
   page as ingest_page gets it.';

create function engine.read_again(chunk public.backfill_progress, from_day date)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  delete from engine.copies_read as known
  using engine.pages_read as read
  where known.chunk_id = read_again.chunk.id and read.chunk_id = known.chunk_id and read.day = known.day;
  insert into engine.copies_read (chunk_id, day, race_key, times)
  select read_again.chunk.id, keys.day, keys.race_key, keys.times
  from engine.keys_read(read_again.chunk.id) as keys
  where keys.times > 1;
  delete from engine.pages_read as read where read.chunk_id = read_again.chunk.id;
  update public.backfill_progress as known
  set
    cursor_day = case when known.cursor_day is not null then read_again.from_day end,
    cursor_skip = 0,
    cursor_id = null,
    pages_done = read_again.from_day - known.period_start,
    api_total = null,
    reading_since = null
  where known.id = read_again.chunk.id;
end
$$;
comment on function engine.read_again(public.backfill_progress, date) is
  'Puts the cursor of a chunk, which the caller holds locked, back to a day, as if nothing had been read from there
   on, and keeps which races came more than once. from_day: of a feed that is not counted by days, the period''s
   first.';

create function engine.end_day(chunk public.backfill_progress, day date)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  is_short boolean;
  races_to_store integer;
begin
  select read.races_seen < read.races_in_api, read.races_to_store into is_short, races_to_store
  from engine.days_read(chunk.id) as read
  where read.day = end_day.day;
  if not is_short then
    delete from engine.pages_read as read where read.chunk_id = chunk.id and read.day = end_day.day;
  end if;
  -- A day with all races stored, though fewer came this time, keeps its age.
  if not is_short or engine.races_of_day(chunk.feed, end_day.day, chunk.regions) < races_to_store then
    perform engine.cover_days(
      chunk => chunk, period_start => end_day.day, period_end => end_day.day + 1, races_in_api => races_to_store
    );
  end if;
end
$$;
comment on function engine.end_day(public.backfill_progress, date) is
  'Writes the coverage of a day whose pages are all in, and forgets which races came. A short day waits for
   finish_chunk.';

create function engine.note_races_seen(chunk public.backfill_progress, page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  page_day constant date := coalesce((page -> 'cursor_before' ->> 'day')::date, chunk.period_start);
  page_skip constant integer := (page -> 'cursor_before' ->> 'skip')::integer;
begin
  -- A reading that starts again forgets what it saw before.
  delete from engine.pages_read as known
  where known.chunk_id = chunk.id and known.day = page_day and page_skip = 0;
  insert into engine.pages_read as known (chunk_id, day, skip, races_in_api, race_keys, left_out)
  select
    chunk.id, page_day, page_skip, (page ->> 'api_total')::integer, engine.keys_on_page(page, feed.counted_rows),
    array(select jsonb_array_elements_text(page -> 'left_out'))
  from engine.feeds as feed
  where feed.name = chunk.feed
  on conflict on constraint pages_read_pkey do update set
    races_in_api = excluded.races_in_api,
    race_keys = excluded.race_keys,
    left_out = excluded.left_out;
  -- A feed counted by days is done with a day at its last page.
  if engine.leaves_day(page) then
    perform engine.end_day(chunk, page_day);
  end if;
end
$$;
comment on function engine.note_races_seen(public.backfill_progress, jsonb) is
  'Keeps which races, or whatever else the feed counts, came with a page, and ends the day when it was the last page of
   one. chunk: as engine.continue_reading returns it; page as ingest_page gets it.';

grant execute on function
  engine.page_limit, engine.keys_on_page, engine.keys_read, engine.days_read, engine.short_days, engine.leaves_day,
  engine.continue_reading, engine.read_again, engine.end_day, engine.note_races_seen
  to service_role;

-- schemas/chunk/ingest.sql

-- One page of the API into the tables: rows, rejects, coverage, cursor and lease in one transaction.

create function engine.is_next_page(held public.backfill_progress, page jsonb)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  before_day constant date := (page -> 'cursor_before' ->> 'day')::date;
  before_skip constant integer := (page -> 'cursor_before' ->> 'skip')::integer;
  after_day constant date := (page -> 'cursor_after' ->> 'day')::date;
  after_skip constant integer := (page -> 'cursor_after' ->> 'skip')::integer;
begin
  if (held.cursor_day, held.cursor_skip) is not distinct from (before_day, before_skip) then
    return true;
  end if;
  if (held.cursor_day, held.cursor_skip) is not distinct from (after_day, after_skip) then
    return false;
  end if;
  raise exception 'The cursor of chunk % stands at (%, %), the page starts at (%, %)',
    held.id, held.cursor_day, held.cursor_skip, before_day, before_skip
    using errcode = 'PT409', hint = 'Another worker has the chunk. Stop; nothing was written.';
end
$$;
comment on function engine.is_next_page(public.backfill_progress, jsonb) is
  'True when a page starts at the chunk''s cursor; false when it ends there, which means that it is stored already;
   error PT409 when it does neither and belongs to another worker. page as ingest_page gets it.';

create function engine.is_understood(page jsonb, feed text)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    -- The other rows of a page belong to these.
    exists (
      select from engine.feeds as known, unnest(known.counted_rows) as list (name)
      where known.name = is_understood.feed and jsonb_array_length(page -> list.name) > 0
    )
    or not exists (
      select from jsonb_array_elements(page -> 'rejects') as reject
      where reject ->> 'kind' in ('race', 'region', 'course', 'horse')
    )
    -- What an old database has does not change: a page of it that is wrong throughout is no reason to stop.
    or is_understood.feed = 'legacy'
    -- An id that was asked for alone says nothing about the others.
    or coalesce(jsonb_array_length(page -> 'asked') = 1, false)
$$;
comment on function engine.is_understood(jsonb, text) is
  'False when elements came and none of them could be read: the feed has changed. An empty page is understood.';

create function engine.store_page(held public.backfill_progress, page jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  race_ids constant text[] := array(select race ->> 'id' from jsonb_array_elements(page -> 'races') as race);
  horse_ids constant text[] := array(
    select sent ->> 'id' from jsonb_array_elements(page -> 'asked') as sent where (sent ->> 'is_known')::boolean
  );
begin
  if held.feed = 'legacy' then
    perform engine.fill_page(held, page);
    return;
  end if;
  perform engine.withdraw_legacy(page);
  perform engine.upsert_regions(page -> 'regions');
  perform engine.upsert_bookmakers(page -> 'bookmakers');
  perform engine.upsert_courses(page -> 'courses');
  perform engine.upsert_sires(page -> 'sires');
  perform engine.upsert_dams(page -> 'dams');
  perform engine.upsert_damsires(page -> 'damsires');
  perform engine.upsert_horses(page -> 'horses');
  perform engine.upsert_jockeys(page -> 'jockeys');
  perform engine.upsert_trainers(page -> 'trainers');
  perform engine.upsert_owners(page -> 'owners');
  perform engine.upsert_races(page -> 'races');
  perform engine.store_rejects(
    rejects => page -> 'rejects', race_ids => race_ids, horse_ids => horse_ids, feed => held.feed,
    run_id => held.run_id, chunk_id => held.id
  );
  perform engine.upsert_runners(page -> 'runners');
  perform engine.upsert_odds(page -> 'odds');
  perform engine.take_back_left_out(page -> 'races', page -> 'runners');
  perform engine.mark_absent_as_non_runners(race_ids);
  perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
  perform engine.note_asked(held.feed, page -> 'asked');
end
$$;
comment on function engine.store_page(public.backfill_progress, jsonb) is
  'Stores the rows of a page, its rejects and its unknown fields, and nothing about the chunk that brought it. page as
   ingest_page gets it.';

create function engine.move_cursor(held public.backfill_progress, page jsonb)
returns timestamptz
language plpgsql
security invoker
set search_path = ''
as $$
declare
  new_lease_end constant timestamptz := engine.next_lease_end();
begin
  update public.backfill_progress as chunk
  set
    cursor_day = (page -> 'cursor_after' ->> 'day')::date,
    cursor_skip = (page -> 'cursor_after' ->> 'skip')::integer,
    cursor_id = page -> 'cursor_after' ->> 'id',
    api_total = held.api_total,
    reading_since = case when not engine.leaves_day(page) then held.reading_since end,
    pages_expected = case feed.counted_by
      -- One total for the whole period comes with its first page; the pages of lists and days are known from the start.
      when 'pages' then greatest(1, ceil(held.api_total::numeric / engine.page_limit(held)))
      when 'ids' then held.api_total
      else chunk.pages_expected
    end,
    lease_until = new_lease_end,
    api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
    pages_done = chunk.pages_done
      + case feed.counted_by when 'ids' then jsonb_array_length(page -> 'asked') else 1 end,
    races_stored = chunk.races_stored + jsonb_array_length(page -> 'races'),
    runners_stored = chunk.runners_stored + jsonb_array_length(page -> 'runners'),
    rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects'),
    last_page_at = engine.clock(),
    attempts = 0,
    interruptions = 0,
    failing_since = null
  from engine.feeds as feed
  where chunk.id = held.id and feed.name = chunk.feed;
  return new_lease_end;
end
$$;
comment on function engine.move_cursor(public.backfill_progress, jsonb) is
  'Moves a chunk''s cursor behind a page that was stored, counts the page, resets the count of failures and renews the
   lease. held: the chunk with its reading as engine.continue_reading returns it. Returns until when the lease holds.';

create function engine.set_page_aside(held public.backfill_progress, page jsonb)
returns timestamptz
language plpgsql
security invoker
set search_path = ''
as $$
declare
  new_lease_end constant timestamptz := engine.next_lease_end();
begin
  perform engine.store_rejects(
    rejects => page -> 'rejects', race_ids => '{}', horse_ids => '{}', feed => held.feed, run_id => held.run_id,
    chunk_id => held.id
  );
  perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
  -- The cursor stays in front of the page, so that a retry does not skip it.
  update public.backfill_progress as chunk
  set
    lease_until = new_lease_end,
    api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
    rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects')
  where chunk.id = held.id;
  return new_lease_end;
end
$$;
comment on function engine.set_page_aside(public.backfill_progress, jsonb) is
  'Keeps the rejects of a page that could not be understood at all, and renews the lease. Returns until when it
   holds.';

create function public.ingest_page(chunk_id bigint, lease_token uuid, page jsonb)
returns table (lease_until timestamptz, go_on boolean, understood boolean)
language plpgsql
security invoker
set search_path = ''
-- The API roles have 8 s; a page of a big Saturday on a busy small instance may need more.
set statement_timeout = '60s'
set lock_timeout = '60s'
as $$
#variable_conflict use_column
declare
  held public.backfill_progress := engine.hold_lease(ingest_page.chunk_id, ingest_page.lease_token);
  is_new constant boolean := engine.is_next_page(held, page);
  is_understood constant boolean := engine.is_understood(page, held.feed);
  new_lease_end timestamptz;
begin
  if not is_new then
    -- The answer for a stored page may be lost on its way back: the same page again is only acknowledged.
    new_lease_end := engine.renew_lease(held.id);
  elsif not is_understood then
    new_lease_end := engine.set_page_aside(held, page);
  else
    held := engine.continue_reading(held, page);
    perform engine.store_page(held, page);
    if (select feed.has_days from engine.feeds as feed where feed.name = held.feed) then
      perform engine.note_races_seen(held, page);
    end if;
    new_lease_end := engine.move_cursor(held, page);
  end if;
  if is_new then
    -- Not after each: the database's size costs 4 % of what storing a page does. Odds are several times the rest of
    -- one, and a page of ids is counted by its ids.
    if
      held.pages_done % 4 = 3
      or jsonb_array_length(page -> 'asked') > 0
      or (select settings.capture_odds from public.backfill_settings as settings)
    then
      perform engine.pause_without_room();
    end if;
    perform engine.count_calls(held, (page ->> 'api_calls')::integer);
  end if;

  return query
  select new_lease_end, run.paused_at is null, is_understood
  from public.backfill_runs as run
  where run.id = held.run_id;
end
$$;
comment on function public.ingest_page(bigint, uuid, jsonb) is
  'Stores one page, moves the chunk''s cursor and renews its lease, all or nothing. page: {cursor_before: {day, skip},
   cursor_after: {day, skip, id}, api_total, api_calls (made since the last page), regions, bookmakers, courses, sires,
   dams, damsires, horses, jockeys, trainers, owners, races, runners, odds, odds_history (arrays of rows; the last two
   may be absent),
   rejects, unknown_fields, left_out (ids of races that are not to be stored; may be absent), copies (the id of each
   race that came again on the page, once for each further copy; may be absent), asked (of a feed that asks for ids:
   {id, is_known} of each, as engine.ids_asked has them; may be absent)}. Returns until when the lease holds, whether
   to go on (false: the run is paused, perhaps by this page, after which the database has no room; yield), and whether
   anything of the page was understood: when not, its rejects are stored and the cursor stays in front of it; fail the
   chunk. Error PT409 when the lease is lost.';

revoke all on function public.ingest_page from public, anon, authenticated, service_role;
grant execute on function
  engine.is_next_page, engine.is_understood, engine.store_page, engine.move_cursor, engine.set_page_aside,
  public.ingest_page
  to service_role;

-- schemas/chunk/leave.sql

-- How a chunk leaves a worker.

create function engine.leave_chunk(
  chunk public.backfill_progress,
  state text,
  due_at timestamptz default engine.clock(),
  error text default null,
  ended_as text default null,
  report jsonb default null
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_progress as known
  set
    state = leave_chunk.state,
    lease_token = null,
    lease_until = null,
    next_attempt_at = case when leave_chunk.state = 'waiting' then leave_chunk.due_at else known.next_attempt_at end,
    ended_at = case when leave_chunk.state <> 'waiting' then engine.clock() end,
    last_error = case when leave_chunk.state <> 'succeeded' then coalesce(leave_chunk.error, known.last_error) end
  where known.id = leave_chunk.chunk.id;
  perform engine.end_invocation(
    leave_chunk.chunk.lease_token,
    coalesce(
      leave_chunk.ended_as,
      case leave_chunk.state when 'waiting' then 'yielded' when 'dead' then 'failed' else leave_chunk.state end
    ),
    leave_chunk.report
  );
  -- A chunk that waits or is dead may go on at its cursor, and still needs what it has read before.
  if leave_chunk.state in ('succeeded', 'cancelled') then
    delete from engine.pages_read as read where read.chunk_id = leave_chunk.chunk.id;
    delete from engine.copies_read as read where read.chunk_id = leave_chunk.chunk.id;
  end if;
end
$$;
comment on function engine.leave_chunk(public.backfill_progress, text, timestamptz, text, text, jsonb) is
  'The one way in which a chunk leaves a worker: ends the lease and puts the chunk, which the caller holds locked, into
   a state. waiting: may be claimed from due_at on; succeeded, dead or cancelled: ended now, and due_at is ignored.
   error becomes last_error; null keeps the present one, and a chunk that succeeded has none. A chunk that succeeded or
   was cancelled forgets which races it has read. A dead chunk without an error violates a constraint. ended_as and
   report complete the record of its invocation: see engine.end_invocation. ended_as defaults to what the state
   suggests: yielded when it waits, failed when it is dead.';

create function engine.interrupt_chunk(chunk public.backfill_progress, message text, report jsonb default null)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  nth constant integer := interrupt_chunk.chunk.interruptions + 1;
  gives_up constant boolean := nth >= (select s.interruptions_before_dead from public.backfill_settings as s);
  new_state constant text := case when gives_up then 'dead' else 'waiting' end;
begin
  perform engine.log_failure(
    chunk => interrupt_chunk.chunk, failure_class => 'interruption', endpoint => null, http_status => null,
    attempt => nth, message => interrupt_chunk.message
  );
  update public.backfill_progress as known set interruptions = nth where known.id = interrupt_chunk.chunk.id;
  perform engine.leave_chunk(
    chunk => interrupt_chunk.chunk, state => new_state,
    error => case when gives_up then format('Interrupted %s times without storing a page', nth) end,
    ended_as => 'interrupted', report => interrupt_chunk.report
  );
  return new_state;
end
$$;
comment on function engine.interrupt_chunk(public.backfill_progress, text, jsonb) is
  'Takes a chunk, which the caller holds locked, from an invocation that ended before it stored a page: logs the
   interruption with this message and counts it; report as in engine.end_invocation. Returns the state that the chunk
   goes to: waiting, or dead when it was interrupted too often.';

grant execute on function engine.leave_chunk, engine.interrupt_chunk to service_role;

-- schemas/chunk/finish.sql

-- A chunk whose pages are all in.

create function engine.find_shortfall(held public.backfill_progress)
returns table (reason text, from_day date)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  feed constant engine.feeds := (select known from engine.feeds as known where known.name = held.feed);
begin
  if feed.counted_by = 'days' and held.cursor_day < held.period_end then
    return query select format('Stopped at %s, before the period''s end', held.cursor_day), held.period_start;
  elsif feed.counted_by = 'lists' and held.pages_done < held.pages_expected then
    return query select format('%s of %s lists pulled', held.pages_done, held.pages_expected), held.period_start;
  elsif feed.counted_by = 'ids' then
    -- Ids that came up after the last were given out are the next run's.
    if held.cursor_skip < held.api_total or held.api_total is null then
      return query
      select format('%s of %s ids asked for', held.cursor_skip, held.cursor_skip + count(*)), held.period_start
      from engine.ids_left(held) as id_left
      having count(*) > 0;
    end if;
  elsif feed.counted_by = 'pages' and held.api_total is null then
    return query select format('The number of %s is not known yet', feed.name), held.period_start;
  else
    -- Counts what this reading saw, not what was stored before: a race that it missed may have been corrected since.
    return query
    select
      format(
        'The API has %s %s%s and sent %s of them', short.races_in_api, array_to_string(feed.counted_rows, ' and '),
        case when feed.counted_by = 'days' then format(' on %s', short.day) end, short.races_seen
      ),
      -- A feed counted by days is pulled again only from the first short day on.
      short.day
    from engine.short_days(held.id) as short
    order by short.day
    limit 1;
  end if;
end
$$;
comment on function engine.find_shortfall(public.backfill_progress) is
  'What is missing from a chunk whose pages are all in: a sentence, and the day from which to read again. No row when
   nothing is missing.';

create function public.finish_chunk(chunk_id bigint, lease_token uuid, report jsonb default null)
returns text
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '60s'
set lock_timeout = '60s'
as $$
#variable_conflict use_column
declare
  held constant public.backfill_progress := engine.hold_lease(finish_chunk.chunk_id, finish_chunk.lease_token);
  repulls_allowed constant integer := 3;
  lacking record;
  new_state text := 'succeeded';
begin
  select short.reason, short.from_day into lacking from engine.find_shortfall(held) as short;
  if lacking.reason is not null then
    perform engine.log_failure(
      chunk => held, failure_class => 'incomplete', endpoint => null, http_status => null,
      attempt => held.repulls + 1, message => lacking.reason
    );
    new_state := case when held.repulls < repulls_allowed then 'waiting' else 'dead' end;
  elsif (select feed.counted_by = 'pages' from engine.feeds as feed where feed.name = held.feed) then
    perform engine.cover_days(held, held.period_start, held.period_end);
  end if;

  if new_state = 'waiting' then
    perform engine.read_again(held, lacking.from_day);
    update public.backfill_progress as chunk set repulls = chunk.repulls + 1 where chunk.id = held.id;
  end if;
  perform engine.leave_chunk(
    chunk => held, state => new_state, error => lacking.reason,
    -- Wait a little: results are still coming in, or pages shifted while they were read.
    due_at => engine.clock() + interval '1 minute',
    ended_as => case when lacking.reason is null then 'succeeded' else 'incomplete' end, report => finish_chunk.report
  );
  perform engine.dispatch_next(held.feed);
  return new_state;
end
$$;
comment on function public.finish_chunk(bigint, uuid, jsonb) is
  'Ends a chunk whose pages are all in. Compares the races that came in this reading, stored or rejected, with the
   API''s total: returns succeeded; waiting, when something is missing and the chunk will be pulled again; dead, when
   something was missing four times. report: where the invocation''s time went, see engine.end_invocation. Error PT409
   when the lease is lost.';

revoke all on function public.finish_chunk from public, anon, authenticated, service_role;
grant execute on function engine.find_shortfall, public.finish_chunk to service_role;

-- schemas/chunk/yield.sql

-- A chunk given back at its cursor.

create function public.yield_chunk(
  chunk_id bigint, lease_token uuid, api_calls integer, progressed boolean default true, report jsonb default null
)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  held constant public.backfill_progress := engine.hold_lease(yield_chunk.chunk_id, yield_chunk.lease_token);
  new_state text := 'waiting';
begin
  update public.backfill_progress as chunk
  set api_calls = chunk.api_calls + yield_chunk.api_calls
  where chunk.id = held.id;
  if not progressed then
    new_state := engine.interrupt_chunk(
      held, 'The isolate was ended before it had stored a page', yield_chunk.report
    );
  else
    perform engine.leave_chunk(held, new_state, report => yield_chunk.report);
  end if;
  perform engine.dispatch_next(held.feed);
  perform engine.count_calls(held, yield_chunk.api_calls);
  return new_state;
end
$$;
comment on function public.yield_chunk(bigint, uuid, integer, boolean, jsonb) is
  'Gives a chunk back at its cursor because the invocation''s time is up. api_calls: those made since the last page;
   progressed: whether a page was stored since the claim, otherwise it is an interruption; report: where the
   invocation''s time went, see engine.end_invocation. Returns the chunk''s new state: waiting, or dead after too many
   interruptions. Error PT409 when the lease is lost.';

revoke all on function public.yield_chunk from public, anon, authenticated, service_role;
grant execute on function public.yield_chunk to service_role;

-- schemas/chunk/fail.sql

-- An attempt that failed.

create function engine.wait_after_failure(attempt integer, retry_after_seconds integer)
returns interval
language sql
volatile
security invoker
set search_path = ''
as $$
  select greatest(
    (4 ^ least(attempt - 1, 3)) * (0.75 + random() / 2) * interval '1 minute',
    least(coalesce(retry_after_seconds, 0), 3600) * interval '1 second'
  )
$$;
comment on function engine.wait_after_failure(integer, integer) is
  'How long a chunk waits after this many transient failures in a row: 1, 4, 16 and then 64 minutes, give or take a
   quarter; at least as long as the API asked for, of which an hour counts at most. retry_after_seconds: null when the
   API asked for nothing.';

create function engine.is_hopeless(chunk public.backfill_progress)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    coalesce(chunk.failing_since < engine.clock() - interval '1 day', false)
    or exists (
      select from public.backfill_progress as other
      where other.feed = chunk.feed and other.id <> chunk.id and other.last_page_at > chunk.claimed_at
    )
    -- Lists are one chunk, the whole run waits for it, and the same rows come again each month.
    or (select feed.counted_by = 'lists' from engine.feeds as feed where feed.name = chunk.feed)
$$;
comment on function engine.is_hopeless(public.backfill_progress) is
  'Whether a chunk fails for a reason of its own: others of its feed got pages during this attempt, or it has failed
   for a day, not counting pauses and the time that it was dead. Lists are judged alone. Otherwise the API may be down
   for everybody, and no chunk is given up for that.';

create function engine.pause_for_account(run_id bigint, message text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_runs as run
  set
    paused_at = engine.clock(),
    pause_reason = format(
      '%s. Once that is fixed: select backfill_resume(%s);', pause_for_account.message, run.id
    )
  where run.id = pause_for_account.run_id and run.paused_at is null;
end
$$;
comment on function engine.pause_for_account(bigint, text) is
  'Pauses a run, unless it is paused already, because the API refuses the account. message: what the API said.';

create function public.fail_chunk(
  chunk_id bigint,
  lease_token uuid,
  failure_class text,
  message text,
  endpoint text default null,
  http_status integer default null,
  retry_after_seconds integer default null,
  api_calls integer default 0,
  report jsonb default null
)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  held constant public.backfill_progress := engine.hold_lease(fail_chunk.chunk_id, fail_chunk.lease_token);
  attempt constant integer := held.attempts + 1;
  new_state text;
begin
  if failure_class is null or failure_class not in ('transient', 'chunk', 'account') then
    raise exception 'Unknown failure class "%"', coalesce(failure_class, 'null')
      using errcode = '22023', hint = 'Use transient, chunk or account.';
  end if;
  perform engine.log_failure(
    chunk => held, failure_class => failure_class, endpoint => fail_chunk.endpoint,
    http_status => fail_chunk.http_status, attempt => attempt, message => message
  );

  new_state := case
    when failure_class = 'chunk' then 'dead'
    when
      failure_class = 'transient' and attempt >= settings.attempts_before_dead and engine.is_hopeless(held)
      then 'dead'
    else 'waiting'
  end;
  update public.backfill_progress as chunk
  set
    -- A refused account is not the chunk's fault: it costs the chunk no attempt.
    attempts = case
      when failure_class = 'account' then chunk.attempts
      when new_state = 'waiting' then least(attempt, settings.attempts_before_dead - 1)
      else attempt
    end,
    failing_since = case
      when failure_class = 'account' then chunk.failing_since else coalesce(chunk.failing_since, engine.clock())
    end,
    api_calls = chunk.api_calls + fail_chunk.api_calls
  where chunk.id = held.id;
  perform engine.leave_chunk(
    chunk => held, state => new_state, error => message,
    due_at => engine.clock() + case
      when failure_class = 'transient' then engine.wait_after_failure(attempt, retry_after_seconds) else interval '0'
    end,
    ended_as => 'failed', report => fail_chunk.report
  );

  if failure_class = 'account' then
    perform engine.pause_for_account(held.run_id, message);
  end if;
  perform engine.dispatch_next(held.feed);
  perform engine.count_calls(held, fail_chunk.api_calls);
  return new_state;
end
$$;
comment on function public.fail_chunk(bigint, uuid, text, text, text, integer, integer, integer, jsonb) is
  'Ends an attempt that failed. failure_class: transient (tried again after 1, 4, 16 and 64 minutes, then dead; every
   64 minutes for a day while no chunk of the feed gets a page), chunk (dead at once, the run goes on) or account (the
   run is paused). message says what happened and must contain no secret; report: where the invocation''s time went,
   see engine.end_invocation. Returns the chunk''s new state. Error PT409 when the lease is lost; 22023 when the class
   is none of these.';

revoke all on function public.fail_chunk from public, anon, authenticated, service_role;
grant execute on function
  engine.wait_after_failure, engine.is_hopeless, engine.pause_for_account, public.fail_chunk
  to service_role;

-- schemas/planning/request.sql

-- Checks of a request for work.

create function engine.days_ahead_in_words()
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format('Today in London is %s. ', engine.london_day())
    || string_agg(
      format(
        'The last day of %s is %s.', feed.name,
        case feed.days_ahead when 0 then 'today' else (engine.london_day() + feed.days_ahead)::text end
      ),
      ' ' order by feed.place
    )
  from engine.feeds as feed
  where feed.by_default and feed.days_ahead is not null
$$;
comment on function engine.days_ahead_in_words() is
  'A sentence for hints: today, and the last day that each feed can have.';

create function engine.check_request(start_date date, end_date date, feeds text[], reprocess text)
returns table (last_day date, wanted_feeds text[])
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  known_feeds constant text[] := engine.feed_names();
  default_feeds constant text[] := engine.feed_names(by_default => true);
  first_day constant date := (select min(feed.first_day) from engine.feeds as feed);
  today constant date := engine.london_day();
  days_ahead constant integer := (select max(feed.days_ahead) from engine.feeds as feed);
  wrong_feed text;
  ahead record;
begin
  if start_date is null then
    raise exception 'The start date is missing'
      using errcode = '22023', hint = 'For example: select backfill_start(date ''2015-01-01'');';
  end if;
  last_day := coalesce(end_date, greatest(start_date, today));
  wanted_feeds := coalesce(feeds, default_feeds);
  if cardinality(wanted_feeds) = 0 then
    raise exception 'The list of feeds is empty'
      using errcode = '22023',
        hint = format('Leave it out, or name some: the feeds are %s.', array_to_string(known_feeds, ', '));
  end if;
  select f into wrong_feed from unnest(wanted_feeds) as f where f is null or f <> all (known_feeds) limit 1;
  if found then
    raise exception '%', coalesce('Unknown feed "' || wrong_feed || '"', 'The list of feeds contains a null')
      using errcode = '22023', hint = format('The feeds are %s.', array_to_string(known_feeds, ', '));
  end if;
  select f into wrong_feed from unnest(wanted_feeds) as f group by f having count(*) > 1 limit 1;
  if found then
    raise exception 'The feed % is in the list twice', wrong_feed
      using errcode = '22023',
        hint = format(
          'Name it once: array[%s].',
          (select string_agg(quote_literal(f), ', ') from unnest(known_feeds) as f where f = any (wanted_feeds))
        );
  end if;
  if reprocess is null or reprocess not in ('missing', 'failed', 'all') then
    raise exception 'Unknown value "%" for reprocess', coalesce(reprocess, 'null')
      using errcode = '22023', hint = 'Use missing (what coverage lacks), failed (what died earlier) or all.';
  end if;
  if start_date < first_day then
    raise exception 'The start date % is before %, the first day of The Racing API', start_date, first_day
      using errcode = '22023', hint = format('Start on %s or later.', first_day);
  end if;
  if start_date > last_day then
    raise exception 'The start date % is after the end date %', start_date, last_day
      using errcode = '22023', hint = format('Swap them: the first day is %s, the last one %s.', last_day, start_date);
  end if;
  select today + max(feed.days_ahead) as last_day, string_agg(feed.name, ' or ' order by feed.place) as names
  into ahead
  from engine.feeds as feed
  where feed.name = any (wanted_feeds) and feed.days_ahead is not null;
  if start_date > ahead.last_day then
    raise exception 'The start date % is in the future: there are no % after % yet', start_date, ahead.names,
      ahead.last_day
      using errcode = '22023', hint = engine.days_ahead_in_words();
  end if;
  if last_day > today + days_ahead then
    raise exception 'The % date % is more than % days ahead: the API has no cards that far',
      case when end_date is null then 'start' else 'end' end, last_day, days_ahead
      using errcode = '22023', hint = engine.days_ahead_in_words();
  end if;
  return next;
end
$$;
comment on function engine.check_request(date, date, text[], text) is
  'What a request for work leaves open, filled in: the last day (default: today in London, or the start date when
   that is later) and the feeds (default: those of engine.feeds.by_default). Invalid values are an error that says what
   is wrong, and so is a start on a day that none of the feeds can have yet.';

grant execute on function engine.days_ahead_in_words, engine.check_request to service_role;

-- schemas/planning/chunks.sql

-- From days to chunks.

create function engine.races_per_day(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  -- The UK and Ireland have about 13,000 races a year.
  select case when count(*) >= 300 then avg(known.races_in_api) else 36 end
  from engine.feeds as own
  join engine.feeds as counting on
    'races' = any (counting.counted_rows) and (counting.name = own.name or not 'races' = any (own.counted_rows))
  join public.ra_coverage as known on known.feed = counting.name
  where own.name = races_per_day.feed
$$;
comment on function engine.races_per_day(text) is
  'Races of an average day: from the covered days when there are 300 or more of them, otherwise 36. A feed that counts
   no races is taken to have as many as the others.';

create function engine.pages_of_days(feed engine.feeds, days integer, races_a_day numeric)
returns integer
language sql
immutable
security invoker
set search_path = ''
as $$
  select case feed.counted_by
    when 'lists' then cardinality(feed.endpoints)
    when 'days' then days
    -- Each id is a call; engine.plan_chunks counts them.
    when 'ids' then 0
    -- Replaced by the API's own total with the first page.
    else ceil(
      days * races_a_day * case when 'races' = any (feed.counted_rows) then 1 else feed.runners_a_race end
      / feed.page_limit
    )
  end::integer
$$;
comment on function engine.pages_of_days(engine.feeds, integer, numeric) is
  'How many pages this many days of a feed are expected to have. races_a_day: as engine.races_per_day returns it; may
   be null for feeds that are not counted by pages. 0 for ids, whose number no days tell.';

create function engine.plan_chunks(start_date date, end_date date, feed text, reprocess text)
returns table (period_start date, period_end date, pages_expected integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with bounds as materialized (
    select
      known as feed,
      known.counted_by = 'lists' as is_one_chunk,
      known.counted_by = 'ids' as asks_for_ids,
      -- Read once, and only where an estimate is needed: it reads the whole coverage.
      case when known.counted_by = 'pages' then engine.races_per_day(known.name) end as races_a_day,
      -- Nulls, where a feed has no bound, are left out of both.
      greatest(plan_chunks.start_date, known.first_day) as first_day,
      least(plan_chunks.end_date, engine.london_day() + known.days_ahead) as last_day
    from engine.feeds as known
    where known.name = plan_chunks.feed
  ),
  months as (
    select
      greatest(bounds.first_day, month::date) as month_start,
      least(bounds.last_day, (month + interval '1 month')::date - 1) as month_last,
      bounds.asks_for_ids
    from bounds,
      generate_series(
        date_trunc('month', bounds.first_day::timestamp), bounds.last_day::timestamp, interval '1 month'
      ) as month
    where not bounds.is_one_chunk
  ),
  ids as (
    select date_trunc('month', asked.first_day::timestamp) as month, count(*)::integer as ids
    from bounds
    cross join lateral engine.ids_to_ask(
      feed => plan_chunks.feed, period_start => bounds.first_day, period_end => bounds.last_day + 1,
      reprocess => plan_chunks.reprocess
    ) as asked
    where bounds.asks_for_ids
    group by 1
  ),
  wanted as (
    select min(d.day) as first_day, max(d.day) as last_day, null::integer as ids
    from months,
      lateral (
        select day::date as day
        from generate_series(months.month_start::timestamp, months.month_last::timestamp, interval '1 day') as day
      ) as d
    where
      not months.asks_for_ids
      and (
        plan_chunks.reprocess = 'all'
        or (
          not exists (
            select from engine.known_days as known
            where known.feed = plan_chunks.feed and known.day = d.day and known.is_covered
          )
          and (
            plan_chunks.reprocess = 'missing'
            or exists (
              select from public.backfill_progress as dead
              where dead.feed = plan_chunks.feed and dead.state = 'dead'
                and d.day >= dead.period_start and d.day < dead.period_end
            )
          )
        )
      )
    group by months.month_start
    union all
    -- A month is done when no id of it is left.
    select months.month_start, months.month_last, ids.ids
    from months
    join ids on ids.month = date_trunc('month', months.month_start::timestamp)
    where
      plan_chunks.reprocess <> 'failed'
      or exists (
        select from public.backfill_progress as dead
        where dead.feed = plan_chunks.feed and dead.state = 'dead'
          and months.month_start < dead.period_end and months.month_last >= dead.period_start
      )
    union all
    select bounds.first_day, bounds.last_day, null from bounds where bounds.is_one_chunk
  )
  select
    wanted.first_day,
    wanted.last_day + 1,
    coalesce(
      wanted.ids, engine.pages_of_days(bounds.feed, wanted.last_day + 1 - wanted.first_day, bounds.races_a_day)
    )
  from wanted
  cross join bounds
  order by 1
$$;
comment on function engine.plan_chunks(date, date, text, text) is
  'The chunks of one feed for an inclusive range: a month each, narrowed to the days that reprocess asks for; of ids,
   the months that have some to ask for; of lists, one for the whole range.';

create function engine.why_no_chunks(start_date date, end_date date, feed text, reprocess text)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select case
    when why_no_chunks.end_date < known.first_day then bounds.none_before
    when why_no_chunks.start_date > bounds.last_day
      then format('There are no %s after %s yet.', known.name, bounds.last_day)
    else concat_ws(
      ' ',
      case when why_no_chunks.start_date < known.first_day then bounds.none_before end,
      case
        when known.name = 'legacy' then format('Copied already: what the old database has %s.', bounds.days)
        when known.counted_by = 'ids' then format(
          'No %s %s are left to ask for. They become known with the races that are stored.', known.name, bounds.days
        )
        when why_no_chunks.reprocess = 'failed' then format(
          'No %s %s failed and are still missing. For all that is missing, use reprocess => ''missing''.', known.name,
          bounds.days
        )
        else format(
          'Complete already: the %s %s. To pull them again, use reprocess => ''all''.', known.name, bounds.days
        )
      end
    )
  end
  from engine.feeds as known
  cross join lateral (
    select
      greatest(why_no_chunks.start_date, known.first_day) as first_day,
      engine.london_day() + known.days_ahead as last_day
  ) as limits
  cross join lateral (
    select
      limits.last_day,
      format('There are no %s before %s.', known.name, known.first_day) as none_before,
      case
        when limits.first_day = least(why_no_chunks.end_date, limits.last_day) then format('of %s', limits.first_day)
        else format('from %s to %s', limits.first_day, least(why_no_chunks.end_date, limits.last_day))
      end as days
  ) as bounds
  where known.name = why_no_chunks.feed
$$;
comment on function engine.why_no_chunks(date, date, text, text) is
  'In a sentence or two, why engine.plan_chunks has no chunk for this request: the API has no such days, or all of them
   are stored.';

grant execute on function engine.races_per_day, engine.pages_of_days, engine.plan_chunks, engine.why_no_chunks
  to service_role;

-- schemas/planning/fit.sql

-- What of a plan the database has room for.

create function engine.what_fits(since date, last_day date, is_all boolean, megabytes numeric)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select case
    when what_fits.is_all
      then format('All of it fits: the database will have about %s of %s MB.', sizes.after, room.limit_megabytes)
    else format(
      '%s: with all of it the database would have about %s MB, and a run pauses at %s of the %s MB that the plan '
      'allows (backfill_settings.database_limit_megabytes).',
      case
        when what_fits.since is null then 'None of it fits'
        else format('%s to %s fits', what_fits.since, what_fits.last_day)
      end,
      sizes.after, room.backfills_until, room.limit_megabytes
    )
  end
  from engine.room as room
  cross join lateral (values (round(room.megabytes + what_fits.megabytes))) as sizes (after)
$$;
comment on function engine.what_fits(date, date, boolean, numeric) is
  'In a sentence, whether the database has room for a plan that brings so many megabytes. since: the first day from
   which on all of it fits, null when not even the newest month does; is_all: whether everything does.';

grant execute on function engine.what_fits to service_role;

-- schemas/planning/estimate.sql

-- What a backfill will cost, before anything starts.

create function engine.learned(known numeric, seen numeric, enough numeric, otherwise numeric)
returns numeric
language sql
immutable
security invoker
set search_path = ''
as $$ select case when seen >= enough then known / seen else otherwise end $$;
comment on function engine.learned(numeric, numeric, numeric, numeric) is
  'The ratio known / seen once enough was seen; the parameter "otherwise" before that.';

create function engine.bytes_of_masters(runners numeric)
returns numeric
language sql
immutable
security invoker
set search_path = ''
as $$ select 480000 * greatest(bytes_of_masters.runners, 0) ^ 0.3 $$;
comment on function engine.bytes_of_masters(numeric) is
  'For estimates: bytes of horses, parents, people and their indexes beside so many runners. Measured: 10.7 MB at 31,000
   runners, 18 at 125,000, 20 at 250,000, 27 at 664,000: most of those who run were there before.';

create function public.backfill_plan(
  start_date date,
  end_date date default null,
  feeds text[] default null,
  reprocess text default 'missing'
)
returns table (
  feed text,
  chunks integer,
  api_calls integer,
  minutes numeric,
  races integer,
  runners integer,
  megabytes numeric,
  invocations integer,
  note text
)
language sql
stable
security invoker
set search_path = ''
as $$
  with request as (
    select r.last_day, r.wanted_feeds
    from engine.check_request(
      start_date => backfill_plan.start_date, end_date => backfill_plan.end_date, feeds => backfill_plan.feeds,
      reprocess => backfill_plan.reprocess
    ) as r
  ),
  -- The constants of engine.feeds, or measured values once enough of a feed was pulled.
  learned as (
    select
      known.name,
      known as feed,
      known.bytes_a_runner - case when settings.capture_long_texts then 0 else known.long_text_bytes_a_runner end
        as bytes_a_runner,
      case when known.counted_by in ('lists', 'ids') then 0 else engine.races_per_day(known.name) end as races_a_day,
      engine.learned(
        known => sum(chunk.runners_stored), seen => sum(chunk.races_stored), enough => 5000,
        otherwise => known.runners_a_race
      ) as runners_a_race,
      engine.learned(
        known => sum(chunk.pages_done), seen => sum(chunk.invocations), enough => 100,
        otherwise => known.pages_an_invocation
      ) as pages_an_invocation,
      engine.allowed_rate(known.name, request.wanted_feeds) as calls_per_second,
      (engine.london_day() - known.free_months * interval '1 month')::date as free_since
    from request
    cross join public.backfill_settings as settings
    join engine.feeds as known on known.name = any (request.wanted_feeds)
    left join public.backfill_progress as chunk on chunk.feed = known.name and chunk.state = 'succeeded'
    group by known.name, request.wanted_feeds, settings.capture_long_texts
  ),
  -- Of a range that is pulled again, what is stored and comes once more takes no room.
  days_stored as (
    select
      known.feed as name, date_trunc('month', known.day::timestamp) as month,
      sum(case when known.races_in_api > 0 then least(known.races_stored::numeric / known.races_in_api, 1) else 1 end)
        as days
    from request
    join public.ra_coverage as known on
      known.feed = any (request.wanted_feeds) and known.day between backfill_plan.start_date and request.last_day
    where backfill_plan.reprocess = 'all' and known.regions @> (select s.regions from public.backfill_settings as s)
    group by 1, 2
  ),
  ids_lacking as (
    select learned.name, date_trunc('month', chunk.period_start::timestamp) as month, chunk.pages_expected as ids
    from request
    cross join learned
    cross join lateral engine.plan_chunks(
      start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
      reprocess => 'missing'
    ) as chunk
    where backfill_plan.reprocess = 'all' and (learned.feed).counted_by = 'ids'
  ),
  chunks as (
    select
      learned.name,
      chunk.period_start,
      chunk.pages_expected,
      ceil(chunk.pages_expected / learned.pages_an_invocation) as invocations,
      sizes.races,
      sizes.races * learned.runners_a_race as runners,
      sizes.races * learned.runners_a_race * sizes.new_part as new_runners,
      coalesce(
        chunk.period_start >= (
          select other.first_day
          from engine.feeds as other
          where other.name = (learned.feed).shares_rows_with and other.name = any (request.wanted_feeds)
        ),
        false
      ) as is_shared,
      case when (learned.feed).counted_by = 'ids' then chunk.pages_expected * sizes.new_part else 0 end as new_ids,
      learned.bytes_a_runner,
      learned.feed
    from request
    cross join learned
    cross join lateral engine.plan_chunks(
      start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
      reprocess => backfill_plan.reprocess
    ) as chunk
    left join days_stored as stored
      on stored.name = learned.name and stored.month = date_trunc('month', chunk.period_start::timestamp)
    left join ids_lacking as lacking
      on lacking.name = learned.name and lacking.month = date_trunc('month', chunk.period_start::timestamp)
    cross join lateral (
      select
        (chunk.period_end - chunk.period_start) * learned.races_a_day as races,
        case
          when backfill_plan.reprocess <> 'all' then 1
          when (learned.feed).counted_by = 'ids' then coalesce(lacking.ids, 0)::numeric / chunk.pages_expected
          else greatest(1 - coalesce(stored.days, 0) / (chunk.period_end - chunk.period_start), 0)
        end as new_part
    ) as sizes
  ),
  -- With the runners that came before each, newest first, as a backfill goes unless it is told otherwise.
  in_order as (
    select
      chunks.*,
      stored.runners
        + sum(chunks.new_runners) filter (where not chunks.is_shared) over newest_first as runners_by_then,
      sum(chunks.new_runners) filter (where chunks.is_shared) over newest_first as shared_by_then
    from chunks
    cross join (
      select greatest(c.reltuples, 0)::numeric as runners
      from pg_catalog.pg_class as c
      where c.oid = 'public.ra_runners'::regclass
    ) as stored
    window newest_first as (order by chunks.period_start desc, (chunks.feed).place rows unbounded preceding)
  ),
  sized as (
    select
      in_order.*,
      in_order.new_ids * in_order.bytes_a_runner
        + case
          -- The space of the rows' earlier versions; once a vacuum has been there, it is used again.
          when in_order.is_shared then (in_order.feed).bytes_a_shared_runner
            * (
              least(in_order.shared_by_then, 32000)
              - least(in_order.shared_by_then - in_order.new_runners, 32000)
            )
          else in_order.new_runners * in_order.bytes_a_runner
            + coalesce(
              engine.bytes_of_masters(in_order.runners_by_then)
                - engine.bytes_of_masters(in_order.runners_by_then - in_order.new_runners),
              0
            )
        end as bytes
    from in_order
  ),
  months as (
    select
      min(sized.period_start) as first_day,
      max((sized.feed).place) as last_place,
      sum(sum(sized.bytes)) over (order by date_trunc('month', sized.period_start::timestamp) desc) / 1e6 as megabytes
    from sized
    where sized.new_ids + sized.new_runners > 0
    group by date_trunc('month', sized.period_start::timestamp)
  ),
  fits as (
    -- One sentence for the whole plan, in the row of the last feed that brings something.
    select
      max(months.last_place) as place,
      engine.what_fits(
        since => min(months.first_day) filter (where months.megabytes < room.backfills_until - room.megabytes),
        last_day => request.last_day,
        is_all => max(months.megabytes) < room.backfills_until - room.megabytes,
        megabytes => max(months.megabytes)
      ) as words
    from months
    cross join request
    cross join engine.room as room
    group by request.last_day, room.backfills_until, room.megabytes
  )
  select
    learned.name,
    count(sized.name)::integer,
    coalesce(sum(sized.pages_expected), 0)::integer,
    round(coalesce(sum(sized.pages_expected), 0) / learned.calls_per_second / 60, 1),
    round(coalesce(sum(sized.races), 0))::integer,
    round(coalesce(sum(sized.runners), 0))::integer,
    round(coalesce(sum(sized.bytes), 0) / 1e6, 1),
    coalesce(sum(sized.invocations), 0)::integer,
    nullif(
      concat_ws(
        ' ',
        case
          when count(sized.name) = 0 then engine.why_no_chunks(
            start_date => backfill_plan.start_date, end_date => request.last_day, feed => learned.name,
            reprocess => backfill_plan.reprocess
          )
          when backfill_plan.start_date < (learned.feed).first_day
            then format('The API has no %s before %s: none are planned.', learned.name, (learned.feed).first_day)
          when backfill_plan.start_date < learned.free_since then format(
            'The %s before %s need the historical add-on of The Racing API.', learned.name, learned.free_since
          )
          when (learned.feed).ids_a_second is not null
            then 'Old rows are copied only while no other feed has anything to do.'
          when (learned.feed).in_background
            then format('The %s are asked for only while no other feed has anything to do.', learned.name)
        end,
        fits.words
      ),
      ''
    )
  from request
  cross join learned
  left join sized on sized.name = learned.name
  left join fits on fits.place = (learned.feed).place
  group by learned.name, learned.feed, learned.calls_per_second, learned.free_since, request.last_day, fits.words
  order by (learned.feed).place
$$;
comment on function public.backfill_plan(date, date, text[], text) is
  'What backfill_start with the same arguments would cost, a row per feed; starts nothing. api_calls: requests, without
   those sent again; minutes: at the rate limit (feeds run side by side, so the greatest one is about the whole; those
   in the background come after the others, so theirs are added); races and runners that come; megabytes by which the
   database grows, indexes included, without what is stored and comes again; invocations of the functions; note: null,
   or what prevents a part of it, or why a feed has no chunks; of the last feed that brings something, also whether the
   database has room for all feeds together, and if not, from which day on it has. Errors as of backfill_start.';

revoke all on function public.backfill_plan from public, anon, authenticated, service_role;
grant execute on function engine.learned, engine.bytes_of_masters, public.backfill_plan to service_role;

-- schemas/planning/create_run.sql

-- From a request to rows: a run with its bounds frozen, cut into chunks.

create function engine.refuse_rival(kind text, feeds text[], start_date date, end_date date, days date[])
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  rival engine.live_chunks;
begin
  select live.* into rival
  from engine.live_chunks as live
  join engine.feeds as feed on feed.name = live.feed and feed.counted_by <> 'lists'
  where
    live.kind = refuse_rival.kind
    and live.feed = any (refuse_rival.feeds)
    -- The days that a waiting scheduled pull has finished are free for the next one.
    and case when live.kind = 'schedule' then live.held_from else live.period_start end <= refuse_rival.end_date
    and live.period_end > refuse_rival.start_date
    and (
      refuse_rival.days is null
      or exists (
        select from unnest(refuse_rival.days) as wanted (day)
        where wanted.day >= live.period_start and wanted.day < live.period_end
      )
    )
  limit 1;
  if not found then
    return;
  end if;
  if rival.paused_at is not null then
    raise exception 'Run % is paused and has yet to pull % in this range', rival.run_id, rival.feed
      using errcode = 'PT409',
        hint = format(
          'Let it go on: select backfill_resume(%1$s); or end it: select backfill_cancel(%1$s);', rival.run_id
        );
  end if;
  raise exception 'Run % is still working on % in this range', rival.run_id, rival.feed
    using errcode = 'PT409',
      hint = format('Watch it in backfill_status, or end it with: select backfill_cancel(%s);', rival.run_id);
end
$$;
comment on function engine.refuse_rival(text, text[], date, date, date[]) is
  'Error PT409 when a live run of the same kind has yet to pull some of the days of an inclusive range, of which days,
   unless it is null, says which ones are meant.';

create function engine.create_run(
  kind text,
  start_date date,
  end_date date,
  feeds text[],
  newest_first boolean default true,
  reprocess text default 'all',
  requested_by text default session_user,
  days date[] default null,
  planned jsonb default null
)
returns bigint
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  request record;
  new_run_id bigint;
begin
  select r.last_day, r.wanted_feeds into request
  from engine.check_request(
    start_date => start_date, end_date => end_date, feeds => feeds, reprocess => reprocess
  ) as r;
  -- A scheduled pull is not refused: its dispatches go out as soon as all is mended.
  if kind in ('backfill', 'by_hand') then
    perform engine.refuse_broken_setup(request.wanted_feeds);
  end if;

  -- Two starts at the same time must not both find the range free. Starts of different kinds never wait for each other:
  -- a pull by hand in a transaction that stays open delays no scheduled pull.
  perform engine.take_lock('start ' || kind);
  -- Chunks that were planned before leave out what is live.
  if planned is null then
    perform engine.refuse_rival(
      kind => kind, feeds => request.wanted_feeds, start_date => start_date, end_date => request.last_day, days => days
    );
  end if;

  insert into public.backfill_runs (kind, start_date, end_date, feeds, newest_first, reprocess, requested_by)
  values (
    kind, start_date, request.last_day, request.wanted_feeds, coalesce(newest_first, true), reprocess, requested_by
  )
  returning id into new_run_id;

  insert into public.backfill_progress (
    run_id, kind, feed, period_start, period_end, place_in_run, cursor_day, pages_planned, pages_expected
  )
  select
    new_run_id,
    kind,
    feed.name,
    chunk.period_start,
    chunk.period_end,
    row_number() over (
      partition by feed.name
      order by (chunk.period_start - date 'epoch') * case when coalesce(newest_first, true) then -1 else 1 end
    ),
    case when feed.counted_by = 'days' then chunk.period_start end,
    chunk.pages_expected,
    chunk.pages_expected
  from engine.feeds as feed
  cross join lateral (
    select month.*
    from engine.plan_chunks(
      start_date => start_date, end_date => request.last_day, feed => feed.name, reprocess => reprocess
    ) as month
    where days is null and planned is null
    union all
    select stretch.*
    from engine.plan_stretches(feed.name, days) as stretch
    where days is not null
    union all
    select before.period_start, before.period_end, before.pages_expected
    from jsonb_to_recordset(planned) as before (period_start date, period_end date, pages_expected integer)
  ) as chunk
  where feed.name = any (request.wanted_feeds);

  -- Kept, because coverage changes: later the reason would be another one.
  update public.backfill_runs as run
  set left_out = left_out.reasons
  from (
    select string_agg(
      engine.why_no_chunks(
        start_date => start_date, end_date => request.last_day, feed => feed.name, reprocess => reprocess
      ),
      ' ' order by feed.place
    ) as reasons
    from engine.feeds as feed
    where
      feed.name = any (request.wanted_feeds)
      and not exists (
        select from public.backfill_progress as chunk where chunk.run_id = new_run_id and chunk.feed = feed.name
      )
  ) as left_out
  where run.id = new_run_id and left_out.reasons is not null;

  perform engine.dispatch_due();
  return new_run_id;
end
$$;
comment on function engine.create_run(text, date, date, text[], boolean, text, text, date[], jsonb) is
  'Creates a run with its chunks and sends the first dispatches; returns its id. Every start of a run (operator,
   schedule, closing of gaps) uses it. kind as in backfill_runs; days: only these of the range, cut into stretches
   (null: all that reprocess asks for, cut into months). planned: the chunks of the one feed, {period_start, period_end,
   pages_expected} each, from a caller that has left out what is live. Errors: those of engine.check_request; PT409 as
   of engine.refuse_rival, but not for chunks that were planned; PT424 as of engine.refuse_broken_setup when an operator
   starts it.';

grant execute on function engine.refuse_rival, engine.create_run to service_role;

-- schemas/operate/start.sql

-- How an operator starts a run.

create function public.backfill_start(
  start_date date,
  end_date date default null,
  feeds text[] default null,
  newest_first boolean default true,
  reprocess text default 'missing'
)
returns bigint
language sql
security invoker
set search_path = ''
as $$
  select engine.create_run(
    kind => 'backfill',
    start_date => backfill_start.start_date,
    end_date => backfill_start.end_date,
    feeds => backfill_start.feeds,
    newest_first => backfill_start.newest_first,
    reprocess => backfill_start.reprocess
  )
$$;
comment on function public.backfill_start(date, date, text[], boolean, text) is
  'Starts a backfill and returns its run id. Dates are inclusive; the end defaults to today in London, or to the start
   when that is later, and is frozen; feeds, such as array[''results''], defaults to those of engine.feeds.by_default;
   reprocess is missing (what coverage lacks), failed (what died in an earlier run and is still lacking) or all. When
   there is nothing to pull, what_to_do in backfill_status says why. Nonsense (error 22023), or a range that a live run
   already covers (PT409), starts nothing.';

create function public.pull_days(
  first_day date default engine.london_day(),
  last_day date default null,
  feeds text[] default null
)
returns bigint
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  wanted_feeds constant text[] := coalesce(feeds, engine.feed_names(with_days => true, by_default => true));
begin
  if first_day is null then
    raise exception 'The first day is missing'
      using errcode = '22023',
        hint = 'For today: select pull_days(); for another day: select pull_days(date ''2026-10-03'');';
  end if;
  -- First, so that what the hint says to call instead can work.
  perform engine.check_request(
    start_date => first_day, end_date => coalesce(last_day, first_day), feeds => wanted_feeds, reprocess => 'all'
  );
  if last_day > first_day + 30 then
    raise exception 'From % to % is more than the 31 days that pull_days pulls', first_day, last_day
      using errcode = '22023',
        hint = format(
          'For more, at a backfill''s place in the queue: select backfill_start(date %L, date %L, %L, '
          'reprocess => ''all'');',
          first_day, last_day, wanted_feeds
        );
  end if;
  return engine.create_run(
    kind => 'by_hand', start_date => first_day, end_date => coalesce(last_day, first_day), feeds => wanted_feeds
  );
end
$$;
comment on function public.pull_days(date, date, text[]) is
  'Pulls days again by hand, even if they are stored, and before any backfill: select pull_days() pulls today. Dates are
   inclusive, 31 days at most; the last day defaults to the first, feeds, such as array[''results''], to those of
   engine.feeds.by_default that have days. Returns the run id. When there is nothing to pull, what_to_do in
   backfill_status says why. Errors as of backfill_start.';

create function public.pull_masters()
returns bigint
language sql
security invoker
set search_path = ''
as $$
  select engine.create_run(
    kind => 'by_hand', start_date => engine.london_day(), end_date => engine.london_day(),
    feeds => array(select feed.name from engine.feeds as feed where feed.counted_by = 'lists' and feed.by_default)
  )
$$;
comment on function public.pull_masters() is
  'Pulls the masters (courses, regions) again by hand, before any backfill. Returns the run id.';

revoke all on function public.backfill_start, public.pull_days, public.pull_masters
  from public, anon, authenticated, service_role;
grant execute on function public.backfill_start, public.pull_days, public.pull_masters to service_role;

-- schemas/legacy_copy/page.sql

-- What a chunk reads of the old database.

create function engine.legacy_rows(kind text, key text, ids text[])
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation regclass;
  found_rows jsonb;
begin
  select known.relation::regclass into relation
  from engine.legacy_tables as known
  where known.kind = legacy_rows.kind and legacy_rows.key = any (engine.old_columns(known.kind));
  if relation is null or cardinality(legacy_rows.ids) = 0 then
    return jsonb '[]';
  end if;
  execute format(
    -- A null says no more than an absent column, and most columns of masters are statistics that are null.
    'select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(old))), %L) from %s as old where old.%I = any ($1)',
    '[]', relation, legacy_rows.key
  )
  into found_rows
  using legacy_rows.ids;
  return found_rows;
end
$$;
comment on function engine.legacy_rows(text, text, text[]) is
  'The rows of an old table, as engine.legacy_tables calls it, that have one of these texts in a column: an array of
   objects without nulls. Empty when the table or the column is not there.';

create function engine.legacy_rows_behind(kind text, key text, of_kind text, races text[])
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation constant regclass := (
    select known.relation from engine.legacy_tables as known
    where known.kind = legacy_rows_behind.kind and legacy_rows_behind.key = any (engine.old_columns(known.kind))
  );
  other constant regclass := (
    select known.relation from engine.legacy_tables as known where known.kind = legacy_rows_behind.of_kind
  );
  found_rows jsonb;
begin
  if relation is null or other is null or cardinality(legacy_rows_behind.races) = 0 then
    return jsonb '[]';
  end if;
  execute format(
    $sql$
      select coalesce(
        jsonb_agg(
          jsonb_strip_nulls(to_jsonb(old)) || jsonb_build_object('race_id', owner.race_id, 'horse_id', owner.horse_id)
            || case %L
              when 'runner_odds' then jsonb_build_object('bookmaker_id', to_jsonb(owner) -> 'bookmaker_id')
              else '{}'
            end
        ),
        '[]'
      )
      from %s as owner
      join %s as old on old.%I = owner.id
      where owner.race_id = any ($1)
    $sql$,
    legacy_rows_behind.of_kind, other, relation, legacy_rows_behind.key
  )
  into found_rows
  using legacy_rows_behind.races;
  return found_rows;
end
$$;
comment on function engine.legacy_rows_behind(text, text, text, text[]) is
  'The rows of an old table that name rows of another one by number in the column key, of these races: an array of
   objects without nulls, with race_id and horse_id of the other row, of odds with its bookmaker_id too. Empty when one
   of the tables is not there.';

create function engine.legacy_ids(variadic texts jsonb[])
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(distinct one #>> '{}'), '{}')
  from unnest(legacy_ids.texts) as list (ids)
  cross join jsonb_array_elements(list.ids) as one
  where one #>> '{}' <> ''
$$;
comment on function engine.legacy_ids(jsonb[]) is 'The texts in several arrays, each once, without empty ones.';

create function engine.legacy_page(items text[], with_odds boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races text[];
  of_kind jsonb;
  page jsonb;
  runs jsonb;
  animals jsonb;
begin
  select coalesce(jsonb_object_agg(kinds.kind, kinds.ids), '{}') into of_kind
  from (
    select split_part(one, ' ', 1) as kind, jsonb_agg(substr(one, strpos(one, ' ') + 1)) as ids
    from unnest(legacy_page.items) as one
    group by 1
  ) as kinds;
  races := engine.legacy_ids(of_kind -> 'race');
  page := jsonb_build_object(
    'races', engine.legacy_rows('races', 'id', races),
    'runners', engine.legacy_rows('runners', 'race_id', races),
    'results', engine.legacy_rows('results', 'race_id', races),
    'runner_odds', case when with_odds then engine.legacy_rows('runner_odds', 'race_id', races) else '[]' end,
    'odds_live', case when with_odds then engine.legacy_rows('odds_live', 'race_id', races) else '[]' end,
    'odds_history', case
      when with_odds then engine.legacy_rows_behind('odds_history', 'runner_odds_id', 'runner_odds', races)
      else '[]'
    end,
    'supplementary', engine.legacy_rows_behind('supplementary', 'runner_id', 'runners', races),
    'known_races', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'id', ours.id, 'date', ours.race_date, 'region', ours.region_code, 'course_id', ours.course_id
          )
        )
        from public.ra_races as ours
        where ours.id = any (races)
      ),
      '[]'
    )
  );
  runs := (page -> 'runners') || (page -> 'results');
  animals := engine.legacy_rows(
    'horses', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].horse_id'), of_kind -> 'horses')
  );
  page := page || jsonb_build_object(
    'horses', animals,
    'pedigree', engine.legacy_rows(
      'pedigree', 'horse_id',
      engine.legacy_ids(jsonb_path_query_array(runs, '$[*].horse_id'), of_kind -> 'horses', of_kind -> 'pedigree')
    )
  );
  runs := runs || animals || (page -> 'pedigree');
  return page || jsonb_build_object(
    'sires', engine.legacy_rows(
      'sires', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].sire_id'), of_kind -> 'sires')
    ),
    'dams', engine.legacy_rows(
      'dams', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].dam_id'), of_kind -> 'dams')
    ),
    'damsires', engine.legacy_rows(
      'damsires', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].damsire_id'), of_kind -> 'damsires')
    ),
    'jockeys', engine.legacy_rows(
      'jockeys', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].jockey_id'), of_kind -> 'jockeys')
    ),
    'trainers', engine.legacy_rows(
      'trainers', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].trainer_id'), of_kind -> 'trainers')
    ),
    'owners', engine.legacy_rows(
      'owners', 'id', engine.legacy_ids(jsonb_path_query_array(runs, '$[*].owner_id'), of_kind -> 'owners')
    ),
    'courses', engine.legacy_rows(
      'courses', 'id',
      engine.legacy_ids(jsonb_path_query_array(page -> 'races', '$[*].course_id'), of_kind -> 'courses')
    ),
    'bookmakers', engine.legacy_bookmakers()
  );
end
$$;
comment on function engine.legacy_page(text[], boolean) is
  'The old rows of these items, by kind, as they are but without nulls: of races with their runners, results, notes,
   odds (if they are wanted) and all masters that these name; known_races: which of the races are ours too.';

create function engine.legacy_bookmakers()
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation regclass;
  found_rows jsonb := jsonb '[]';
begin
  select known.relation::regclass into relation from engine.legacy_tables as known where known.kind = 'bookmakers';
  if relation is not null then
    execute format(
      'select coalesce(jsonb_agg(jsonb_build_object(%L, old.id, %L, old.code, %L, old.name)), %L) from %s as old',
      'id', 'code', 'name', '[]', relation
    )
    into found_rows;
  end if;
  return found_rows;
end
$$;
comment on function engine.legacy_bookmakers() is 'The old bookmakers, about twenty: an array of {id, code, name}.';

create function public.legacy_rows_of(chunk_id bigint, lease_token uuid, items text[])
returns jsonb
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '60s'
as $$
begin
  perform engine.hold_lease(legacy_rows_of.chunk_id, legacy_rows_of.lease_token);
  if not engine.has_legacy() then
    raise exception 'The old database is gone: there is no schema legacy_data with races in it'
      using errcode = '55000',
        hint = 'Nothing is left to copy. End the run: select backfill_cancel(run_id);';
  end if;
  if engine.front_has_work() then
    return null;
  end if;
  return engine.legacy_page(
    legacy_rows_of.items, (select settings.capture_odds from public.backfill_settings as settings)
  );
end
$$;
comment on function public.legacy_rows_of(bigint, uuid, text[]) is
  'For a chunk of the feed legacy: the old rows of these items, as engine.legacy_page has them. Null when another feed
   has work: yield. Error PT409 when the lease is lost, 55000 when the old database is gone.';

revoke all on function public.legacy_rows_of from public, anon, authenticated, service_role;
grant execute on function
  engine.legacy_rows, engine.legacy_rows_behind, engine.legacy_ids, engine.legacy_page, engine.legacy_bookmakers,
  public.legacy_rows_of
  to service_role;

-- schemas/legacy_copy/copy.sql

-- How an operator has the old database copied.

create function public.legacy_copy(
  start_date date default null, end_date date default null, again boolean default false
)
returns bigint
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '600s'
as $$
#variable_conflict use_variable
declare
  feed constant engine.feeds := (select known from engine.feeds as known where known.name = 'legacy');
begin
  if not engine.has_legacy() then
    raise exception 'There is no old database in this project'
      using errcode = '55000',
        hint = 'One that setup takes over is in the schema legacy_data. To fill an empty project: '
          'select backfill_start(date ''2023-01-23'');';
  end if;
  perform engine.index_legacy();
  perform engine.find_legacy_items();
  return engine.create_run(
    kind => 'backfill',
    start_date => coalesce(start_date, feed.first_day),
    end_date => coalesce(end_date, engine.london_day() + feed.days_ahead),
    feeds => array['legacy'],
    reprocess => case when again then 'all' else 'missing' end
  );
end
$$;
comment on function public.legacy_copy(date, date, boolean) is
  'Starts to copy what only the old database has into our tables, newest month first, and returns the run id. First pull
   what the API has: select backfill_start(…). Nothing that the API said is changed, and what it says later replaces
   what was copied. Odds are copied while backfill_settings.capture_odds is on. Dates are inclusive and default to all
   there is; rows without a day count as of the first. again: also what was copied before, for odds that were left out.
   Error 55000 when no old database was taken over; others as of backfill_start.';

revoke all on function public.legacy_copy from public, anon, authenticated, service_role;
grant execute on function public.legacy_copy to service_role;

-- schemas/legacy_copy/faults.sql

-- What was wrong in the old database, counted there and in our tables now. Each function reads its old table and ours
-- once, and says from the same reading how many of its rows are only there.

create function engine.legacy_faults_of_races()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'races');
  runners constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'runners');
  results constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'results');
begin
  return query execute format(
    $sql$
      with with_runners as materialized (
        select distinct old.race_id from %2$s as old
      ),
      with_results as materialized (
        select distinct old.race_id from %3$s as old
      ),
      ours_with_runners as materialized (
        select distinct runner.race_id from public.ra_runners as runner
      ),
      rejected as materialized (
        select distinct reject.race_id
        from public.ingest_rejects as reject
        where reject.feed = 'legacy' and reject.kind in ('race', 'runner')
      ),
      judged as (
        select
          upper(old.region) as region,
          old.prize is null as no_prize,
          -- A result writes none of these.
          num_nonnulls(
            old.distance_m, old.tip, old.verdict, old.betting_forecast, old.going_detailed, old.stalls
          ) > 0 as had_card,
          old.has_result,
          results.race_id is not null as had_result,
          -- Metres stand where a card writes furlongs.
          old.distance ~ '^[0-9]{3,}$' as is_in_metres,
          coalesce(
            case
              when old.distance ~ '^[0-9]{3,5}$' then abs(
                old.distance::integer - (old.distance_m / 1609 * 8 + old.distance_m %% 1609 / 201) * 201.168
              ) > 1
              else old.distance_f ~ '[0-9]y$'
            end,
            false
          ) and old.distance_m is not null as is_rounded,
          old.off_time <> old.off_dt::time as is_twelve_hours,
          runners.race_id is null as no_runners,
          ours.id is null as not_here,
          ours.id is null and rejected.race_id is null as is_only_there,
          ours.prize_amount is null as ours_no_prize,
          ours.prize_currency is null as ours_no_currency,
          not (ours.has_result or ours.from_legacy) as ours_no_result,
          ours.distance_yards is null as ours_no_distance,
          ours.off_dt is null as ours_no_off,
          our_runners.race_id is null as ours_no_runners
        from %1$s as old
        left join with_runners as runners on runners.race_id = old.id
        left join with_results as results on results.race_id = old.id
        left join public.ra_races as ours on ours.id = old.id
        left join ours_with_runners as our_runners on our_runners.race_id = old.id
        left join rejected on rejected.race_id = old.id
        where %4$s
      )
      select line.fault, line.old_rows, line.new_rows, line.not_here
      from (
        select
          count(*) filter (where region = 'IRE' and no_prize and had_card) as euro_prizes,
          count(*) filter (
            where region = 'IRE' and no_prize and had_card and not not_here and (ours_no_prize or ours_no_currency)
          ) as euro_prizes_now,
          count(*) filter (where region = 'IRE' and no_prize and had_card and not_here) as euro_prizes_not_here,
          count(*) filter (where region <> 'IRE' and no_prize and had_card and has_result) as wiped_prizes,
          count(*) filter (
            where region <> 'IRE' and no_prize and had_card and has_result and not not_here and ours_no_prize
          ) as wiped_prizes_now,
          count(*) filter (where region <> 'IRE' and no_prize and had_card and has_result and not_here)
            as wiped_prizes_not_here,
          count(*) filter (where had_result and not has_result) as wiped_results,
          count(*) filter (where had_result and not has_result and not not_here and ours_no_result)
            as wiped_results_now,
          count(*) filter (where had_result and not has_result and not_here) as wiped_results_not_here,
          count(*) filter (where is_in_metres) as metres,
          count(*) filter (where is_in_metres and not not_here and ours_no_distance) as metres_now,
          count(*) filter (where is_in_metres and not_here) as metres_not_here,
          count(*) filter (where is_rounded) as rounded,
          count(*) filter (where is_rounded and not not_here and ours_no_distance) as rounded_now,
          count(*) filter (where is_rounded and not_here) as rounded_not_here,
          count(*) filter (where is_twelve_hours) as twelve_hours,
          count(*) filter (where is_twelve_hours and not not_here and ours_no_off) as twelve_hours_now,
          count(*) filter (where is_twelve_hours and not_here) as twelve_hours_not_here,
          count(*) filter (where no_runners) as no_runners,
          count(*) filter (where no_runners and not not_here and ours_no_runners) as no_runners_now,
          count(*) filter (where no_runners and not_here) as no_runners_not_here,
          count(*) filter (where is_only_there) as only_there
        from judged
      ) as counted
      cross join lateral (
        values
          ('euro prizes lost', euro_prizes, euro_prizes_now, euro_prizes_not_here),
          ('prizes wiped by a result, or none', wiped_prizes, wiped_prizes_now, wiped_prizes_not_here),
          ('results wiped by a card', wiped_results, wiped_results_now, wiped_results_not_here),
          ('distances in metres, exact text lost', metres, metres_now, metres_not_here),
          ('distances rounded', rounded, rounded_now, rounded_not_here),
          ('off times twelve hours away', twelve_hours, twelve_hours_now, twelve_hours_not_here),
          ('races without runners', no_runners, no_runners_now, no_runners_not_here),
          ('only in ' || %5$L, only_there, null, only_there)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, coalesce(runners, 'pg_catalog.pg_class'::regclass), results,
    engine.legacy_is_real(array['id'], 'race_name', engine.old_columns('races')),
    (select known.old_table from engine.legacy_tables as known where known.kind = 'races')
  );
end
$$;
comment on function engine.legacy_faults_of_races() is
  'What public.legacy_report says about races. Fails where the old tables of races, runners or results are not there.';

grant execute on function engine.legacy_faults_of_races to service_role;

-- schemas/legacy_copy/faults_of_runs.sql

-- What was wrong in the old runners and results, where a row may be written twice.

create function engine.legacy_twice(kind text)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    case
      when pg_catalog.to_regclass('legacy_data.duplicate_rows') is null
        then 'select old.race_id, old.horse_id from %1$s as old group by 1, 2 having count(*) > 1'
      -- The take-over has noted them.
      else
        'select distinct old.race_id, old.horse_id from %2$s as noted join %1$s as old on old.id = noted.id '
        'where noted.name = %3$L'
    end,
    known.relation::regclass, pg_catalog.to_regclass('legacy_data.duplicate_rows'), known.old_table
  )
  from engine.legacy_tables as known
  where known.kind = legacy_twice.kind
$$;
comment on function engine.legacy_twice(text) is
  'A query for the runs (race_id, horse_id) that an old table of runners or results has more than once. They are few:
   the others need no putting together.';

create function engine.legacy_faults_of_results()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'races');
  results constant engine.legacy_tables := (
    select known from engine.legacy_tables as known where known.kind = 'results'
  );
begin
  return query execute format(
    $sql$
      with twice as materialized (
        select old.*
        from (%4$s) as known
        join %2$s as old on old.race_id = known.race_id and old.horse_id = known.horse_id
      ),
      old_runs as (
        select
          old.race_id,
          old.horse_id,
          old.race_date as day,
          1::bigint as copies,
          old.position is null as no_position,
          old.time_seconds is null and strpos(old.time_display, ':') > 0 as no_seconds,
          old.rpr is null as no_rating,
          old.jockey_claim_lbs is null as no_claim,
          old.prize_won is null as no_prize
        from %2$s as old
        where %3$s and old.id not in (select twice.id from twice)
        union all
        select
          old.race_id,
          old.horse_id,
          min(old.race_date),
          count(*),
          bool_and(old.position is null),
          bool_and(old.time_seconds is null) and bool_or(strpos(old.time_display, ':') > 0),
          bool_and(old.rpr is null),
          bool_and(old.jockey_claim_lbs is null),
          bool_and(old.prize_won is null)
        from twice as old
        where %3$s
        group by old.race_id, old.horse_id
      ),
      judged as (
        select
          old_runs.*,
          ours.race_id is null as not_here,
          ours.position is null and ours.position_code is null and not ours.is_non_runner as ours_no_position,
          ours.time_seconds is null as ours_no_seconds,
          ours.rpr is null as ours_no_rating,
          ours.jockey_claim_lbs is null as ours_no_claim,
          ours.prize_amount is null as ours_no_prize,
          ours.race_id is null and rejected.race_id is null as is_only_there
        from old_runs
        left join public.ra_runners as ours on ours.race_id = old_runs.race_id and ours.horse_id = old_runs.horse_id
        left join (
          select distinct reject.race_id, reject.horse_id
          from public.ingest_rejects as reject
          where reject.feed = 'legacy' and reject.kind = 'runner'
        ) as rejected on rejected.race_id = old_runs.race_id and rejected.horse_id = old_runs.horse_id
      ),
      -- Few enough to be put together in memory; what is known of the race comes after that.
      by_race as materialized (
        select
          race_id,
          min(day) as day,
          count(*) filter (where no_position) as codes,
          count(*) filter (where no_position and not not_here and ours_no_position) as codes_now,
          count(*) filter (where no_position and not_here) as codes_not_here,
          count(*) filter (where no_seconds) as seconds,
          count(*) filter (where no_seconds and not not_here and ours_no_seconds) as seconds_now,
          count(*) filter (where no_seconds and not_here) as seconds_not_here,
          count(*) filter (where no_rating) as ratings,
          count(*) filter (where no_rating and not not_here and ours_no_rating) as ratings_now,
          count(*) filter (where no_rating and not_here) as ratings_not_here,
          count(*) filter (where no_claim) as claims,
          count(*) filter (where no_claim and not not_here and ours_no_claim) as claims_now,
          count(*) filter (where no_claim and not_here) as claims_not_here,
          count(*) filter (where no_prize) as winnings,
          count(*) filter (where no_prize and not not_here and ours_no_prize) as winnings_now,
          count(*) filter (where no_prize and not_here) as winnings_not_here,
          sum(copies - 1) as duplicates,
          sum(copies) as rows,
          coalesce(sum(copies) filter (where not_here), 0) as rows_not_here,
          count(*) filter (where is_only_there) as only_there
        from judged
        group by race_id
      ),
      cut_off as (
        select
          days.day,
          (select count(*) from public.ra_races as race where race.race_date = days.day and race.has_result) as ours,
          exists (
            select from engine.known_days as known
            where known.feed = 'results' and known.day = days.day and known.races_stored >= known.races_in_api
          ) as is_whole
        from (select by_race.day from by_race group by by_race.day having count(*) = 50) as days
      )
      select
        line.fault, coalesce(line.old_rows, 0)::bigint,
        case when line.fault not like 'only in %%' then coalesce(line.new_rows, 0)::bigint end,
        coalesce(line.not_here, 0)::bigint
      from (
        select
          sum(codes) as codes, sum(codes_now) as codes_now, sum(codes_not_here) as codes_not_here,
          sum(seconds) as seconds, sum(seconds_now) as seconds_now, sum(seconds_not_here) as seconds_not_here,
          sum(ratings) as ratings, sum(ratings_now) as ratings_now, sum(ratings_not_here) as ratings_not_here,
          sum(claims) as claims, sum(claims_now) as claims_now, sum(claims_not_here) as claims_not_here,
          sum(winnings) filter (where is_irish) as winnings,
          sum(winnings_now) filter (where is_irish) as winnings_now,
          sum(winnings_not_here) filter (where is_irish) as winnings_not_here,
          sum(duplicates) as duplicates, sum(rows) filter (where is_orphan) as orphans,
          sum(rows_not_here) filter (where is_orphan) as orphans_not_here,
          sum(only_there) filter (where not is_rejected) as only_there
        from (
          select
            by_race.*, race.id is null as is_orphan, upper(race.region) = 'IRE' as is_irish,
            by_race.race_id in (
              select reject.race_id from public.ingest_rejects as reject
              where reject.feed = 'legacy' and reject.kind = 'race' and reject.race_id is not null
            ) as is_rejected
          from by_race
          left join %1$s as race on race.id = by_race.race_id
        ) as placed
      ) as counted
      cross join (
        select
          count(*) as days, count(*) filter (where not is_whole and ours > 0) as days_now,
          count(*) filter (where not is_whole and ours = 0) as days_not_here
        from cut_off
      ) as cut
      cross join lateral (
        values
          ('days cut off at 50 results', days, days_now, days_not_here),
          ('letter codes lost', codes, codes_now, codes_not_here),
          ('times without seconds', seconds, seconds_now, seconds_not_here),
          ('ratings missing', ratings, ratings_now, ratings_not_here),
          ('claims lost or none', claims, claims_now, claims_not_here),
          ('euro winnings lost or none', winnings, winnings_now, winnings_not_here),
          ('duplicate results', duplicates, 0, 0),
          ('results of races that are lost', orphans, 0, orphans_not_here),
          ('only in ' || %5$L, only_there, null, only_there)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, results.relation::regclass,
    engine.legacy_is_real(array['race_id', 'horse_id'], 'horse_name', engine.old_columns('results')),
    engine.legacy_twice('results'), results.old_table
  );
end
$$;
comment on function engine.legacy_faults_of_results() is
  'What public.legacy_report says about the old table of results. Copies of a row count once.';

create function engine.legacy_faults_of_runners()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'races');
  runners constant engine.legacy_tables := (
    select known from engine.legacy_tables as known where known.kind = 'runners'
  );
begin
  return query execute format(
    $sql$
      with twice as materialized (
        select old.*
        from (%5$s) as known
        join %2$s as old on old.race_id = known.race_id and old.horse_id = known.horse_id
      ),
      old_runs as (
        select
          old.race_id,
          old.horse_id,
          1::bigint as copies,
          old.jockey_id = 'jky_224913' or old.jockey_name like 'NON-RUNNER%%' as has_placeholder,
          %4$s < old.updated_at as has_ratings_of_card
        from %2$s as old
        where %3$s and old.id not in (select twice.id from twice)
        union all
        select
          old.race_id,
          old.horse_id,
          count(*),
          bool_or(old.jockey_id = 'jky_224913' or old.jockey_name like 'NON-RUNNER%%'),
          bool_or(%4$s < old.updated_at)
        from twice as old
        where %3$s
        group by old.race_id, old.horse_id
      ),
      judged as (
        select
          old_runs.*,
          ours.race_id is null as not_here,
          ours.jockey_id = 'jky_224913' or ours.jockey_name like 'NON-RUNNER%%' as ours_has_placeholder,
          ours.race_id is null and rejected.race_id is null as is_only_there
        from old_runs
        left join public.ra_runners as ours on ours.race_id = old_runs.race_id and ours.horse_id = old_runs.horse_id
        left join (
          select distinct reject.race_id, reject.horse_id
          from public.ingest_rejects as reject
          where reject.feed = 'legacy' and reject.kind = 'runner'
        ) as rejected on rejected.race_id = old_runs.race_id and rejected.horse_id = old_runs.horse_id
      ),
      by_race as materialized (
        select
          race_id,
          count(*) filter (where has_placeholder) as placeholders,
          count(*) filter (where has_placeholder and ours_has_placeholder) as placeholders_now,
          count(*) filter (where has_placeholder and not_here) as placeholders_not_here,
          count(*) filter (where has_ratings_of_card) as ratings,
          count(*) filter (where has_ratings_of_card and not_here) as ratings_not_here,
          sum(copies - 1) as duplicates,
          sum(copies) as rows,
          coalesce(sum(copies) filter (where not_here), 0) as rows_not_here,
          count(*) filter (where is_only_there) as only_there
        from judged
        group by race_id
      )
      select
        line.fault, coalesce(line.old_rows, 0)::bigint,
        case when line.fault not like 'only in %%' then coalesce(line.new_rows, 0)::bigint end,
        coalesce(line.not_here, 0)::bigint
      from (
        select
          sum(placeholders) as placeholders, sum(placeholders_now) as placeholders_now,
          sum(placeholders_not_here) as placeholders_not_here,
          sum(ratings) as ratings, sum(ratings_not_here) as ratings_not_here,
          sum(duplicates) as duplicates, sum(rows) filter (where race.id is null) as orphans,
          sum(rows_not_here) filter (where race.id is null) as orphans_not_here,
          sum(only_there) filter (
            where by_race.race_id not in (
              select reject.race_id from public.ingest_rejects as reject
              where reject.feed = 'legacy' and reject.kind = 'race' and reject.race_id is not null
            )
          ) as only_there
        from by_race
        left join %1$s as race on race.id = by_race.race_id
      ) as counted
      cross join lateral (
        values
          ('runners with the jockey NON-RUNNER', placeholders, placeholders_now, placeholders_not_here),
          -- Here the figures before and after the race have columns of their own.
          ('ratings of a card in place of the result''s', ratings, 0, ratings_not_here),
          ('duplicate runners', duplicates, 0, 0),
          ('runners of races that are lost', orphans, 0, orphans_not_here),
          ('only in ' || %6$L, only_there, null, only_there)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, runners.relation::regclass,
    engine.legacy_is_real(array['race_id', 'horse_id'], 'horse_name', engine.old_columns('runners')),
    case when engine.old_columns('runners') @> array['result_updated_at'] then 'old.result_updated_at'
      else 'null::timestamp' end,
    engine.legacy_twice('runners'), runners.old_table
  );
end
$$;
comment on function engine.legacy_faults_of_runners() is
  'What public.legacy_report says about the old table of runners. Copies of a row count once.';

grant execute on function engine.legacy_twice, engine.legacy_faults_of_results, engine.legacy_faults_of_runners
  to service_role;

-- schemas/legacy_copy/report.sql

-- The damage report.

create function engine.legacy_faults_of_masters()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  known engine.legacy_tables;
  -- Capitals in brackets that are a country's, as values/regions.ts has them, not (II) or (AW).
  suffix constant text := '\(('
    || 'GB|JER|GUE|IRE|FR|GER|ITY|SPA|BEL|HOL|AUT|SLO|SVN|GR|CYP|USA|PR|PAN|AUS|'
    || 'NZ|CAN|HK|SIN|BAR|JPN|CHN|KOR|MAC|MAL|IND|UAE|KSA|QA|BHR|OMN|ISR|TUR|'
    || 'RUS|SWI|DEN|SWE|NOR|POL|HUN|CZE|SAF|MAU|MOR|ARG|BRZ|CHI|PER|URU|BUL|YUG|'
    || 'ALG|AZE|COL|CRO|CUB|ECU|EST|FIN|JAM|KAZ|KEN|LAT|LIT|LUX|MEX|POR|ROM|SER|'
    || 'SVK|TRI|TUN|UKR|UZB|VEN|ZIM'
    || ')\)$';
  claim constant text := '\([0-9]+\)$';
  counted bigint[];
  sought text;
  suffixes bigint[] := array[0, 0, 0];
  claims bigint[] := array[0, 0, 0];
  blanks bigint := 0;
begin
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.new_table like 'ra\_mst\_%' and one.kind <> 'pedigree'
    order by one.place
  loop
    sought := case known.kind when 'jockeys' then claim else suffix end;
    execute format(
      $sql$
        select array[
          count(*) filter (where judged.is_found),
          count(*) filter (where judged.is_found and ours.name ~ $1),
          count(*) filter (where judged.is_found and ours.id is null),
          count(*) filter (where judged.id = '')
        ]
        from (
          -- Few names end with a bracket, and the pattern has many arms. Offset: it is not looked for three times.
          select old.id, right(old.name, 1) = ')' and old.name ~ $1 and %3$s as is_found
          from %1$s as old
          offset 0
        ) as judged
        left join public.%2$I as ours on ours.id = judged.id
      $sql$,
      known.relation::regclass, known.new_table,
      -- That one is nobody, and a line of its own.
      case when known.kind = 'jockeys' then 'old.id <> ''jky_224913''' else 'true' end
    )
    into counted
    using sought;
    if known.kind = 'jockeys' then
      claims := counted[1:3];
    elsif known.kind in ('horses', 'sires', 'dams', 'damsires') then
      suffixes := array[suffixes[1] + counted[1], suffixes[2] + counted[2], suffixes[3] + counted[3]];
    end if;
    blanks := blanks + counted[4];
  end loop;
  return query values
    ('names with a region behind them', suffixes[1], suffixes[2], suffixes[3]),
    ('jockeys with a claim behind the name', claims[1], claims[2], claims[3]),
    ('rows with the id ''''', blanks, 0::bigint, 0::bigint),
    ('horses whose damsire is ''''', engine.count_legacy('horses', 'old.damsire_id = '''''), 0::bigint, 0::bigint),
    (
      'region codes that are wrong',
      engine.count_legacy('courses', 'lower(old.region_code) in (''sa'', ''ita'')')
        + engine.count_relation(
          'legacy_data', array['ra_mst_regions', 'ra_regions'], 'lower(old.code) in (''sa'', ''ita'')'
        ),
      (select count(*) from public.ra_mst_regions as ours where ours.code in ('sa', 'ita')), 0::bigint
    ),
    (
      'bookmakers with an underscore in the code', engine.count_legacy('bookmakers', 'old.code like ''%\_%'''),
      (select count(*) from public.ra_mst_bookmakers as ours where ours.code like '%\_%'), 0::bigint
    ),
    ('rows marked **TEST**', engine.count_tests(), 0::bigint, 0::bigint),
    ('columns that are null in every row', engine.count_empty_columns(), null::bigint, null::bigint);
end
$$;
comment on function engine.legacy_faults_of_masters() is
  'What public.legacy_report says about master tables and the rest.';

create function engine.count_relation(schema_name text, names text[], condition text)
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation regclass;
  counted bigint := 0;
begin
  select c.oid::regclass into relation
  from unnest(count_relation.names) with ordinality as candidate (name, nth)
  join pg_catalog.pg_class as c on c.relname = candidate.name and c.relkind in ('r', 'p')
  where c.relnamespace = to_regnamespace(count_relation.schema_name)
  order by candidate.nth
  limit 1;
  if relation is not null then
    execute format('select count(*) from %s as old where %s', relation, count_relation.condition) into counted;
  end if;
  return counted;
end
$$;
comment on function engine.count_relation(text, text[], text) is
  'Rows of the first of these tables that is there, for which a condition over old holds; 0 when none is.';

create function engine.count_legacy(kind text, condition text)
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  relation constant regclass := (
    select known.relation from engine.legacy_tables as known where known.kind = count_legacy.kind
  );
  counted bigint := 0;
begin
  if relation is not null then
    execute format('select count(*) from %s as old where %s', relation, count_legacy.condition) into counted;
  end if;
  return counted;
end
$$;
comment on function engine.count_legacy(text, text) is
  'Rows of an old table, as engine.legacy_tables calls it, for which a condition over old holds; 0 when it is not
   there.';

create function engine.count_tests()
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  known record;
  counted bigint := 0;
begin
  for known in
    select
      one.kind,
      (
        select string_agg(format('starts_with(old.%I::text, ''**TEST**'')', a.attname), ' or ')
        from pg_catalog.pg_attribute as a
        where
          a.attrelid = one.relation and a.attnum > 0 and not a.attisdropped
          and a.attname in ('id', 'name', 'race_id', 'horse_id', 'horse_name', 'race_name')
          and a.atttypid in ('text'::regtype, 'varchar'::regtype)
      ) as condition
    from engine.legacy_tables as one
    where one.relation is not null
  loop
    continue when known.condition is null;
    counted := counted + engine.count_legacy(known.kind, known.condition);
  end loop;
  return counted;
end
$$;
comment on function engine.count_tests() is 'Old rows that the old system''s own tests left behind.';

create function engine.count_empty_columns()
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  known engine.legacy_tables;
  candidates text[];
  counted bigint;
  counted_in_all bigint := 0;
  has_value boolean;
begin
  for known in select one.* from engine.legacy_tables as one where one.relation is not null loop
    execute format('select exists (select from %s)', known.relation::regclass) into has_value;
    candidates := array(
      -- A column of which the sample had a value is not empty, and need not be counted.
      select format('old.%I', name)
      from unnest(engine.old_columns(known.kind)) as name
      where not exists (
        select from pg_catalog.pg_stats as sampled
        where
          sampled.schemaname = 'legacy_data' and sampled.tablename = known.old_table and sampled.attname = name
          and sampled.null_frac < 1
      )
    );
    continue when not has_value or cardinality(candidates) = 0;
    -- As a rule the sample was right about all of them.
    execute format(
      'select exists (select from %s as old where num_nonnulls(%s) > 0)', known.relation::regclass,
      array_to_string(candidates, ', ')
    )
    into has_value;
    counted := cardinality(candidates);
    if has_value then
      execute format(
        'select %s from %s as old',
        (select string_agg(format('(count(%s) = 0)::integer', name), ' + ') from unnest(candidates) as name),
        known.relation::regclass
      )
      into counted;
    end if;
    counted_in_all := counted_in_all + counted;
  end loop;
  return counted_in_all;
end
$$;
comment on function engine.count_empty_columns() is
  'Columns of the old tables that are null in every row; tables without rows are left out.';

create function public.legacy_report()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
set statement_timeout = '300s'
-- Millions of runs are put together by race and horse: on disk that takes several times as long.
set work_mem = '64MB'
as $$
begin
  if not engine.has_legacy() then
    raise exception 'There is no old database in this project'
      using errcode = '55000', hint = 'One that setup takes over is in the schema legacy_data.';
  end if;
  return query
    with counted as materialized (
      select 1 as part, line.*
      from engine.legacy_faults_of_races() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select 2, line.*
      from engine.legacy_faults_of_results() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select 3, line.*
      from engine.legacy_faults_of_runners() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select 4, line.*
      from engine.legacy_faults_of_masters() with ordinality as line (fault, old_rows, new_rows, not_here, place)
      union all
      select
        5, concat_ws(': ', 'only in ' || left_over.old_table, left_over.reason), left_over.rows, null, left_over.rows,
        left_over.place
      from engine.rows_only_in_legacy(array['races', 'results', 'runners'])
        with ordinality as left_over (old_table, reason, rows, place)
    )
    select counted.fault, counted.old_rows, counted.new_rows, counted.not_here
    from counted
    order by counted.fault like 'only in %', counted.part, counted.place;
end
$$;
comment on function public.legacy_report() is
  'What was wrong in the old database, a row per fault. old_rows: how many rows of it have the fault; new_rows: how many
   of these are in our tables and have it still; not_here: how many of them our tables do not have (yet). The rest is
   right now. The last lines, "only in …": how many rows of an old table are nowhere else, and why
   where something other than a pull or a copy is needed. docs/legacy_values.md has
   each fault. Error 55000 when no old database was taken over.';

revoke all on function public.legacy_report from public, anon, authenticated, service_role;
grant execute on function
  engine.legacy_faults_of_masters, engine.count_relation, engine.count_legacy, engine.count_tests,
  engine.count_empty_columns, public.legacy_report
  to service_role;

-- schemas/legacy_copy/differences.sql

-- Where the old database and the API say something else.

create function engine.legacy_compared()
returns table (kind text, column_name text, old_value text, new_value text, answered text, needs text)
language sql
immutable
security invoker
set search_path = ''
as $$
  values
    ('races', 'race_date', 'old.date', 'ours.race_date', 'ours.has_card or ours.has_result', 'date'),
    (
      'races', 'off_dt', 'old.off_dt at time zone ''Europe/London''', 'ours.off_dt',
      'ours.has_card or ours.has_result', 'off_dt'
    ),
    ('races', 'course_id', 'old.course_id', 'ours.course_id', 'ours.has_card or ours.has_result', 'course_id'),
    ('races', 'region_code', 'lower(old.region)', 'ours.region_code', 'ours.has_card or ours.has_result', 'region'),
    (
      'races', 'race_name', 'nullif(old.race_name, '''')', 'ours.race_name', 'ours.has_card or ours.has_result',
      'race_name'
    ),
    ('races', 'race_type', 'nullif(old.type, '''')', 'ours.race_type', 'ours.has_card or ours.has_result', 'type'),
    (
      'races', 'race_class', 'nullif(old.race_class, '''')', 'ours.race_class', 'ours.has_card or ours.has_result',
      'race_class'
    ),
    ('races', 'going', 'nullif(old.going, '''')', 'ours.going', 'ours.has_card or ours.has_result', 'going'),
    (
      'races', 'distance_metres', 'case when old.distance ~ ''^[0-9]{3,5}$'' then old.distance::integer end',
      'ours.distance_metres', 'ours.has_card or ours.has_result', 'distance'
    ),
    ('races', 'prize_amount', 'old.prize', 'ours.prize_amount', 'ours.has_card', 'prize'),
    ('races', 'is_abandoned', 'old.is_abandoned', 'ours.is_abandoned', 'ours.has_card', 'is_abandoned'),
    ('races', 'tote_win', 'nullif(old.tote_win, '''')', 'ours.tote_win', 'ours.has_result', 'tote_win'),
    ('races', 'tote_place', 'nullif(old.tote_pl, '''')', 'ours.tote_place', 'ours.has_result', 'tote_pl'),
    (
      'races', 'winning_time_detail', 'nullif(old.winning_time_detail, '''')', 'ours.winning_time_detail',
      'ours.has_result', 'winning_time_detail'
    ),
    (
      'races', 'stewards_comments', 'nullif(old.comments, '''')', 'ours.stewards_comments', 'ours.has_result',
      'comments'
    ),
    (
      'races', 'non_runners', 'nullif(old.non_runners, '''')', 'ours.non_runners', 'ours.has_result', 'non_runners'
    ),
    ('results', 'position', 'old.position', 'ours.position', 'ours.has_result', 'position'),
    ('results', 'jockey_id', 'nullif(old.jockey_id, '''')', 'ours.jockey_id', 'ours.has_result', 'jockey_id'),
    ('results', 'trainer_id', 'nullif(old.trainer_id, '''')', 'ours.trainer_id', 'ours.has_result', 'trainer_id'),
    ('results', 'owner_id', 'nullif(old.owner_id, '''')', 'ours.owner_id', 'ours.has_result', 'owner_id'),
    ('results', 'jockey_claim_lbs', 'old.jockey_claim_lbs', 'nullif(ours.jockey_claim_lbs, 0)', 'ours.has_result',
      'jockey_claim_lbs'),
    ('results', 'beaten_lengths', 'old.btn', 'ours.beaten_lengths', 'ours.has_result', 'btn'),
    ('results', 'time_seconds', 'old.time_seconds', 'ours.time_seconds', 'ours.has_result', 'time_seconds'),
    ('results', 'sp_decimal', 'nullif(old.sp_decimal, 0)', 'ours.sp_decimal', 'ours.has_result', 'sp_decimal'),
    (
      'results', 'official_rating', 'old.official_rating', 'ours.official_rating', 'ours.has_result', 'official_rating'
    ),
    ('results', 'rpr', 'old.rpr', 'ours.rpr', 'ours.has_result', 'rpr'),
    ('results', 'topspeed', 'old.tsr', 'ours.topspeed', 'ours.has_result', 'tsr'),
    ('results', 'prize_amount', 'old.prize_won', 'ours.prize_amount', 'ours.has_result', 'prize_won')
$$;
comment on function engine.legacy_compared() is
  'Which columns are compared: the kind of the old table, our column, expressions over old and ours, when the API has
   answered it, and the old column that it needs.';

create function public.legacy_differences()
returns table (
  old_table text, column_name text, compared bigint, same bigint, changed bigint, only_old bigint, only_new bigint
)
language plpgsql
stable
security invoker
set search_path = ''
set statement_timeout = '300s'
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
  known engine.legacy_tables;
  counters text;
  lines text;
begin
  if not engine.has_legacy() then
    raise exception 'There is no old database in this project'
      using errcode = '55000', hint = 'One that setup takes over is in the schema legacy_data.';
  end if;
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.kind in ('races', 'results')
    order by one.place
  loop
    select
      string_agg(
        format(
          'count(*) filter (where %1$s) as compared_%2$s,
           count(*) filter (where (%1$s) and %3$s is not distinct from %4$s) as same_%2$s,
           count(*) filter (where (%1$s) and %3$s <> %4$s) as changed_%2$s,
           count(*) filter (where (%1$s) and %3$s is not null and %4$s is null) as only_old_%2$s,
           count(*) filter (where (%1$s) and %3$s is null and %4$s is not null) as only_new_%2$s',
          one.answered, one.column_name, one.old_value, one.new_value
        ),
        ', '
      ),
      string_agg(
        format('(%2$L, compared_%1$s, same_%1$s, changed_%1$s, only_old_%1$s, only_new_%1$s)', one.column_name,
          one.column_name),
        ', '
      )
    into counters, lines
    from engine.legacy_compared() as one
    where one.kind = known.kind and one.needs = any (engine.old_columns(known.kind));
    return query execute format(
      $sql$
        select %1$L, line.*
        from (
          select %2$s
          from %3$s as old
          join public.%4$I as ours on %5$s
        ) as counted
        cross join lateral (values %6$s) as line
      $sql$,
      known.old_table, counters, known.relation::regclass, known.new_table,
      (
        select string_agg(format('ours.%I = old.%I', pair.new_column, pair.old_column), ' and ')
        from unnest(known.new_key, known.old_key) as pair (new_column, old_column)
      ),
      lines
    );
  end loop;
end
$$;
comment on function public.legacy_differences() is
  'What the API says otherwise than the old database, a row per column of races and results, counted over rows that both
   have and the API has answered. same: equal, or missing in both; changed: two values; only_old: the API says nothing;
   only_new: the old database had lost it, or never had it. Copies of an old row count each. Error 55000 when no old
   database was taken over.';

revoke all on function public.legacy_differences from public, anon, authenticated, service_role;
grant execute on function engine.legacy_compared, public.legacy_differences to service_role;

-- schemas/operate/steer.sql

-- How an operator steers a run: pause, resume, cancel, retry. A change that the state does not allow is an error and
-- changes nothing.

create function engine.hold_run(run_id bigint)
returns public.backfill_runs
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
begin
  select run.* into held from public.backfill_runs as run where run.id = hold_run.run_id for no key update;
  if not found then
    raise exception 'There is no run %', coalesce(hold_run.run_id::text, 'null')
      using errcode = '22023', hint = 'The runs are in: select run_id, state from backfill_status;';
  end if;
  if held.cancelled_at is not null then
    raise exception 'Run % was cancelled at %', held.id, held.cancelled_at
      using errcode = 'PT409',
        hint = format(
          'What it stored stays. For what is missing: select backfill_start(date %L, date %L, %L);', held.start_date,
          held.end_date, held.feeds
        );
  end if;
  return held;
end
$$;
comment on function engine.hold_run(bigint) is
  'Locks a run that may still be steered and returns it; otherwise an error.';

create function engine.refuse_to_steer(run_id bigint, refusal text)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  status record;
begin
  select known.* into status from public.backfill_status_details as known where known.run_id = refuse_to_steer.run_id;
  raise exception 'Run % %: it %', status.run_id, refuse_to_steer.refusal,
    case status.state
      when 'waiting' then 'waits to be claimed'
      when 'running' then 'is running'
      when 'paused' then 'is paused'
      when 'completed_with_failures'
        then format('completed with failures at %s, dead chunks: %s', status.ended_at, status.chunks_dead)
      else format('succeeded at %s', status.ended_at)
    end
    using errcode = 'PT409',
      hint = case
        when status.state <> 'succeeded' then status.what_to_do
        when status.chunks_total = 0 then status.what_to_do
        else format(
          'To pull its days again: select backfill_start(date %L, date %L, %L, reprocess => ''all'');',
          status.start_date, status.end_date, status.feeds
        )
      end;
end
$$;
comment on function engine.refuse_to_steer(bigint, text) is
  'Error PT409: the refusal ("has ended"), the state of the run, and what to do instead.';

create function engine.hold_chunks(run_id bigint, states text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform
  from public.backfill_progress as chunk
  where chunk.run_id = hold_chunks.run_id and chunk.state = any (hold_chunks.states)
  order by chunk.id
  for update;
end
$$;
comment on function engine.hold_chunks(bigint, text[]) is
  'Locks the chunks of a run that are in these states. Call it before hold_run: all code locks chunks before their
   run.';

create function public.backfill_pause(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held constant public.backfill_runs := engine.hold_run(backfill_pause.run_id);
begin
  if not exists (select from engine.live_chunks as live where live.run_id = held.id) then
    perform engine.refuse_to_steer(held.id, 'has ended');
  end if;
  if held.paused_at is not null then
    raise exception 'Run % is paused already', held.id using errcode = 'PT409', hint = held.pause_reason;
  end if;
  update public.backfill_runs as run
  set
    paused_at = engine.clock(),
    pause_reason = format('Paused by %s. To go on: select backfill_resume(%s);', session_user, run.id)
  where run.id = held.id;
end
$$;
comment on function public.backfill_pause(bigint) is
  'Pauses a run: chunks being worked on store their current page and yield, waiting ones keep waiting.';

create function engine.go_on(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Chunks before their run, in the usual order. Due from now on: not since before the pause, which would look as if
  -- their dispatches were unanswered, and not after a wait that the pause has made pointless.
  perform engine.hold_chunks(go_on.run_id, array['waiting']);
  update public.backfill_progress as chunk
  set next_attempt_at = engine.clock(), failing_since = null
  where chunk.run_id = go_on.run_id and chunk.state = 'waiting';
  update public.backfill_runs as run set paused_at = null, pause_reason = null where run.id = go_on.run_id;
end
$$;
comment on function engine.go_on(bigint) is 'Ends the pause of a run. Nothing is dispatched yet.';

create function public.backfill_resume(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
begin
  perform engine.hold_chunks(backfill_resume.run_id, array['waiting']);
  held := engine.hold_run(backfill_resume.run_id);
  -- Its last chunk may have ended after the pause.
  if not exists (select from engine.live_chunks as live where live.run_id = held.id) then
    perform engine.refuse_to_steer(held.id, 'has ended');
  end if;
  if held.paused_at is null then
    perform engine.refuse_to_steer(held.id, 'is not paused');
  end if;
  perform engine.go_on(held.id);
  perform engine.pause_without_room();
  select run.* into held from public.backfill_runs as run where run.id = held.id;
  if held.paused_at is not null then
    raise exception 'Run % stays paused: the database has no room for it', held.id
      using errcode = 'PT409', hint = held.pause_reason;
  end if;
  perform engine.dispatch_due();
end
$$;
comment on function public.backfill_resume(bigint) is
  'Resumes a paused run at once, at its cursors. Error PT409 while the database has no room for it: the run stays
   paused, and the hint says how to make room.';

create function public.backfill_cancel(run_id bigint)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
begin
  perform engine.hold_chunks(backfill_cancel.run_id, array['waiting', 'working', 'dead']);
  held := engine.hold_run(backfill_cancel.run_id);
  if not exists (
    select from public.backfill_progress as chunk
    where chunk.run_id = held.id and chunk.state in ('waiting', 'working', 'dead')
  ) then
    perform engine.refuse_to_steer(held.id, 'has ended');
  end if;
  update public.backfill_runs as run set cancelled_at = engine.clock() where run.id = held.id;
  perform engine.leave_chunk(chunk, 'cancelled')
  from public.backfill_progress as chunk
  where chunk.run_id = held.id and chunk.state in ('waiting', 'working', 'dead')
  order by chunk.id;
  -- Others can have its leases and days now. It is cancelled even if a Vault secret is missing.
  perform engine.dispatch_next(null);
end
$$;
comment on function public.backfill_cancel(bigint) is
  'Ends a run for good. What it stored stays; a page in flight is refused, because its lease is gone. Dead chunks are
   cancelled too: their days are no longer expected.';

create function public.backfill_retry(run_id bigint)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.backfill_runs;
  redriven integer;
begin
  perform engine.hold_chunks(backfill_retry.run_id, array['dead']);
  held := engine.hold_run(backfill_retry.run_id);
  -- A period that was read to its end and still lacked races is read from its start.
  perform engine.read_again(chunk, chunk.period_start)
  from public.backfill_progress as chunk
  where chunk.run_id = held.id and chunk.state = 'dead' and chunk.repulls > 0
  order by chunk.id;
  update public.backfill_progress as chunk
  set
    state = 'waiting',
    ended_at = null,
    attempts = 0,
    interruptions = 0,
    repulls = 0,
    failing_since = null,
    next_attempt_at = engine.clock()
  where chunk.run_id = held.id and chunk.state = 'dead';
  get diagnostics redriven = row_count;
  if redriven = 0 then
    perform engine.refuse_to_steer(held.id, 'has no dead chunks');
  end if;
  perform engine.dispatch_due();
  return redriven;
end
$$;
comment on function public.backfill_retry(bigint) is
  'Puts the dead chunks of a run back to waiting, at their cursors and with all attempts. A page that killed its chunk
   is read again, and a period that lacked races from its start. Returns how many.';

revoke all on function
  public.backfill_pause, public.backfill_resume, public.backfill_cancel, public.backfill_retry
  from public, anon, authenticated, service_role;
grant execute on function
  engine.hold_run, engine.refuse_to_steer, engine.hold_chunks, engine.go_on, public.backfill_pause,
  public.backfill_resume, public.backfill_cancel, public.backfill_retry
  to service_role;

-- schemas/operate/progress.sql

-- How far the feeds of a run have come, and how fast they go.

-- The pages of each feed of a run, with what the run has learned about its estimates.
create view engine.feed_progress
with (security_invoker = true)
as
with chunks as (
  select
    chunk.*,
    -- A total of the whole period comes with its first page.
    feed.counted_by <> 'pages' or chunk.api_total is not null or chunk.repulls > 0 as pages_are_known
  from public.backfill_progress as chunk
  join engine.feeds as feed on feed.name = chunk.feed
),
-- A window function, no join with sums: reads the chunks once, and only those of the runs asked for.
estimated as (
  select
    chunks.*,
    -- Periods that were begun know their number of pages; the others are scaled by how far those differ from the plan.
    case
      when chunks.pages_are_known then chunks.pages_expected
      else chunks.pages_planned * coalesce(
        sum(chunks.pages_expected) filter (where chunks.pages_are_known) over feed_of_run
          / nullif(sum(chunks.pages_planned) filter (where chunks.pages_are_known) over feed_of_run, 0)::numeric,
        1
      )
    end as expected
  from chunks
  window feed_of_run as (partition by chunks.run_id, chunks.feed)
)
select
  chunk.run_id,
  chunk.feed,
  chunk.priority,
  sum(chunk.expected) as pages_expected,
  sum(
    case when chunk.state = 'succeeded' then chunk.expected else least(chunk.pages_done, chunk.expected) end
  ) as pages_done,
  coalesce(
    sum(greatest(chunk.expected - chunk.pages_done, 0)) filter (where chunk.state in ('waiting', 'working')), 0
  ) as pages_left,
  max(chunk.next_attempt_at) filter (where chunk.state = 'waiting') as last_attempt_due
from estimated as chunk
group by chunk.run_id, chunk.feed, chunk.priority;
comment on view engine.feed_progress is
  'A row per run and feed: pages expected, done and left. Fractions come from estimates.';

create function engine.pace(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  with work as (
    -- From the dispatch on, so that the hop between two invocations counts, and a pause does not.
    select
      range_agg(
        tstzrange(
          coalesce(invocation.dispatched_at, invocation.claimed_at), coalesce(invocation.ended_at, engine.clock()), '[]'
        )
      ) as times
    from engine.invocations as invocation
    where
      invocation.feed = pace.feed
      and invocation.claimed_at > (select engine.clock() - interval '15 minutes')
      and coalesce(invocation.dispatched_at, invocation.claimed_at) <= coalesce(invocation.ended_at, engine.clock())
  ),
  busy as (
    select
      counted.counted_from,
      min(counted.first_at) as first_at,
      sum(counted.calls) as calls,
      sum(sum(counted.calls)) over (order by counted.counted_from desc) as calls_since
    from engine.racing_api_calls as counted
    where
      counted.feed = pace.feed
      and counted.counted_from > (select engine.clock() - interval '15 minutes')
    group by counted.counted_from
  ),
  -- The last quarter of the work, because the first invocations start cold, and ten calls at least.
  recent as (
    select min(busy.first_at) as since, sum(busy.calls) as calls
    from busy
    cross join work
    where
      busy.calls_since - busy.calls < 10
      or busy.counted_from >= engine.clock() - (engine.clock() - lower(work.times)) / 4
  )
  -- The time runs from the first report on, so the call of that one was made before.
  select
    case
      when recent.calls >= 5
        then (recent.calls - 1) / nullif(sum(extract(epoch from upper(spell) - lower(spell))), 0)
    end
  from recent
  cross join work
  cross join lateral unnest(work.times * tstzmultirange(tstzrange(recent.since, engine.clock(), '[]'))) as spell
  where recent.since <= engine.clock()
  group by recent.calls
$$;
comment on function engine.pace(text) is
  'API calls a second that a feed made lately: in the last quarter of its work of a quarter of an hour. Pauses do not
   count, waiting for a page does. Null until five calls were made, and after a quarter of an hour without any.';

create function engine.calls_per_second(feed text)
returns numeric
language sql
stable
security invoker
set search_path = ''
as $$
  select least(
    engine.allowed_rate(
      calls_per_second.feed,
      array(select distinct live.feed from engine.live_chunks as live where live.paused_at is null)
    ),
    engine.pace(calls_per_second.feed)
  )
$$;
comment on function engine.calls_per_second(text) is
  'How many API calls a second to expect for a feed, beside what is pulled now: what the limits allow, or its pace when
   that is lower.';

-- Functions, not a part of backfill_status: to plan them took most of a look, and most looks have no live run to ask
-- them for.
create function engine.percent_done(run_id bigint)
returns numeric
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select 100 * sum(progress.pages_done) / nullif(sum(progress.pages_expected), 0)
    from engine.feed_progress as progress
    where progress.run_id = percent_done.run_id
  );
end
$$;
comment on function engine.percent_done(bigint) is
  'How much of its pages a run has, in percent, not rounded; null when none is expected.';

create function engine.seconds_left()
returns table (run_id bigint, seconds numeric)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
begin
  if not exists (select from public.backfill_progress as chunk where chunk.state in ('waiting', 'working')) then
    return;
  end if;
  return query
  with speeds as (
    select feed.name as feed, engine.calls_per_second(feed.name) as calls_per_second, feed.in_background
    from engine.feeds as feed
  ),
  feeds_left as (
    select
      progress.run_id,
      feed.goes_first,
      greatest(
        -- Runs of the same feed that go before this one have to finish first.
        sum(case when run.paused_at is null then progress.pages_left else 0 end)
          over (
            partition by progress.feed
            order by progress.priority desc, progress.run_id * case when feed.in_background then -1 else 1 end
            rows between unbounded preceding and 1 preceding
          )
          / speeds.calls_per_second,
        0
      ) + progress.pages_left / speeds.calls_per_second as seconds,
      extract(epoch from progress.last_attempt_due - engine.clock()) as seconds_until_due,
      speeds.in_background,
      run.paused_at is not null as is_paused
    -- Runs that have ended have nothing left, and only grow in number. With the offset the planner looks at the live
    -- ones one by one, and reads no other chunks.
    from (select distinct live.run_id from engine.live_chunks as live) as live
    cross join lateral (
      select known.* from engine.feed_progress as known where known.run_id = live.run_id offset 0
    ) as progress
    join public.backfill_runs as run on run.id = progress.run_id
    join engine.feeds as feed on feed.name = progress.feed
    join speeds on speeds.feed = progress.feed
    where progress.pages_left > 0 or progress.last_attempt_due is not null
  ),
  -- What a feed in the background waits for: the feeds of all runs, those that go first and then the rest.
  in_front as (
    select
      coalesce(max(feeds_left.seconds) filter (where feeds_left.goes_first), 0)
        + coalesce(max(feeds_left.seconds) filter (where not feeds_left.goes_first), 0) as seconds
    from feeds_left
    where not feeds_left.in_background and not feeds_left.is_paused
  ),
  remaining as (
    -- The feeds of a run run side by side, each at its own rate: the slowest one decides. They wait for those that go
    -- first.
    select own.run_id, greatest(own.front, greatest(own.front, in_front.seconds) + own.behind, own.until_due) as seconds
    from (
      select
        feeds_left.run_id,
        coalesce(
          max(greatest(feeds_left.seconds, feeds_left.seconds_until_due)) filter (where feeds_left.goes_first), 0
        )
          + coalesce(
            max(greatest(feeds_left.seconds, feeds_left.seconds_until_due)) filter (
              where not feeds_left.goes_first and not feeds_left.in_background
            ),
            0
          ) as front,
        max(feeds_left.seconds) filter (where feeds_left.in_background) as behind,
        max(feeds_left.seconds_until_due) filter (where feeds_left.in_background) as until_due
      from feeds_left
      group by feeds_left.run_id
    ) as own
    cross join in_front
  )
  select remaining.run_id, remaining.seconds
  from remaining;
end
$$;
comment on function engine.seconds_left() is
  'In how many seconds each run that has something left will have ended, counting the runs before it and the wait for
   its next attempts, not rounded. Of a paused run, once it goes on.';

create function engine.what_holds_up(run public.backfill_runs, claimed_at timestamptz)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if not exists (select from engine.claimable_chunks as ready where ready.run_id = run.id) then
    return null;
  end if;
  return coalesce(
    engine.dispatch_trouble(run.feeds),
    case
      when engine.clock() > greatest(run.created_at, what_holds_up.claimed_at) + interval '3 minutes'
        then 'No function answers the dispatches. Find out why: select * from check_setup();'
    end
  );
end
$$;
comment on function engine.what_holds_up(public.backfill_runs, timestamptz) is
  'What to do about a run of which no chunk is worked on, though some could be; claimed_at: when one last was. Null when
   nothing is wrong.';

grant select on engine.feed_progress to service_role;
grant execute on function
  engine.pace, engine.calls_per_second, engine.percent_done, engine.seconds_left, engine.what_holds_up
  to service_role;

-- schemas/operate/status_details.sql

-- All that is known about each run.

create view public.backfill_status_details
with (security_invoker = true)
as
with chunks as (
  select
    chunk.run_id,
    count(*) as total,
    count(*) filter (where chunk.state = 'succeeded') as succeeded,
    count(*) filter (where chunk.state = 'waiting') as waiting,
    count(*) filter (where chunk.state = 'working') as working,
    count(*) filter (where chunk.state = 'dead') as dead,
    count(*) filter (where chunk.state = 'cancelled') as cancelled,
    sum(chunk.api_calls) as api_calls,
    sum(chunk.invocations) as invocations,
    sum(chunk.races_stored) as races_stored,
    sum(chunk.runners_stored) as runners_stored,
    sum(chunk.rows_rejected) as rows_rejected,
    min(chunk.started_at) as started_at,
    max(chunk.claimed_at) as claimed_at,
    max(chunk.ended_at) as ended_at
  from public.backfill_progress as chunk
  group by chunk.run_id
),
-- A race may come as a card and as a result, so the feeds are not added up.
months as (
  select
    by_feed.run_id,
    by_feed.month,
    max(by_feed.races) as races,
    max(by_feed.runners) as runners
  from (
    select
      chunk.run_id,
      chunk.feed,
      date_trunc('month', chunk.period_start::timestamp) as month,
      sum(chunk.races_stored) as races,
      sum(chunk.runners_stored) as runners
    from public.backfill_progress as chunk
    group by 1, 2, 3
  ) as by_feed
  group by by_feed.run_id, by_feed.month
),
counts as (
  select months.run_id, sum(months.races) as races, sum(months.runners) as runners
  from months
  group by months.run_id
),
last_minute as (
  select counted.run_id, sum(counted.calls) as calls
  from engine.racing_api_calls as counted
  where
    -- Subqueries, so that the clock is read once and the index is used: 50,000 rows took 1.5 s.
    counted.counted_from >= (
      select date_bin('10 seconds', engine.clock(), timestamptz 'epoch') - interval '60 seconds'
    )
    and counted.counted_from < (select date_bin('10 seconds', engine.clock(), timestamptz 'epoch'))
  group by counted.run_id
)
select
  run.id as run_id,
  states.state,
  run.start_date,
  run.end_date,
  run.feeds,
  coalesce(chunks.total, 0) as chunks_total,
  coalesce(chunks.succeeded, 0) as chunks_succeeded,
  coalesce(chunks.working, 0) as chunks_working,
  coalesce(chunks.waiting, 0) as chunks_waiting,
  coalesce(chunks.dead, 0) as chunks_dead,
  coalesce(chunks.cancelled, 0) as chunks_cancelled,
  case
    -- Pages alone could round up to 100 with one left.
    when states.state in ('waiting', 'running', 'paused')
      then least(round(coalesce(engine.percent_done(run.id), 0), 1), 99.9)
    -- Where all chunks succeeded, as in nearly every run, all pages came.
    when chunks.succeeded < chunks.total then round(coalesce(engine.percent_done(run.id), 100), 1)
    else 100.0
  end as percent,
  coalesce(chunks.api_calls, 0) as api_calls,
  coalesce(chunks.invocations, 0) as invocations,
  coalesce(counts.races, 0) as races,
  coalesce(counts.runners, 0) as runners,
  coalesce(chunks.races_stored, 0) as races_stored,
  coalesce(chunks.runners_stored, 0) as runners_stored,
  coalesce(chunks.rows_rejected, 0) as rows_rejected,
  case
    when states.state = 'running' then round(
      60 * coalesce(last_minute.calls, 0)
        / greatest(least(60, extract(epoch from engine.clock() - chunks.started_at)), 1)
    )
  end as calls_per_minute,
  case
    when states.state in ('waiting', 'running', 'paused')
      then round(coalesce(remaining.seconds, 0)) * interval '1 second'
  end as time_left,
  case states.state
    when 'paused' then run.pause_reason
    when 'completed_with_failures' then format(
      'Given up: %s. Read last_error and ingest_errors; once that is fixed: select backfill_retry(%s);',
      case when chunks.dead = 1 then 'a chunk' else chunks.dead || ' chunks' end, run.id
    )
    when 'cancelled' then 'Nothing: what was stored stays. backfill_start begins with what is missing.'
    when 'succeeded' then concat_ws(
      ' ', case when chunks.total is null then 'Nothing was pulled.' else 'Nothing.' end, run.left_out
    )
    else coalesce(
      case when chunks.working = 0 then engine.what_holds_up(run, chunks.claimed_at) end,
      'Wait: it goes on by itself.'
    )
  end as what_to_do,
  last_error.message as last_error,
  last_error.occurred_at as last_error_at,
  run.created_at,
  chunks.started_at,
  case
    when coalesce(chunks.waiting + chunks.working, 0) = 0 then coalesce(chunks.ended_at, run.created_at)
  end as ended_at
from public.backfill_runs as run
left join chunks on chunks.run_id = run.id
left join counts on counts.run_id = run.id
cross join lateral (
  select
    case
      when run.cancelled_at is not null then 'cancelled'
      when coalesce(chunks.waiting + chunks.working, 0) = 0
        then case when coalesce(chunks.dead, 0) > 0 then 'completed_with_failures' else 'succeeded' end
      when run.paused_at is not null then 'paused'
      when chunks.started_at is null then 'waiting'
      else 'running'
    end as state
) as states
left join engine.seconds_left() as remaining on remaining.run_id = run.id
left join last_minute on last_minute.run_id = run.id
left join lateral (
  select error.message, error.occurred_at
  from public.ingest_errors as error
  -- A request that succeeded when it was sent again needs no attention.
  where error.run_id = run.id and error.failure_class <> 'retried'
  order by error.occurred_at desc, error.id desc
  limit 1
) as last_error on true;
comment on view public.backfill_status_details is
  'A row per run with all that is known about it. backfill_status has what is read most.';
comment on column public.backfill_status_details.state is
  'waiting, running, paused, succeeded, completed_with_failures (some chunks are dead), cancelled.';
comment on column public.backfill_status_details.percent is
  'Of the pages of all chunks, as far as they are known; below 100 while one is left.';
comment on column public.backfill_status_details.invocations is 'Times that a function took one of its chunks.';
comment on column public.backfill_status_details.races is
  'Races that came, each counted once although it comes as a card and as a result: of each month the number of the feed
   that brought more. A page that is read again counts again.';
comment on column public.backfill_status_details.runners is 'Runners that came, counted as races is.';
comment on column public.backfill_status_details.races_stored is
  'Races upserted; a race that came as card and as result counts twice.';
comment on column public.backfill_status_details.calls_per_minute is
  'API calls of the last minute; null unless running.';
comment on column public.backfill_status_details.time_left is
  'From the calls that remain, also of the runs before it, and the rate limits, or the recent pace when that is lower;
   so until the first calls are made it is the least. Of a paused run, once it goes on. In whole seconds; null when
   nothing remains.';
comment on column public.backfill_status_details.what_to_do is
  'A sentence for the operator, with the statement to run where there is one.';
comment on column public.backfill_status_details.run_id is 'The id that backfill_start returned.';
comment on column public.backfill_status_details.start_date is 'First day asked for.';
comment on column public.backfill_status_details.end_date is
  'Last day asked for, inclusive; frozen when the run was started.';
comment on column public.backfill_status_details.feeds is 'Names of engine.feeds.';
comment on column public.backfill_status_details.chunks_total is
  'A feed''s month each; 0 when there was nothing to pull: what_to_do says why.';
comment on column public.backfill_status_details.chunks_working is 'Leased now.';
comment on column public.backfill_status_details.chunks_waiting is 'Including those whose next attempt is due later.';
comment on column public.backfill_status_details.chunks_dead is
  'Given up: see last_error and ingest_errors, then backfill_retry(run_id).';
comment on column public.backfill_status_details.api_calls is 'Requests sent, including failed ones.';
comment on column public.backfill_status_details.runners_stored is 'Runners upserted, counted as races_stored is.';
comment on column public.backfill_status_details.rows_rejected is
  'Rows and values that could not be understood, each time they came: see ingest_rejects.';
comment on column public.backfill_status_details.last_error is
  'Message of the newest row of ingest_errors of this run, apart from requests that succeeded when they were sent
   again.';
comment on column public.backfill_status_details.last_error_at is 'When that was.';
comment on column public.backfill_status_details.started_at is 'When the first chunk was claimed; null before.';
comment on column public.backfill_status_details.ended_at is
  'When the last chunk ended; null while one waits or is worked on.';

revoke all on public.backfill_status_details from public, anon, authenticated, service_role;
grant select on public.backfill_status_details to service_role;

-- schemas/operate/status.sql

-- The operator's view of the runs.

create view public.backfill_status
with (security_invoker = true)
as
select
  details.run_id,
  details.state,
  details.percent,
  details.time_left,
  details.start_date,
  details.end_date,
  details.feeds,
  format('%s/%s', details.chunks_succeeded, details.chunks_total) as chunks,
  details.races,
  details.runners,
  details.calls_per_minute,
  details.what_to_do,
  details.last_error
from public.backfill_status_details as details;
comment on view public.backfill_status is
  'A row per run: how far it is, how fast it goes, and what to do about it. backfill_status_details has the rest.';
comment on column public.backfill_status.run_id is 'The id that backfill_start returned.';
comment on column public.backfill_status.state is
  'waiting, running, paused, succeeded, completed_with_failures (some chunks are dead), cancelled.';
comment on column public.backfill_status.percent is
  'Of the pages of all chunks, as far as they are known; below 100 while one is left.';
comment on column public.backfill_status.time_left is
  'From the calls that remain, also of the runs before it, and the rate limits, or the recent pace when that is lower;
   so until the first calls are made it is the least. Of a paused run, once it goes on. In whole seconds; null when
   nothing remains.';
comment on column public.backfill_status.start_date is 'First day asked for.';
comment on column public.backfill_status.end_date is 'Last day asked for, inclusive; frozen when the run was started.';
comment on column public.backfill_status.feeds is 'Names of engine.feeds.';
comment on column public.backfill_status.chunks is
  'Chunks that succeeded, of all: "45/131". A chunk is a month of a feed. "0/0": there was nothing to pull, and
   what_to_do says why.';
comment on column public.backfill_status.races is
  'Races that came, each counted once although it comes as a card and as a result: of each month the number of the feed
   that brought more. A page that is read again counts again.';
comment on column public.backfill_status.runners is 'Runners that came, counted as races is.';
comment on column public.backfill_status.calls_per_minute is 'API calls of the last minute; null unless running.';
comment on column public.backfill_status.what_to_do is
  'A sentence for the operator, with the statement to run where there is one.';
comment on column public.backfill_status.last_error is
  'Message of the newest row of ingest_errors of this run, apart from requests that succeeded when they were sent
   again.';

revoke all on public.backfill_status from public, anon, authenticated, service_role;
grant select on public.backfill_status to service_role;

-- schemas/operate/chunks.sql

-- The operator's view of the chunks.

create view public.backfill_chunks
with (security_invoker = true)
as
select
  chunk.id as chunk_id,
  chunk.run_id,
  chunk.kind,
  format('%s/%s', chunk.place_in_run, count(*) over (partition by chunk.run_id, chunk.feed)) as place,
  chunk.feed,
  chunk.period_start as first_day,
  chunk.period_end - 1 as last_day,
  chunk.state,
  chunk.races_stored,
  chunk.runners_stored,
  chunk.rows_rejected,
  date_trunc('second', chunk.ended_at - chunk.started_at) as took,
  chunk.api_calls,
  chunk.invocations,
  chunk.attempts,
  case when chunk.state = 'waiting' then chunk.next_attempt_at end as next_attempt_at,
  chunk.last_error,
  chunk.started_at,
  chunk.ended_at
from public.backfill_progress as chunk;
comment on view public.backfill_chunks is
  'backfill_progress to be read: a row per chunk, that is a feed''s month of a run.';
comment on column public.backfill_chunks.chunk_id is 'Its id in backfill_progress, as in the functions'' log.';
comment on column public.backfill_chunks.run_id is 'The run that it belongs to.';
comment on column public.backfill_chunks.kind is 'What the run is for: backfill, by_hand, gaps or schedule.';
comment on column public.backfill_chunks.place is 'Its place among the run''s chunks of the feed: "45/131".';
comment on column public.backfill_chunks.feed is 'One of engine.feeds.';
comment on column public.backfill_chunks.first_day is
  'First UK racing day; of a feed without days, when it was planned.';
comment on column public.backfill_chunks.last_day is 'Last UK racing day, inclusive.';
comment on column public.backfill_chunks.state is 'waiting, working, succeeded, dead (given up) or cancelled.';
comment on column public.backfill_chunks.races_stored is 'Races upserted; a race pulled twice counts twice.';
comment on column public.backfill_chunks.runners_stored is 'Runners upserted; a runner pulled twice counts twice.';
comment on column public.backfill_chunks.rows_rejected is
  'Rows and values that could not be understood: see ingest_rejects.';
comment on column public.backfill_chunks.took is
  'From its first claim to its end, with all waiting in between; null before its end.';
comment on column public.backfill_chunks.api_calls is 'API calls made for it, including failed ones.';
comment on column public.backfill_chunks.invocations is 'Times that a function took it.';
comment on column public.backfill_chunks.attempts is 'Failed attempts since the last page that went in.';
comment on column public.backfill_chunks.next_attempt_at is 'From when on it may be taken; null unless it waits.';
comment on column public.backfill_chunks.last_error is 'Why the last attempt failed; null once it succeeded.';
comment on column public.backfill_chunks.started_at is 'When it was first taken; null before.';
comment on column public.backfill_chunks.ended_at is 'When it succeeded, died or was cancelled; null before.';

revoke all on public.backfill_chunks from public, anon, authenticated, service_role;
grant select on public.backfill_chunks to service_role;

-- schemas/daily/schedules.sql

-- Which days are pulled when.

create table public.pull_schedules (
  name text primary key,
  pulls text not null default 'days',
  feeds text[] not null,
  first_day integer not null,
  last_day integer not null,
  at_times time[] not null,
  day_of_month integer,
  enabled boolean not null default true,
  last_due_at timestamptz,
  failing_since timestamptz,
  last_error text,
  constraint pull_schedules_pulls_known check (pulls in ('days', 'gaps', 'ids')),
  constraint pull_schedules_days_in_order check (first_day <= last_day and first_day >= -31 and last_day <= 7),
  -- One feed per schedule: a feed that fails makes no other late.
  constraint pull_schedules_days_of_one_feed check (pulls = 'gaps' or cardinality(feeds) = 1),
  constraint pull_schedules_times_not_empty check (cardinality(at_times) > 0),
  constraint pull_schedules_day_in_every_month check (day_of_month between 1 and 28),
  constraint pull_schedules_failure_has_error check ((failing_since is null) = (last_error is null))
);
comment on table public.pull_schedules is
  'Which days of which feeds are pulled when. Change the times as you like: they hold from the next minute on.';
comment on column public.pull_schedules.name is 'Shows in backfill_runs.requested_by.';
comment on column public.pull_schedules.pulls is
  'days: those from first_day to last_day. gaps: the days of coverage_gaps. ids: all that a feed has to ask for, the
   newest month first.';
comment on column public.pull_schedules.feeds is 'Names of engine.feeds; exactly one, except for gaps.';
comment on column public.pull_schedules.first_day is
  'First day to pull, counted from the UK day of the pull: 0 today, -7 a week ago.';
comment on column public.pull_schedules.last_day is 'Last day to pull, counted in the same way, inclusive.';
comment on column public.pull_schedules.at_times is 'UK times of day, summer and winter.';
comment on column public.pull_schedules.day_of_month is 'Null: every day.';
comment on column public.pull_schedules.enabled is 'False: the schedule is skipped.';
comment on column public.pull_schedules.last_due_at is
  'The due time that was last handled. Null before the schedules were first started, and for gaps after a standstill
   until they are closed.';
comment on column public.pull_schedules.failing_since is
  'When a due pull first failed to start; null while there is no problem.';
comment on column public.pull_schedules.last_error is 'Why the last start failed; null while there is no problem.';

create trigger refuse_unknown_feeds before insert or update of feeds on public.pull_schedules
  for each row execute function engine.refuse_unknown_feeds();

insert into public.pull_schedules (name, feeds, first_day, last_day, at_times, day_of_month)
values
  -- Yesterday's again, for what was abandoned in the evening.
  ('morning_cards', array['racecards'], -1, 7, array['07:00']::time[], null),
  -- Non-runners, going and off times change until the race.
  (
    'day_cards', array['racecards'], 0, 0,
    array['09:30', '11:00', '12:30', '14:00', '15:30', '17:00', '18:30']::time[], null
  ),
  (
    'day_results', array['results'], 0, 0,
    array['13:45', '14:45', '15:45', '16:45', '17:45', '18:45', '19:45', '20:45', '21:45', '23:30']::time[], null
  ),
  -- Late ratings and stewards' corrections come for up to five days.
  ('week_results', array['results'], -7, -1, array['02:30']::time[], null),
  ('masters', array['masters'], 0, 0, array['04:00']::time[], 1);

insert into public.pull_schedules (name, pulls, feeds, first_day, last_day, at_times)
values
  ('gaps', 'gaps', array['racecards', 'results'], 0, 0, array['03:30']::time[]),
  -- After the night's results: a horse that ran yesterday is asked for this morning.
  ('horses', 'ids', array['horses'], 0, 0, array['05:00']::time[]);

-- In plpgsql, which keeps the plan: as plain SQL they were planned for each schedule and each minute, which was most of
-- an idle watch.
create function engine.due_times(schedule public.pull_schedules, first_day date, last_day date)
returns setof timestamptz
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return query
  select (d.day::date + t.at_time) at time zone 'Europe/London'
  from generate_series(due_times.first_day::timestamp, due_times.last_day::timestamp, interval '1 day') as d (day),
    unnest(schedule.at_times) as t (at_time)
  where schedule.day_of_month is null or extract(day from d.day) = schedule.day_of_month;
end
$$;
comment on function engine.due_times(public.pull_schedules, date, date) is
  'When a schedule is due on the UK days of an inclusive range.';

create function engine.last_due(schedule public.pull_schedules, moment timestamptz)
returns timestamptz
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select max(due)
    from engine.due_times(
      schedule,
      engine.london_day(moment) - case when schedule.day_of_month is null then 1 else 31 end,
      engine.london_day(moment)
    ) as due
    where due <= moment
  );
end
$$;
comment on function engine.last_due(public.pull_schedules, timestamptz) is
  'When a schedule was last due, at a moment or before it.';

create function engine.next_due(schedule public.pull_schedules, moment timestamptz)
returns timestamptz
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select min(due)
    from engine.due_times(
      schedule,
      engine.london_day(moment),
      engine.london_day(moment) + case when schedule.day_of_month is null then 1 else 31 end
    ) as due
    where due > moment
  );
end
$$;
comment on function engine.next_due(public.pull_schedules, timestamptz) is
  'When a schedule is due next, after a moment.';

alter table public.pull_schedules enable row level security;
revoke all on public.pull_schedules from public, anon, authenticated, service_role;
grant select on public.pull_schedules to service_role;
grant execute on function engine.due_times, engine.last_due, engine.next_due to service_role;

-- schemas/daily/heartbeats.sql

-- When the parts of the tick last ran, and when each is due again.

create table engine.heartbeats (
  name text primary key,
  beat_at timestamptz not null,
  awake_since timestamptz not null,
  due_at timestamptz not null,
  failing_since timestamptz,
  last_error text,
  constraint heartbeats_failure_has_error check ((failing_since is null) = (last_error is null))
);
comment on table engine.heartbeats is
  'When a part of the tick last ran, and when it is due again, so that its next run knows how long the break was.';
comment on column engine.heartbeats.name is 'sweep, pulls, watch or keeping.';
comment on column engine.heartbeats.beat_at is 'When it last ran, or first failed to.';
comment on column engine.heartbeats.awake_since is 'Since when it has never been late by ten minutes.';
comment on column engine.heartbeats.due_at is
  'Ticks before that time leave it out, unless a wakeup came.';
comment on column engine.heartbeats.failing_since is
  'Since when each of its runs in a tick has failed; null while there is no problem.';
comment on column engine.heartbeats.last_error is 'Why the last one failed; null while there is no problem.';

create function engine.beat(name text)
returns interval
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moment constant timestamptz := engine.clock();
  expected constant timestamptz := (select h.due_at from engine.heartbeats as h where h.name = beat.name);
begin
  insert into engine.heartbeats as h (name, beat_at, awake_since, due_at)
  values (beat.name, moment, moment, moment)
  on conflict on constraint heartbeats_pkey do update set
    beat_at = excluded.beat_at,
    awake_since = case
      when h.due_at < excluded.beat_at - interval '10 minutes' then excluded.beat_at else h.awake_since
    end,
    due_at = excluded.due_at,
    failing_since = null,
    last_error = null;
  return greatest(moment - expected, interval '0');
end
$$;
comment on function engine.beat(text) is
  'Notes that a part of the tick runs, and that the next tick is to run it again. Returns by how much it is late; zero
   for the first time.';

create function engine.rest(name text, until timestamptz default 'infinity')
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.heartbeats as h
  -- Less than a quarter of an hour: each fifteenth tick, though none comes exactly on the minute.
  set due_at = least(rest.until, engine.clock() + interval '14 minutes 30 seconds')
  where h.name = rest.name
$$;
comment on function engine.rest(text, timestamptz) is
  'Notes that a part of the tick has nothing to do: it is due again after a quarter of an hour, or at a time before
   that.';

create function engine.begin_tick(name text)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if engine.try_lock(begin_tick.name) then
    return true;
  end if;
  -- A run that finds another one at work has nothing to do. When that lasts, reporting success would hide it, so the
  -- tick and cron's log get an error.
  if exists (
    select from engine.heartbeats as h
    where h.name = begin_tick.name and h.due_at < engine.clock() - interval '3 minutes'
  ) then
    perform engine.refuse_lock(begin_tick.name);
  end if;
  return false;
end
$$;
comment on function engine.begin_tick(text) is
  'Takes the lock of a part of the tick until its transaction ends. False when another session has it; error 55P03, with
   a sentence that says which, when it is due for three minutes.';

-- The first write after a checkpoint puts the whole page into the WAL, but its gap. With the lowest fill factor
-- Postgres takes the old versions of these rows out of the page before there are many.
alter table engine.heartbeats
  set (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

alter table engine.heartbeats enable row level security;

-- schemas/daily/wakeups.sql

-- What ends the rest of the tick.

create table engine.wakeups (
  id bigint generated always as identity primary key,
  called_at timestamptz not null default engine.clock()
);
comment on table engine.wakeups is
  'A row for each statement that gave the tick something to do since the last one: chunks that are live, other
   schedules, a part that failed. The next one then runs all parts, though none is due. Rows, not a mark in a heartbeat:
   a start that is not committed yet must not hold what the tick writes.';
comment on column engine.wakeups.called_at is 'When it was called.';

create function engine.call_wakeup()
returns trigger
language plpgsql
security invoker
-- What starts a run with lent rights reaches it.
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into engine.wakeups (called_at) values (engine.clock());
  return null;
end
$$;
comment on function engine.call_wakeup() is 'Trigger: has the next tick run all of its parts.';

create trigger wake_for_new_chunks after insert on public.backfill_progress
  for each statement execute function engine.call_wakeup();
create trigger wake_for_retried_chunk after update of state on public.backfill_progress
  for each row
  when (old.state not in ('waiting', 'working') and new.state in ('waiting', 'working'))
  execute function engine.call_wakeup();

-- Not of what a pull itself notes there.
create trigger wake_for_other_schedules
  after insert or update of feeds, pulls, first_day, last_day, at_times, day_of_month, enabled on public.pull_schedules
  for each statement execute function engine.call_wakeup();

alter table engine.wakeups enable row level security;
grant insert on engine.wakeups to service_role;

-- schemas/daily/gaps.sql

-- What is missing.

create table engine.gap_pulls (
  feed text not null references engine.feeds,
  day date not null,
  tries integer not null default 0,
  last_try_at timestamptz,
  given_up_at timestamptz,
  constraint gap_pulls_pkey primary key (feed, day)
);
comment on table engine.gap_pulls is
  'Days whose gap the nightly closing has tried to close. The row is deleted once the gap is closed.';
comment on column engine.gap_pulls.feed is 'One of engine.feeds that has days.';
comment on column engine.gap_pulls.day is 'UK racing day.';
comment on column engine.gap_pulls.tries is 'Pulls so far.';
comment on column engine.gap_pulls.last_try_at is 'When the last one was started.';
comment on column engine.gap_pulls.given_up_at is
  'When it was given up, after gap_tries pulls; null while it is tried. Delete the row to have it tried again.';

create view engine.expected_days
with (security_invoker = true)
as
-- Ranges are put together before they become days: hundreds of pulls of the same week are one.
select feed.name as feed, days.day::date as day
from engine.feeds as feed
cross join lateral (
  select exists (
    select from public.pull_schedules as schedule
    where schedule.enabled and schedule.pulls = 'days' and feed.name = any (schedule.feeds)
  ) as are_on
) as schedules
cross join lateral (
  select range_agg(daterange(chunk.period_start, chunk.period_end)) as periods
  from public.backfill_progress as chunk
  where
    chunk.feed = feed.name
    and chunk.state <> 'cancelled'
    -- A scheduled run does not make its days expected once the feed's schedules are switched off.
    and (chunk.kind in ('backfill', 'by_hand') or schedules.are_on)
) as asked
-- With the schedules on, every day since then, and every day since the last backfill reached the present of its time.
left join lateral (
  select coalesce(max(run.end_date), settings.schedules_started_on) as day
  from public.backfill_settings as settings
  left join public.backfill_runs as run
    on run.kind = 'backfill'
      -- A backfill that was cancelled because of a dead chunk still reached the present.
      and (
        run.cancelled_at is null
        or exists (
          select from public.backfill_progress as newest
          where
            newest.run_id = run.id
            and newest.feed = feed.name
            and newest.state = 'succeeded'
            and newest.period_end > run.end_date
        )
      )
      and feed.name = any (run.feeds)
      and run.end_date < settings.schedules_started_on
      -- A backfill up to the present, not a trial of an old year.
      and run.end_date >= engine.london_day(run.created_at) - 7
  where settings.schedules_started_on is not null
  group by settings.schedules_started_on
) as since on schedules.are_on
cross join lateral unnest(
  (
    coalesce(asked.periods, '{}')
      + case
        when since.day < (select engine.london_day())
          then datemultirange(daterange(since.day, (select engine.london_day())))
        else '{}'
      end
  )
  -- A day that the API does not have, as far as known now, is not expected.
  * datemultirange(daterange(feed.first_day, null))
) as stretch (days)
cross join lateral generate_series(
  lower(stretch.days)::timestamp, upper(stretch.days)::timestamp - interval '1 day', interval '1 day'
) as days (day)
where feed.has_days;
comment on view engine.expected_days is
  'Per feed the days that should be stored: those that a run was asked for, and with the schedules on all since the last
   backfill.';

create view public.coverage_gaps
with (security_invoker = true)
as
with gaps as (
  select
    expected.feed,
    expected.day,
    case
      when known.day is null then 'never_pulled'
      when known.races_stored < known.races_in_api then 'incomplete'
      when not known.regions @> settings.regions then 'never_pulled'
      else 'provisional'
    end as kind,
    case
      when known.day is null then 'never pulled completely'
      when known.races_stored < known.races_in_api
        then format('%s of %s races stored', known.races_stored, known.races_in_api)
      when not known.regions @> settings.regions then format(
        'never pulled for the region %s',
        (
          select string_agg(region, ', ' order by region)
          from unnest(settings.regions) as region
          where region <> all (known.regions)
        )
      )
      when known.pulled_at < engine.london_midnight(expected.day + 1) then 'pulled before the day was over'
      else 'pulled before late ratings and corrections were in'
    end as missing
  from engine.expected_days as expected
  cross join public.backfill_settings as settings
  left join engine.known_days as known on known.feed = expected.feed and known.day = expected.day
  where
    known.is_covered is not true
    and known.is_provisional is not true
  union all
  -- A race with a card and no result needs a look: it may be void, abandoned without notice, or still to come.
  select
    'results', race.race_date, 'no_result',
    format(
      '%s with a card and without a result: %s', case when count(*) = 1 then 'a race' else count(*) || ' races' end,
      string_agg(race.id, ', ' order by race.off_dt, race.id)
    )
  from public.ra_races as race
  where
    race.has_card
    and not race.has_result
    and not race.is_abandoned
    and race.race_date <= (select engine.london_day()) - 2
    and race.region_code = any ((select s.regions from public.backfill_settings as s)::text[])
    -- Asked for these few: joined, each day that was ever pulled would look for such races.
    and (
      select known.is_covered from engine.known_days as known
      where known.feed = 'results' and known.day = race.race_date
    )
  group by race.race_date
  union all
  select asked.feed, asked.period_start, 'never_pulled', 'not all ids of the month were asked for'
  from engine.months_of_ids as asked
  where
    asked.state in ('failed', 'running')
    -- As of days: what a schedule asked for is not missing once it is switched off.
    and (
      asked.kind in ('backfill', 'by_hand')
      or exists (
        select from public.pull_schedules as schedule
        where schedule.enabled and schedule.pulls = 'ids' and asked.feed = any (schedule.feeds)
      )
    )
  union all
  -- An empty list would look complete in an empty database.
  select
    feed.name, null, 'nothing_asked_for',
    'no run has asked for any day: begin with backfill_plan and backfill_start, or with start_schedules'
  from engine.feeds as feed
  where
    feed.has_days
    and feed.by_default
    and (select s.schedules_started_on from public.backfill_settings as s) is null
    and not exists (select from public.backfill_runs)
    and not exists (select from public.ra_coverage)
)
select gaps.feed, gaps.day, gaps.kind, gaps.missing, coalesce(pulls.tries, 0) as tries, pulls.given_up_at
from gaps
left join engine.gap_pulls as pulls on pulls.feed = gaps.feed and pulls.day = gaps.day;
comment on view public.coverage_gaps is
  'A row per feed and day of which something that should be stored is missing. Only days that a run or a schedule has
   asked for should be stored: no row means that nothing of those is missing.';
comment on column public.coverage_gaps.feed is 'One of engine.feeds, but not one of lists.';
comment on column public.coverage_gaps.day is
  'UK racing day; of a feed that asks for ids, the first that the chunk has; null for nothing_asked_for.';
comment on column public.coverage_gaps.kind is
  'never_pulled: never, or not in a region that the settings have now, or not all ids of a month; incomplete: fewer
   races stored than the API has; provisional: pulled before the day was over, or a result before its late ratings and
   corrections were in; no_result: races that have a card, are not abandoned, and had no result two days later;
   nothing_asked_for: no run was ever started, so no day is expected.';
comment on column public.coverage_gaps.missing is 'In words: how many races of how many, or which.';
comment on column public.coverage_gaps.tries is 'Pulls by the nightly closing so far.';
comment on column public.coverage_gaps.given_up_at is
  'When the nightly closing gave up, after gap_tries pulls; null before.';

alter table engine.gap_pulls enable row level security;
revoke all on engine.gap_pulls, public.coverage_gaps from public, anon, authenticated, service_role;
grant select on engine.gap_pulls, engine.expected_days, public.coverage_gaps to service_role;

-- schemas/coverage/months.sql

-- The grid: what is stored of each feed in each month.

create view public.coverage_months
with (security_invoker = true)
as
-- The days that can be known by now. A result of today cannot, a card of today can.
with reach as (
  select feed.name as feed, feed.first_day, (select engine.london_day()) - feed.known_after_days as last_day
  from engine.feeds as feed
  where feed.has_days
),
covered as (
  select
    known.feed,
    date_trunc('month', known.day::timestamp) as month,
    count(*) filter (
      where (known.is_covered or known.is_provisional) and known.day <= reach.last_day
    ) as days_covered,
    sum(known.races_in_api) as races_in_api,
    sum(known.races_stored) as races_stored,
    sum(known.races_rejected) as races_rejected
  from engine.known_days as known
  join reach on reach.feed = known.feed
  group by 1, 2
),
dead as (
  select distinct chunk.id
  from public.backfill_progress as chunk
  join reach on reach.feed = chunk.feed
  cross join lateral generate_series(
    greatest(chunk.period_start, reach.first_day)::timestamp,
    least(chunk.period_end - 1, reach.last_day)::timestamp,
    interval '1 day'
  ) as days (day)
  left join engine.known_days as known on known.feed = chunk.feed and known.day = days.day::date
  where chunk.state = 'dead' and known.is_covered is not true and known.is_provisional is not true
),
chunks as (
  select
    chunk.id,
    chunk.run_id,
    chunk.feed,
    -- No chunk reaches over the end of a month.
    date_trunc('month', chunk.period_start::timestamp) as month,
    chunk.state in ('waiting', 'working') as is_live,
    dead.id is not null as is_dead,
    chunk.last_error
  from public.backfill_progress as chunk
  join reach on reach.feed = chunk.feed
  left join dead on dead.id = chunk.id
  -- Nothing is expected of what was cancelled.
  where chunk.state <> 'cancelled'
),
worked_on as (
  select
    chunks.feed,
    chunks.month,
    count(*) filter (where chunks.is_live) as chunks_live,
    count(*) filter (where chunks.is_dead) as chunks_dead,
    (
      array_agg(chunks.last_error order by chunks.is_dead desc, chunks.id desc)
      filter (where chunks.last_error is not null and (chunks.is_live or chunks.is_dead))
    )[1] as last_error,
    (array_agg(chunks.run_id order by chunks.is_dead desc, chunks.is_live desc, chunks.id desc))[1] as run_id
  from chunks
  group by chunks.feed, chunks.month
),
begun as (
  select
    reach.feed,
    reach.first_day,
    reach.last_day,
    least(
      (select min(known.day) from public.ra_coverage as known where known.feed = reach.feed),
      (
        select min(chunk.period_start)
        from public.backfill_progress as chunk
        where chunk.feed = reach.feed and chunk.state <> 'cancelled'
      ),
      (
        select min(run.start_date)
        from public.backfill_runs as run
        where reach.feed = any (run.feeds) and run.cancelled_at is null
      )
    ) as from_day
  from reach
),
months as (
  select
    begun.feed,
    month,
    greatest(
      least((month + interval '1 month')::date - 1, begun.last_day) - greatest(month::date, begun.first_day) + 1, 0
    ) as days
  from begun
  cross join lateral generate_series(
    date_trunc('month', begun.from_day::timestamp), (select engine.london_day())::timestamp, interval '1 month'
  ) as month
),
asked as (
  select expected.feed, date_trunc('month', expected.day::timestamp) as month from engine.expected_days as expected
  union
  -- Also what the API does not have.
  select feed.name, month
  from public.backfill_runs as run
  cross join lateral unnest(run.feeds) as feed (name)
  cross join lateral generate_series(
    date_trunc('month', run.start_date::timestamp), run.end_date::timestamp, interval '1 month'
  ) as month
  where run.cancelled_at is null and run.kind in ('backfill', 'by_hand')
),
newest as (
  select distinct on (chunk.feed) chunk.feed, chunk.run_id
  from public.backfill_progress as chunk
  join engine.feeds as feed on feed.name = chunk.feed and feed.counted_by = 'lists'
  where chunk.state <> 'cancelled'
  order by chunk.feed, chunk.id desc
),
without_days as (
  select
    newest.feed,
    newest.run_id,
    count(*) filter (where chunk.state in ('waiting', 'working')) as chunks_live,
    count(*) filter (where chunk.state = 'dead') as chunks_dead,
    count(*) filter (where chunk.state = 'succeeded') as chunks_succeeded,
    (
      array_agg(chunk.last_error order by chunk.id desc)
      filter (where chunk.last_error is not null and chunk.state in ('waiting', 'working', 'dead'))
    )[1] as last_error
  from newest
  join public.backfill_progress as chunk on chunk.run_id = newest.run_id and chunk.feed = newest.feed
  group by newest.feed, newest.run_id
)
select
  months.feed,
  months.month::date as month,
  case
    when worked_on.chunks_dead > 0 then 'failed'
    when worked_on.chunks_live > 0 then 'running'
    when months.days = 0 then 'not_available'
    when covered.days_covered >= months.days then 'complete'
    when covered.feed is not null then 'partial'
    else 'missing'
  end as state,
  months.days,
  coalesce(covered.days_covered, 0)::integer as days_covered,
  coalesce(covered.races_in_api, 0)::integer as races_in_api,
  coalesce(covered.races_stored, 0)::integer as races_stored,
  coalesce(covered.races_rejected, 0)::integer as races_rejected,
  coalesce(worked_on.chunks_live, 0)::integer as chunks_live,
  coalesce(worked_on.chunks_dead, 0)::integer as chunks_dead,
  worked_on.last_error,
  worked_on.run_id
from months
left join covered on covered.feed = months.feed and covered.month = months.month
left join worked_on on worked_on.feed = months.feed and worked_on.month = months.month
where
  covered.feed is not null
  or worked_on.feed is not null
  or (months.feed, months.month) in (select asked.feed, asked.month from asked)
union all
select
  asked.feed,
  asked.month,
  asked.state,
  reach.days,
  case asked.state when 'complete' then reach.days else 0 end,
  0,
  0,
  0,
  case asked.state when 'running' then 1 else 0 end,
  case asked.state when 'failed' then 1 else 0 end,
  case when asked.state in ('running', 'failed') then asked.last_error end,
  asked.run_id
from engine.months_of_ids as asked
cross join lateral (
  select least((asked.month + interval '1 month')::date - 1, (select engine.london_day())) - asked.month + 1 as days
) as reach
union all
select
  feed.name,
  null,
  case
    when without_days.chunks_dead > 0 then 'failed'
    when without_days.chunks_live > 0 then 'running'
    when without_days.chunks_succeeded > 0 then 'complete'
    else 'missing'
  end,
  null,
  null,
  null,
  null,
  null,
  coalesce(without_days.chunks_live, 0)::integer,
  coalesce(without_days.chunks_dead, 0)::integer,
  without_days.last_error,
  without_days.run_id
from engine.feeds as feed
left join without_days on without_days.feed = feed.name
where feed.counted_by = 'lists' and (feed.by_default or without_days.feed is not null);
comment on view public.coverage_months is
  'The grid: a row per feed and month that was asked for, by a run or with the schedules on, or is stored. Of a feed
   that asks for ids (horses) the months that had some to ask for; of lists (masters) one row.';
comment on column public.coverage_months.feed is 'One of engine.feeds.';
comment on column public.coverage_months.month is 'Its first day; null of lists.';
comment on column public.coverage_months.state is
  'The first that holds. failed: a chunk is dead and some of its days are missing; running: a chunk waits or is worked
   on; not_available: the API has none of it, or not yet; complete: no day needs a pull; partial: some do not; missing:
   no day was pulled completely. Of lists that of the newest run. Of ids: running: a chunk waits or is worked
   on; failed: one is dead, and ids of its days are left to ask for; complete: each that was known then was asked for.';
comment on column public.coverage_months.days is
  'Days of the month that can be known by now: none before the feed''s first day, no result of today.';
comment on column public.coverage_months.days_covered is
  'Of those, the days that need no further pull, by the same rule as coverage_gaps; of ids, all or none.';
comment on column public.coverage_months.races_in_api is 'As ra_coverage counts them, also of days still to come.';
comment on column public.coverage_months.races_stored is 'Races of these days stored from this feed.';
comment on column public.coverage_months.races_rejected is
  'Races of these days that could not be understood: see ingest_rejects.';
comment on column public.coverage_months.chunks_live is 'Chunks of the month that wait or are worked on.';
comment on column public.coverage_months.chunks_dead is
  'Dead chunks of the month, of whose days some are still missing. Once last_error is fixed: backfill_retry(run_id).';
comment on column public.coverage_months.last_error is
  'Why the newest dead chunk failed, or the newest live one; null when none of them has.';
comment on column public.coverage_months.run_id is
  'The run of the newest dead chunk of the month; without one that of the newest live chunk, or of the newest; null when
   there is none. Cancelled chunks do not count.';

revoke all on public.coverage_months from public, anon, authenticated, service_role;
grant select on public.coverage_months to service_role;

-- schemas/planning/stretches.sql

-- From single days to chunks.

create function engine.plan_stretches(feed text, days date[])
returns table (period_start date, period_end date, pages_expected integer)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    min(d.day),
    max(d.day) + 1,
    engine.pages_of_days(
      (select known from engine.feeds as known where known.name = plan_stretches.feed),
      count(*)::integer,
      (select engine.races_per_day(plan_stretches.feed))
    )
  from (
    select
      wanted.day,
      wanted.day - (row_number() over (partition by pulls.day is null order by wanted.day))::integer as stretch_id,
      pulls.day as tried_day
    from unnest(plan_stretches.days) as wanted (day)
    left join engine.gap_pulls as pulls
      on pulls.feed = plan_stretches.feed and pulls.day = wanted.day and pulls.tries > 0
  ) as d
  group by d.stretch_id, d.tried_day, date_trunc('month', d.day::timestamp)
  order by 1
$$;
comment on function engine.plan_stretches(text, date[]) is
  'The chunks of one feed for single days, the columns of engine.plan_chunks: one for each stretch of days in a month,
   and one for each day that was tried before, so that one bad day affects no other.';

grant execute on function engine.plan_stretches to service_role;

-- schemas/daily/close_gaps.sql

-- The nightly closing of gaps.

create function engine.forget_closed_gaps()
returns void
language sql
security invoker
set search_path = ''
as $$
  delete from engine.gap_pulls as pulls
  where not exists (select from public.coverage_gaps as gap where gap.feed = pulls.feed and gap.day = pulls.day)
$$;
comment on function engine.forget_closed_gaps() is 'Deletes the tries of days that are no longer missing.';

create function engine.cancel_paused_closings(feeds text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  paused bigint;
begin
  for paused in
    select run.id
    from public.backfill_runs as run
    where
      run.kind = 'gaps'
      and run.paused_at is not null
      and run.cancelled_at is null
      and run.feeds <@ cancel_paused_closings.feeds
      and exists (select from engine.live_chunks as live where live.run_id = run.id)
  loop
    -- It never asked the API for the days that it had left.
    update engine.gap_pulls as pulls
    set tries = greatest(pulls.tries - 1, 0), last_try_at = null
    from engine.live_chunks as left_over
    where
      left_over.run_id = paused
      and left_over.feed = pulls.feed
      and pulls.day >= coalesce(left_over.cursor_day, left_over.period_start)
      and pulls.day < left_over.period_end;
    perform public.backfill_cancel(paused);
  end loop;
end
$$;
comment on function engine.cancel_paused_closings(text[]) is
  'Cancels the closings of these feeds that are paused: the next one takes their place. Each day that they had left
   counts one try less.';

create function engine.give_up_gaps()
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.gap_pulls as pulls
  set given_up_at = engine.clock()
  where pulls.given_up_at is null and pulls.tries >= (select s.gap_tries from public.backfill_settings as s)
$$;
comment on function engine.give_up_gaps() is 'Gives up the days that are still missing after gap_tries pulls.';

create function engine.choose_gap_days(feed text)
returns date[]
language sql
stable
security invoker
set search_path = ''
as $$
  select array_agg(gap.day order by gap.day)
  from (
    select distinct g.day
    from public.coverage_gaps as g
    where
      g.feed = choose_gap_days.feed
      and g.given_up_at is null
      and g.day <= engine.london_day()
      -- A second standstill in the same night is not another try.
      and not exists (
        select from engine.gap_pulls as pulls
        where
          pulls.feed = choose_gap_days.feed
          and pulls.day = g.day
          and pulls.last_try_at > engine.clock() - interval '12 hours'
      )
      -- Another run has the day, or will pull it: a backfill, or an earlier closing.
      and not exists (
        select from engine.live_chunks as live
        where
          live.feed = choose_gap_days.feed
          and g.day >= live.period_start
          and g.day < live.period_end
      )
    order by g.day desc
    limit (select s.gap_days_a_night from public.backfill_settings as s)
  ) as gap
$$;
comment on function engine.choose_gap_days(text) is
  'The days of a feed that the closing pulls now, in order: the newest that are missing, were not given up, were not
   tried within twelve hours and belong to no live run; at most gap_days_a_night. Null when there is none.';

create function engine.count_gap_tries(feed text, days date[])
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into engine.gap_pulls as pulls (feed, day, tries, last_try_at)
  select count_gap_tries.feed, day, 1, engine.clock() from unnest(count_gap_tries.days) as day
  on conflict (feed, day) do update set tries = pulls.tries + 1, last_try_at = excluded.last_try_at
$$;
comment on function engine.count_gap_tries(text, date[]) is 'Counts one more try of these days, made now.';

create function engine.close_gaps(feeds text[] default engine.feed_names(with_days => true))
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  feed_name text;
  days date[];
  chosen integer := 0;
begin
  -- Two closings at once would pull the same days. The second one does not wait: the next closing finds what is left.
  if not engine.try_lock('start gaps') then
    perform engine.refuse_lock('start gaps');
  end if;
  perform engine.forget_closed_gaps();
  perform engine.cancel_paused_closings(close_gaps.feeds);
  perform engine.give_up_gaps();
  foreach feed_name in array close_gaps.feeds loop
    days := engine.choose_gap_days(feed_name);
    continue when days is null;
    perform engine.create_run(
      kind => 'gaps', start_date => days[1], end_date => days[cardinality(days)], feeds => array[feed_name],
      reprocess => 'missing', requested_by => 'closing of gaps', days => days
    );
    perform engine.count_gap_tries(feed_name, days);
    chosen := chosen + cardinality(days);
  end loop;
  return chosen;
end
$$;
comment on function engine.close_gaps(text[]) is
  'Starts a run per feed (default: all that have days) for the days of coverage_gaps that no live run has, the newest
   first, at most gap_days_a_night. A day still missing after gap_tries such pulls is given up, and an alert says so.
   Returns how many days are pulled. Error 55P03 when another session is closing gaps.';

-- schemas/daily/pull_ids.sql

-- The scheduled pull of a feed that asks for ids.

create function engine.plan_ids_pull(feed text)
returns table (period_start date, period_end date, pages_expected integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with asked as materialized (
    select to_ask.first_day, date_trunc('month', to_ask.first_day::timestamp) as month
    from engine.feeds as known
    cross join lateral engine.ids_to_ask(
      feed => known.name, period_start => known.first_day, period_end => engine.london_day() + 1,
      reprocess => 'missing'
    ) as to_ask
    where known.name = plan_ids_pull.feed
  ),
  held as materialized (
    select date_trunc('month', live.period_start::timestamp) as month, max(live.period_end) as period_end
    from engine.live_chunks as live
    where live.feed = plan_ids_pull.feed and live.paused_at is null
    group by 1
  )
  select
    coalesce(held.period_end, asked.month::date),
    least((asked.month + interval '1 month')::date, engine.london_day() + 1),
    count(*)::integer
  from asked
  left join held on held.month = asked.month
  where held.period_end is null or asked.first_day >= held.period_end
  group by asked.month, held.period_end
  order by 1
$$;
comment on function engine.plan_ids_pull(text) is
  'The chunks of a scheduled pull of a feed that asks for ids, the columns of engine.plan_chunks: each month that has
   some to ask for and no live chunk, or its days since that chunk. A chunk of a paused run holds none.';

create function engine.start_ids_pull(schedule public.pull_schedules)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  wanted_feed constant text := schedule.feeds[1];
  paused_run bigint;
  planned jsonb;
begin
  if not engine.try_lock('start schedule') then
    perform engine.refuse_lock('start schedule');
  end if;
  -- So the next pull notices when the account works again. The others go on: the feed may be held back for days.
  for paused_run in
    select distinct live.run_id
    from engine.live_pulls as live
    where live.feed = wanted_feed and live.paused_at is not null
  loop
    perform public.backfill_cancel(paused_run);
  end loop;
  -- Once, for it reads all runs of forty years.
  planned := (select jsonb_agg(chunk) from engine.plan_ids_pull(wanted_feed) as chunk);
  if planned is null then
    return 'nothing_to_ask';
  end if;
  perform engine.create_run(
    kind => 'schedule', start_date => (planned -> 0 ->> 'period_start')::date, end_date => engine.london_day(),
    feeds => array[wanted_feed], reprocess => 'missing', requested_by => 'schedule ' || schedule.name,
    planned => planned
  );
  return 'started';
end
$$;
comment on function engine.start_ids_pull(public.pull_schedules) is
  'Starts the run of a schedule for all ids that its feed has to ask for and that no live chunk asks for, and cancels
   its paused ones. Returns started; nothing_to_ask when there are none.';

-- schemas/daily/pulls.sql

-- The daily pulls. The tick starts what is due by the UK's clock; each pull is an ordinary run.

create function engine.replace_paused_pulls(feed text, inout first_day date, inout last_day date)
language plpgsql
security invoker
set search_path = ''
as $$
declare
  paused bigint[];
  paused_run bigint;
begin
  loop
    paused := array(
      select distinct live.run_id
      from engine.live_pulls as live
      where
        live.feed = replace_paused_pulls.feed
        and live.paused_at is not null
        and live.period_start <= last_day
        and live.period_end > first_day
    );
    exit when paused = '{}';
    select
      least(first_day, min(coalesce(left_over.cursor_day, left_over.period_start))),
      greatest(last_day, max(left_over.period_end) - 1)
    into first_day, last_day
    from engine.live_pulls as left_over
    where left_over.run_id = any (paused) and left_over.feed = replace_paused_pulls.feed;
    foreach paused_run in array paused loop
      perform public.backfill_cancel(paused_run);
    end loop;
  end loop;
end
$$;
comment on function engine.replace_paused_pulls(text, date, date) is
  'Cancels the paused scheduled pulls of a feed that hold some of these days, and returns the range extended by all
   days that they had left. So the next pull notices when the account works again.';

create function engine.has_yet_to_read(pull engine.live_pulls, day date, due timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    has_yet_to_read.day < pull.period_end
    and case
      when pull.reading_since is null or pull.reading_since >= due
        then has_yet_to_read.day >= coalesce(pull.cursor_day, pull.period_start)
      -- What it has begun to read is too old for the pull that is due: the day at its cursor, or all days when they are
      -- read as one.
      else coalesce(has_yet_to_read.day > pull.cursor_day, false)
    end
$$;
comment on function engine.has_yet_to_read(engine.live_pulls, date, timestamptz) is
  'Whether a pull that goes on from its cursor will have read the day at the time due or later.';

create function engine.days_left_to_pull(feed text, due timestamptz, inout first_day date, inout last_day date)
language sql
stable
security invoker
set search_path = ''
as $$
  -- What a pull stores is as old as its first page, though its last one may come hours later. A pull that began before
  -- the due time is not started again: one bad page near its end would then keep it from ever finishing.
  select min(d.day)::date, max(d.day)::date
  from generate_series(
    days_left_to_pull.first_day::timestamp, days_left_to_pull.last_day::timestamp, interval '1 day'
  ) as d (day)
  where not exists (
    select from engine.live_pulls as live
    where
      live.feed = days_left_to_pull.feed
      and engine.has_yet_to_read(live, d.day::date, days_left_to_pull.due)
  )
$$;
comment on function engine.days_left_to_pull(text, timestamptz, date, date) is
  'The first and the last of these days that no earlier pull will read at the due time or later; nulls when earlier
   pulls read them all.';

create function engine.hurry_pulls(
  feed text, first_day date, last_day date, claimed_before timestamptz default null
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_progress as chunk
  set next_attempt_at = engine.clock()
  from engine.live_pulls as live
  where
    chunk.id = live.id
    and chunk.state = 'waiting'
    and chunk.next_attempt_at > engine.clock()
    and live.feed = hurry_pulls.feed
    and (hurry_pulls.claimed_before is null or live.claimed_at < hurry_pulls.claimed_before)
    and live.period_start <= hurry_pulls.last_day
    and live.period_end > hurry_pulls.first_day;
  if found then
    perform engine.dispatch_next(hurry_pulls.feed);
  end if;
end
$$;
comment on function engine.hurry_pulls(text, date, date, timestamptz) is
  'Makes the failed scheduled pulls of these days that were last claimed before a time (null: at any time) try again
   now instead of waiting, because the data is due.';

create function engine.start_scheduled_pull(schedule public.pull_schedules, due timestamptz)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  wanted_feed constant text := schedule.feeds[1];
  -- What was due yesterday at 23:30 belongs to yesterday, even if the tick came after midnight.
  due_day constant date := case
    when schedule.day_of_month is null then engine.london_day(due) else engine.london_day()
  end;
  wanted record;
  days_left record;
begin
  wanted := engine.replace_paused_pulls(
    wanted_feed, due_day + schedule.first_day, engine.london_day() + schedule.last_day
  );
  days_left := engine.days_left_to_pull(
    feed => wanted_feed, due => due, first_day => wanted.first_day, last_day => wanted.last_day
  );
  if days_left.first_day is null then
    perform engine.hurry_pulls(wanted_feed, wanted.first_day, wanted.last_day);
    return 'left_to_another';
  end if;
  if exists (
    select from engine.live_pulls as live
    where live.feed = wanted_feed and live.held_from <= days_left.last_day and live.period_end > days_left.first_day
  ) then
    -- Once per due time, so that the wait of the earlier pull is not added to the wait of this one.
    perform engine.hurry_pulls(wanted_feed, days_left.first_day, days_left.last_day, claimed_before => due);
    return 'waits';
  end if;
  -- Do not wait for it: the other schedules are due too, and the next tick tries this one again.
  if not engine.try_lock('start schedule') then
    perform engine.refuse_lock('start schedule');
  end if;
  perform engine.create_run(
    kind => 'schedule', start_date => days_left.first_day, end_date => days_left.last_day, feeds => array[wanted_feed],
    requested_by => 'schedule ' || schedule.name
  );
  return 'started';
end
$$;
comment on function engine.start_scheduled_pull(public.pull_schedules, timestamptz) is
  'Starts the run of a schedule for a due time. Its first day is counted from the UK day on which it was due, its last
   day from today. Returns started; left_to_another when earlier pulls will still read all of its days; waits when an
   earlier pull that has read or begun some of them still holds them. The earlier pull then tries again at once.';

create function engine.answer_schedule(schedule public.pull_schedules, due timestamptz)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  outcome text := 'started';
begin
  if schedule.pulls = 'gaps' then
    perform engine.close_gaps(schedule.feeds);
  elsif schedule.pulls = 'ids' then
    outcome := engine.start_ids_pull(schedule);
  else
    outcome := engine.start_scheduled_pull(schedule, due);
  end if;
  update public.pull_schedules as s
  set
    -- A schedule that waits is tried again with the next tick.
    last_due_at = case when outcome = 'waits' then s.last_due_at else due end,
    failing_since = null,
    last_error = null
  where s.name = schedule.name and (outcome <> 'waits' or s.failing_since is not null);
  return case when schedule.pulls <> 'gaps' and outcome = 'started' then 1 else 0 end;
end
$$;
comment on function engine.answer_schedule(public.pull_schedules, timestamptz) is
  'Does what a schedule asks for at a due time, and notes that it was done. Returns how many runs were started, not
   counting those of gaps.';

create function engine.start_due_pulls()
returns integer
language plpgsql
security invoker
set search_path = ''
-- A lock held elsewhere delays one schedule by a tick, not all of them.
set lock_timeout = '5s'
as $$
declare
  schedule public.pull_schedules;
  due timestamptz;
  started integer := 0;
  newest_run constant bigint := (select max(run.id) from public.backfill_runs as run);
  is_left boolean := false;
  next_due timestamptz := timestamptz 'infinity';
  what_to_do text;
begin
  -- Two ticks at once would start the same pull twice.
  if not engine.begin_tick('pulls') then
    return 0;
  end if;
  -- A standstill may have left days out that no schedule reaches back to, so gaps are due at once.
  if engine.beat('pulls') > interval '10 minutes' then
    update public.pull_schedules as s
    set last_due_at = null
    where s.name in (
      select gaps.name from public.pull_schedules as gaps where gaps.pulls = 'gaps' for no key update skip locked
    );
  end if;

  -- The widest range first: when several are due after a standstill, the narrower ones find their days taken. Gaps take
  -- what is left. Ids come last, because to find them takes seconds: where something else was started, which is
  -- dispatched only when this ends, they are left to the next tick.
  for schedule in
    select s.*
    from public.pull_schedules as s
    where s.enabled
    order by array_position(array['days', 'gaps', 'ids'], s.pulls), s.last_day - s.first_day desc, s.name
  loop
    -- Each on its own: an error in one delays no other.
    begin
      due := engine.last_due(schedule, engine.clock());
      if due is null or due <= schedule.last_due_at then
        next_due := least(next_due, engine.next_due(schedule, engine.clock()));
        continue;
      end if;
      is_left := true;
      continue when
        schedule.pulls = 'ids'
        and exists (select from public.backfill_runs as run where run.id > coalesce(newest_run, 0));
      perform from public.pull_schedules as s where s.name = schedule.name for no key update skip locked;
      -- Another session is changing it: the next tick uses its new values.
      continue when not found;
      started := started + engine.answer_schedule(schedule, due);
    exception
      when others then
        get stacked diagnostics what_to_do = pg_exception_hint;
        raise warning 'The schedule % cannot start: %', schedule.name, sqlerrm;
        update public.pull_schedules as s
        set
          failing_since = coalesce(s.failing_since, engine.clock()),
          last_error = concat_ws('. ', rtrim(sqlerrm, '.'), nullif(what_to_do, ''))
        where s.name in (
          select known.name
          from public.pull_schedules as known
          where known.name = schedule.name
          for no key update skip locked
        );
    end;
  end loop;
  -- What was due, and may have been left, is looked at again by the next tick.
  if not is_left then
    perform engine.rest('pulls', until => next_due);
  end if;
  return started;
end
$$;
comment on function engine.start_due_pulls() is
  'The part of the tick that looks at the schedules: starts a pull for each schedule that is due, one even if
   several of its times were missed, and closes gaps when that is due and after a standstill of ten minutes. A schedule
   that can''t be started is tried again with the next tick, and the others go on. Returns how many runs were started.';

-- schemas/daily/switch.sql

-- The schedules on and off.

create function public.start_schedules()
returns table (name text, next_due_at timestamptz)
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform engine.refuse_broken_setup(
    array(select unnest(s.feeds) from public.pull_schedules as s where s.enabled)
  );
  update public.backfill_settings as s
  set schedules_started_on = engine.london_day(), schedules_started_at = engine.clock()
  where s.schedules_started_on is null;
  -- For the next tick.
  insert into engine.wakeups (called_at) values (engine.clock());
  return query
  select s.name, case when s.last_due_at is null then engine.clock() else engine.next_due(s, engine.clock()) end
  from public.pull_schedules as s
  where s.enabled
  order by 2, 1;
end
$$;
comment on function public.start_schedules() is
  'Switches the daily pulls on, the first ones within a minute. Returns when each schedule is due next. Calling it again
   changes nothing. Error PT424 as of engine.refuse_broken_setup.';

create function public.stop_schedules()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.backfill_settings as s set schedules_started_on = null, schedules_started_at = null;
  update public.pull_schedules as s
  set last_due_at = null, failing_since = null, last_error = null
  where s.last_due_at is not null or s.failing_since is not null;
  -- So that they are due at once when they are switched on again.
  delete from engine.heartbeats as h where h.name = 'pulls';
end
$$;
comment on function public.stop_schedules() is
  'Switches the daily pulls off; runs in progress are not affected. Calling it again changes nothing.';

revoke all on function public.start_schedules, public.stop_schedules from public, anon, authenticated, service_role;

-- schemas/daily/freshness.sql

-- Whether the data is as new as it should be.

create view public.data_freshness
with (security_invoker = true)
as
with settings as (
  select
    s.schedules_started_on,
    s.schedules_started_at + s.freshness_grace_minutes * interval '1 minute' as late_from,
    s.freshness_grace_minutes * interval '1 minute' as grace
  from public.backfill_settings as s
),
feeds as (
  select
    feed.name as feed,
    feed.has_days,
    feed.counted_by,
    patience.longer,
    -- The newest pull of today's data that should be done by now, on any weekday: an empty day is pulled like any
    -- other. A feed in the background waits for the others, a backfill too, and has a day.
    max(engine.last_due(schedule, engine.clock() - settings.grace - patience.longer)) filter (
      where settings.schedules_started_on is not null
    ) as expected_since,
    min(engine.next_due(schedule, engine.clock())) filter (
      where settings.schedules_started_on is not null
    ) as next_due_at
  from engine.feeds as feed
  cross join settings
  cross join lateral (
    select case when feed.in_background then interval '1 day' else interval '0' end as longer
  ) as patience
  left join public.pull_schedules as schedule
    on feed.name = any (schedule.feeds)
      and schedule.enabled
      and schedule.pulls in ('days', 'ids')
      and schedule.first_day <= 0
      and schedule.last_day >= 0
  -- What was read from an old database does not age.
  where cardinality(feed.endpoints) > 0
  group by feed.name, patience.longer
),
known as (
  select
    feeds.feed,
    feeds.next_due_at,
    -- What was due before the schedules were switched on is not expected.
    case
      when engine.london_day(feeds.expected_since) >= settings.schedules_started_on then feeds.expected_since
    end as expected_since,
    settings.late_from + feeds.longer as late_from,
    feeds.has_days,
    case
      -- With nothing to ask for, no run is started.
      when feeds.counted_by = 'ids' then greatest(
        (
          select max(coalesce(chunk.reading_since, chunk.ended_at)) from public.backfill_progress as chunk
          where chunk.feed = feeds.feed and chunk.state = 'succeeded'
        ),
        (
          select max(schedule.last_due_at) from public.pull_schedules as schedule
          where
            schedule.pulls = 'ids'
            and feeds.feed = any (schedule.feeds)
            and not exists (select from engine.live_chunks as live where live.feed = feeds.feed)
            -- What was given up or cancelled since then is not asked for, and the chunks that succeeded count above.
            and not exists (
              select from public.backfill_progress as chunk
              where
                chunk.feed = feeds.feed
                and chunk.kind = 'schedule'
                and chunk.state in ('dead', 'cancelled')
                and chunk.ended_at >= schedule.last_due_at
            )
        )
      )
      when not feeds.has_days then (
        -- By the index, which has the same value for a chunk that was read.
        select max(coalesce(chunk.reading_since, chunk.ended_at)) from public.backfill_progress as chunk
        where chunk.feed = feeds.feed and chunk.state = 'succeeded' and chunk.reading_since is not null
      )
      else (
        select c.pulled_at from public.ra_coverage as c
        where c.feed = feeds.feed and c.day <= engine.london_day()
        order by c.day desc
        limit 1
      )
    end as last_pulled_at,
    (select newest.day from engine.newest_days as newest where newest.feed = feeds.feed) as newest_day
  from feeds
  cross join settings
)
select
  known.feed,
  known.newest_day,
  known.last_pulled_at,
  known.expected_since,
  known.next_due_at,
  case
    -- Without a schedule nothing is promised, and without a run nothing was even asked for.
    when known.next_due_at is null then case
      when
        known.last_pulled_at is not null
        or exists (select from public.backfill_progress as chunk where chunk.feed = known.feed)
        then 'not_scheduled'
      else 'nothing_asked_for'
    end
    when known.expected_since is null then case when known.last_pulled_at is null then 'waiting' else 'fresh' end
    when not known.has_days and known.last_pulled_at >= known.expected_since then 'fresh'
    -- The day that was due, not an older one that was pulled again since.
    when exists (
      select from public.ra_coverage as c
      where
        c.feed = known.feed
        and c.day = engine.london_day(known.expected_since)
        and c.pulled_at >= known.expected_since
    ) then 'fresh'
    when engine.clock() < known.late_from then 'waiting'
    else 'late'
  end as state
from known;
comment on view public.data_freshness is
  'A row per feed: how new its data is, and whether it is as new as the schedules promise.';
comment on column public.data_freshness.feed is 'One of engine.feeds.';
comment on column public.data_freshness.newest_day is
  'Day of the newest race stored from this feed, including cards of days to come; null without days.';
comment on column public.data_freshness.last_pulled_at is
  'When the newest day up to today was last pulled completely, even when it was empty. For a feed without days: the
   time of the first page of its last complete pull. For one that asks for ids also when its schedule last found none
   to ask for.';
comment on column public.data_freshness.expected_since is
  'By when it should have been pulled again: the last scheduled time that is freshness_grace_minutes ago, and a day
   more of a feed in the background. Null before the first.';
comment on column public.data_freshness.next_due_at is
  'The next scheduled pull of its today; null after stop_schedules, or when no enabled schedule of the feed pulls it.';
comment on column public.data_freshness.state is
  'fresh; late: the pull due at expected_since is not done; waiting: the schedules are on, and the first pull is neither
   done nor late; not_scheduled: start_schedules was not called, or no schedule of the feed is enabled, so nothing is
   promised; nothing_asked_for: not scheduled, and no run has ever asked for the feed.';

revoke all on public.data_freshness from public, anon, authenticated, service_role;
grant select on public.data_freshness to service_role;

-- schemas/alerts/alerts.sql

-- Alerts for the operator: one message when a problem begins, one when it is resolved.

create table public.alerts (
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  message text not null,
  raised_at timestamptz not null default engine.clock(),
  resolved_at timestamptz,
  constraint alerts_kind_known check (
    kind in (
      'freshness', 'dead_chunks', 'paused', 'unanswered_dispatches', 'rejects', 'unknown_field', 'gap', 'schedule',
      'standstill'
    )
  ),
  constraint alerts_in_order check (resolved_at >= raised_at)
);

create unique index alerts_one_open on public.alerts (kind, subject) where resolved_at is null;
create index alerts_resolved_at on public.alerts (resolved_at);
comment on table public.alerts is 'What went wrong, and when it was resolved. No row contains a secret.';
comment on column public.alerts.kind is
  'freshness: a scheduled pull is late; dead_chunks: chunks were given up and their days are missing; paused: a run is
   paused; unanswered_dispatches: no function answers; rejects: rows that could not be understood; unknown_field: the
   API sends something new; gap: a day was given up; schedule: a pull that is due can''t be started; standstill: one of
   the cron jobs did not run.';
comment on column public.alerts.subject is
  'What it is about: a feed, a run, a day or a field. One alert of a kind and subject at a time.';
comment on column public.alerts.message is 'What is wrong and what to do.';
comment on column public.alerts.raised_at is 'When it was noticed.';
comment on column public.alerts.resolved_at is 'When it was resolved; null while it is open.';

create table engine.alert_messages (
  id bigint generated always as identity primary key,
  alert_id bigint not null references public.alerts on delete cascade,
  phase text not null,
  created_at timestamptz not null default engine.clock(),
  tries integer not null default 0,
  sent_at timestamptz,
  delivered_at timestamptz,
  constraint alert_messages_one_a_phase unique (alert_id, phase),
  constraint alert_messages_phase_known check (phase in ('raised', 'resolved'))
);

create index alert_messages_open on engine.alert_messages (id) where delivered_at is null;
comment on table engine.alert_messages is
  'Messages to the webhook. Without a webhook they stay here; after a day they are no longer sent.';
comment on column engine.alert_messages.alert_id is 'The alert that it reports.';
comment on column engine.alert_messages.phase is 'raised or resolved.';
comment on column engine.alert_messages.created_at is 'When it was written.';
comment on column engine.alert_messages.tries is 'Times it was sent.';
comment on column engine.alert_messages.sent_at is 'When it was last sent; null before.';
comment on column engine.alert_messages.delivered_at is
  'When the webhook''s answer was seen, or the last of five tries had failed; null before.';

-- Unlogged, as pg_net's queue, its answers and the sequence of its ids: a crash empties them all and lets the ids start
-- over, so that an id kept elsewhere would name another request.
create unlogged table engine.alert_requests (
  message_id bigint primary key references engine.alert_messages on delete cascade,
  request_id bigint not null,
  -- By the clock that pg_net goes by.
  queued_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table engine.alert_requests is
  'Which pg_net request carries a message that was sent and is not answered yet. A crash empties it; the messages are
   then sent again.';
comment on column engine.alert_requests.message_id is 'The message.';
comment on column engine.alert_requests.request_id is 'The id of the request''s answer in net._http_response.';
comment on column engine.alert_requests.queued_at is
  'When it was queued. An answer from before that time belongs to another request.';

create function engine.note_alert(kind text, subject text, message text, is_over boolean)
returns void
language sql
security invoker
set search_path = ''
as $$
  with noted as (
    insert into public.alerts (kind, subject, message, raised_at, resolved_at)
    select
      note_alert.kind, note_alert.subject, note_alert.message, engine.clock(),
      case when note_alert.is_over then engine.clock() end
    where not exists (
      select from public.alerts as a
      where a.kind = note_alert.kind and a.subject = note_alert.subject and a.resolved_at is null
    )
    returning id
  )
  insert into engine.alert_messages (alert_id, phase)
  select noted.id, 'raised' from noted
$$;
comment on function engine.note_alert(text, text, text, boolean) is
  'Keeps an alert with its message, unless one of the same kind and subject is open. is_over: the alert is resolved
   from the start.';

alter table public.alerts enable row level security;
alter table engine.alert_messages enable row level security;
alter table engine.alert_requests enable row level security;
revoke all on public.alerts, engine.alert_messages from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence
  public.alerts_id_seq, engine.alert_messages_id_seq
  from public, anon, authenticated, service_role;
grant select on public.alerts to service_role;

-- schemas/daily/compaction.sql

-- Indexes that take more than they need are written again, one at a time, in the background. A backfill goes from the
-- newest month to the oldest, so keys come in falling order and leave the pages of the largest index half empty.
--
-- Only a statement of its own can do that while pages are stored, and pg_cron can run one: the job engine-compact has
-- the one minute in which it is to run as its schedule.

create table engine.compactions (
  index_name text primary key,
  index_oid oid not null,
  starts_at timestamptz not null,
  bytes_before bigint not null,
  ended_at timestamptz,
  bytes_after bigint,
  rows_after real,
  error text,
  constraint compactions_failed_has_ended check (error is null or ended_at is not null)
);
comment on table engine.compactions is
  'When an index in public was last compacted, and what that gave. One that has not ended is under way.';
comment on column engine.compactions.index_oid is 'The index that was to be replaced.';
comment on column engine.compactions.starts_at is 'The minute in which pg_cron runs it.';
comment on column engine.compactions.bytes_before is 'Its size then.';
comment on column engine.compactions.ended_at is 'When the sweep found that it was over; null while it is under way.';
comment on column engine.compactions.bytes_after is 'Its size after the last time that succeeded; null before it.';
comment on column engine.compactions.rows_after is 'Its entries then.';
comment on column engine.compactions.error is 'Why the last time failed; null when it did not.';

create view engine.indexes_to_compact
with (security_invoker = true)
as
select
  known.oid as index_oid,
  known.relname::text as index_name,
  size.bytes,
  not part.indisvalid as is_left_over
from pg_catalog.pg_index as part
join pg_catalog.pg_class as known on known.oid = part.indexrelid
join pg_catalog.pg_class as owner on owner.oid = part.indrelid
join pg_catalog.pg_am as method on method.oid = known.relam and method.amname = 'btree'
cross join lateral (values (pg_catalog.pg_relation_size(known.oid))) as size (bytes)
left join engine.compactions as last on last.index_name = known.relname
where
  owner.relnamespace = 'public'::regnamespace
  and owner.relname like 'ra\_%'
  and case
    when part.indisvalid then
      size.bytes >= 2000000
      -- What an entry takes, so that neither rows that came nor rows that went look like something else.
      and (
        last.bytes_after is null
        or size.bytes / greatest(known.reltuples, 1) >= 1.25 * last.bytes_after / greatest(last.rows_after, 1)
      )
    -- What a failed one leaves. One that is being built looks the same, and its session has it locked.
    else
      known.relname ~ '_cc(new|old)[0-9]*$'
      and not exists (
        select from pg_catalog.pg_locks as held
        where held.locktype = 'relation' and held.relation = known.oid and held.mode = 'ShareUpdateExclusiveLock'
      )
  end
  and (last.error is null or last.ended_at < engine.clock() - interval '20 hours');
comment on view engine.indexes_to_compact is
  'Indexes of ra_* of 2 MB and more in which an entry takes a quarter more than when they were last compacted, or which
   never were; and what a compaction that failed left over, which is dropped. One that failed waits for 20 hours.';

create function engine.kept_for_compaction()
returns numeric
language sql
volatile
security invoker
set search_path = ''
as $$
  select coalesce(max(due.bytes), 0) / 1e6
  from engine.indexes_to_compact as due
  cross join engine.room as room
  where not due.is_left_over and room.megabytes + due.bytes / 1e6 < room.daily_pulls_until
$$;
comment on function engine.kept_for_compaction() is
  'Megabytes that a backfill must leave so that the largest index that is due can be compacted: for as long as that
   takes there are two of it. 0 when none is due, or when there is no room for it any more.';

create function engine.begin_compaction(due engine.indexes_to_compact)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  -- pg_cron takes a job over within a second, and must have done so before its minute begins.
  minute constant timestamptz := date_trunc('minute', engine.clock() + interval '70 seconds');
begin
  insert into engine.compactions as known (index_name, index_oid, starts_at, bytes_before)
  values (due.index_name, due.index_oid, minute, due.bytes)
  on conflict on constraint compactions_pkey do update set
    index_oid = excluded.index_oid,
    starts_at = excluded.starts_at,
    bytes_before = excluded.bytes_before,
    ended_at = null,
    error = null;
  perform cron.schedule(
    'engine-compact',
    to_char(
      minute at time zone coalesce(nullif(current_setting('cron.timezone', true), ''), 'GMT'),
      'FMMI FMHH24 FMDD FMMM *'
    ),
    format('%s index concurrently public.%I', case when due.is_left_over then 'drop' else 'reindex' end, due.index_name)
  );
end
$$;
comment on function engine.begin_compaction(engine.indexes_to_compact) is
  'Schedules the compaction of an index, or the removal of one that was left over, for the next minute.';

create function engine.has_ended(under_way engine.compactions)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
declare
  now_there constant oid := to_regclass(format('public.%I', under_way.index_name));
  failure text;
begin
  -- While it goes on, its session keeps the index locked: also the old one that has just been replaced.
  if exists (
    select from pg_catalog.pg_locks as held
    where
      held.locktype = 'relation'
      and held.relation = under_way.index_oid
      and held.mode = 'ShareUpdateExclusiveLock'
      and held.database = (
        select known.oid from pg_catalog.pg_database as known where known.datname = pg_catalog.current_database()
      )
  ) then
    return false;
  end if;
  if now_there is not distinct from under_way.index_oid then
    select regexp_replace(run.return_message, '^ERROR: *|\s+$', '', 'g') into failure
    from cron.job_run_details as run
    join cron.job as job on job.jobid = run.jobid and job.jobname = 'engine-compact'
    where run.status = 'failed'
    order by run.runid desc
    limit 1;
    if failure is null and engine.clock() < under_way.starts_at + interval '5 minutes' then
      return false;
    end if;
  end if;
  update engine.compactions as known
  set
    ended_at = engine.clock(),
    bytes_after = case
      when now_there is distinct from under_way.index_oid then pg_catalog.pg_relation_size(now_there)
      else known.bytes_after
    end,
    rows_after = case
      when now_there is distinct from under_way.index_oid
        then (select new.reltuples from pg_catalog.pg_class as new where new.oid = now_there)
      else known.rows_after
    end,
    error = case
      when now_there is not distinct from under_way.index_oid
        then coalesce(failure, 'pg_cron did not run it: see cron.job_run_details')
    end
  where known.index_name = under_way.index_name;
  -- What was dropped is not an index any more.
  delete from engine.compactions as known where known.index_name = under_way.index_name and now_there is null;
  -- With the job goes what it had to say, so that the next one's failure is its own.
  delete from cron.job_run_details as run
  where run.jobid in (select job.jobid from cron.job as job where job.jobname = 'engine-compact');
  perform cron.unschedule(job.jobname) from cron.job as job where job.jobname = 'engine-compact';
  return true;
end
$$;
comment on function engine.has_ended(engine.compactions) is
  'Whether the compaction that is under way is over. Then it is noted what it gave, or why it failed, and its job is
   unscheduled. The new index is another relation, so what pg_cron logs is needed for an error only.';

create view engine.waiting_for_room
with (security_invoker = true)
as
select run.kind, run.id
from public.backfill_runs as run
where
  run.id = any (array(select live.run_id from engine.live_chunks as live where live.paused_at is not null))
  and run.kind not in ('gaps', 'schedule')
  and run.cancelled_at is null
  and starts_with(run.pause_reason, 'The database has ');
comment on view engine.waiting_for_room is
  'Backfills and pulls by hand that engine.pause_without_room has paused. Scheduled pulls are replaced by the next.';

create function engine.resume_with_room()
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
declare
  room engine.room;
begin
  -- First, because the size of the database is the dearest that a sweep can ask for.
  if not exists (select from engine.waiting_for_room) then
    return false;
  end if;
  room := (select known from engine.room as known);
  -- With less than that, it would soon be paused again.
  if room.megabytes + 10 > room.backfills_until - engine.kept_for_compaction() then
    return false;
  end if;
  perform engine.go_on(waiting.id) from engine.waiting_for_room as waiting order by waiting.id;
  return found;
end
$$;
comment on function engine.resume_with_room() is
  'Resumes the runs that were paused because the database had no room, once it has 10 MB more than they need to go on.
   Returns whether it resumed any.';

create function engine.compact_indexes()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  under_way constant engine.compactions := (
    select known from engine.compactions as known where known.ended_at is null order by known.starts_at limit 1
  );
  due engine.indexes_to_compact;
begin
  if under_way.index_name is not null then
    if not engine.has_ended(under_way) then
      return;
    end if;
  -- To look takes as long as the rest of a sweep. While no chunk is live there is one each quarter of an hour.
  elsif
    extract(minute from engine.clock())::integer % 10 <> 0
    and engine.has_live_chunk()
    and not exists (select from engine.waiting_for_room)
  then
    return;
  end if;
  -- A backfill would leave half-empty pages again. One of horses takes hours, and brings hardly a new row.
  if exists (
    select from public.backfill_progress as chunk
    join engine.feeds as feed on feed.name = chunk.feed
    where chunk.state = 'working' and not feed.in_background
  ) then
    return;
  end if;
  -- What else is to be compacted waits for their end, since what they bring makes it due again.
  if engine.resume_with_room() then
    return;
  end if;
  for due in
    select known.* from engine.indexes_to_compact as known order by known.is_left_over desc, known.bytes desc
  loop
    if
      due.is_left_over
      or exists (select from engine.room as room where room.megabytes + due.bytes / 1e6 < room.daily_pulls_until)
    then
      perform engine.begin_compaction(due);
      return;
    end if;
  end loop;
end
$$;
comment on function engine.compact_indexes() is
  'A step of compacting, which the sweep takes each minute: notes the end of the compaction that is under way, then
   resumes the runs that waited for room, or schedules the compaction of the largest index that is due and that there is
   room for. Looks for something to do each ten minutes, and each minute while such a run waits; not while chunks are
   worked on.';

alter table engine.compactions enable row level security;
grant select on engine.compactions, engine.indexes_to_compact to service_role;
grant execute on function engine.kept_for_compaction to service_role;

-- schemas/daily/sweep.sql

-- The sweep restores what was lost: it can finish a run from the tables alone.

create function engine.expire_leases()
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  lost public.backfill_progress;
  expired integer := 0;
begin
  for lost in
    select chunk.*
    from public.backfill_progress as chunk
    where
      chunk.state = 'working'
      -- No lease is longer than ten minutes. A longer one was given by a clock that was ahead.
      and (chunk.lease_until < engine.clock() or chunk.lease_until > engine.clock() + interval '11 minutes')
    order by chunk.id
    for update skip locked
  loop
    perform engine.interrupt_chunk(
      lost, format('The invocation fell silent: its lease ran out at %s', lost.lease_until)
    );
    expired := expired + 1;
  end loop;
  return expired;
end
$$;
comment on function engine.expire_leases() is
  'Ends leases that ran out because the invocation fell silent. Returns how many. Such an interruption is not a failed
   attempt, but a chunk that is interrupted too often without storing a page is given up.';

create function engine.silence_is_noted(feed text, beginning text)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select exists (
    select from public.ingest_errors as known
    where
      known.failure_class = 'lost_dispatch'
      and known.feed = silence_is_noted.feed
      and starts_with(known.message, silence_is_noted.beginning)
      and known.occurred_at > engine.clock() - interval '1 hour'
      and known.occurred_at > coalesce(
        (select max(chunk.claimed_at) from public.backfill_progress as chunk where chunk.feed = silence_is_noted.feed),
        '-infinity'
      )
  )
$$;
comment on function engine.silence_is_noted(text, text) is
  'Whether the error log already says that a feed''s dispatches are not claimed, in a message that begins like this.
   While that lasts, it is logged once, and again every hour.';

create function engine.forget_lost_dispatches()
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  forgotten integer;
begin
  -- Hardly ever is one lost, and what follows takes longer to plan than the rest of an idle sweep.
  if not exists (select from engine.dispatches as sent where engine.dispatch_is_lost(sent.sent_at)) then
    return 0;
  end if;
  with lost as (
    delete from engine.dispatches as sent
    -- A dispatch that is being claimed at this moment is not lost; skip it rather than wait.
    where sent.id in (
      select late.id
      from engine.dispatches as late
      where engine.dispatch_is_lost(late.sent_at)
      order by late.id
      for update skip locked
    )
    returning sent.id, sent.feed, sent.sent_at, sent.request_id, sent.queued_at
  ),
  told as (
    select
      lost.id,
      lost.feed,
      case
        when answer.kind <> 'answered'
          then format('No function takes the dispatches of %s. %s %s', lost.feed, answer.finding, answer.what_to_do)
        else format(
          'The dispatch %s of %s, sent at %s, has not arrived: it was lost, or the function does not answer',
          lost.id, lost.feed, lost.sent_at
        )
      end as message,
      answer.kind <> 'answered' as is_explained
    from lost
    left join engine.feeds as feed on feed.name = lost.feed
    left join lateral engine.read_response(lost.request_id, lost.queued_at, feed.function_name) as answer on true
  ),
  noted as (
    insert into public.ingest_errors (feed, failure_class, attempt, message)
    select told.feed, 'lost_dispatch', 1, told.message
    from told
    where not engine.silence_is_noted(told.feed, case when told.is_explained then told.message else 'The dispatch ' end)
    order by told.id
  )
  select count(*)::integer into forgotten from lost;
  return forgotten;
end
$$;
comment on function engine.forget_lost_dispatches() is
  'Removes dispatches that never arrived from the list, so that others are sent in their place. Returns how many. The
   error log keeps them, with what the function answered; while none of a feed arrives, only one and then one every
   hour.';

create function engine.note_standstill(silence interval)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.note_alert(
    kind => 'standstill', subject => 'the sweep', is_over => true,
    message => format(
      'The sweep did not run from %s to %s: the project was paused, or cron stopped. What was missed is being pulled.',
      engine.clock() - note_standstill.silence, engine.clock()
    )
  )
$$;
comment on function engine.note_standstill(interval) is
  'Keeps an alert that the sweep has not run for so long, unless one is open.';

create function engine.note_silent_watch()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform engine.note_alert(
    kind => 'standstill', subject => 'the alerts', is_over => false,
    message => format(
      'The alerts have not been looked at since %s, and none was sent. %s', watch.beat_at,
      coalesce(
        'The last error: ' || rtrim(watch.last_error, '.') || '.', 'See cron.job_run_details for engine-tick.'
      )
    )
  )
  from engine.heartbeats as watch
  join engine.heartbeats as sweep on sweep.name = 'sweep'
  where
    watch.name = 'watch'
    and watch.due_at < engine.clock() - interval '10 minutes'
    and sweep.awake_since < engine.clock() - interval '10 minutes';
end
$$;
comment on function engine.note_silent_watch() is
  'Keeps an alert that the watch is late by ten minutes while the sweep ran. The next watch sends it and resolves
   it.';

create function engine.sweep()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  silence interval;
  what_to_do text;
begin
  -- Two sweeps at once would each dispatch for the same free leases.
  if not engine.begin_tick('sweep') then
    return;
  end if;
  silence := engine.beat('sweep');
  if silence > interval '10 minutes' then
    perform engine.note_standstill(silence);
  end if;
  perform engine.note_silent_watch();
  perform engine.expire_leases();
  -- Slots are pushed back by an hour at most. One further away was reserved by a clock that was ahead.
  update public.racing_api_limits as l
  set next_slot = '-infinity', taken_slots = '{}'
  where
    l.next_slot > engine.clock() + interval '61 minutes'
    or engine.clock() + interval '61 minutes' < any (l.taken_slots);
  perform engine.forget_lost_dispatches();
  perform engine.compact_indexes();
  begin
    perform engine.dispatch_due();
  exception
    when sqlstate 'PT424' then
      -- A Vault secret is missing, or another session holds pg_net's queue, which every login may lock. The leases stay
      -- expired; the error log and then an alert say what to do.
      get stacked diagnostics what_to_do = pg_exception_hint;
      raise warning '%', sqlerrm;
      insert into public.ingest_errors (feed, failure_class, attempt, message)
      select distinct ready.feed, 'lost_dispatch', 1, reason.words
      from engine.claimable_chunks as ready
      cross join (values (format('No dispatch could be sent: %s. %s', sqlerrm, what_to_do))) as reason (words)
      where not engine.silence_is_noted(ready.feed, reason.words);
  end;
  if not engine.has_live_chunk() and not exists (select from engine.compactions as c where c.ended_at is null) then
    perform engine.rest('sweep');
  end if;
end
$$;
comment on function engine.sweep() is
  'The part of the tick that restores: ends expired leases, takes a step of compacting indexes, then dispatches what is
   due and not being worked on. With nothing to do it dispatches nothing. Due each minute while a chunk is live or an
   index is being compacted.';

-- schemas/daily/tick.sql

-- The cron tick of each minute: one job, because cron opens a session for each, which costs more than most ticks.

-- What an idle minute asks is this, in a session that has read no catalog yet: two small tables, and not the chunks,
-- whose ten indexes take more to look up than all the rest.
create function engine.take_parts_due()
returns text[]
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moment constant timestamptz := engine.clock();
  is_woken constant boolean := exists (select from engine.wakeups);
  all_rest boolean;
  parts text[];
  has_schedules boolean;
  keeps_runs boolean;
begin
  -- None rests for longer than a quarter of an hour: such a time was set by a clock that was ahead.
  select
    count(*) filter (where h.name in ('sweep', 'watch')) = 2
    and coalesce(bool_and(h.due_at > moment and h.due_at < moment + interval '15 minutes'), false)
  into all_rest
  from engine.heartbeats as h;
  if all_rest and not is_woken then
    return array[]::text[];
  end if;

  parts := array(
    select part.name
    from (values (1, 'sweep'), (2, 'pulls'), (3, 'watch'), (4, 'keeping')) as part (place, name)
    left join engine.heartbeats as h on h.name = part.name
    where
      h.name is null
      or h.due_at <= moment
      or h.due_at >= moment + interval '15 minutes'
      or is_woken
    order by part.place
  );
  if is_woken then
    delete from engine.wakeups;
  end if;
  if parts && array['pulls', 'keeping'] then
    select schedules_started_on is not null, runs_kept_since is not null
    into has_schedules, keeps_runs
    from public.backfill_settings;
    parts := array_remove(parts, case when not has_schedules then 'pulls' end);
    parts := array_remove(parts, case when not keeps_runs then 'keeping' end);
  end if;
  return parts;
end
$$;
comment on function engine.take_parts_due() is
  'The parts that this tick is to run, in order: sweep, pulls (while the schedules are on), watch, keeping (while runs
   are kept). Empty in most minutes of a project that has nothing to do. Takes the wakeups away: call it to run what it
   returns.';

create function engine.note_failure(part text, error text)
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '5s'
as $$
begin
  insert into engine.heartbeats as h (name, beat_at, awake_since, due_at, failing_since, last_error)
  values (
    note_failure.part, engine.clock(), engine.clock(), engine.clock(), engine.clock(), note_failure.error
  )
  on conflict on constraint heartbeats_pkey do update set
    due_at = least(h.due_at, excluded.due_at),
    failing_since = coalesce(h.failing_since, excluded.failing_since),
    last_error = excluded.last_error;
  -- So that the watch looks each minute.
  insert into engine.wakeups (called_at) values (engine.clock());
exception
  when others then
    -- The cron job's log has the error all the same, and the other parts go on.
    raise warning 'It could not be noted that the % failed: %', note_failure.part, sqlerrm;
end
$$;
comment on function engine.note_failure(text, text) is
  'Notes that a part of the tick failed, and why. The next tick runs all parts.';

create function engine.run_part(part text)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  trouble text;
  what_to_do text;
begin
  case part
    when 'sweep' then perform engine.sweep();
    when 'pulls' then perform engine.start_due_pulls();
    when 'watch' then perform engine.watch();
    when 'keeping' then perform engine.keep_changed_days();
  end case;
  return null;
exception
  -- A statement timeout is not among the others.
  when query_canceled or others then
    get stacked diagnostics what_to_do = pg_exception_hint;
    trouble := concat_ws('. ', rtrim(sqlerrm, '.'), nullif(what_to_do, ''));
    perform engine.note_failure(run_part.part, trouble);
    return format('%s: %s', run_part.part, trouble);
end
$$;
comment on function engine.run_part(text) is
  'Runs a part of the tick: sweep, pulls, watch or keeping. Null, or why it failed: then nothing of it is kept, and the
   error is noted in its heartbeat.';

create function engine.end_tick(failed text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if failed <> '' then
    raise exception 'Of this tick failed %', failed
      using hint = 'The other parts ran. What a part could not do, the next tick tries again.';
  end if;
end
$$;
comment on function engine.end_tick(text) is
  'Lets the cron job fail with what failed in it; with nothing, or an empty text, it does nothing.';

create function engine.tick_statement()
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  select 'do $' || '$ declare part text; failed text; begin '
    'foreach part in array engine.take_parts_due() loop '
    'failed := concat_ws(''; '', failed, engine.run_part(part)); commit; end loop; '
    'perform engine.end_tick(failed); end $' || '$'
$$;
comment on function engine.tick_statement() is
  'What cron runs each minute: the sweep, the pulls that are due, the watch and the keeping, each as far as it is due,
   each in a transaction of its own, so that what one has stored stays when another fails, and no lock outlives its
   part. A statement and no procedure: one that commits can have no search path of its own. Not within a transaction.';

create function engine.note_silent_tick()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  last_beat constant timestamptz := (select max(h.beat_at) from engine.heartbeats as h);
begin
  if
    exists (select from engine.heartbeats as h where h.due_at > engine.clock() - interval '10 minutes')
    -- After a break of the whole project the sweep notes how long it was.
    or pg_catalog.pg_postmaster_start_time() > engine.wall_clock() - interval '10 minutes'
  then
    return;
  end if;
  perform engine.note_alert(
    kind => 'standstill', subject => 'the tick', is_over => false,
    message => format(
      'The tick of each minute has not run since %s: nothing is pulled by itself, and what gets lost is not restored. '
      'See the rows cron: engine-tick of select * from check_setup();',
      last_beat
    )
  )
  where last_beat is not null;
  perform engine.send_alerts();
exception
  when others then
    raise warning 'It could not be told that the tick stands still: %', sqlerrm;
end
$$;
comment on function engine.note_silent_tick() is
  'Keeps and sends an alert when each part of the tick is late by ten minutes, which none of them could tell. For the
   nightly upkeep. The next watch resolves it.';

-- schemas/alerts/late.sql

-- Troubles: what is late or has stopped.

create view engine.late_feeds
with (security_invoker = true)
as
select
  'freshness' as kind,
  fresh.feed as subject,
  format(
    'The %s due at %s are not in. See backfill_status and ingest_errors.', fresh.feed, fresh.expected_since
  ) as message
from public.data_freshness as fresh
where
  fresh.state = 'late'
  -- A project that has just woken up still has to pull what it missed.
  and (select max(h.awake_since) from engine.heartbeats as h where h.name in ('watch', 'pulls'))
    < engine.clock() - (select s.freshness_grace_minutes from public.backfill_settings as s) * interval '1 minute';
comment on view engine.late_feeds is
  'A trouble for each feed that is late, once the cron jobs have run for the grace period.';

create view engine.failing_schedules
with (security_invoker = true)
as
select
  'schedule' as kind,
  schedule.name as subject,
  format(
    'The pull that is due can''t be started since %s: %s. It is tried again each minute.', schedule.failing_since,
    rtrim(schedule.last_error, '.')
  ) as message
from public.pull_schedules as schedule
-- What the next ticks resolve, such as a lock, is not worth an alert.
where schedule.enabled and schedule.failing_since < engine.clock() - interval '5 minutes';
comment on view engine.failing_schedules is
  'A trouble for each schedule whose pull could not be started for five minutes.';

create view engine.jobs_at_a_standstill
with (security_invoker = true)
as
-- One part of the tick has stopped. When all of cron stopped, the sweep reports it as soon as it runs again, and when
-- the tick alone did, the upkeep does.
select
  'standstill' as kind,
  job.subject,
  format(
    '%s since %s: %s. %s', job.words, still.beat_at, job.what_follows,
    coalesce('The last error: ' || rtrim(still.last_error, '.') || '.', 'See cron.job_run_details for engine-tick.')
  ) as message
from (
  values
    ('sweep', 'the sweep', 'The sweep has not run', 'what gets lost is not restored'),
    ('pulls', 'the schedules', 'The schedules have not been looked at', 'nothing is pulled by itself'),
    ('keeping', 'the kept runs', 'No runs have been kept', 'strike rates over years become slower')
) as job (beats, subject, words, what_follows)
join engine.heartbeats as still on still.name = job.beats
join engine.heartbeats as watch on watch.name = 'watch'
where
  still.due_at < engine.clock() - interval '10 minutes'
  and watch.awake_since < engine.clock() - interval '10 minutes';
comment on view engine.jobs_at_a_standstill is
  'A trouble for each other part of the tick that is late by ten minutes while the watch ran.';

-- schemas/alerts/stopped.sql

-- Troubles: what was given up, is paused, or was dispatched and does not arrive.

create view engine.chunks_given_up
with (security_invoker = true)
as
select
  'dead_chunks' as kind,
  dead.subject,
  format(
    'Given up: %s of %s, the last one because: %s Once that is fixed: select backfill_retry(%s); '
    'or to leave it: select backfill_cancel(%s);',
    case when count(*) = 1 then 'a chunk' else count(*) || ' chunks' end, dead.feed,
    rtrim((array_agg(dead.last_error order by dead.ended_at desc))[1], '.') || '.',
    max(dead.run_id), max(dead.run_id)
  ) as message
from (
  -- Scheduled pulls get one message per feed, not one per pull.
  select
    chunk.*,
    case
      when chunk.kind in ('gaps', 'schedule') then 'scheduled pulls, ' || chunk.feed
      else format('run %s, %s', chunk.run_id, chunk.feed)
    end as subject,
    feed.has_days,
    feed.counted_by,
    run.reprocess
  from public.backfill_progress as chunk
  join public.backfill_runs as run on run.id = chunk.run_id
  join engine.feeds as feed on feed.name = chunk.feed
) as dead
where
  dead.state = 'dead'
  and case
    when not dead.has_days then not exists (
      select from public.backfill_progress as later
      where
        later.feed = dead.feed
        and later.state = 'succeeded'
        and later.ended_at > dead.ended_at
        -- Lists come as a whole. Ids that a later chunk has in part, engine.has_ids_to_ask knows.
        and (
          dead.counted_by = 'lists' or (later.period_start <= dead.period_start and later.period_end >= dead.period_end)
        )
    )
    -- Cards may have brought what it should have asked for.
    and (
      dead.counted_by <> 'ids'
      or engine.has_ids_to_ask(
        feed => dead.feed, period_start => dead.period_start, period_end => dead.period_end,
        reprocess => dead.reprocess
      )
    )
    else exists (
      select from generate_series(
        dead.period_start::timestamp, dead.period_end::timestamp - interval '1 day', interval '1 day'
      ) as d (day)
      where
        d.day::date < engine.london_day(engine.clock() - interval '4 hours')
        and engine.lacks_coverage(dead.feed, d.day::date)
    )
  end
group by dead.subject, dead.feed;
comment on view engine.chunks_given_up is
  'A trouble for the dead chunks of a run and feed, and one for those of all scheduled pulls of a feed, while what they
   should have pulled is missing.';

create view engine.paused_runs
with (security_invoker = true)
as
select
  'paused' as kind,
  paused.subject,
  (array_agg(paused.pause_reason order by paused.id desc))[1]
    || case
      when paused.subject = 'scheduled pulls' then ' The next pull of these days tries again by itself.' else ''
    end as message
from (
  -- A paused scheduled pull is replaced by the next one: one message, not one per pull.
  select
    run.id,
    case when run.kind in ('gaps', 'schedule') then 'scheduled pulls' else 'run ' || run.id end as subject,
    run.pause_reason
  from public.backfill_runs as run
  where
    run.paused_at is not null
    and run.cancelled_at is null
    and exists (select from engine.live_chunks as live where live.run_id = run.id)
) as paused
group by paused.subject;
comment on view engine.paused_runs is
  'A trouble for each run that is paused and has something left to do, and one for all scheduled pulls that are.';

create view engine.unanswered_dispatches
with (security_invoker = true)
as
select
  'unanswered_dispatches' as kind,
  silence.feed as subject,
  case
    -- The newest says whether dispatches are sent at all, and what a function answered.
    when not starts_with(silence.newest_message, 'The dispatch ') then silence.newest_message
    else format(
      'No function answers the dispatches for %s since %s. Find out why: select * from check_setup();',
      silence.feed, silence.began_at
    )
  end as message
from (
  select
    lost.feed,
    min(lost.occurred_at) as began_at,
    (array_agg(lost.message order by lost.occurred_at desc, lost.id desc))[1] as newest_message
  from public.ingest_errors as lost
  where
    lost.failure_class = 'lost_dispatch'
    -- The sweep handles one lost dispatch; two minutes without any claim are an alert.
    and lost.occurred_at >= (select engine.clock() - interval '2 hours')
    and lost.occurred_at <= (select engine.clock() - interval '2 minutes')
    and exists (select from engine.claimable_chunks as ready where ready.feed = lost.feed)
    and not exists (
      select from public.backfill_progress as chunk where chunk.feed = lost.feed and chunk.claimed_at > lost.occurred_at
    )
  group by lost.feed
) as silence;
comment on view engine.unanswered_dispatches is
  'A trouble for each feed that has something to do, was dispatched two minutes ago or earlier, and has claimed nothing
   since.';

create view engine.days_given_up
with (security_invoker = true)
as
select
  'gap' as kind,
  format('%s of %s', gap.feed, days.words) as subject,
  format(
    'Still missing after %s nightly pulls: the %s of %s. See coverage_gaps; to try again: select pull_days(%L);',
    max(gap.tries), gap.feed, case when count(*) = 1 then min(gap.day)::text else format('%s days', count(*)) end,
    min(gap.day)
  ) as message
from engine.gap_pulls as gap
-- Old days come many at a time: one message for all, not one per day.
cross join lateral (
  select case when gap.day >= engine.london_day(gap.given_up_at) - 7 then gap.day::text else 'earlier days' end as words
) as days
where gap.given_up_at is not null
group by gap.feed, days.words;
comment on view engine.days_given_up is
  'A trouble for each day of a feed that the closing of gaps gave up, and one for all that were already more than a
   week old.';

-- schemas/alerts/unread.sql

-- Troubles: what an operator has to read and acknowledge.

-- Steps through the index from one day of a feed to the next and counts at most a thousand rows of each: the watch
-- looks every minute, however many rejects there are.
create view engine.unread_rejects
with (security_invoker = true)
as
with recursive days as (
  select feeds.name as feed, engine.london_day(oldest.first_seen_at) as met_on
  from engine.feeds as feeds
  cross join lateral (
    select reject.first_seen_at
    from public.ingest_rejects as reject
    where reject.feed = feeds.name and reject.acknowledged_at is null
    order by reject.first_seen_at
    limit 1
  ) as oldest
  union all
  select days.feed, engine.london_day(next.first_seen_at)
  from days
  cross join lateral (
    select reject.first_seen_at
    from public.ingest_rejects as reject
    where
      reject.feed = days.feed
      and reject.acknowledged_at is null
      and reject.first_seen_at >= engine.london_midnight(days.met_on + 1)
    order by reject.first_seen_at
    limit 1
  ) as next
)
select days.feed, days.met_on, counted.rows_counted, counted.first_reason
from days
cross join lateral (
  select
    count(*) as rows_counted,
    (array_agg(first_ones.reason order by first_ones.first_seen_at, first_ones.id))[1] as first_reason
  from (
    select reject.id, reject.first_seen_at, reject.reason
    from public.ingest_rejects as reject
    where
      reject.feed = days.feed
      and reject.acknowledged_at is null
      and reject.first_seen_at >= engine.london_midnight(days.met_on)
      and reject.first_seen_at < engine.london_midnight(days.met_on + 1)
    order by reject.first_seen_at, reject.id
    limit 1001
  ) as first_ones
) as counted;
comment on view engine.unread_rejects is
  'Rejects that nobody has acknowledged, by feed and the UK day on which they were first met. Counted to 1,001.';

create view engine.rejects_to_acknowledge
with (security_invoker = true)
as
-- One message for a feed's rejects of a day, further ones when they become many, and a new one for the next day.
select
  'rejects' as kind,
  format('%s, met on %s%s', reject.feed, reject.met_on, size.words) as subject,
  format(
    'Not understood: %s of %s, first met on %s, the first because: %s. See ingest_rejects. When you have looked: '
    'update ingest_rejects set acknowledged_at = now() '
    'where feed = %L and engine.london_day(first_seen_at) = %L and acknowledged_at is null;',
    case
      when reject.rows_counted > 1000 then 'more than 1,000 rows'
      when reject.rows_counted = 1 then 'a row'
      else reject.rows_counted || ' rows'
    end,
    reject.feed, reject.met_on, rtrim(reject.first_reason, '.'), reject.feed, reject.met_on
  ) as message
from engine.unread_rejects as reject
join (values (1, ''), (100, ', 100 or more'), (1001, ', more than 1,000')) as size (least, words)
  on size.least <= reject.rows_counted;
comment on view engine.rejects_to_acknowledge is
  'A trouble for each feed and day on which rejects were met that nobody has acknowledged, a second one when they reach
   100, a third when they pass 1,000.';

create view engine.fields_to_acknowledge
with (security_invoker = true)
as
select
  'unknown_field' as kind,
  format('%s %s.%s', field.feed, field.object, field.field) as subject,
  format(
    'The API sends a field that is not stored: %s of %s (%s)%s. When you have looked: '
    'update ingest_unknown_fields set acknowledged_at = now() where feed = %L and object = %L and field = %L;',
    field.field, field.object, field.feed,
    case
      when field.newest_value <> field.first_value
        then format(', first with %s, now with %s', field.first_value, field.newest_value)
      else ', with ' || field.first_value
    end,
    field.feed, field.object, field.field
  ) as message
from public.ingest_unknown_fields as field
where field.acknowledged_at is null;
comment on view engine.fields_to_acknowledge is
  'A trouble for each field that the API sends, that is not stored, and that nobody has acknowledged.';

-- schemas/alerts/troubles.sql

-- What is wrong now. Each kind of trouble is a view of its own, with the same columns as this one.

-- A function, so that a minute without such work does not plan what asks for it: cron opens a session for each tick.
create function engine.troubles_of_work()
returns table (kind text, subject text, message text)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if exists (select from public.backfill_progress as chunk where chunk.state = 'dead') then
    return query select dead.kind, dead.subject, dead.message from engine.chunks_given_up as dead;
  end if;
  if exists (select from public.backfill_progress as chunk where chunk.state = 'waiting') then
    return query select silence.kind, silence.subject, silence.message from engine.unanswered_dispatches as silence;
  end if;
end
$$;
comment on function engine.troubles_of_work() is
  'The rows of engine.chunks_given_up while a chunk is dead, and of engine.unanswered_dispatches while one waits: they
   have none at other times.';

create view engine.standing_troubles
with (security_invoker = true)
as
select late.kind, late.subject, late.message from engine.late_feeds as late
union all
select work.kind, work.subject, work.message from engine.troubles_of_work() as work
union all
select paused.kind, paused.subject, paused.message from engine.paused_runs as paused
union all
select reject.kind, reject.subject, reject.message from engine.rejects_to_acknowledge as reject
union all
select field.kind, field.subject, field.message from engine.fields_to_acknowledge as field
union all
select day.kind, day.subject, day.message from engine.days_given_up as day
union all
select schedule.kind, schedule.subject, schedule.message from engine.failing_schedules as schedule
union all
select job.kind, job.subject, job.message from engine.jobs_at_a_standstill as job;
comment on view engine.standing_troubles is
  'A row for each thing that is wrong now: its kind, what it is about, and a message that says what is wrong and what
   to do.';

-- schemas/alerts/send.sql

-- Messages to the webhook: reading the answers, writing the body, sending.

create function engine.note_alert_answers()
returns void
language sql
security invoker
set search_path = ''
as $$
  -- A row that another session holds waits for the next tick and delays no other.
  update engine.alert_messages as m
  set delivered_at = engine.clock()
  where
    m.id in (select open.id from engine.alert_messages as open where open.delivered_at is null for update skip locked)
    and m.delivered_at is null
    and (
      exists (
        select from engine.alert_requests as request
        join net._http_response as answer on answer.id = request.request_id
        where
          request.message_id = m.id
          and answer.status_code between 200 and 299
          -- pg_net stores the time at which it began the batch, which may be before the request came.
          and answer.created > request.queued_at - interval '1 minute'
      )
      or (m.tries >= 5 and m.sent_at < engine.clock() - interval '5 minutes')
    );
  delete from engine.alert_requests as request
  using engine.alert_messages as m
  where m.id = request.message_id and m.delivered_at is not null
$$;
comment on function engine.note_alert_answers() is
  'Closes the messages that were answered with success, and those whose fifth and last try was five minutes ago.';

create function engine.alert_body(alert public.alerts, phase text, alert_format text)
returns jsonb
language sql
-- Not immutable: it writes times in the session's time zone.
stable
security invoker
set search_path = ''
as $$
  select case
    when alert_body.alert_format = 'slack' then jsonb_build_object(
      'text',
      case alert_body.phase
        when 'raised' then format('%s (%s): %s', replace(alert.kind, '_', ' '), alert.subject, alert.message)
        else format('Resolved: %s (%s), since %s', replace(alert.kind, '_', ' '), alert.subject, alert.resolved_at)
      end
    )
    else jsonb_build_object(
      'phase', alert_body.phase, 'kind', alert.kind, 'subject', alert.subject, 'message', alert.message,
      'raised_at', alert.raised_at, 'resolved_at', alert.resolved_at
    )
  end
$$;
comment on function engine.alert_body(public.alerts, text, text) is
  'What a message says. phase: raised, or resolved. alert_format: slack, one text; json, the alert in fields.';

create function engine.send_alert(message_id bigint, webhook text, body jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.alert_messages as m
  set tries = m.tries + 1, sent_at = engine.clock()
  where m.id = send_alert.message_id;
  insert into engine.alert_requests as known (message_id, request_id)
  select
    send_alert.message_id,
    engine.post(
      url => webhook, body => send_alert.body, headers => jsonb_build_object('Content-Type', 'application/json')
    )
  on conflict (message_id) do update set request_id = excluded.request_id, queued_at = excluded.queued_at
$$;
comment on function engine.send_alert(bigint, text, jsonb) is
  'Queues a message for the webhook, counts the try, and keeps which request carries it. Errors: those of engine.post.';

create function engine.send_alerts()
returns integer
language plpgsql
security invoker
set search_path = ''
-- Every login can lock pg_net's tables; the next tick tries again.
set lock_timeout = '1s'
as $$
declare
  webhook constant text := (
    select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'alert_webhook_url'
  );
  message record;
  sent integer := 0;
begin
  if webhook is null then
    return 0;
  end if;
  perform engine.note_alert_answers();
  for message in
    select m.id, engine.alert_body(a, m.phase, (select s.alert_format from public.backfill_settings as s)) as body
    from engine.alert_messages as m
    join public.alerts as a on a.id = m.alert_id
    where
      m.delivered_at is null
      and m.tries < 5
      and m.created_at > engine.clock() - interval '1 day'
      -- Sent again when no success came within five minutes, and when the request was lost in a crash.
      and (
        m.sent_at is null
        or m.sent_at < engine.clock() - interval '5 minutes'
        or not exists (select from engine.alert_requests as request where request.message_id = m.id)
      )
    order by m.id
    for update of m skip locked
  loop
    perform engine.send_alert(message.id, webhook, message.body);
    sent := sent + 1;
  end loop;
  return sent;
end
$$;
comment on function engine.send_alerts() is
  'Sends waiting messages to the webhook in the Vault secret alert_webhook_url, each until the webhook answers with
   success, at most five times. Returns how many were sent. Without a webhook it sends none, and they stay in
   alert_messages.';

-- schemas/alerts/watch.sql

-- The part of the tick that looks for what is wrong.

create function engine.watch()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  sent integer;
begin
  -- Two ticks at once would raise the same alert twice.
  if not engine.begin_tick('watch') then
    return;
  end if;
  perform engine.beat('watch');

  with troubles as materialized (
    select t.kind, t.subject, t.message from engine.standing_troubles as t
  ),
  raised as (
    insert into public.alerts (kind, subject, message)
    select troubles.kind, troubles.subject, troubles.message
    from troubles
    -- Not left to "on conflict" alone, which waits for a session that is changing the open alert.
    where not exists (
      select from public.alerts as a
      where a.kind = troubles.kind and a.subject = troubles.subject and a.resolved_at is null
    )
    order by troubles.kind, troubles.subject
    on conflict (kind, subject) where resolved_at is null do nothing
    returning id
  ),
  over as (
    update public.alerts as a
    set resolved_at = engine.clock()
    where a.id in (
      select standing.id
      from public.alerts as standing
      where
        standing.resolved_at is null
        and not exists (
          select from troubles where troubles.kind = standing.kind and troubles.subject = standing.subject
        )
      -- An alert that another session holds is resolved by the next tick and delays no other.
      for update skip locked
    )
    returning a.id
  )
  insert into engine.alert_messages (alert_id, phase)
  select raised.id, 'raised' from raised
  union all
  select over.id, 'resolved' from over;

  begin
    sent := engine.send_alerts();
  exception
    when others then
      -- The alerts stay in their table even when they can't be sent; the cron job's log says why.
      sent := null;
      raise warning 'Alerts could not be sent: %', sqlerrm;
  end;
  -- An open alert may be over within a minute, and a message may be answered or must be sent again. After the last
  -- chunk it looks once more.
  if
    sent = 0
    and not exists (select from public.alerts as a where a.resolved_at is null)
    and not engine.has_live_chunk()
  then
    perform engine.rest('watch');
  end if;
end
$$;
comment on function engine.watch() is
  'The part of the tick that looks for what is wrong: raises new alerts, resolves those whose trouble has gone, and
   sends the messages. Due each minute while a chunk is live, an alert is open or a message was just sent.';

-- schemas/daily/usage.sql

-- What each day cost.

create table engine.daily_usage (
  day date primary key,
  api_calls integer not null,
  invocations integer not null,
  log_lines integer not null,
  database_megabytes numeric(12, 1),
  noted_at timestamptz not null default engine.clock()
);
comment on table engine.daily_usage is
  'API calls, invocations, log lines and size of the database by day, written by the nightly upkeep before the logs that
   they are counted from are deleted. Kept for usage_days.';
comment on column engine.daily_usage.day is 'UK day.';
comment on column engine.daily_usage.api_calls is 'Requests sent to The Racing API, including failed ones.';
comment on column engine.daily_usage.invocations is 'Times that a function took a chunk.';
comment on column engine.daily_usage.log_lines is 'Lines of the functions'' log, as far as invocations reported them.';
comment on column engine.daily_usage.database_megabytes is
  'Size of the database in the night after the day; null when the upkeep did not run in that night.';
comment on column engine.daily_usage.noted_at is 'When it was written.';

create view engine.counted_usage
with (security_invoker = true)
as
with days as (
  select day::date as day
  from generate_series(
    coalesce(
      -- A day that is over and noted is not counted again: its log may be deleted.
      (select max(noted.day) + 1 from engine.daily_usage as noted),
      (
        select engine.london_day(least(min(counted.counted_from), (
          select min(invocation.claimed_at) from engine.invocations as invocation
        )))
        from engine.racing_api_calls as counted
      ),
      engine.london_day()
    )::timestamp,
    engine.london_day()::timestamp,
    interval '1 day'
  ) as day
)
select
  days.day,
  (
    select coalesce(sum(counted.calls), 0)::integer
    from engine.racing_api_calls as counted
    where
      counted.counted_from >= engine.london_midnight(days.day)
      and counted.counted_from < engine.london_midnight(days.day + 1)
  ) as api_calls,
  taken.invocations,
  taken.log_lines
from days
cross join lateral (
  select count(*)::integer as invocations, coalesce(sum(invocation.log_lines), 0)::integer as log_lines
  from engine.invocations as invocation
  where
    invocation.claimed_at >= engine.london_midnight(days.day)
    and invocation.claimed_at < engine.london_midnight(days.day + 1)
) as taken;
comment on view engine.counted_usage is
  'The days that engine.daily_usage does not have yet, up to today, counted from the logs.';

create view public.usage_by_day
with (security_invoker = true)
as
select noted.day, noted.api_calls, noted.invocations, noted.log_lines, noted.database_megabytes
from engine.daily_usage as noted
union all
select
  counted.day,
  counted.api_calls,
  counted.invocations,
  counted.log_lines,
  case
    when counted.day = engine.london_day() then round(pg_database_size(current_database()) / 1e6, 1)
  end
from engine.counted_usage as counted;
comment on view public.usage_by_day is
  'A row per UK day, today counted live; kept for two years (usage_days): API calls, invocations, log lines, and the
   size of the database.';
comment on column public.usage_by_day.day is 'UK day.';
comment on column public.usage_by_day.api_calls is 'Requests sent to The Racing API, including failed ones.';
comment on column public.usage_by_day.invocations is
  'Times that a function took a chunk. Supabase bills those that found nothing to do as well, and pings.';
comment on column public.usage_by_day.log_lines is
  'Lines that these invocations wrote to the functions'' log, as far as they could report. Supabase adds lines of its
   own.';
comment on column public.usage_by_day.database_megabytes is
  'Size of the database in megabytes of 1,000,000 bytes: today now, else in the night after the day. Null when the
   upkeep did not run in that night.';

create function engine.note_usage()
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into engine.daily_usage (day, api_calls, invocations, log_lines, database_megabytes)
  select
    counted.day,
    counted.api_calls,
    counted.invocations,
    counted.log_lines,
    case
      when counted.day = engine.london_day() - 1 then round(pg_database_size(current_database()) / 1e6, 1)
    end
  from engine.counted_usage as counted
  where counted.day < engine.london_day()
  on conflict (day) do nothing
$$;
comment on function engine.note_usage() is
  'Notes the usage of the days that are over. Call it before the logs are purged.';

alter table engine.daily_usage enable row level security;
revoke all on public.usage_by_day from public, anon, authenticated, service_role;
grant select on engine.daily_usage, engine.counted_usage, public.usage_by_day to service_role;

-- schemas/daily/upkeep.sql

-- The nightly upkeep: keeps the database from growing without limit.

create function engine.purge_run(run_id bigint)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- All that the deletion touches is locked first, in the usual order, chunks before their run, and without waiting.
  perform
  from public.backfill_progress as chunk
  where chunk.run_id = purge_run.run_id
  order by chunk.id
  for update nowait;
  perform
  from public.ra_coverage as known
  where known.chunk_id in (select chunk.id from public.backfill_progress as chunk where chunk.run_id = purge_run.run_id)
  order by known.feed, known.day
  for update nowait;
  perform from public.ingest_rejects as known where known.run_id = purge_run.run_id order by known.id for update nowait;
  perform from public.backfill_runs as run where run.id = purge_run.run_id for update nowait;
  delete from public.backfill_runs as run
  where
    run.id = purge_run.run_id
    and not exists (
      select from engine.live_chunks as live where live.run_id = run.id
    );
  return found;
exception
  when lock_not_available then
    -- Another session holds a part of it, for example to retry its dead chunks: it stays for another night.
    return false;
end
$$;
comment on function engine.purge_run(bigint) is
  'Deletes a run with its chunks and their errors. Returns false, at once, when one of them waits, is worked on, or is
   locked by another session.';

create function engine.purge()
returns table (what text, rows_deleted bigint)
language plpgsql
security invoker
set search_path = ''
-- The deletion keeps its locks until it ends, so a log row that an open transaction holds must not block pages.
set lock_timeout = '10s'
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  old_run bigint;
begin
  perform engine.note_silent_tick();
  perform engine.note_usage();

  what := 'ingest_errors';
  delete from public.ingest_errors as error
  where error.occurred_at < engine.clock() - settings.error_log_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'racing_api_calls';
  delete from engine.racing_api_calls as counted
  where counted.counted_from < engine.clock() - settings.api_log_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'invocations';
  delete from engine.invocations as invocation
  where invocation.claimed_at < engine.clock() - settings.api_log_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'daily_usage';
  delete from engine.daily_usage as noted where noted.day < engine.london_day() - settings.usage_days;
  get diagnostics rows_deleted = row_count;
  return next;

  -- Scheduled runs only: a backfill's record says which days are expected to be stored. The newest run of a feed stays.
  what := 'backfill_runs';
  rows_deleted := 0;
  for old_run in
    select run.id
    from public.backfill_runs as run
    where
      run.kind in ('gaps', 'schedule')
      and run.created_at < engine.clock() - settings.scheduled_run_days * interval '1 day'
      and exists (
        select from public.backfill_runs as newer
        where newer.feeds = run.feeds and newer.kind = run.kind and newer.id > run.id
      )
      -- Of a feed that asks for ids, nothing else says which months are done.
      and not exists (select from engine.months_of_ids as asked where asked.run_id = run.id)
    order by run.id
  loop
    if engine.purge_run(old_run) then
      rows_deleted := rows_deleted + 1;
    end if;
  end loop;
  return next;

  what := 'ingest_rejects';
  delete from public.ingest_rejects as reject
  where reject.id in (
    select old.id
    from public.ingest_rejects as old
    where
      old.acknowledged_at < engine.clock() - settings.reject_days * interval '1 day'
      -- A reject that still comes would be a new one the next time.
      and old.last_seen_at < engine.clock() - settings.reject_days * interval '1 day'
      -- engine.whole_results always needs it to know whether a result has all of its runners.
      and not (old.feed = 'results' and old.kind = 'runner')
    order by old.id
    for update skip locked
  );
  get diagnostics rows_deleted = row_count;
  return next;

  what := 'alerts';
  delete from public.alerts as alert
  where alert.resolved_at < engine.clock() - settings.alert_days * interval '1 day';
  get diagnostics rows_deleted = row_count;
  return next;

  -- Grows by one row per job and minute, and nothing else empties it.
  what := 'cron.job_run_details';
  delete from cron.job_run_details as details
  where
    -- By number: a job that was cut off when the server stopped has no end time.
    details.runid <= (
      select max(old.runid)
      from cron.job_run_details as old
      where old.end_time < now() - settings.cron_log_days * interval '1 day'
    )
    and details.jobid in (select job.jobid from cron.job as job where job.jobname like 'engine-%');
  get diagnostics rows_deleted = row_count;
  return next;
end
$$;
comment on function engine.purge() is
  'Keeps an alert when the tick stands still, and notes the usage of the days that are over. Then deletes what is
   older than backfill_settings says: errors, counted API calls, invocations, usage, scheduled runs that ended,
   acknowledged rejects, resolved alerts, and the cron log of the engine''s jobs. Returns the number of rows per table.
   Races, runners, masters, coverage, rejects that nobody has acknowledged, and rejected runners of results, are never
   deleted.';

-- schemas/setup/jobs.sql

-- The engine's cron jobs. A third one, engine-compact, comes and goes: see engine.begin_compaction.

create function engine.schedule_jobs()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- What the parts of the tick were before they had one job.
  perform cron.unschedule(job.jobname)
  from cron.job as job
  where job.jobname in ('engine-sweep', 'engine-watch', 'engine-pulls');
  perform cron.schedule('engine-tick', '* * * * *', engine.tick_statement());
  perform cron.schedule('engine-upkeep', '10 4 * * *', 'select * from engine.purge()');
end
$$;
comment on function engine.schedule_jobs() is
  'Schedules the engine''s two cron jobs, or puts back those that are gone, and takes away those of earlier versions.
   Calling it again changes nothing.';

select engine.schedule_jobs();

-- schemas/setup/checks_database.sql

-- What the database itself must have, for check_setup. Each returns rows as check_setup does.

create function engine.check_extensions()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with wanted as (
    select
      w.extension,
      -- Where an extension is not installable, a schema of its name stands in for it.
      coalesce(to_regclass(w.has_table) is not null, false) as is_there
    from (
      values
        ('pg_cron', 'cron.job'), ('pg_net', 'net.http_request_queue'), ('supabase_vault', 'vault.decrypted_secrets')
    ) as w (extension, has_table)
  )
  select
    'extensions',
    case when bool_and(wanted.is_there) then 'ok' else 'failed' end,
    coalesce(
      'Missing: ' || string_agg(wanted.extension, ', ' order by wanted.extension) filter (where not is_there) || '.',
      'pg_cron, pg_net and supabase_vault are there.'
    ),
    case
      when bool_and(wanted.is_there) then 'Nothing.'
      else 'Enable it in the dashboard under Database, Extensions; then run "npx -y deno task setup".'
    end
  from wanted
$$;
comment on function engine.check_extensions() is 'Whether the extensions are there, or what stands in for them.';

create function engine.check_grants()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with recursive routines as (
    select p.oid, format('%s.%s', p.pronamespace::regnamespace, p.proname) as name, p.prosrc, p.prosecdef
    from pg_catalog.pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
  ),
  calls as (
    select distinct caller.oid as caller, called.oid as called
    from routines as caller
    cross join lateral regexp_matches(
      -- Neither in comments nor in texts.
      regexp_replace(caller.prosrc, '--[^\n]*|''(?:[^'']|'''')*''', '', 'g'), '(?:engine|public)\.\w+(?=\()', 'g'
    ) as mention (words)
    join routines as called on called.name = mention.words[1]
    -- One that lends its owner's rights calls the others with these.
    where not caller.prosecdef
  ),
  needed as (
    select r.oid
    from routines as r
    where r.name in (
      'public.claim_chunk', 'public.ingest_page', 'public.finish_chunk', 'public.yield_chunk', 'public.fail_chunk',
      'public.note_failed_request', 'public.reserve_slot', 'public.push_back_slots', 'public.answer_ping'
    )
    union
    select calls.called from needed join calls on calls.caller = needed.oid
  ),
  lacking as (
    select string_agg(r.oid::regprocedure::text, ', ' order by r.name) as words, count(*) as number
    from needed
    join routines as r on r.oid = needed.oid
    where not has_function_privilege('service_role', r.oid, 'execute')
  ),
  judged as (
    select case
      when not has_schema_privilege('service_role', 'engine', 'usage') then
        'The role service_role has no right to the schema engine.'
      when lacking.number > 0 then format('The role service_role may not execute: %s.', left(lacking.words, 300))
      when not role.rolbypassrls then 'The role service_role has lost BYPASSRLS, so it sees no rows.'
      -- As pg_database_size asks for it.
      when
        not has_database_privilege('service_role', current_database(), 'connect')
        and not pg_has_role('service_role', 'pg_read_all_stats', 'usage')
      then
        'The role service_role has no right to connect to the database, so it can''t read how large that is.'
    end as finding
    from lacking
    left join pg_catalog.pg_roles as role on role.rolname = 'service_role'
  )
  select
    'grants',
    case when judged.finding is null then 'ok' else 'failed' end,
    coalesce(judged.finding, 'The functions'' role may execute all that it needs.'),
    case
      when judged.finding is null then 'Nothing.'
      when judged.finding like '%BYPASSRLS%' then 'Give it back: alter role service_role bypassrls;'
      when judged.finding like '%connect%'
        then format('Give it back: grant connect on database %I to service_role;', current_database())
      else 'Give them back: grant usage on schema engine to service_role; grant execute on function … to service_role;'
    end
  from judged
$$;
comment on function engine.check_grants() is
  'Whether service_role may execute what the Edge Functions call, and all that these call in turn, and may read how
   large the database is, which a claim does.';

create function engine.check_vault()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select 'Vault: ' || wanted.name, c.state, c.finding, c.what_to_do
  from unnest(array['project_url', 'worker_secret']) with ordinality as wanted (name, place)
  cross join lateral engine.check_secret(wanted.name) as c
  order by wanted.place
$$;
comment on function engine.check_vault() is 'Whether Vault''s entries are there and can be right.';

create function engine.check_net()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
stable
security invoker
set search_path = ''
set lock_timeout = '1s'
as $$
declare
  waiting bigint;
  is_late boolean;
  runs boolean;
begin
  if engine.responses_are_locked() then
    return query select
      'pg_net', 'failed', 'Another session has locked net._http_response, so pg_net can''t store any answer.',
      'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
    return;
  end if;
  select count(*), coalesce(bool_or(ours.queued_at < engine.wall_clock() - interval '1 minute'), false)
  into waiting, is_late
  from net.http_request_queue as queue
  left join (
    -- pg_net's ids start over after a crash: only the newest request can be the one in the queue.
    select request.request_id, max(request.queued_at) as queued_at
    from (
      select ping.request_id, ping.queued_at from engine.pings as ping
      union all
      select sent.request_id, sent.queued_at from engine.dispatches as sent
      union all
      select alert.request_id, alert.queued_at from engine.alert_requests as alert
    ) as request
    group by request.request_id
  ) as ours on ours.request_id = queue.id;
  -- Only some versions are seen there.
  select bool_or(true) into runs
  from pg_catalog.pg_stat_activity as session
  where session.backend_type ilike 'pg_net%' or session.application_name ilike 'pg_net%';
  return query select
    'pg_net',
    case when is_late then 'failed' else 'ok' end,
    case
      when is_late then format('Requests in its queue: %s. One of ours has been there for more than a minute.', waiting)
      else format('%sRequests in its queue: %s.', case when runs then 'It runs. ' end, waiting)
    end,
    case
      when not is_late then 'Nothing.'
      else 'Restart its worker: select net.worker_restart(); if that does not help, restart the project.'
    end;
exception
  when lock_not_available then
    return query select
      'pg_net', 'failed', 'Another session has locked net.http_request_queue, so nothing is sent.',
      'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
end
$$;
comment on function engine.check_net() is
  'Whether pg_net sends, and can store the answers: no request of ours has been in its queue for a minute. Its queue has
   no times, ours have.';

create function engine.check_size()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'database size',
    case when share.percent >= 95 then 'failed' when share.percent >= 80 then 'warning' else 'ok' end,
    format(
      'The database has %s MB, %s %% of %s MB (backfill_settings.database_limit_megabytes).',
      round(size.megabytes), round(share.percent), s.database_limit_megabytes
    ),
    case
      when share.percent < 80 then 'Nothing.'
      else
        'Take a larger plan and set backfill_settings.database_limit_megabytes to its limit, or make room: beyond the '
        'limit of the free plan the database becomes read-only.'
    end
  from public.backfill_settings as s
  cross join lateral (
    values (pg_catalog.pg_database_size(pg_catalog.current_database()) / 1000000.0)
  ) as size (megabytes)
  cross join lateral (values (100 * size.megabytes / s.database_limit_megabytes)) as share (percent)
$$;
comment on function engine.check_size() is
  'How large the database is, in megabytes of 1,000,000 bytes, against the limit in backfill_settings.';

create function engine.check_indexes()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'indexes',
    case when last.error is not null then 'warning' else 'ok' end,
    case
      when last.index_name is null then 'None has been compacted yet.'
      when last.error is not null
        then format('%s could not be compacted at %s: %s.', last.index_name, last.starts_at, rtrim(last.error, '.'))
      when last.ended_at is null then format('%s is being compacted since %s.', last.index_name, last.starts_at)
      else format(
        '%s was the last to be compacted, at %s: %s MB before, %s after.', last.index_name, last.ended_at,
        round(last.bytes_before / 1e6, 1), round(last.bytes_after / 1e6, 1)
      )
    end,
    case
      when last.error is not null then 'Nothing: what is left over is dropped, and it is tried again after 20 hours.'
      else 'Nothing.'
    end
  from (values (null)) as one (row)
  left join lateral (
    select known.*
    from engine.compactions as known
    order by known.error is not null desc, known.ended_at is null desc, known.ended_at desc
    limit 1
  ) as last on true
$$;
comment on function engine.check_indexes() is
  'What the last compaction of an index gave, or that one failed: see engine.indexes_to_compact.';

-- schemas/setup/checks_cron.sql

-- Whether cron does its work, for check_setup.

create function engine.cron_is_dead(server_started_at timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    cron_is_dead.server_started_at < moment.long_ago
    and not exists (select from cron.job_run_details as run where run.start_time >= moment.long_ago)
    -- A job that ran before was there to be run since.
    and exists (
      select from cron.job_run_details as run
      join cron.job as job on job.jobid = run.jobid
      where job.active and job.jobname = 'engine-tick'
    )
  from (values (engine.wall_clock() - interval '3 minutes')) as moment (long_ago)
$$;
comment on function engine.cron_is_dead(timestamptz) is
  'Whether pg_cron has started no job for three minutes, although the server runs for longer and a job of every minute
   that ran before is still there. A project that has been woken, or set up, just now is none.';

create function engine.judge_job(
  job_name text,
  longest_silence interval,
  server_started_at timestamptz,
  out state text,
  out finding text,
  out what_to_do text
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  is_nightly constant boolean := judge_job.longest_silence > interval '1 day';
  job record;
  last_run record;
  since interval;
begin
  what_to_do := 'Schedule it again: select engine.schedule_jobs(); "npx -y deno task setup" does that, too.';
  select j.jobid, j.active into job from cron.job as j where j.jobname = judge_job.job_name;
  if not found then
    state := 'failed';
    finding := 'The job is gone.';
    return;
  end if;
  if not job.active then
    state := 'failed';
    finding := 'The job is switched off.';
    what_to_do := format('select cron.alter_job(%s, active => true);', job.jobid);
    return;
  end if;
  select d.status, left(d.return_message, 200) as said, d.start_time into last_run
  from cron.job_run_details as d
  where d.jobid = job.jobid and d.start_time is not null
  order by d.runid desc
  limit 1;
  since := engine.wall_clock() - last_run.start_time;
  if engine.cron_is_dead(judge_job.server_started_at) then
    state := 'failed';
    finding := concat_ws(
      ' ', 'It last ran at ' || last_run.start_time || '.', 'pg_cron has started no job for more than 3 minutes.'
    );
    what_to_do := 'Restart the project in the dashboard.';
  elsif last_run.start_time is null then
    state := case when is_nightly then 'ok' else 'waiting' end;
    finding := 'It has not run yet.';
    what_to_do := case
      when is_nightly then 'Nothing: it runs at night.'
      else 'Look again in a minute: select * from check_setup(); if that is so after 3 minutes, restart the project.'
    end;
  elsif since > judge_job.longest_silence
    -- What was cut off when the server stopped counts as failed there.
    or not is_nightly and last_run.start_time < judge_job.server_started_at
  then
    state := case when is_nightly then 'warning' else 'waiting' end;
    finding := case
      when last_run.start_time < judge_job.server_started_at then format(
        'It last ran at %s, before the server was started at %s.', last_run.start_time, judge_job.server_started_at
      )
      when last_run.status = 'running' then format('Its run of %s has not ended yet.', last_run.start_time)
      else format('It last ran at %s.', last_run.start_time)
    end;
    what_to_do := case
      when is_nightly
        then 'Nothing, if the project was paused: it runs again at night. Otherwise see cron.job_run_details.'
      else 'Look again in a minute: select * from check_setup(); if that does not help, see cron.job_run_details.'
    end;
  elsif last_run.status = 'failed' then
    state := case when is_nightly then 'warning' else 'failed' end;
    finding := format('Its last run, %s s ago, failed: %s', floor(extract(epoch from since)), last_run.said);
    what_to_do := case
      when is_nightly
        then 'Do what the message says; it runs again at night. To try it now: select * from engine.purge();'
      else 'Do what the message says; it runs again within a minute.'
    end;
  else
    state := 'ok';
    finding := format('It last ran %s s ago.', greatest(floor(extract(epoch from since)), 0));
    what_to_do := 'Nothing.';
  end if;
end
$$;
comment on function engine.judge_job(text, interval, timestamptz) is
  'Whether a cron job is there and active, ran no longer ago than it may be silent, and ran with success. Only a cron
   that is dead, a job that is gone or off, and one of every minute that fails, is failed: what a project missed while
   it was paused is not. server_started_at: pg_postmaster_start_time().';

create function engine.check_jobs()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select 'cron: ' || job.name, judged.state, judged.finding, judged.what_to_do
  from (
    values (1, 'engine-tick', interval '3 minutes'), (2, 'engine-upkeep', interval '26 hours')
  ) as job (place, name, longest_silence)
  cross join lateral engine.judge_job(
    job.name, job.longest_silence, pg_catalog.pg_postmaster_start_time()
  ) as judged
  order by job.place
$$;
comment on function engine.check_jobs() is 'Whether the engine''s cron jobs are there and run.';

create function engine.check_parts()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'tick: ' || part.name,
    case
      when still.failing_since is not null then 'failed'
      when still.name is null then 'waiting'
      -- A part that another session keeps from working ends with success at first.
      when still.due_at < part.long_ago then 'warning'
      else 'ok'
    end,
    case
      when still.failing_since is not null
        then format('It fails since %s: %s.', still.failing_since, rtrim(still.last_error, '.'))
      when still.name is null then 'It has not run yet.'
      when still.due_at < part.long_ago then format('It has done nothing since %s.', still.beat_at)
      else format('It last ran %s s ago.', greatest(floor(extract(epoch from engine.clock() - still.beat_at)), 0))
    end,
    case
      when still.failing_since is not null then 'Do what the message says; it runs again within a minute.'
      when still.name is null then 'Look again in a minute: select * from check_setup();'
      when still.due_at < part.long_ago
        then format(
          'Do what the row cron: engine-tick says. If that is ok, another session holds its lock: '
          'select engine.lock_holder(%L);',
          part.name
        )
      else 'Nothing.'
    end
  from (
    select known.place, known.name, engine.clock() - interval '5 minutes' as long_ago
    from (values (1, 'sweep'), (2, 'pulls'), (3, 'watch'), (4, 'keeping')) as known (place, name)
  ) as part
  cross join public.backfill_settings as s
  left join engine.heartbeats as still on still.name = part.name
  where
    case part.name
      when 'pulls' then s.schedules_started_on is not null
      when 'keeping' then s.runs_kept_since is not null
      else true
    end
  order by part.place
$$;
comment on function engine.check_parts() is
  'Whether the parts of the tick ran when they were due, and with success: the pulls only while the schedules are
   on, the keeping only while runs are kept.';

create function engine.check_cron()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select job.part, job.state, job.finding, job.what_to_do from engine.check_jobs() as job
  union all
  select of_tick.part, of_tick.state, of_tick.finding, of_tick.what_to_do from engine.check_parts() as of_tick
$$;
comment on function engine.check_cron() is 'Whether the engine''s cron jobs run, and each part of the tick.';

-- schemas/setup/checks_functions.sql

-- What the last pings and the last message to the webhook say, for check_setup.

create function engine.check_functions(outcomes engine.ping_outcome[])
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with names as (
    select distinct feed.function_name from engine.feeds as feed
  )
  select link.part, link.state, link.finding, link.what_to_do
  from names
  left join unnest(check_functions.outcomes) as ping on ping.function_name = names.function_name
  cross join lateral (
    values
      (
        1,
        'function ' || names.function_name,
        case
          when ping.outcome is null or ping.outcome = 'pending' then 'waiting'
          when ping.outcome in ('reported', 'mute') then 'ok'
          when ping.outcome = 'timed_out' then 'warning'
          else 'failed'
        end,
        case
          when ping.outcome is null then 'It has not been asked within the past hour.'
          when ping.outcome = 'pending' then ping.finding
          when ping.outcome in ('reported', 'mute') then format(
            'It answered %s s ago and knows the worker secret.', floor(extract(epoch from ping.age))
          )
          else format('%s That was %s s ago.', ping.finding, floor(extract(epoch from ping.age)))
        end,
        case
          when ping.outcome is null then 'Look again in 5 seconds: select * from check_setup();'
          when ping.outcome in ('reported', 'mute') then 'Nothing.'
          else ping.what_to_do
        end
      ),
      (
        2,
        'database from ' || names.function_name,
        case when ping.outcome = 'reported' then 'ok' when ping.outcome = 'mute' then 'failed' else 'waiting' end,
        case
          when ping.outcome = 'reported' then 'It reached the database with its key.'
          when ping.outcome = 'mute' then ping.finding
          else 'Not known until the function answers.'
        end,
        case
          when ping.outcome = 'reported' then 'Nothing.'
          when ping.outcome = 'mute' then ping.what_to_do
          else format('See the row "function %s".', names.function_name)
        end
      )
  ) as link (place, part, state, finding, what_to_do)
  order by link.place, names.function_name
$$;
comment on function engine.check_functions(engine.ping_outcome[]) is
  'Whether each function is reached and knows our secret, and whether it reaches the database, by what became of the
   pings.';

create function engine.check_clocks(outcomes engine.ping_outcome[])
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'clock',
    case
      when worst.is_refused or worst.seconds > 55 then 'failed'
      when worst.seconds > 15 then 'warning'
      when worst.seconds is null then 'waiting'
      else 'ok'
    end,
    case
      when worst.is_refused then 'The clocks of a function and of the database differ by more than a minute.'
      when worst.seconds is null then 'Not known until a function answers.'
      when worst.seconds > 15 then format(
        'The clocks of a function and of the database differ by %s s. From a minute on it refuses every dispatch.',
        round(worst.seconds)
      )
      else 'The clocks of the functions and of the database agree.'
    end,
    case
      when worst.is_refused or worst.seconds > 15
        then 'Wait a few minutes. If that does not help, restart the project: the platform sets both clocks.'
      when worst.seconds is null then 'See the rows of the functions.'
      else 'Nothing.'
    end
  from (
    select
      coalesce(bool_or(ping.outcome = 'clocks_differ'), false) as is_refused,
      max(abs(ping.clock_ahead_seconds)) as seconds
    from unnest(check_clocks.outcomes) as ping
  ) as worst
$$;
comment on function engine.check_clocks(engine.ping_outcome[]) is
  'Whether the functions'' clocks agree with the database''s, by what became of the pings.';

create function engine.check_account(outcomes engine.ping_outcome[])
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with summary as (
    select
      bool_or(answers.account in ('accepted', 'plan_too_low')) as is_accepted,
      -- The password may be new: what was refused counts more.
      min(answers.api_message) filter (where answers.account in ('refused', 'not_set')) as refusal,
      min(answers.api_message) filter (where answers.account = 'unknown') as mishap,
      bool_or(answers.account = 'accepted' and answers.api_endpoint = '/racecards/pro') as has_cards,
      min(answers.api_message) filter (where answers.account = 'plan_too_low') as shortage,
      bool_or(answers.outcome = 'reported' and answers.account is null) as is_asked
    from unnest(check_account.outcomes) as answers
  )
  select link.part, link.state, link.finding, link.what_to_do
  from summary
  cross join lateral (
    values
      (
        1,
        'API account',
        case
          when summary.refusal is not null then 'failed'
          when summary.is_accepted then 'ok'
          when summary.mishap is not null then 'warning'
          else 'waiting'
        end,
        case
          when summary.refusal is not null then summary.refusal || '.'
          when summary.is_accepted then 'The Racing API accepts the account.'
          when summary.mishap is not null then summary.mishap || '.'
          when summary.is_asked then 'A function is asking The Racing API and has no answer yet.'
          else 'Not known until a function answers.'
        end,
        case
          when summary.refusal is not null
            then 'Put the right RACING_API_USERNAME and RACING_API_PASSWORD into supabase/.env and run "npx -y deno '
              'task setup"; or set them as function secrets in the dashboard.'
          when summary.is_accepted then 'Nothing.'
          when summary.mishap is not null then 'Look again in a minute. If it stays so, ask The Racing API.'
          when summary.is_asked then 'Look again in 5 seconds: select * from check_setup();'
          else 'See the rows of the functions.'
        end
      ),
      (
        2,
        'API plan',
        case when summary.has_cards then 'ok' when summary.shortage is not null then 'warning' else 'waiting' end,
        case
          when summary.has_cards then 'It is Pro: racecards and results can be pulled.'
          when summary.shortage is not null then format(
            'The plan of the account is too low: %s.',
            coalesce(substring(summary.shortage from '\((.*)\)'), summary.shortage)
          )
          else 'Not known until the account is accepted.'
        end,
        case
          when summary.has_cards then 'Nothing.'
          when summary.shortage is not null
            then 'Nothing, if you pull results alone: the plan Standard is enough for them. Racecards need the plan '
              'Pro: change the plan at The Racing API.'
          else 'See the row "API account".'
        end
      )
  ) as link (place, part, state, finding, what_to_do)
  order by link.place
$$;
comment on function engine.check_account(engine.ping_outcome[]) is
  'Whether The Racing API accepts the account, and whether its plan has racecards, by what the functions reported.';

create function engine.check_webhook()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
stable
security invoker
set search_path = ''
set lock_timeout = '1s'
as $$
declare
  -- One that was sent to another address says nothing about this one.
  set_at constant timestamptz := (
    select s.updated_at from vault.decrypted_secrets as s
    where s.name = 'alert_webhook_url' and btrim(s.decrypted_secret, E' \t\r\n') <> ''
  );
  last_message record;
  answer record;
begin
  part := 'webhook';
  state := 'ok';
  what_to_do := 'Nothing.';
  if set_at is null then
    finding := 'None is set: alerts are written into the table alerts, and nobody is told.';
    what_to_do := 'Nothing; or set one with "npx -y deno task setup" or supabase/snippets/set_up.sql.';
    return next;
    return;
  end if;
  select m.id, m.sent_at, m.tries, m.delivered_at, request.request_id, request.queued_at into last_message
  from engine.alert_messages as m
  left join engine.alert_requests as request on request.message_id = m.id
  where m.tries > 0 and coalesce(request.queued_at, m.sent_at) >= set_at
  order by m.sent_at desc, m.id desc
  limit 1;
  if not found then
    finding := 'It is set. No alert has been sent to it yet.';
    return next;
    return;
  end if;
  if last_message.delivered_at is null and engine.responses_are_locked() then
    state := 'warning';
    finding := 'Another session has locked net._http_response, so nobody knows whether the last message was taken.';
    what_to_do := 'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
    return next;
    return;
  end if;
  select r.status_code into answer
  from net._http_response as r
  where
    r.id = last_message.request_id
    and r.created between last_message.queued_at - interval '1 minute' and last_message.queued_at + interval '5 minutes'
  order by r.created desc
  limit 1;
  if last_message.delivered_at is not null and (
    last_message.tries < 5 or last_message.delivered_at < last_message.sent_at + interval '5 minutes'
  ) or answer.status_code between 200 and 299 then
    finding := format('It took the last message, sent at %s.', last_message.sent_at);
  elsif answer is null and last_message.delivered_at is null
    and last_message.sent_at > engine.clock() - interval '30 seconds' then
    state := 'waiting';
    finding := 'A message was just sent to it.';
    what_to_do := 'Look again in 5 seconds: select * from check_setup();';
  else
    -- Without it everything else works.
    state := 'warning';
    finding := format(
      'It did not take the last message: %s.',
      coalesce('it answered ' || answer.status_code, 'it could not be reached, or did not answer in time')
    );
    what_to_do := 'Check the webhook''s address; set it with "npx -y deno task setup" or supabase/snippets/set_up.sql.';
  end if;
  return next;
end
$$;
comment on function engine.check_webhook() is
  'Whether the webhook, if one is set, took the last message that was sent since its address was set.';

-- schemas/publish/publishable.sql

-- What may be published over the API, what is, and what else is open there.

create table engine.api_grants (
  role_name text not null,
  kind text not null,
  name text not null,
  constraint api_grants_pkey primary key (role_name, kind, name),
  constraint api_grants_role_known check (role_name in ('anon', 'authenticated')),
  constraint api_grants_kind_known check (kind in ('schema', 'table', 'view', 'function'))
);
comment on table engine.api_grants is
  'The rights that publish_api gave and that were not there before: unpublish_api takes back these, and no other.';
comment on column engine.api_grants.role_name is 'Who got the right.';
comment on column engine.api_grants.kind is
  'What the right is on: usage of the schema, select of a table or view, execute of a function.';
comment on column engine.api_grants.name is 'With its schema, a function with the types of its arguments.';

alter table engine.api_grants enable row level security;

create function engine.publishable()
returns table (kind text, name text, place integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with racing_data (name, place) as (
    -- In the order in which a page is stored, so that locking them never deadlocks with one.
    select listed.name, listed.place::integer
    from unnest(array[
      'ra_mst_regions', 'ra_mst_bookmakers', 'ra_mst_courses', 'ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires',
      'ra_mst_horses', 'ra_mst_jockeys', 'ra_mst_trainers', 'ra_mst_owners', 'ra_races', 'ra_runners',
      'ra_runner_odds', 'ra_runner_odds_history', 'ra_runner_prices', 'ra_runner_names'
    ]) with ordinality as listed (name, place)
  )
  select 'schema', n.nspname::text, 0
  from pg_catalog.pg_namespace as n
  where n.nspname = 'racing'
  union all
  select
    case when c.relkind in ('r', 'p') then 'table' else 'view' end,
    c.oid::regclass::text,
    coalesce(listed.place, 1000)
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join racing_data as listed on n.nspname = 'public' and listed.name = c.relname
  where
    (listed.name is not null or n.nspname = 'racing')
    and (
      c.relkind in ('r', 'p')
      -- Any other view reads with the rights of its owner, and no policy holds it back.
      or c.relkind = 'v' and exists (
        select from pg_catalog.pg_options_to_table(c.reloptions) as option
        where option.option_name = 'security_invoker' and option.option_value::boolean
      )
    )
  union all
  select 'function', p.oid::regprocedure::text, 2000
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  -- What may change something is not published, wherever it is.
  where
    (n.nspname = 'racing' or (n.nspname = 'public' and p.proname = 'silk_url'))
    and p.prokind = 'f' and p.provolatile in ('i', 's') and not p.prosecdef
    and p.prorettype <> 'trigger'::regtype
$$;
comment on function engine.publishable() is
  'What publish_api opens: kind (schema, table, view, function), name with its schema, and place, in the order of which
   tables are locked. In public the racing data, by name: a new table is added here. Of the schema racing, which is made
   to be read, all but functions that could change something (volatile), and views and functions that lend their
   owner''s rights.';

create function engine.api_rights()
returns table (role_name text, kind text, name text, privilege text, is_direct boolean)
language sql
stable
security invoker
set search_path = ''
as $$
  with objects (kind, name, acl, owner, default_acl, of_column) as (
    select 'schema', n.nspname::text, n.nspacl, n.nspowner, 'n', ''
    from pg_catalog.pg_namespace as n
    where n.nspname in ('engine', 'racing')
    union all
    select
      case when c.relkind in ('r', 'p', 'f') then 'table' else 'view' end,
      c.oid::regclass::text, part.acl, c.relowner, 'r', part.of_column
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    cross join lateral (
      select c.relacl, ''
      union all
      select a.attacl, format(' (%s)', a.attname)
      from pg_catalog.pg_attribute as a
      where a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
    ) as part (acl, of_column)
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname in ('public', 'engine', 'racing')
    union all
    select 'function', p.oid::regprocedure::text, p.proacl, p.proowner, 'f', ''
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname in ('public', 'engine', 'racing')
  )
  select distinct on (role.name, o.kind, o.name, lower(a.privilege_type) || o.of_column)
    role.name, o.kind, o.name, lower(a.privilege_type) || o.of_column, a.grantee <> 0
  from objects as o
  cross join lateral aclexplode(coalesce(o.acl, acldefault(o.default_acl::"char", o.owner))) as a
  join pg_catalog.pg_roles as granted on granted.oid = a.grantee and granted.rolname in ('anon', 'authenticated')
    or a.grantee = 0
  cross join (values ('anon'), ('authenticated')) as role (name)
  where a.grantee = 0 or granted.rolname = role.name
  order by role.name, o.kind, o.name, lower(a.privilege_type) || o.of_column, a.grantee <> 0 desc
$$;
comment on function engine.api_rights() is
  'What anon and authenticated may do with objects in public, engine and racing, by any grant: role_name, kind
   (schema, table, view, function), name with its schema, privilege ("update (name)" on a single column), and
   is_direct: granted to the role itself, not to everybody. Row level security comes on top: without a policy, a table
   that may be read shows no row.';

-- schemas/publish/publish.sql

-- Publishing: the racing data for those who come with the publishable key. Closed until an operator asks for it.

create function engine.published_tables()
returns table (name text, place integer, is_publishable boolean, readers text[])
language sql
stable
security invoker
set search_path = ''
as $$
  with policy as (
    select
      p.polrelid::regclass::text as name,
      array(
        select r.rolname::text from pg_catalog.pg_roles as r where r.oid = any (p.polroles) order by r.rolname
      ) as readers
    from pg_catalog.pg_policy as p
    where p.polname = 'published_reads'
  ),
  publishable as (
    select p.name, p.place
    from engine.publishable() as p
    where p.kind = 'table'
  )
  select
    coalesce(publishable.name, policy.name),
    coalesce(publishable.place, 1000),
    publishable.name is not null,
    coalesce(policy.readers, '{}')
  from publishable
  full join policy on policy.name = publishable.name
$$;
comment on function engine.published_tables() is
  'Tables that may be published, and those that an earlier version published: readers are the roles of the policy
   published_reads, none without one; place is that of engine.publishable().';

create function engine.open_tables(readers text[])
returns void
language plpgsql
security invoker
set search_path = ''
-- A session that waits for a lock makes all behind it wait too, the pages of a backfill among them.
set lock_timeout = '5s'
as $$
declare
  wanted text := (
    select string_agg(quote_ident(reader), ', ' order by reader) from unnest(readers) as reader
  );
  other text[];
  part record;
begin
  select array_agg(known.name order by known.place, known.name)
  into other
  from engine.published_tables() as known
  where
    known.readers is distinct from case
      when known.is_publishable then array(select reader from unnest(open_tables.readers) as reader order by reader)
      else '{}'
    end;
  if other is null then
    return;
  end if;
  execute format('lock table %s in access exclusive mode', array_to_string(other, ', '));
  for part in
    select known.name, known.is_publishable, known.readers from engine.published_tables() as known
    where known.name = any (other)
  loop
    if part.readers <> '{}' then
      execute format('drop policy published_reads on %s', part.name);
    end if;
    if wanted is not null and part.is_publishable then
      execute format('create policy published_reads on %s for select to %s using (true)', part.name, wanted);
    end if;
  end loop;
exception
  when lock_not_available then
    raise exception 'A table is in use for longer than five seconds, so nothing was changed'
      using errcode = 'lock_not_available',
        hint = 'Try again; select pid, query from pg_stat_activity where state <> ''idle''; shows what is going on.';
end
$$;
comment on function engine.open_tables(text[]) is
  'Gives each table that may be published the policy published_reads, for these roles and no other: none take it away,
   as from what is not published any more. Tables that are as they should be are not locked. Error 55P03 when a table is
   in use.';

create function engine.close_rights(keep text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  given record;
begin
  for given in
    delete from engine.api_grants as g
    where
      g.role_name <> all (keep)
      or not exists (select from engine.publishable() as p where p.kind = g.kind and p.name = g.name)
    returning g.role_name, g.kind, g.name
  loop
    -- What has gone since took its rights along.
    continue when case given.kind
      when 'schema' then to_regnamespace(given.name) is null
      when 'function' then to_regprocedure(given.name) is null
      else to_regclass(given.name) is null
    end;
    execute format(
      'revoke %s %s from %I',
      case given.kind
        when 'schema' then 'usage on schema'
        when 'function' then 'execute on function'
        else 'select on table'
      end,
      given.name, given.role_name
    );
  end loop;
end
$$;
comment on function engine.close_rights(text[]) is
  'Takes back what publish_api gave to roles other than these, and on what may not be published any more. What somebody
   else granted stays.';

create function public.publish_api(role text default 'authenticated')
returns table (readers text, kind text, name text)
language plpgsql
security invoker
set search_path = ''
as $$
declare
  roles text[] := case publish_api.role
    when 'authenticated' then array['authenticated']
    -- Somebody who signs in must not see less than before.
    when 'anon' then array['anon', 'authenticated']
  end;
  lacking record;
begin
  if roles is null then
    raise exception 'The API can''t be published to "%"', coalesce(publish_api.role, 'null')
      using errcode = 'invalid_parameter_value',
        hint = 'Say authenticated (users who have signed in) or anon (everybody who has the publishable key).';
  end if;
  perform engine.open_tables(roles);
  perform engine.close_rights(roles);
  for lacking in
    select reader.role_name, p.kind, p.name
    from engine.publishable() as p
    cross join unnest(roles) as reader (role_name)
    where not exists (
      select from engine.api_rights() as held
      where
        held.role_name = reader.role_name and held.kind = p.kind and held.name = p.name and held.is_direct
        and held.privilege = case p.kind when 'schema' then 'usage' when 'function' then 'execute' else 'select' end
    )
  loop
    execute format(
      'grant %s %s to %I',
      case lacking.kind
        when 'schema' then 'usage on schema'
        when 'function' then 'execute on function'
        else 'select on table'
      end,
      lacking.name, lacking.role_name
    );
    insert into engine.api_grants (role_name, kind, name)
    values (lacking.role_name, lacking.kind, lacking.name)
    on conflict on constraint api_grants_pkey do nothing;
  end loop;
  return query
  select array_to_string(roles, ', '), p.kind, p.name
  from engine.publishable() as p
  order by p.place, p.name;
end
$$;
comment on function public.publish_api(text) is
  'Lets users who have signed in (authenticated), or with anon everybody who has the publishable key, read the racing
   data over the API: ra_mst_*, ra_races, ra_runners, their odds and prices, ra_runner_names, and the views and
   functions of the schema racing. Returns what is open now: readers, kind, name. Nothing can be written, and nothing of
   the engine, of runs, rejects, alerts and settings is opened. Calling it again covers what a newer version brought,
   and narrows anon to authenticated. Error 22023 for another role, 55P03 when a table is in use.';

create function public.unpublish_api()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform engine.open_tables('{}');
  perform engine.close_rights('{}');
end
$$;
comment on function public.unpublish_api() is
  'Takes back all that publish_api gave, so that everything is as it was before the first call. What somebody granted by
   hand stays. Calling it again changes nothing. Error 55P03 when a table is in use.';

revoke all on function public.publish_api, public.unpublish_api from public, anon, authenticated, service_role;

-- schemas/publish/check_published.sql

-- What is open over the API, for check_setup.

create function engine.check_published()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with published as (
    select
      string_agg(distinct g.role_name, ' and ' order by g.role_name) as readers,
      coalesce(array_agg(distinct g.role_name), '{}') as roles,
      coalesce(bool_or(g.role_name = 'anon'), false) as is_for_anon
    from engine.api_grants as g
  ),
  rights as materialized (
    select held.* from engine.api_rights() as held
  ),
  lacking as (
    select count(distinct p.name) as number, min(p.name) as example
    from engine.publishable() as p
    cross join published
    cross join unnest(published.roles) as reader (role_name)
    where
      not exists (
        select from rights as held
        where
          held.kind = p.kind and held.name = p.name and held.role_name = reader.role_name
          and held.privilege = case p.kind when 'schema' then 'usage' when 'function' then 'execute' else 'select' end
      )
      or (
        p.kind = 'table' and not exists (
          select from pg_catalog.pg_policy as policy
          where policy.polrelid = p.name::regclass and policy.polname = 'published_reads'
        )
      )
  ),
  -- All in the engine and in racing is ours, and in public what has a comment and is no extension's.
  mistaken as (
    select
      count(*) as number,
      (array_agg(format('%s on %s to %s', held.privilege, held.name, held.role_name) order by held.name))[1] as example
    from rights as held
    cross join published
    left join engine.publishable() as p on p.kind = held.kind and p.name = held.name
    where
      (
        p.name is null
        or held.privilege not in ('usage', 'select', 'execute')
        -- Somebody opened it before it was published, or to others.
        or held.role_name <> all (published.roles)
      )
      and (
        held.name ~ '^(engine|racing)(\.|$)'
        or case held.kind
          when 'schema' then false
          when 'function' then
            pg_catalog.obj_description(held.name::regprocedure, 'pg_proc') is not null
            and not exists (
              select from pg_catalog.pg_depend as d
              where
                d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = held.name::regprocedure and d.deptype = 'e'
            )
          else
            pg_catalog.obj_description(held.name::regclass, 'pg_class') is not null
            and not exists (
              select from pg_catalog.pg_depend as d
              where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = held.name::regclass and d.deptype = 'e'
            )
        end
      )
  ),
  counted as (
    select
      format(
        '%s tables, %s views, %s functions', count(*) filter (where p.kind = 'table'),
        count(*) filter (where p.kind = 'view'), count(*) filter (where p.kind = 'function')
      ) as words
    from engine.publishable() as p
  )
  select
    'published',
    case when mistaken.number > 0 or lacking.number > 0 then 'warning' else 'ok' end,
    case
      when mistaken.number > 0 then
        format('Open over the API, and not by publish_api: %s%s.', mistaken.example,
          case when mistaken.number > 1 then format(' and %s more', mistaken.number - 1) end)
      when lacking.number > 0 then
        format('Published to %s, but not yet all: %s is not, of %s.', published.readers, lacking.example,
          lacking.number)
      when published.readers is null then 'Nothing is published: with the publishable key nothing of ours is read.'
      else format('Open to read for %s: %s, of the racing data only.', published.readers, counted.words)
    end,
    case
      when mistaken.number > 0 then
        'If nobody meant it, revoke it; select * from engine.api_rights(); lists all that is open.'
      when lacking.number > 0 then
        format('select * from publish_api(%L);', case when published.is_for_anon then 'anon' else 'authenticated' end)
      when published.readers is null then 'Nothing.'
      else 'Nothing. To close it: select unpublish_api();'
    end
  from published
  cross join lacking
  cross join mistaken
  cross join counted
$$;
comment on function engine.check_published() is
  'What is open over the API to whom: what publish_api opened, what it would open since, and what somebody else did.';

-- schemas/setup/check_setup.sql

-- Does it work? One question for every link between the database, the functions and the API.

create function public.check_setup()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
security invoker
set search_path = ''
as $$
declare
  topic text;
  outcomes engine.ping_outcome[];
  is_fresh boolean;
begin
  -- Read before new pings are queued: pg_net sends after the commit, so nothing of these could be answered.
  foreach topic in array
    array[
      'extensions', 'grants', 'vault', 'net', 'cron', 'functions', 'clocks', 'account', 'size', 'indexes', 'webhook',
      'published', 'goings', 'kept_runs', 'legacy'
    ]
  loop
    begin
      if topic = 'functions' then
        outcomes := array(select p from engine.ping_outcomes() as p);
      end if;
      return query execute format(
        'select c.part, c.state, c.finding, c.what_to_do from engine.check_%s(%s) as c',
        topic, case when topic in ('functions', 'clocks', 'account') then '$1' end
      )
      using outcomes;
    exception
      -- A broken project must not keep the others from being looked at.
      when others then
        part := topic;
        state := 'failed';
        finding := format('It could not be checked: %s.', rtrim(sqlerrm, '.'));
        what_to_do := 'Do what the rows above say first.';
        return next;
    end;
  end loop;

  part := 'ping';
  select count(distinct feed.function_name) = count(distinct ping.function_name) into is_fresh
  from engine.feeds as feed
  left join unnest(outcomes) as ping
    on ping.function_name = feed.function_name and ping.outcome <> 'pending' and ping.age < interval '1 minute';
  if exists (select from engine.pings as ping where ping.queued_at > engine.wall_clock() - interval '4 seconds') then
    state := case when is_fresh then 'ok' else 'waiting' end;
    finding := 'The functions were asked a few seconds ago.';
    what_to_do := case when is_fresh then 'Nothing.' else 'Look again in 5 seconds: select * from check_setup();' end;
    return next;
    return;
  end if;
  begin
    perform engine.ping_functions();
    state := case when is_fresh then 'ok' else 'waiting' end;
    finding := case
      when is_fresh
        then 'The rows above show what the functions answered within the past minute. They have been asked again.'
      else 'The functions have been asked just now. The rows above show what was known before.'
    end;
    what_to_do := case when is_fresh then 'Nothing.' else 'Look again in 5 seconds: select * from check_setup();' end;
  exception
    when others then
      state := 'failed';
      finding := format('The functions could not be asked: %s.', rtrim(sqlerrm, '.'));
      what_to_do := 'Do what the rows above say first.';
  end;
  return next;
end
$$;
comment on function public.check_setup() is
  'Does the project work? A row per link, the most fundamental first: part; state (ok, waiting, warning, failed); what
   was found; what to do. It asks the functions each time, and reports what they answered the last time: look again
   after five seconds. Changes nothing but the pings.';

revoke all on function public.check_setup from public, anon, authenticated, service_role;

-- schemas/answers/racing.sql

-- The schema of the answers: views and functions over the racing tables. Nothing in it is stored but the table of
-- goings, so each answer is as true as the rows below it. What each figure means, docs/racing.md says.

create schema racing;
comment on schema racing is
  'Answers over the racing tables: helpers, views and functions, which read with the rights of their caller.';

revoke all on schema racing from public, anon, authenticated;
grant usage on schema racing to service_role;

-- schemas/answers/goings.sql

-- The goings that are known, with their order. The API's words change over the years, so they are compared without
-- case, and "Standard / Slow" is "Standard To Slow".

create table racing.goings (
  key text primary key,
  surface text not null,
  rank smallint not null,
  going_group text not null,
  constraint goings_surface_known check (surface in ('turf', 'all-weather')),
  constraint goings_group_known
    check (going_group in ('firm', 'good', 'good to soft', 'soft', 'heavy', 'fast', 'standard', 'slow'))
);
comment on table racing.goings is
  'Known goings, a row each. Add one where racing.unknown_goings shows a going that is not here. Source: the scale of
   the British Horseracing Authority (hard to heavy; fast to slow for all-weather), with the Irish words between.';
comment on column racing.goings.key is 'The going as racing.going_key() writes it: "good to firm".';
comment on column racing.goings.surface is 'turf or all-weather: ranks are only comparable within one of them.';
comment on column racing.goings.rank is
  'Order from the fastest (1) to the slowest: 1 to 10 on turf, 1 to 5 all-weather.';
comment on column racing.goings.going_group is
  'What goings count as one in a record: firm, good, good to soft, soft, heavy; all-weather fast, standard, slow.';

insert into racing.goings (key, surface, rank, going_group)
values
  ('hard', 'turf', 1, 'firm'),
  ('firm to hard', 'turf', 1, 'firm'),
  ('firm', 'turf', 2, 'firm'),
  ('good to firm', 'turf', 3, 'firm'),
  ('good', 'turf', 4, 'good'),
  ('good to yielding', 'turf', 5, 'good'),
  ('good to soft', 'turf', 6, 'good to soft'),
  ('yielding', 'turf', 6, 'good to soft'),
  ('yielding to soft', 'turf', 7, 'good to soft'),
  ('soft', 'turf', 8, 'soft'),
  ('very soft', 'turf', 9, 'soft'),
  ('soft to heavy', 'turf', 9, 'heavy'),
  ('heavy', 'turf', 10, 'heavy'),
  ('fast', 'all-weather', 1, 'fast'),
  ('standard to fast', 'all-weather', 2, 'fast'),
  ('standard', 'all-weather', 3, 'standard'),
  ('standard to slow', 'all-weather', 4, 'slow'),
  ('slow', 'all-weather', 5, 'slow');

create function racing.going_key(going text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return replace(replace(lower(btrim(going_key.going)), ' / ', '/'), '/', ' to ');
end
$$;
comment on function racing.going_key(text) is
  'A going as racing.goings has it: lower case, " to " for "/" with or without spaces, so that "Standard / Slow" and
   "Standard To Slow" are one. Null in, null out.';

create view racing.unknown_goings
with (security_invoker = true)
as
select
  race.going,
  count(*)::integer as races,
  min(race.race_date) as first_day,
  max(race.race_date) as last_day
from public.ra_races as race
where
  race.going is not null
  and not exists (select from racing.goings as known where known.key = racing.going_key(race.going))
group by race.going;
comment on view racing.unknown_goings is
  'Goings of races that racing.goings does not know: their races have no going_rank and no going_group. To change that:
   insert into racing.goings (key, surface, rank, going_group) values (racing.going_key(''…''), …).';
comment on column racing.unknown_goings.going is 'As sent.';
comment on column racing.unknown_goings.races is 'How many races have it.';
comment on column racing.unknown_goings.first_day is 'UK racing day of the first of them.';
comment on column racing.unknown_goings.last_day is 'UK racing day of the last of them.';

alter table racing.goings enable row level security;
revoke all on racing.goings, racing.unknown_goings from public, anon, authenticated, service_role;
revoke all on function racing.going_key from public, anon, authenticated, service_role;
grant select on racing.goings, racing.unknown_goings to service_role;
grant execute on function racing.going_key to service_role;

-- schemas/answers/helpers.sql

-- What the API says of a race in words, as values that can be compared. plpgsql and not sql: a function with a search
-- path of its own is never inlined, and plpgsql costs a third of sql then.

create function racing.code(race_type text, surface text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when code.race_type ilike '%hurdle%' then 'hurdle'
    when code.race_type ilike '%chase%' then 'chase'
    when code.race_type ilike 'nh%flat' or code.race_type ilike 'national hunt flat' then 'National Hunt flat'
    when code.race_type ilike 'flat' and code.surface ilike 'turf' then 'flat turf'
    when code.race_type ilike 'flat' and code.surface <> '' then 'flat all-weather'
  end;
end
$$;
comment on function racing.code(text, text) is
  'The code of racing from ra_races.race_type and surface: flat turf, flat all-weather, hurdle, chase or National Hunt
   flat. Null for another type, and for a flat race without a surface.';

create function racing.is_handicap(race_name text)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return (
    is_handicap.race_name ilike '%handicap%'
    and regexp_replace(is_handicap.race_name, 'non[- ]?handicap', '', 'gi') ~* '\mhandicap\M'
  )
  or is_handicap.race_name ~* '\m(h''cap\M|nursery\s*(\(|$))';
end
$$;
comment on function racing.is_handicap(text) is
  'Whether a race is a handicap, from ra_races.race_name: the API has no field for it. True for "… Handicap …" and a
   nursery, false for "… Non-Handicap …". Null without a name.';

create function racing.class_rank(race_class text, pattern text)
returns smallint
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when class_rank.pattern ~* '^(group|grade) [123]$' then right(class_rank.pattern, 1)::smallint
    when class_rank.pattern ilike 'listed%' then 4
    when class_rank.race_class ~* '^class [1-7]$' then right(class_rank.race_class, 1)::smallint + 4
  end;
end
$$;
comment on function racing.class_rank(text, text) is
  'The standing of a race, 1 the highest, from ra_races.race_class and pattern: Group or Grade 1, 2, 3 are 1 to 3,
   Listed is 4, Class 1 to 7 are 5 to 11. Null without either, as most Irish races are.';

create function racing.class_name(class_rank integer)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when class_name.class_rank between 1 and 3 then 'Group or Grade ' || class_name.class_rank
    when class_name.class_rank = 4 then 'Listed'
    when class_name.class_rank between 5 and 11 then 'Class ' || class_name.class_rank - 4
  end;
end
$$;
comment on function racing.class_name(integer) is
  'A rank of racing.class_rank() in words: "Group or Grade 1", "Class 4".';

create function racing.distance_band(distance_yards integer, code text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when distance_band.code like 'flat%' then case
      when distance_band.distance_yards < 1430 then '5f-6f'
      when distance_band.distance_yards < 1980 then '7f-8f'
      when distance_band.distance_yards < 2860 then '9f-12f'
      when distance_band.distance_yards >= 2860 then '13f+'
    end
    when distance_band.code is not null then case
      when distance_band.distance_yards < 4070 then '2m'
      when distance_band.distance_yards < 4950 then '2m4f'
      when distance_band.distance_yards < 5720 then '3m'
      when distance_band.distance_yards >= 5720 then '3m2f+'
    end
  end;
end
$$;
comment on function racing.distance_band(integer, text) is
  'The band of a distance in yards under a code. Flat: 5f-6f below 6½ furlongs (1,430 yards), 7f-8f below 9 (1,980),
   9f-12f below 13 (2,860), 13f+. Over jumps and in National Hunt flat races: 2m below 18½ furlongs (4,070), 2m4f below
   22½ (4,950), 3m below 26 (5,720), 3m2f+. Null without a distance or a code.';

create function racing.places_paid(ran integer, is_handicap boolean)
returns smallint
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when places_paid.ran is null or places_paid.ran < 1 then null
    when places_paid.ran < 5 then 1
    when places_paid.ran < 8 then 2
    when places_paid.ran < 16 or places_paid.is_handicap is not true then 3
    else 4
  end;
end
$$;
comment on function racing.places_paid(integer, boolean) is
  'How many places count, by the usual each-way terms of British bookmakers: the winner alone in a field of 1 to 4, two
   places in 5 to 7, three from 8 on, four in a handicap of 16 or more. The field is those that ran. Null without one.';

create function racing.end_of_day(day date)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return (end_of_day.day + 1)::timestamp at time zone 'Europe/London' - interval '1 microsecond';
end
$$;
comment on function racing.end_of_day(date) is
  'The last moment of a UK day: when a race without an off time counts as having happened, for later ones.';

revoke all on function
  racing.code, racing.is_handicap, racing.class_rank, racing.class_name, racing.distance_band, racing.places_paid,
  racing.end_of_day
  from public, anon, authenticated, service_role;
grant execute on function
  racing.code, racing.is_handicap, racing.class_rank, racing.class_name, racing.distance_band, racing.places_paid,
  racing.end_of_day
  to service_role;

-- schemas/answers/races.sql

-- Races with what the helpers make of them, their fields, and the runners that count as runs.

-- When a race without an off time happened: for what comes after it, at the end of its day, and for what comes before
-- it, at the beginning. So nothing of the same day is known to it, and it is known to nothing of that day.
create view racing.races
with (security_invoker = true)
as
select
  race.id as race_id,
  race.race_date,
  race.off_dt,
  coalesce(race.off_dt, race.race_date::timestamp at time zone 'Europe/London') as known_before,
  coalesce(race.off_dt, racing.end_of_day(race.race_date)) as happened_at,
  race.course_id,
  course.name as course_name,
  race.region_code,
  race.race_name,
  race.race_type,
  race.surface,
  racing.code(race.race_type, race.surface) as code,
  racing.is_handicap(race.race_name) as is_handicap,
  race.race_class,
  race.pattern,
  racing.class_rank(race.race_class, race.pattern) as class_rank,
  race.distance_yards,
  race.distance_furlongs,
  racing.distance_band(race.distance_yards, racing.code(race.race_type, race.surface)) as distance_band,
  race.going,
  known.surface as going_surface,
  known.rank as going_rank,
  known.going_group,
  race.age_band,
  race.sex_restriction,
  race.rating_band,
  race.has_card,
  race.has_result,
  race.is_abandoned,
  racing.class_name(racing.class_rank(race.race_class, race.pattern)) as class_name
from public.ra_races as race
left join public.ra_mst_courses as course on course.id = race.course_id
left join racing.goings as known on known.key = racing.going_key(race.going);
comment on view racing.races is
  'Races, one row each, with code, class, distance and going as values that can be compared.';
comment on column racing.races.race_id is 'ra_races.id.';
comment on column racing.races.race_date is 'UK racing day.';
comment on column racing.races.off_dt is 'Off time; null when none is sent.';
comment on column racing.races.known_before is
  'What happened before this moment is known to the race: its off time, or the beginning of its UK day without one.';
comment on column racing.races.happened_at is
  'When the race is known to later ones: its off time, or the end of its UK day without one.';
comment on column racing.races.course_id is 'ra_mst_courses.id.';
comment on column racing.races.course_name is 'ra_mst_courses.name.';
comment on column racing.races.region_code is 'Region of the course, lower case.';
comment on column racing.races.race_name is 'As sent.';
comment on column racing.races.race_type is 'As sent.';
comment on column racing.races.surface is 'As sent.';
comment on column racing.races.code is 'racing.code(race_type, surface).';
comment on column racing.races.is_handicap is 'racing.is_handicap(race_name).';
comment on column racing.races.race_class is 'As sent.';
comment on column racing.races.pattern is 'As sent.';
comment on column racing.races.class_rank is 'racing.class_rank(race_class, pattern): 1 is the highest.';
comment on column racing.races.distance_yards is 'In yards.';
comment on column racing.races.distance_furlongs is 'In furlongs of 220 yards.';
comment on column racing.races.distance_band is 'racing.distance_band(distance_yards, code).';
comment on column racing.races.going is 'As sent.';
comment on column racing.races.going_surface is
  'racing.goings.surface: turf or all-weather; null for an unknown going.';
comment on column racing.races.going_rank is
  'racing.goings.rank: the higher, the slower, within one going_surface; null for an unknown going.';
comment on column racing.races.going_group is 'racing.goings.going_group; null for an unknown going.';
comment on column racing.races.age_band is 'As sent.';
comment on column racing.races.sex_restriction is 'As sent.';
comment on column racing.races.rating_band is 'As sent.';
comment on column racing.races.has_card is 'A card of the race is stored.';
comment on column racing.races.has_result is 'A result of the race is stored.';
comment on column racing.races.is_abandoned is 'The card says that the race was abandoned.';
comment on column racing.races.class_name is 'racing.class_name(class_rank): "Group or Grade 1", "Class 4".';

create view racing.starts
with (security_invoker = true)
as
select
  runner.race_id,
  runner.horse_id,
  runner.jockey_id,
  runner.jockey_name,
  runner.trainer_id,
  runner.trainer_name,
  runner.owner_id,
  runner.owner_name,
  runner.draw,
  runner.age,
  runner.weight_lbs,
  runner.headgear,
  runner.position,
  runner.position_code,
  runner.sp_decimal,
  runner.bsp,
  runner.rpr
from public.ra_runners as runner
where
  runner.has_result
  and not runner.is_non_runner
  and (runner.position_code is null or runner.position_code not in ('VOI', 'VOID'));
comment on view racing.starts is
  'Runners that count as a run: named by the result, no non-runner, and the race was not void. A horse that did not
   finish, was left at the start, refused or was disqualified has run.';
comment on column racing.starts.race_id is 'ra_races.id.';
comment on column racing.starts.horse_id is 'ra_mst_horses.id.';
comment on column racing.starts.jockey_id is 'ra_mst_jockeys.id.';
comment on column racing.starts.jockey_name is 'A jockey without an id.';
comment on column racing.starts.trainer_id is 'ra_mst_trainers.id.';
comment on column racing.starts.trainer_name is 'A trainer without an id.';
comment on column racing.starts.owner_id is 'ra_mst_owners.id.';
comment on column racing.starts.owner_name is 'An owner without an id.';
comment on column racing.starts.draw is 'Stall.';
comment on column racing.starts.age is 'In years.';
comment on column racing.starts.weight_lbs is 'In pounds.';
comment on column racing.starts.headgear is 'Letters as sent.';
comment on column racing.starts.position is 'Finishing position, equal for a dead heat; null for one that has none.';
comment on column racing.starts.position_code is 'Why there is no position.';
comment on column racing.starts.sp_decimal is 'Starting price, stake included.';
comment on column racing.starts.bsp is 'Betfair starting price, stake included.';
comment on column racing.starts.rpr is 'Racing Post Rating earned.';

create view racing.fields
with (security_invoker = true)
as
select
  start.race_id,
  -- The last position, where a runner of the result could not be read.
  greatest(count(*), max(start.position))::integer as ran,
  count(start.position)::integer as finishers,
  (count(*) filter (where start.position = 1))::integer as winners,
  case
    when bool_and(coalesce(start.sp_decimal > 1, false)) then sum(1 / start.sp_decimal::double precision)
  end as sp_total
from racing.starts as start
group by start.race_id;
comment on view racing.fields is 'The field of each race that was run, a row each.';
comment on column racing.fields.race_id is 'ra_races.id.';
comment on column racing.fields.ran is
  'How many ran: racing.starts, or the last position if that is more, since a runner that cannot be read is not stored.
   1 is a walkover.';
comment on column racing.fields.finishers is 'How many of them have a finishing position.';
comment on column racing.fields.winners is 'How many of them won: more than 1 in a dead heat.';
comment on column racing.fields.sp_total is
  'Sum of 1 / sp_decimal over those that ran: 1 and the overround. Null when one of them has no price above 1.';

revoke all on racing.races, racing.starts, racing.fields from public, anon, authenticated, service_role;
grant select on racing.races, racing.starts, racing.fields to service_role;

-- schemas/answers/measures.sql

-- The measures of one run. Each formula stands once, here.

create function racing.prb(ran integer, finishers integer, "position" integer)
returns double precision
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when prb.ran > 1 then
      (prb.ran - coalesce(prb.position, (prb.finishers + prb.ran + 1) / 2.0)::double precision) / (prb.ran - 1)
  end;
end
$$;
comment on function racing.prb(integer, integer, integer) is
  'Percentage of rivals beaten, 0 to 1: (ran - position) / (ran - 1), as geegeez.co.uk has it. Those without a position
   share the places behind the finishers, (finishers + ran + 1) / 2, so that the average of a field without a dead heat
   is 0.5. Null for a walkover.';

create function racing.sp_profit("position" integer, winners integer, sp_decimal numeric)
returns double precision
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when sp_profit.sp_decimal > 1 then
      case
        when sp_profit.position = 1 then sp_profit.sp_decimal::double precision / sp_profit.winners - 1
        else -1
      end
  end;
end
$$;
comment on function racing.sp_profit(integer, integer, numeric) is
  'What a bet of 1 to win at the starting price brought: sp_decimal - 1 for the winner, -1 for any other. In a dead heat
   of n the stake is divided: sp_decimal / n - 1. Null without a price above 1: there was no bet.';

create function racing.form_figure("position" integer, position_code text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when form_figure.position between 1 and 9 then form_figure.position::text
    when form_figure.position is not null then '0'
    when form_figure.position_code = 'RO' then 'O'
    else coalesce(nullif(left(form_figure.position_code, 1), ''), '?')
  end;
end
$$;
comment on function racing.form_figure(integer, text) is
  'A run as a character: its position from 1 to 9, 0 for 10th and worse, else the letter of the code: P pulled up, F
   fell, U unseated, B brought down, R refused, O ran out, S slipped up, D disqualified, L left, C carried out; ? for a
   run without either.';

revoke all on function racing.prb, racing.sp_profit, racing.form_figure from public, anon, authenticated, service_role;
grant execute on function racing.prb, racing.sp_profit, racing.form_figure to service_role;

-- schemas/answers/runs.sql

-- Runs with all that is counted by and added up: what racing.kept_days keeps, and what is worked out where it does not.

create view racing.runs
with (security_invoker = true)
as
select
  known.id as race_id,
  start.horse_id,
  known.race_date,
  race.happened_at,
  start.position,
  start.trainer_id,
  start.jockey_id,
  start.owner_id,
  horse.sire_id,
  horse.dam_id,
  horse.damsire_id,
  -- Where there is no id, the name is the key.
  coalesce(start.trainer_id, start.trainer_name) as trainer,
  coalesce(start.jockey_id, start.jockey_name) as jockey,
  coalesce(start.owner_id, start.owner_name) as owner,
  coalesce(horse.sire_id, horse.sire_name) as sire,
  coalesce(horse.dam_id, horse.dam_name) as dam,
  coalesce(horse.damsire_id, horse.damsire_name) as damsire,
  known.course_id,
  race.distance_band,
  race.going_group,
  race.class_name,
  race.code,
  start.age,
  case when start.position = 1 then 1 / field.winners::double precision end as win,
  coalesce(
    start.position = 1
    or start.position <= 4 and start.position <= racing.places_paid(field.ran, race.is_handicap),
    false
  ) as is_placed,
  -- racing.prb() written out: a call takes 2.6 µs, and there may be a million runs. A test compares them.
  (field.ran - coalesce(start.position, (field.finishers + field.ran + 1) / 2.0)::double precision)
    / nullif(field.ran - 1, 0) as prb,
  price.sp,
  1 / price.sp / field.sp_total as chance,
  price.bsp
from public.ra_races as known
-- offset 0: else the planner works all of it out for each runner of a race, or for all races.
cross join lateral (
  select one.happened_at, one.is_handicap, one.distance_band, one.going_group, one.code, one.class_name
  from racing.races as one
  where one.race_id = known.id
  offset 0
) as race
cross join lateral (
  select one.ran, one.finishers, one.winners, one.sp_total
  from racing.fields as one
  where one.race_id = known.id
  offset 0
) as field
join racing.starts as start on start.race_id = known.id
left join public.ra_mst_horses as horse on horse.id = start.horse_id
cross join lateral (
  select
    case when start.sp_decimal > 1 then start.sp_decimal::double precision end as sp,
    case when start.bsp > 1 then start.bsp::double precision end as bsp
) as price
where known.has_result;
comment on view racing.runs is
  'Runs (racing.starts of races with a result), one row each, with what racing.strike_rates() counts by and adds up. Ask
   by race_date or by somebody''s id.';
comment on column racing.runs.race_id is 'ra_races.id; with horse_id the key of a row.';
comment on column racing.runs.horse_id is 'ra_mst_horses.id.';
comment on column racing.runs.race_date is 'UK racing day.';
comment on column racing.runs.happened_at is 'The off time, or the end of its UK day without one.';
comment on column racing.runs.position is 'Finishing position, equal for a dead heat; null for one that has none.';
comment on column racing.runs.trainer_id is 'ra_mst_trainers.id.';
comment on column racing.runs.jockey_id is 'ra_mst_jockeys.id.';
comment on column racing.runs.owner_id is 'ra_mst_owners.id.';
comment on column racing.runs.sire_id is 'ra_mst_sires.id.';
comment on column racing.runs.dam_id is 'ra_mst_dams.id.';
comment on column racing.runs.damsire_id is 'ra_mst_damsires.id.';
comment on column racing.runs.trainer is 'Id of the trainer, or the name of one without an id.';
comment on column racing.runs.jockey is 'Id of the jockey, or the name of one without an id.';
comment on column racing.runs.owner is 'Id of the owner, or the name of one without an id.';
comment on column racing.runs.sire is 'Id of the sire, or the name of one without an id.';
comment on column racing.runs.dam is 'Id of the dam, or the name of one without an id.';
comment on column racing.runs.damsire is 'Id of the damsire, or the name of one without an id.';
comment on column racing.runs.course_id is 'ra_mst_courses.id.';
comment on column racing.runs.distance_band is 'racing.distance_band() of the race.';
comment on column racing.runs.going_group is 'racing.goings.going_group of the race; null for an unknown going.';
comment on column racing.runs.class_name is 'racing.class_name() of the race.';
comment on column racing.runs.code is 'racing.code() of the race.';
comment on column racing.runs.age is 'In years.';
comment on column racing.runs.win is '1 for a win, 1/n in a dead heat of n; null for any other run.';
comment on column racing.runs.is_placed is 'Placed, the winner included: position <= racing.places_paid().';
comment on column racing.runs.prb is 'Percentage of rivals beaten, 0 to 1: racing.prb(). Null for a walkover.';
comment on column racing.runs.sp is 'Starting price, stake included; null unless it is above 1.';
comment on column racing.runs.chance is
  'Chance by the starting price without the overround: 1 / sp over racing.fields.sp_total. Null unless each runner of
   the race has a price above 1.';
comment on column racing.runs.bsp is 'Betfair starting price, stake included; null unless it is above 1.';

revoke all on racing.runs from public, anon, authenticated, service_role;
grant select on racing.runs to service_role;

-- schemas/answers/kept_days.sql

-- Runs that are kept: a row a day, with an array for each thing that is asked for, so that a question over years reads
-- what it needs and nothing else. Empty until an operator asks for it: racing.keep_runs().

create table racing.kept_days (
  race_date date primary key,
  runs integer not null,
  trainers text[] collate "C",
  jockeys text[] collate "C",
  owners text[] collate "C",
  sires text[] collate "C",
  dams text[] collate "C",
  damsires text[] collate "C",
  course_ids text[] collate "C",
  distance_bands text[] collate "C",
  going_groups text[] collate "C",
  class_names text[] collate "C",
  codes text[] collate "C",
  ages smallint[],
  wins double precision[],
  are_placed boolean[],
  prbs double precision[],
  sps double precision[],
  chances double precision[],
  bsps double precision[]
);
comment on table racing.kept_days is
  'The runs of each day, kept so that strike rates over years are fast: a row a day, and in each array an element a run,
   in the order of the off times. Read racing.days: a day that has changed since is worked out there.';
comment on column racing.kept_days.race_date is 'UK racing day.';
comment on column racing.kept_days.runs is 'How many runs it has: elements of each array.';
comment on column racing.kept_days.trainers is 'racing.runs.trainer of each.';
comment on column racing.kept_days.jockeys is 'racing.runs.jockey of each.';
comment on column racing.kept_days.owners is 'racing.runs.owner of each.';
comment on column racing.kept_days.sires is 'racing.runs.sire of each.';
comment on column racing.kept_days.dams is 'racing.runs.dam of each.';
comment on column racing.kept_days.damsires is 'racing.runs.damsire of each.';
comment on column racing.kept_days.course_ids is 'racing.runs.course_id of each.';
comment on column racing.kept_days.distance_bands is 'racing.runs.distance_band of each.';
comment on column racing.kept_days.going_groups is 'racing.runs.going_group of each.';
comment on column racing.kept_days.class_names is 'racing.runs.class_name of each.';
comment on column racing.kept_days.codes is 'racing.runs.code of each.';
comment on column racing.kept_days.ages is 'racing.runs.age of each.';
comment on column racing.kept_days.wins is 'racing.runs.win of each.';
comment on column racing.kept_days.are_placed is 'racing.runs.is_placed of each.';
comment on column racing.kept_days.prbs is 'racing.runs.prb of each.';
comment on column racing.kept_days.sps is 'racing.runs.sp of each.';
comment on column racing.kept_days.chances is 'racing.runs.chance of each.';
comment on column racing.kept_days.bsps is 'racing.runs.bsp of each.';

create table racing.changed_days (
  id bigint generated always as identity primary key,
  race_date date not null
);
comment on table racing.changed_days is
  'Days whose runs have changed since they were kept, a row for each statement that changed some. Rows, not a mark in
   racing.kept_days: two pages of one day must not wait for each other.';
comment on column racing.changed_days.id is 'Number of the row.';
comment on column racing.changed_days.race_date is 'UK racing day.';

create function racing.runs_of_day(day date)
returns racing.kept_days
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set jit = 'off'
as $$
declare
  worked_out racing.kept_days;
begin
  select
    runs_of_day.day, count(*), array_agg(run.trainer), array_agg(run.jockey), array_agg(run.owner),
    array_agg(run.sire), array_agg(run.dam), array_agg(run.damsire), array_agg(run.course_id),
    array_agg(run.distance_band), array_agg(run.going_group), array_agg(run.class_name), array_agg(run.code),
    array_agg(run.age), array_agg(run.win), array_agg(run.is_placed), array_agg(run.prb), array_agg(run.sp),
    array_agg(run.chance), array_agg(run.bsp)
  into worked_out
  from (
    select one.*
    from racing.runs as one
    where one.race_date = runs_of_day.day
    order by one.happened_at, one.race_id collate "C", one.position
  ) as run;
  return worked_out;
end
$$;
comment on function racing.runs_of_day(date) is
  'The runs of a UK day as racing.kept_days has them, worked out from the rows of now. Without a run the arrays are
   null.';

create view racing.days_not_kept
with (security_invoker = true)
as
select changed.race_date
from racing.changed_days as changed
union
select race.race_date
from public.ra_races as race
where race.has_result and not exists (select from racing.kept_days);
comment on view racing.days_not_kept is
  'Days whose runs are not kept as they are now: those that have changed since, or all that have results while none is
   kept.';
comment on column racing.days_not_kept.race_date is 'UK racing day.';

create view racing.days
with (security_invoker = true)
as
select
  listed.race_date, day.runs, day.trainers, day.jockeys, day.owners, day.sires, day.dams, day.damsires, day.course_ids,
  day.distance_bands, day.going_groups, day.class_names, day.codes, day.ages, day.wins, day.are_placed, day.prbs,
  day.sps, day.chances, day.bsps
from (
  select kept.race_date, true as is_kept
  from racing.kept_days as kept
  where not exists (select from racing.changed_days as changed where changed.race_date = kept.race_date)
  union all
  select lacking.race_date, false
  from racing.days_not_kept as lacking
  -- Here, where a day is a date and not yet its arrays.
  order by race_date
) as listed
cross join lateral (
  select kept.* from racing.kept_days as kept where listed.is_kept and kept.race_date = listed.race_date
  union all
  select worked_out.* from racing.runs_of_day(listed.race_date) as worked_out where not listed.is_kept
) as day;
comment on view racing.days is
  'The runs of each day as racing.kept_days has them, as they are now: kept, or worked out where they have changed. Ask
   for the days and the arrays that you need.';
comment on column racing.days.race_date is 'UK racing day.';
comment on column racing.days.runs is 'How many runs it has: elements of each array.';
comment on column racing.days.trainers is 'racing.runs.trainer of each.';
comment on column racing.days.jockeys is 'racing.runs.jockey of each.';
comment on column racing.days.owners is 'racing.runs.owner of each.';
comment on column racing.days.sires is 'racing.runs.sire of each.';
comment on column racing.days.dams is 'racing.runs.dam of each.';
comment on column racing.days.damsires is 'racing.runs.damsire of each.';
comment on column racing.days.course_ids is 'racing.runs.course_id of each.';
comment on column racing.days.distance_bands is 'racing.runs.distance_band of each.';
comment on column racing.days.going_groups is 'racing.runs.going_group of each.';
comment on column racing.days.class_names is 'racing.runs.class_name of each.';
comment on column racing.days.codes is 'racing.runs.code of each.';
comment on column racing.days.ages is 'racing.runs.age of each.';
comment on column racing.days.wins is 'racing.runs.win of each.';
comment on column racing.days.are_placed is 'racing.runs.is_placed of each.';
comment on column racing.days.prbs is 'racing.runs.prb of each.';
comment on column racing.days.sps is 'racing.runs.sp of each.';
comment on column racing.days.chances is 'racing.runs.chance of each.';
comment on column racing.days.bsps is 'racing.runs.bsp of each.';

alter table racing.kept_days enable row level security;
alter table racing.changed_days enable row level security;
revoke all on racing.kept_days, racing.changed_days, racing.days_not_kept, racing.days
  from public, anon, authenticated, service_role;
revoke all on function racing.runs_of_day from public, anon, authenticated, service_role;
grant select on racing.kept_days, racing.changed_days, racing.days_not_kept, racing.days to service_role;
-- What changes a run, a page or an operator, notes its day.
grant insert on racing.changed_days to service_role;
grant execute on function racing.runs_of_day to service_role;

-- schemas/answers/changed_days.sql

-- Which days have changed: noted in the transaction that changes a run, so that an answer never misses it. The triggers
-- are off while no runs are kept.

create function engine.note_days_of_races()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if tg_op in ('DELETE', 'UPDATE') then
    insert into racing.changed_days (race_date)
    select distinct before.race_date from old_rows as before where before.has_result;
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into racing.changed_days (race_date)
    select distinct later.race_date from new_rows as later where later.has_result;
  end if;
  return null;
end
$$;
comment on function engine.note_days_of_races() is
  'Trigger: notes the days of the races with a result that a statement changed, in racing.changed_days.';

create function engine.note_days_of_runners()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- A runner keeps its race. Of a race that was deleted, its own trigger has noted the day.
  if tg_op in ('DELETE', 'UPDATE') then
    insert into racing.changed_days (race_date)
    select distinct race.race_date
    from (select distinct one.race_id from old_rows as one where one.has_result) as before
    join public.ra_races as race on race.id = before.race_id;
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into racing.changed_days (race_date)
    select distinct race.race_date
    from (select distinct one.race_id from new_rows as one where one.has_result) as later
    join public.ra_races as race on race.id = later.race_id;
  end if;
  return null;
end
$$;
comment on function engine.note_days_of_runners() is
  'Trigger: notes the days of the runners that a result names and a statement changed, in racing.changed_days.';

create function engine.note_days_of_offspring()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  horses constant text[] := array(
    select later.id
    from new_rows as later
    join old_rows as before on before.id = later.id
    where
      (
        coalesce(later.sire_id, later.sire_name), coalesce(later.dam_id, later.dam_name),
        coalesce(later.damsire_id, later.damsire_name)
      ) is distinct from (
        coalesce(before.sire_id, before.sire_name), coalesce(before.dam_id, before.dam_name),
        coalesce(before.damsire_id, before.damsire_name)
      )
  );
begin
  if horses <> '{}' then
    insert into racing.changed_days (race_date)
    select distinct race.race_date
    from racing.starts as start
    join public.ra_races as race on race.id = start.race_id
    where start.horse_id = any (horses);
  end if;
  return null;
end
$$;
comment on function engine.note_days_of_offspring() is
  'Trigger: notes the days on which horses ran whose parents a statement changed, in racing.changed_days.';

create function engine.note_all_kept_days()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  insert into racing.changed_days (race_date) select kept.race_date from racing.kept_days as kept;
  return null;
end
$$;
comment on function engine.note_all_kept_days() is
  'Trigger: notes each day whose runs are kept in racing.changed_days, because a statement may have changed all.';

create trigger note_days_of_changed after update on public.ra_mst_horses
  referencing old table as old_rows new table as new_rows
  for each statement execute function engine.note_days_of_offspring();

create trigger note_days_of_new after insert on public.ra_races
  referencing new table as new_rows
  for each statement execute function engine.note_days_of_races();
create trigger note_days_of_changed after update on public.ra_races
  referencing old table as old_rows new table as new_rows
  for each statement execute function engine.note_days_of_races();
create trigger note_days_of_deleted after delete on public.ra_races
  referencing old table as old_rows
  for each statement execute function engine.note_days_of_races();
create trigger note_all_days after truncate on public.ra_races
  for each statement execute function engine.note_all_kept_days();

create trigger note_days_of_new after insert on public.ra_runners
  referencing new table as new_rows
  for each statement execute function engine.note_days_of_runners();
create trigger note_days_of_changed after update on public.ra_runners
  referencing old table as old_rows new table as new_rows
  for each statement execute function engine.note_days_of_runners();
create trigger note_days_of_deleted after delete on public.ra_runners
  referencing old table as old_rows
  for each statement execute function engine.note_days_of_runners();
create trigger note_all_days after truncate on public.ra_runners
  for each statement execute function engine.note_all_kept_days();

-- A going that becomes known is in races of any day.
create trigger note_all_days after insert or update or delete on racing.goings
  for each statement execute function engine.note_all_kept_days();

create function engine.switch_noting(is_on boolean)
returns void
language plpgsql
security invoker
set search_path = ''
-- A session that waits for a lock makes all behind it wait too, the pages of a backfill among them.
set lock_timeout = '5s'
as $$
declare
  noting record;
begin
  for noting in
    select part.tgrelid::regclass as relation, part.tgname
    from pg_catalog.pg_trigger as part
    where
      part.tgrelid = any (array['public.ra_mst_horses', 'public.ra_races', 'public.ra_runners']::regclass[])
      and part.tgname ~ '^note_(all_)?days'
      and (part.tgenabled = 'O') <> switch_noting.is_on
    -- In the order in which a page is stored, so that it never deadlocks with one.
    order by array_position(array['public.ra_mst_horses', 'public.ra_races']::regclass[], part.tgrelid), part.tgname
  loop
    execute format(
      'alter table %s %s trigger %I', noting.relation, case when switch_noting.is_on then 'enable' else 'disable' end,
      noting.tgname
    );
  end loop;
exception
  when lock_not_available then
    raise exception 'A table is in use for longer than five seconds, so nothing was changed'
      using errcode = 'lock_not_available',
        hint = 'Try again; select pid, query from pg_stat_activity where state <> ''idle''; shows what is going on.';
end
$$;
comment on function engine.switch_noting(boolean) is
  'Switches the triggers on ra_mst_horses, ra_races and ra_runners that note changed days on or off. Error 55P03 when a
   table is in use.';

select engine.switch_noting(is_on => false);

-- schemas/answers/keep_runs.sql

-- Runs kept or not: the switch, and the part of the tick that keeps them.

create function racing.keep_runs()
returns table (days integer, megabytes numeric)
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if (select s.runs_kept_since from public.backfill_settings as s) is null then
    -- First, so that no change comes between.
    perform engine.switch_noting(is_on => true);
    update public.backfill_settings as s set runs_kept_since = engine.clock();
    insert into racing.changed_days (race_date)
    select distinct race.race_date from public.ra_races as race where race.has_result;
    -- For the next tick.
    insert into engine.wakeups (called_at) values (engine.clock());
  end if;
  return query
  select
    (select count(distinct race.race_date)::integer from public.ra_races as race where race.has_result),
    -- Measured: 50 bytes a run, and 8 more with a Betfair price.
    round(60 * greatest(runners.reltuples, 0)::numeric / 1e6, 1)
  from pg_catalog.pg_class as runners
  where runners.oid = 'public.ra_runners'::regclass;
end
$$;
comment on function racing.keep_runs() is
  'Has the runs of each day kept from now on (racing.kept_days), so that strike rates over years are fast: by the tick,
   100 days a minute, the newest first, and again each day that changes. Answers are right meanwhile. Returns how many
   days there are, and about how many megabytes they will take. Calling it again changes nothing. Error 55P03 when a
   table is in use.';

create function racing.keep_no_runs()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '5s'
as $$
begin
  perform engine.switch_noting(is_on => false);
  update public.backfill_settings as s set runs_kept_since = null where s.runs_kept_since is not null;
  truncate racing.kept_days, racing.changed_days;
  delete from engine.heartbeats as h where h.name = 'keeping';
end
$$;
comment on function racing.keep_no_runs() is
  'Ends what racing.keep_runs() began, and gives the room back: each answer is worked out from the tables again. Calling
   it again changes nothing. Error 55P03 when a table is in use.';

create function engine.keep_changed_days()
returns void
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  days date[];
begin
  -- Two at once would keep the same days.
  if not engine.begin_tick('keeping') then
    return;
  end if;
  perform engine.beat('keeping');
  days := array(
    select distinct changed.race_date from racing.changed_days as changed order by changed.race_date desc limit 100
  );
  if days = '{}' or (select room.megabytes >= room.backfills_until from engine.room as room) then
    perform engine.rest('keeping');
    return;
  end if;
  -- A change that is not committed yet is in none of these, and its note stays for the next time.
  delete from racing.changed_days as changed where changed.race_date = any (days);
  delete from racing.kept_days as kept where kept.race_date = any (days);
  insert into racing.kept_days
  select worked_out.*
  from unnest(days) as listed (race_date)
  cross join lateral racing.runs_of_day(listed.race_date) as worked_out;
end
$$;
comment on function engine.keep_changed_days() is
  'The part of the tick that keeps runs: works out 100 of racing.changed_days, the newest first, and keeps them. Due
   each minute while there are more; none is kept without room for a backfill.';

create function engine.check_kept_runs()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'kept runs',
    case when s.runs_kept_since is not null and is_full.known and lacking.days > 0 then 'warning' else 'ok' end,
    case
      when s.runs_kept_since is null then 'None are kept: strike rates over years are worked out from the tables.'
      else format(
        '%s days are kept, in %s MB. To be kept, and worked out from the tables until then: %s.', kept.days,
        round(kept.bytes / 1e6, 1), lacking.days
      )
    end,
    case
      when s.runs_kept_since is null then 'Nothing. To keep them: select * from racing.keep_runs();'
      when is_full.known and lacking.days > 0 then
        'There is no room for more: see the row database size. To give the room back: select racing.keep_no_runs();'
      else 'Nothing.'
    end
  from public.backfill_settings as s
  cross join lateral (
    select count(*) as days, pg_catalog.pg_total_relation_size('racing.kept_days') as bytes from racing.kept_days
  ) as kept
  cross join lateral (select count(distinct changed.race_date) as days from racing.changed_days as changed) as lacking
  cross join lateral (select room.megabytes >= room.backfills_until as known from engine.room as room) as is_full
$$;
comment on function engine.check_kept_runs() is
  'Whether runs are kept (racing.keep_runs), how many days, in how much room, and how many are still to be kept.';

revoke all on function racing.keep_runs, racing.keep_no_runs from public, anon, authenticated, service_role;

-- schemas/answers/runner_form.sql

-- One wide row per runner. What is looked up for a runner goes through the keys and the index on its horse, so what a
-- question costs depends on how many runners it asks for, not on how many are stored.

create view racing.runner_form
with (security_invoker = true)
as
select
  runner.race_id,
  runner.horse_id,
  race.race_date,
  race.off_dt,
  race.course_id,
  race.course_name,
  race.region_code,
  race.race_name,
  race.race_type,
  race.surface,
  race.code,
  race.is_handicap,
  race.race_class,
  race.pattern,
  race.class_rank,
  race.distance_yards,
  race.distance_furlongs,
  race.distance_band,
  race.going,
  race.going_group,
  race.going_rank,
  race.age_band,
  race.sex_restriction,
  race.rating_band,
  race.is_abandoned,
  horse.name as horse_name,
  horse.sire_id,
  coalesce(sire.name, horse.sire_name) as sire_name,
  horse.dam_id,
  coalesce(dam.name, horse.dam_name) as dam_name,
  horse.damsire_id,
  coalesce(damsire.name, horse.damsire_name) as damsire_name,
  runner.jockey_id,
  coalesce(jockey.name, runner.jockey_name) as jockey_name,
  runner.jockey_claim_lbs,
  runner.trainer_id,
  coalesce(trainer.name, runner.trainer_name) as trainer_name,
  runner.owner_id,
  coalesce(owner.name, runner.owner_name) as owner_name,
  runner.number,
  runner.draw,
  runner.age,
  runner.sex_code,
  runner.weight_lbs,
  runner.official_rating,
  runner.headgear,
  runner.is_non_runner,
  runner.is_reserve,
  start.has_run,
  case when start.has_run then field.ran end as ran,
  case when start.has_run then racing.places_paid(field.ran, race.is_handicap) end as places_paid,
  case when start.has_run then runner.position end as position,
  runner.position_code,
  case when start.has_run then runner.position is not distinct from 1 end as is_winner,
  case
    when start.has_run
    then coalesce(runner.position <= racing.places_paid(field.ran, race.is_handicap), false)
  end as is_placed,
  case when start.has_run then round(racing.prb(field.ran, field.finishers, runner.position)::numeric, 4) end as prb,
  runner.beaten_lengths,
  runner.beaten_lengths_overall,
  runner.time_seconds,
  runner.sp,
  runner.sp_decimal,
  runner.sp_favourite,
  runner.bsp,
  case
    when start.has_run and field.sp_total is not null
    then round((1 / runner.sp_decimal::double precision / field.sp_total)::numeric, 4)
  end as sp_probability,
  case
    when start.has_run
    then round(racing.sp_profit(runner.position, field.winners, runner.sp_decimal)::numeric, 4)
  end as sp_profit,
  runner.rpr,
  runner.topspeed,
  runner.prize_amount,
  runner.prize_currency,
  runner.result_comment,
  previous.race_id as previous_race_id,
  race.race_date - previous.race_date as days_since_run,
  previous.position as previous_position,
  previous.position_code as previous_position_code,
  previous.code as previous_code,
  race.code <> previous.code as is_code_changed,
  race.class_rank - previous.class_rank as class_change,
  race.distance_yards - previous.distance_yards as distance_change_yards,
  case when race.going_surface = previous.going_surface then race.going_rank - previous.going_rank end as going_change,
  runner.weight_lbs - previous.weight_lbs as weight_change_lbs,
  previous.headgear as previous_headgear,
  case
    when previous.race_id is not null then runner.headgear is distinct from previous.headgear
  end as is_headgear_changed,
  case
    when runner.headgear is null then false
    when runner.has_card then runner.headgear_run is not distinct from '1'
    -- What is left of its letters without those of the runs before.
    else translate(
      runner.headgear,
      coalesce((
        select string_agg(earlier.headgear, '')
        from racing.starts as earlier
        join racing.races as earlier_race on earlier_race.race_id = earlier.race_id
        where earlier.horse_id = runner.horse_id and earlier_race.happened_at < race.known_before
      ), ''),
      ''
    ) <> ''
  end as is_first_time_headgear,
  runner.wind_surgery_run,
  case
    when runner.has_card then runner.wind_surgery_run is not distinct from '1'
  end as is_first_run_since_wind_surgery,
  case
    when num_nulls(runner.jockey_id, previous.jockey_id) = 0 then runner.jockey_id <> previous.jockey_id
    else coalesce(jockey.name, runner.jockey_name) <> coalesce(
      previous.jockey_name,
      (select known.name from public.ra_mst_jockeys as known where known.id = previous.jockey_id)
    )
  end as is_jockey_changed,
  case
    when num_nulls(runner.trainer_id, previous.trainer_id) = 0 then runner.trainer_id <> previous.trainer_id
    else coalesce(trainer.name, runner.trainer_name) <> coalesce(
      previous.trainer_name,
      (select known.name from public.ra_mst_trainers as known where known.id = previous.trainer_id)
    )
  end as is_trainer_changed,
  case
    when num_nulls(runner.owner_id, previous.owner_id) = 0 then runner.owner_id <> previous.owner_id
    else coalesce(owner.name, runner.owner_name) <> coalesce(
      previous.owner_name,
      (select known.name from public.ra_mst_owners as known where known.id = previous.owner_id)
    )
  end as is_owner_changed
from public.ra_runners as runner
join racing.races as race on race.race_id = runner.race_id
join public.ra_mst_horses as horse on horse.id = runner.horse_id
cross join lateral (
  select
    runner.has_result
    and not runner.is_non_runner
    and (runner.position_code is null or runner.position_code not in ('VOI', 'VOID')) as has_run
) as start
left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id
left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id
left join public.ra_mst_owners as owner on owner.id = runner.owner_id
left join public.ra_mst_sires as sire on sire.id = horse.sire_id
left join public.ra_mst_dams as dam on dam.id = horse.dam_id
left join public.ra_mst_damsires as damsire on damsire.id = horse.damsire_id
left join lateral (
  -- offset 0: else the planner joins the fields of all races.
  select one.ran, one.finishers, one.winners, one.sp_total
  from racing.fields as one
  where one.race_id = runner.race_id
  offset 0
) as field on true
left join lateral (
  -- The last run is found first, and only then is looked up what it was.
  select
    last.race_id,
    last_race.race_date,
    last.position,
    last.position_code,
    last_race.code,
    last_race.class_rank,
    last_race.distance_yards,
    last_race.going_surface,
    last_race.going_rank,
    last.weight_lbs,
    last.headgear,
    last.jockey_id,
    last.jockey_name,
    last.trainer_id,
    last.trainer_name,
    last.owner_id,
    last.owner_name
  from (
    select
      earlier.race_id, earlier.position, earlier.position_code, earlier.weight_lbs, earlier.headgear, earlier.jockey_id,
      earlier.jockey_name, earlier.trainer_id, earlier.trainer_name, earlier.owner_id, earlier.owner_name
    from racing.starts as earlier
    join public.ra_races as earlier_race on earlier_race.id = earlier.race_id
    where
      earlier.horse_id = runner.horse_id
      and coalesce(earlier_race.off_dt, racing.end_of_day(earlier_race.race_date)) < race.known_before
    order by
      coalesce(earlier_race.off_dt, racing.end_of_day(earlier_race.race_date)) desc, earlier.race_id collate "C" desc
    limit 1
  ) as last
  join racing.races as last_race on last_race.race_id = last.race_id
) as previous on true;

-- schemas/answers/runner_form_columns.sql

-- What the columns of racing.runner_form mean.

comment on view racing.runner_form is
  'Runners, one wide row each, as listed on the card or named by the result: names, race, result, price, and what has
   changed since the horse''s last run before the off. Ask by horse_id, race_id or race_date: the cost depends on how
   many runners that is. Nothing in a row comes from after the off of its race but its own result, and the names, which
   are those last seen.';
comment on column racing.runner_form.race_id is 'ra_races.id; with horse_id the key of a row.';
comment on column racing.runner_form.horse_id is 'ra_mst_horses.id.';
comment on column racing.runner_form.race_date is 'UK racing day.';
comment on column racing.runner_form.off_dt is 'Off time; null when none is sent.';
comment on column racing.runner_form.course_id is 'ra_mst_courses.id.';
comment on column racing.runner_form.course_name is 'Name of the course.';
comment on column racing.runner_form.region_code is 'Region of the course, lower case: gb, ire.';
comment on column racing.runner_form.race_name is 'Of ra_races, as sent.';
comment on column racing.runner_form.race_type is 'Of ra_races, as sent: Flat, Hurdle, Chase, NH Flat.';
comment on column racing.runner_form.surface is 'Of ra_races, as sent: Turf, AW.';
comment on column racing.runner_form.code is
  'racing.code(race_type, surface): flat turf, flat all-weather, hurdle, chase or National Hunt flat.';
comment on column racing.runner_form.is_handicap is 'racing.is_handicap(race_name).';
comment on column racing.runner_form.race_class is 'Of ra_races, as sent: "Class 4".';
comment on column racing.runner_form.pattern is 'Of ra_races, as sent: "Group 1", "Listed".';
comment on column racing.runner_form.class_rank is
  'racing.class_rank(race_class, pattern): 1 is the highest, 11 the lowest; null for a race without a class.';
comment on column racing.runner_form.distance_yards is 'In yards.';
comment on column racing.runner_form.distance_furlongs is 'In furlongs of 220 yards.';
comment on column racing.runner_form.distance_band is 'racing.distance_band(distance_yards, code).';
comment on column racing.runner_form.going is 'Of ra_races, as sent.';
comment on column racing.runner_form.going_group is
  'What goings count as one, from racing.goings; null for an unknown going.';
comment on column racing.runner_form.going_rank is
  'Order of the going, from racing.goings: the higher, the slower. Turf 1 to 10, all-weather 1 to 5.';
comment on column racing.runner_form.age_band is 'Of ra_races, as sent.';
comment on column racing.runner_form.sex_restriction is 'Of ra_races, as sent.';
comment on column racing.runner_form.rating_band is 'Of ra_races, as sent.';
comment on column racing.runner_form.is_abandoned is 'The card says that the race was abandoned: nobody ran.';
comment on column racing.runner_form.horse_name is 'Name of the horse, as last seen.';
comment on column racing.runner_form.sire_id is 'ra_mst_sires.id; null for a sire without an id.';
comment on column racing.runner_form.sire_name is 'Name of the sire.';
comment on column racing.runner_form.dam_id is 'ra_mst_dams.id; null for a dam without an id.';
comment on column racing.runner_form.dam_name is 'Name of the dam.';
comment on column racing.runner_form.damsire_id is 'ra_mst_damsires.id; null for one without an id.';
comment on column racing.runner_form.damsire_name is 'Name of the dam''s sire.';
comment on column racing.runner_form.jockey_id is
  'ra_mst_jockeys.id; null for a jockey without an id, and while undeclared.';
comment on column racing.runner_form.jockey_name is 'Name of the jockey.';
comment on column racing.runner_form.jockey_claim_lbs is 'Allowance of the jockey, in pounds.';
comment on column racing.runner_form.trainer_id is
  'ra_mst_trainers.id on the day of the race; null for a trainer without an id.';
comment on column racing.runner_form.trainer_name is 'Name of the trainer.';
comment on column racing.runner_form.owner_id is
  'ra_mst_owners.id on the day of the race; null for an owner without an id.';
comment on column racing.runner_form.owner_name is 'Name of the owner.';
comment on column racing.runner_form.number is 'Saddlecloth number.';
comment on column racing.runner_form.draw is 'Stall; null where there are none.';
comment on column racing.runner_form.age is 'In years, on the day of the race.';
comment on column racing.runner_form.sex_code is 'On the day of the race: C, F, G, H, M, R.';
comment on column racing.runner_form.weight_lbs is 'Weight carried, in pounds.';
comment on column racing.runner_form.official_rating is 'Official rating in force; null for an unrated horse.';
comment on column racing.runner_form.headgear is 'Letters as sent; null for none.';
comment on column racing.runner_form.is_non_runner is 'Declared, did not run.';
comment on column racing.runner_form.is_reserve is 'A reserve of an Irish card. One that got a run has has_run.';
comment on column racing.runner_form.has_run is
  'Counts as a run: named by the result, no non-runner, race not void (racing.starts). False before the result.';
comment on column racing.runner_form.ran is
  'Runners in the race that ran: non-runners and reserves without a run are not counted. Null without has_run.';
comment on column racing.runner_form.places_paid is 'racing.places_paid(ran, is_handicap). Null without has_run.';
comment on column racing.runner_form.position is
  'Finishing position, equal for a dead heat. Null for one that did not finish or was disqualified (position_code).';
comment on column racing.runner_form.position_code is 'Why there is no position: PU, F, UR, DSQ, VOI, as sent.';
comment on column racing.runner_form.is_winner is
  'position = 1: each horse of a dead heat has won. A walkover is won. Null without has_run.';
comment on column racing.runner_form.is_placed is 'position <= places_paid, the winner included. Null without has_run.';
comment on column racing.runner_form.prb is
  'Percentage of rivals beaten, 0 to 1: (ran - position) / (ran - 1), to 4 decimals; see racing.prb(). Null for a
   walkover.';
comment on column racing.runner_form.beaten_lengths is 'Lengths behind the horse in front.';
comment on column racing.runner_form.beaten_lengths_overall is 'Lengths behind the winner.';
comment on column racing.runner_form.time_seconds is 'Time from off to finish, in seconds.';
comment on column racing.runner_form.sp is 'Starting price as a fraction.';
comment on column racing.runner_form.sp_decimal is 'Starting price as a decimal, stake included.';
comment on column racing.runner_form.sp_favourite is 'favourite, joint favourite or co-favourite; null for any other.';
comment on column racing.runner_form.bsp is 'Betfair starting price, decimal; sent since 2026.';
comment on column racing.runner_form.sp_probability is
  'Chance of winning by the starting prices without the overround: (1 / sp_decimal) / sum of 1 / sp_decimal over
   those that ran, 0 to 1, to 4 decimals. Null when one of them has no price.';
comment on column racing.runner_form.sp_profit is
  'What a bet of 1 to win at the starting price brought; in a dead heat the stake is divided; see
   racing.sp_profit(). Null without a price.';
comment on column racing.runner_form.rpr is 'Racing Post Rating earned in the race.';
comment on column racing.runner_form.topspeed is 'Topspeed figure earned in the race.';
comment on column racing.runner_form.prize_amount is 'Prize money won, in prize_currency.';
comment on column racing.runner_form.prize_currency is 'ISO 4217.';
comment on column racing.runner_form.result_comment is 'How the race went for the horse.';
comment on column racing.runner_form.previous_race_id is
  'The horse''s last run before the off of this race (ra_races.id), under any code; null when none is stored. All
   columns that compare are null then.';
comment on column racing.runner_form.days_since_run is
  'Days from the day of that run to this race''s; 0 for a second run on one day.';
comment on column racing.runner_form.previous_position is 'Finishing position in it.';
comment on column racing.runner_form.previous_position_code is 'Why there was none.';
comment on column racing.runner_form.previous_code is 'Its code.';
comment on column racing.runner_form.is_code_changed is 'The code is another one than then.';
comment on column racing.runner_form.class_change is
  'class_rank minus that of then: below 0 up in class, above 0 down. Null when either race has none.';
comment on column racing.runner_form.distance_change_yards is 'Yards more than then; below 0 for a shorter race.';
comment on column racing.runner_form.going_change is
  'going_rank minus that of then: above 0 slower. Null between turf and all-weather, and for an unknown going.';
comment on column racing.runner_form.weight_change_lbs is 'Pounds more than then.';
comment on column racing.runner_form.previous_headgear is 'Headgear worn then; null for none.';
comment on column racing.runner_form.is_headgear_changed is
  'The headgear is another than then: put on, taken off or other letters.';
comment on column racing.runner_form.is_first_time_headgear is
  'The card says so (its headgear_run is 1; of a horse that wore it before it says nothing). Without a card: a letter of
   its headgear is in that of no stored run before. False without headgear.';
comment on column racing.runner_form.wind_surgery_run is
  'Which run since the wind operation it is, as the card says; null for none.';
comment on column racing.runner_form.is_first_run_since_wind_surgery is
  'The card says that it is the first. Null without a card.';
comment on column racing.runner_form.is_jockey_changed is
  'Another jockey than then: by id, or by name where one of the two has none. Null when one of the two is not known.';
comment on column racing.runner_form.is_trainer_changed is
  'Another trainer than then: by id, or by name where one of the two has none. Null when one of the two is not known.';
comment on column racing.runner_form.is_owner_changed is
  'Another owner than then: by id, or by name where one of the two has none. Null when one of the two is not known.';

revoke all on racing.runner_form from public, anon, authenticated, service_role;
grant select on racing.runner_form to service_role;

-- schemas/answers/records.sql

-- Records as of a moment: only what happened before it counts, never what happened at it. Each is asked for hundreds of
-- times in a statement, so its plan is made once.

create function racing.record_before(
  horse_id text,
  known_before timestamptz,
  race_date date,
  course_id text,
  distance_band text,
  going_group text,
  code text,
  out last_six text,
  out days_since_run integer,
  out runs integer,
  out wins integer,
  out places integer,
  out course_runs integer,
  out course_wins integer,
  out course_places integer,
  out distance_runs integer,
  out distance_wins integer,
  out distance_places integer,
  out going_runs integer,
  out going_wins integer,
  out going_places integer,
  out code_runs integer,
  out code_wins integer,
  out code_places integer
)
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
begin
  select
    right(string_agg(run.figure, '' order by run.happened_at, run.race_id collate "C"), 6),
    record_before.race_date - max(run.race_date),
    count(*),
    count(*) filter (where run.is_winner),
    count(*) filter (where run.is_placed),
    count(*) filter (where run.course_id = record_before.course_id),
    count(*) filter (where run.course_id = record_before.course_id and run.is_winner),
    count(*) filter (where run.course_id = record_before.course_id and run.is_placed),
    count(*) filter (where run.distance_band = record_before.distance_band),
    count(*) filter (where run.distance_band = record_before.distance_band and run.is_winner),
    count(*) filter (where run.distance_band = record_before.distance_band and run.is_placed),
    count(*) filter (where run.going_group = record_before.going_group),
    count(*) filter (where run.going_group = record_before.going_group and run.is_winner),
    count(*) filter (where run.going_group = record_before.going_group and run.is_placed),
    count(*) filter (where run.code = record_before.code),
    count(*) filter (where run.code = record_before.code and run.is_winner),
    count(*) filter (where run.code = record_before.code and run.is_placed)
  into
    last_six, days_since_run, runs, wins, places, course_runs, course_wins, course_places, distance_runs, distance_wins,
    distance_places, going_runs, going_wins, going_places, code_runs, code_wins, code_places
  from (
    select
      race.race_id,
      race.race_date,
      race.happened_at,
      race.course_id,
      race.distance_band,
      race.going_group,
      race.code,
      racing.form_figure(start.position, start.position_code) as figure,
      start.position is not distinct from 1 as is_winner,
      -- The field is only looked up where it decides.
      case
        when start.position = 1 then true
        when start.position <= 4 then start.position <= racing.places_paid(
          (select field.ran from racing.fields as field where field.race_id = start.race_id), race.is_handicap
        )
        else false
      end as is_placed
    from racing.starts as start
    join racing.races as race on race.race_id = start.race_id
    where start.horse_id = record_before.horse_id and race.happened_at < record_before.known_before
    offset 0
  ) as run;
end
$$;
comment on function racing.record_before(text, timestamptz, date, text, text, text, text) is
  'The record of a horse before a moment, for racing.card(): all runs, and those at a course, over a distance band, on a
   going group and under a code. Nothing counts as equal to null.';

create function racing.together_before(
  trainer_id text,
  jockey_id text,
  known_before timestamptz,
  course_id text,
  out runs integer,
  out wins integer,
  out course_runs integer,
  out course_wins integer
)
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
begin
  select
    count(*),
    count(*) filter (where start.position = 1),
    count(*) filter (where race.course_id = together_before.course_id),
    count(*) filter (where race.course_id = together_before.course_id and start.position = 1)
  into runs, wins, course_runs, course_wins
  from racing.starts as start
  join public.ra_races as race on race.id = start.race_id
  where
    start.trainer_id = together_before.trainer_id
    and start.jockey_id = together_before.jockey_id
    and coalesce(race.off_dt, racing.end_of_day(race.race_date)) < together_before.known_before;
end
$$;
comment on function racing.together_before(text, text, timestamptz, text) is
  'Runs and wins before a moment that a jockey rode for a trainer, in all and at a course, for racing.card().';

revoke all on function racing.record_before, racing.together_before from public, anon, authenticated, service_role;
grant execute on function racing.record_before, racing.together_before to service_role;

-- schemas/answers/card_line.sql

-- A declared runner with its record before the race: the rows of racing.card.

create type racing.card_line as (
  race_id text,
  horse_id text,
  race_date date,
  off_dt timestamptz,
  course_name text,
  race_name text,
  code text,
  distance_band text,
  going_group text,
  number smallint,
  draw smallint,
  horse_name text,
  age smallint,
  weight_lbs smallint,
  official_rating smallint,
  headgear text,
  trainer_name text,
  jockey_name text,
  owner_name text,
  is_non_runner boolean,
  is_reserve boolean,
  is_abandoned boolean,
  last_six text,
  days_since_run integer,
  runs integer,
  wins integer,
  places integer,
  course_runs integer,
  course_wins integer,
  course_places integer,
  distance_runs integer,
  distance_wins integer,
  distance_places integer,
  going_runs integer,
  going_wins integer,
  going_places integer,
  code_runs integer,
  code_wins integer,
  code_places integer,
  trainer_14_days_runs integer,
  trainer_14_days_wins integer,
  trainer_30_days_runs integer,
  trainer_30_days_wins integer,
  jockey_14_days_runs integer,
  jockey_14_days_wins integer,
  jockey_30_days_runs integer,
  jockey_30_days_wins integer,
  together_runs integer,
  together_wins integer,
  trainer_course_runs integer,
  trainer_course_wins integer,
  jockey_course_runs integer,
  jockey_course_wins integer,
  together_course_runs integer,
  together_course_wins integer
);
comment on type racing.card_line is
  'A declared runner with its record before the off of its race: a row of racing.card().';
comment on column racing.card_line.race_id is 'ra_races.id; with horse_id the key of a row.';
comment on column racing.card_line.horse_id is 'ra_mst_horses.id.';
comment on column racing.card_line.race_date is 'UK racing day.';
comment on column racing.card_line.off_dt is 'Off time; null when none is sent.';
comment on column racing.card_line.course_name is 'Name of the course.';
comment on column racing.card_line.race_name is 'As sent.';
comment on column racing.card_line.code is 'racing.code() of the race.';
comment on column racing.card_line.distance_band is 'racing.distance_band() of the race.';
comment on column racing.card_line.going_group is
  'racing.goings.going_group of the race''s going as last sent; null before one is, and for an unknown one.';
comment on column racing.card_line.number is 'Saddlecloth number.';
comment on column racing.card_line.draw is 'Stall; null where there are none.';
comment on column racing.card_line.horse_name is 'Name of the horse.';
comment on column racing.card_line.age is 'In years.';
comment on column racing.card_line.weight_lbs is 'In pounds.';
comment on column racing.card_line.official_rating is 'Official rating in force.';
comment on column racing.card_line.headgear is 'Letters as sent; null for none.';
comment on column racing.card_line.trainer_name is 'Name of the trainer.';
comment on column racing.card_line.jockey_name is 'Name of the jockey; null while undeclared.';
comment on column racing.card_line.owner_name is 'Name of the owner.';
comment on column racing.card_line.is_non_runner is 'Declared and taken out. Its record is shown all the same.';
comment on column racing.card_line.is_reserve is 'A reserve of an Irish card.';
comment on column racing.card_line.is_abandoned is 'The race was abandoned, as the card says.';
comment on column racing.card_line.last_six is
  'The last six runs, oldest first, a character each: racing.form_figure(). Null for a horse without a run.';
comment on column racing.card_line.days_since_run is 'Days from the day of the last run to the race''s.';
comment on column racing.card_line.runs is
  'Runs of the horse before the off of this race, under any code (racing.starts).';
comment on column racing.card_line.wins is 'Those won, dead heats and walkovers included.';
comment on column racing.card_line.places is
  'Those placed, the winner included: position <= racing.places_paid() of that race.';
comment on column racing.card_line.course_runs is 'Runs at this course (course_id).';
comment on column racing.card_line.course_wins is 'Those won.';
comment on column racing.card_line.course_places is 'Those placed.';
comment on column racing.card_line.distance_runs is 'Runs over this distance_band.';
comment on column racing.card_line.distance_wins is 'Those won.';
comment on column racing.card_line.distance_places is 'Those placed.';
comment on column racing.card_line.going_runs is 'Runs on this going_group; 0 while the going is not known.';
comment on column racing.card_line.going_wins is 'Those won.';
comment on column racing.card_line.going_places is 'Those placed.';
comment on column racing.card_line.code_runs is 'Runs under this code.';
comment on column racing.card_line.code_wins is 'Those won.';
comment on column racing.card_line.code_places is 'Those placed.';
comment on column racing.card_line.trainer_14_days_runs is
  'Runs of the trainer (by id) from 14 days before the race''s day to its off. All columns of people are null where
   the person has no id.';
comment on column racing.card_line.trainer_14_days_wins is 'Those won.';
comment on column racing.card_line.trainer_30_days_runs is 'The same from 30 days before.';
comment on column racing.card_line.trainer_30_days_wins is 'Those won.';
comment on column racing.card_line.jockey_14_days_runs is
  'Runs of the jockey (by id) from 14 days before the race''s day to its off.';
comment on column racing.card_line.jockey_14_days_wins is 'Those won.';
comment on column racing.card_line.jockey_30_days_runs is 'The same from 30 days before.';
comment on column racing.card_line.jockey_30_days_wins is 'Those won.';
comment on column racing.card_line.together_runs is
  'All stored runs before the off that this jockey rode for this trainer.';
comment on column racing.card_line.together_wins is 'Those won.';
comment on column racing.card_line.trainer_course_runs is
  'All stored runs of the trainer at this course before the off.';
comment on column racing.card_line.trainer_course_wins is 'Those won.';
comment on column racing.card_line.jockey_course_runs is 'All stored runs of the jockey at this course before the off.';
comment on column racing.card_line.jockey_course_wins is 'Those won.';
comment on column racing.card_line.together_course_runs is
  'All stored runs of both together at this course before the off.';
comment on column racing.card_line.together_course_wins is 'Those won.';

-- schemas/answers/card.sql

-- The card of a day: each declared runner with its record before the off of its race.

-- In plpgsql, which plans with the values of its arguments.
create function racing.card(day date default (clock_timestamp() at time zone 'Europe/London')::date)
returns setof racing.card_line
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
set jit = 'off'
as $$
declare
  trainers constant text[] := array(
    select distinct runner.trainer_id
    from public.ra_races as race
    join public.ra_runners as runner on runner.race_id = race.id
    where race.race_date = card.day
  );
  jockeys constant text[] := array(
    select distinct runner.jockey_id
    from public.ra_races as race
    join public.ra_runners as runner on runner.race_id = race.id
    where race.race_date = card.day
  );
begin
  return query
  with race as materialized (
    select
      one.race_id, one.race_date, one.off_dt, one.known_before, one.course_id, one.course_name, one.race_name, one.code,
      one.distance_band, one.going_group, one.is_abandoned
    from racing.races as one
    where one.race_date = card.day
  ),
  entry as materialized (
    select
      runner.race_id, runner.horse_id, runner.trainer_id, runner.jockey_id, runner.number, runner.draw, runner.age,
      runner.weight_lbs, runner.official_rating, runner.headgear, runner.trainer_name, runner.jockey_name,
      runner.owner_id, runner.owner_name, runner.is_non_runner, runner.is_reserve, race.course_id, race.known_before
    from race
    join public.ra_runners as runner on runner.race_id = race.race_id
  ),
  -- The 30 days before, and what was run earlier on the day.
  recent as materialized (
    select start.trainer_id, start.jockey_id, start.position, known.race_date, known.happened_at
    from racing.races as known
    -- offset 0: race by race through the key. The planner would read all runners instead, which takes 20 times as long.
    cross join lateral (
      select one.trainer_id, one.jockey_id, one.position
      from racing.starts as one
      where one.race_id = known.race_id
      offset 0
    ) as start
    where known.race_date between card.day - 30 and card.day
  ),
  trainer as (
    select
      entry.race_id,
      entry.trainer_id,
      count(*) filter (where recent.race_date >= card.day - 14)::integer as fortnight_runs,
      count(*) filter (where recent.race_date >= card.day - 14 and recent.position = 1)::integer as fortnight_wins,
      count(*)::integer as runs,
      count(*) filter (where recent.position = 1)::integer as wins
    from (select distinct one.race_id, one.trainer_id, one.known_before from entry as one) as entry
    join recent on recent.trainer_id = entry.trainer_id and recent.happened_at < entry.known_before
    group by entry.race_id, entry.trainer_id
  ),
  jockey as (
    select
      entry.race_id,
      entry.jockey_id,
      count(*) filter (where recent.race_date >= card.day - 14)::integer as fortnight_runs,
      count(*) filter (where recent.race_date >= card.day - 14 and recent.position = 1)::integer as fortnight_wins,
      count(*)::integer as runs,
      count(*) filter (where recent.position = 1)::integer as wins
    from (select distinct one.race_id, one.jockey_id, one.known_before from entry as one) as entry
    join recent on recent.jockey_id = entry.jockey_id and recent.happened_at < entry.known_before
    group by entry.race_id, entry.jockey_id
  ),
  -- What the day's people ran at its courses: fewer rows are read than all runs of these people.
  here as materialized (
    select known.course_id, known.happened_at, start.trainer_id, start.jockey_id, start.position
    from (select distinct one.course_id from race as one) as course
    join racing.races as known on known.course_id = course.course_id
    cross join lateral (
      select one.trainer_id, one.jockey_id, one.position
      from racing.starts as one
      where one.race_id = known.race_id and (one.trainer_id = any (trainers) or one.jockey_id = any (jockeys))
      offset 0
    ) as start
    where known.race_date <= card.day
  ),
  trainer_here as (
    select entry.race_id, entry.trainer_id, count(*)::integer as runs,
      count(*) filter (where here.position = 1)::integer as wins
    from (select distinct one.race_id, one.trainer_id, one.course_id, one.known_before from entry as one) as entry
    join here
      on here.course_id = entry.course_id
      and here.trainer_id = entry.trainer_id
      and here.happened_at < entry.known_before
    group by entry.race_id, entry.trainer_id
  ),
  jockey_here as (
    select entry.race_id, entry.jockey_id, count(*)::integer as runs,
      count(*) filter (where here.position = 1)::integer as wins
    from (select distinct one.race_id, one.jockey_id, one.course_id, one.known_before from entry as one) as entry
    join here
      on here.course_id = entry.course_id
      and here.jockey_id = entry.jockey_id
      and here.happened_at < entry.known_before
    group by entry.race_id, entry.jockey_id
  )
  select
    race.race_id, entry.horse_id, race.race_date, race.off_dt, race.course_name, race.race_name, race.code,
    race.distance_band, race.going_group, entry.number, entry.draw, horse.name, entry.age, entry.weight_lbs,
    entry.official_rating, entry.headgear, coalesce(trainer_master.name, entry.trainer_name),
    coalesce(jockey_master.name, entry.jockey_name), coalesce(owner_master.name, entry.owner_name),
    entry.is_non_runner, entry.is_reserve, race.is_abandoned,
    record.last_six, record.days_since_run, record.runs, record.wins, record.places,
    record.course_runs, record.course_wins, record.course_places,
    record.distance_runs, record.distance_wins, record.distance_places,
    record.going_runs, record.going_wins, record.going_places,
    record.code_runs, record.code_wins, record.code_places,
    case when entry.trainer_id is not null then coalesce(trainer.fortnight_runs, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer.fortnight_wins, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer.runs, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer.wins, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.fortnight_runs, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.fortnight_wins, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.runs, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey.wins, 0) end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.runs end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.wins end,
    case when entry.trainer_id is not null then coalesce(trainer_here.runs, 0) end,
    case when entry.trainer_id is not null then coalesce(trainer_here.wins, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey_here.runs, 0) end,
    case when entry.jockey_id is not null then coalesce(jockey_here.wins, 0) end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.course_runs end,
    case when entry.trainer_id is not null and entry.jockey_id is not null then together.course_wins end
  from entry
  join race on race.race_id = entry.race_id
  join public.ra_mst_horses as horse on horse.id = entry.horse_id
  left join public.ra_mst_trainers as trainer_master on trainer_master.id = entry.trainer_id
  left join public.ra_mst_jockeys as jockey_master on jockey_master.id = entry.jockey_id
  left join public.ra_mst_owners as owner_master on owner_master.id = entry.owner_id
  left join trainer on trainer.race_id = entry.race_id and trainer.trainer_id = entry.trainer_id
  left join jockey on jockey.race_id = entry.race_id and jockey.jockey_id = entry.jockey_id
  left join trainer_here on trainer_here.race_id = entry.race_id and trainer_here.trainer_id = entry.trainer_id
  left join jockey_here on jockey_here.race_id = entry.race_id and jockey_here.jockey_id = entry.jockey_id
  cross join lateral racing.record_before(
    entry.horse_id, race.known_before, race.race_date, race.course_id, race.distance_band, race.going_group, race.code
  ) as record
  cross join lateral racing.together_before(
    entry.trainer_id, entry.jockey_id, race.known_before, race.course_id
  ) as together
  order by race.known_before, race.race_id, entry.is_reserve, entry.number, entry.horse_id;
end
$$;
comment on function racing.card(date) is
  'The card of a UK day, today in London unless given: each runner of its races with its record before the off, by off
   time. On a day that is over the runners are the declared ones and those that only the result names; going, jockey,
   weight, draw, and who did not run are as last sent, after the race by the result. Nothing else in a row comes from
   the race itself. Empty for a day without races, and for null.';

revoke all on function racing.card from public, anon, authenticated, service_role;
grant execute on function racing.card to service_role;

-- schemas/answers/strike_rate.sql

-- The rows of racing.strike_rates.

create type racing.strike_rate as (
  entity_id text,
  entity_name text,
  partner_id text,
  partner_name text,
  by_value text,
  runs integer,
  wins integer,
  places integer,
  strike_rate numeric,
  strike_rate_low numeric,
  strike_rate_high numeric,
  place_rate numeric,
  prb numeric,
  iv numeric,
  priced_runs integer,
  expected_wins numeric,
  ae numeric,
  fair_ae numeric,
  bsp_runs integer,
  bsp_ae numeric,
  profit numeric,
  longest_losing_run integer,
  first_day date,
  last_day date
);
comment on type racing.strike_rate is
  'How somebody or an animal''s offspring fared in some kind of race: a row of racing.strike_rates().';
comment on column racing.strike_rate.entity_id is
  'Id of the trainer, jockey, owner, sire, dam or damsire; of a pair, the trainer''s. Null for one without an id.';
comment on column racing.strike_rate.entity_name is 'Its name.';
comment on column racing.strike_rate.partner_id is 'Of a pair, the jockey''s id; else null.';
comment on column racing.strike_rate.partner_name is 'Of a pair, the jockey''s name; else null.';
comment on column racing.strike_rate.by_value is
  'Value of what was asked by: course_id, distance_band, going_group, class, code, age, or month of the year (01 to
   12); "all" for by => ''all''. Null where the race does not have it.';
comment on column racing.strike_rate.runs is 'Runs (racing.starts).';
comment on column racing.strike_rate.wins is 'Those won; each horse of a dead heat has won, and a walkover is won.';
comment on column racing.strike_rate.places is 'Those placed, the winner included: position <= racing.places_paid().';
comment on column racing.strike_rate.strike_rate is 'wins / runs, 0 to 1.';
comment on column racing.strike_rate.strike_rate_low is
  'Lower end of the Wilson score interval of strike_rate at 95 %: where the true rate lies in 95 of 100 such samples.
   With p = wins / runs, n = runs, z = 1.96: (p + z²/2n - z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n). Source: E. B.
   Wilson, 1927.';
comment on column racing.strike_rate.strike_rate_high is 'Upper end of it: the same with + z √(…).';
comment on column racing.strike_rate.place_rate is 'places / runs, 0 to 1.';
comment on column racing.strike_rate.prb is
  'Average percentage of rivals beaten, 0 to 1 (racing.prb()); 0.5 is par. Null when all were walkovers.';
comment on column racing.strike_rate.iv is
  'Impact value: (wins / all wins) / (runs / all runs), where all is every run of the same by_value in the same
   days. 1 is par. Null when nothing there was won.';
comment on column racing.strike_rate.priced_runs is 'Runs with a starting price.';
comment on column racing.strike_rate.expected_wins is 'Sum of 1 / sp_decimal over them.';
comment on column racing.strike_rate.ae is
  'Actual against expected wins at the starting price, as geegeez.co.uk has it: wins / expected_wins, over runs
   with a price; a dead heat of n is 1/n of a win. The overround is in it: all runs together come to less than 1.';
comment on column racing.strike_rate.fair_ae is
  'The same without the overround (sp_probability in racing.runner_form): all runs together come to 1. Only races
   in which each runner has a price count.';
comment on column racing.strike_rate.bsp_runs is 'Runs with a Betfair starting price, which is sent since 2026.';
comment on column racing.strike_rate.bsp_ae is
  'As ae, at the Betfair starting price: over those runs, wins / sum of 1 / bsp. Null without one.';
comment on column racing.strike_rate.profit is
  'What a bet of 1 to win on each priced run at its starting price brought, stakes taken off: sum of
   racing.sp_profit().';
comment on column racing.strike_rate.longest_losing_run is
  'Most runs in a row without a win, in the order of their off times.';
comment on column racing.strike_rate.first_day is 'UK racing day of the first of these runs.';
comment on column racing.strike_rate.last_day is 'UK racing day of the last of them.';

-- schemas/answers/strike_rates.sql

-- Strike rates of everybody, or of one, by something.

create function racing.refuse_choice(argument text, given text, allowed text[])
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if not coalesce(given = any (allowed), false) then
    raise exception '% is %, which is not known', argument, coalesce(quote_literal(left(given, 60)), 'null')
      using errcode = '22023', hint = format('Allowed are: %s.', array_to_string(allowed, ', '));
  end if;
end
$$;
comment on function racing.refuse_choice(text, text, text[]) is
  'Error 22023 unless the value given for an argument is one of those allowed; its hint lists them.';

create function racing.value_of(by text, source text)
returns text
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  name constant text := case by
    when 'course' then 'course_id'
    when 'distance' then 'distance_band'
    when 'going' then 'going_group'
    when 'class' then 'class_name'
    else by
  end;
begin
  return case
    when by = 'all' then '''all'''
    when by = 'month' then format('to_char(%s.race_date, ''MM'')', source)
    when source = 'day' then format('unnest(day.%Is)::text', name)
    else format('%s.%I::text', source, name)
  end;
end
$$;
comment on function racing.value_of(text, text) is
  'The expression of SQL for what racing.strike_rates() is asked by. source: day, a row of racing.days; run, one of
   racing.runs; race, one of racing.races, which has no age.';

create function racing.strike_rates(
  entity text,
  by text default 'all',
  since date default null,
  until date default null,
  entity_id text default null
)
returns setof racing.strike_rate
language plpgsql
stable
security invoker
set search_path = ''
-- Half a million runs are grouped at once, in their order: sorted by their keys, they would lose it. The project's own
-- roles get more below: what anybody may ask over the API must not take all memory of a small project.
set work_mem = '16MB'
-- The planner takes 8 kB for a group that texts are joined in. It takes 1.3.
set hash_mem_multiplier = '6'
set enable_sort = 'off'
set jit = 'off'
as $$
declare
  is_one constant boolean := strike_rates.entity_id is not null;
  -- Those of one are found by an index, and few.
  are_kept constant boolean := not is_one and exists (select from racing.kept_days);
  is_pair constant boolean := coalesce(entity = 'pair', false);
  name constant text := case when is_pair then 'trainer' else entity end;
  is_known boolean;
  runs text;
  overall text;
begin
  perform racing.refuse_choice(
    'entity', entity, array['trainer', 'jockey', 'pair', 'owner', 'sire', 'dam', 'damsire']
  );
  perform racing.refuse_choice(
    'by', by, array['all', 'course', 'distance', 'going', 'class', 'code', 'age', 'month']
  );
  if since > until then
    raise exception 'since (%) is after until (%)', since, until
      using errcode = '22023', hint = 'Give the first day as since and the last as until, or null for no limit.';
  end if;
  if pg_catalog.pg_has_role('service_role', 'member') then
    perform pg_catalog.set_config('work_mem', '48MB', true);
  end if;
  if is_one then
    execute format('select exists (select from public.%I as master where master.id = $1)', 'ra_mst_' || name || 's')
      using strike_rates.entity_id into is_known;
    if not (is_known or is_pair and exists (select from public.ra_mst_jockeys as j where j.id = strike_rates.entity_id))
    then
      raise exception 'There is no % %', case when is_pair then 'trainer or jockey' else name end,
        quote_literal(left(strike_rates.entity_id, 60))
        using errcode = '22023',
          hint = format('Give an id: select id, name from ra_mst_%ss where name ilike ''%%…%%'';', name);
    end if;
  end if;
  if are_kept then
    runs := format(
      $sql$
      select
        day.race_date, unnest(day.%Is) as entity_key, %s as partner_key, %s as by_value, unnest(day.wins) as win,
        unnest(day.are_placed) as is_placed, unnest(day.prbs) as prb, unnest(day.sps) as sp,
        unnest(day.chances) as chance, unnest(day.bsps) as bsp
      from racing.days as day
      where day.race_date between $1 and $2
      order by day.race_date
      $sql$,
      name,
      case when is_pair then 'unnest(day.jockeys)' else 'null::text' end,
      racing.value_of(by, 'day')
    );
  else
    runs := format(
      $sql$
      select run.*
      from (
        select
          run.race_date, run.happened_at, run.race_id collate "C" as race_id, run.position, run.%I as entity_key,
          %s as partner_key, %s as by_value, run.win, run.is_placed, run.prb, run.sp, run.chance, run.bsp
        from racing.runs as run
        where %s run.race_date between $1 and $2
        -- Else they are looked for in the order of the days, to save the sort.
        offset 0
      ) as run
      order by run.race_date, run.happened_at, run.race_id, run.position
      $sql$,
      name,
      case when is_pair then 'run.jockey' else 'null::text' end,
      racing.value_of(by, 'run'),
      case
        when is_pair and is_one then '$3 in (run.trainer_id, run.jockey_id) and'
        when is_one then format('run.%I = $3 and', name || '_id')
      end
    );
  end if;
  if is_one then
    -- Of all, no more than this is asked, so what is not kept is counted without its fields.
    overall := format(
      $sql$
      select counted.by_value, sum(counted.runs) as runs, sum(counted.wins) as wins
      from (
        select kept.by_value, count(*) as runs, count(kept.win) as wins
        from (
          select %1$s as by_value, unnest(day.wins) as win
          from racing.kept_days as day
          where
            day.race_date between $1 and $2
            and not exists (select from racing.changed_days as changed where changed.race_date = day.race_date)
        ) as kept
        group by kept.by_value
        union all
        select %2$s, count(*), count(*) filter (where start.position = 1)
        from (
          select one.race_id, %3$s as by_value
          from racing.races as one
          join racing.days_not_kept as lacking on lacking.race_date = one.race_date
          where one.has_result and one.race_date between $1 and $2
          offset 0
        ) as race
        join racing.starts as start on start.race_id = race.race_id
        group by 1
      ) as counted
      group by counted.by_value
      $sql$,
      racing.value_of(by, 'day'),
      case by when 'age' then 'start.age::text' else 'race.by_value' end,
      case by when 'age' then 'null::text' else racing.value_of(by, 'one') end
    );
  else
    overall := 'select one.by_value, sum(one.runs) as runs, sum(one.wins) as wins from grouped as one group by 1';
  end if;
  return query execute format(
    $sql$
    with run as (%1$s),
    grouped as materialized (
      select
        run.entity_key,
        run.partner_key,
        run.by_value,
        count(*) as runs,
        count(run.win) as wins,
        count(*) filter (where run.is_placed) as places,
        sum(run.prb) / nullif(count(run.prb), 0) as prb,
        count(run.sp) as priced_runs,
        sum(1 / run.sp) as expected_wins,
        sum(run.win) filter (where run.sp is not null) as priced_wins,
        sum(run.chance) as fair_expected_wins,
        sum(run.win) filter (where run.chance is not null) as fair_wins,
        count(run.bsp) as bsp_runs,
        sum(1 / run.bsp) as bsp_expected_wins,
        sum(run.win) filter (where run.bsp is not null) as bsp_wins,
        sum(run.sp * run.win) as returned,
        string_agg(case when run.win is null then 'L' else 'W' end, '') as outcomes,
        min(run.race_date) as first_day,
        max(run.race_date) as last_day
      from run
      group by run.entity_key, run.partner_key, run.by_value
    ),
    overall as (%2$s)
    select
      master.id,
      coalesce(master.name, grouped.entity_key),
      partner.id,
      coalesce(partner.name, grouped.partner_key),
      grouped.by_value,
      grouped.runs::integer,
      grouped.wins::integer,
      grouped.places::integer,
      round(grouped.wins::numeric / grouped.runs, 4),
      round(greatest(0, (wilson.centre - wilson.margin) / wilson.scale)::numeric, 4),
      round(least(1, (wilson.centre + wilson.margin) / wilson.scale)::numeric, 4),
      round(grouped.places::numeric / grouped.runs, 4),
      round(grouped.prb::numeric, 4),
      round(grouped.wins::numeric / nullif(overall.wins, 0) / (grouped.runs::numeric / overall.runs), 4),
      grouped.priced_runs::integer,
      round(grouped.expected_wins::numeric, 4),
      round((coalesce(grouped.priced_wins, 0) / grouped.expected_wins)::numeric, 4),
      round((coalesce(grouped.fair_wins, 0) / grouped.fair_expected_wins)::numeric, 4),
      grouped.bsp_runs::integer,
      round((coalesce(grouped.bsp_wins, 0) / grouped.bsp_expected_wins)::numeric, 4),
      round((coalesce(grouped.returned, 0) - nullif(grouped.priced_runs, 0))::numeric, 2),
      case
        when grouped.wins = 0 then grouped.runs
        else (select max(length(losing.run)) from string_to_table(grouped.outcomes, 'W') as losing (run))
      end::integer,
      grouped.first_day,
      grouped.last_day
    from grouped
    -- No value is empty, and null as a key would have each group compared with all values.
    join overall on coalesce(overall.by_value, '') = coalesce(grouped.by_value, '')
    cross join lateral (
      select grouped.runs::float8 as n, grouped.wins / grouped.runs::float8 as p, 1.959963984540054::float8 ^ 2 as z2
    ) as share
    cross join lateral (
      select
        share.p + share.z2 / (2 * share.n) as centre,
        sqrt(share.z2 * (share.p * (1 - share.p) / share.n + share.z2 / (4 * share.n * share.n))) as margin,
        1 + share.z2 / share.n as scale
    ) as wilson
    left join public.%3$I as master on master.id = grouped.entity_key
    left join public.ra_mst_jockeys as partner on partner.id = grouped.partner_key
    where grouped.entity_key is not null and (not %4$L or grouped.partner_key is not null)
    order by grouped.runs desc, grouped.entity_key, grouped.partner_key, grouped.by_value
    $sql$,
    runs, overall, 'ra_mst_' || name || 's', is_pair
  )
  using coalesce(since, '-infinity'), coalesce(until, 'infinity'), strike_rates.entity_id;
end
$$;
comment on function racing.strike_rates(text, text, date, date, text) is
  'Strike rates by something, most runs first. entity: trainer, jockey, pair (trainer and jockey), owner, sire, dam or
   damsire. by: all, course, distance (its band), going (its group), class, code, age or month (of the year). since and
   until: UK racing days, inclusive, null for no limit. entity_id: one of them only (of a pair, the trainer or the
   jockey), null for all. Who has no id counts by name. Error 22023 for anything else, an unknown id too, and its hint
   says what is allowed.';

revoke all on function racing.refuse_choice, racing.value_of, racing.strike_rates
  from public, anon, authenticated, service_role;
grant execute on function racing.refuse_choice, racing.value_of, racing.strike_rates to service_role;

-- schemas/answers/draw_bias.sql

-- Whether stalls near one rail win more than their share.

create type racing.draw_third as (
  distance numeric,
  going_group text,
  field text,
  third text,
  races integer,
  runs integer,
  wins integer,
  places integer,
  strike_rate numeric,
  place_rate numeric,
  prb numeric,
  iv numeric
);
comment on type racing.draw_third is 'A third of the draw: a row of racing.draw_bias().';
comment on column racing.draw_third.distance is 'In furlongs, to the nearest half; null unless asked by distance.';
comment on column racing.draw_third.going_group is
  'racing.goings.going_group; null unless asked by going, and for an unknown going.';
comment on column racing.draw_third.field is 'Runners that ran: 3-7, 8-11, 12-15 or 16+; null unless asked by field.';
comment on column racing.draw_third.third is 'low, middle or high stalls.';
comment on column racing.draw_third.races is 'Races with runners in this third.';
comment on column racing.draw_third.runs is 'Runs from these stalls.';
comment on column racing.draw_third.wins is 'Those won.';
comment on column racing.draw_third.places is 'Those placed, the winner included: position <= racing.places_paid().';
comment on column racing.draw_third.strike_rate is 'wins / runs, 0 to 1.';
comment on column racing.draw_third.place_rate is 'places / runs, 0 to 1.';
comment on column racing.draw_third.prb is 'Average percentage of rivals beaten, 0 to 1; 0.5 is par.';
comment on column racing.draw_third.iv is
  'Impact value: (wins / all wins) / (runs / all runs), where all are the three thirds of the same kind of race. 1
   is par.';

create function racing.draw_bias(
  course text,
  by text[] default array['distance'],
  since date default null,
  until date default null
)
returns setof racing.draw_third
language plpgsql
stable
security invoker
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
set jit = 'off'
as $$
declare
  chosen constant text[] := array(
    select known.id from public.ra_mst_courses as known
    where known.id = draw_bias.course or lower(known.name) = lower(draw_bias.course)
  );
  choice text;
begin
  foreach choice in array coalesce(draw_bias.by, array[null::text]) loop
    perform racing.refuse_choice('by', choice, array['distance', 'going', 'field']);
  end loop;
  if cardinality(chosen) <> 1 then
    raise exception 'There is % course %',
      case when chosen = '{}' then 'no' else 'more than one' end,
      coalesce(quote_literal(left(draw_bias.course, 60)), 'null')
      using errcode = '22023', hint = 'Give an id or a name: select id, name from ra_mst_courses order by name;';
  end if;
  if since > until then
    raise exception 'since (%) is after until (%)', since, until
      using errcode = '22023', hint = 'Give the first day as since and the last as until, or null for no limit.';
  end if;
  return query
  with drawn as (
    select
      race.race_id,
      race.is_handicap,
      case
        when 'distance' = any (draw_bias.by) then (round(race.distance_yards / 110.0) / 2)::numeric(6, 1)
      end as distance,
      case when 'going' = any (draw_bias.by) then race.going_group end as going_group,
      case
        when 'field' = any (draw_bias.by) then case
          when field.ran < 8 then '3-7' when field.ran < 12 then '8-11' when field.ran < 16 then '12-15' else '16+'
        end
      end as field,
      start.position,
      field.ran,
      field.finishers,
      -- Stalls of non-runners are empty, so that the third goes by the order of those that ran.
      (row_number() over (partition by race.race_id order by start.draw, start.horse_id collate "C") - 1) * 3
        / field.ran as third,
      count(start.draw) over (partition by race.race_id) as stalls
    from racing.races as race
    cross join lateral (
      select one.horse_id, one.draw, one.position from racing.starts as one where one.race_id = race.race_id offset 0
    ) as start
    cross join lateral (select one.* from racing.fields as one where one.race_id = race.race_id offset 0) as field
    where
      race.course_id = any (chosen)
      and race.race_date between coalesce(draw_bias.since, '-infinity') and coalesce(draw_bias.until, 'infinity')
      and field.ran >= 3
  ),
  grouped as (
    select
      drawn.distance,
      drawn.going_group,
      drawn.field,
      drawn.third,
      count(distinct drawn.race_id) as races,
      count(*) as runs,
      count(*) filter (where drawn.position = 1) as wins,
      count(*) filter (where drawn.position <= racing.places_paid(drawn.ran, drawn.is_handicap)) as places,
      avg(racing.prb(drawn.ran, drawn.finishers, drawn.position)) as prb
    from drawn
    where drawn.stalls = drawn.ran
    group by drawn.distance, drawn.going_group, drawn.field, drawn.third
  )
  select
    grouped.distance,
    grouped.going_group,
    grouped.field,
    (array['low', 'middle', 'high'])[grouped.third + 1],
    grouped.races::integer,
    grouped.runs::integer,
    grouped.wins::integer,
    grouped.places::integer,
    round(grouped.wins::numeric / grouped.runs, 4),
    round(grouped.places::numeric / grouped.runs, 4),
    round(grouped.prb::numeric, 4),
    round(
      grouped.wins::numeric / nullif(sum(grouped.wins) over situation, 0)
      / (grouped.runs::numeric / sum(grouped.runs) over situation), 4
    )
  from grouped
  window situation as (partition by grouped.distance, grouped.going_group, grouped.field)
  order by grouped.distance, grouped.going_group, grouped.field, grouped.third;
end
$$;
comment on function racing.draw_bias(text, text[], date, date) is
  'The thirds of the draw at a course (id or name), by any of distance, going (its group) and field (its size); what is
   not asked by is taken together and null. Only races in which each of at least three that ran had a stall. The runners
   of a race in the order of their stalls, those of non-runners left out, are cut in three: third = floor((n - 1) * 3 /
   ran). since and until: UK racing days, inclusive, null for no limit. Error 22023 for an unknown course or by.';

revoke all on function racing.draw_bias from public, anon, authenticated, service_role;
grant execute on function racing.draw_bias to service_role;

-- schemas/answers/profile_line.sql

-- What is known of one horse, or of the offspring of one parent: the rows of racing.horse_profile and racing.progeny.

create type racing.profile_line as (
  dimension text,
  value text,
  horses integer,
  runs integer,
  wins integer,
  places integer,
  strike_rate numeric,
  prb numeric,
  expected_wins numeric,
  ae numeric,
  profit numeric,
  best_rpr smallint,
  first_day date,
  last_day date
);
comment on type racing.profile_line is
  'Runs that have something in common: a row of racing.horse_profile() and racing.progeny(). The measures are those of
   racing.strike_rates().';
comment on column racing.profile_line.dimension is
  'all, code, course, distance, going, class, age, headgear or jockey.';
comment on column racing.profile_line.value is
  'Its value: course_id, distance_band, going_group, class, …; a jockey''s id, or name without one. Null where
   there is none, as for no headgear.';
comment on column racing.profile_line.horses is 'How many horses these runs are of.';
comment on column racing.profile_line.runs is 'Runs (racing.starts).';
comment on column racing.profile_line.wins is 'Those won, dead heats and walkovers included.';
comment on column racing.profile_line.places is 'Those placed, the winner included.';
comment on column racing.profile_line.strike_rate is 'wins / runs, 0 to 1.';
comment on column racing.profile_line.prb is 'Average percentage of rivals beaten, 0 to 1; 0.5 is par.';
comment on column racing.profile_line.expected_wins is
  'Sum of 1 / sp_decimal over the runs with a price; null without one.';
comment on column racing.profile_line.ae is
  'Actual against expected wins at the starting price, over the runs with a price; a dead heat of n is 1/n of a
   win.';
comment on column racing.profile_line.profit is
  'What a bet of 1 to win on each run with a price brought, stakes taken off.';
comment on column racing.profile_line.best_rpr is 'Best Racing Post Rating earned in one of them.';
comment on column racing.profile_line.first_day is 'UK racing day of the first.';
comment on column racing.profile_line.last_day is 'UK racing day of the last.';

-- schemas/answers/profiles.sql

-- Profiles of a horse and of a parent's offspring: their runs by one thing after another.

create function racing.profile_of(horse_ids text[])
returns setof racing.profile_line
language plpgsql
stable
security invoker
set search_path = ''
set jit = 'off'
as $$
begin
  return query
  with run as materialized (
    select
      start.horse_id, start.position, start.rpr, start.sp_decimal::double precision as sp, race.race_date,
      race.is_handicap, field.ran, field.finishers, field.winners,
      race.code, race.course_id, race.course_name, race.distance_band, race.going_group,
      racing.class_name(race.class_rank) as class, start.headgear, start.age::text as age,
      coalesce(start.jockey_id, start.jockey_name) as jockey
    from racing.starts as start
    join racing.races as race on race.race_id = start.race_id
    cross join lateral (select one.* from racing.fields as one where one.race_id = start.race_id offset 0) as field
    where start.horse_id = any (profile_of.horse_ids)
  )
  select
    part.dimension,
    part.value,
    count(distinct run.horse_id)::integer,
    count(*)::integer,
    count(*) filter (where run.position = 1)::integer,
    count(*) filter (where run.position <= racing.places_paid(run.ran, run.is_handicap))::integer,
    round(count(*) filter (where run.position = 1)::numeric / count(*), 4),
    round(avg(racing.prb(run.ran, run.finishers, run.position))::numeric, 4),
    round(sum(1 / run.sp) filter (where run.sp > 1)::numeric, 4),
    round((
      coalesce(sum(1.0::double precision / run.winners) filter (where run.position = 1 and run.sp > 1), 0)
      / sum(1 / run.sp) filter (where run.sp > 1)
    )::numeric, 4),
    round(sum(racing.sp_profit(run.position, run.winners, run.sp::numeric))::numeric, 2),
    max(run.rpr),
    min(run.race_date),
    max(run.race_date)
  from run
  cross join lateral (
    values
      (1, 'all', 'all'), (2, 'code', run.code), (3, 'course', run.course_id), (4, 'distance', run.distance_band),
      (5, 'going', run.going_group), (6, 'class', run.class), (7, 'age', run.age), (8, 'headgear', run.headgear),
      (9, 'jockey', run.jockey)
  ) as part (place, dimension, value)
  group by part.place, part.dimension, part.value
  order by part.place, count(*) desc, part.value;
end
$$;
comment on function racing.profile_of(text[]) is
  'The runs of these horses (ids) taken together, by one thing after another, for racing.horse_profile() and
   racing.progeny().';

create function racing.horse_profile(horse text)
returns setof racing.profile_line
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if not exists (select from public.ra_mst_horses as known where known.id = horse_profile.horse) then
    raise exception 'There is no horse %', coalesce(quote_literal(left(horse_profile.horse, 60)), 'null')
      using errcode = '22023', hint = 'Give an id: select id, name from ra_mst_horses where name = ''…'';';
  end if;
  return query select line.* from racing.profile_of(array[horse_profile.horse]) as line;
end
$$;
comment on function racing.horse_profile(text) is
  'All stored runs of a horse (its id): in all, by code, course, distance band, going group, class, age, headgear and
   jockey. No row for a horse that never ran; error 22023 for an id that is not known.';

create function racing.progeny(parent text)
returns setof racing.profile_line
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  children constant text[] := array(
    select child.id from public.ra_mst_horses as child where child.sire_id = progeny.parent
    union
    select child.id from public.ra_mst_horses as child where child.dam_id = progeny.parent
    union
    select child.id from public.ra_mst_horses as child where child.damsire_id = progeny.parent
  );
begin
  if
    not exists (select from public.ra_mst_sires as known where known.id = progeny.parent)
    and not exists (select from public.ra_mst_dams as known where known.id = progeny.parent)
    and not exists (select from public.ra_mst_damsires as known where known.id = progeny.parent)
  then
    raise exception 'There is no sire, dam or damsire %', coalesce(quote_literal(left(progeny.parent, 60)), 'null')
      using errcode = '22023',
        hint = 'Give an id: select id, name from ra_mst_sires where name = ''…''; or ra_mst_dams, ra_mst_damsires.';
  end if;
  return query select line.* from racing.profile_of(children) as line;
end
$$;
comment on function racing.progeny(text) is
  'All stored runs of the offspring of a sire or dam, or of a damsire''s daughters (its id), as racing.horse_profile()
   has them of one horse. No row when none of them ran; error 22023 for an id that is not known.';

revoke all on function racing.profile_of, racing.horse_profile, racing.progeny
  from public, anon, authenticated, service_role;
grant execute on function racing.profile_of, racing.horse_profile, racing.progeny to service_role;

-- schemas/setup/check_goings.sql

-- Whether the goings of the races have a rank, for check_setup.

create function engine.check_goings()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  -- Neither reads all races: what the planner knows of them, and the newest by their day.
  with seen as (
    select word.going
    from pg_catalog.pg_stats as known
    cross join lateral unnest(
      known.most_common_vals::text::text[] || known.histogram_bounds::text::text[]
    ) as word (going)
    where known.schemaname = 'public' and known.tablename = 'ra_races' and known.attname = 'going'
    union
    select race.going
    from public.ra_races as race
    where
      -- Day by day, so that the planner takes the index whatever it expects of the clock.
      race.race_date = any (array(select engine.london_day() - n from generate_series(-9, 30) as n))
      and race.going is not null
  ),
  unknown as materialized (
    select seen.going
    from seen
    where not exists (select from racing.goings as known where known.key = racing.going_key(seen.going))
  ),
  -- What the planner knows may be of races that were corrected since. A join would read all races for it.
  still_unknown as (
    select unknown.going
    from unknown
    cross join lateral (
      select from public.ra_races as race where race.going = unknown.going limit 1
    ) as one
  ),
  numbered as (
    select s.going, row_number() over (order by s.going) as place from still_unknown as s
  ),
  counted as (
    select
      count(*) as number,
      string_agg(format('"%s"', left(n.going, 60)), ', ' order by n.place) filter (where n.place <= 3) as examples,
      left(min(n.going), 60) as example
    from numbered as n
  )
  select
    'goings',
    case when counted.number > 0 then 'warning' else 'ok' end,
    case
      when counted.number = 0 then 'The goings of the races have a rank.'
      else format(
        'racing.goings does not know %s%s: races on such ground have no going_rank and no going_group.',
        counted.examples, case when counted.number > 3 then format(' and %s more', counted.number - 3) end
      )
    end,
    case
      when counted.number = 0 then 'Nothing.'
      else format(
        'Say where each belongs, as in: insert into racing.goings (key, surface, rank, going_group) values '
        '(racing.going_key(%L), ''turf'', 6, ''good to soft''); select * from racing.unknown_goings; counts their '
        'races, select * from racing.goings order by surface, rank; has those that are known.',
        counted.example
      )
    end
  from counted
$$;
comment on function engine.check_goings() is
  'Whether racing.goings knows the goings of the races: those that the planner''s statistics name, which are all but
   rare ones, and those of the past month. racing.unknown_goings reads every race and misses none.';

-- schemas/legacy/kinds.sql

-- What was taken over from the system that was here before, and how its tables are read now: over ours where ours have
-- the row, over the old tables where only they have it. A database that took nothing over has these rows all the same,
-- and nothing reads them.

create table engine.legacy_kinds (
  kind text primary key,
  source text not null,
  matches text not null,
  one_of text,
  never_pulled text not null default 'false'
);
comment on table engine.legacy_kinds is
  'The old tables that ours have the rows of, by kind: every era called them by other names. SQL in which "old" is a row
   of the old table; {bookmakers} is the name of the old table of them.';
comment on column engine.legacy_kinds.kind is 'As legacy_data.moved_objects has it.';
comment on column engine.legacy_kinds.source is
  'The from clause of ours: the first table in it has the rows, the others are joined for its names.';
comment on column engine.legacy_kinds.matches is 'When a row of ours is the old row.';
comment on column engine.legacy_kinds.one_of is
  'Columns of the old table of which there should be one row. Of several, the one that was written last is read, and the
   others are in legacy_data.duplicate_rows. Null where the old table has a key.';
comment on column engine.legacy_kinds.never_pulled is
  'Old rows that no source has: without an id, or put there by the old system''s tests. They are not missed.';

insert into engine.legacy_kinds (kind, source, matches, one_of, never_pulled)
values
  (
    'regions', 'public.ra_mst_regions as region',
    'region.code = case old.code when ''sa'' then ''saf'' when ''ita'' then ''ity'' else old.code end', null,
    'old.code like ''**TEST**%'''
  ),
  (
    'courses',
    'public.ra_mst_courses as course left join public.ra_mst_regions as region on region.code = course.region_code',
    'course.id = old.id', null, 'old.id like ''**TEST**%'''
  ),
  (
    'bookmakers', 'public.ra_mst_bookmakers as bookmaker',
    'bookmaker.code = regexp_replace(lower(coalesce(old.code, old.name)), ''[^a-z0-9]'', '''', ''g'')', null,
    'old.name like ''**TEST**%'''
  ),
  ('sires', 'public.ra_mst_sires as sire', 'sire.id = old.id', null, 'old.id = '''' or old.id like ''**TEST**%'''),
  ('dams', 'public.ra_mst_dams as dam', 'dam.id = old.id', null, 'old.id = '''' or old.id like ''**TEST**%'''),
  (
    'damsires', 'public.ra_mst_damsires as damsire', 'damsire.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'''
  ),
  (
    'horses', 'public.ra_mst_horses as horse', 'horse.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'' or old.name like ''**TEST**%'''
  ),
  (
    'jockeys', 'public.ra_mst_jockeys as jockey', 'jockey.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'' or old.name like ''NON-RUNNER%'''
  ),
  (
    'trainers', 'public.ra_mst_trainers as trainer', 'trainer.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'''
  ),
  (
    'owners', 'public.ra_mst_owners as owner', 'owner.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'''
  ),
  (
    'pedigree',
    'public.ra_mst_horses as horse left join public.ra_mst_sires as sire on sire.id = horse.sire_id '
    'left join public.ra_mst_dams as dam on dam.id = horse.dam_id '
    'left join public.ra_mst_damsires as damsire on damsire.id = horse.damsire_id',
    'horse.id = old.horse_id', null, 'old.horse_id = '''' or old.horse_id like ''**TEST**%'''
  ),
  (
    'races', 'public.ra_races as race left join public.ra_mst_courses as course on course.id = race.course_id',
    'race.id = old.id', null, 'old.id like ''**TEST**%'' or old.race_name like ''**TEST**%'''
  ),
  (
    'runners',
    'public.ra_runners as runner left join public.ra_mst_horses as horse on horse.id = runner.horse_id '
    'left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id '
    'left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id '
    'left join public.ra_mst_owners as owner on owner.id = runner.owner_id',
    'runner.race_id = old.race_id and runner.horse_id = old.horse_id', 'race_id, horse_id',
    'old.race_id like ''**TEST**%'' or old.horse_id like ''**TEST**%'' or old.horse_name like ''**TEST**%'''
  ),
  (
    'results',
    'public.ra_runners as runner left join public.ra_races as race on race.id = runner.race_id '
    'left join public.ra_mst_horses as horse on horse.id = runner.horse_id '
    'left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id '
    'left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id '
    'left join public.ra_mst_owners as owner on owner.id = runner.owner_id',
    'runner.race_id = old.race_id and runner.horse_id = old.horse_id and runner.has_result', 'race_id, horse_id',
    'old.race_id like ''**TEST**%'' or old.horse_id like ''**TEST**%'' or old.horse_name like ''**TEST**%'''
  ),
  (
    'odds',
    'public.ra_runner_odds as quote left join legacy_data.{bookmakers} as bookmaker '
    'on regexp_replace(lower(bookmaker.code), ''[^a-z0-9]'', '''', ''g'') = quote.bookmaker_code',
    'quote.race_id = old.race_id and quote.horse_id = old.horse_id and quote.bookmaker_code = (select '
    'regexp_replace(lower(b.code), ''[^a-z0-9]'', '''', ''g'') from legacy_data.{bookmakers} as b '
    'where b.id = old.bookmaker_id)', null, 'old.race_id like ''**TEST**%'''
  );

create table engine.legacy_columns (
  kind text not null references engine.legacy_kinds on delete cascade,
  name text not null,
  expression text not null,
  half text,
  constraint legacy_columns_pkey primary key (kind, name),
  constraint legacy_columns_half_known check (half in ('card', 'result'))
);
comment on table engine.legacy_columns is
  'How a column of an old table is read from ours, in the old system''s conventions. A column that is not here comes
   from the old row, and is null where there is none.';
comment on column engine.legacy_columns.kind is 'The kind of table.';
comment on column engine.legacy_columns.name is 'The old column.';
comment on column engine.legacy_columns.expression is
  'SQL over the source of the kind. It is cast to the type that the old column has.';
comment on column engine.legacy_columns.half is
  'Whose column it is, where a row may have one half only: while ours has no card (or no result) of the race or runner,
   the old row''s value stands.';

alter table engine.legacy_kinds enable row level security;
alter table engine.legacy_columns enable row level security;

-- schemas/legacy/master_columns.sql

-- Columns of the old masters. Times of the old system have no zone and are UTC. Names are ours: without a region behind
-- the horse's and a claim behind the jockey's. Regions of animals are in capitals, those of courses are not.

insert into engine.legacy_columns (kind, name, expression)
values
  ('regions', 'code', 'coalesce(old.code, region.code)'),
  ('regions', 'name', 'region.name'),
  ('regions', 'created_at', 'coalesce(old.created_at, region.created_at at time zone ''UTC'')'),
  ('courses', 'id', 'course.id'),
  ('courses', 'name', 'course.name'),
  ('courses', 'region_code', 'course.region_code'),
  ('courses', 'region', 'coalesce(region.name, old.region)'),
  ('courses', 'created_at', 'coalesce(old.created_at, course.created_at at time zone ''UTC'')'),
  ('courses', 'updated_at', 'course.updated_at at time zone ''UTC'''),
  ('bookmakers', 'name', 'bookmaker.name'),
  -- The old code has an underscore for each space (william_hill), and its readers know it by that.
  ('bookmakers', 'code', 'coalesce(old.code, bookmaker.code)'),
  ('bookmakers', 'created_at', 'coalesce(old.created_at, bookmaker.created_at at time zone ''UTC'')'),
  ('sires', 'id', 'sire.id'),
  ('sires', 'name', 'sire.name'),
  ('sires', 'horse_id', 'sire.horse_id'),
  ('sires', 'region', 'upper(sire.region_code)'),
  ('sires', 'created_at', 'coalesce(old.created_at, sire.created_at at time zone ''UTC'')'),
  ('sires', 'updated_at', 'sire.updated_at at time zone ''UTC'''),
  ('dams', 'id', 'dam.id'),
  ('dams', 'name', 'dam.name'),
  ('dams', 'horse_id', 'dam.horse_id'),
  ('dams', 'region', 'upper(dam.region_code)'),
  ('dams', 'created_at', 'coalesce(old.created_at, dam.created_at at time zone ''UTC'')'),
  ('dams', 'updated_at', 'dam.updated_at at time zone ''UTC'''),
  ('damsires', 'id', 'damsire.id'),
  ('damsires', 'name', 'damsire.name'),
  ('damsires', 'horse_id', 'damsire.horse_id'),
  ('damsires', 'region', 'upper(damsire.region_code)'),
  ('damsires', 'created_at', 'coalesce(old.created_at, damsire.created_at at time zone ''UTC'')'),
  ('damsires', 'updated_at', 'damsire.updated_at at time zone ''UTC'''),
  ('horses', 'id', 'horse.id'),
  ('horses', 'name', 'horse.name'),
  ('horses', 'sire_id', 'horse.sire_id'),
  ('horses', 'dam_id', 'horse.dam_id'),
  ('horses', 'damsire_id', 'horse.damsire_id'),
  ('horses', 'dob', 'horse.dob'),
  -- Every horse is a year older on the first of January.
  ('horses', 'age', 'coalesce(extract(year from current_date) - extract(year from horse.dob), old.age)'),
  -- Where ours know the letter alone, the old row has it.
  ('horses', 'sex', 'coalesce(horse.sex, old.sex)'),
  ('horses', 'sex_code', 'horse.sex_code'),
  ('horses', 'colour', 'horse.colour'),
  ('horses', 'breeder', 'horse.breeder'),
  ('horses', 'region', 'upper(horse.region_code)'),
  ('horses', 'created_at', 'coalesce(old.created_at, horse.created_at at time zone ''UTC'')'),
  ('horses', 'updated_at', 'horse.updated_at at time zone ''UTC'''),
  ('jockeys', 'id', 'jockey.id'),
  ('jockeys', 'name', 'jockey.name'),
  ('jockeys', 'created_at', 'coalesce(old.created_at, jockey.created_at at time zone ''UTC'')'),
  ('jockeys', 'updated_at', 'jockey.updated_at at time zone ''UTC'''),
  ('trainers', 'id', 'trainer.id'),
  ('trainers', 'name', 'trainer.name'),
  ('trainers', 'location', 'trainer.location'),
  ('trainers', 'created_at', 'coalesce(old.created_at, trainer.created_at at time zone ''UTC'')'),
  ('trainers', 'updated_at', 'trainer.updated_at at time zone ''UTC'''),
  ('owners', 'id', 'owner.id'),
  ('owners', 'name', 'owner.name'),
  ('owners', 'created_at', 'coalesce(old.created_at, owner.created_at at time zone ''UTC'')'),
  ('owners', 'updated_at', 'owner.updated_at at time zone ''UTC'''),
  ('pedigree', 'horse_id', 'horse.id'),
  ('pedigree', 'sire_id', 'horse.sire_id'),
  ('pedigree', 'sire', 'coalesce(sire.name, horse.sire_name)'),
  ('pedigree', 'dam_id', 'horse.dam_id'),
  ('pedigree', 'dam', 'coalesce(dam.name, horse.dam_name)'),
  ('pedigree', 'damsire_id', 'horse.damsire_id'),
  ('pedigree', 'damsire', 'coalesce(damsire.name, horse.damsire_name)'),
  ('pedigree', 'breeder', 'horse.breeder'),
  ('pedigree', 'region', 'upper(horse.region_code)'),
  ('pedigree', 'created_at', 'coalesce(old.created_at, horse.created_at at time zone ''UTC'')'),
  ('pedigree', 'updated_at', 'horse.updated_at at time zone ''UTC''');

-- schemas/legacy/race_columns.sql

-- Columns of the old races, runners and results. What was a convention is kept; what was a fault is not:
-- off_dt is the UK clock without a zone, and off_time and time are the same clock, of 24 hours;
-- distance is the text, distance_round the rounded text, distance_f furlongs, distance_m metres: nothing swaps them;
-- prizes are pounds: those in other currencies are null, and are in public.ra_races and ra_runners;
-- rpr, ts and comment are those of the result once there is one, and those of the card before.

insert into engine.legacy_columns (kind, name, expression, half)
values
  ('races', 'id', 'race.id', null),
  ('races', 'course_id', 'race.course_id', null),
  -- The list of courses says Kempton-AW, and so did the old one; races said Kempton (AW).
  ('races', 'course_name', 'regexp_replace(course.name, ''-AW$'', '' (AW)'')', null),
  ('races', 'date', 'race.race_date', null),
  ('races', 'off_time', '(race.off_dt at time zone ''Europe/London'')::time', null),
  ('races', 'time', '(race.off_dt at time zone ''Europe/London'')::time', null),
  ('races', 'off_dt', 'race.off_dt at time zone ''Europe/London''', null),
  ('races', 'race_name', 'race.race_name', null),
  ('races', 'distance', 'coalesce(race.card_distance, race.result_distance)', null),
  ('races', 'distance_round', 'coalesce(race.card_distance_round, race.result_distance)', null),
  ('races', 'distance_f', 'trim_scale(race.distance_furlongs)::text || ''f''', null),
  ('races', 'distance_m', 'race.distance_metres', null),
  ('races', 'region', 'upper(race.region_code)', null),
  ('races', 'type', 'race.race_type', null),
  ('races', 'surface', 'race.surface', null),
  ('races', 'going', 'race.going', null),
  ('races', 'going_detailed', 'race.going_detailed', 'card'),
  ('races', 'pattern', 'race.pattern', null),
  ('races', 'race_class', 'race.race_class', null),
  ('races', 'age_band', 'race.age_band', null),
  ('races', 'sex_restriction', 'race.sex_restriction', null),
  ('races', 'rating_band', 'race.rating_band', null),
  ('races', 'prize', 'case race.prize_currency when ''GBP'' then race.prize_amount end', 'card'),
  ('races', 'field_size', 'race.field_size', 'card'),
  ('races', 'stalls', 'race.stalls', 'card'),
  ('races', 'rail_movements', 'race.rail_movements', 'card'),
  ('races', 'weather', 'race.weather', 'card'),
  ('races', 'jumps', 'race.jumps', null),
  ('races', 'is_big_race', 'race.is_big_race', 'card'),
  ('races', 'is_abandoned', 'race.is_abandoned', 'card'),
  ('races', 'has_result', 'race.has_result', 'result'),
  ('races', 'winning_time_detail', 'race.winning_time_detail', 'result'),
  ('races', 'comments', 'race.stewards_comments', 'result'),
  ('races', 'non_runners', 'race.non_runners', 'result'),
  ('races', 'tote_win', 'race.tote_win', 'result'),
  ('races', 'tote_pl', 'race.tote_place', 'result'),
  ('races', 'tote_ex', 'race.tote_exacta', 'result'),
  ('races', 'tote_csf', 'race.tote_csf', 'result'),
  ('races', 'tote_tricast', 'race.tote_tricast', 'result'),
  ('races', 'tote_trifecta', 'race.tote_trifecta', 'result'),
  ('races', 'tip', 'race.tip', 'card'),
  ('races', 'verdict', 'race.verdict', 'card'),
  ('races', 'betting_forecast', 'race.betting_forecast', 'card'),
  ('races', 'created_at', 'coalesce(old.created_at, race.created_at at time zone ''UTC'')', null),
  ('races', 'updated_at', 'race.updated_at at time zone ''UTC''', null),
  ('runners', 'race_id', 'runner.race_id', null),
  ('runners', 'horse_id', 'runner.horse_id', null),
  ('runners', 'horse_name', 'horse.name', null),
  ('runners', 'jockey_name', 'coalesce(jockey.name, runner.jockey_name)', null),
  ('runners', 'trainer_name', 'coalesce(trainer.name, runner.trainer_name)', null),
  ('runners', 'owner_name', 'coalesce(owner.name, runner.owner_name)', null),
  -- Neither of these is ever null in the old table.
  (
    'runners', 'number',
    'case when runner.is_non_runner then ''NR'' else case when runner.is_reserve then ''R'' else '''' end '
    '|| coalesce(runner.number::text, '''') end', null
  ),
  ('runners', 'draw', 'coalesce(runner.draw::text, '''')', null),
  ('runners', 'jockey_id', 'runner.jockey_id', null),
  ('runners', 'trainer_id', 'runner.trainer_id', null),
  ('runners', 'owner_id', 'runner.owner_id', null),
  ('runners', 'sire_id', 'horse.sire_id', null),
  ('runners', 'dam_id', 'horse.dam_id', null),
  ('runners', 'damsire_id', 'horse.damsire_id', null),
  ('runners', 'weight_lbs', 'runner.weight_lbs', null),
  ('runners', 'weight_st_lbs', 'runner.weight_lbs / 14 || ''-'' || runner.weight_lbs % 14', null),
  ('runners', 'weight_stones_lbs', 'runner.weight_lbs / 14 || ''-'' || runner.weight_lbs % 14', null),
  ('runners', 'age', 'runner.age', null),
  ('runners', 'sex', 'coalesce(horse.sex, old.sex)', null),
  ('runners', 'sex_code', 'runner.sex_code', null),
  ('runners', 'colour', 'horse.colour', null),
  ('runners', 'dob', 'horse.dob', null),
  ('runners', 'headgear', 'runner.headgear', null),
  ('runners', 'headgear_run', 'runner.headgear_run', 'card'),
  ('runners', 'wind_surgery', 'runner.wind_surgery', 'card'),
  ('runners', 'wind_surgery_run', 'runner.wind_surgery_run', 'card'),
  ('runners', 'form', 'runner.form', 'card'),
  ('runners', 'last_run', 'runner.last_run', 'card'),
  ('runners', 'ofr', 'runner.official_rating', null),
  -- The old row's own, while the API has answered neither: the copy knows of some whose they are, of others not.
  (
    'runners', 'rpr',
    'case when runner.has_result then runner.rpr when runner.has_card then runner.card_rpr else old.rpr end', null
  ),
  (
    'runners', 'ts',
    'case when runner.has_result then runner.topspeed when runner.has_card then runner.card_topspeed else old.ts end',
    null
  ),
  (
    'runners', 'comment',
    'case when runner.has_result then runner.result_comment when runner.has_card then runner.card_comment '
    'else old.comment end', null
  ),
  ('runners', 'spotlight', 'runner.spotlight', 'card'),
  ('runners', 'trainer_rtf', 'trim_scale(runner.trainer_rtf_percent)::text', 'card'),
  ('runners', 'past_results_flags', 'to_jsonb(runner.past_results_flags)', 'card'),
  ('runners', 'is_scratched', 'runner.is_non_runner', null),
  ('runners', 'silk_url', 'public.silk_url(runner)', null),
  ('runners', 'jockey_silk_url', 'public.silk_url(runner)', null),
  ('runners', 'trainer_location', 'trainer.location', null),
  ('runners', 'updated_at', 'runner.updated_at at time zone ''UTC''', null),
  ('runners', 'position', 'runner.position', 'result'),
  (
    'runners', 'distance_beaten',
    'case when runner.beaten_lengths = 0 then ''0'' else trim_scale(runner.beaten_lengths)::text || ''L'' end', 'result'
  ),
  ('runners', 'prize_won', 'case runner.prize_currency when ''GBP'' then runner.prize_amount end', 'result'),
  (
    'runners', 'starting_price',
    'runner.sp || case runner.sp_favourite when ''favourite'' then ''F'' when ''joint favourite'' then ''J'' '
    'when ''co-favourite'' then ''C'' else '''' end', 'result'
  ),
  ('runners', 'starting_price_decimal', 'runner.sp_decimal', 'result'),
  ('runners', 'race_comment', 'runner.result_comment', 'result'),
  ('runners', 'overall_beaten_distance', 'runner.beaten_lengths_overall', 'result'),
  ('runners', 'jockey_claim_lbs', 'runner.jockey_claim_lbs', null),
  ('results', 'race_id', 'runner.race_id', null),
  ('results', 'race_date', 'race.race_date', null),
  ('results', 'horse_id', 'runner.horse_id', null),
  ('results', 'horse_name', 'horse.name', null),
  ('results', 'jockey_name', 'coalesce(jockey.name, runner.jockey_name)', null),
  ('results', 'trainer_name', 'coalesce(trainer.name, runner.trainer_name)', null),
  ('results', 'owner_name', 'coalesce(owner.name, runner.owner_name)', null),
  ('results', 'position', 'runner.position', null),
  -- The old writer lost the letters; the column was meant for them.
  ('results', 'position_str', 'coalesce(runner.position::text, runner.position_code)', null),
  ('results', 'number', 'runner.number::text', null),
  ('results', 'draw', 'coalesce(runner.draw::text, '''')', null),
  ('results', 'jockey_id', 'runner.jockey_id', null),
  ('results', 'jockey_claim_lbs', 'runner.jockey_claim_lbs', null),
  ('results', 'trainer_id', 'runner.trainer_id', null),
  ('results', 'owner_id', 'runner.owner_id', null),
  ('results', 'sire_id', 'horse.sire_id', null),
  ('results', 'dam_id', 'horse.dam_id', null),
  ('results', 'damsire_id', 'horse.damsire_id', null),
  ('results', 'age', 'runner.age', null),
  ('results', 'sex', 'runner.sex_code', null),
  ('results', 'weight_lbs', 'runner.weight_lbs', null),
  ('results', 'weight_st_lbs', 'runner.weight_lbs / 14 || ''-'' || runner.weight_lbs % 14', null),
  ('results', 'headgear', 'runner.headgear', null),
  (
    'results', 'sp',
    'runner.sp || case runner.sp_favourite when ''favourite'' then ''F'' when ''joint favourite'' then ''J'' '
    'when ''co-favourite'' then ''C'' else '''' end', null
  ),
  ('results', 'sp_decimal', 'runner.sp_decimal', null),
  ('results', 'btn', 'runner.beaten_lengths', null),
  ('results', 'ovr_btn', 'runner.beaten_lengths_overall', null),
  ('results', 'time_seconds', 'runner.time_seconds', null),
  (
    'results', 'time_display',
    'floor(runner.time_seconds / 60)::text || '':'' || (runner.time_seconds % 60)::numeric(8, 2)::text', null
  ),
  ('results', 'official_rating', 'runner.official_rating', null),
  ('results', 'rpr', 'runner.rpr', null),
  ('results', 'tsr', 'runner.topspeed', null),
  ('results', 'prize_won', 'case runner.prize_currency when ''GBP'' then runner.prize_amount end', null),
  ('results', 'comment', 'runner.result_comment', null),
  ('results', 'silk_url', 'public.silk_url(runner)', null),
  ('results', 'margin', 'trim_scale(runner.beaten_lengths)::text', null),
  ('odds', 'race_id', 'quote.race_id', null),
  ('odds', 'horse_id', 'quote.horse_id', null),
  ('odds', 'bookmaker_id', 'coalesce(old.bookmaker_id, bookmaker.id)', null),
  -- The copy took the last quote from the log of odds, if that has one: the old row is not it.
  (
    'odds', 'fractional_odds',
    'case when quote.from_legacy and old.id is not null then old.fractional_odds else quote.fractional end', null
  ),
  (
    'odds', 'decimal_odds',
    'case when quote.from_legacy and old.id is not null then old.decimal_odds else quote.decimal end', null
  ),
  (
    'odds', 'ew_places',
    'case when quote.from_legacy and old.id is not null then old.ew_places else quote.ew_places end', null
  ),
  (
    'odds', 'ew_denom',
    'case when quote.from_legacy and old.id is not null then old.ew_denom else quote.ew_denominator end', null
  ),
  (
    'odds', 'updated_at',
    'case when quote.from_legacy and old.id is not null then old.updated_at '
    'else quote.quoted_at at time zone ''UTC'' end', null
  );

-- schemas/legacy/write_views.sql

-- The views under the old names. The take-over makes plain ones over the old tables, so that no reader misses a table;
-- these replace them, with the same columns of the same types.

create function engine.legacy_objects()
returns table (name text, kind text, relkind text, has_public_view boolean)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  objects constant regclass := pg_catalog.to_regclass('legacy_data.moved_objects');
begin
  if objects is null then
    return;
  end if;
  return query execute format(
    'select moved.name, moved.kind, moved.relkind, moved.has_public_view from %s as moved
     where moved.relkind <> %L order by moved.name',
    objects, 'f()'
  );
end
$$;
comment on function engine.legacy_objects() is
  'The tables and views that were taken over, a row each: its name, the kind of table, its relkind as in pg_class, and
   whether a view in public has its name. No row where nothing was taken over.';

create function engine.legacy_kind(kind text)
returns engine.legacy_kinds
language sql
stable
security invoker
set search_path = ''
as $$
  select row(
    known.kind, replace(known.source, '{bookmakers}', books.name), replace(known.matches, '{bookmakers}', books.name),
    known.one_of, known.never_pulled
  )::engine.legacy_kinds
  from engine.legacy_kinds as known
  cross join (
    select coalesce(quote_ident(max(moved.name)), '') as name
    from engine.legacy_objects() as moved
    where moved.kind = 'bookmakers'
  ) as books
  where known.kind = legacy_kind.kind and (known.source not like '%{bookmakers}%' or books.name <> '')
$$;
comment on function engine.legacy_kind(text) is
  'A kind of old table with the names of this database in it; null for a table that ours have no rows of.';

create function engine.legacy_match(kind engine.legacy_kinds)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$ select format('select from %s where %s', split_part(kind.source, ' left join ', 1), kind.matches) $$;
comment on function engine.legacy_match(engine.legacy_kinds) is
  'A query that has a row when ours have the row "old": for exists (…).';

create function engine.note_legacy_duplicates()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  target record;
begin
  if pg_catalog.to_regclass('legacy_data.duplicate_rows') is not null then
    return;
  end if;
  create table legacy_data.duplicate_rows (
    name text not null,
    id bigint not null,
    constraint duplicate_rows_pkey primary key (name, id)
  );
  comment on table legacy_data.duplicate_rows is
    'Rows of old tables of which another row has the same race and horse, and a higher id: what was written last counts.
     The rows themselves stay where they are.';
  revoke all on legacy_data.duplicate_rows from public, anon, authenticated, service_role;
  grant select on legacy_data.duplicate_rows to service_role;
  for target in
    select moved.name, known.one_of
    from engine.legacy_objects() as moved
    join engine.legacy_kinds as known on known.kind = moved.kind
    where known.one_of is not null and moved.relkind in ('r', 'p')
  loop
    execute format(
      'insert into legacy_data.duplicate_rows (name, id)
       select %L, numbered.id
       from (
         select old.id, row_number() over (partition by %s order by old.id desc) as place from legacy_data.%I as old
       ) as numbered
       where numbered.place > 1',
      target.name, target.one_of, target.name
    );
  end loop;
end
$$;
comment on function engine.note_legacy_duplicates() is
  'Notes in legacy_data.duplicate_rows which old rows are written twice. The second call does nothing.';

create function engine.legacy_view(name text, kind text, is_merged boolean)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  known engine.legacy_kinds;
  new_columns text;
  old_columns text;
  no_duplicate text := '';
  has_duplicates boolean;
begin
  select string_agg(format('old.%I', a.attname), ', ' order by a.attnum)
  into old_columns
  from pg_catalog.pg_attribute as a
  where
    a.attrelid = format('legacy_data.%I', legacy_view.name)::regclass and a.attnum > 0 and not a.attisdropped;
  known := engine.legacy_kind(legacy_view.kind);
  if not is_merged or known.kind is null then
    return format('select %s from legacy_data.%I as old', old_columns, legacy_view.name);
  end if;
  select string_agg(
    format(
      -- Missing text is '' more often than null there, and readers look for that.
      case
        when c.expression is not null and a.atttypid in ('text'::regtype, 'varchar'::regtype)
          then 'coalesce((%1$s)::%2$s, case old.%3$I when '''' then '''' end)::%2$s as %3$I'
        else '(%1$s)::%2$s as %3$I'
      end,
      case
        when c.expression is null then format('old.%I', a.attname)
        -- The first table of the source has both.
        when c.half is not null then
          format('case when %s.has_%s then %s else old.%I end', own.alias, c.half, c.expression, a.attname)
        else c.expression
      end,
      pg_catalog.format_type(a.atttypid, a.atttypmod), a.attname
    ),
    E',\n  ' order by a.attnum
  )
  into new_columns
  from pg_catalog.pg_attribute as a
  cross join lateral (select (regexp_match(known.source, '^public\.\w+ as (\w+)'))[1] as alias) as own
  left join engine.legacy_columns as c on c.kind = known.kind and c.name = a.attname
  where
    a.attrelid = format('legacy_data.%I', legacy_view.name)::regclass and a.attnum > 0 and not a.attisdropped;
  if known.one_of is not null then
    execute format(
      'select exists (select from %s as d where d.name = $1)', pg_catalog.to_regclass('legacy_data.duplicate_rows')
    )
    into has_duplicates
    using legacy_view.name;
    if has_duplicates then
      no_duplicate := format(
        ' and not exists (select from legacy_data.duplicate_rows as d where d.name = %L and d.id = old.id)',
        legacy_view.name
      );
    end if;
  end if;
  return format(
    E'select\n  %s\nfrom %s\nleft join legacy_data.%I as old on %s%s%s\nunion all\n'
    'select %s\nfrom legacy_data.%I as old\nwhere not exists (%s)',
    new_columns, known.source, legacy_view.name, known.matches, no_duplicate,
    case known.kind when 'results' then E'\nwhere runner.has_result' else '' end,
    old_columns, legacy_view.name, engine.legacy_match(known)
  );
end
$$;
comment on function engine.legacy_view(text, text, boolean) is
  'The query of the view under an old name. Merged: rows of ours first, in the old columns and types, then the old rows
   that ours don''t have; else the old rows alone.';

create function engine.write_legacy_views(is_merged boolean default true)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  tries_until constant timestamptz := clock_timestamp() + interval '60 seconds';
  old_timeout constant text := current_setting('lock_timeout');
  budget integer := 200;
  remaining integer;
  began timestamptz;
  number integer;
  target record;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    return 0;
  end if;
  perform engine.note_legacy_duplicates();
  loop
    begin
      number := 0;
      began := clock_timestamp();
      for target in
        select moved.name from engine.legacy_objects() as moved order by moved.name
      loop
        remaining := budget - extract(epoch from clock_timestamp() - began) * 1000;
        if remaining <= 0 then
          raise lock_not_available;
        end if;
        perform pg_catalog.set_config('lock_timeout', remaining::text, true);
        -- Changes nothing, and takes the lock of the view alone.
        execute format('alter view legacy.%I set (security_invoker = true)', target.name);
      end loop;
      for target in
        select moved.name, moved.kind from engine.legacy_objects() as moved order by moved.name
      loop
        execute format(
          'create or replace view legacy.%I with (security_invoker = true) as %s',
          target.name, engine.legacy_view(target.name, target.kind, write_legacy_views.is_merged)
        );
        number := number + 1;
      end loop;
      perform pg_catalog.set_config('lock_timeout', old_timeout, true);
      exit;
    exception
      -- The locks of the try are gone with it.
      when lock_not_available or deadlock_detected then
        null;
    end;
    if clock_timestamp() > tries_until then
      raise exception 'The views in the schema legacy are in use without a pause, and were not replaced'
        using errcode = '55P03',
          hint = 'Let the sessions that read them end their transaction, then run this again: nothing is lost.';
    end if;
    perform pg_catalog.pg_sleep(0.2 + budget / 500.0);
    -- A reader of two views may have one and wait for the other, and is ended after a second.
    budget := least(2 * budget, 600);
  end loop;
  return number;
end
$$;
comment on function engine.write_legacy_views(boolean) is
  'Writes the views in legacy again and returns how many: merged with ours, or over the old tables alone, which then
   depend on nothing of ours. 0 where nothing was taken over. Error 55P03 when readers don''t let go for a minute.';

-- schemas/legacy/rows_left.sql

-- What would be lost with the old tables.

create function engine.legacy_rows_left()
returns table (name text, kind text, stored bigint, left_only bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  target record;
  known engine.legacy_kinds;
  copied jsonb;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    return;
  end if;
  -- What was copied from the old tables is not only there, and what was rejected is kept whole among the rejects.
  select coalesce(jsonb_object_agg(counted.old_table, counted.rows), '{}')
  into copied
  from (
    select found.old_table, sum(found.rows) as rows from engine.rows_only_in_legacy() as found group by 1
  ) as counted;
  for target in
    select moved.name, moved.kind
    from engine.legacy_objects() as moved
    where moved.relkind in ('r', 'p')
    order by moved.name
  loop
    name := target.name;
    kind := target.kind;
    execute format('select count(*) from legacy_data.%I', name) into stored;
    known := engine.legacy_kind(kind);
    if copied ? name then
      left_only := (copied ->> name)::bigint;
    elsif known.kind is null then
      left_only := stored;
    else
      execute format(
        'select count(*) from legacy_data.%I as old
         where not coalesce(%s, false) and not exists (%s)
           and not exists (
             select from legacy_data.duplicate_rows as d where d.name = %L and d.id::text = old.%I::text
           )',
        name, known.never_pulled, engine.legacy_match(known), name,
        case kind when 'regions' then 'code' when 'pedigree' then 'horse_id' else 'id' end
      )
      into left_only;
    end if;
    return next;
  end loop;
end
$$;
comment on function engine.legacy_rows_left() is
  'A row per old table: its rows, and how many of them only it has. Rows that no source has (tests, empty ids, a jockey
   NON-RUNNER) and second writings of the same runner are not missed. Of a table that ours have no rows of, all. Reads
   every old table; none where nothing was taken over.';

create function public.drop_legacy(confirm boolean default false, give_up text[] default '{}')
returns text
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '800ms'
as $$
declare
  unknown constant text := (
    select string_agg(coalesce(quote_literal(left(given.name, 60)), 'null'), ', ')
    from unnest(drop_legacy.give_up) as given (name)
    where not exists (
      select from pg_catalog.pg_class as old
      where old.relnamespace = pg_catalog.to_regnamespace('legacy_data') and old.relname = given.name
    )
  );
  kept text;
  given_up text;
  depending text;
  tables integer;
  bytes bigint;
  target record;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    raise exception 'Nothing was taken over from an old system, or it is gone already' using errcode = '22023';
  end if;
  if unknown is not null then
    raise exception 'Of the tables to give up there is no %', unknown
      using errcode = '22023', hint = 'select drop_legacy(); names those that have rows that nothing else has.';
  end if;
  select
    string_agg(format('%s %s', rows.name, rows.left_only), ', ' order by rows.name)
      filter (where rows.left_only > 0 and rows.name <> all (drop_legacy.give_up)),
    string_agg(format('%s %s', rows.name, rows.left_only), ', ' order by rows.name)
      filter (where rows.left_only > 0 and rows.name = any (drop_legacy.give_up)),
    count(*),
    coalesce(sum(pg_catalog.pg_total_relation_size(format('legacy_data.%I', rows.name)::regclass)), 0)
  into kept, given_up, tables, bytes
  from engine.legacy_rows_left() as rows;
  if not drop_legacy.confirm then
    return format(
      'Would remove %s old tables (%s MB), and the views that read them. Rows that only they have: %s. To do it: '
      'select drop_legacy(confirm => true%s);%s',
      tables, round(bytes / 1e6), coalesce(concat_ws(', ', kept, given_up), 'none'),
      case when kept is null then '' else ', give_up => ''{…}''' end,
      case
        when kept is null then ''
        else ' with the tables whose rows may be lost (or: darkhorses legacy drop --confirm --give-up …)'
      end
    );
  end if;
  if kept is not null then
    raise exception 'The old tables have rows that nothing else has, and nothing was removed: %', kept
      using errcode = '55000',
        hint = 'Pull them, copy them, or name the tables whose rows may be lost: select drop_legacy(confirm => true, '
          'give_up => ''{ra_odds_live,…}''), or darkhorses legacy drop --confirm --give-up ra_odds_live,…';
  end if;
  select string_agg(distinct rule.ev_class::regclass::text, ', ')
  into depending
  from pg_catalog.pg_depend as dependency
  join pg_catalog.pg_rewrite as rule on dependency.classid = 'pg_rewrite'::regclass and rule.oid = dependency.objid
  join pg_catalog.pg_class as source on source.oid = dependency.refobjid
  join pg_catalog.pg_class as reader on reader.oid = rule.ev_class
  where
    dependency.refclassid = 'pg_class'::regclass
    and source.relnamespace in (
      pg_catalog.to_regnamespace('legacy'), pg_catalog.to_regnamespace('legacy_data')
    )
    and reader.relnamespace not in (
      pg_catalog.to_regnamespace('legacy'), pg_catalog.to_regnamespace('legacy_data')
    )
    and not (
      reader.relnamespace = 'public'::regnamespace
      and reader.relname in (
        select moved.name from engine.legacy_objects() as moved where moved.has_public_view
      )
    );
  if depending is not null then
    raise exception 'Views of yours read the old tables, and nothing was removed: %', depending
      using errcode = '55000', hint = 'Drop them first, then run this again.';
  end if;
  for target in select moved.name from engine.legacy_objects() as moved where moved.has_public_view loop
    execute format('drop view if exists public.%I', target.name);
  end loop;
  drop schema legacy cascade;
  drop schema legacy_data cascade;
  return format('Removed %s old tables (%s MB), and the views that read them.', tables, round(bytes / 1e6));
end
$$;
comment on function public.drop_legacy(boolean, text[]) is
  'Removes the tables that were taken over from an old system, and the views under their old names. Without confirm it
   only says what would go. Error 55000, with a count for each table, while a table has rows that nothing else has: pull
   or copy them, or name the table in give_up. Error 22023 where nothing was taken over, or where give_up names what is
   no old table.';

create function public.legacy_undo()
returns text
language plpgsql
security invoker
set search_path = ''
set lock_timeout = '800ms'
as $$
declare
  old_schema constant regnamespace := pg_catalog.to_regnamespace('legacy_data');
  said text;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    raise exception 'Nothing was taken over from an old system: there is nothing to put back' using errcode = '22023';
  end if;
  -- This function goes with the others, and ends what it does all the same.
  execute format('select %s.remove_ours(false)', old_schema);
  execute format('select %s.put_back()', old_schema) into said;
  return said;
end
$$;
comment on function public.legacy_undo() is
  'Puts the tables of the old system back into public under their names, and removes everything that is ours. Only while
   no race, runner or other harvested row of ours is stored: error 55000 names the table. Error 22023 where nothing was
   taken over.';

revoke all on function public.drop_legacy, public.legacy_undo from public, anon, authenticated, service_role;

-- schemas/legacy/check_legacy.sql

-- Whether tables of an old system are still there, for check_setup.

create function engine.check_legacy()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  tables integer;
  bytes bigint;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    return;
  end if;
  select count(*), coalesce(sum(pg_catalog.pg_total_relation_size(format('legacy_data.%I', moved.name)::regclass)), 0)
  into tables, bytes
  from engine.legacy_objects() as moved
  where moved.relkind in ('r', 'p');
  return query select
    'old system', 'warning',
    format('%s tables that were taken over are still there: %s MB in legacy_data.', tables, round(bytes / 1e6)),
    'Nothing hurries. select drop_legacy(); says what only they have, select drop_legacy(confirm => true); removes '
    'them.';
end
$$;
comment on function engine.check_legacy() is 'A row while tables of an old system are there; none otherwise.';

-- schemas/rights.sql

-- Each file grants its rights at its foot. No other role has any right in engine or racing, whatever a project grants
-- by default. Objects in public are closed where they are created, because that schema may hold other things too.

revoke all on all tables in schema engine from public, anon, authenticated;
revoke all on all sequences in schema engine from public, anon, authenticated;
revoke all on all functions in schema engine from public, anon, authenticated;
revoke all on all tables in schema racing from public, anon, authenticated;
revoke all on all functions in schema racing from public, anon, authenticated;

-- schemas/legacy/views.sql

-- The last of all: what reads the views waits for the rest of this transaction. Those in public read them, and have the
-- same columns.

select engine.write_legacy_views();
