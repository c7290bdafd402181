-- The roles, rights and role settings that a hosted project has before its first migration. Roles belong to the whole
-- cluster and the database may be used again: everything here is made only where it is missing.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'postgres') then
    -- Not a superuser, as on the platform: a migration that needs one has to fail here too.
    create role postgres login createdb createrole bypassrls replication;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'anon') then
    create role anon nologin noinherit;
    alter role anon set statement_timeout = '3s';
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'authenticated') then
    create role authenticated nologin noinherit;
    alter role authenticated set statement_timeout = '8s';
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'service_role') then
    create role service_role nologin noinherit bypassrls;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'authenticator') then
    create role authenticator login noinherit;
    alter role authenticator set statement_timeout = '8s';
    alter role authenticator set lock_timeout = '8s';
  end if;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

do $$
begin
  execute pg_catalog.format('grant all on database %I to postgres', pg_catalog.current_database());
  execute pg_catalog.format(
    'alter role postgres in database %I set search_path = "$user", public, extensions',
    pg_catalog.current_database()
  );
end
$$;

grant all on schema public to postgres;
grant usage on schema public to anon, authenticated, service_role;

create schema if not exists extensions;
grant all on schema extensions to postgres;
grant usage on schema extensions to anon, authenticated, service_role;

do $$
declare
  extension text;
begin
  for extension in
    select available.name
    from pg_catalog.pg_available_extensions as available
    where available.name in ('pgcrypto', 'uuid-ossp') and available.installed_version is null
  loop
    execute pg_catalog.format('create extension %I with schema extensions', extension);
  end loop;
end
$$;
