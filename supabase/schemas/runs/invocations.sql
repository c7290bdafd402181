-- Where an invocation's time went.

create table engine.invocations (
  lease_token uuid primary key,
  run_id bigint not null,
  chunk_id bigint not null,
  feed text not null,
  claimed_at timestamptz not null default engine.clock(),
  dispatched_at timestamptz,
  ended_at timestamptz,
  ended_as text,
  slot_seconds numeric(9, 3),
  fetch_seconds numeric(9, 3),
  store_seconds numeric(9, 3),
  other_seconds numeric(9, 3),
  pages integer,
  log_lines integer,
  constraint invocations_end_has_time check ((ended_at is null) = (ended_as is null)),
  constraint invocations_end_known check (
    ended_as in ('succeeded', 'incomplete', 'yielded', 'failed', 'interrupted', 'cancelled')
  )
);

create index invocations_claimed_at on engine.invocations (claimed_at);
comment on table engine.invocations is
  'Invocations of the functions that took a chunk: a row each, written with the claim and completed with the call that
   ends it. Deleted after api_log_days. No foreign keys: a run that is deleted takes no usage away.';
comment on column engine.invocations.lease_token is 'The lease that it took the chunk under.';
comment on column engine.invocations.run_id is 'The chunk''s run, which may be deleted by now.';
comment on column engine.invocations.chunk_id is 'The chunk, which may be deleted by now.';
comment on column engine.invocations.feed is 'One of engine.feeds.';
comment on column engine.invocations.claimed_at is 'When it took the chunk.';
comment on column engine.invocations.dispatched_at is 'When its dispatch was queued; null for a call by hand.';
comment on column engine.invocations.ended_at is 'When the chunk left it; null while it works.';
comment on column engine.invocations.ended_as is
  'succeeded; incomplete (races lack); yielded (time was up, or the run was paused); failed; interrupted (the lease ran
   out, or no page was stored); cancelled.';
comment on column engine.invocations.slot_seconds is
  'By the function''s clock, as the next three. Each moment counts once: as storing, else fetching, else waiting. Null
   when it could not report. This one: waiting for slots, asking for them included.';
comment on column engine.invocations.fetch_seconds is 'From sending requests until their bodies were in.';
comment on column engine.invocations.store_seconds is 'In ingest_page, there and back.';
comment on column engine.invocations.other_seconds is
  'The rest: reading bodies, pauses before a request is sent again. Without the call that ends it.';
comment on column engine.invocations.pages is 'Pages that it stored.';
comment on column engine.invocations.log_lines is 'Lines that it wrote to the function''s log.';

create function engine.end_invocation(lease_token uuid, ended_as text, report jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.invocations as known
  set
    ended_at = engine.clock(),
    ended_as = end_invocation.ended_as,
    slot_seconds = (end_invocation.report ->> 'slot_seconds')::numeric,
    fetch_seconds = (end_invocation.report ->> 'fetch_seconds')::numeric,
    store_seconds = (end_invocation.report ->> 'store_seconds')::numeric,
    other_seconds = (end_invocation.report ->> 'other_seconds')::numeric,
    pages = (end_invocation.report ->> 'pages')::integer,
    log_lines = (end_invocation.report ->> 'log_lines')::integer
  where known.lease_token = end_invocation.lease_token
$$;
comment on function engine.end_invocation(uuid, text, jsonb) is
  'Notes how an invocation ended, and where its time went. report: {slot_seconds, fetch_seconds, store_seconds,
   other_seconds, pages, log_lines}; null when it could not say.';

create view public.invocation_times
with (security_invoker = true)
as
select
  known.run_id,
  known.chunk_id,
  known.feed,
  known.claimed_at,
  round(extract(epoch from known.claimed_at - known.dispatched_at), 3) as dispatch_seconds,
  known.slot_seconds,
  known.fetch_seconds,
  known.store_seconds,
  known.other_seconds,
  known.pages,
  known.ended_as,
  known.ended_at,
  known.log_lines
from engine.invocations as known;
comment on view public.invocation_times is
  'Why is it slow? A row per invocation that took a chunk, kept for a week (api_log_days): how long its dispatch was on
   its way, and where its time went, by its own clock. Each moment counts once: as storing, else as fetching, else as
   waiting for a slot, else as the rest: while the next page is fetched and one is stored, only the storing counts.';
comment on column public.invocation_times.run_id is 'The chunk''s run, which may be deleted by now.';
comment on column public.invocation_times.chunk_id is 'The chunk that it worked on, which may be deleted by now.';
comment on column public.invocation_times.feed is 'One of engine.feeds.';
comment on column public.invocation_times.claimed_at is 'When it took the chunk.';
comment on column public.invocation_times.dispatch_seconds is
  'From the queueing of its dispatch to the claim; null for a call by hand.';
comment on column public.invocation_times.slot_seconds is
  'Waiting for a slot, which the rate limits give. Null, as the next three, when it could not report: it works, or was
   interrupted.';
comment on column public.invocation_times.fetch_seconds is
  'Waiting for The Racing API: from sending requests until their bodies were in.';
comment on column public.invocation_times.store_seconds is 'Waiting for the database to store pages.';
comment on column public.invocation_times.other_seconds is
  'The rest: reading bodies, pauses before a request is sent again. Without the call that ends it.';
comment on column public.invocation_times.pages is 'Pages that it stored; null when it could not report.';
comment on column public.invocation_times.ended_as is
  'succeeded; incomplete (races lack, the chunk is read again); yielded (time was up, or the run was paused); failed;
   interrupted (its lease ran out, or it stored no page); cancelled. Null while it works.';
comment on column public.invocation_times.ended_at is 'When the chunk left it; null while it works.';
comment on column public.invocation_times.log_lines is
  'Lines that it wrote to the function''s log; null when it could not report.';

alter table engine.invocations enable row level security;
revoke all on public.invocation_times from public, anon, authenticated, service_role;
grant select, insert, update on engine.invocations to service_role;
grant select on public.invocation_times to service_role;
grant execute on function engine.end_invocation to service_role;
