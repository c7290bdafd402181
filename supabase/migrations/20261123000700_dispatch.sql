-- Asking for an invocation. The call leaves through pg_net after the transaction commits, so a state change and the call it
-- needs happen together or not at all. A call may still be lost on its way: the sweep restores it.

create table engine.calls_on_their_way (
  id bigint generated always as identity primary key,
  feed text not null,
  sent_at timestamptz not null default engine.clock()
);
create index calls_on_their_way_feed on engine.calls_on_their_way (feed, sent_at);
comment on table engine.calls_on_their_way is
  'Calls queued and not yet answered by a claim. A claim takes its call off the list, so the same call delivered twice claims once,
   and the sweep takes off what is lost.';
comment on column engine.calls_on_their_way.id is 'Goes with the call; claim_chunk gets it back.';
comment on column engine.calls_on_their_way.feed is 'masters, racecards or results.';
comment on column engine.calls_on_their_way.sent_at is 'When it was queued.';
alter table engine.calls_on_their_way enable row level security;
revoke all on engine.calls_on_their_way from public, anon, authenticated, service_role;
grant select, delete on engine.calls_on_their_way to service_role;

create function engine.call_is_lost(sent_at timestamptz)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$ select call_is_lost.sent_at < engine.clock() - interval '15 seconds' $$;
comment on function engine.call_is_lost(timestamptz) is
  'Whether a call queued then can no longer be expected: a hop through pg_net takes a second, a slow batch five.';

-- Security definer, so that the role that the functions work with needs no right to Vault's secrets nor to pg_net.
create function engine.dispatch(feed text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  project_url text;
  worker_secret text;
  call_id bigint;
begin
  select s.decrypted_secret into project_url from vault.decrypted_secrets as s where s.name = 'project_url';
  select s.decrypted_secret into worker_secret from vault.decrypted_secrets as s where s.name = 'worker_secret';
  if project_url is null or worker_secret is null then
    raise exception 'Vault lacks the secret "%"', case when project_url is null then 'project_url' else 'worker_secret' end
      -- A code of its own, which PostgREST answers as HTTP 424, so that whoever catches it catches nothing else.
      using errcode = 'PT424',
        hint = 'Store it once: select vault.create_secret(''<value>'', ''project_url'') with the project''s URL, and '
          'likewise ''worker_secret'' with the value of the functions'' WORKER_SECRET.';
  end if;

  insert into engine.calls_on_their_way (feed) values (dispatch.feed) returning id into call_id;
  perform net.http_post(
    url => rtrim(project_url, '/') || '/functions/v1/' || case when dispatch.feed = 'masters' then 'masters' else 'events' end,
    body => jsonb_build_object('feed', dispatch.feed, 'call', call_id),
    headers => jsonb_build_object('Content-Type', 'application/json', 'Authorization', 'Bearer ' || worker_secret),
    timeout_milliseconds => 5000
  );
end
$$;

comment on function engine.dispatch(text) is
  'Queues one call of the function that works on a feed. Needs the Vault secrets project_url and worker_secret: error PT424
   (HTTP 424) when one is missing.';

-- What may be claimed now. One definition for the claim, for the sweep and for whoever wants to look.
create view engine.claimable_chunks
with (security_invoker = true)
as
select chunk.id, chunk.feed, chunk.priority, chunk.run_id, chunk.place_in_run
from public.backfill_progress as chunk
join public.backfill_runs as run on run.id = chunk.run_id
where
  chunk.state = 'waiting'
  and chunk.next_attempt_at <= engine.clock()
  and run.paused_at is null
  and run.cancelled_at is null
  -- A day is never pulled by two runs at once, a backfill's and a daily one's.
  and not exists (
    select from public.backfill_progress as live
    where
      live.state = 'working'
      and live.feed = chunk.feed
      and live.id <> chunk.id
      and live.period_start < chunk.period_end
      and live.period_end > chunk.period_start
  )
  -- Courses have their listed names before the first race names them.
  and (
    chunk.feed = 'masters'
    or not exists (
      select from public.backfill_progress as masters
      where masters.run_id = chunk.run_id and masters.feed = 'masters' and masters.state in ('waiting', 'working')
    )
  )
  -- An invocation that has to wait long for its first slot would only hold a lease until it runs out.
  and not exists (
    select from public.racing_api_limits as l
    where
      l.next_slot > engine.clock() + interval '15 seconds'
      and (
        l.endpoint = 'account'
        or l.endpoint = any (
          case chunk.feed
            when 'racecards' then array['/racecards/pro']
            when 'results' then array['/results']
            else array['/courses', '/courses/regions']
          end
        )
      )
  );

comment on view engine.claimable_chunks is 'Chunks that wait, are due, belong to a run that is neither paused nor cancelled, whose
   days nobody pulls now, and whose endpoint has a slot soon.';

create function engine.dispatch_due(feed text default null)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  allowed constant integer := (select s.leases_per_feed from public.backfill_settings as s);
  lane text;
  calls integer := 0;
  missing integer;
begin
  foreach lane in array coalesce(case when dispatch_due.feed is not null then array[dispatch_due.feed] end, array['masters', 'racecards', 'results']) loop
    select
      least(
        (select count(*) from engine.claimable_chunks as ready where ready.feed = lane),
        allowed - (select count(*) from public.backfill_progress as live where live.feed = lane and live.state = 'working')
      )
      - (
        select count(*) from engine.calls_on_their_way as call
        where call.feed = lane and not engine.call_is_lost(call.sent_at)
      )
    into missing;
    for nth in 1 .. missing loop
      perform engine.dispatch(lane);
      calls := calls + 1;
    end loop;
  end loop;
  return calls;
end
$$;

comment on function engine.dispatch_due(text) is
  'Dispatches as many calls of a feed (null: of each) as chunks are claimable and leases are neither taken nor called for.
   Returns how many. With nothing to do it calls nobody.';

revoke execute on function engine.call_is_lost(timestamptz), engine.dispatch(text), engine.dispatch_due(text)
  from public, anon, authenticated;
grant execute on function engine.call_is_lost(timestamptz), engine.dispatch(text), engine.dispatch_due(text) to service_role;
revoke all on engine.claimable_chunks from public, anon, authenticated;
grant select on engine.claimable_chunks to service_role;
