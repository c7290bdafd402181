/** What setup and uninstall do outside themselves. Each action can be shown before, or instead of, being done. */
import { cliCommand } from "../project/supabase_cli.ts";

/** A command of the supabase CLI. Its arguments are on the machine's process list, so no secret is among them. */
export interface Command {
  readonly kind: "command";
  readonly args: readonly string[];
  /** What is handed to it in its environment, which only the same user can see. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A file that it reads: only its owner may, and it is there only while the command runs. */
  readonly file?: { readonly path: string; readonly text: string };
}

/** A value in a statement: shown unless it is secret. */
export interface StatementValue {
  readonly value: string | number;
  readonly secret: boolean;
}

/** A statement for the project's database. */
export interface Statement {
  readonly kind: "statement";
  readonly text: string;
  readonly values: readonly StatementValue[];
  /** What is shown of one that is too long to be read. */
  readonly shown?: string;
  /** Where it is done, of one that is not done in each project. */
  readonly where?: string;
}

/** A request over HTTP. */
export interface Call {
  readonly kind: "call";
  readonly method: "GET" | "POST" | "PATCH";
  readonly url: string;
  /** What it changes, in a few words. */
  readonly changes?: string;
}

export type Action = Command | Statement | Call;

const HIDDEN = "[hidden]";

export function command(args: readonly string[], environment?: Readonly<Record<string, string>>): Command {
  return { kind: "command", args, ...(environment === undefined ? {} : { environment }) };
}

/** A statement with $1, $2, … in the places of its values. */
export function statement(text: string, ...values: readonly StatementValue[]): Statement {
  return { kind: "statement", text, values };
}

export const open = (value: string | number): StatementValue => ({ value, secret: false });
export const secret = (value: string): StatementValue => ({ value, secret: true });

/** An action as an operator would do it by hand, without a secret. */
export function show(action: Action): string {
  switch (action.kind) {
    case "command": {
      const variables = Object.keys(action.environment ?? {}).map((name) => `${name}=${HIDDEN} `);
      const file = action.file === undefined
        ? ""
        : `   # ${action.file.path}: the secrets, for you alone, and removed at once`;
      return `$ ${variables.join("")}${cliCommand(action.args).join(" ")}${file}`;
    }
    case "statement": {
      if (action.shown !== undefined) return `sql> ${action.shown}`;
      const text = action.text.replace(/\$(\d+)/g, (_, index) => showValue(action.values[Number(index) - 1]));
      return `sql> ${text};${action.where === undefined ? "" : `   -- only where ${action.where}`}`;
    }
    case "call":
      return `${action.method} ${action.url}${action.changes === undefined ? "" : `   # ${action.changes}`}`;
  }
}

function showValue(given: StatementValue | undefined): string {
  if (given === undefined) return "null";
  if (given.secret) return `'${HIDDEN}'`;
  return typeof given.value === "number" ? String(given.value) : `'${given.value.replaceAll("'", "''")}'`;
}
