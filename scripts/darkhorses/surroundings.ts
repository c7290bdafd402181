import process from "node:process";
import { createLogUpdate } from "log-update";
import { Problem } from "../command_line/problem.ts";
import { connectToProject, type Sql } from "../project/project_database.ts";
import { readDatabaseUrl, readSettings } from "../project/settings.ts";
import { type Surroundings as SetUpSurroundings, terminalSurroundings } from "../setup/surroundings.ts";
import { createPaint, type Paint } from "./rendering/paint.ts";

/** A view that replaces itself. */
export interface LiveView {
  draw(text: string): void;
  /** What was drawn last stays. */
  done(): void;
}

/** Where something is shown. */
export interface Screen {
  readonly out: (text: string) => void;
  readonly paint: Paint;
  /** Undefined where lines cannot be replaced, as in a pipe. */
  readonly live: LiveView | undefined;
  readonly columns: () => number;
}

/** What the commands work with. */
export interface Surroundings extends Screen {
  readonly err: (text: string) => void;
  /** Where the project's database is. */
  readonly databaseUrl: () => Promise<URL>;
  readonly connect: (url: URL) => Sql;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly setUp: () => SetUpSurroundings;
}

/** The database that supabase/.env or the environment names. */
async function projectDatabase(): Promise<URL> {
  const { DATABASE_URL, PROJECT_REF } = await readSettings();
  if (DATABASE_URL !== undefined) return readDatabaseUrl(DATABASE_URL, PROJECT_REF);
  throw new Problem(
    'There is no project: DATABASE_URL is neither in supabase/.env nor in the environment. Run "npx -y deno task setup", or try ' +
      'a command on this machine: "npx -y deno task local -- npx -y deno task darkhorses status".',
  );
}

/** Standard output or standard error, as a terminal or whatever else it goes to. */
export function screen(name: "stdout" | "stderr"): Screen {
  const { rows = 0, columns = 0 } = Deno[name].isTerminal() ? Deno.consoleSize() : {};
  // A terminal without a size, as a program may make it, can't be drawn on.
  const isTerminal = rows > 0 && columns > 0;
  return {
    out: writer(Deno[name]),
    paint: createPaint(isTerminal && !Deno.env.get("NO_COLOR")),
    live: isTerminal ? liveView(name) : undefined,
    columns: () => isTerminal ? Deno.consoleSize().columns : 80,
  };
}

/** The terminal that the command was typed on, or what its output goes to. */
export function terminal(): Surroundings {
  return {
    ...screen("stdout"),
    err: writer(Deno.stderr),
    databaseUrl: projectDatabase,
    connect: (url) => connectToProject(url, { arrays: false }),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    setUp: terminalSurroundings,
  };
}

function liveView(name: "stdout" | "stderr"): LiveView {
  // A cursor that was hidden would stay so after Ctrl+C.
  const update = createLogUpdate(process[name], { showCursor: true });
  return { draw: (text) => update(text), done: () => update.done() };
}

function writer(stream: typeof Deno.stdout): (text: string) => void {
  const encoder = new TextEncoder();
  return (text) => {
    let bytes = encoder.encode(text);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (error) {
      // "darkhorses errors | head" has read all that it wants.
      if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
      throw error;
    }
  };
}
