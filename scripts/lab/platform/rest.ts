import type postgres from "postgres";
import { inTransaction, roleSettings, type Sql } from "./database.ts";
import { errorResponse, RestError } from "./rest_errors.ts";
import { type ColumnTypes, MAX_ROWS, parseReadQuery, quoteName, type ReadQuery } from "./rest_query.ts";

/** Who asks: the role, and what else the token says of a user who has signed in. */
export interface Caller {
  readonly role: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/**
 * The part of PostgREST that the project uses: calls of functions and reads of tables and views in the schemas that are
 * exposed. Every request is a transaction under the role of its caller. Postgres makes all of the JSON.
 *
 * @param exposed the schemas that a request may name; the first is that of a request which names none
 */
export async function answerRest(
  sql: Sql,
  caller: Caller,
  exposed: readonly string[],
  path: string,
  request: Request,
): Promise<Response> {
  try {
    const url = new URL(request.url);
    const as: Place = { caller, schema: chooseSchema(request, exposed) };
    const fn = path.match(/^\/rpc\/([^/]+)$/)?.[1];
    if (fn !== undefined) {
      if (request.method !== "POST") throw notAllowed(request.method);
      const body = await request.text();
      return await inTransaction(
        sql,
        (transaction) => callFunction(transaction, as, decodeURIComponent(fn), body, url, request),
      );
    }
    const relation = path.match(/^\/([^/]+)$/)?.[1];
    if (relation !== undefined) {
      if (request.method !== "GET" && request.method !== "HEAD") throw notAllowed(request.method);
      return await inTransaction(
        sql,
        (transaction) => readRelation(transaction, as, decodeURIComponent(relation), url, request),
      );
    }
    throw new RestError(404, "PGRST125", "Invalid path specified in request URL");
  } catch (error) {
    return errorResponse(error, caller.role);
  }
}

/** Who asks, and in which schema. */
interface Place {
  readonly caller: Caller;
  readonly schema: string;
}

/** The schema that a request names, by one header where it reads and by another where it sends something. */
function chooseSchema({ method, headers }: Request, exposed: readonly string[]): string {
  const reads = method === "GET" || method === "HEAD";
  const named = headers.get(reads ? "accept-profile" : "content-profile");
  const schema = named ?? exposed[0] ?? "public";
  if (exposed.includes(schema)) return schema;
  throw new RestError(
    406,
    "PGRST106",
    `Invalid schema: ${schema}`,
    null,
    `Only the following schemas are exposed: ${exposed.join(", ")}`,
  );
}

function notAllowed(method: string): RestError {
  return new RestError(405, "PGRST117", `The local gateway reads and calls functions only, not ${method}`);
}

/** Takes on the role and what the platform sets with it, before anything of the caller's runs. */
async function becomeRole(
  transaction: postgres.TransactionSql,
  { caller: { role, claims = { role } }, schema }: Place,
  functionSettings: Record<string, string> = {},
): Promise<void> {
  const settings = {
    search_path: [...new Set([schema, "public", "extensions"])].map(quoteName).join(", "),
    // The role that logs in comes first: its limit applies to service_role, which has none of its own.
    ...await roleSettings(transaction, "authenticator"),
    ...await roleSettings(transaction, role),
    ...functionSettings,
    "request.jwt.claims": JSON.stringify(claims),
    role,
  };
  const list = JSON.stringify(Object.entries(settings));
  await transaction`
    select set_config(setting.value ->> 0, setting.value ->> 1, true)
    from json_array_elements((${list}::text)::json) with ordinality as setting (value, position)
    order by setting.position
  `;
}

interface FunctionFacts {
  /** What it gives: nothing, one value, or rows with columns. */
  shape: "void" | "scalar" | "rows";
  returnsSet: boolean;
  returnColumns: Record<string, string>;
  parameters: { name: string; type: string; required: boolean; variadic: boolean }[];
  settings: string[] | null;
}

async function callFunction(
  transaction: postgres.TransactionSql,
  place: Place,
  name: string,
  body: string,
  url: URL,
  request: Request,
): Promise<Response> {
  const given = argumentNames(body);
  const { schema } = place;
  const fn = chooseFunction(schema, name, given, await findFunctions(transaction, schema, name));
  // PostgREST applies a function's own time limit to the transaction. Set by the function itself it would be too late,
  // because a statement's clock runs from its start.
  const timeout = fn.settings?.find((setting) => setting.startsWith("statement_timeout="));
  await becomeRole(
    transaction,
    place,
    timeout === undefined ? {} : { statement_timeout: timeout.slice(timeout.indexOf("=") + 1) },
  );

  const call = callSql(schema, name, fn, given);
  const values = [body === "" ? "{}" : body];
  if (fn.shape === "void") {
    await transaction.unsafe(`select ${call.replace("call.*", "1")}`, values);
    return new Response(null, { status: 204 });
  }
  if (fn.shape === "scalar") {
    const value = fn.returnsSet
      ? `coalesce(json_agg(call.value), '[]')::text as body from (select ${call} limit ${MAX_ROWS})`
      : `coalesce(to_json(call.value), 'null')::text as body from (select ${call})`;
    const [row] = await transaction.unsafe<{ body: string }[]>(`select ${value} as call (value)`, values);
    return json(row?.body ?? "null");
  }

  const types = new Map(Object.entries(fn.returnColumns));
  const params = new URLSearchParams(url.searchParams);
  const query = parseReadQuery(params, types, name, values);
  const rows = await readRows(transaction, `(select ${call})`, query);
  if (!fn.returnsSet) return json(rows.rows === 0 ? "null" : rows.body.slice(1, -1));
  return rowsResponse(rows, query, undefined, request);
}

function argumentNames(body: string): string[] {
  if (body === "") return [];
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.keys(value);
  } catch {
    // Answered below, like a body that is JSON but no object.
  }
  throw new RestError(400, "PGRST102", "Empty or invalid json");
}

async function findFunctions(
  transaction: postgres.TransactionSql,
  schema: string,
  name: string,
): Promise<FunctionFacts[]> {
  const rows = await transaction<{ facts: FunctionFacts }[]>`
    select jsonb_build_object(
      'shape', case
        when return_type.oid = 'void'::regtype then 'void'
        when return_type.typtype = 'c' or pg_proc.proargmodes::text[] && '{o,b,t}'
          or return_type.oid = 'record'::regtype
          then 'rows'
        else 'scalar'
      end,
      'returnsSet', pg_proc.proretset,
      'returnColumns', coalesce(
        (
          select jsonb_object_agg(pg_attribute.attname, format_type(pg_attribute.atttypid, null))
          from pg_catalog.pg_attribute
          where
            pg_attribute.attrelid = return_type.typrelid
            and return_type.typrelid <> 0
            and pg_attribute.attnum > 0
            and not pg_attribute.attisdropped
        ),
        jsonb_object_agg(argument.name, format_type(argument.type, null))
          filter (where argument.mode in ('o', 'b', 't') and argument.name <> ''),
        '{}'
      ),
      'parameters', coalesce(
        jsonb_agg(
          jsonb_build_object(
            'name', coalesce(argument.name, ''),
            'type', format_type(argument.type, null),
            'required', argument.input_position <= pg_proc.pronargs - pg_proc.pronargdefaults,
            'variadic', argument.mode = 'v'
          )
          order by argument.position
        ) filter (where argument.mode in ('i', 'b', 'v')),
        '[]'
      ),
      'settings', to_jsonb(pg_proc.proconfig)
    ) as facts
    from pg_catalog.pg_proc
    join pg_catalog.pg_type as return_type on return_type.oid = pg_proc.prorettype
    left join lateral (
      select
        one.type,
        pg_proc.proargnames[one.position] as name,
        coalesce(pg_proc.proargmodes[one.position], 'i') as mode,
        one.position,
        count(*) filter (where coalesce(pg_proc.proargmodes[one.position], 'i') in ('i', 'b', 'v'))
          over (order by one.position) as input_position
      from unnest(coalesce(pg_proc.proallargtypes, pg_proc.proargtypes::oid[]))
        with ordinality as one (type, position)
    ) as argument on true
    where
      pg_proc.pronamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})
      and pg_proc.proname = ${name}
      and pg_proc.prokind = 'f'
      and return_type.oid <> 'trigger'::regtype
    group by pg_proc.oid, pg_proc.proname, return_type.oid, return_type.typtype, return_type.typrelid
  `;
  return rows.map((row) => row.facts);
}

function chooseFunction(
  schema: string,
  name: string,
  given: string[],
  functions: FunctionFacts[],
): FunctionFacts {
  const fitting = functions.filter(({ parameters }) =>
    given.every((argument) => parameters.some((parameter) => parameter.name === argument)) &&
    parameters.every((parameter) => !parameter.required || given.includes(parameter.name))
  );
  const unnamed = functions.filter(takesWholeBody);
  const chosen = fitting.length > 0 ? fitting : unnamed;
  const signature = given.length === 0 ? "without parameters" : `with parameters ${given.join(", ")}`;
  if (chosen.length > 1) {
    throw new RestError(
      300,
      "PGRST203",
      `Could not choose the best candidate function between the ${chosen.length} functions ${schema}.${name} ${signature}`,
      null,
      "Try renaming the parameters or the function itself in the database so function overloading can be resolved",
    );
  }
  if (chosen[0] === undefined) {
    throw new RestError(
      404,
      "PGRST202",
      `Could not find the function ${schema}.${name}${
        given.length === 0 ? " without parameters" : `(${given.join(", ")})`
      } in the schema cache`,
      `Searched for the function ${schema}.${name} ${signature}, but no matches were found in the schema cache.`,
    );
  }
  return chosen[0];
}

/** A function of one nameless json parameter is handed the whole body. */
function takesWholeBody({ parameters }: FunctionFacts): boolean {
  const [only, ...others] = parameters;
  return only?.name === "" && others.length === 0 && ["json", "jsonb"].includes(only.type);
}

/** `call.* from …`: the call with its arguments taken out of the body, which is the statement's first parameter. */
function callSql(schema: string, name: string, fn: FunctionFacts, given: string[]): string {
  const target = `${quoteName(schema)}.${quoteName(name)}`;
  if (takesWholeBody(fn)) {
    return `call.* from ${target}(($1::text)::${fn.parameters[0]?.type}) as call`;
  }
  const parameters = fn.parameters.filter((parameter) => given.includes(parameter.name));
  if (parameters.length === 0) return `call.* from (select $1::text) as body, ${target}() as call`;
  const columns = parameters.map((parameter) => `${quoteName(parameter.name)} ${parameter.type}`);
  const passed = parameters.map((parameter) => {
    const column = quoteName(parameter.name);
    return `${parameter.variadic ? "variadic " : ""}${column} => arguments.${column}`;
  });
  return `call.* from json_to_record(($1::text)::json) as arguments (${columns.join(", ")}), ` +
    `lateral ${target}(${passed.join(", ")}) as call`;
}

async function readRelation(
  transaction: postgres.TransactionSql,
  place: Place,
  name: string,
  url: URL,
  request: Request,
): Promise<Response> {
  const { schema } = place;
  const query = parseReadQuery(url.searchParams, await columnsOf(transaction, schema, name), name);
  await becomeRole(transaction, place);
  const source = `${quoteName(schema)}.${quoteName(name)}`;
  let total: number | undefined;
  if (/\bcount=(exact|planned|estimated)\b/.test(request.headers.get("prefer") ?? "")) {
    const [row] = await transaction.unsafe<{ total: string }[]>(
      `select count(*) as total from ${source} as source ${query.where}`,
      query.values,
    );
    total = Number(row?.total);
  }
  const rows = await readRows(transaction, source, query);
  return rowsResponse(rows, query, total, request);
}

async function columnsOf(
  transaction: postgres.TransactionSql,
  schema: string,
  name: string,
): Promise<ColumnTypes> {
  const rows = await transaction<{ name: string; type: string }[]>`
    select pg_attribute.attname as name, format_type(pg_attribute.atttypid, null) as type
    from pg_catalog.pg_class
    join pg_catalog.pg_attribute on pg_attribute.attrelid = pg_class.oid
    where
      pg_class.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})
      and pg_class.relname = ${name}
      and pg_class.relkind in ('r', 'v', 'm', 'p', 'f')
      and pg_attribute.attnum > 0
      and not pg_attribute.attisdropped
  `;
  if (rows.length === 0) {
    throw new RestError(404, "PGRST205", `Could not find the table '${schema}.${name}' in the schema cache`);
  }
  return new Map(rows.map((row) => [row.name, row.type]));
}

interface Rows {
  body: string;
  rows: number;
}

async function readRows(
  transaction: postgres.TransactionSql,
  source: string,
  { columns, where, orderBy, limit, offset, values }: ReadQuery,
): Promise<Rows> {
  const [row] = await transaction.unsafe<{ body: string; rows: number }[]>(
    `select coalesce(json_agg(page), '[]')::text as body, count(*)::integer as rows
     from (
       select ${columns} from ${source} as source ${where} ${orderBy} limit ${limit} offset ${offset}
     ) as page`,
    values,
  );
  return row ?? { body: "[]", rows: 0 };
}

function rowsResponse(
  { body, rows }: Rows,
  query: ReadQuery,
  total: number | undefined,
  request: Request,
): Response {
  if (request.headers.get("accept")?.includes("application/vnd.pgrst.object+json")) {
    if (rows !== 1) {
      throw new RestError(
        406,
        "PGRST116",
        "Cannot coerce the result to a single JSON object",
        `The result contains ${rows} rows`,
      );
    }
    return json(body.slice(1, -1));
  }
  if (total !== undefined && query.offset > total) {
    throw new RestError(
      416,
      "PGRST103",
      "Requested range not satisfiable",
      `An offset of ${query.offset} was requested, but there are only ${total} rows.`,
    );
  }
  const range = rows === 0 ? "*" : `${query.offset}-${query.offset + rows - 1}`;
  const response = json(
    request.method === "HEAD" ? null : body,
    total !== undefined && rows < total ? 206 : 200,
  );
  response.headers.set("content-range", `${range}/${total ?? "*"}`);
  return response;
}

function json(body: string | null, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": "application/json; charset=utf-8" } });
}
