/** What setup and uninstall act with: the CLI, the project's database, HTTP, and time. */
import { createRedactor } from "../../supabase/functions/_shared/redact.ts";
import { messageOf, Problem } from "../command_line/problem.ts";
import { connectToProject, explainDatabaseError, type Sql } from "../project/project_database.ts";
import { runCli } from "../project/supabase_cli.ts";
import type { Action, Call, Command, Statement } from "./actions.ts";
import { readCliResult } from "./cli_problem.ts";

/** The answer to a request. */
export interface CallAnswer {
  readonly status: number;
  readonly text: string;
}

export interface Hands extends AsyncDisposable {
  /** Runs a command of the CLI; resolves to what it printed as JSON. */
  run(command: Command): Promise<unknown>;
  /** Runs a statement; resolves to its rows. */
  query<Row extends object>(statement: Statement): Promise<Row[]>;
  /** Sends a request, with the authorization if there is one. */
  call(call: Call, sent?: { readonly authorization?: string; readonly body?: unknown }): Promise<CallAnswer>;
  /** Lets time pass. */
  wait(milliseconds: number): Promise<void>;
}

export interface HandsOptions {
  /** Undefined: no statement may be run. */
  readonly databaseUrl: URL | undefined;
  /** What no message may show. */
  readonly secrets: readonly string[];
  /** The folder that has supabase/. */
  readonly folder: string;
  /** Added to the environment of the CLI. */
  readonly cliEnvironment?: Readonly<Record<string, string>>;
  /** Is told of each action before it is done. */
  readonly onAction?: (action: Action) => void;
}

const CALL_SECONDS = 30;

/** Makes them. A failure is a `Problem` in which no secret stands. */
export function createHands(options: HandsOptions): Hands {
  const { databaseUrl, secrets, folder, cliEnvironment = {}, onAction = () => {} } = options;
  const redact = createRedactor(secrets);
  const cleaned = (error: unknown) =>
    error instanceof Problem ? new Problem(redact(error.message)) : new Error(redact(messageOf(error)));
  let sql: Sql | undefined;
  return {
    async run(command) {
      onAction(command);
      const { args, environment = {}, input } = command;
      try {
        const result = await runCli([...args, "--output-format", "json"], {
          folder,
          environment: { ...cliEnvironment, ...environment },
          ...(input === undefined ? {} : { input }),
        });
        return readCliResult(result, args);
      } catch (error) {
        throw cleaned(error);
      }
    },
    async query<Row extends object>(statement: Statement) {
      if (databaseUrl === undefined) throw new Error("There is no database to ask.");
      onAction(statement);
      sql ??= connectToProject(databaseUrl, { max: 1, name: "darkhorses setup", idleSeconds: 0 });
      try {
        return [...await sql.unsafe<Row[]>(statement.text, statement.values.map(({ value }) => value))];
      } catch (error) {
        throw cleaned(explainDatabaseError(error, databaseUrl));
      }
    },
    async call(call, { authorization, body } = {}) {
      onAction(call);
      try {
        const response = await fetch(call.url, {
          method: call.method,
          headers: {
            ...(authorization === undefined ? {} : { authorization }),
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(CALL_SECONDS * 1000),
        });
        return { status: response.status, text: redact((await response.text()).slice(0, 500)) };
      } catch (error) {
        return { status: 0, text: redact(messageOf(error)) };
      }
    },
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    async [Symbol.asyncDispose]() {
      await sql?.end({ timeout: 1 });
    },
  };
}
