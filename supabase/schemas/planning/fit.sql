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
