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
