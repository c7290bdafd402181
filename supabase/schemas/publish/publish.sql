-- Publishing: the racing data for those who come with the publishable key. Closed until an operator asks for it.

create function engine.open_tables(readers text[])
returns void
language plpgsql
security invoker
set search_path = ''
-- A session that waits for a lock makes all behind it wait too, the pages of a backfill among them.
set lock_timeout = '5s'
as $$
declare
  wanted text := (
    select string_agg(quote_ident(reader), ', ' order by reader) from unnest(readers) as reader
  );
  other text[];
  part text;
begin
  select array_agg(p.name order by p.place, p.name)
  into other
  from engine.publishable() as p
  left join pg_catalog.pg_policy as policy
    on policy.polrelid = p.name::regclass and policy.polname = 'published_reads'
  where
    p.kind = 'table'
    and array(
      select r.rolname::text from pg_catalog.pg_roles as r where r.oid = any (policy.polroles) order by r.rolname
    ) is distinct from array(select reader from unnest(readers) as reader order by reader);
  if other is null then
    return;
  end if;
  execute format('lock table %s in access exclusive mode', array_to_string(other, ', '));
  foreach part in array other loop
    execute format('drop policy if exists published_reads on %s', part);
    if wanted is not null then
      execute format('create policy published_reads on %s for select to %s using (true)', part, wanted);
    end if;
  end loop;
exception
  when lock_not_available then
    raise exception 'A table is in use for longer than five seconds, so nothing was changed'
      using errcode = 'lock_not_available',
        hint = 'Try again; select pid, query from pg_stat_activity where state <> ''idle''; shows what is going on.';
end
$$;
comment on function engine.open_tables(text[]) is
  'Gives each table that may be published the policy published_reads, for these roles and no other: none take it away.
   Tables that have it already are not locked. Error 55P03 when a table is in use.';

create function engine.close_rights(keep text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  given record;
begin
  for given in
    delete from engine.api_grants as g where g.role_name <> all (keep) returning g.role_name, g.kind, g.name
  loop
    -- What has gone since took its rights along.
    continue when case given.kind
      when 'schema' then to_regnamespace(given.name) is null
      when 'function' then to_regprocedure(given.name) is null
      else to_regclass(given.name) is null
    end;
    execute format(
      'revoke %s %s from %I',
      case given.kind
        when 'schema' then 'usage on schema'
        when 'function' then 'execute on function'
        else 'select on table'
      end,
      given.name, given.role_name
    );
  end loop;
end
$$;
comment on function engine.close_rights(text[]) is
  'Takes back what publish_api gave to roles other than these, and nothing that somebody else granted.';

create function public.publish_api(role text default 'authenticated')
returns table (readers text, kind text, name text)
language plpgsql
security invoker
set search_path = ''
as $$
declare
  roles text[] := case publish_api.role
    when 'authenticated' then array['authenticated']
    -- Somebody who signs in must not see less than before.
    when 'anon' then array['anon', 'authenticated']
  end;
  lacking record;
begin
  if roles is null then
    raise exception 'The API can''t be published to "%"', coalesce(publish_api.role, 'null')
      using errcode = 'invalid_parameter_value',
        hint = 'Say authenticated (users who have signed in) or anon (everybody who has the publishable key).';
  end if;
  perform engine.open_tables(roles);
  perform engine.close_rights(roles);
  for lacking in
    select reader.role_name, p.kind, p.name
    from engine.publishable() as p
    cross join unnest(roles) as reader (role_name)
    where not exists (
      select from engine.api_rights() as held
      where
        held.role_name = reader.role_name and held.kind = p.kind and held.name = p.name and held.is_direct
        and held.privilege = case p.kind when 'schema' then 'usage' when 'function' then 'execute' else 'select' end
    )
  loop
    execute format(
      'grant %s %s to %I',
      case lacking.kind
        when 'schema' then 'usage on schema'
        when 'function' then 'execute on function'
        else 'select on table'
      end,
      lacking.name, lacking.role_name
    );
    insert into engine.api_grants (role_name, kind, name)
    values (lacking.role_name, lacking.kind, lacking.name)
    on conflict on constraint api_grants_pkey do nothing;
  end loop;
  return query
  select array_to_string(roles, ', '), p.kind, p.name
  from engine.publishable() as p
  order by p.place, p.name;
end
$$;
comment on function public.publish_api(text) is
  'Lets users who have signed in (authenticated), or with anon everybody who has the publishable key, read the racing
   data over the API: ra_mst_*, ra_races, ra_runners, their odds and prices, ra_runner_names, and the views and
   functions of the schema racing. Returns what is open now: readers, kind, name. Nothing can be written, and nothing of
   the engine, of runs, rejects, alerts and settings is opened. Calling it again covers what a newer version brought,
   and narrows anon to authenticated. Error 22023 for another role, 55P03 when a table is in use.';

create function public.unpublish_api()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform engine.open_tables('{}');
  perform engine.close_rights('{}');
end
$$;
comment on function public.unpublish_api() is
  'Takes back all that publish_api gave, so that everything is as it was before the first call. What somebody granted by
   hand stays. Calling it again changes nothing. Error 55P03 when a table is in use.';

revoke all on function public.publish_api, public.unpublish_api from public, anon, authenticated, service_role;
