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
