import type { Sql } from "../platform/database.ts";
import { NOT_COMPARED } from "../world/not_compared.ts";

/** How many rows a table holds, and a hash of all of them. */
export interface TableDigest {
  readonly rows: number;
  readonly hash: string;
}

/** What a filled database holds, by the table's name. */
export type Digest = Readonly<Record<string, TableDigest>>;

/** Keeps the rows of every `ra_*` table as what later runs are compared with, and resolves to their digest. */
export async function keepAsReference(sql: Sql): Promise<Digest> {
  await sql`create table testing.reference (name text not null, hash text not null)`;
  for (const name of await tableNames(sql)) {
    await sql.unsafe(
      `insert into testing.reference select '${name}', row.hash from ${hashedRows(name)} as row`,
    );
  }
  await sql`create index on testing.reference (name, hash)`;
  return await takeDigest(sql);
}

/** The digest of every `ra_*` table. */
export async function takeDigest(sql: Sql): Promise<Digest> {
  const digest: Record<string, TableDigest> = {};
  for (const name of await tableNames(sql)) {
    const [row] = await sql.unsafe<TableDigest[]>(`
      select count(*)::integer as rows, md5(coalesce(string_agg(row.hash, '' order by row.hash), '')) as hash
      from ${hashedRows(name)} as row
    `);
    if (row !== undefined) digest[name] = row;
  }
  return digest;
}

/** A sentence for each table that differs from the reference. */
export async function describeDifferences(sql: Sql, expected: Digest, found: Digest): Promise<string[]> {
  const sentences: string[] = [];
  for (const name of differingTables(expected, found)) {
    const [counts] = await sql.unsafe<{ missing: number; other: number; example: string | null }[]>(`
      with
        reference as (select hash from testing.reference where name = '${name}'),
        stored as (select * from ${hashedRows(name)} as row)
      select
        (select count(*)::integer from reference where hash not in (select hash from stored)) as missing,
        (select count(*)::integer from stored where hash not in (select hash from reference)) as other,
        (select content from stored where hash not in (select hash from reference) order by content limit 1) as example
    `);
    sentences.push(
      `${name} differs from a run without faults: it lacks ${counts?.missing} of ${
        expected[name]?.rows ?? 0
      } rows and has ` +
        `${counts?.other} others${counts?.example ? `, such as ${counts.example.slice(0, 400)}` : ""}.`,
    );
  }
  return sentences;
}

/** The tables whose digests are not the same. */
export function differingTables(expected: Digest, found: Digest): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names].toSorted().filter((name) => {
    const [one, other] = [expected[name], found[name]];
    return one?.rows !== other?.rows || one?.hash !== other?.hash;
  });
}

async function tableNames(sql: Sql): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select tablename as name from pg_catalog.pg_tables where schemaname = 'public' and tablename like 'ra\\_%'
      order by 1
  `;
  return tables.map(({ name }) => name);
}

/** Each row as text, and its hash. */
function hashedRows(table: string): string {
  const content = `(to_jsonb(t) - '{${NOT_COMPARED.join()}}'::text[])::text`;
  return `(select ${content} as content, md5(${content}) as hash from public.${table} as t)`;
}
