import type postgres from "postgres";
import { connect } from "./database.ts";
import { pause, settlesWithin } from "./waiting.ts";

/** A request that SQL asked for with `net.http_post` or `net.http_get`. */
export interface Dispatch {
  id: number;
  url: string;
  /** The body as JSON, or undefined without one. */
  body: unknown;
}

/**
 * What becomes of a request: sent, lost in transit, sent twice, or sent late, when a promise resolves, without delaying
 * those after it.
 */
export type Delivery = "deliver" | "drop" | "twice" | { lateUntil: Promise<unknown> };

export interface NetWorkerOptions {
  /** A superuser's URL. */
  databaseUrl: string;
  onDispatch?: ((dispatch: Dispatch) => Delivery) | undefined;
  /** Gets a sentence when the database can't be reached. Default: it goes to stderr. */
  onProblem?: ((message: string) => void) | undefined;
  /** Waits between two batches, and after a failure. Default: `pause`. */
  wait?: typeof pause;
}

export interface NetWorker {
  /** How many requests have left the queue and are not lost or stored with their answer yet, late ones included. */
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

interface StoredAnswer extends Answer {
  id: string;
}

const BATCH_SIZE = 200;
/** How long the real worker sleeps between two batches, and after a failure. */
const PAUSE_MILLISECONDS = 1000;
/** What the queue's functions notify. */
const CHANNEL = "net_stand_in";
/** What the worker says to itself. */
const ARE_YOU_THERE = "are you there?";
/** How often the listener is checked, and how long it may take to answer. */
const LISTENS_STILL_MILLISECONDS = 2000;
/** Longer than the database takes to answer on a busy machine. */
const NO_ANSWER_MILLISECONDS = 15_000;

/**
 * Sends the requests in `net.http_request_queue`, as pg_net's background worker does: after the commit, at most once (a
 * request leaves the queue before it is sent), never again after a failure. A batch is over only when its slowest
 * request is, and only then its answers are stored.
 *
 * The pace is that of the real worker, 0.20. While it has nothing to do, a request wakes it at once. Between two
 * batches it sleeps for a second. The first request after the first batch wakes it; later ones wait until the second is
 * over. So a single request leaves at once, and in a chain, in which each answer makes the next request, each but the
 * first takes a second.
 */
export async function startNetWorker(options: NetWorkerOptions): Promise<NetWorker> {
  const { databaseUrl, onDispatch, wait = pause } = options;
  const onProblem = options.onProblem ?? ((message) => console.error(`pg_net stand-in: ${message}`));
  const session = new Session(databaseUrl);
  const stopping = new AbortController();
  const bell = new Bell();
  let isWoken = false;
  let inFlight = 0;
  const late = new Set<Promise<void>>();
  /** Resolves to whether it succeeded. Reports a failure itself. */
  const attempt = (work: Promise<unknown>): Promise<boolean> =>
    work.then(() => true, (error) => {
      // The database is going down or coming up again. Requests taken from the queue are lost, as with the real worker.
      if (!stopping.signal.aborted) onProblem(messageOf(error));
      return false;
    });

  const wake = () => {
    // Waking a worker twice before it has looked does nothing: that is why the second request waits.
    if (isWoken) return;
    isWoken = true;
    bell.ring();
  };

  const work = async () => {
    while (!stopping.signal.aborted) {
      if (!isWoken) {
        await bell.rung();
        continue;
      }
      isWoken = false;
      let foundSomething = true;
      while (foundSomething && !stopping.signal.aborted) {
        foundSomething = false;
        const isWell = await attempt(sendBatch().then((found) => foundSomething = found));
        // The real one ends when something fails, and is started again a second later.
        if (!isWell) isWoken = true;
        await bell.rungWithin(PAUSE_MILLISECONDS, wait, stopping.signal);
      }
    }
  };

  /** Resolves to whether there was anything to do. */
  const sendBatch = async (): Promise<boolean> => {
    // Counted before they leave the queue, so that each is always in one of the two.
    let counted = 0;
    const count = (requests: number) => {
      inFlight += requests - counted;
      counted = requests;
    };
    count(1);
    try {
      const { expired, batch } = await session.ask(takeBatch);
      const punctual = batch.flatMap(begin);
      count(punctual.length);
      const answers = await Promise.all(
        punctual.map(({ request, times }) => deliver(request, times, stopping.signal)),
      );
      if (!stopping.signal.aborted) await session.ask((sql) => storeAnswers(sql, answers));
      return batch.length > 0 || expired > 0;
    } finally {
      count(0);
    }
  };

  /** The requests that the batch waits for. */
  const begin = (request: QueuedRequest): { request: QueuedRequest; times: number }[] => {
    const delivery = onDispatch?.(announce(request)) ?? "deliver";
    if (delivery === "drop") return [];
    if (typeof delivery !== "object") return [{ request, times: delivery === "twice" ? 2 : 1 }];
    inFlight++;
    const sent = attempt(sendLate(request, delivery.lateUntil)).then(() => {
      inFlight--;
      late.delete(sent);
    });
    late.add(sent);
    return [];
  };

  const sendLate = async (request: QueuedRequest, until: Promise<unknown>): Promise<void> => {
    await Promise.race([until, aborted(stopping.signal)]);
    if (stopping.signal.aborted) return;
    const answer = await deliver(request, 1, stopping.signal);
    if (!stopping.signal.aborted) await session.ask((sql) => storeAnswers(sql, [answer]));
  };

  let ear: Ear;
  try {
    ear = await Ear.open(databaseUrl, wake);
  } catch (error) {
    await session.end();
    throw error;
  }
  /** After a restart of the database the connection may no longer receive notifications. Then it is opened again. */
  const keepListening = async () => {
    while (!stopping.signal.aborted) {
      await pause(LISTENS_STILL_MILLISECONDS, stopping.signal);
      if (stopping.signal.aborted || await ear.hears(session)) continue;
      await ear.close();
      ear = await Ear.open(databaseUrl, wake).catch(() => ear);
    }
  };
  const working = Promise.all([work(), keepListening()]);

  return {
    inFlight: () => inFlight,
    async stop() {
      stopping.abort();
      bell.ring();
      await working;
      await Promise.all(late);
      await ear.close();
      await session.end();
    },
  };
}

/** Each ring wakes one sleeper. A ring while none sleeps wakes the next one at once. */
class Bell {
  #ring = Promise.withResolvers<void>();

  ring(): void {
    this.#ring.resolve();
  }

  async rung(): Promise<void> {
    await this.#ring.promise;
    this.#ring = Promise.withResolvers();
  }

  /** Resolves when it has rung, or when the time is over. */
  async rungWithin(milliseconds: number, wait: typeof pause, signal: AbortSignal): Promise<void> {
    const awake = new AbortController();
    const ring = this.#ring.promise.then(() => awake.abort());
    await Promise.race([ring, wait(milliseconds, AbortSignal.any([signal, awake.signal]))]);
    if (awake.signal.aborted) this.#ring = Promise.withResolvers();
    else awake.abort();
  }
}

/**
 * Connections that are closed when they do not answer: postgres.js 3.4.9 may lose a query in a restart of the database,
 * and
 * then never settles it.
 */
class Session {
  #sql: postgres.Sql;

  constructor(private readonly databaseUrl: string) {
    this.#sql = this.#connect();
  }

  async ask<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const sql = this.#sql;
    const answer = work(sql);
    if (await settlesWithin(answer, NO_ANSWER_MILLISECONDS)) return await answer;
    answer.catch(() => {});
    if (this.#sql === sql) {
      this.#sql = this.#connect();
      void sql.end({ timeout: 0 });
    }
    throw new Error(`The database has not answered for ${NO_ANSWER_MILLISECONDS / 1000} s`);
  }

  async end(): Promise<void> {
    await this.#sql.end({ timeout: 1 });
  }

  #connect(): postgres.Sql {
    return connect(this.databaseUrl, { max: 2, name: "pg_net stand-in", arrays: false });
  }
}

/** Hears when somebody wakes the worker. */
class Ear {
  #heard = Promise.withResolvers<void>();

  private constructor(private readonly sql: postgres.Sql) {}

  static async open(databaseUrl: string, wake: () => void): Promise<Ear> {
    const ear = new Ear(connect(databaseUrl, { max: 1, name: "pg_net stand-in", arrays: false }));
    const onNotify = (payload: string) => {
      if (payload === ARE_YOU_THERE) ear.#heard.resolve();
      else wake();
    };
    // Called again after each reconnection, when notifications may have been missed.
    const listening = ear.sql.listen(CHANNEL, onNotify, wake);
    if (await settlesWithin(listening, NO_ANSWER_MILLISECONDS)) {
      await listening.catch(async (error) => {
        await ear.close();
        throw error;
      });
      return ear;
    }
    listening.catch(() => {});
    await ear.close();
    throw new Error("The worker cannot listen on the database");
  }

  /** Whether it receives notifications. Also true when none can be sent, because the database is down. */
  async hears(session: Session): Promise<boolean> {
    this.#heard = Promise.withResolvers();
    const isSaid = await session.ask((sql) => sql`select pg_notify(${CHANNEL}, ${ARE_YOU_THERE})`)
      .then(() => true, () => false);
    return !isSaid || await settlesWithin(this.#heard.promise, LISTENS_STILL_MILLISECONDS);
  }

  async close(): Promise<void> {
    await this.sql.end({ timeout: 0 });
  }
}

async function takeBatch(sql: postgres.Sql): Promise<{ expired: number; batch: QueuedRequest[] }> {
  const expired = await sql`delete from net._http_response where created < now() - interval '6 hours'`;
  const batch = await sql<QueuedRequest[]>`
    delete from net.http_request_queue
    where id in (select id from net.http_request_queue order by id limit ${BATCH_SIZE})
    returning id, method, url, headers, convert_from(body, 'utf8') as body, timeout_milliseconds as timeout
  `;
  return { expired: expired.count, batch };
}

async function storeAnswers(sql: postgres.Sql, answers: readonly StoredAnswer[]): Promise<void> {
  if (answers.length === 0) return;
  await sql`
    insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
    select id, status_code, content_type, headers, content, timed_out, error_msg
    from jsonb_to_recordset(${JSON.stringify(answers)}::text::jsonb) as answer (
      id bigint, status_code integer, content_type text, headers jsonb, content text, timed_out boolean, error_msg text
    )
  `;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function announce({ id, url, body }: QueuedRequest): Dispatch {
  return { id: Number(id), url, body: body === null ? undefined : JSON.parse(body) };
}

async function deliver(request: QueuedRequest, times: number, stopping: AbortSignal): Promise<StoredAnswer> {
  const [answer] = await Promise.all(Array.from({ length: times }, () => send(request, stopping)));
  return { id: request.id, timed_out: false, ...answer };
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
    return { error_msg: asCurlSays(error) };
  }
}

/** The real one sends with curl, and stores its words. */
function asCurlSays(error: unknown): string {
  const reasons = [error, error instanceof Error ? error.cause : undefined].filter(Boolean).map(messageOf);
  if (/dns error|lookup/i.test(reasons.join())) return "Couldn't resolve host name";
  return /error sending request/i.test(reasons.join()) ? "Couldn't connect to server" : reasons.join(": ");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
