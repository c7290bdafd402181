import { presentText, type Sent } from "./missing.ts";
import { SMALLINT_MAX } from "./numbers.ts";

/** When a horse ran last: as printed, and the days since. */
export interface LastRun {
  readonly text: string | null;
  /** Since the last run under the code of this race (flat or jumps); null when there was none, or none is said. */
  readonly days: number | null;
}

const DAYS = /^(\d{1,6})(?=\s|\(|$)/;

/**
 * The Racing API, /racecards/pro, `last_run`: `95`; `68 (36J)`, 68 days and 36 since a run over jumps; `(22P)`, only
 * under another code; `""`, never. The text stays, so that nothing else has to be understood.
 */
export function readLastRun(sent: Sent): LastRun {
  const text = presentText(sent);
  const [, days] = (text === null ? null : DAYS.exec(text)) ?? [];
  return { text, days: days === undefined || Number(days) > SMALLINT_MAX ? null : Number(days) };
}
