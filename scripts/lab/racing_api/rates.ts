/** The rates of the API: so many requests a second for each endpoint, and a guard against floods from one address. */

/** Requests a second that each endpoint documents; anything else shares one allowance of five. */
export const RATES: Readonly<Record<string, number>> = {
  "/courses": 1,
  "/courses/regions": 1,
  "/racecards/pro": 2,
  "/results": 5,
  "/results/{race_id}": 5,
  "/horses/{horse_id}/pro": 5,
};
const OTHER_RATE = 5;

const SECOND = 1_000;
const GUARD_WINDOW = 10 * SECOND;
const MINUTE = 60 * SECOND;
/**
 * Two requests sent half a second apart may arrive 480 ms apart; without a tolerance a client that keeps exactly to the
 * rate is sometimes refused. What this process itself delays (`stalled`) is forgiven on top.
 */
const JITTER = 50;

/** The verdict on one request. */
export type Verdict =
  & {
    /** How much less than a second the window was that this request was counted in. */
    readonly forgivenMilliseconds: number;
  }
  & (
    | { readonly kind: "ok" }
    | { readonly kind: "too fast" }
    | { readonly kind: "blocked"; readonly secondsLeft: number }
  );

/** A request as it is found in a log of arrivals. */
export interface Arrival {
  readonly at: number;
  readonly endpoint: string;
  readonly forgivenMilliseconds: number;
}

/** Endpoints of one key share one allowance. */
function allowance(endpoint: string, speed: number): { readonly key: string; readonly calls: number } {
  const rate = RATES[endpoint];
  const calls = Math.max(1, Math.round((rate ?? OTHER_RATE) * speed));
  return { key: rate === undefined ? "other" : endpoint, calls };
}

function windowStart(at: number, forgivenMilliseconds: number): number {
  return at - Math.max(SECOND / 2, SECOND - forgivenMilliseconds);
}

/** The requests of a log that had more before them within their second than the endpoint's rate allows. */
export function tooFast<T extends Arrival>(arrivals: readonly T[], speed: number): T[] {
  return arrivals.filter(({ at, endpoint, forgivenMilliseconds }) => {
    const { key, calls } = allowance(endpoint, speed);
    const since = windowStart(at, forgivenMilliseconds);
    const within = arrivals.filter((other) =>
      other.at > since && other.at <= at && allowance(other.endpoint, speed).key === key
    );
    return within.length > calls;
  });
}

/** Counts arrivals, refused ones too, and says which are too many. Times are monotonic milliseconds. */
export class RateLimits {
  readonly #speed: number;
  readonly #arrivals = new Map<string, number[]>();
  #guarded: number[] = [];
  #blockedUntil = 0;
  #stalls: { readonly at: number; readonly length: number }[] = [];

  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Notes that the server was busy for so long and read no requests meanwhile. */
  stalled(at: number, length: number): void {
    this.#stalls = this.#stalls.filter((stall) => at - stall.at < SECOND);
    this.#stalls.push({ at, length });
  }

  /** Whether a request that arrives now may be answered. */
  arrive(endpoint: string, at: number): Verdict {
    const stalled = this.#stalls.reduce(
      (most, stall) => at - stall.at < SECOND ? Math.max(most, stall.length) : most,
      0,
    );
    const forgivenMilliseconds = JITTER + stalled;
    const guarded = this.#guarded;
    guarded.push(at);
    if ((guarded[0] ?? at) <= at - GUARD_WINDOW) this.#guarded = guarded.filter((t) => t > at - GUARD_WINDOW);
    const count = this.#guarded.length;
    // Requests from a blocked address count too: a client that keeps asking is blocked for longer.
    if (count > 500 * this.#speed) this.#blockedUntil = Math.max(this.#blockedUntil, at + 30 * MINUTE);
    else if (count > 100 * this.#speed && at >= this.#blockedUntil) this.#blockedUntil = at + 5 * MINUTE;
    if (at < this.#blockedUntil) {
      const secondsLeft = Math.ceil((this.#blockedUntil - at) / SECOND);
      return { kind: "blocked", secondsLeft, forgivenMilliseconds };
    }
    const { key, calls } = allowance(endpoint, this.#speed);
    const since = windowStart(at, forgivenMilliseconds);
    const arrivals = (this.#arrivals.get(key) ?? []).filter((t) => t > since);
    arrivals.push(at);
    this.#arrivals.set(key, arrivals);
    return { kind: arrivals.length > calls ? "too fast" : "ok", forgivenMilliseconds };
  }
}
