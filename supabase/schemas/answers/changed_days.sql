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
