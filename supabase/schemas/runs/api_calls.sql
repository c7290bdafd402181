-- The count of API calls.

create table engine.racing_api_calls (
  run_id bigint not null,
  feed text not null,
  counted_from timestamptz not null,
  calls integer not null,
  first_at timestamptz not null default engine.clock(),
  constraint racing_api_calls_pkey primary key (run_id, feed, counted_from)
);

create index racing_api_calls_counted_from on engine.racing_api_calls (counted_from);
comment on table engine.racing_api_calls is
  'API calls of a run and feed by ten seconds: what the current rate and the time left are derived from.';
comment on column engine.racing_api_calls.feed is 'One of engine.feeds.';
comment on column engine.racing_api_calls.counted_from is 'Start of the ten seconds in which the calls were reported.';
comment on column engine.racing_api_calls.calls is 'Requests sent, including failed ones.';
comment on column engine.racing_api_calls.first_at is 'When the first of them were reported.';

create function engine.count_calls(chunk public.backfill_progress, calls integer)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into engine.racing_api_calls as known (run_id, feed, counted_from, calls)
  select chunk.run_id, chunk.feed, date_bin('10 seconds', engine.clock(), timestamptz 'epoch'), count_calls.calls
  where count_calls.calls > 0
  on conflict (run_id, feed, counted_from) do update set calls = known.calls + excluded.calls
$$;
comment on function engine.count_calls(public.backfill_progress, integer) is
  'Counts API calls of a chunk for the current rate. Call it last in a transaction: the chunks of a feed share the
   row.';

alter table engine.racing_api_calls enable row level security;
revoke all on engine.racing_api_calls from public, anon, authenticated, service_role;
grant select, insert, update on engine.racing_api_calls to service_role;
grant execute on function engine.count_calls to service_role;
