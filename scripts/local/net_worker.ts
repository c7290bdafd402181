import type postgres from "postgres";
import { connect } from "./database.ts";
import { pause } from "./waiting.ts";

/** A request that SQL asked for with `net.http_post` or `net.http_get`. */
export interface ChainedCall {
  id: number;
  url: string;
  /** The body as JSON, or undefined without one. */
  body: unknown;
}

/**
 * What becomes of a request: sent, lost on the way, sent two times, or sent late, when a promise resolves, without holding up
 * those after it.
 */
export type Delivery = "deliver" | "drop" | "twice" | { lateUntil: Promise<unknown> };

export interface NetWorkerOptions {
  /** A superuser's URL. */
  databaseUrl: string;
  onCall?: ((call: ChainedCall) => Delivery) | undefined;
  /** Gets a sentence when the database can't be reached. Default: it goes to stderr. */
  onProblem?: ((message: string) => void) | undefined;
}

export interface NetWorker {
  /** How many requests have left the queue and are neither answered nor lost, those on their way late among them. */
  inFlight(): number;
  stop(): Promise<void>;
}

interface QueuedRequest {
  id: string;
  method: string;
  url: string;
  headers: Record<string, string> | null;
  body: string | null;
  timeout: number;
}

interface Answer {
  status_code?: number;
  content_type?: string;
  headers?: Record<string, string>;
  content?: string;
  timed_out?: boolean;
  error_msg?: string;
}

const BATCH_SIZE = 200;
/** The real worker sleeps a second between two batches; a chain of calls therefore takes a second a hop. */
const PAUSE_MILLISECONDS = 1000;

/**
 * Sends what stands in `net.http_request_queue`, in the manner of pg_net's background worker: after the commit, at most
 * once (a request leaves the queue before it is sent), never again after a failure, and a batch is over only when its
 * slowest request is.
 */
export async function startNetWorker(options: NetWorkerOptions): Promise<NetWorker> {
  const { databaseUrl, onCall } = options;
  const onProblem = options.onProblem ?? ((message) => console.error(`pg_net stand-in: ${message}`));
  const sql = connect(databaseUrl, { max: 2, name: "pg_net stand-in", arrays: false });
  const stopping = new AbortController();
  let wake = Promise.withResolvers<void>();
  let inFlight = 0;
  const late = new Set<Promise<void>>();
  const track = async <T>(work: Promise<T>): Promise<T> => {
    inFlight++;
    try {
      return await work;
    } finally {
      inFlight--;
    }
  };
  /** Tells by itself whatever goes wrong. */
  const attempt = (work: Promise<void>) =>
    work.catch((error) => {
      // The database is going down or coming up again. What was taken from the queue is lost, as with the real one.
      if (!stopping.signal.aborted) onProblem(messageOf(error));
    });

  const work = async () => {
    while (!stopping.signal.aborted) {
      await wake.promise;
      wake = Promise.withResolvers<void>();
      await workUntilEmpty();
    }
  };

  const workUntilEmpty = async () => {
    while (!stopping.signal.aborted) {
      let empty = false;
      await attempt((async () => {
        // From before they leave the queue, so that there is no moment at which they are nowhere.
        const batch = await track(takeBatch(sql).then((requests) => requests.map(begin)));
        empty = batch.length === 0;
        await Promise.all(batch);
      })());
      if (empty) return;
      await pause(PAUSE_MILLISECONDS, stopping.signal);
    }
  };

  /** Resolves when the batch need not wait for the request any longer. */
  const begin = (request: QueuedRequest): Promise<void> => {
    const delivery = onCall?.(announce(request)) ?? "deliver";
    if (delivery === "drop") return Promise.resolve();
    if (typeof delivery !== "object") {
      return track(deliver(sql, request, delivery === "twice" ? 2 : 1, stopping.signal));
    }
    const sent = attempt(track((async () => {
      await Promise.race([delivery.lateUntil, aborted(stopping.signal)]);
      if (!stopping.signal.aborted) await deliver(sql, request, 1, stopping.signal);
    })())).finally(() => late.delete(sent));
    late.add(sent);
    return Promise.resolve();
  };

  // Called again after each reconnection, when notifications may have been missed.
  const listening = sql.listen("net_stand_in", () => wake.resolve(), () => wake.resolve());
  try {
    await listening;
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
  const working = work();

  return {
    inFlight: () => inFlight,
    async stop() {
      stopping.abort();
      wake.resolve();
      await working;
      await Promise.all(late);
      await sql.end({ timeout: 1 });
    },
  };
}

async function takeBatch(sql: postgres.Sql): Promise<QueuedRequest[]> {
  await sql`delete from net._http_response where created < now() - interval '6 hours'`;
  return await sql<QueuedRequest[]>`
    delete from net.http_request_queue
    where id in (select id from net.http_request_queue order by id limit ${BATCH_SIZE})
    returning id, method, url, headers, convert_from(body, 'utf8') as body, timeout_milliseconds as timeout
  `;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function announce({ id, url, body }: QueuedRequest): ChainedCall {
  return { id: Number(id), url, body: body === null ? undefined : JSON.parse(body) };
}

async function deliver(
  sql: postgres.Sql,
  request: QueuedRequest,
  times: number,
  stopping: AbortSignal,
): Promise<void> {
  const [answer] = await Promise.all(Array.from({ length: times }, () => send(request, stopping)));
  if (stopping.aborted) return;
  await sql`insert into net._http_response ${sql({ id: request.id, timed_out: false, ...answer })}`;
}

async function send(request: QueuedRequest, stopping: AbortSignal): Promise<Answer> {
  const timeout = AbortSignal.timeout(request.timeout);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { "user-agent": "pg_net/0.20 (stand-in)", ...request.headers },
      body: request.body,
      redirect: "manual",
      signal: AbortSignal.any([timeout, stopping]),
    });
    const content = await response.text();
    const contentType = response.headers.get("content-type");
    return {
      status_code: response.status,
      ...(contentType === null ? {} : { content_type: contentType }),
      headers: Object.fromEntries(response.headers),
      content,
    };
  } catch (error) {
    if (timeout.aborted) {
      return { timed_out: true, error_msg: `Timeout of ${request.timeout} ms reached` };
    }
    return { error_msg: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
