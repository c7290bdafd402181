import { isOurs } from "./ours.ts";

const GRANTEE = "case privilege.grantee when 0 then 'public' else privilege.grantee::regrole::text end";
const OPTION = "case when bool_or(privilege.is_grantable) then ' with grant option' else '' end";
const LIST =
  "string_agg(lower(privilege.privilege_type), ', ' order by lower(privilege.privilege_type) collate \"C\")";

/**
 * Row level security, policies and grants. An owner may do everything; other roles only what is listed here. Where
 * nothing was ever granted or revoked Postgres' own defaults hold, so those are read as if they had been granted.
 */
export const RIGHTS: readonly string[] = [
  `select c.oid::regclass::text as object, 4 as place,
     format('alter table %s %s row level security;', c.oid::regclass,
       case
         when c.relrowsecurity and c.relforcerowsecurity then 'force'
         when c.relrowsecurity then 'enable'
         else 'disable'
       end
     ) as text
   from pg_catalog.pg_class as c
   where ${isOurs("c.relnamespace")} and c.relkind in ('r', 'p')`,

  `select c.oid::regclass::text as object, 5 as place,
     format('create policy %I on %s as %s for %s to %s%s%s;',
       p.polname,
       c.oid::regclass,
       case when p.polpermissive then 'permissive' else 'restrictive' end,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
         when 'd' then 'delete' else 'all' end,
       (
         select string_agg(role.name, ', ' order by role.name collate "C")
         from unnest(p.polroles) as member
         cross join lateral (select case member when 0 then 'public' else member::regrole::text end as name) as role
       ),
       ' using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
       ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'
     ) as text
   from pg_catalog.pg_policy as p
   join pg_catalog.pg_class as c on c.oid = p.polrelid
   where ${isOurs("c.relnamespace")}`,

  // The rights in the schema public are up to the platform.
  `select 'schema ' || n.nspname as object, 6 as place,
     format('grant %s on schema %I to %s%s;', ${LIST}, n.nspname, ${GRANTEE}, ${OPTION}) as text
   from pg_catalog.pg_namespace as n
   cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as privilege
   where ${isOurs("n.oid")} and n.nspname <> 'public' and privilege.grantee <> n.nspowner
   group by n.oid, n.nspname, privilege.grantee`,

  `select c.oid::regclass::text as object, 6 as place,
     format('grant %s on %s%s to %s%s;', ${LIST}, case c.relkind when 'S' then 'sequence ' else '' end, c.oid::regclass,
       ${GRANTEE}, ${OPTION}) as text
   from pg_catalog.pg_class as c
   cross join lateral aclexplode(
     coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
   ) as privilege
   where ${
    isOurs("c.relnamespace")
  } and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and privilege.grantee <> c.relowner
   group by c.oid, c.relkind, privilege.grantee`,

  `select c.oid::regclass::text as object, 7 as place,
     format('grant %s (%I) on %s to %s%s;', ${LIST}, a.attname, c.oid::regclass, ${GRANTEE}, ${OPTION}) as text
   from pg_catalog.pg_attribute as a
   join pg_catalog.pg_class as c on c.oid = a.attrelid
   cross join lateral aclexplode(a.attacl) as privilege
   where ${isOurs("c.relnamespace")} and privilege.grantee <> c.relowner
   group by c.oid, a.attname, privilege.grantee`,

  `select p.oid::regprocedure::text as object, 6 as place,
     format('grant %s on function %s to %s%s;', ${LIST}, p.oid::regprocedure, ${GRANTEE}, ${OPTION}) as text
   from pg_catalog.pg_proc as p
   cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as privilege
   where ${isOurs("p.pronamespace")} and privilege.grantee <> p.proowner
   group by p.oid, privilege.grantee`,

  `select
     case when d.defaclnamespace = 0 then 'default grants' else 'schema ' || d.defaclnamespace::regnamespace end as object,
     7 as place,
     format('alter default privileges for role %s grant %s on "%s" to %s%s;',
       d.defaclrole::regrole, ${LIST}, d.defaclobjtype,
       ${GRANTEE}, ${OPTION}) as text
   from pg_catalog.pg_default_acl as d
   cross join lateral aclexplode(d.defaclacl) as privilege
   where d.defaclnamespace = 0 or ${isOurs("d.defaclnamespace")}
   group by d.oid, d.defaclnamespace, d.defaclrole, d.defaclobjtype, privilege.grantee`,

  // Everything should belong to the role that runs the migrations. Other owners are shown.
  `select c.oid::regclass::text as object, 8 as place,
     format('alter table %s owner to %s;', c.oid::regclass, c.relowner::regrole) as text
   from pg_catalog.pg_class as c
   where ${isOurs("c.relnamespace")} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
     and c.relowner::regrole::text <> 'postgres'`,

  `select p.oid::regprocedure::text as object, 8 as place,
     format('alter function %s owner to %s;', p.oid::regprocedure, p.proowner::regrole) as text
   from pg_catalog.pg_proc as p
   where ${isOurs("p.pronamespace")} and p.proowner::regrole::text <> 'postgres'`,

  // A publication sends its tables' changes out of the database, for example to the platform's realtime service.
  `select c.oid::regclass::text as object, 9 as place,
     format('alter publication %I add table %s;', p.pubname, c.oid::regclass) as text
   from pg_catalog.pg_publication as p
   cross join lateral pg_get_publication_tables(p.pubname) as published
   join pg_catalog.pg_class as c on c.oid = published.relid
   where ${isOurs("c.relnamespace")}`,
];
