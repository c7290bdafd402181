-- The error log.

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
    failure_class in ('retried', 'transient', 'chunk', 'account', 'interruption', 'incomplete', 'lost_dispatch')
  )
);

create index ingest_errors_run_id on public.ingest_errors (run_id, occurred_at desc);
create index ingest_errors_last on public.ingest_errors (run_id, occurred_at desc, id desc)
  where failure_class <> 'retried';
create index ingest_errors_chunk_id on public.ingest_errors (chunk_id);
create index ingest_errors_lost_dispatches on public.ingest_errors (feed, occurred_at)
  where failure_class = 'lost_dispatch';
create index ingest_errors_occurred_at on public.ingest_errors (occurred_at);
comment on table public.ingest_errors is 'One row per failed attempt. Messages contain no secret.';
comment on column public.ingest_errors.failure_class is
  'retried: sent again within the invocation; transient: tried again later; chunk: that chunk is dead; account: the run
   is paused; interruption: the lease ran out or was given back without a page; incomplete: fewer races came than the
   API has; lost_dispatch: a dispatch never arrived, so another was sent.';
comment on column public.ingest_errors.endpoint is 'The path of the API call; null when it failed outside of one.';
comment on column public.ingest_errors.http_status is 'What the API answered; null without an answer.';
comment on column public.ingest_errors.attempt is 'Which failure of its kind in a row it was, starting at 1.';
comment on column public.ingest_errors.message is 'A sentence; contains no secret.';

create function engine.log_failure(
  chunk public.backfill_progress,
  failure_class text,
  endpoint text,
  http_status integer,
  attempt integer,
  message text
)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ingest_errors (run_id, chunk_id, feed, failure_class, endpoint, http_status, attempt, message)
  values (
    chunk.run_id, chunk.id, chunk.feed, log_failure.failure_class, log_failure.endpoint, log_failure.http_status,
    log_failure.attempt, log_failure.message
  )
$$;
comment on function engine.log_failure(public.backfill_progress, text, text, integer, integer, text) is
  'Keeps one failed attempt in the error log.';

alter table public.ingest_errors enable row level security;
revoke all on public.ingest_errors from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.ingest_errors_id_seq from public, anon, authenticated, service_role;
grant select, insert on public.ingest_errors to service_role;
grant execute on function engine.log_failure to service_role;
