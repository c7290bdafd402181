import type { Sql } from "../../lab/platform/database.ts";
import type { DatabaseFunction, Relation, Schema } from "./schema.ts";

/** Reads the schemas public and racing from the database's own catalogue. */
export async function readSchema(sql: Sql): Promise<Schema> {
  return { relations: await readRelations(sql), functions: await readFunctions(sql) };
}

async function readRelations(sql: Sql): Promise<Relation[]> {
  return [
    ...await sql<Relation[]>`
      with keys as (
        select
          con.conrelid,
          con.conname,
          con.contype,
          con.confrelid,
          array(
            select a.attname::text
            from unnest(con.conkey) with ordinality as k (attnum, place)
            join pg_catalog.pg_attribute as a on a.attrelid = con.conrelid and a.attnum = k.attnum
            order by k.place
          ) as columns
        from pg_catalog.pg_constraint as con
        where con.contype in ('p', 'u', 'f')
      )
      select
        case when c.relnamespace = 'racing'::regnamespace then 'racing.' else '' end || c.relname as name,
        case c.relkind when 'v' then 'view' when 'c' then 'type' else 'table' end as kind,
        case when c.relkind = 'c' then obj_description(c.reltype, 'pg_type') else
          obj_description(c.oid, 'pg_class') end as comment,
        (
          select jsonb_agg(
            jsonb_build_object(
              'name', a.attname,
              'type', format_type(a.atttypid, a.atttypmod),
              'nullable', not a.attnotnull,
              'owner', owned.owner,
              'comment', col_description(c.oid, a.attnum)
            )
            order by a.attnum
          )
          from pg_catalog.pg_attribute as a
          left join engine.column_owners as owned on owned.table_name = c.relname and c.relnamespace = 'public'::regnamespace
            and owned.column_name = a.attname
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ) as columns,
        coalesce((select to_jsonb(k.columns) from keys as k where k.conrelid = c.oid and k.contype = 'p'), '[]') as key,
        coalesce(
          (select jsonb_agg(k.columns order by k.conname) from keys as k
            where k.conrelid = c.oid and k.contype = 'u'), '[]'
        ) as unique,
        coalesce(
          (
            select jsonb_agg(
              jsonb_build_object('columns', k.columns, 'relation', target.relname)
              order by k.columns, target.relname
            )
            from keys as k
            join pg_catalog.pg_class as target on target.oid = k.confrelid
            where k.conrelid = c.oid and k.contype = 'f'
          ),
          '[]'
        ) as references
      from pg_catalog.pg_class as c
      where c.relnamespace in ('public'::regnamespace, 'racing'::regnamespace) and c.relkind in ('r', 'p', 'v', 'c')
    `,
  ];
}

async function readFunctions(sql: Sql): Promise<DatabaseFunction[]> {
  return [
    ...await sql<DatabaseFunction[]>`
      select
        case when p.pronamespace = 'racing'::regnamespace then 'racing.' else '' end || p.proname as name,
        pg_get_function_arguments(p.oid) as arguments,
        pg_get_function_result(p.oid) as result,
        obj_description(p.oid, 'pg_proc') as comment
      from pg_catalog.pg_proc as p
      where p.pronamespace in ('public'::regnamespace, 'racing'::regnamespace)
    `,
  ];
}
