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
