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
