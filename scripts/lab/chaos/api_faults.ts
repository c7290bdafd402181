import type { Fault, FaultedCall, Faults } from "../racing_api/server.ts";
import { choose, chooseBetween } from "./chance.ts";
import type { FaultKind } from "./fault_kinds.ts";
import type { FaultPlan } from "./fault_plan.ts";
import type { FaultLedger } from "./ledger.ts";

const API_KINDS = [
  "api_429",
  "api_500",
  "api_502",
  "api_timeouts",
  "api_truncated",
  "api_not_json",
  "api_slow",
] as const satisfies readonly FaultKind[];
type ApiFaultKind = (typeof API_KINDS)[number];

/** The most faults in a row for one query. An invocation asks three times, and a chunk has five attempts. */
const IN_A_ROW = 2;

/** How long a slow answer takes: less than is waited for. */
export const SLOW_MILLISECONDS = [300, 1000] as const;

/** A page that no API sends; its length tells it from an answer that was cut. */
export const HTML_PAGE = "<!doctype html><title>The Racing API</title><p>We are back in a moment.</p>";

/** Secrets that the faults know and that must not leak. */
export interface ApiFaultsOptions {
  readonly account: { readonly username: string; readonly password: string };
  /** How long the functions wait for an answer. */
  readonly answerTimeoutSeconds: number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Makes answers of the simulated API fail, as the plan says. */
export function apiFaults(plan: FaultPlan, ledger: FaultLedger, options: ApiFaultsOptions): Faults {
  const inARow = new Map<string, number>();
  const timesOf = new Map<string, number>();
  return (call: FaultedCall) => {
    const query = `${call.endpoint}?${call.query}`;
    const nth = (timesOf.get(query) ?? 0) + 1;
    timesOf.set(query, nth);
    const before = inARow.get(query) ?? 0;
    inARow.set(query, 0);
    if (before >= IN_A_ROW) return undefined;
    const kind = plan.decide(API_KINDS, query);
    if (kind === undefined) return undefined;
    if (kind !== "api_slow") inARow.set(query, before + 1);
    ledger.note(kind, query);
    return faultOf(kind as ApiFaultKind, [plan.seed, kind, query, nth], options);
  };
}

/** A failing server may echo its request. The credentials in it must not reach a log. */
function faultOf(kind: ApiFaultKind, parts: readonly (string | number)[], options: ApiFaultsOptions): Fault {
  const { username, password } = options.account;
  switch (kind) {
    case "api_429":
      return {
        status: 429,
        body: '{"detail":"Rate limit exceeded"}',
        ...choose<Pick<Fault, "headers">>(
          [
            {},
            { headers: { "retry-after": "1" } },
            // Against the server's clock: that of an isolate may be wrong.
            { headers: { "retry-after": new Date((options.now ?? Date.now)() + 2000).toUTCString() } },
            // Longer than an invocation waits.
            { headers: { "retry-after": "30" } },
          ],
          ...parts,
        ),
      };
    case "api_500":
      return {
        status: 500,
        body: JSON.stringify({ detail: "Internal Server Error", user: username, password }),
      };
    case "api_502":
      return {
        status: 502,
        headers: { "content-type": "text/html" },
        body: `<html><h1>502 Bad Gateway</h1><pre>authorization: Basic ${
          btoa(`${username}:${password}`)
        }</pre></html>`,
      };
    case "api_timeouts":
      return { status: 200, delayMs: options.answerTimeoutSeconds * 1000 + 1500 };
    case "api_truncated":
      return { status: 200, ...choose([{ truncate: true }, { breakOff: true }], ...parts) };
    case "api_not_json":
      return { status: 200, headers: { "content-type": "text/html" }, body: HTML_PAGE };
    case "api_slow":
      return { status: 200, delayMs: chooseBetween(...SLOW_MILLISECONDS, ...parts) };
  }
}
