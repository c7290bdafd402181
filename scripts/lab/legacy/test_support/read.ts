/** What is in a database, for comparing it before and after. */

import type { Sql } from "../../platform/database.ts";

/** Names of the tables and views of a schema. */
export async function relationsOf(sql: Sql, schema: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select relname::text as name from pg_class
    where relnamespace = to_regnamespace(${schema}) and relkind in ('r', 'v') order by relname
  `;
  return rows.map(({ name }) => name);
}

/** Rows and a digest of each relation, as a reader with a search path sees it. */
export async function contentsOf(
  sql: Sql,
  path: string,
  names: readonly string[],
  role = "postgres",
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await sql.begin(async (transaction) => {
    await transaction.unsafe(`set local role ${role}`);
    await transaction.unsafe(`set local search_path = ${path}`);
    for (const name of names) {
      const [row] = await transaction.unsafe<{ rows: number; digest: string | null }[]>(
        `select count(*)::integer as rows, md5(string_agg(r::text, '|' order by r::text collate "C")) as digest
         from ${name} as r`,
      );
      found[name] = `${row?.rows} ${row?.digest}`;
    }
  });
  return found;
}

/** Columns, keys, indexes, sequences and defaults of a schema's tables, without the schema's name. */
export async function shapeOf(sql: Sql, schema: string, names: readonly string[]): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`
    select format('%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
      pg_get_expr(d.adbin, d.adrelid)) as text
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = to_regnamespace(${schema}) and c.relname = any (${names})
    union all
    select format('%s %s %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
    from pg_constraint as k join pg_class as c on c.oid = k.conrelid
    where k.connamespace = to_regnamespace(${schema}) and c.relname = any (${names})
    union all
    select pg_get_indexdef(i.indexrelid)
    from pg_index as i join pg_class as c on c.oid = i.indrelid
    where c.relnamespace = to_regnamespace(${schema}) and c.relname = any (${names})
    order by 1
  `;
  return rows.map(({ text }) => text.replaceAll(`${schema}.`, "")).sort();
}
