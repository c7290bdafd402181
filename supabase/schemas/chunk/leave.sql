-- The ways out of a worker's hands.

create function engine.count_interruption(chunk public.backfill_progress, message text)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  nth constant integer := count_interruption.chunk.interruptions + 1;
  gives_up constant boolean := nth >= (select s.interruptions_before_dead from public.backfill_settings as s);
begin
  perform engine.log_failure(count_interruption.chunk, 'interruption', null, null, nth, count_interruption.message);
  update public.backfill_progress as interrupted
  set
    interruptions = nth,
    last_error = case
      when gives_up then format('Interrupted %s times without storing a page', nth)
      else interrupted.last_error
    end
  where interrupted.id = count_interruption.chunk.id;
  return case when gives_up then 'dead' else 'waiting' end;
end
$$;
comment on function engine.count_interruption(public.backfill_progress, text) is
  'Counts and logs an interruption of a chunk. Returns the state it goes to: waiting, or dead when it was interrupted too often
   without storing a page.';

create function engine.is_hopeless(chunk public.backfill_progress)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select
    coalesce(chunk.failing_since < engine.clock() - interval '1 day', false)
    or exists (
      select from public.backfill_progress as other
      where other.feed = chunk.feed and other.id <> chunk.id and other.last_page_at > chunk.claimed_at
    )
    -- The masters have one chunk, everybody waits for it, and what they bring comes again each month.
    or (select feed.counted_by = 'lists' from engine.feeds as feed where feed.name = chunk.feed)
$$;
comment on function engine.is_hopeless(public.backfill_progress) is
  'Whether failures of a chunk are its own: others of its feed got pages during this very attempt, or it has failed for
   a day, in which a pause, or the time that it was dead, does not count; the masters are on their own. Otherwise the
   API may be out for everybody, and no chunk is given up for that.';

revoke all on function engine.count_interruption, engine.is_hopeless from public, anon, authenticated, service_role;
grant execute on function engine.count_interruption, engine.is_hopeless to service_role;
