import { readId } from "./ids.ts";
import { presentText, type Sent } from "./missing.ts";
import type { Reading } from "./reading.ts";

/** Who rides, and with what allowance. */
export interface JockeyEntry {
  readonly id: string | null;
  /** Without the claim. */
  readonly name: string | null;
  readonly claimLbs: number | null;
  readonly isNonRunner: boolean;
}

/** The id that The Racing API gives to the "jockey" of a horse that does not run. */
export const KNOWN_NON_RUNNER_ID = "jky_224913";
const PLACEHOLDER_NAME = /^non[\s-]?runner$/i;
const WITH_CLAIM = /^(.*\S)\s*\((\d{1,2})\)$/s;
const NO_JOCKEY: JockeyEntry = { id: null, name: null, claimLbs: null, isNonRunner: false };

/**
 * The Racing API, /racecards/pro, `jockey` and `jockey_id`: `Name` or `Name(5)`; `""` while undeclared; `NON-RUNNER` or
 * `NON-RUNNER(5)` for a horse that does not run, which is no jockey. A named jockey without brackets claims nothing: 0,
 * so that a claim does not outlive a change of jockey.
 */
export function readCardJockey(name: Sent, id: Sent): Reading<JockeyEntry> {
  const { value: jockey, problem } = readResultJockey(name, id);
  if (jockey === null || jockey.name === null || jockey.claimLbs !== null) return { value: jockey, problem };
  return { value: { ...jockey, claimLbs: 0 }, problem };
}

/**
 * The Racing API, /results, `jockey` and `jockey_id`: `Name`; the claim stands in `jockey_claim_lbs`, which goes before
 * one behind the name. An id that cannot be read is a problem, but leaves the rest of the value.
 */
export function readResultJockey(sentName: Sent, sentId: Sent): Reading<JockeyEntry> {
  const text = presentText(sentName);
  const [, name = text, claim] = (text === null ? null : WITH_CLAIM.exec(text)) ?? [];
  const id = readId(sentId);
  if (id.value === KNOWN_NON_RUNNER_ID || (name !== null && PLACEHOLDER_NAME.test(name))) {
    return { value: { ...NO_JOCKEY, isNonRunner: true }, problem: null };
  }
  const claimLbs = claim === undefined ? null : Number(claim);
  return { value: { id: id.value, name, claimLbs, isNonRunner: false }, problem: id.problem };
}
