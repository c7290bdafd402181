import type { Sql } from "../../../../scripts/lab/platform/database.ts";

/** A table, view or sequence of ours. */
export interface Relation {
  /** Quoted and with its schema, as it stands in SQL. */
  readonly name: string;
  readonly kind: "table" | "view" | "sequence";
  /** A column, of a view one that can be updated where there is one; null of a sequence. */
  readonly column: string | null;
  /** What can be done to its rows, rights aside. */
  readonly writes: readonly ("insert" | "update" | "delete")[];
}

/** A function of ours. */
export interface Routine {
  readonly schema: string;
  readonly name: string;
  /** `public.reserve_slot(text)` */
  readonly signature: string;
  /** `null::text, null::integer` */
  readonly nulls: string;
  /** The names of the arguments that have no default. */
  readonly required: readonly string[];
  readonly isTrigger: boolean;
}

/** Every table, view and sequence in the schemas public, engine and racing: new ones come along by themselves. */
export async function ourRelations(sql: Sql): Promise<Relation[]> {
  return [
    ...await sql<Relation[]>`
      select
        format('%I.%I', c.relnamespace::regnamespace, c.relname) as name,
        case when c.relkind = 'S' then 'sequence' when c.relkind in ('v', 'm') then 'view' else 'table' end as kind,
        (
          select quote_ident(a.attname)
          from pg_catalog.pg_attribute as a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and c.relkind <> 'S'
          order by not pg_column_is_updatable(c.oid, a.attnum, false), a.attnum
          limit 1
        ) as column,
        array(
          select event.name from (values ('insert', 8), ('update', 4), ('delete', 16)) as event (name, bit)
          where c.relkind <> 'S' and pg_relation_is_updatable(c.oid, false) & event.bit <> 0
        ) as writes
      from pg_catalog.pg_class as c
      where
        c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      order by name
    `,
  ];
}

/** Every function in the schemas public, engine and racing. */
export async function ourRoutines(sql: Sql): Promise<Routine[]> {
  return [
    ...await sql<Routine[]>`
      select
        p.pronamespace::regnamespace::text as schema,
        p.proname::text as name,
        format('%I.%I(%s)', p.pronamespace::regnamespace, p.proname,
          pg_get_function_identity_arguments(p.oid)) as signature,
        (
          select coalesce(string_agg(case
            when p.provariadic <> 0 and argument.place = p.pronargs then 'variadic '
            else ''
          end || 'null::' || case
            when argument.type = 'anyelement'::regtype then 'text' else argument.type::regtype::text
          end, ', ' order by argument.place), '')
          from unnest(p.proargtypes::oid[]) with ordinality as argument (type, place)
        ) as nulls,
        coalesce(p.proargnames[1 : p.pronargs - p.pronargdefaults], '{}') as required,
        p.prorettype = 'trigger'::regtype as "isTrigger"
      from pg_catalog.pg_proc as p
      where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
      order by signature
    `,
  ];
}
