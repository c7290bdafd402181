/** Comments on everything in the project's schemas that can have one, and on those schemas. */
export const COMMENTS: readonly string[] = [
  `select
     case
       when d.classoid = 'pg_class'::regclass then d.objoid::regclass::text
       when d.classoid = 'pg_namespace'::regclass then 'schema ' || thing.identity
       -- A trigger, a constraint or a policy belongs to its table.
       else regexp_replace(thing.identity, '^.* on ', '')
     end as object,
     10 as place,
     format('comment on %s %s is %L;',
       regexp_replace(thing.type, '^.* (column|constraint)$', '\\1'), thing.identity, d.description) as text
   from pg_catalog.pg_description as d
   cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) as thing
   where
     -- Those below are of Postgres itself.
     d.objoid >= 16384
     and (thing.type = 'schema' and thing.identity in ('engine', 'racing') or thing.identity ~ '(^|.* on )(public|engine|racing)[.]')`,
];
