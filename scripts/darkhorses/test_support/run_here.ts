import { connectToProject } from "../../project/project_database.ts";
import { terminalSurroundings } from "../../setup/surroundings.ts";
import { runDarkhorses } from "../application.ts";
import { createPaint } from "../rendering/paint.ts";
import type { LiveView, Surroundings } from "../surroundings.ts";

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, in a pipe of 80 columns unless it is told otherwise. */
export async function runHere(
  args: readonly string[],
  databaseUrl: string,
  { wait = 50, ...other }: Partial<Omit<Surroundings, "wait">> & { wait?: number; live?: LiveView } = {},
): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await runDarkhorses(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    paint: createPaint(false),
    live: undefined,
    columns: () => 80,
    databaseUrl: () => Promise.resolve(new URL(databaseUrl)),
    connect: (url) => connectToProject(url, { arrays: false }),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, wait))),
    setUp: terminalSurroundings,
    ...other,
  });
  return { code, out, err };
}

/** Nobody listens there: what needs the database fails. */
export const NO_DATABASE = "postgres://postgres:secret@127.0.0.1:1/postgres";
