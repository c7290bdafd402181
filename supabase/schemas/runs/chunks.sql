-- The work of a run, cut into chunks.

create table public.backfill_progress (
  id bigint generated always as identity primary key,
  run_id bigint not null references public.backfill_runs on delete cascade,
  feed text not null references engine.feeds,
  period_start date not null,
  period_end date not null,
  kind text not null,
  priority smallint not null generated always as (
    case kind when 'schedule' then 100 when 'gaps' then 90 when 'by_hand' then 50 when 'backfill' then 0 end
  ) stored,
  place_in_run integer not null,
  state text not null default 'waiting',
  next_attempt_at timestamptz not null default engine.clock(),
  lease_token uuid,
  lease_until timestamptz,
  cursor_day date,
  cursor_skip integer not null default 0,
  cursor_id text,
  pages_done integer not null default 0,
  pages_planned integer not null,
  pages_expected integer not null,
  api_total integer,
  reading_since timestamptz,
  regions text[],
  api_calls integer not null default 0,
  invocations integer not null default 0,
  races_stored integer not null default 0,
  runners_stored integer not null default 0,
  rows_rejected integer not null default 0,
  attempts integer not null default 0,
  interruptions integer not null default 0,
  repulls integer not null default 0,
  failing_since timestamptz,
  last_error text,
  created_at timestamptz not null default engine.clock(),
  started_at timestamptz,
  claimed_at timestamptz,
  last_page_at timestamptz,
  ended_at timestamptz,
  constraint backfill_progress_one_chunk_a_month unique (run_id, feed, period_start),
  constraint backfill_progress_period_not_empty check (period_start < period_end),
  constraint backfill_progress_state_known check (state in ('waiting', 'working', 'succeeded', 'dead', 'cancelled')),
  constraint backfill_progress_leased_when_working check (
    (state = 'working') = (lease_token is not null) and (state = 'working') = (lease_until is not null)
  ),
  constraint backfill_progress_end_has_time check (
    (state in ('succeeded', 'dead', 'cancelled')) = (ended_at is not null)
  ),
  constraint backfill_progress_dead_has_error check (state <> 'dead' or last_error is not null),
  constraint backfill_progress_kind_known check (kind in ('backfill', 'by_hand', 'gaps', 'schedule')),
  -- No day of a feed is worked on by two chunks at the same time, whichever runs they belong to.
  constraint backfill_progress_day_worked_on_once
    exclude using gist (feed with =, daterange(period_start, period_end) with &&) where (state = 'working')
);
comment on table public.backfill_progress is
  'Chunks: one feed for one calendar month of a run. One invocation works on one chunk, under a lease.';
comment on column public.backfill_progress.feed is 'One of engine.feeds.';
comment on column public.backfill_progress.period_start is 'First day of the period.';
comment on column public.backfill_progress.period_end is 'Exclusive: the period is half-open.';
comment on column public.backfill_progress.kind is
  'That of the run, which never changes, so that the claim needs no join.';
comment on column public.backfill_progress.priority is
  'In which order chunks are claimed: the higher one first. Follows from the kind, and decides nothing else.';
comment on column public.backfill_progress.place_in_run is
  'The order within the run, 1 first; each feed of a run has its own.';
comment on column public.backfill_progress.state is
  'waiting: until next_attempt_at; working: while the lease lasts; succeeded; dead: given up, see last_error and
   backfill_retry(run_id); cancelled.';
comment on column public.backfill_progress.next_attempt_at is 'A waiting chunk is not claimed before.';
comment on column public.backfill_progress.lease_token is
  'The worker with this token may write. A new claim makes a new token, and the old one becomes invalid.';
comment on column public.backfill_progress.lease_until is
  'When the lease runs out unless a page renews it; null unless working.';
comment on column public.backfill_progress.cursor_day is
  'The day to pull next, of a feed counted by days (racecards); null for the others.';
comment on column public.backfill_progress.cursor_skip is
  'How much is pulled so far, as engine.feeds counts it: lists (masters), rows of the day at the cursor (racecards),
   rows of the period (results), or ids.';
comment on column public.backfill_progress.cursor_id is
  'The id that was asked for last, of a feed that asks for ids (horses); null before the first, and for the others.';
comment on column public.backfill_progress.pages_done is
  'Pages stored since the period was begun; of a feed that asks for ids, each id is one.';
comment on column public.backfill_progress.pages_planned is 'The estimate when planned.';
comment on column public.backfill_progress.pages_expected is 'The same, corrected by what the API says.';
comment on column public.backfill_progress.api_total is
  'What the API said it has for the list (masters), the day (racecards) or the period (results); the highest number in
   this reading. Of ids, those that were asked for and those that are left.';
comment on column public.backfill_progress.reading_since is
  'When the first page of the reading went in: of the lists (masters), the day at the cursor (racecards) or the period
   (the others). What is read is as old as that, however late its last page came. Null before the first page.';
comment on column public.backfill_progress.regions is
  'What the API is asked for: the regions of the settings when the reading began. Null before the first claim.';
comment on column public.backfill_progress.api_calls is 'API calls made for the chunk, including failed ones.';
comment on column public.backfill_progress.invocations is
  'Times it was claimed: invocations of a function that worked on it.';
comment on column public.backfill_progress.races_stored is 'Races upserted; a race pulled twice counts twice.';
comment on column public.backfill_progress.runners_stored is 'Runners upserted; a runner pulled twice counts twice.';
comment on column public.backfill_progress.rows_rejected is
  'Rejects of the pages stored. What they were is in ingest_rejects.';
comment on column public.backfill_progress.attempts is
  'Failed attempts since the last page that went in. An interruption is not one.';
comment on column public.backfill_progress.interruptions is 'Leases that ran out since the last page that went in.';
comment on column public.backfill_progress.repulls is
  'Times the period was pulled again because fewer races came than the API has.';
comment on column public.backfill_progress.failing_since is
  'Time of the first failure since the last page, retry or resume; null while it does not fail.';
comment on column public.backfill_progress.last_error is 'Why the last attempt failed; null once the chunk succeeded.';
comment on column public.backfill_progress.created_at is 'When the chunk was planned.';
comment on column public.backfill_progress.claimed_at is 'When it was last claimed; null before.';
comment on column public.backfill_progress.last_page_at is 'When its last page went in; null before.';
comment on column public.backfill_progress.started_at is 'When the chunk was first claimed; null before.';
comment on column public.backfill_progress.ended_at is 'When the chunk succeeded, died or was cancelled; null before.';

-- The claim looks only at waiting chunks, so that it costs the same after 400 finished ones as after none.
create index backfill_progress_claim on public.backfill_progress (feed, priority desc, run_id, place_in_run)
  where state = 'waiting';

-- reprocess => 'failed' asks for each day whether a chunk died on it.
create index backfill_progress_dead on public.backfill_progress (feed, period_start, period_end) where state = 'dead';

-- Queries for live chunks read only live ones, however many have ended.
create index backfill_progress_live on public.backfill_progress (feed, period_start)
  where state in ('waiting', 'working');

-- Each claim checks whose turn it is.
create index backfill_progress_claimed on public.backfill_progress (feed, claimed_at);
create index backfill_progress_leases on public.backfill_progress (feed, lease_until) where state = 'working';

-- The watch asks each minute when a feed without days was last pulled, and whether anything of it was given up since.
create index backfill_progress_succeeded on public.backfill_progress (feed, (coalesce(reading_since, ended_at)))
  where state = 'succeeded';
create index backfill_progress_given_up on public.backfill_progress (feed, ended_at)
  where state in ('dead', 'cancelled');

alter table public.backfill_progress set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

alter table public.backfill_progress enable row level security;
revoke all on public.backfill_progress from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.backfill_progress_id_seq from public, anon, authenticated, service_role;
grant select, insert, update on public.backfill_progress to service_role;
