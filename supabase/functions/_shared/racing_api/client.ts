import type { Clock } from "../clock.ts";
import type { Activity, TimeSheet } from "../time_sheet.ts";
import { basicCredentials, type RacingApiAccount } from "./account.ts";
import { failureClassOf } from "./failure_class.ts";
import { RacingApiError, type RacingApiFailure } from "./racing_api_error.ts";
import { retryAfterSeconds } from "./retry_after.ts";
import { StandBackError } from "./stand_back_error.ts";

/** The profile of one horse. Its path has the id in place of the braces. */
export const HORSE_PROFILE = "/horses/{horse_id}/pro";

/** The endpoints in use; each has its row in `racing_api_limits`. */
export type Endpoint = "/courses" | "/courses/regions" | "/racecards/pro" | "/results" | typeof HORSE_PROFILE;

/** The rate budget that all invocations share. It lives in the database. */
export interface RateBudget {
  /**
   * Reserves the endpoint's next slot; resolves to the milliseconds until it, or to null when the endpoint's feed has
   * to stand back for others.
   */
  reserveSlot(endpoint: Endpoint): Promise<number | null>;
  /** Reserves no slots for so many seconds, because the API said that we are too fast. */
  pushBackSlots(endpoint: Endpoint, seconds: number): Promise<void>;
}

/** What the client needs from outside. */
export interface RacingApiClientOptions {
  readonly account: RacingApiAccount;
  readonly budget: RateBudget;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** Called with the endpoint and the outcome of each request sent. */
  readonly onCall?: (endpoint: Endpoint, outcome: number | string) => void;
  /** Awaited before a failed request is sent again, with which request of the page it was, 1 the first. */
  readonly onRetry?: (error: RacingApiError, request: number) => Promise<void>;
  /** Counts the time that goes into waiting for slots and for answers. */
  readonly times?: TimeSheet;
  /** Seconds until a call is given up. Default: 30. A racecards page of a big Saturday is 2 MB. */
  readonly answerTimeoutSeconds?: number;
}

/** A parsed answer. */
export interface ApiAnswer {
  readonly body: unknown;
  /** Milliseconds of computing that parsing took. */
  readonly busyMilliseconds: number;
}

/** The most requests for one page in one invocation. After that the chunk's own attempts go on. */
const REQUESTS_PER_PAGE = 3;
/** Seconds before the second and the third request. */
const PAUSES_SECONDS = [1, 4] as const;
/** A longer Retry-After, or a slot further away, is not waited for: the chunk is given back and is due after it. */
const LONGEST_WAIT_SECONDS = 15;
/**
 * A slot that was missed by more than this is given up for a new one. With a tenth of the rate left as headroom,
 * requests that are up to 111 ms late never come too many to a second.
 */
const SLOT_TOLERANCE_MILLISECONDS = 100;

/**
 * The Racing API, called within the shared rate budget.
 *
 * `get` waits for a slot, sends the request and parses the answer. Network errors, timeouts, 5xx, 429 and bodies that
 * are not JSON (a cut-off answer, a proxy's error page) are tried again, each time with a new slot. It throws
 * `RacingApiError`: with class `account` for 401 and 403, `chunk` for every other 4xx, `transient` for what did not
 * pass by itself. It throws `StandBackError` when there is no slot because other feeds go first.
 */
export class RacingApiClient {
  readonly #options: RacingApiClientOptions;
  readonly #authorization: string;
  #calls = 0;

  constructor(options: RacingApiClientOptions) {
    this.#options = options;
    this.#authorization = `Basic ${basicCredentials(options.account.username, options.account.password)}`;
  }

  /** How many requests were sent since the last time this was asked. */
  takeCallCount(): number {
    const calls = this.#calls;
    this.#calls = 0;
    return calls;
  }

  /** @param id What takes the place of the braces in the endpoint's path; only for one that has them. */
  async get(
    endpoint: Endpoint,
    query: URLSearchParams,
    signal?: AbortSignal,
    id?: string,
  ): Promise<ApiAnswer> {
    const path = id === undefined ? endpoint : endpoint.replace(/\{\w+\}/, encodeURIComponent(id));
    const place = { endpoint, url: query.size === 0 ? path : `${path}?${query}`, path };
    for (let request = 1;; request++) {
      await this.#counted("slot", () => this.#waitForSlot(endpoint, signal));
      const outcome = await this.#request(place, signal);
      if (!(outcome instanceof RacingApiError)) return outcome;
      const { failure } = outcome;
      if (failure.httpStatus === 429) {
        await this.#options.budget.pushBackSlots(endpoint, failure.retryAfterSeconds ?? PAUSES_SECONDS[0]);
      }
      const pause = Math.max(failure.retryAfterSeconds ?? 0, PAUSES_SECONDS[request - 1] ?? 0);
      if (
        failure.failureClass !== "transient" || request === REQUESTS_PER_PAGE || pause > LONGEST_WAIT_SECONDS
      ) throw outcome;
      await this.#options.onRetry?.(outcome, request);
      await this.#options.clock.sleep(pause * 1000, signal);
    }
  }

  #counted<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
    return this.#options.times?.during(activity, work) ?? work();
  }

  async #waitForSlot(endpoint: Endpoint, signal?: AbortSignal): Promise<void> {
    const { budget, clock } = this.#options;
    while (true) {
      const wait = await budget.reserveSlot(endpoint);
      if (wait === null) throw new StandBackError(endpoint);
      if (wait > LONGEST_WAIT_SECONDS * 1000) {
        const seconds = Math.ceil(wait / 1000);
        throw new RacingApiError(`The next slot of ${endpoint} is ${seconds} s away: the API held us up`, {
          failureClass: "transient",
          endpoint,
          httpStatus: null,
          retryAfterSeconds: seconds,
        });
      }
      const slot = clock.monotonic() + wait;
      if (wait > 0) await clock.sleep(wait, signal);
      if (clock.monotonic() - slot <= SLOT_TOLERANCE_MILLISECONDS) return;
    }
  }

  /** Sends one request. A failure of the API is returned, not thrown; only an abort throws. */
  async #request(
    { endpoint, url, path }: { readonly endpoint: Endpoint; readonly url: string; readonly path: string },
    signal?: AbortSignal,
  ): Promise<ApiAnswer | RacingApiError> {
    const { account, clock, onCall, answerTimeoutSeconds = 30 } = this.#options;
    const timeout = AbortSignal.timeout(answerTimeoutSeconds * 1000);
    const fail = (message: string, failure: Partial<RacingApiFailure>, cause?: unknown) =>
      new RacingApiError(message, {
        failureClass: "transient",
        endpoint,
        httpStatus: null,
        retryAfterSeconds: null,
        ...failure,
      }, { cause });

    this.#calls++;
    let response: Response;
    let text: string;
    try {
      [response, text] = await this.#counted("fetch", async () => {
        const answer = await this.#options.fetch(`${account.url}${url}`, {
          headers: { authorization: this.#authorization, accept: "application/json" },
          signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        });
        return [answer, await answer.text()];
      });
    } catch (cause) {
      signal?.throwIfAborted();
      onCall?.(endpoint, timeout.aborted ? "timeout" : "no answer");
      return timeout.aborted
        ? fail(`${path} did not answer within ${answerTimeoutSeconds} s`, {}, cause)
        : fail(
          `${path} could not be reached: ${cause instanceof Error ? cause.message : cause}`,
          {},
          cause,
        );
    }
    const httpStatus = response.status;
    onCall?.(endpoint, httpStatus);

    if (response.ok) {
      const start = clock.monotonic();
      try {
        const body: unknown = JSON.parse(text);
        return { body, busyMilliseconds: clock.monotonic() - start };
      } catch (cause) {
        return fail(
          `${path} answered with ${text.length} characters that are not JSON`,
          { httpStatus },
          cause,
        );
      }
    }
    const said = `${path} answered ${httpStatus}: ${text.slice(0, 200)}`;
    const failureClass = failureClassOf(httpStatus);
    switch (failureClass) {
      case "account":
        return fail(
          `The Racing API refused the account (${said}). Check RACING_API_USERNAME, RACING_API_PASSWORD and the plan`,
          { failureClass, httpStatus },
        );
      case "chunk":
        return fail(said, { failureClass, httpStatus });
      case "transient": {
        const header = response.headers.get("retry-after");
        const serverDate = response.headers.get("date");
        return fail(said, {
          failureClass,
          httpStatus,
          retryAfterSeconds: retryAfterSeconds(header, serverDate),
        });
      }
    }
  }
}
