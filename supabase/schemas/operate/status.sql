-- The operator's view of the runs.

create view public.backfill_status
with (security_invoker = true)
as
select
  details.run_id,
  details.state,
  details.percent,
  details.time_left,
  details.start_date,
  details.end_date,
  details.feeds,
  format('%s/%s', details.chunks_succeeded, details.chunks_total) as chunks,
  details.races,
  details.runners,
  details.calls_per_minute,
  details.what_to_do,
  details.last_error
from public.backfill_status_details as details;
comment on view public.backfill_status is
  'A row per run: how far it is, how fast it goes, and what to do about it. backfill_status_details has the rest.';
comment on column public.backfill_status.run_id is 'The id that backfill_start returned.';
comment on column public.backfill_status.state is
  'waiting, running, paused, succeeded, completed_with_failures (some chunks are dead), cancelled.';
comment on column public.backfill_status.percent is
  'Of the pages of all chunks, as far as they are known; below 100 while one is left.';
comment on column public.backfill_status.time_left is
  'From the calls that remain, also of the runs before it, and the rate limits, or the recent pace when that is lower;
   so until the first calls are made it is the least. Of a paused run, once it goes on. In whole seconds; null when
   nothing remains.';
comment on column public.backfill_status.start_date is 'First day asked for.';
comment on column public.backfill_status.end_date is 'Last day asked for, inclusive; frozen when the run was started.';
comment on column public.backfill_status.feeds is 'Names of engine.feeds.';
comment on column public.backfill_status.chunks is
  'Chunks that succeeded, of all: "45/131". A chunk is a month of a feed. "0/0": there was nothing to pull, and
   what_to_do says why.';
comment on column public.backfill_status.races is
  'Races that came, each counted once although it comes as a card and as a result: of each month the number of the feed
   that brought more. A page that is read again counts again.';
comment on column public.backfill_status.runners is 'Runners that came, counted as races is.';
comment on column public.backfill_status.calls_per_minute is 'API calls of the last minute; null unless running.';
comment on column public.backfill_status.what_to_do is
  'A sentence for the operator, with the statement to run where there is one.';
comment on column public.backfill_status.last_error is
  'Message of the newest row of ingest_errors of this run, apart from requests that succeeded when they were sent
   again.';

revoke all on public.backfill_status from public, anon, authenticated, service_role;
grant select on public.backfill_status to service_role;
