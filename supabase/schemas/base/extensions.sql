-- What the platform must bring: pg_net sends the dispatches and the alerts, pg_cron runs the ticks, Vault keeps the
-- secrets. Where an extension is not installable (the local platform), a schema of the same name stands in for it.

do $$
begin
  if
    pg_catalog.to_regnamespace('net') is null
    and exists (select from pg_catalog.pg_available_extensions where name = 'pg_net')
  then
    create schema if not exists extensions;
    create extension pg_net with schema extensions;
  end if;
  if
    pg_catalog.to_regnamespace('cron') is null
    and exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron')
  then
    create extension pg_cron with schema pg_catalog;
  end if;
  if pg_catalog.to_regnamespace('net') is null then
    raise exception 'The extension pg_net is missing'
      using hint = 'On a hosted project, enable it under Database, Extensions; locally, start with "deno task local".';
  end if;
  if pg_catalog.to_regnamespace('cron') is null then
    raise exception 'The extension pg_cron is missing'
      using hint = 'On a hosted project, enable it under Database, Extensions; locally, start with "deno task local".';
  end if;
end
$$;

-- For the constraint that no day is worked on twice.
create extension if not exists btree_gist with schema extensions;
