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
