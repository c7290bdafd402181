import type { Sql } from "../../project/project_database.ts";
import { UsageProblem } from "../answer.ts";
import { ask } from "../database.ts";
import { type Column, quoteName, selectList } from "./columns.ts";
import { dayAfter, type Period } from "./periods.ts";

/** What can be exported: a table of the racing data, or a view over it. */
export interface Relation {
  /** `runner_form` */
  readonly name: string;
  /** `racing` */
  readonly schema: string;
  readonly columns: readonly Column[];
}

/** Finds what is called so, with its schema or without. */
export async function findRelation(sql: Sql, wanted: string): Promise<Relation> {
  const all = await ask<Relation>(
    sql,
    sql`
      select
        c.relname as name,
        n.nspname as schema,
        json_agg(
          json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum
        ) as columns
      from engine.publishable() as p
      join pg_catalog.pg_class as c on c.oid = p.name::regclass
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where p.kind in ('table', 'view')
      group by c.relname, n.nspname, p.place
      order by n.nspname = 'racing' desc, p.place, c.relname
    `,
  );
  const found = all.find(({ name, schema }) => wanted === name || wanted === `${schema}.${name}`);
  if (found !== undefined) return found;
  throw new UsageProblem(
    `There is nothing called "${wanted}" to export. There are: ${all.map(({ name }) => name).join(", ")}.`,
  );
}

/** By which day the rows of a relation are told apart, in SQL; undefined for one without days. */
function dayOf({ columns }: Relation): { join: string; day: string } | undefined {
  const has = (name: string) => columns.some((column) => column.name === name);
  if (has("race_date")) return { join: "", day: 'source."race_date"' };
  if (!has("race_id")) return undefined;
  return { join: "join public.ra_races as race on race.id = source.race_id", day: "race.race_date" };
}

export function hasDays(relation: Relation): boolean {
  return dayOf(relation) !== undefined;
}

/** The statement that reads the rows of a period, in an order that is the same each time. */
export function exportQuery(
  relation: Relation,
  format: "csv" | "parquet",
  period: Period | undefined,
): { readonly text: string; readonly values: string[] } {
  const { schema, name, columns } = relation;
  const by = period === undefined ? undefined : dayOf(relation);
  const keys = ["race_date", "race_id", "id", "horse_id", "bookmaker_code", "code", "key"]
    .filter((key) => columns.some((column) => column.name === key))
    .map((key) => `source.${quoteName(key)}`);
  const order = [...by === undefined ? [] : [by.day], ...keys];
  return {
    text: [
      `select ${selectList(columns, format)} from ${quoteName(schema)}.${quoteName(name)} as source`,
      ...by === undefined ? [] : [by.join, `where ${by.day} >= $1::date and ${by.day} < $2::date`],
      ...order.length === 0 ? [] : [`order by ${[...new Set(order)].join(", ")}`],
    ].join(" "),
    values: by === undefined || period === undefined ? [] : [period.first, dayAfter(period.last)],
  };
}
