import { tooFast } from "../racing_api/rates.ts";
import type { ApiCall } from "../racing_api/server.ts";
import type { FaultKind } from "./fault_kinds.ts";
import { describeDifferences, type Digest, takeDigest } from "./digest.ts";
import type { ChaosWorld } from "./world.ts";
import { describeSecrets } from "../world/describe_secrets.ts";

/** Faults that end invocations before they have stored how many calls they made. */
const HIDES_CALLS: readonly FaultKind[] = [
  "killed_before_page",
  "killed_within_page",
  "killed_after_page",
  "database_restarts",
  "long_restarts",
  "ids_start_over",
  "expired_leases",
  "short_lives",
  "lost_answers",
];

/** What a run is checked against. */
export interface Expectation {
  readonly runIds: readonly number[];
  /** The state in which the last one ended. */
  readonly state: string;
  readonly digest: Digest;
  readonly faults: readonly FaultKind[];
}

/** A sentence for each difference from a run without faults. */
export async function checkOutcome(world: ChaosWorld, expected: Expectation): Promise<string[]> {
  return [
    ...(expected.state === "succeeded" ? [] : [`The run is not succeeded but ${expected.state}.`]),
    ...await describeChunks(world, expected.runIds),
    ...await describeDifferences(world.sql, expected.digest, await takeDigest(world.sql)),
    ...await describeGaps(world),
    ...describeRates(world.apiCalls(), world.apiSpeed),
    ...await describeCallCount(world, expected),
    ...await describeSecrets(
      world,
      world.functionLog().map((text) => ({ place: "the functions' log", text })),
    ),
  ];
}

async function describeChunks({ sql }: ChaosWorld, runIds: readonly number[]): Promise<string[]> {
  const chunks = await sql<{ feed: string; from: string; state: string; lastError: string | null }[]>`
    select feed, period_start::text as from, state, last_error as "lastError"
    from backfill_progress
    where run_id = any (${asArray(runIds)}::text::bigint[]) and state <> 'succeeded'
    order by id
  `;
  return chunks.map(({ feed, from, state, lastError }) =>
    `The ${feed} chunk from ${from} is ${state}${lastError === null ? "." : `: ${lastError}`}`
  );
}

/** As text: a connection that has outlived a restart of the database no longer knows the types of arrays. */
const asArray = (ids: readonly number[]) => `{${ids}}`;

async function describeGaps({ sql }: ChaosWorld): Promise<string[]> {
  const gaps = await sql<{ feed: string; day: string; missing: string }[]>`
    select feed, day::text, missing from coverage_gaps order by feed, day limit 10
  `;
  return gaps.map(({ feed, day, missing }) => `coverage_gaps has the ${feed} of ${day}: ${missing}.`);
}

/** What the API's log says about the rates. */
export function describeRates(calls: readonly ApiCall[], speed: number): string[] {
  const refused = calls.filter(({ verdict }) => verdict !== "ok");
  const fast = tooFast(calls, speed);
  const when = ({ at }: ApiCall) => `${((at - (calls[0]?.at ?? at)) / 1000).toFixed(3)} s`;
  return [
    ...(refused.length === 0
      ? []
      : [`The API found ${refused.length} calls too fast: ${
        refused.slice(0, 3).map((call) => `${call.endpoint} at ${when(call)}`).join(", ")
      }.`]),
    ...(fast.length === 0 ? [] : [
      `The API's log has ${fast.length} windows of a second with too many calls: ${
        fast.slice(0, 3).map((call) => `${call.endpoint} at ${when(call)}`).join(", ")
      }.`,
    ]),
  ];
}

async function describeCallCount(world: ChaosWorld, { runIds, faults }: Expectation): Promise<string[]> {
  const [row] = await world.sql<{ counted: number }[]>`
    select coalesce(sum(api_calls), 0)::integer as counted from backfill_progress
    where run_id = any (${asArray(runIds)}::text::bigint[])
  `;
  const counted = row?.counted ?? 0;
  const made = world.apiCalls().length;
  if (counted > made) return [`The database counts ${counted} API calls, and only ${made} were made.`];
  const hidden = faults.some((kind) => HIDES_CALLS.includes(kind));
  return hidden || counted === made ? [] : [`${made} API calls were made, the database counts ${counted}.`];
}
