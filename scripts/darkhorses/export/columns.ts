import type { SchemaElement } from "hyparquet";

/** A column of what is exported, as the database describes it. */
export interface Column {
  readonly name: string;
  /** As `format_type` writes it: `numeric(8,2)`, `timestamp with time zone`. */
  readonly type: string;
}

/** How a type stands in Parquet, and how its values get there: as text from SQL, exact. */
interface Kind {
  readonly element: Omit<SchemaElement, "name" | "repetition_type">;
  /** SQL that turns the column into the text that `read` reads. */
  readonly sql: (column: string) => string;
  readonly read: (text: string) => unknown;
}

const asText = (column: string) => `${column}::text`;
const STRING: Kind = {
  element: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  sql: asText,
  read: (text) => text,
};
const DOUBLE: Kind = { element: { type: "DOUBLE" }, sql: asText, read: Number };
const INT32: Kind = { element: { type: "INT32" }, sql: asText, read: Number };

const KINDS: Readonly<Record<string, Kind>> = {
  smallint: INT32,
  integer: INT32,
  bigint: { element: { type: "INT64" }, sql: asText, read: BigInt },
  real: DOUBLE,
  "double precision": DOUBLE,
  numeric: DOUBLE,
  boolean: { element: { type: "BOOLEAN" }, sql: asText, read: (text) => text === "true" },
  date: {
    element: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
    sql: (column) => `(${column} - date '1970-01-01')::text`,
    read: Number,
  },
  "timestamp with time zone": {
    element: {
      type: "INT64",
      converted_type: "TIMESTAMP_MICROS",
      logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
    },
    sql: (column) => `(extract(epoch from ${column}) * 1000000)::bigint::text`,
    read: BigInt,
  },
  jsonb: {
    element: { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } },
    sql: asText,
    read: (text) => JSON.parse(text),
  },
};

/** The most digits of a decimal that fit into 64 bits. */
const MOST_DIGITS = 18;

function kindOf(type: string): Kind {
  const [, digits, scale] = /^numeric\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (digits !== undefined && scale !== undefined && Number(digits) <= MOST_DIGITS) {
    const [precision, places] = [Number(digits), Number(scale)];
    return {
      element: {
        ...{ type: "INT64", converted_type: "DECIMAL", precision, scale: places },
        logical_type: { type: "DECIMAL", precision, scale: places },
      },
      sql: (column) => `trunc(${column} * ${10 ** places})::bigint::text`,
      // What is a whole number already is written as it is.
      read: BigInt,
    };
  }
  if (type.endsWith("[]")) {
    const { element, read } = KINDS["jsonb"] ?? STRING;
    return { element, read, sql: (column) => `to_jsonb(${column})::text` };
  }
  return KINDS[type] ?? STRING;
}

/** The column of a Parquet file. */
export function parquetElement({ name, type }: Column): SchemaElement {
  return { name, repetition_type: "OPTIONAL", ...kindOf(type).element };
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The select list of an export: each column as the text that the format wants. */
export function selectList(columns: readonly Column[], format: "csv" | "parquet"): string {
  const sql = format === "parquet" ? (column: Column) => kindOf(column.type).sql : csvSql;
  return columns.map((column) => {
    const name = quoteName(column.name);
    return `${sql(column)(`source.${name}`)} as ${name}`;
  }).join(", ");
}

/** Times in UTC, as ISO 8601 writes them; lists as JSON; everything else as Postgres prints it. */
function csvSql({ type }: Column): (column: string) => string {
  if (type === "timestamp with time zone") {
    return (column) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  }
  if (type.endsWith("[]")) return (column) => `to_jsonb(${column})::text`;
  return asText;
}

/** A row's values as the Parquet file holds them. */
export function parquetRow(
  columns: readonly Column[],
): (row: Readonly<Record<string, string | null>>) => Record<string, unknown> {
  const readers = columns.map(({ name, type }) => [name, kindOf(type).read] as const);
  return (row) =>
    Object.fromEntries(readers.map(([name, read]) => {
      const text = row[name] ?? null;
      return [name, text === null ? null : read(text)];
    }));
}
