-- Optional: a role that reads the racing data and nothing else, for dashboards and apps that log in to Postgres.
-- Run it in the SQL editor, after "supabase db push --remote"; again after a migration that adds a table. It gives the
-- role no way to log in: create a user that has it, with a password of your own:
--   create role my_dashboard login password '…' in role racing_reader;
--
-- pg_net grants its tables to every login, so such a login can also read and delete what waits in pg_net's queue,
-- including the address of your alerts' webhook, and send requests through it. It finds no secret of the database or
-- the functions there. docs/security.md has the full list. If nothing of yours needs temporary tables, keep the login
-- from making functions of its own:
--   revoke temporary on database postgres from public;

do $$
declare
  part text;
  not_open_yet text;
begin
  -- All locks first, in the order in which a page is stored: on a busy database this and pages may wait for each
  -- other, but never deadlock.
  select string_agg(
    format('public.%I', t.tablename), ', '
    order by array_position(
      array[
        'ra_mst_regions', 'ra_mst_bookmakers', 'ra_mst_courses', 'ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires',
        'ra_mst_horses', 'ra_mst_jockeys', 'ra_mst_trainers', 'ra_mst_owners', 'ra_races', 'ra_runners',
        'ra_runner_odds'
      ],
      t.tablename::text
    ), t.tablename
  )
  into not_open_yet
  from pg_catalog.pg_tables as t
  where
    t.schemaname = 'public'
    and t.tablename like 'ra\_%'
    and not exists (
      select from pg_catalog.pg_policies as p
      where p.schemaname = 'public' and p.tablename = t.tablename and p.policyname = 'racing_reader_reads'
    );
  if not_open_yet is not null then
    execute format('lock table %s in access exclusive mode', not_open_yet);
  end if;

  if not exists (select from pg_catalog.pg_roles where rolname = 'racing_reader') then
    create role racing_reader nologin;
  end if;
  grant usage on schema public to racing_reader;

  -- The tables of racing data. How the backfill works, what failed and what could not be read is not for readers.
  for part in
    select tablename from pg_catalog.pg_tables where schemaname = 'public' and tablename like 'ra\_%' order by tablename
  loop
    execute format('grant select on public.%I to racing_reader', part);
    -- Row level security is on for every table, so a grant alone shows no row.
    if not exists (
      select from pg_catalog.pg_policies as p
      where p.schemaname = 'public' and p.tablename = part and p.policyname = 'racing_reader_reads'
    ) then
      execute format('create policy racing_reader_reads on public.%I for select to racing_reader using (true)', part);
    end if;
  end loop;
  -- The view shows what the role may read of those tables.
  grant select on public.ra_runner_names to racing_reader;
  grant execute on function public.silk_url to racing_reader;
end
$$;

-- To remove it:
--   grant racing_reader to postgres; drop owned by racing_reader; drop role racing_reader;
