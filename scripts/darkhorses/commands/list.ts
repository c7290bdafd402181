import { buildCommand } from "@stricli/core";
import type postgres from "postgres";
import type { Sql } from "../../project/project_database.ts";
import { answer, type JsonFlag, type Session, UsageProblem } from "../answer.ts";
import { JSON_FLAG, LIMIT_FLAG, MOST_ROWS, RUN_FLAG } from "../arguments.ts";
import { ask } from "../database.ts";
import { noRun } from "./status.ts";

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
    const rows = await ask<Row>(sql, query(sql, { ...limits, limit: limits.limit + 1 }));
    const data = rows.slice(0, limits.limit);
    const { run } = limits;
    if (run !== undefined && data.length === 0) await mustExist(sql, run);
    const more = rows.length > data.length
      ? `\nThere are more: --limit ${Math.min(10 * limits.limit, MOST_ROWS)}`
      : "";
    return { data, text: data.length === 0 ? none : `${render(data)}${more}`, isWell: isWell(data) };
  });
}

/** Of a run that there is not, nothing to show would sound well. */
async function mustExist(sql: Sql, run: number): Promise<void> {
  const runs = await ask(sql, sql`select id from public.backfill_runs where id = ${run}`);
  if (runs.length === 0) throw new UsageProblem(noRun(run));
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
