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
