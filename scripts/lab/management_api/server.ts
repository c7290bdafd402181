import { answer, type ApiEffects } from "./answer.ts";
import type { ApiRequest } from "./answers.ts";
import type { ProjectState } from "./project_state.ts";

/** A request that came, for tests to look at. */
export interface RecordedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
  readonly status: number;
}

/** The API on loopback. */
export interface ManagementApi {
  readonly url: string;
  /** All that came so far, in the order of their answers. */
  readonly requests: readonly RecordedRequest[];
  stop(): Promise<void>;
}

/** Serves the API on a free port of 127.0.0.1. */
export function startManagementApi(state: ProjectState, effects: ApiEffects): ManagementApi {
  const requests: RecordedRequest[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (incoming) => {
    const request = await read(incoming);
    const response = await answer(state, request, effects);
    const { method, path } = request;
    requests.push({ method, path, body: new TextDecoder().decode(request.body), status: response.status });
    return response;
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    stop: () => server.shutdown(),
  };
}

async function read(incoming: Request): Promise<ApiRequest> {
  const { pathname, search, searchParams } = new URL(incoming.url);
  return {
    method: incoming.method,
    path: pathname + search,
    query: searchParams,
    token: incoming.headers.get("authorization")?.match(/^Bearer (.+)$/)?.[1],
    contentType: incoming.headers.get("content-type") ?? "",
    body: new Uint8Array(await incoming.arrayBuffer()),
  };
}
