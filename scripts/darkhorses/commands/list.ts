import { buildCommand } from "@stricli/core";
import type postgres from "postgres";
import type { Sql } from "../../project/project_database.ts";
import { answer, type JsonFlag, type Session } from "../answer.ts";
import { JSON_FLAG, LIMIT_FLAG, RUN_FLAG } from "../arguments.ts";
import { ask } from "../database.ts";

export interface Limits {
  readonly limit: number;
  readonly run: number | undefined;
}

/** A command that shows rows of the database. */
export interface ListOptions<Row> {
  readonly brief: string;
  readonly example: { readonly input: string; readonly brief: string };
  readonly query: (sql: Sql, limits: Limits) => postgres.Fragment;
  readonly render: (rows: readonly Row[]) => string;
  /** Said when there is no row. */
  readonly none: string;
  /** Whether the rows are as they should be. Default: they are. */
  readonly isWell?: (rows: readonly Row[]) => boolean;
  /** Default: 20. */
  readonly limit?: number;
}

async function show<Row>(
  session: Session,
  { json, ...limits }: JsonFlag & Limits,
  { query, render, none, isWell = () => true }: ListOptions<Row>,
): Promise<void> {
  await answer(session, { json }, async (sql) => {
    const data = await ask<Row>(sql, query(sql, limits));
    return { data, text: data.length === 0 ? none : render(data), isWell: isWell(data) };
  });
}

export function listCommand<Row>(options: ListOptions<Row>) {
  const limit = { ...LIMIT_FLAG, default: String(options.limit ?? LIMIT_FLAG.default) };
  return buildCommand<{ json?: boolean | undefined; limit: number }, [], Session>({
    docs: { brief: options.brief, customUsage: [options.example] },
    parameters: { flags: { json: JSON_FLAG, limit } },
    async func(flags) {
      await show(this, { ...flags, run: undefined }, options);
    },
  });
}

/** The same, with --run. */
export function listOfRunCommand<Row>(options: ListOptions<Row>) {
  const limit = { ...LIMIT_FLAG, default: String(options.limit ?? LIMIT_FLAG.default) };
  return buildCommand<{ json?: boolean | undefined; limit: number; run?: number | undefined }, [], Session>({
    docs: { brief: options.brief, customUsage: [options.example] },
    parameters: { flags: { json: JSON_FLAG, limit, run: RUN_FLAG } },
    async func(flags) {
      await show(this, { run: undefined, ...flags }, options);
    },
  });
}
