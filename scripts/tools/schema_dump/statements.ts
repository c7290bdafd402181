import type postgres from "postgres";
import type { Sql } from "../../lab/platform/database.ts";
import { COMMENTS } from "./comments.ts";
import { FUNCTIONS } from "./functions.ts";
import { RELATIONS } from "./relations.ts";
import { RIGHTS } from "./rights.ts";
import { readRows } from "./rows.ts";

/** One statement of the dump, and the object that it belongs to. */
export interface SchemaStatement {
  /** `public.ra_races`, `engine.clock()`: what the statements of one object are gathered under. */
  readonly object: string;
  /** Its place among the statements of its object: a table before its indexes before its grants. */
  readonly place: number;
  readonly text: string;
}

/** What extensions brought into the project's schemas is not the project's. */
const FROM_EXTENSIONS = `
  select case d.classid
    when 'pg_proc'::regclass then d.objid::regprocedure::text
    when 'pg_type'::regclass then d.objid::regtype::text
    else d.objid::regclass::text
  end as object
  from pg_catalog.pg_depend as d
  where d.deptype = 'e' and d.classid in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
`;

/** Reads everything that makes a database of the project what it is, in no particular order. */
export async function readStatements(sql: Sql): Promise<SchemaStatement[]> {
  // postgres.js types the result as if it could unwrap arrays of queries.
  return await sql.begin("read only", readStatementsIn) as SchemaStatement[];
}

/** The same in a transaction, whose search path it empties. */
export async function readStatementsIn(transaction: postgres.TransactionSql): Promise<SchemaStatement[]> {
  // Postgres then prints every name with its schema.
  await transaction.unsafe("set local search_path = ''");
  const rows = await transaction.unsafe<{ object: string }[]>(FROM_EXTENSIONS);
  const foreign = new Set(rows.map(({ object }) => object));
  const statements: SchemaStatement[] = [];
  for (const query of [...RELATIONS, ...FUNCTIONS, ...RIGHTS, ...COMMENTS]) {
    statements.push(...await transaction.unsafe<SchemaStatement[]>(query));
  }
  statements.push(...await readRows(transaction));
  return statements.filter(({ object }) => !foreign.has(object));
}
