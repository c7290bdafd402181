/** An answer of the runtime itself, as the hosted one gives it. */
export function runtimeAnswer(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status });
}

/** The answer to a request to a function that does not start. */
export function startFailure(): Response {
  return runtimeAnswer(503, "BOOT_ERROR", "Function failed to start (please check logs)");
}
