import { subDays } from "date-fns";
import { TZDate } from "@date-fns/tz";
import {
  basicCredentials,
  type RacingApiAccount,
} from "../../supabase/functions/_shared/racing_api/account.ts";
import { createRedactor } from "../../supabase/functions/_shared/redact.ts";
import { messageOf, Problem } from "../command_line/problem.ts";

/** What an account of The Racing API may read. */
export interface AccountFacts {
  /** Racecards need the Pro plan, results the Standard plan. */
  readonly plan: "Free" | "Standard" | "Pro";
  /** Results older than twelve months, which need the historical add-on. */
  readonly hasHistory: boolean;
}

/** A call that shows what the account may read. */
export interface Probe {
  readonly shows: string;
  readonly path: string;
}

/** The calls, cheapest first: one answer each, of at most one race. */
export function probes(now: Date): readonly [Probe, Probe, Probe, Probe] {
  const day = (daysAgo: number) => {
    const there = subDays(new TZDate(now, "Europe/London"), daysAgo);
    return there.toISOString().slice(0, 10);
  };
  const results = (daysAgo: number) =>
    `/results?start_date=${day(daysAgo)}&end_date=${day(daysAgo)}&region=gb&limit=1`;
  return [
    { shows: "the account", path: "/courses/regions" },
    { shows: "results", path: results(7) },
    { shows: "racecards", path: `/racecards/pro?date=${day(0)}&region_codes=gb&limit=1` },
    { shows: "results older than twelve months", path: results(500) },
  ];
}

/** Effects of the probe. */
interface Effects {
  readonly fetch: typeof globalThis.fetch;
  readonly now: Date;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Asks The Racing API what an account may read.
 *
 * @throws {Problem} when the API cannot be reached, or refuses the account
 */
export async function probeAccount(account: RacingApiAccount, effects: Effects): Promise<AccountFacts> {
  const [regions, results, cards, history] = probes(effects.now);
  const first = await call(account, regions, effects);
  if (first.status !== 200) {
    throw new Problem(
      first.status === 401 || first.status === 403
        ? `The Racing API refuses the account (${first.status}: ${first.words}): check RACING_API_USERNAME and ` +
          "RACING_API_PASSWORD, and that the account is paid."
        : `The Racing API answered ${first.status} (${first.words}): try again later.`,
    );
  }
  const hasResults = await mayRead(account, results, effects);
  const hasCards = await mayRead(account, cards, effects);
  return {
    plan: hasCards ? "Pro" : hasResults ? "Standard" : "Free",
    hasHistory: hasResults && await mayRead(account, history, effects),
  };
}

/** Answers that refuse a call for what it asks for, not because the API has a bad moment. */
const REFUSALS = [401, 402, 403, 422];

async function mayRead(account: RacingApiAccount, probe: Probe, effects: Effects): Promise<boolean> {
  const { status, words } = await call(account, probe, effects);
  if (status === 200) return true;
  if (REFUSALS.includes(status)) return false;
  throw new Problem(
    `The Racing API answered ${status} (${words}) when asked for ${probe.shows}: try again later.`,
  );
}

/** A backfill at the API's rate leaves a call of ours little room: it is made again after a second, so many times. */
const TRIES = 5;

async function call(
  account: RacingApiAccount,
  probe: Probe,
  effects: Effects,
): Promise<{ status: number; words: string }> {
  for (let tries = 1;; tries++) {
    const answer = await callOnce(account, probe, effects.fetch);
    if (answer.status !== 429 || tries === TRIES) return answer;
    await effects.wait(1000);
  }
}

async function callOnce(
  account: RacingApiAccount,
  { path }: Probe,
  fetch: typeof globalThis.fetch,
): Promise<{ status: number; words: string }> {
  const redact = createRedactor([
    account.username,
    account.password,
    basicCredentials(account.username, account.password),
  ]);
  try {
    const response = await fetch(account.url + path, {
      headers: { authorization: `Basic ${basicCredentials(account.username, account.password)}` },
      signal: AbortSignal.timeout(30_000),
    });
    const words = redact(await response.text()).replace(/\s+/g, " ").trim();
    return { status: response.status, words: words.length > 120 ? `${words.slice(0, 120)}…` : words };
  } catch (error) {
    throw new Problem(
      `The Racing API cannot be reached at ${account.url}: ${
        redact(messageOf(error))
      }. Is this machine online?`,
      { cause: error },
    );
  }
}

/** What the account allows, and what it lacks for this database, in a sentence. */
export function describeAccount({ plan, hasHistory }: AccountFacts): string {
  if (plan === "Free") {
    return "Free plan: master data only; racecards need the Pro plan, results the Standard plan";
  }
  const reads = plan === "Pro" ? "racecards and results" : "results, no racecards (these need the Pro plan)";
  const since = hasHistory
    ? "results from 2015 on"
    : "results of the last twelve months only (no historical add-on)";
  return `${plan} plan: ${reads}; ${since}`;
}
