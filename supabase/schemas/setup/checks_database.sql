-- What the database itself must have, for check_setup. Each returns rows as check_setup does.

create function engine.check_extensions()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with wanted as (
    select
      w.extension,
      -- Where an extension is not installable, a schema of its name stands in for it.
      coalesce(to_regclass(w.has_table) is not null, false) as is_there
    from (
      values
        ('pg_cron', 'cron.job'), ('pg_net', 'net.http_request_queue'), ('supabase_vault', 'vault.decrypted_secrets')
    ) as w (extension, has_table)
  )
  select
    'extensions',
    case when bool_and(wanted.is_there) then 'ok' else 'failed' end,
    coalesce(
      'Missing: ' || string_agg(wanted.extension, ', ' order by wanted.extension) filter (where not is_there) || '.',
      'pg_cron, pg_net and supabase_vault are there.'
    ),
    case
      when bool_and(wanted.is_there) then 'Nothing.'
      else 'Enable it in the dashboard under Database, Extensions; then run "npx -y deno task setup".'
    end
  from wanted
$$;
comment on function engine.check_extensions() is 'Whether the extensions are there, or what stands in for them.';

create function engine.check_grants()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with recursive routines as (
    select p.oid, format('%s.%s', p.pronamespace::regnamespace, p.proname) as name, p.prosrc, p.prosecdef
    from pg_catalog.pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace)
  ),
  calls as (
    select distinct caller.oid as caller, called.oid as called
    from routines as caller
    cross join lateral regexp_matches(
      -- Neither in comments nor in texts.
      regexp_replace(caller.prosrc, '--[^\n]*|''(?:[^'']|'''')*''', '', 'g'), '(?:engine|public)\.\w+(?=\()', 'g'
    ) as mention (words)
    join routines as called on called.name = mention.words[1]
    -- One that lends its owner's rights calls the others with these.
    where not caller.prosecdef
  ),
  needed as (
    select r.oid
    from routines as r
    where r.name in (
      'public.claim_chunk', 'public.ingest_page', 'public.finish_chunk', 'public.yield_chunk', 'public.fail_chunk',
      'public.note_failed_request', 'public.reserve_slot', 'public.push_back_slots', 'public.answer_ping'
    )
    union
    select calls.called from needed join calls on calls.caller = needed.oid
  ),
  lacking as (
    select string_agg(r.oid::regprocedure::text, ', ' order by r.name) as words, count(*) as number
    from needed
    join routines as r on r.oid = needed.oid
    where not has_function_privilege('service_role', r.oid, 'execute')
  ),
  judged as (
    select case
      when not has_schema_privilege('service_role', 'engine', 'usage') then
        'The role service_role has no right to the schema engine.'
      when lacking.number > 0 then format('The role service_role may not execute: %s.', left(lacking.words, 300))
      when not role.rolbypassrls then 'The role service_role has lost BYPASSRLS, so it sees no rows.'
      -- As pg_database_size asks for it.
      when
        not has_database_privilege('service_role', current_database(), 'connect')
        and not pg_has_role('service_role', 'pg_read_all_stats', 'usage')
      then
        'The role service_role has no right to connect to the database, so it can''t read how large that is.'
    end as finding
    from lacking
    left join pg_catalog.pg_roles as role on role.rolname = 'service_role'
  )
  select
    'grants',
    case when judged.finding is null then 'ok' else 'failed' end,
    coalesce(judged.finding, 'The functions'' role may execute all that it needs.'),
    case
      when judged.finding is null then 'Nothing.'
      when judged.finding like '%BYPASSRLS%' then 'Give it back: alter role service_role bypassrls;'
      when judged.finding like '%connect%'
        then format('Give it back: grant connect on database %I to service_role;', current_database())
      else 'Give them back: grant usage on schema engine to service_role; grant execute on function … to service_role;'
    end
  from judged
$$;
comment on function engine.check_grants() is
  'Whether service_role may execute what the Edge Functions call, and all that these call in turn, and may read how
   large the database is, which a claim does.';

create function engine.check_vault()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select 'Vault: ' || wanted.name, c.state, c.finding, c.what_to_do
  from unnest(array['project_url', 'worker_secret']) with ordinality as wanted (name, place)
  cross join lateral engine.check_secret(wanted.name) as c
  order by wanted.place
$$;
comment on function engine.check_vault() is 'Whether Vault''s entries are there and can be right.';

create function engine.check_net()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
stable
security invoker
set search_path = ''
set lock_timeout = '1s'
as $$
declare
  waiting bigint;
  is_late boolean;
  runs boolean;
begin
  if engine.responses_are_locked() then
    return query select
      'pg_net', 'failed', 'Another session has locked net._http_response, so pg_net can''t store any answer.',
      'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
    return;
  end if;
  select count(*), coalesce(bool_or(ours.queued_at < engine.wall_clock() - interval '1 minute'), false)
  into waiting, is_late
  from net.http_request_queue as queue
  left join (
    -- pg_net's ids start over after a crash: only the newest request can be the one in the queue.
    select request.request_id, max(request.queued_at) as queued_at
    from (
      select ping.request_id, ping.queued_at from engine.pings as ping
      union all
      select sent.request_id, sent.queued_at from engine.dispatches as sent
      union all
      select alert.request_id, alert.queued_at from engine.alert_requests as alert
    ) as request
    group by request.request_id
  ) as ours on ours.request_id = queue.id;
  -- Only some versions are seen there.
  select bool_or(true) into runs
  from pg_catalog.pg_stat_activity as session
  where session.backend_type ilike 'pg_net%' or session.application_name ilike 'pg_net%';
  return query select
    'pg_net',
    case when is_late then 'failed' else 'ok' end,
    case
      when is_late then format('Requests in its queue: %s. One of ours has been there for more than a minute.', waiting)
      else format('%sRequests in its queue: %s.', case when runs then 'It runs. ' end, waiting)
    end,
    case
      when not is_late then 'Nothing.'
      else 'Restart its worker: select net.worker_restart(); if that does not help, restart the project.'
    end;
exception
  when lock_not_available then
    return query select
      'pg_net', 'failed', 'Another session has locked net.http_request_queue, so nothing is sent.',
      'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
end
$$;
comment on function engine.check_net() is
  'Whether pg_net sends, and can store the answers: no request of ours has been in its queue for a minute. Its queue has
   no times, ours have.';

create function engine.check_size()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'database size',
    case when share.percent >= 95 then 'failed' when share.percent >= 80 then 'warning' else 'ok' end,
    format(
      'The database has %s MB, %s %% of %s MB (backfill_settings.database_limit_megabytes).',
      round(size.megabytes), round(share.percent), s.database_limit_megabytes
    ),
    case
      when share.percent < 80 then 'Nothing.'
      else
        'Take a larger plan and set backfill_settings.database_limit_megabytes to its limit, or make room: beyond the '
        'limit of the free plan the database becomes read-only.'
    end
  from public.backfill_settings as s
  cross join lateral (
    values (pg_catalog.pg_database_size(pg_catalog.current_database()) / 1000000.0)
  ) as size (megabytes)
  cross join lateral (values (100 * size.megabytes / s.database_limit_megabytes)) as share (percent)
$$;
comment on function engine.check_size() is
  'How large the database is, in megabytes of 1,000,000 bytes, against the limit in backfill_settings.';

create function engine.check_indexes()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'indexes',
    case when last.error is not null then 'warning' else 'ok' end,
    case
      when last.index_name is null then 'None has been compacted yet.'
      when last.error is not null
        then format('%s could not be compacted at %s: %s.', last.index_name, last.starts_at, rtrim(last.error, '.'))
      when last.ended_at is null then format('%s is being compacted since %s.', last.index_name, last.starts_at)
      else format(
        '%s was the last to be compacted, at %s: %s MB before, %s after.', last.index_name, last.ended_at,
        round(last.bytes_before / 1e6, 1), round(last.bytes_after / 1e6, 1)
      )
    end,
    case
      when last.error is not null then 'Nothing: what is left over is dropped, and it is tried again after 20 hours.'
      else 'Nothing.'
    end
  from (values (null)) as one (row)
  left join lateral (
    select known.*
    from engine.compactions as known
    order by known.error is not null desc, known.ended_at is null desc, known.ended_at desc
    limit 1
  ) as last on true
$$;
comment on function engine.check_indexes() is
  'What the last compaction of an index gave, or that one failed: see engine.indexes_to_compact.';
