-- Chunks that have not ended. One definition for all code that asks whether a day is being worked on.

create view engine.live_chunks
with (security_invoker = true)
as
select
  chunk.id,
  chunk.run_id,
  chunk.feed,
  chunk.kind,
  chunk.state,
  chunk.period_start,
  chunk.period_end,
  chunk.cursor_day,
  -- A waiting chunk holds the days that it still has to pull; a working one holds all of its days.
  case when chunk.state = 'waiting' then coalesce(chunk.cursor_day, chunk.period_start) else chunk.period_start end
    as held_from,
  chunk.reading_since,
  chunk.claimed_at,
  chunk.next_attempt_at,
  run.paused_at
from public.backfill_progress as chunk
join public.backfill_runs as run on run.id = chunk.run_id
where chunk.state in ('waiting', 'working');
comment on view engine.live_chunks is
  'Chunks that wait or are worked on. held_from: the first of the days that the chunk holds, so that no other needs to
   or can pull them.';

create function engine.has_live_chunk()
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return exists (select from public.backfill_progress as chunk where chunk.state in ('waiting', 'working'));
end
$$;
comment on function engine.has_live_chunk() is 'Whether a chunk waits or is worked on.';

create view engine.live_pulls
with (security_invoker = true)
as
select live.*
from engine.live_chunks as live
where live.kind = 'schedule';
comment on view engine.live_pulls is 'Live chunks of scheduled pulls, shaped like engine.live_chunks.';

grant select on engine.live_chunks to service_role;
