-- The operator's view of the chunks.

create view public.backfill_chunks
with (security_invoker = true)
as
select
  chunk.id as chunk_id,
  chunk.run_id,
  chunk.kind,
  format('%s/%s', chunk.place_in_run, count(*) over (partition by chunk.run_id, chunk.feed)) as place,
  chunk.feed,
  chunk.period_start as first_day,
  chunk.period_end - 1 as last_day,
  chunk.state,
  chunk.races_stored,
  chunk.runners_stored,
  chunk.rows_rejected,
  date_trunc('second', chunk.ended_at - chunk.started_at) as took,
  chunk.api_calls,
  chunk.invocations,
  chunk.attempts,
  case when chunk.state = 'waiting' then chunk.next_attempt_at end as next_attempt_at,
  chunk.last_error,
  chunk.started_at,
  chunk.ended_at
from public.backfill_progress as chunk;
comment on view public.backfill_chunks is
  'backfill_progress to be read: a row per chunk, that is a feed''s month of a run.';
comment on column public.backfill_chunks.chunk_id is 'Its id in backfill_progress, as in the functions'' log.';
comment on column public.backfill_chunks.run_id is 'The run that it belongs to.';
comment on column public.backfill_chunks.kind is 'What the run is for: backfill, by_hand, gaps or schedule.';
comment on column public.backfill_chunks.place is 'Its place among the run''s chunks of the feed: "45/131".';
comment on column public.backfill_chunks.feed is 'One of engine.feeds.';
comment on column public.backfill_chunks.first_day is
  'First UK racing day; of a feed without days, when it was planned.';
comment on column public.backfill_chunks.last_day is 'Last UK racing day, inclusive.';
comment on column public.backfill_chunks.state is 'waiting, working, succeeded, dead (given up) or cancelled.';
comment on column public.backfill_chunks.races_stored is 'Races upserted; a race pulled twice counts twice.';
comment on column public.backfill_chunks.runners_stored is 'Runners upserted; a runner pulled twice counts twice.';
comment on column public.backfill_chunks.rows_rejected is
  'Rows and values that could not be understood: see ingest_rejects.';
comment on column public.backfill_chunks.took is
  'From its first claim to its end, with all waiting in between; null before its end.';
comment on column public.backfill_chunks.api_calls is 'API calls made for it, including failed ones.';
comment on column public.backfill_chunks.invocations is 'Times that a function took it.';
comment on column public.backfill_chunks.attempts is 'Failed attempts since the last page that went in.';
comment on column public.backfill_chunks.next_attempt_at is 'From when on it may be taken; null unless it waits.';
comment on column public.backfill_chunks.last_error is 'Why the last attempt failed; null once it succeeded.';
comment on column public.backfill_chunks.started_at is 'When it was first taken; null before.';
comment on column public.backfill_chunks.ended_at is 'When it succeeded, died or was cancelled; null before.';

revoke all on public.backfill_chunks from public, anon, authenticated, service_role;
grant select on public.backfill_chunks to service_role;
