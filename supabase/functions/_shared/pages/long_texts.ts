import type { PageRows, RaceRow, RunnerRow } from "./rows.ts";

/**
 * The rows of a page without what people wrote about a race or a horse: more than half of the bytes of a card's runner,
 * a third of a result's. Null leaves what is stored as it is.
 */
export function leaveOutLongTexts(rows: PageRows): PageRows {
  return { ...rows, races: rows.races.map(shortRace), runners: rows.runners.map(shortRunner) };
}

function shortRace(row: RaceRow): RaceRow {
  if (row.has_card) return { ...row, tip: null, verdict: null, betting_forecast: null };
  if (row.has_result) return { ...row, stewards_comments: null };
  return { ...row, tip: null, verdict: null, betting_forecast: null, stewards_comments: null };
}

function shortRunner(row: RunnerRow): RunnerRow {
  const ofCard = { card_comment: null, spotlight: null, quotes: null, stable_tour: null };
  if (row.has_card) return { ...row, ...ofCard };
  if (row.has_result) return { ...row, result_comment: null };
  return { ...row, ...ofCard, result_comment: null };
}
