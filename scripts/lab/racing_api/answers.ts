/** Answers in the shapes of the real API: FastAPI's errors, pages with their envelope, gzip where it is asked for. */

import { gzipSync } from "node:zlib";

/** An answer before compression. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One error of FastAPI about a parameter. */
export interface Complaint {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Thrown for a bad parameter; becomes a 422. */
export class UnprocessableError extends Error {
  override readonly name = "UnprocessableError";
  readonly complaint: Complaint;

  constructor(complaint: Complaint) {
    super(complaint.msg);
    this.complaint = complaint;
  }
}

/** A JSON body with 200. */
export function ok(body: string): Answer {
  return { status: 200, body };
}

/** `{"detail":"…"}` */
export function problem(status: number, detail: string, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: JSON.stringify({ detail }), ...(headers ? { headers } : {}) };
}

/** FastAPI's 422. */
export function unprocessable(complaint: Complaint): Answer {
  return { status: 422, body: JSON.stringify({ detail: [complaint] }) };
}

/** The guard in front of the API is not part of it and answers in HTML. */
export function blocked(secondsLeft: number): Answer {
  return {
    status: 429,
    body: "<html><head><title>429 Too Many Requests</title></head><body>Too many requests</body></html>",
    headers: { "content-type": "text/html", "retry-after": String(Math.ceil(secondsLeft)) },
  };
}

/** A page: `{results:[…], total, limit, skip, query}`. The races are JSON text already. */
export function page(
  name: "racecards" | "results",
  races: readonly string[],
  paging: { readonly total: number; readonly limit: number; readonly skip: number },
  query: URLSearchParams,
): Answer {
  return ok(
    `{"${name}":[${races.join(",")}],"total":${paging.total},"limit":${paging.limit},"skip":${paging.skip},` +
      `"query":${JSON.stringify([...query])}}`,
  );
}

/** The HTTP response, and how many bytes its body has on the wire. */
export function respond(answer: Answer, request: Request): { response: Response; bytes: number } {
  const headers = new Headers({ "content-type": "application/json", ...answer.headers });
  const accepts = request.headers.get("accept-encoding") ?? "";
  if (/\bgzip\b/.test(accepts) && answer.body.length > 500) {
    headers.set("content-encoding", "gzip");
    headers.set("vary", "Accept-Encoding");
    // Level 1: a card page is 2 MB of repetition, and every level above costs CPU that the database needs.
    const body = gzipSync(answer.body, { level: 1 });
    return {
      response: new Response(new Uint8Array(body), { status: answer.status, headers }),
      bytes: body.length,
    };
  }
  const body = new TextEncoder().encode(answer.body);
  return { response: new Response(body, { status: answer.status, headers }), bytes: body.length };
}
