-- What pg_net's table of responses says. Every login can write to that table, so it is a hint: what comes from it is
-- cut and cleaned, and nothing that a function itself has reported is doubted because of it.

create function engine.responses_are_locked()
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_locks as held
    where
      held.database = (select d.oid from pg_database as d where d.datname = current_database())
      and held.relation = to_regclass('net._http_response')
      and held.mode = 'AccessExclusiveLock'
      and held.pid <> pg_backend_pid()
  )
$$;
comment on function engine.responses_are_locked() is
  'Whether another session has locked pg_net''s table of responses, so that nobody can read it, or waits for that lock.
   Waits for nothing itself.';

create function engine.read_response(
  request_id bigint,
  queued_at timestamptz,
  function_name text,
  out kind text,
  out finding text,
  out what_to_do text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- For the moment between the question whether it is locked and the reading.
set lock_timeout = '1s'
as $$
declare
  answer record;
  reason text;
begin
  -- Every login can lock that table. Where many responses are read, waiting a second for each adds up to minutes.
  if read_response.request_id is null or engine.responses_are_locked() then
    return;
  end if;
  select r.status_code, r.timed_out, r.error_msg, left(r.content, 500) as content into answer
  from net._http_response as r
  where
    r.id = read_response.request_id
    -- The ids start over after a crash. pg_net stores the time at which it began the batch.
    and r.created > read_response.queued_at - interval '1 minute'
    and r.created < read_response.queued_at + interval '5 minutes'
  order by r.created desc
  limit 1;
  if not found then
    return;
  end if;
  reason := left(regexp_replace(coalesce(answer.error_msg, ''), '[^A-Za-z0-9 .,:;()/_''-]+', ' ', 'g'), 120);
  kind := case
    when answer.status_code between 200 and 299 then 'answered'
    when answer.status_code = 401 and answer.content like '%clocks%' then 'clocks_differ'
    when answer.status_code = 401 then 'secret_differs'
    when answer.status_code = 404 then 'not_deployed'
    when answer.status_code = 500 and answer.content like '%setting is missing%' then 'setting_missing'
    when answer.status_code = 503 and answer.content like '%BOOT_ERROR%' then 'does_not_start'
    when answer.status_code = 503 then 'no_database'
    when answer.status_code is not null then 'refused'
    when answer.timed_out or reason ~* 'time(d )?out' then 'timed_out'
    when reason ~* 'resolve|lookup|dns|host name|hostname|no such host|name or service' then 'no_host'
    else 'no_connection'
  end;
  finding := case kind
    when 'clocks_differ' then 'The function %1$s refuses what the database signs: their clocks differ.'
    when 'secret_differs' then 'The function %1$s has another worker secret than Vault (it answered 401).'
    when 'not_deployed' then 'The function %1$s is not deployed where Vault''s project_url leads (404).'
    when 'setting_missing' then 'The function %1$s lacks a secret that it needs (500).'
    when 'does_not_start' then 'The function %1$s does not start (503).'
    when 'no_database' then 'The function %1$s can''t reach the database (503).'
    when 'refused' then 'The function %1$s answered with an error (%2$s).'
    when 'timed_out' then 'The function %1$s did not answer within five seconds.'
    when 'no_host' then 'Vault''s project_url names a host that does not exist (%3$s).'
    when 'no_connection' then 'The function %1$s could not be connected to (%3$s).'
  end;
  finding := format(finding, read_response.function_name, answer.status_code, reason);
  what_to_do := case kind
    when 'clocks_differ' then
      'Wait a few minutes. If that does not help, restart the project: the platform sets both clocks.'
    when 'secret_differs' then
      'Run "npx -y deno task setup", which gives both the same; with only the SQL editor, put the value of the '
      'function secret WORKER_SECRET into supabase/snippets/set_up.sql and run it.'
    when 'not_deployed' then
      'Run "npx -y deno task setup", which deploys it; with only the SQL editor, compare project_url with the '
      'project''s URL in the dashboard (supabase/snippets/set_up.sql sets it).'
    when 'setting_missing' then
      'Run "npx -y deno task setup", which sets the function secrets; the function''s log says which one is missing.'
    when 'does_not_start' then
      'Read the function''s log in the dashboard, then deploy it again with "npx -y deno task setup".'
    when 'no_database' then
      'Read the function''s log in the dashboard: the database may be restarting, or it refuses the function''s key.'
    when 'refused' then
      'Read the function''s log in the dashboard.'
    when 'timed_out' then
      'Nothing, if it answers the next time; otherwise read the function''s log in the dashboard.'
    when 'answered' then
      null
    else
      'Run "npx -y deno task setup", or put the project''s URL, as the dashboard shows it, into '
      'supabase/snippets/set_up.sql and run it.'
  end;
exception
  when lock_not_available or undefined_table or invalid_schema_name or insufficient_privilege then
    -- A hint that can't be read is no hint.
    kind := null;
end
$$;
comment on function engine.read_response(bigint, timestamptz, text) is
  'What pg_net''s response to a request says about a function: kind (answered, secret_differs, clocks_differ,
   not_deployed, setting_missing, does_not_start, no_database, refused, timed_out, no_host or no_connection), and,
   unless it was answered, a sentence each on what is wrong and what to do. queued_at is by the real clock. Nulls while
   there is no response, and while another session has locked the table: it does not wait for it.';

create function engine.dispatch_trouble(feeds text[])
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select told.message
  from (
    select
      sent.sent_at as told_at,
      sent.feed,
      concat_ws(' ', answer.finding, answer.what_to_do) as message
    from engine.dispatches as sent
    join engine.feeds as feed on feed.name = sent.feed
    cross join lateral engine.read_response(sent.request_id, sent.queued_at, feed.function_name) as answer
    where sent.feed = any (dispatch_trouble.feeds) and answer.kind <> 'answered'
    union all
    select lost.occurred_at, lost.feed, lost.message
    from public.ingest_errors as lost
    where
      lost.failure_class = 'lost_dispatch'
      and lost.feed = any (dispatch_trouble.feeds)
      and lost.occurred_at > engine.clock() - interval '2 hours'
      -- One that got lost without an answer says nothing about why.
      and not starts_with(lost.message, 'The dispatch ')
  ) as told
  where not exists (
    select from public.backfill_progress as chunk where chunk.feed = told.feed and chunk.claimed_at > told.told_at
  )
  order by told.told_at desc
  limit 1
$$;
comment on function engine.dispatch_trouble(text[]) is
  'Why the dispatches of these feeds are not claimed, as far as an answer, or the failure to send them, says: a sentence
   and what to do. Null when nothing is known, and once a chunk of the feed was claimed.';

grant execute on function engine.responses_are_locked, engine.read_response, engine.dispatch_trouble to service_role;
