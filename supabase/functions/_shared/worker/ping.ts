import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { MissingSettingError } from "../missing_setting_error.ts";
import type { RacingApiAccount } from "../racing_api/account.ts";
import { type Endpoint, RacingApiClient, type RateBudget } from "../racing_api/client.ts";
import { RacingApiError } from "../racing_api/racing_api_error.ts";
import type { Feed } from "./paging.ts";

/** What The Racing API said of the account, as `answer_ping` takes it. */
export interface AccountReport {
  readonly account: "accepted" | "refused" | "plan_too_low" | "not_set" | "unknown";
  readonly endpoint: Endpoint;
  /** HTTP status; null when no answer came. */
  readonly httpStatus: number | null;
  /** What went wrong, without secrets; null when nothing did. */
  readonly message: string | null;
}

/** What answering a ping needs of the database. */
export interface PingDesk extends RateBudget {
  /** Reports that the ping came. Resolves to the UK day; null when it was answered before. */
  acceptPing(id: number): Promise<string | null>;
  reportAccount(id: number, report: AccountReport): Promise<void>;
}

/** What answering a ping needs from outside. */
export interface PingOptions {
  readonly desk: PingDesk;
  readonly feeds: readonly Feed[];
  /** Throws `MissingSettingError` when the account is not set. */
  readonly readAccount: () => RacingApiAccount;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly log: Logger;
}

/** Nobody waits longer to read whether a project works. */
const ANSWER_TIMEOUT_SECONDS = 10;

/**
 * The cheapest call of a function's own endpoints: one race of today, which needs the plan Pro, or the list of
 * regions.
 */
function cheapestCall(feeds: readonly Feed[], day: string): [Endpoint, URLSearchParams] {
  return feeds.includes("racecards")
    ? ["/racecards/pro", new URLSearchParams({ date: day, limit: "1" })]
    : ["/courses/regions", new URLSearchParams()];
}

/**
 * Answers a ping once: reports that it came, makes one call of The Racing API, and reports what that said of the
 * account.
 */
export async function answerPing(id: number, options: PingOptions): Promise<void> {
  const { desk, feeds, log } = options;
  const day = await desk.acceptPing(id);
  if (day === null) {
    log.info("ping answered before", { ping: id });
    return;
  }
  const [endpoint, query] = cheapestCall(feeds, day);
  const report = await tryAccount(endpoint, query, options);
  log.info("ping answered", { ping: id, endpoint, account: report.account, status: report.httpStatus });
  await desk.reportAccount(id, report);
}

async function tryAccount(
  endpoint: Endpoint,
  query: URLSearchParams,
  { desk, readAccount, clock, fetch, log }: PingOptions,
): Promise<AccountReport> {
  try {
    const api = new RacingApiClient({
      account: readAccount(),
      budget: desk,
      clock,
      fetch,
      onCall: (called, outcome) => log.info("api call", { endpoint: called, outcome }),
      // One call, whatever it said.
      onRetry: (error) => Promise.reject(error),
      answerTimeoutSeconds: ANSWER_TIMEOUT_SECONDS,
    });
    await api.get(endpoint, query);
    return { account: "accepted", endpoint, httpStatus: 200, message: null };
  } catch (error) {
    const message = log.redact(error instanceof Error ? error.message : String(error));
    if (error instanceof MissingSettingError) {
      return { account: "not_set", endpoint, httpStatus: null, message };
    }
    if (!(error instanceof RacingApiError)) throw error;
    const { failureClass, httpStatus } = error.failure;
    return { account: verdictOn(failureClass, message), endpoint, httpStatus, message };
  }
}

/** The API answers 401 to a wrong password and to a plan that is too low; only the text differs. */
function verdictOn(failureClass: string, message: string): AccountReport["account"] {
  if (failureClass !== "account") return "unknown";
  return /plan required/i.test(message) ? "plan_too_low" : "refused";
}
