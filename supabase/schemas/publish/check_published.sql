-- What is open over the API, for check_setup.

create function engine.check_published()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with published as (
    select
      string_agg(distinct g.role_name, ' and ' order by g.role_name) as readers,
      coalesce(array_agg(distinct g.role_name), '{}') as roles,
      coalesce(bool_or(g.role_name = 'anon'), false) as is_for_anon
    from engine.api_grants as g
  ),
  rights as materialized (
    select held.* from engine.api_rights() as held
  ),
  lacking as (
    select count(distinct p.name) as number, min(p.name) as example
    from engine.publishable() as p
    cross join published
    cross join unnest(published.roles) as reader (role_name)
    where
      not exists (
        select from rights as held
        where
          held.kind = p.kind and held.name = p.name and held.role_name = reader.role_name
          and held.privilege = case p.kind when 'schema' then 'usage' when 'function' then 'execute' else 'select' end
      )
      or (
        p.kind = 'table' and not exists (
          select from pg_catalog.pg_policy as policy
          where policy.polrelid = p.name::regclass and policy.polname = 'published_reads'
        )
      )
  ),
  -- All in the engine and in racing is ours, and in public what has a comment and is no extension's.
  mistaken as (
    select
      count(*) as number,
      (array_agg(format('%s on %s to %s', held.privilege, held.name, held.role_name) order by held.name))[1] as example
    from rights as held
    cross join published
    left join engine.publishable() as p on p.kind = held.kind and p.name = held.name
    where
      (
        p.name is null
        or held.privilege not in ('usage', 'select', 'execute')
        -- Somebody opened it before it was published, or to others.
        or held.role_name <> all (published.roles)
      )
      and (
        held.name ~ '^(engine|racing)(\.|$)'
        or case held.kind
          when 'schema' then false
          when 'function' then
            pg_catalog.obj_description(held.name::regprocedure, 'pg_proc') is not null
            and not exists (
              select from pg_catalog.pg_depend as d
              where
                d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = held.name::regprocedure and d.deptype = 'e'
            )
          else
            pg_catalog.obj_description(held.name::regclass, 'pg_class') is not null
            and not exists (
              select from pg_catalog.pg_depend as d
              where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = held.name::regclass and d.deptype = 'e'
            )
        end
      )
  ),
  counted as (
    select
      format(
        '%s tables, %s views, %s functions', count(*) filter (where p.kind = 'table'),
        count(*) filter (where p.kind = 'view'), count(*) filter (where p.kind = 'function')
      ) as words
    from engine.publishable() as p
  )
  select
    'published',
    case when mistaken.number > 0 or lacking.number > 0 then 'warning' else 'ok' end,
    case
      when mistaken.number > 0 then
        format('Open over the API, and not by publish_api: %s%s.', mistaken.example,
          case when mistaken.number > 1 then format(' and %s more', mistaken.number - 1) end)
      when lacking.number > 0 then
        format('Published to %s, but not yet all: %s is not, of %s.', published.readers, lacking.example,
          lacking.number)
      when published.readers is null then 'Nothing is published: with the publishable key nothing of ours is read.'
      else format('Open to read for %s: %s, of the racing data only.', published.readers, counted.words)
    end,
    case
      when mistaken.number > 0 then
        'If nobody meant it, revoke it; select * from engine.api_rights(); lists all that is open.'
      when lacking.number > 0 then
        format('select * from publish_api(%L);', case when published.is_for_anon then 'anon' else 'authenticated' end)
      when published.readers is null then 'Nothing.'
      else 'Nothing. To close it: select unpublish_api();'
    end
  from published
  cross join lacking
  cross join mistaken
  cross join counted
$$;
comment on function engine.check_published() is
  'What is open over the API to whom: what publish_api opened, what it would open since, and what somebody else did.';
