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
