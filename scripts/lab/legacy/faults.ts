/** What was wrong with the old system's data, and how often the generator put it there. */

/** Each can be left out of a database. What follows from the tables themselves, lost letter codes for one, can't. */
export const FAULTS = [
  "days cut off",
  "batches lost",
  "results wiped",
  "runners missing",
  "duplicates",
  "orphans",
  "blank ids",
  "test rows",
] as const;

export type Fault = typeof FAULTS[number];

/**
 * How often each fault is in a database. A runner, or its result, counts once however often it was written, apart from
 * orphans and duplicates, which are rows.
 */
export interface FaultCounts {
  /** Days with more than 50 results, and the races whose result was lost with them. */
  daysCutOff: number;
  racesCutOff: number;
  /** Days whose races were refused together because one dividend was too long, and the races whose result was lost. */
  batchesLost: number;
  racesInLostBatches: number;
  /** Races with a stored card whose advertised prize in euros is null. */
  euroPrizesLost: number;
  /** Runners in ra_race_results that won euros, which are null. */
  euroWinningsLost: number;
  /** Races whose advertised prize in pounds a result replaced by null. */
  prizesWiped: number;
  /** Races that lost has_result, dividends and winning time to a card that was read again. */
  resultsWiped: number;
  /** Races whose `distance` is metres and whose exact text is lost: their result was written last. */
  distancesOfResults: number;
  /** Races whose distance_m is not the distance in metres, for its yards were dropped. */
  distancesRounded: number;
  /** Races whose off_time is twelve hours away from the clock. */
  twelveHourTimes: number;
  /** Runners with the jockey NON-RUNNER. */
  nonRunnerJockeys: number;
  /** Horses, sires and dams whose name ends in a region. */
  namesWithSuffix: number;
  /** Jockeys whose name ends in a claim. */
  namesWithClaim: number;
  /** Results whose letter code (PU, F, …) is in no column. */
  codesLost: number;
  /** Results with a time as text and none as a number. */
  timesWithoutSeconds: number;
  /** Results that were read before the ratings were there. */
  ratingsMissing: number;
  /** Runners that ran and whose rpr, ts and comment are those of the card. */
  ratingsOfCards: number;
  /** Results of jockeys with a claim, which is null. */
  claimsLost: number;
  /** Regions with a code that the API does not have. */
  wrongRegions: number;
  /** Races without a row in the table of runners. */
  racesWithoutRunners: number;
  /** Runners, and results, of a race that has no row. */
  orphanRunners: number;
  orphanResults: number;
  /** Sires and damsires with the id '', and horses that point at one. */
  blankIds: number;
  horsesOfBlankIds: number;
  /** Rows marked **TEST**, in all tables together. */
  testRows: number;
  /** Rows too many of the same race and horse. */
  duplicateResults: number;
  duplicateRunners: number;
  /** Bookmakers whose code has an underscore. */
  underscoredCodes: number;
}

export function noFaults(): FaultCounts {
  return {
    ...{ daysCutOff: 0, racesCutOff: 0, batchesLost: 0, racesInLostBatches: 0 },
    ...{ euroPrizesLost: 0, euroWinningsLost: 0, prizesWiped: 0, resultsWiped: 0 },
    ...{ distancesOfResults: 0, distancesRounded: 0, twelveHourTimes: 0, nonRunnerJockeys: 0 },
    ...{ namesWithSuffix: 0, namesWithClaim: 0, codesLost: 0, timesWithoutSeconds: 0 },
    ...{ ratingsMissing: 0, ratingsOfCards: 0, claimsLost: 0, wrongRegions: 0 },
    ...{ racesWithoutRunners: 0, orphanRunners: 0, orphanResults: 0, blankIds: 0, horsesOfBlankIds: 0 },
    ...{ testRows: 0, duplicateResults: 0, duplicateRunners: 0, underscoredCodes: 0 },
  };
}
