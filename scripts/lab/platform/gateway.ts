import { BrokenOnPurpose } from "./broken_answer.ts";
import { connect } from "./database.ts";
import { answerRest, type Caller } from "./rest.ts";
import { RestError } from "./rest_errors.ts";
import { readUserToken } from "./user_token.ts";
import { settlesWithin } from "./waiting.ts";

/** A call of a database function, `/rest/v1/rpc/<name>`. */
export interface DatabaseCall {
  name: string;
  /** Its arguments as JSON text. */
  body: string;
}

/** Stands between a caller and the database: `run` makes the call and gives its answer. */
export type OnDatabaseCall = (call: DatabaseCall, run: () => Promise<Response>) => Promise<Response>;

export interface GatewayOptions {
  /** Logs in as `authenticator`, or as a superuser who may become it. */
  databaseUrl: string;
  secretKey: string;
  publishableKey: string;
  /** What the tokens of users who have signed in are signed with. */
  jwtSecret: string;
  /** The schemas that the API serves, asked for each request; the first is the default. */
  exposedSchemas: () => readonly string[];
  /** Answers `/functions/v1/<name>…`; without it there are no functions. */
  callFunction?: (name: string, request: Request) => Promise<Response>;
  onDatabaseCall?: OnDatabaseCall | undefined;
}

export interface Gateway {
  url: string;
  stop(): Promise<void>;
}

/** The project's one address: `/rest/v1/…` goes to the database and `/functions/v1/…` to the functions. */
export function startGateway(options: GatewayOptions): Gateway {
  const sql = connect(options.databaseUrl, {
    max: 10,
    name: "PostgREST stand-in",
    role: "authenticator",
    arrays: false,
  });
  const roles = new Map([[options.secretKey, "service_role"], [options.publishableKey, "anon"]]);

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const [, name] = pathname.match(/^\/functions\/v1\/([^/]+)(?:\/|$)/) ?? [];
    // No key is needed here: the functions run with verify_jwt = false and authenticate requests themselves.
    if (name !== undefined && options.callFunction) return await options.callFunction(name, request);
    if (!pathname.startsWith("/rest/v1/")) {
      return Response.json({ message: "no Route matched with those values" }, { status: 404 });
    }
    const key = keyOf(request);
    if (key === undefined) {
      return Response.json({
        message: "No API key found in request",
        hint: "No `apikey` request header or url param was found.",
      }, { status: 401 });
    }
    const role = roles.get(key);
    if (role === undefined) {
      return Response.json({
        message: "Invalid API key",
        hint: "Double check the API key: it is none of this platform's.",
      }, { status: 401 });
    }
    let caller: Caller;
    try {
      caller = await callerOf(request, key, role, options.jwtSecret);
    } catch (error) {
      if (error instanceof RestError) return error.toResponse();
      throw error;
    }
    const exposed = options.exposedSchemas();
    const path = pathname.slice("/rest/v1".length);
    const fn = path.match(/^\/rpc\/([^/]+)$/)?.[1];
    if (fn === undefined || options.onDatabaseCall === undefined) {
      return await answerRest(sql, caller, exposed, path, request);
    }
    const { url, method, headers } = request;
    const body = await request.text();
    return await options.onDatabaseCall(
      { name: decodeURIComponent(fn), body },
      () =>
        answerRest(
          sql,
          caller,
          exposed,
          path,
          new Request(url, { method, headers, ...(body ? { body } : {}) }),
        ),
    );
  };

  const abort = new AbortController();
  const server = Deno.serve(
    {
      signal: abort.signal,
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: (error) => {
        if (!(error instanceof BrokenOnPurpose)) console.error("The gateway failed to answer:", error);
        return Response.json({ message: "An unexpected error occurred" }, { status: 500 });
      },
    },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async stop() {
      const ended = server.shutdown();
      await sql.end({ timeout: 1 });
      // A client that never reads its answer must not block the stop.
      if (!await settlesWithin(ended, 2000)) abort.abort();
      await server.finished;
    },
  };
}

function keyOf(request: Request): string | undefined {
  return request.headers.get("apikey") ?? bearerOf(request);
}

function bearerOf(request: Request): string | undefined {
  return request.headers.get("authorization")?.match(/^Bearer\s+(.+)$/i)?.[1];
}

/** Beside the publishable key, a user's token says who asks. */
async function callerOf(request: Request, key: string, role: string, jwtSecret: string): Promise<Caller> {
  const token = bearerOf(request);
  if (token === undefined || token === key || role !== "anon") return { role };
  const claims = await readUserToken(token, jwtSecret);
  // PostgREST would become whatever role the token names; those of users name this one.
  if (claims["role"] !== "authenticated") {
    throw new RestError(401, "PGRST301", "The local gateway knows tokens of authenticated users only");
  }
  return { role: "authenticated", claims };
}
