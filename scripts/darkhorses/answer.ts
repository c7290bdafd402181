import { messageOf, Problem } from "../command_line/problem.ts";
import type { Sql } from "../project/project_database.ts";
import { codeOf, withDatabase } from "./database.ts";
import { inCommands } from "./rendering/in_commands.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the shell is told. */
export const EXIT = {
  fine: 0,
  /** Something is wrong, or was refused. */
  wrong: 1,
  /** The command can't be meant like this: nothing was started. */
  usage: 2,
} as const;

/** What a command's function has as `this`. */
export interface Session extends Surroundings {
  readonly process: { readonly stdout: Writable; readonly stderr: Writable };
  /** How the command ended. */
  readonly ended: { code: number };
}

interface Writable {
  readonly write: (text: string) => void;
}

/** What every command takes. */
export interface JsonFlag {
  readonly json?: boolean | undefined;
}

/** What a command found, in words and as data, and whether that is as it should be. */
export interface Answer {
  readonly data: unknown;
  readonly text: string;
  readonly isWell?: boolean;
}

/** Prints what a command found, or why it could not: with --json as one document on stdout. */
export async function answer(
  session: Session,
  { json }: JsonFlag,
  find: (sql: Sql, url: URL) => Promise<Answer>,
): Promise<void> {
  await orProblem(session, { json }, async () => {
    const { data, text, isWell = true } = await withDatabase(session, find);
    session.out(`${json ? JSON.stringify(data, null, 2) : text}\n`);
    if (!isWell) session.ended.code = EXIT.wrong;
  });
}

/** Runs a command's work. What a user can fix is told in a sentence; anything else with its stack. */
export async function orProblem(
  session: Session,
  { json }: JsonFlag,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    session.ended.code = isRefusedArgument(error) ? EXIT.usage : EXIT.wrong;
    if (json) session.out(`${JSON.stringify({ error: messageOf(error) }, null, 2)}\n`);
    else {
      const stack = error instanceof Error ? error.stack : undefined;
      session.err(`${error instanceof Problem ? inCommands(error.message) : stack ?? messageOf(error)}\n`);
    }
  }
}

/** An argument that cannot be right, as the command line or the database sees it. */
export class UsageProblem extends Problem {
  override name = "UsageProblem";
}

function isRefusedArgument(error: unknown): boolean {
  return error instanceof UsageProblem || (error instanceof Problem && codeOf(error.cause) === "22023");
}
