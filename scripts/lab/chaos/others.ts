import { pause } from "../platform/waiting.ts";

/** Other users of the project's pg_net: the server for their requests, and the server for alerts. */
export interface Others extends AsyncDisposable {
  /** The URL for one of their requests, answered at once or after so many milliseconds. */
  urlOf(crowd: string, milliseconds?: number): string;
  /** Whether a request goes to them rather than to our functions. */
  isTheirs(url: string): boolean;
  /** How many requests of a crowd have arrived. */
  came(crowd: string): number;
  /** Where alerts go. */
  readonly webhookUrl: string;
  /** The alerts that have arrived, as texts. */
  readonly alerts: readonly string[];
}

/** Listens on loopback. */
export function startOthers(): Others {
  const crowds = new Map<string, number>();
  const alerts: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const body = await request.text();
    if (pathname === "/alerts") alerts.push(body);
    else crowds.set(pathname.slice(1), (crowds.get(pathname.slice(1)) ?? 0) + 1);
    const milliseconds = Number(searchParams.get("after") ?? 0);
    if (milliseconds > 0) await pause(milliseconds);
    return new Response("ok");
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  return {
    urlOf: (crowd, milliseconds = 0) =>
      `${origin}/${crowd}${milliseconds > 0 ? `?after=${milliseconds}` : ""}`,
    isTheirs: (url) => url.startsWith(`${origin}/`),
    came: (crowd) => crowds.get(crowd) ?? 0,
    webhookUrl: `${origin}/alerts`,
    alerts,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
