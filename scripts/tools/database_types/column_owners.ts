import type { Sql } from "../../lab/platform/database.ts";

/** A column whose comment says which feed fills it. */
export interface OwnedColumn {
  readonly table: string;
  readonly column: string;
  readonly owner: Owner;
}

const OWNERS = ["Card", "Result", "Both"] as const;
type Owner = typeof OWNERS[number];

/** Who owns which column, as the database reads it from the comments. */
export async function readColumnOwners(sql: Sql): Promise<OwnedColumn[]> {
  return [
    ...await sql<OwnedColumn[]>`
      select table_name as table, column_name as column, owner
      from engine.column_owners
      where owner is not null
      order by table_name, column_name
    `,
  ];
}

/** The type ColumnOwners: unions of column names by table and owner, all three owners of each table. */
export function renderColumnOwners(columns: readonly OwnedColumn[]): string {
  const tables = Map.groupBy(columns, ({ table }) => table);
  return [
    "/** Which feed fills a column, by table: what the column's comment begins with. */",
    "export type ColumnOwners = {",
    ...[...tables].flatMap(([table, owned]) => [
      `${table}: {`,
      ...OWNERS.map((owner) => `${owner}: ${union(owned.filter((one) => one.owner === owner))};`),
      "};",
    ]),
    "};",
    "",
  ].join("\n");
}

function union(columns: readonly OwnedColumn[]): string {
  return columns.map(({ column }) => JSON.stringify(column)).join(" | ") || "never";
}
