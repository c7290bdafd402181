-- Optional: a role that reads the racing data and nothing else, for dashboards and apps that log in to Postgres.
-- Run it in the SQL editor, after "supabase db push --remote"; again after a migration that adds a table. It gives the
-- role no way to log in: make a user of your own who has it, with a password of your own:
--   create role my_dashboard login password '…' in role racing_reader;
--
-- What such a login can do besides, because pg_net grants its tables to everybody: read and delete what waits in pg_net's
-- queue, the address of your alerts' webhook among it, and post through it. It finds no secret of the database or of the
-- functions there. docs/security.md has the whole list. If nothing of yours needs temporary tables, take from it the means
-- to make functions of its own:
--   revoke temporary on database postgres from public;

do $$
declare
  part text;
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'racing_reader') then
    create role racing_reader nologin;
  end if;
  grant usage on schema public to racing_reader;

  -- The tables of racing data. How the backfill works, what failed, and what could not be read, is not for readers.
  for part in
    select tablename from pg_catalog.pg_tables where schemaname = 'public' and tablename like 'ra\_%' order by tablename
  loop
    execute format('grant select on public.%I to racing_reader', part);
    -- Row level security is on for every table, so that a grant alone shows no row.
    execute format('drop policy if exists racing_reader_reads on public.%I', part);
    execute format('create policy racing_reader_reads on public.%I for select to racing_reader using (true)', part);
  end loop;
end
$$;

-- To take it back:
--   grant racing_reader to postgres; drop owned by racing_reader; drop role racing_reader;
