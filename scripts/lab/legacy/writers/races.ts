/** What the old system's writers made of a day: cards and results in the order in which they came. */

import { dateOf, londonInstant } from "../../racing_api/london.ts";
import { FIRST_CARD_DAY } from "../../racing_api/generator/field.ts";
import { NON_RUNNER_JOCKEY_ID } from "../../racing_api/generator/people.ts";
import { hashText } from "../../racing_api/generator/random.ts";
import type { ListedRace, RaceSource } from "../../racing_api/source.ts";
import type { Fault, FaultCounts } from "../faults.ts";
import type { Card, Result } from "./api_texts.ts";
import { raceOfCard, runnerOfCard } from "./card.ts";
import type { Masters } from "./masters.ts";
import { decimal, stamp } from "./old_values.ts";
import { raceOfResult, rowOfResults, runnerOfResult } from "./result.ts";
import type { Row } from "./row.ts";

/** A day's rows, ready to be written. */
export interface DayRows {
  readonly races: Row[];
  readonly runners: Row[];
  readonly results: Row[];
}

export interface DayOptions {
  readonly source: RaceSource;
  readonly faults: ReadonlySet<Fault>;
  readonly counts: FaultCounts;
  readonly masters: Masters;
  /** Days from this one on were read when they were raced; earlier ones long after. */
  readonly dailyFrom: number;
  /** Of a hundred races, how many have no runners. */
  readonly runnersMissingPercent: number;
  /** Whether a runner that is written again is a second row. */
  readonly runnersHaveKey: boolean;
}

/** The first page of a day's results, and the last that was read. */
const READ_A_DAY = 50;
const MINUTE = 60_000;

export function writeDay(day: number, options: DayOptions): DayRows {
  const rows: DayRows = { races: [], runners: [], results: [] };
  const isDaily = day >= options.dailyFrom;
  const cardsAt = londonInstant(isDaily ? day : day + 10, 8 * 60);
  const resultsAt = londonInstant(isDaily ? day : day + 10, 23 * 60 + 30);
  const cards = day < FIRST_CARD_DAY ? [] : homeRaces(options.source.cards(day, cardsAt));
  const published = homeRaces(options.source.results(day, day, resultsAt));
  const results = read(published, day, options);
  const ids = new Set([...cards, ...published].map(({ id }) => id));
  const parsedCards = new Map(cards.map(({ id, json }) => [id, JSON.parse(json()) as Card]));
  const ofDay = {
    cardsAt: stamp(cardsAt),
    resultsAt: stamp(resultsAt),
    again: stamp(resultsAt + 45 * MINUTE),
  };
  for (const id of ids) writeRace(id, parsedCards.get(id), results.get(id), ofDay, options, rows);
  return rows;
}

function homeRaces(races: readonly ListedRace[]): ListedRace[] {
  const byId = new Map(races.map((race) => [race.id, race]));
  return [...byId.values()].filter(({ region }) => region === "gb" || region === "ire");
}

/** The results of a day that were stored: the first page of them, or none when one of that page was refused. */
function read(published: readonly ListedRace[], day: number, options: DayOptions): Map<string, Result> {
  const { faults, counts } = options;
  let stored = published;
  if (faults.has("days cut off") && published.length > READ_A_DAY) {
    stored = published.slice(0, READ_A_DAY);
    counts.daysCutOff++;
    counts.racesCutOff += published.length - stored.length;
  }
  const results = new Map(stored.map(({ id, json }) => [id, JSON.parse(json()) as Result]));
  const isRefused = [...results.values()].some(({ tote_pl }) => tote_pl.length > 20);
  // Only while the batches were that large.
  if (faults.has("batches lost") && isRefused && share(`batch ${dateOf(day)}`) < 8) {
    counts.batchesLost++;
    counts.racesInLostBatches += results.size;
    return new Map();
  }
  return results;
}

function writeRace(
  id: string,
  card: Card | undefined,
  result: Result | undefined,
  at: { readonly cardsAt: string; readonly resultsAt: string; readonly again: string },
  options: DayOptions,
  rows: DayRows,
): void {
  if (card === undefined && result === undefined) return;
  const { faults, counts, masters } = options;
  const isReadAgain = card !== undefined && result !== undefined && faults.has("results wiped") &&
    share(`again ${id}`) < 6;
  const isMissing = faults.has("runners missing") && share(`runners ${id}`) < options.runnersMissingPercent;
  const isTwice = faults.has("duplicates") && share(`twice ${id}`) < 3;

  // A column that a writer does not send stays as it is.
  const race: Row = {
    ...(card === undefined ? {} : raceOfCard(card, at.cardsAt)),
    ...(result === undefined ? {} : raceOfResult(result, at.resultsAt)),
    ...(isReadAgain && card !== undefined ? raceOfCard(card, at.again) : {}),
  };
  // A copy that was made once.
  race["time"] = share(`time ${id}`) < 97 ? race["off_time"] ?? null : null;
  const isOrphaned = faults.has("orphans") && hashText(`orphan ${id}`) % 150 === 0;
  if (!isOrphaned) {
    rows.races.push(race);
    countRace(race, card, result, isReadAgain, counts);
  }

  const runners = new Map<string, Row>();
  const add = (row: Row) =>
    runners.set(String(row["horse_id"]), { ...runners.get(String(row["horse_id"])), ...row });
  for (const runner of card?.runners ?? []) {
    masters.seeOnCard(runner, at.cardsAt);
    add(runnerOfCard(card as Card, runner, at.cardsAt));
  }
  for (const runner of result?.runners ?? []) {
    masters.seeInResult(runner, at.resultsAt);
    add(runnerOfResult(result as Result, runner, at.resultsAt));
    const row = rowOfResults(result as Result, runner, at.resultsAt);
    rows.results.push(row);
    countResult(row, runner, counts);
    if (isOrphaned) counts.orphanResults++;
    if (!isTwice) continue;
    rows.results.push({ ...row, created_at: at.again });
    counts.duplicateResults++;
    if (isOrphaned) counts.orphanResults++;
  }
  if (isReadAgain) {
    for (const runner of card.runners) {
      masters.seeOnCard(runner, at.again);
      add(runnerOfCard(card, runner, at.again));
    }
  }
  if (isMissing) {
    if (!isOrphaned) counts.racesWithoutRunners++;
    return;
  }
  for (const row of runners.values()) {
    rows.runners.push(row);
    countRunner(row, isReadAgain, counts);
    if (isOrphaned) counts.orphanRunners++;
    if (!isTwice || options.runnersHaveKey) continue;
    rows.runners.push({ ...row, created_at: at.again });
    counts.duplicateRunners++;
    if (isOrphaned) counts.orphanRunners++;
  }
}

function countRace(
  race: Row,
  card: Card | undefined,
  result: Result | undefined,
  isReadAgain: boolean,
  counts: FaultCounts,
): void {
  const isResultLast = result !== undefined && !isReadAgain;
  if (card?.prize.startsWith("€")) counts.euroPrizesLost++;
  if (card?.prize.startsWith("£") && isResultLast) counts.prizesWiped++;
  if (isReadAgain) counts.resultsWiped++;
  if (isResultLast) counts.distancesOfResults++;
  const [, yards] = /(\d+)y$/.exec(card?.distance ?? "") ?? [];
  if (yards !== undefined) counts.distancesRounded++;
  if (String(race["off_time"]).slice(0, 5) !== String(race["off_dt"]).slice(11, 16)) counts.twelveHourTimes++;
}

function countResult(row: Row, runner: Result["runners"][number], counts: FaultCounts): void {
  if (row["position"] === null) counts.codesLost++;
  if (runner.time.includes(":")) counts.timesWithoutSeconds++;
  if (runner.jockey_claim_lbs !== "" && runner.jockey_claim_lbs !== "0") counts.claimsLost++;
  if (runner.prize.startsWith("€")) counts.euroWinningsLost++;
  if (decimal(runner.rpr) === null) counts.ratingsMissing++;
}

function countRunner(row: Row, isReadAgain: boolean, counts: FaultCounts): void {
  if (row["jockey_id"] === NON_RUNNER_JOCKEY_ID) counts.nonRunnerJockeys++;
  if (isReadAgain && row["result_updated_at"] !== undefined) counts.ratingsOfCards++;
}

/** From 0 to 99, the same for the same text. */
function share(text: string): number {
  return hashText(text) % 100;
}
