import { RestError } from "./rest_errors.ts";

/** PostgREST on the hosted platform never returns more rows at once. */
export const MAX_ROWS = 1000;

/** The SQL type of each column that a request may name. */
export type ColumnTypes = Map<string, string>;

/** What the query string of a read asks for, as pieces of SQL; `values` are the statement's parameters. */
export interface ReadQuery {
  columns: string;
  where: string;
  orderBy: string;
  limit: number;
  offset: number;
  values: string[];
}

/** The parameters of a query string that are no filters. */
const RESERVED = new Set(["select", "order", "limit", "offset", "columns", "on_conflict"]);

const COMPARISONS: Record<string, string> = {
  eq: "=",
  neq: "<>",
  gt: ">",
  gte: ">=",
  lt: "<",
  lte: "<=",
  like: "like",
  ilike: "ilike",
};

const IS_VALUES = new Set(["null", "true", "false", "unknown"]);

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Translates a query string; `source` names the table or function in error messages.
 *
 * @param before the parameters that the statement has before those of the query string
 */
export function parseReadQuery(
  params: URLSearchParams,
  types: ColumnTypes,
  source: string,
  before: readonly string[] = [],
): ReadQuery {
  const values = [...before];
  const typeOf = (column: string): string => {
    const type = types.get(column);
    if (type === undefined) {
      throw new RestError(400, "42703", `column ${source}.${column} does not exist`);
    }
    return type;
  };
  const filters = Array.from(params)
    .filter(([name]) => !RESERVED.has(name))
    .map(([name, condition]) => {
      if (name === "or" || name === "and" || name === "not.or" || name === "not.and") {
        throw unsupported(`${name}=…`);
      }
      return filterSql(name, typeOf(name), condition, values);
    });
  return {
    columns: selectSql(params.get("select") ?? "*", typeOf),
    where: filters.length === 0 ? "" : `where ${filters.join(" and ")}`,
    orderBy: orderSql(params.get("order"), typeOf),
    limit: Math.min(wholeNumber(params.get("limit"), "limit") ?? MAX_ROWS, MAX_ROWS),
    offset: wholeNumber(params.get("offset"), "offset") ?? 0,
    values,
  };
}

function unsupported(what: string): RestError {
  return new RestError(
    400,
    "PGRST100",
    `The local gateway does not understand "${what}"`,
    null,
    "It knows select=a,alias:b,c::type, the filters eq neq gt gte lt lte like ilike in is (and not.…), order, limit " +
      "and offset.",
  );
}

function wholeNumber(text: string | null, name: string): number | undefined {
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw unsupported(`${name}=${text}`);
  return Number(text);
}

function selectSql(select: string, typeOf: (column: string) => string): string {
  return select.split(",").map((item) => item.trim()).filter((item) => item !== "").map((item) => {
    if (item === "*") return "source.*";
    const [, alias, column = "", cast] =
      item.match(/^(?:([\w ]+):(?!:))?("[^"]+"|[\w ]+)(?:::([\w ]+(?:\[\])?))?$/) ?? [];
    const name = column.replaceAll('"', "");
    if (name === "") throw unsupported(`select=${item}`);
    typeOf(name);
    const value = `source.${quoteName(name)}${cast === undefined ? "" : `::${cast}`}`;
    return `${value} as ${quoteName(alias ?? name)}`;
  }).join(", ");
}

function orderSql(order: string | null, typeOf: (column: string) => string): string {
  if (order === null) return "";
  const parts = order.split(",").map((item) => {
    const [column = "", ...modifiers] = item.split(".");
    typeOf(column);
    let direction = "";
    let nulls = "";
    for (const modifier of modifiers) {
      if (modifier === "asc" || modifier === "desc") direction = ` ${modifier}`;
      else if (modifier === "nullsfirst") nulls = " nulls first";
      else if (modifier === "nullslast") nulls = " nulls last";
      else throw unsupported(`order=${item}`);
    }
    return `source.${quoteName(column)}${direction}${nulls}`;
  });
  return `order by ${parts.join(", ")}`;
}

function filterSql(column: string, type: string, condition: string, values: string[]): string {
  const left = `source.${quoteName(column)}`;
  const parameter = (value: string) => `($${values.push(value)}::text)::${type}`;

  const negated = condition.startsWith("not.");
  const [, operator = "", operand = ""] =
    (negated ? condition.slice(4) : condition).match(/^([a-z]+)\.([\s\S]*)$/) ?? [];
  const positive = (): string => {
    if (operator === "in") {
      const list = parseList(operand);
      return list.length === 0 ? "false" : `${left} in (${list.map(parameter).join(", ")})`;
    }
    if (operator === "is" && IS_VALUES.has(operand.toLowerCase())) return `${left} is ${operand}`;
    if (operator === "is" && operand === "not_null") return `${left} is not null`;
    const sql = COMPARISONS[operator];
    if (sql === undefined) throw unsupported(`${column}=${condition}`);
    if (sql.endsWith("like")) return `${left} ${sql} $${values.push(operand.replaceAll("*", "%"))}::text`;
    return `${left} ${sql} ${parameter(operand)}`;
  };
  const sql = positive();
  return negated ? `not (${sql})` : sql;
}

/** `(1,2,"a,b")` */
function parseList(text: string): string[] {
  if (!text.startsWith("(") || !text.endsWith(")")) throw unsupported(`in.${text}`);
  const inner = text.slice(1, -1);
  if (inner === "") return [];
  return Array.from(
    inner.matchAll(/(?:^|,)(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g),
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "",
  );
}
