-- What may be published over the API, what is, and what else is open there.

create table engine.api_grants (
  role_name text not null,
  kind text not null,
  name text not null,
  constraint api_grants_pkey primary key (role_name, kind, name),
  constraint api_grants_role_known check (role_name in ('anon', 'authenticated')),
  constraint api_grants_kind_known check (kind in ('schema', 'table', 'view', 'function'))
);
comment on table engine.api_grants is
  'The rights that publish_api gave and that were not there before: unpublish_api takes back these, and no other.';
comment on column engine.api_grants.role_name is 'Who got the right.';
comment on column engine.api_grants.kind is
  'What the right is on: usage of the schema, select of a table or view, execute of a function.';
comment on column engine.api_grants.name is 'With its schema, a function with the types of its arguments.';

alter table engine.api_grants enable row level security;

create function engine.publishable()
returns table (kind text, name text, place integer)
language sql
stable
security invoker
set search_path = ''
as $$
  with racing_data (name, place) as (
    -- In the order in which a page is stored, so that locking them never deadlocks with one.
    select listed.name, listed.place::integer
    from unnest(array[
      'ra_mst_regions', 'ra_mst_bookmakers', 'ra_mst_courses', 'ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires',
      'ra_mst_horses', 'ra_mst_jockeys', 'ra_mst_trainers', 'ra_mst_owners', 'ra_races', 'ra_runners',
      'ra_runner_odds', 'ra_runner_odds_history', 'ra_runner_prices', 'ra_runner_names'
    ]) with ordinality as listed (name, place)
  )
  select 'schema', n.nspname::text, 0
  from pg_catalog.pg_namespace as n
  where n.nspname = 'racing'
  union all
  select
    case when c.relkind in ('r', 'p') then 'table' else 'view' end,
    c.oid::regclass::text,
    coalesce(listed.place, 1000)
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join racing_data as listed on n.nspname = 'public' and listed.name = c.relname
  where c.relkind in ('r', 'p', 'v', 'm') and (listed.name is not null or n.nspname = 'racing')
  union all
  select 'function', p.oid::regprocedure::text, 2000
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  -- What may change something is not published, wherever it is.
  where
    (n.nspname = 'racing' or (n.nspname = 'public' and p.proname = 'silk_url'))
    and p.prokind = 'f' and p.provolatile in ('i', 's') and not p.prosecdef
    and p.prorettype <> 'trigger'::regtype
$$;
comment on function engine.publishable() is
  'What publish_api opens: kind (schema, table, view, function), name with its schema, and place, in the order of which
   tables are locked. In public the racing data, by name: a new table is added here. Of the schema racing, which is made
   to be read, all but functions that could change something (volatile) or lend their owner''s rights.';

create function engine.api_rights()
returns table (role_name text, kind text, name text, privilege text, is_direct boolean)
language sql
stable
security invoker
set search_path = ''
as $$
  with objects (kind, name, acl, owner, default_acl) as (
    select 'schema', n.nspname::text, n.nspacl, n.nspowner, 'n'
    from pg_catalog.pg_namespace as n
    where n.nspname in ('engine', 'racing')
    union all
    select
      case when c.relkind in ('r', 'p') then 'table' else 'view' end,
      c.oid::regclass::text, c.relacl, c.relowner, 'r'
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm') and n.nspname in ('public', 'engine', 'racing')
    union all
    select 'function', p.oid::regprocedure::text, p.proacl, p.proowner, 'f'
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname in ('public', 'engine', 'racing')
  )
  select distinct on (role.name, o.kind, o.name, lower(a.privilege_type))
    role.name, o.kind, o.name, lower(a.privilege_type), a.grantee <> 0
  from objects as o
  cross join lateral aclexplode(coalesce(o.acl, acldefault(o.default_acl::"char", o.owner))) as a
  join pg_catalog.pg_roles as granted on granted.oid = a.grantee and granted.rolname in ('anon', 'authenticated')
    or a.grantee = 0
  cross join (values ('anon'), ('authenticated')) as role (name)
  where a.grantee = 0 or granted.rolname = role.name
  order by role.name, o.kind, o.name, lower(a.privilege_type), a.grantee <> 0 desc
$$;
comment on function engine.api_rights() is
  'What anon and authenticated may do with objects in public, engine and racing, by any grant: role_name, kind
   (schema, table, view, function), name with its schema, privilege, and is_direct: granted to the role itself, not to
   everybody. Row level security comes on top: without a policy, a table that may be read shows no row.';
