/** What a request of the CLI is, and the API's answers to it. */

/** A request, as it came. */
export interface ApiRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A refusal in the API's words. */
export class ApiRefusal extends Error {
  override name = "ApiRefusal";

  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The answer that the refusal becomes. */
export function refusal(error: ApiRefusal): Response {
  return Response.json({ message: error.message }, { status: error.status });
}

/** The body as JSON of the given shape. */
export function readJson<T>(request: ApiRequest, isShape: (value: unknown) => value is T): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(request.body));
  } catch {
    throw new ApiRefusal(400, "Request body is no valid JSON");
  }
  if (!isShape(value)) throw new ApiRefusal(400, "Request body has a wrong shape");
  return value;
}

/** SHA-256 in hexadecimal. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
