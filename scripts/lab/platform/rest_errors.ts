import postgres from "postgres";

/** An error as PostgREST words it, with the HTTP status it goes with. */
export class RestError extends Error {
  override name = "RestError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: string | null = null,
    readonly hint: string | null = null,
  ) {
    super(message);
  }

  toResponse(): Response {
    const { code, details, hint, message } = this;
    return Response.json({ code, details, hint, message }, { status: this.status });
  }
}

/** PostgREST's statuses by SQLSTATE; the longest beginning that fits decides. */
const STATUSES: [state: string, status: number][] = [
  ["08", 503],
  ["09", 500],
  ["0L", 403],
  ["0P", 403],
  ["23503", 409],
  ["23505", 409],
  ["25006", 405],
  ["25", 500],
  ["28", 403],
  ["2D", 500],
  ["38", 500],
  ["39", 500],
  ["3B", 500],
  ["40", 500],
  ["42883", 404],
  ["42P01", 404],
  ["42P17", 500],
  ["53400", 500],
  ["53", 503],
  ["54", 500],
  ["55", 500],
  ["57P01", 503],
  ["57", 500],
  ["58", 500],
  ["F0", 500],
  ["HV", 500],
  ["P0001", 400],
  ["P0", 500],
  ["XX", 500],
];

const CANNOT_CONNECT_NOW = "57P03";
/** What the driver says when the connection broke during a statement. */
const CONNECTION_LOST = ["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED"];

function statusOf(sqlState: string, role: string): number {
  const chosen = sqlState.match(/^PT(\d{3})$/)?.[1];
  if (chosen !== undefined) return Number(chosen);
  if (sqlState === "42501") return role === "anon" ? 401 : 403;
  const fitting = STATUSES.filter(([state]) => sqlState.startsWith(state));
  return fitting.sort(([a], [b]) => b.length - a.length)[0]?.[1] ?? 400;
}

/** What a request that failed is answered with. */
export function errorResponse(error: unknown, role: string): Response {
  if (error instanceof RestError) return error.toResponse();
  // A database that is starting up refuses the connection itself, not the request.
  if (error instanceof postgres.PostgresError && error.code !== CANNOT_CONNECT_NOW) {
    const { code, message, detail = null, hint = null } = error;
    // A status outside HTTP's range would throw here and hide the message.
    const status = statusOf(code, role);
    return new RestError(status >= 200 && status < 600 ? status : 500, code, message, detail, hint)
      .toResponse();
  }
  if (error instanceof Error && CONNECTION_LOST.includes((error as Error & { code?: string }).code ?? "")) {
    // No 503: libpq makes an error without a code of it, and PostgREST takes that for the caller's fault (its issue
    // 4681).
    return new RestError(400, "", "server closed the connection unexpectedly").toResponse();
  }
  const details = error instanceof Error ? error.message : String(error);
  return new RestError(503, "PGRST000", "Database connection error. Retrying the connection.", details)
    .toResponse();
}
