import type { PageRows, RaceRow, RunnerRow } from "./rows.ts";

/**
 * The rows of a page without what people wrote about a race or a horse: more than half of the bytes of a card's runner,
 * a third of a result's. Null leaves what is stored as it is.
 */
export function leaveOutLongTexts(rows: PageRows): PageRows {
  return { ...rows, races: rows.races.map(shortRace), runners: rows.runners.map(shortRunner) };
}

function shortRace(row: RaceRow): RaceRow {
  return row.has_card
    ? { ...row, tip: null, verdict: null, betting_forecast: null }
    : { ...row, stewards_comments: null };
}

function shortRunner(row: RunnerRow): RunnerRow {
  return row.has_card
    ? { ...row, card_comment: null, spotlight: null, quotes: null, stable_tour: null }
    : { ...row, result_comment: null };
}
