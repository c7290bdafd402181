/** What backfill_status said at a moment. */
export interface Sample {
  /** Seconds since the run was started. */
  readonly at: number;
  readonly percent: number;
  readonly secondsLeft: number;
}

/** How good the forecast of the time left was at some share of a run. */
export interface Foretold {
  readonly percent: number;
  readonly seconds_left: number;
  readonly seconds_it_took: number;
  /** Positive: it was said to take longer than it did. */
  readonly error_percent: number;
}

const QUARTERS = [25, 50, 75];

const rounded = (value: number) => Math.round(value * 10) / 10;

/** The first sample at or after each quarter of a run that took so many seconds, against what it then took. */
export function judgeTimeLeft(samples: readonly Sample[], seconds: number): Foretold[] {
  return QUARTERS.flatMap((quarter) => {
    const sample = samples.find(({ percent }) => percent >= quarter);
    if (sample === undefined || sample.at >= seconds) return [];
    const took = seconds - sample.at;
    return [{
      percent: sample.percent,
      seconds_left: rounded(sample.secondsLeft),
      seconds_it_took: rounded(took),
      error_percent: rounded(100 * (sample.secondsLeft - took) / took),
    }];
  });
}
