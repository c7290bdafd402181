-- Runs: requests for work.

create table public.backfill_runs (
  id bigint generated always as identity primary key,
  start_date date not null,
  end_date date not null,
  feeds text[] not null,
  newest_first boolean not null,
  reprocess text not null,
  kind text not null,
  requested_by text not null default session_user,
  created_at timestamptz not null default engine.clock(),
  paused_at timestamptz,
  pause_reason text,
  cancelled_at timestamptz,
  left_out text,
  constraint backfill_runs_dates_in_order check (start_date <= end_date),
  constraint backfill_runs_kind_known check (kind in ('backfill', 'by_hand', 'gaps', 'schedule')),
  constraint backfill_runs_reprocess_known check (reprocess in ('missing', 'failed', 'all')),
  constraint backfill_runs_pause_has_reason check ((paused_at is null) = (pause_reason is null))
);
comment on table public.backfill_runs is
  'Requests for work. A run''s state is not stored: backfill_status derives it from here and from its chunks.';
comment on column public.backfill_runs.start_date is 'First UK racing day asked for.';
comment on column public.backfill_runs.end_date is 'Inclusive, and frozen when the run was started.';
comment on column public.backfill_runs.feeds is 'Names of engine.feeds.';
comment on column public.backfill_runs.newest_first is 'Whether the newest month goes first.';
comment on column public.backfill_runs.reprocess is
  'Which days were planned. missing: those without whole coverage; failed: those of dead chunks; all.';
comment on column public.backfill_runs.kind is
  'What it is for. backfill: backfill_start; by_hand: pull_days; gaps: the nightly closing of gaps; schedule: a
   scheduled pull. The later in this list, the earlier its chunks are claimed.';
comment on column public.backfill_runs.requested_by is
  'The role that started the run, or the schedule: "schedule day_cards".';
comment on column public.backfill_runs.created_at is 'When the run was started.';
comment on column public.backfill_runs.paused_at is 'Null unless the run is paused.';
comment on column public.backfill_runs.pause_reason is 'Why the run is paused and what to do about it.';
comment on column public.backfill_runs.cancelled_at is 'Null unless the run was cancelled, which is for good.';
comment on column public.backfill_runs.left_out is
  'Why some of its feeds have no chunk, as it was when the run was started; null when all of them have one.';

create trigger refuse_unknown_feeds before insert or update of feeds on public.backfill_runs
  for each row execute function engine.refuse_unknown_feeds();

alter table public.backfill_runs enable row level security;
revoke all on public.backfill_runs from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.backfill_runs_id_seq from public, anon, authenticated, service_role;
grant select, insert, update on public.backfill_runs to service_role;
