-- Optional: a role that reads the racing data and the schema racing, and nothing else, for dashboards and apps that
-- log in to Postgres. Run it in the SQL editor, after "supabase db push --remote"; again after a migration that adds a
-- table, a view or a function. It gives the role no way to log in: create a user that has it, with a password of your
-- own:
--   create role my_dashboard login password '…' in role racing_reader;
--
-- pg_net grants its tables to every login, so such a login can also read and delete what waits in pg_net's queue,
-- including the address of your alerts' webhook, and send requests through it. It finds no secret of the database or
-- the functions there. docs/security.md has the full list. If nothing of yours needs temporary tables, keep the login
-- from making functions of its own:
--   revoke temporary on database postgres from public;

do $$
declare
  opened record;
  not_open_yet text;
begin
  -- All locks first, in the order in which a page is stored: on a busy database this and pages may wait for each
  -- other, but never deadlock.
  select string_agg(
    c.oid::regclass::text, ', '
    order by array_position(
      array[
        'ra_mst_regions', 'ra_mst_bookmakers', 'ra_mst_courses', 'ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires',
        'ra_mst_horses', 'ra_mst_jockeys', 'ra_mst_trainers', 'ra_mst_owners', 'ra_races', 'ra_runners',
        'ra_runner_odds'
      ],
      c.relname::text
    ), c.relname
  )
  into not_open_yet
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where
    c.relkind in ('r', 'p')
    and (n.nspname = 'racing' or n.nspname = 'public' and c.relname like 'ra\_%')
    and not exists (
      select from pg_catalog.pg_policy as p where p.polrelid = c.oid and p.polname = 'racing_reader_reads'
    );
  if not_open_yet is not null then
    execute format('lock table %s in access exclusive mode', not_open_yet);
  end if;

  if not exists (select from pg_catalog.pg_roles where rolname = 'racing_reader') then
    create role racing_reader nologin;
  end if;
  grant usage on schema public, racing to racing_reader;

  -- The racing data and the answers over it. How the backfill works, what failed and what could not be read is not for
  -- readers.
  for opened in
    select
      c.oid::regclass as name,
      -- Row level security is on for every table, so a grant alone shows no row.
      c.relkind in ('r', 'p') and not exists (
        select from pg_catalog.pg_policy as p where p.polrelid = c.oid and p.polname = 'racing_reader_reads'
      ) as lacks_policy
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where
      n.nspname = 'racing' and c.relkind in ('r', 'p', 'v', 'm')
      or n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname like 'ra\_%'
    order by n.nspname, c.relname
  loop
    execute format('grant select on %s to racing_reader', opened.name);
    if opened.lacks_policy then
      execute format('create policy racing_reader_reads on %s for select to racing_reader using (true)', opened.name);
    end if;
  end loop;
  -- The view shows what the role may read of those tables.
  grant select on public.ra_runner_names to racing_reader;
  -- No function that could change something, or that lends its owner's rights.
  for opened in
    select p.oid::regprocedure as name
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where
      (n.nspname = 'racing' or n.nspname = 'public' and p.proname = 'silk_url')
      and p.prokind = 'f' and p.provolatile in ('i', 's') and not p.prosecdef
      and p.prorettype <> 'trigger'::regtype
    order by 1
  loop
    execute format('grant execute on function %s to racing_reader', opened.name);
  end loop;
end
$$;

-- To remove it:
--   grant racing_reader to postgres; drop owned by racing_reader; drop role racing_reader;
