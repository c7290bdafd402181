-- What was asked for (runs), what is to be done (chunks, in backfill_progress), and what came of it.

create table public.backfill_runs (
  id bigint generated always as identity primary key,
  start_date date not null,
  end_date date not null,
  feeds text[] not null,
  newest_first boolean not null,
  reprocess text not null,
  priority smallint not null default 0,
  requested_by text not null default session_user,
  created_at timestamptz not null default engine.clock(),
  paused_at timestamptz,
  pause_reason text,
  cancelled_at timestamptz,
  constraint backfill_runs_dates_in_order check (start_date <= end_date),
  constraint backfill_runs_feeds_known check (feeds <@ array['masters', 'racecards', 'results'] and cardinality(feeds) > 0),
  constraint backfill_runs_reprocess_known check (reprocess in ('missing', 'failed', 'all')),
  constraint backfill_runs_pause_has_reason check ((paused_at is null) = (pause_reason is null))
);
comment on table public.backfill_runs is
  'Requests for work. A run''s state is not stored: backfill_status derives it from here and from its chunks.';
comment on column public.backfill_runs.start_date is 'First UK racing day asked for.';
comment on column public.backfill_runs.end_date is 'Inclusive, and frozen when the run was started.';
comment on column public.backfill_runs.feeds is 'Of masters, racecards and results.';
comment on column public.backfill_runs.newest_first is 'Whether the newest month goes first.';
comment on column public.backfill_runs.reprocess is
  'Which days were planned. missing: those without whole coverage; failed: those of dead chunks; all.';
comment on column public.backfill_runs.priority is 'Higher goes first: backfills 0, pulls by hand 50, closing of gaps 90, scheduled pulls 100.';
comment on column public.backfill_runs.requested_by is 'The role that started the run, or the schedule: "schedule day_cards".';
comment on column public.backfill_runs.created_at is 'When the run was started.';
comment on column public.backfill_runs.paused_at is 'Null unless the run is paused.';
comment on column public.backfill_runs.pause_reason is 'Why the run is paused and what to do about it.';
comment on column public.backfill_runs.cancelled_at is 'Null unless the run was cancelled, which is for good.';

create table public.backfill_progress (
  id bigint generated always as identity primary key,
  run_id bigint not null references public.backfill_runs on delete cascade,
  feed text not null,
  period_start date not null,
  period_end date not null,
  priority smallint not null,
  place_in_run integer not null,
  state text not null default 'waiting',
  next_attempt_at timestamptz not null default engine.clock(),
  lease_token uuid,
  lease_until timestamptz,
  cursor_day date,
  cursor_skip integer not null default 0,
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
  constraint backfill_progress_feed_known check (feed in ('masters', 'racecards', 'results')),
  constraint backfill_progress_period_not_empty check (period_start < period_end),
  constraint backfill_progress_state_known check (state in ('waiting', 'working', 'succeeded', 'dead', 'cancelled')),
  constraint backfill_progress_leased_when_working check (
    (state = 'working') = (lease_token is not null) and (state = 'working') = (lease_until is not null)
  ),
  constraint backfill_progress_end_has_time check ((state in ('succeeded', 'dead', 'cancelled')) = (ended_at is not null)),
  constraint backfill_progress_dead_has_error check (state <> 'dead' or last_error is not null)
);
comment on table public.backfill_progress is
  'Chunks: one feed for one calendar month of a run. One invocation works on one chunk, under a lease.';
comment on column public.backfill_progress.feed is 'masters, racecards or results.';
comment on column public.backfill_progress.period_start is 'First day of the period.';
comment on column public.backfill_progress.period_end is 'Exclusive: the period is half-open.';
comment on column public.backfill_progress.priority is 'That of the run, so that the claim needs no join.';
comment on column public.backfill_progress.place_in_run is
  'The order within the run, 1 first. Racecards and results are two lanes with the same places.';
comment on column public.backfill_progress.state is
  'waiting: until next_attempt_at; working: while the lease lasts; succeeded; dead: given up, see last_error and
   backfill_retry(run_id); cancelled.';
comment on column public.backfill_progress.next_attempt_at is 'A waiting chunk is not claimed before.';
comment on column public.backfill_progress.lease_token is
  'Whoever shows it may write. A new claim makes a new token, and the old one is worth nothing.';
comment on column public.backfill_progress.lease_until is 'When the lease runs out unless a page renews it; null unless working.';
comment on column public.backfill_progress.cursor_day is 'Racecards: the day to pull next. Null for the other feeds.';
comment on column public.backfill_progress.cursor_skip is
  'Results: rows of the period pulled so far. Racecards: rows of the day. Masters: lists pulled.';
comment on column public.backfill_progress.pages_done is 'Pages stored since the period was begun.';
comment on column public.backfill_progress.pages_planned is 'The estimate when planned.';
comment on column public.backfill_progress.pages_expected is 'The same, corrected by what the API says.';
comment on column public.backfill_progress.api_total is
  'What the API said it has for the period (results), the day (racecards) or the list; the most that it said in this
   reading.';
comment on column public.backfill_progress.reading_since is
  'When the first page of the reading went in: of the period (results), the day at the cursor (racecards), the lists
   (masters). What is read is as old as that, however late its last page came. Null before the first page.';
comment on column public.backfill_progress.regions is
  'What the API is asked for: the regions of the settings when the reading began. Null before the first claim.';
comment on column public.backfill_progress.api_calls is 'Calls made for the chunk, failed ones too.';
comment on column public.backfill_progress.invocations is 'Times it was claimed: invocations of a function that worked on it.';
comment on column public.backfill_progress.races_stored is 'Races upserted; a race pulled twice counts twice.';
comment on column public.backfill_progress.runners_stored is 'Runners upserted; a runner pulled twice counts twice.';
comment on column public.backfill_progress.rows_rejected is 'Rejects of the pages stored. What they were is in ingest_rejects.';
comment on column public.backfill_progress.attempts is
  'Failed attempts since the last page that went in. An interruption is not one.';
comment on column public.backfill_progress.interruptions is 'Leases that ran out since the last page that went in.';
comment on column public.backfill_progress.repulls is
  'Times the period was pulled again because fewer races came than the API has.';
comment on column public.backfill_progress.failing_since is
  'When the first failure after the last page, retry or resume was; null while it does not fail.';
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
-- Each claim asks whose turn it is.
create index backfill_progress_claimed on public.backfill_progress (feed, claimed_at);
create index backfill_progress_leases on public.backfill_progress (feed, lease_until) where state = 'working';

create table engine.pages_read (
  chunk_id bigint not null references public.backfill_progress on delete cascade,
  day date not null,
  skip integer not null,
  races_in_api integer not null,
  race_keys text[] not null,
  constraint pages_read_pkey primary key (chunk_id, day, skip)
);
comment on table engine.pages_read is
  'Which races the pages of a reading held that is not over, so that what came is compared with what the API has, and
   not what was ever stored. A row a page: 22 kB of WAL for a month of 1,200 races. A row a race would be 250 kB, and a
   list on the chunk would be rewritten with each page.';
comment on column engine.pages_read.day is 'First day of the period (results), or the day (racecards).';
comment on column engine.pages_read.skip is 'The cursor that the page was read at.';
comment on column engine.pages_read.races_in_api is 'The most that the API said it has, up to this page.';
comment on column engine.pages_read.race_keys is
  'Ids of the races that came, stored or rejected; of a race whose id cannot be read, the fingerprint of its reject.';
alter table engine.pages_read enable row level security;
revoke all on engine.pages_read from public, anon, authenticated, service_role;
grant select, insert, update, delete on engine.pages_read to service_role;

create table public.ra_coverage (
  feed text not null,
  day date not null,
  races_in_api integer not null,
  races_stored integer not null,
  races_rejected integer not null,
  races_abandoned integer not null default 0,
  pulled_at timestamptz not null,
  regions text[] not null,
  chunk_id bigint references public.backfill_progress on delete set null,
  constraint ra_coverage_pkey primary key (feed, day),
  constraint ra_coverage_feed_known check (feed in ('racecards', 'results'))
);
create index ra_coverage_chunk_id on public.ra_coverage (chunk_id);
comment on table public.ra_coverage is
  'Per feed and UK racing day: what the API has and what is stored. A day without a row was never fetched; a day with
   races_in_api = 0 is known to be empty.';
comment on column public.ra_coverage.feed is 'racecards or results.';
comment on column public.ra_coverage.day is 'UK racing day.';
comment on column public.ra_coverage.races_in_api is
  'The API''s count of the day (racecards); of results, whose count is one for the period, what is stored and what this
   pull rejected.';
comment on column public.ra_coverage.races_stored is 'Races of the day stored from this feed.';
comment on column public.ra_coverage.races_rejected is 'Races of the day that could not be understood and are in ingest_rejects.';
comment on column public.ra_coverage.races_abandoned is
  'Of the races stored from this feed, those that the card says are abandoned: no result will follow.';
comment on column public.ra_coverage.pulled_at is
  'When the day was last pulled wholly: when the first page of that reading went in.';
comment on column public.ra_coverage.regions is 'The regions that the API was asked for.';
comment on column public.ra_coverage.chunk_id is 'The chunk that pulled it last; null once its run was deleted.';

create table public.ingest_errors (
  id bigint generated always as identity primary key,
  occurred_at timestamptz not null default engine.clock(),
  run_id bigint references public.backfill_runs on delete cascade,
  chunk_id bigint references public.backfill_progress on delete cascade,
  feed text not null,
  failure_class text not null,
  endpoint text,
  http_status integer,
  attempt integer not null,
  message text not null,
  constraint ingest_errors_class_known check (
    failure_class in ('retried', 'transient', 'chunk', 'account', 'interruption', 'incomplete', 'lost_call')
  )
);
create index ingest_errors_run_id on public.ingest_errors (run_id, occurred_at desc);
create index ingest_errors_last on public.ingest_errors (run_id, occurred_at desc, id desc) where failure_class <> 'retried';
create index ingest_errors_chunk_id on public.ingest_errors (chunk_id);
create index ingest_errors_lost_calls on public.ingest_errors (feed, occurred_at) where failure_class = 'lost_call';
create index ingest_errors_occurred_at on public.ingest_errors (occurred_at);
comment on table public.ingest_errors is 'One row per failed attempt. Messages carry no secret.';
comment on column public.ingest_errors.failure_class is
  'retried: sent again within the invocation; transient: tried again later; chunk: that chunk is dead; account: the run
   is paused; interruption: the lease ran out or was given back without a page; incomplete: fewer races came than the
   API has; lost_call: a call of a function never came, so that another was sent.';
comment on column public.ingest_errors.endpoint is 'The path called; null when it failed outside of a call.';
comment on column public.ingest_errors.http_status is 'What the API answered; null without an answer.';
comment on column public.ingest_errors.attempt is 'Which one of its kind in a row it was, 1 the first.';
comment on column public.ingest_errors.message is 'A sentence; carries no secret.';

create table public.racing_api_calls (
  run_id bigint not null references public.backfill_runs on delete cascade,
  feed text not null,
  counted_from timestamptz not null,
  calls integer not null,
  constraint racing_api_calls_pkey primary key (run_id, feed, counted_from)
);
create index racing_api_calls_counted_from on public.racing_api_calls (counted_from);
comment on table public.racing_api_calls is
  'API calls of a run and feed by ten seconds: what the current rate and the time left are derived from.';
comment on column public.racing_api_calls.feed is 'masters, racecards or results.';
comment on column public.racing_api_calls.counted_from is 'Start of the ten seconds in which the calls were reported.';
comment on column public.racing_api_calls.calls is 'Requests sent, failed ones too.';

create table public.ingest_rejects (
  id bigint generated always as identity primary key,
  feed text not null,
  kind text not null,
  race_id text,
  horse_id text,
  race_date date,
  path text not null,
  reason text not null,
  raw jsonb not null,
  fingerprint text not null,
  run_id bigint references public.backfill_runs on delete set null,
  chunk_id bigint references public.backfill_progress on delete set null,
  first_seen_at timestamptz not null default engine.clock(),
  last_seen_at timestamptz not null default engine.clock(),
  acknowledged_at timestamptz,
  constraint ingest_rejects_once unique (feed, fingerprint),
  constraint ingest_rejects_kind_known check (kind in ('race', 'runner', 'course', 'region', 'value'))
);
create index ingest_rejects_run_id on public.ingest_rejects (run_id);
create index ingest_rejects_chunk_id on public.ingest_rejects (chunk_id);
create index ingest_rejects_race_date on public.ingest_rejects (feed, race_date);
create index ingest_rejects_race_id on public.ingest_rejects (race_id);
-- An alert stands for those that nobody has looked at, and is looked for each minute.
create index ingest_rejects_unread on public.ingest_rejects (feed, first_seen_at, id) where acknowledged_at is null;
create index ingest_rejects_acknowledged_at on public.ingest_rejects (acknowledged_at) where acknowledged_at is not null;
comment on table public.ingest_rejects is
  'Rows (kind race, runner, course, region) and values (kind value) that are not understood, with their raw JSON. One that a later
   pull of the same race understands is removed, and one that was acknowledged, reject_days after that and after it was last met, unless it
   is a runner of a result.';
comment on column public.ingest_rejects.kind is
  'race, runner, course, region: missing as a whole. value: only that column is null.';
comment on column public.ingest_rejects.race_id is 'Null for courses and regions, and for a race whose id cannot be read.';
comment on column public.ingest_rejects.horse_id is 'Null unless it is about a runner whose id can be read.';
comment on column public.ingest_rejects.race_date is 'UK racing day; null when it cannot be read either.';
comment on column public.ingest_rejects.path is
  'Where in the race the unreadable value is: "runners[3].horse_id". Empty when the element as a whole is wrong.';
comment on column public.ingest_rejects.reason is 'A sentence.';
comment on column public.ingest_rejects.raw is 'The element as sent; of a value, {value}.';
comment on column public.ingest_rejects.fingerprint is 'Hash of what was rejected: the same reject pulled again is the same row.';
comment on column public.ingest_rejects.run_id is 'The run that met it last; null once deleted.';
comment on column public.ingest_rejects.chunk_id is 'The chunk that met it last; null once deleted.';
comment on column public.ingest_rejects.first_seen_at is 'When it was first met.';
comment on column public.ingest_rejects.last_seen_at is 'When it was last met.';
comment on column public.ingest_rejects.acknowledged_at is
  'Set it when somebody has looked: until then an alert stands. Null again when it is met with another reason.';

create table public.ingest_unknown_fields (
  feed text not null,
  object text not null,
  field text not null,
  times_seen bigint not null,
  first_seen_at timestamptz not null default engine.clock(),
  last_seen_at timestamptz not null default engine.clock(),
  acknowledged_at timestamptz,
  constraint ingest_unknown_fields_pkey primary key (feed, object, field)
);
comment on table public.ingest_unknown_fields is 'Fields that the API sent and nobody here knows. Noticed, never fatal.';
comment on column public.ingest_unknown_fields.object is
  'What carried it: page, racecard, card_runner, result, result_runner, course, region.';
comment on column public.ingest_unknown_fields.field is 'Its name in the JSON.';
comment on column public.ingest_unknown_fields.times_seen is 'Objects that carried it, over all pages stored.';
comment on column public.ingest_unknown_fields.first_seen_at is 'When it was first met.';
comment on column public.ingest_unknown_fields.acknowledged_at is
  'Set it when somebody has looked: until then an alert stands.';
comment on column public.ingest_unknown_fields.last_seen_at is 'When it was last met.';

do $$
declare
  part text;
begin
  foreach part in array array[
    'backfill_runs', 'backfill_progress', 'racing_api_calls', 'ra_coverage', 'ingest_errors', 'ingest_rejects',
    'ingest_unknown_fields'
  ] loop
    execute format('alter table public.%I enable row level security', part);
    execute format('revoke all on public.%I from anon, authenticated, service_role', part);
    execute format('grant select, insert, update on public.%I to service_role', part);
  end loop;
end
$$;

-- Identity columns fill themselves: nobody needs a right to their sequences, and projects from before October 2026 grant one.
revoke all on sequence
  public.backfill_runs_id_seq, public.backfill_progress_id_seq, public.ingest_errors_id_seq, public.ingest_rejects_id_seq
  from anon, authenticated, service_role;

-- A reject that is understood by now goes; what was logged stays as it is.
grant delete on public.ingest_rejects to service_role;
revoke update on public.ingest_errors from service_role;
