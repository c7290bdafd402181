/** An alert as it arrived, in the format `json`. */
export interface ReceivedAlert {
  readonly at: Date;
  readonly phase: "raised" | "resolved";
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly raisedAt: string;
  /** As it came. */
  readonly body: string;
}

/** A receiver of alerts. */
export interface Webhook extends AsyncDisposable {
  /** Secret, as every webhook address is. */
  readonly url: string;
  /** The secret part of it. */
  readonly secret: string;
  readonly received: readonly ReceivedAlert[];
}

/** Listens on loopback. */
export function startWebhook(now: () => Date): Webhook {
  const secret = crypto.randomUUID();
  const received: ReceivedAlert[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const at = now();
    const body = await request.text();
    if (new URL(request.url).pathname !== `/alerts/${secret}`) return new Response(null, { status: 404 });
    const { phase, kind, subject, message, raised_at: raisedAt } = JSON.parse(body);
    received.push({ at, phase, kind, subject, message, raisedAt, body });
    return new Response("ok");
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/alerts/${secret}`,
    secret,
    received,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
