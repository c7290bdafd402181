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
