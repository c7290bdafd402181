import type postgres from "postgres";
import { isOurs } from "./ours.ts";
import type { SchemaStatement } from "./statements.ts";

/** Tables, and which of their columns hold a time. */
const TABLES = `
  select
    c.oid::regclass::text as name,
    array(
      select a.attname::text
      from pg_catalog.pg_attribute as a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'timestamptz'::regtype
    ) as times
  from pg_catalog.pg_class as c
  where ${isOurs("c.relnamespace")} and c.relkind = 'r'
`;

/** Longer ago than a database is made, and more recent than any time that a schema file could write down. */
const NEW = "between now() - interval '1 hour' and clock_timestamp()";

/**
 * The rows that a new database holds already. A time of the last hour is when its row was made, and differs from one
 * database to the next; any other time is what a row says.
 */
export async function readRows(transaction: postgres.TransactionSql): Promise<SchemaStatement[]> {
  const tables = await transaction.unsafe<{ name: string; times: string[] }[]>(TABLES);
  if (tables.length === 0) return [];
  const queries = tables.map(({ name, times }) => {
    const made = times.map((time) => {
      const column = `t."${time.replaceAll('"', '""')}"`;
      const key = literal(time);
      return ` || case when ${column} ${NEW} then jsonb_build_object(${key}, 'when it was made') else '{}' end`;
    });
    return `select ${literal(name)} as object, 11 as place,
      format('insert into %s: %s', ${literal(name)}, to_jsonb(t)${
      made.join("")
    }) as text from only ${name} as t`;
  });
  return await transaction.unsafe<SchemaStatement[]>(queries.join(" union all "));
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
