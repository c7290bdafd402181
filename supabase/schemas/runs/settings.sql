-- Settings that an operator may change.

create table public.backfill_settings (
  id boolean primary key default true,
  regions text[] not null default array['gb', 'ire'],
  leases_per_feed integer not null default 2,
  lease_seconds integer not null default 90,
  stop_taking_pages_after_seconds integer not null default 45,
  stop_taking_pages_after_busy_seconds numeric(4, 2) not null default 0.4,
  answer_timeout_seconds integer not null default 30,
  attempts_before_dead integer not null default 5,
  interruptions_before_dead integer not null default 10,
  capture_odds boolean not null default false,
  capture_long_texts boolean not null default true,
  gap_tries integer not null default 3,
  gap_days_a_night integer not null default 62,
  freshness_grace_minutes integer not null default 45,
  alert_format text not null default 'slack',
  error_log_days integer not null default 90,
  api_log_days integer not null default 7,
  cron_log_days integer not null default 7,
  scheduled_run_days integer not null default 30,
  alert_days integer not null default 180,
  reject_days integer not null default 90,
  schedules_started_on date,
  set_up_at timestamptz,
  database_limit_megabytes integer not null default 500,
  schedules_started_at timestamptz,
  usage_days integer not null default 730,
  runs_kept_since timestamptz,
  constraint backfill_settings_one_row check (id),
  constraint backfill_settings_regions_not_empty check (cardinality(regions) > 0),
  constraint backfill_settings_regions_lower_case check (regions::text = lower(regions::text)),
  constraint backfill_settings_leases_positive check (leases_per_feed between 1 and 10),
  constraint backfill_settings_lease_outlives_page check (lease_seconds between 30 and 600),
  constraint backfill_settings_stop_positive check (stop_taking_pages_after_seconds between 1 and 300),
  constraint backfill_settings_busy_positive check (stop_taking_pages_after_busy_seconds > 0),
  constraint backfill_settings_answer_timeout_sane check (answer_timeout_seconds between 1 and 60),
  constraint backfill_settings_attempts_positive check (attempts_before_dead between 1 and 100),
  constraint backfill_settings_interruptions_positive check (interruptions_before_dead between 1 and 1000),
  constraint backfill_settings_gap_tries_positive check (gap_tries between 1 and 100),
  constraint backfill_settings_gap_days_positive check (gap_days_a_night between 1 and 1000),
  constraint backfill_settings_grace_positive check (freshness_grace_minutes between 1 and 1440),
  constraint backfill_settings_alert_format_known check (alert_format in ('slack', 'json')),
  constraint backfill_settings_limit_positive check (database_limit_megabytes > 0),
  constraint backfill_settings_retention_positive check (
    least(
      error_log_days, api_log_days, cron_log_days, scheduled_run_days, alert_days, reject_days, usage_days
    ) >= 1
  )
);

insert into public.backfill_settings default values;
comment on table public.backfill_settings is
  'One row: what an operator may tune. A change holds from the next claim on.';
comment on column public.backfill_settings.regions is
  'Region codes to pull, any of /courses/regions, lower case, as that spells them (saf, not sa). A change holds from the
   next claim on; a period of results, or a card day, that is half read keeps its own. Days that were pulled without one
   of them count as missing.';
comment on column public.backfill_settings.leases_per_feed is
  'Chunks of one feed that may be worked on at once. Two, so that a hop through pg_net costs no throughput.';
comment on column public.backfill_settings.lease_seconds is 'How long a lease lasts unless a page renews it.';
comment on column public.backfill_settings.stop_taking_pages_after_seconds is
  'An invocation takes no further page after this time and yields: an isolate is retired at half of its wall clock.';
comment on column public.backfill_settings.stop_taking_pages_after_busy_seconds is
  'The same limit for the seconds that it spent parsing and reading bodies. Sending and receiving costs about as much
   again (measured: 1.8 s of CPU for each of these seconds), and an isolate is retired at 1 s of CPU and ended at 2 s.';
comment on column public.backfill_settings.answer_timeout_seconds is
  'How long an API call may take until its body is in. A racecards page of a big Saturday is 2 MB.';
comment on column public.backfill_settings.attempts_before_dead is
  'Failed attempts of a chunk without a page in between, after which it is dead.';
comment on column public.backfill_settings.interruptions_before_dead is
  'Leases of a chunk that run out without a page in between, after which it is dead.';
comment on column public.backfill_settings.capture_odds is
  'Whether ra_runner_odds is filled. Odds are most of a card''s bytes, and stored they are more than the rest of it:
   about 10,500 rows of 180 bytes a card day (1.9 MB, indexes included), against 0.4 MB for its races and runners.';
comment on column public.backfill_settings.capture_long_texts is
  'Whether what people wrote is stored: of races tip, verdict, betting_forecast and stewards_comments, of runners
   card_comment, spotlight, quotes, stable_tour and result_comment. Off, it is left out of what is pulled from then on;
   what is stored stays. On again, days that were pulled meanwhile get it by a run with reprocess => ''all''.';
comment on column public.backfill_settings.gap_tries is
  'Nightly pulls of a day with a gap, after which it is given up and an alert says so.';
comment on column public.backfill_settings.gap_days_a_night is
  'Days of a feed that one closing of gaps pulls at most, the newest first.';
comment on column public.backfill_settings.freshness_grace_minutes is
  'How late a scheduled pull may be before data_freshness calls the feed late. Three retries of a failed pull take 21
   minutes.';
comment on column public.backfill_settings.alert_format is
  'Body of an alert: slack ({"text": …}) or json (all of it in fields).';
comment on column public.backfill_settings.error_log_days is 'How long ingest_errors keeps a row.';
comment on column public.backfill_settings.api_log_days is
  'How long a counted API call and a row of invocation_times are kept.';
comment on column public.backfill_settings.cron_log_days is
  'How long cron.job_run_details keeps a row of the engine''s jobs.';
comment on column public.backfill_settings.scheduled_run_days is
  'How long a scheduled run that succeeded is kept. Backfills are kept for ever.';
comment on column public.backfill_settings.alert_days is 'How long an alert is kept after it was resolved.';
comment on column public.backfill_settings.reject_days is
  'How long a reject is kept after it was acknowledged and last met. One that nobody has acknowledged is kept for ever,
   and so is a runner of a result: it says that the horse ran.';
comment on column public.backfill_settings.schedules_started_on is
  'Set by start_schedules and cleared by stop_schedules: every day from this UK day on is expected to be stored.';
comment on column public.backfill_settings.database_limit_megabytes is
  'How large the plan lets the database be, in megabytes of 1,000,000 bytes: 500 on the free plan, which becomes
   read-only beyond it. Backfills and pulls by hand are paused 15 MB before it, daily pulls 5 MB before it; check_setup
   warns from 80 %, and fails from 95 %. Once it is raised: backfill_resume(run_id).';
comment on column public.backfill_settings.usage_days is 'How long usage_by_day keeps a day.';
comment on column public.backfill_settings.runs_kept_since is
  'Set by racing.keep_runs and cleared by racing.keep_no_runs: since when runs are kept. Null while none are.';
comment on column public.backfill_settings.set_up_at is
  'When "deno task setup" first got through; null before, and after "deno task uninstall".';
comment on column public.backfill_settings.schedules_started_at is
  'When that was: data_freshness calls no feed late before freshness_grace_minutes have passed.';

create function engine.refuse_to_delete_settings()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  raise exception 'The row of backfill_settings can''t be deleted: every run reads it'
    using errcode = '22023',
      hint = 'To restore a default: update backfill_settings set regions = default; and so on for each column.';
end
$$;
comment on function engine.refuse_to_delete_settings() is 'Trigger: error 22023.';

create trigger refuse_to_delete_settings before delete or truncate on public.backfill_settings
  for each statement execute function engine.refuse_to_delete_settings();

alter table public.backfill_settings enable row level security;
revoke all on public.backfill_settings from public, anon, authenticated, service_role;
grant select on public.backfill_settings to service_role;
