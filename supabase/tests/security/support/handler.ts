/** A request that the handler sent on to the database. */
export interface DatabaseCall {
  readonly url: string;
  readonly body: string;
}

/** A function's request handler, in this process, with a database that has nothing to do. */
export interface TestedHandler {
  handle(request: Request): Promise<Response>;
  /** The database calls since the last time this was asked. */
  takeDatabaseCalls(): DatabaseCall[];
  /** What was logged since the last time this was asked. */
  takeLog(): string[];
  readonly environment: Map<string, string>;
}

export const WORKER_SECRET = "w0rker-secret-of-this-test";

/** Loads `serve` as the runtime does, with the runtime's globals replaced in this test's own realm. */
export async function loadHandler(): Promise<TestedHandler> {
  const environment = new Map([
    ["SUPABASE_URL", "http://database.test"],
    ["SUPABASE_SECRET_KEYS", '{"default":"sb_secret_of_this_test"}'],
    ["WORKER_SECRET", WORKER_SECRET],
  ]);
  const calls: DatabaseCall[] = [];
  const log: string[] = [];
  let handler: ((request: Request) => Promise<Response>) | undefined;

  Object.defineProperty(Deno.env, "get", { value: (name: string) => environment.get(name) });
  Object.defineProperty(Deno, "serve", { value: (given: typeof handler) => void (handler = given) });
  Object.defineProperty(globalThis, "EdgeRuntime", { value: { waitUntil: () => {} } });
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    calls.push({ url: request.url, body: await request.text() });
    return Response.json([]);
  };
  for (const level of ["log", "error"] as const) console[level] = (line: string) => void log.push(line);

  const { serve } = await import("../../../functions/_shared/worker/serve.ts");
  serve("events", ["racecards", "results"]);
  return {
    environment,
    handle: (request) => handler?.(request) ?? Promise.reject(new Error("Nothing was served")),
    takeDatabaseCalls: () => calls.splice(0, calls.length),
    takeLog: () => log.splice(0, log.length),
  };
}
